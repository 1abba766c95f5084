"""Verdicts on public captures: every clear-text miner found on the right client, nothing found on ordinary traffic."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.inputs import CAPTURES, DATA
from bench.results import Bar, Report, Table
from bench.timing import screen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.results import Options

TITLE = "Verdicts on public captures"
FOUND = {"confirmed", "likely"}
PEERS = (
    "Read by hand in 109 clear-text mining captures, of which those beside the project are a part: the best peers find "
    "108 with 6 false flows on ordinary traffic, or 35 with none (quoted, not measured here)."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read by hand in one capture: each client's dialect, beginning of its software, and grade."""

    path: str
    sessions: frozenset[tuple[str | None, str, str | None]]
    grade: str = "confirmed"


READ_BY_HAND = (
    Answer("mining/jsiwek/coinhive-stratum.pcap", frozenset({("10.0.2.15", "cryptonote", None)})),
    Answer(
        "mining/jsiwek/bitcoin-mining.pcap",
        frozenset(
            {("10.0.2.15", dialect, "bfgminer/5.2.0") for dialect in ("getblocktemplate", "getwork", "stratum-v1")}
        ),
    ),
    Answer(
        "mining/ndpi/mining.pcapng",
        frozenset(
            {
                (None, "ethproxy", None),
                ("192.168.2.92", "cryptonote", "xmr-stak-cpu/1.3.0-1.5.0"),
                ("192.168.2.148", "zcash", "EWBF 0.3.4b"),
            }
        ),
    ),
)
"""The prose of ANSWERS.md; the client of an ethproxy session is not named there."""


def run(_: Options) -> Report:
    """Return what was found in mining, grey and ordinary captures, and every false verdict."""
    about = "Every public capture beside the project, each a network of its own, screened with the default policy."
    if not (CAPTURES / "ANSWERS.md").exists():
        return Report(TITLE, about, [], [Bar("public captures", "they are not beside the project", None)])
    answers = [*_read_table((CAPTURES / "ANSWERS.md").read_text()), *READ_BY_HAND]
    mining = {_find_path(one): one for one in _screen("mining")}
    rows = []
    for answer in answers:
        grades, sessions, is_right = judge(answer, mining[answer.path])
        rows.append((answer.path, grades, sessions, "yes" if is_right else "**no**"))
    right = sum(row[-1] == "yes" for row in rows)
    # the payload of these was cut off by their publishers: nothing of a protocol is left to read
    unread = sorted(set(mining) - {answer.path for answer in answers})
    rows += [(path, _list_grades(mining[path]), "", "no payload") for path in unread]
    others = [("grey", _screen("grey")), ("benign", _screen("benign"))]
    wrong = [
        (_find_path(one), verdict["subject"], verdict["grade"], "; ".join(r["text"] for r in verdict["reasons_for"]))
        for _, documents in others for one in documents for verdict in one["verdicts"] if verdict["grade"] in FOUND
    ]  # fmt: skip
    totals = ", ".join(f"{len(documents)} {name}" for name, documents in others)
    bars = [
        Bar(
            "every clear-text mining capture: grade, client, dialect, software",
            f"{right} of {len(answers)}",
            right == len(answers),
        ),
        Bar(f"no verdict above possible in {totals}", f"{len(wrong)} found", not wrong),
    ]
    tables = [Table(("mining capture", "grades", "sessions found", "as read by hand"), rows)]
    if wrong:
        tables.append(Table(("ordinary capture", "subject", "grade", "reasons"), wrong))
    return Report(TITLE, about, tables, bars, [PEERS])


def judge(answer: Answer, document: dict[str, Any]) -> tuple[str, str, bool]:
    """Return grades and sessions as text, and whether all clients, dialects and programs are as read."""
    evidences = [one["evidence"] for one in document["findings"] if one["evidence"].get("dialect")]
    seen = {(one["client"], one["dialect"], one["software"]) for one in evidences}
    graded = {one["subject"] for one in document["verdicts"] if one["grade"] == answer.grade}
    is_found = all(any(_agree(read, one) for one in seen) for read in answer.sessions)
    is_meant = all(any(_agree(read, one) for read in answer.sessions) and one[0] in graded for one in seen)
    shown = "; ".join(sorted(f"{client} {dialect} {software or ''}".strip() for client, dialect, software in seen))
    return _list_grades(document), shown, bool(seen) and is_found and is_meant


def _agree(read: tuple[str | None, str, str | None], one: tuple[str, str, str | None]) -> bool:
    client, dialect, software = read
    if (client is not None and client != one[0]) or dialect != one[1]:
        return False
    # sessions joined after their login say nothing of software
    return one[2] is None or (software is not None and one[2].startswith(software))


def _read_table(text: str) -> Iterator[Answer]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 11 and re.fullmatch(r"\d{10}_\w{5}", cells[0]):
            is_ether = cells[3] == "ethash"
            dialect, software = ("ethproxy", None) if is_ether else ("cryptonote", cells[1])
            yield Answer(f"mining/cjs/{cells[0]}.pcap", frozenset({(None, dialect, software)}))


def _screen(folder: str) -> list[dict[str, Any]]:
    """Return one document per capture of a folder."""
    DATA.mkdir(parents=True, exist_ok=True)
    output = DATA / f"verdicts-{folder}.json"
    paths = sorted(path for path in (CAPTURES / folder).rglob("*.*") if path.is_file() and path.suffix != ".csv")
    # captures of which nothing can be read (status 1) do not stop the others
    screen(*paths, "--separate", output=output, statuses=(0, 1))
    with output.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _find_path(document: dict[str, Any]) -> str:
    return str(document["inputs"][0]["path"]).removeprefix(f"{CAPTURES}/")


def _list_grades(document: dict[str, Any]) -> str:
    return ", ".join(f"{one['subject']} {one['grade']}" for one in document["verdicts"] if one["grade"] != "none")
