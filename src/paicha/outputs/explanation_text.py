"""The evidence behind a verdict as a person reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import GRADE_TITLES_ZH, Grade
from paicha.outputs.figures import format_measure
from paicha.outputs.hours_text import draw_hours
from paicha.outputs.printable import make_all_printable
from paicha.outputs.terminal import open_console
from paicha.outputs.words import name_hint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from paicha.kernel.pack import Pack

SHOWN_ITEMS = 12


def print_explanation(
    pack: Pack, verdict: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], language: str
) -> None:
    """Print the verdict with its reasons, hints and hours, then every finding with its evidence."""
    console = open_console()
    verdict, findings = make_all_printable(verdict), make_all_printable(findings)
    is_chinese = language == "zh"
    grade = next(g for g in Grade if g.word == verdict["grade"])
    title = GRADE_TITLES_ZH[grade] if is_chinese else grade.word
    console.print(f"{verdict['subject']}  {title}  ({verdict['score']:.0f})  {verdict['id']}", style="bold")
    console.print(f"{verdict['unit'] or '–'}  [{verdict['attribution']}]")
    for reason in (*verdict["reasons_for"], *verdict["reasons_against"]):
        text = reason["text_zh"] if is_chinese else reason["text"]
        console.print(f"  {reason['points']:+.0f}  {text}", highlight=False)
    for hint in verdict.get("hints") or ():
        text = hint["text_zh"] if is_chinese else hint["text"]
        console.print(f"   ?  {name_hint(hint['for'], language)}: {text}", highlight=False)
    if verdict.get("hours_of_activity"):
        for line in draw_hours(verdict["hours_of_activity"], language):
            console.print(f"  {line}", highlight=False, markup=False)
    rules = {rule.id: rule for rule in pack.rules}
    for finding in findings:
        rule = rules.get(finding["rule"])
        name = (rule.title.zh if is_chinese else rule.title.en) if rule else finding["rule"]
        console.print()
        console.print(f"{finding['id']}  {name}  ({finding['rule']} v{finding['version']})", style="bold")
        console.print(f"  {finding['first_seen']} – {finding['last_seen']}", highlight=False)
        for key, value in finding["evidence"].items():
            if value is not None and value != []:
                for line in _write_evidence(key, value, language):
                    console.print(f"  {line}", highlight=False, markup=False)
        for key, measure in finding["measures"].items():
            if measure is not None:
                console.print(f"  {key}: {format_measure(measure)}", highlight=False)
        for source in finding["sources"]:
            console.print(f"  ← {source}", highlight=False)
        if finding["counted_in"]:
            note = "计入" if is_chinese else "counted in"
            console.print(f"  {note} {finding['counted_in']}", highlight=False)


def _write_evidence(key: str, value: Any, language: str) -> Iterator[str]:
    """Yield the lines of one part of the evidence: sentences and points in lines of their own, the rest as JSON."""
    first = value[0] if isinstance(value, list) else None
    if isinstance(first, dict) and "text_zh" in first:
        yield f"{key}:"
        yield from (f"  – {one['text_zh'] if language == 'zh' else one['text']}" for one in value)
    elif isinstance(first, dict) and "points" in first:
        yield f"{key}:"
        for one in value:
            told = "" if one["value"] is None else f" {one['value']:.4g}"
            yield f"  {one['points']:+5.1f}  {one['name']}{told}"
    else:
        yield f"{key}: {_shorten(value)}"


def _shorten(value: Any) -> str:
    if isinstance(value, list) and len(value) > SHOWN_ITEMS:
        shown = json.dumps(value[:SHOWN_ITEMS], ensure_ascii=False)
        return f"{shown[:-1]}, … {len(value)}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
