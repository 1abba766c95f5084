"""What a watch tells, one line per event: for people, and as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import GRADE_TITLES_ZH, Grade
from paicha.outputs.figures import format_measure
from paicha.outputs.screening_json import dump

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS = {
    "taken": ("已读入", "taken"),
    "refused": ("无法读取", "cannot be used"),
    "records": ("条记录", "records"),
    "rejected": ("条拒绝", "rejected"),
    "new": ("新发现", "new"),
    "raised": ("升级", "raised"),
    "was": ("原为", "was"),
}


@dataclass(frozen=True, slots=True)
class FileTaken:
    """A file that a run has among its inputs; `error` is why nothing more of it could be read."""

    path: str
    run: str
    sha256: str
    site: str
    reader: str | None
    records: int
    rejected: int
    error: str | None


@dataclass(frozen=True, slots=True)
class FileRefused:
    """A file or directory of which nothing can be read; it is tried again when it changes."""

    path: str
    error: str


@dataclass(frozen=True, slots=True)
class VerdictRaised:
    """A verdict as the document of its run has it, and the subject's best grade before, None where it is new."""

    run: str
    before: Grade | None
    verdict: Mapping[str, Any]


Event = FileTaken | FileRefused | VerdictRaised


def write_event(event: Event, time: str | None) -> str:
    """Return the event as one line of JSON; `time` is when it is told."""
    if isinstance(event, VerdictRaised):
        before = None if event.before is None else event.before.word
        change = "new" if before is None else "raised"
        told = {"event": "verdict", "time": time, "change": change, "before": before, "run": event.run}
        return dump({**told, "verdict": event.verdict})
    kind = "file" if isinstance(event, FileTaken) else "refused"
    return dump({"event": kind, "time": time, **asdict(event)})


def format_event(event: Event, time: str | None, language: str) -> str:
    """Return the event as a line to read."""
    if isinstance(event, FileRefused):
        return f"{time} {_say('refused', language)} {event.path}: {event.error}"
    if isinstance(event, FileTaken):
        counts = f"{event.records:,} {_say('records', language)}"
        if event.rejected:
            counts += f", {event.rejected:,} {_say('rejected', language)}"
        error = f" — {event.error}" if event.error else ""
        return f"{time} {_say('taken', language)} {event.path} ({event.reader or '–'}, {counts}){error}"
    return f"{time} {_format_verdict(event, language)}"


def _format_verdict(event: VerdictRaised, language: str) -> str:
    verdict = event.verdict
    if event.before is None:
        change = _say("new", language)
    else:
        change = f"{_say('raised', language)} ({_say('was', language)} {_name(event.before.word, language)})"
    unit = f" {verdict['unit']}" if verdict["unit"] else ""
    rates = [f"{format_measure(rate)} {name}" for name, rate in (verdict["measures"].get("hash_rate") or {}).items()]
    text = "text_zh" if language == "zh" else "text"
    reasons = "; ".join(reason[text] for reason in verdict["reasons_for"])
    told = "; ".join([*rates, reasons])
    return f"{change} {_name(verdict['grade'], language)} {verdict['subject']} [{verdict['site']}]{unit}: {told}"


def _name(word: str, language: str) -> str:
    grade = next(grade for grade in Grade if grade.word == word)
    return GRADE_TITLES_ZH[grade] if language == "zh" else word


def _say(key: str, language: str) -> str:
    zh, en = WORDS[key]
    return zh if language == "zh" else en
