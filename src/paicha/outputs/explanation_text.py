"""The evidence behind a verdict as a person reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.console import Console

from paicha.kernel.grades import GRADE_TITLES_ZH, Grade
from paicha.outputs.figures import format_measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paicha.kernel.pack import Pack

SHOWN_ITEMS = 12


def print_explanation(
    pack: Pack, verdict: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], language: str
) -> None:
    """Print the verdict with its reasons, then every finding with its evidence."""
    console = Console()
    is_chinese = language == "zh"
    grade = next(g for g in Grade if g.word == verdict["grade"])
    title = GRADE_TITLES_ZH[grade] if is_chinese else grade.word
    console.print(f"[bold]{verdict['subject']}[/bold]  {title}  ({verdict['score']:.0f})  {verdict['id']}")
    console.print(f"{verdict['unit'] or '–'}  [{verdict['attribution']}]", markup=False)
    for reason in (*verdict["reasons_for"], *verdict["reasons_against"]):
        text = reason["text_zh"] if is_chinese else reason["text"]
        console.print(f"  {reason['points']:+.0f}  {text}", markup=False, highlight=False)
    rules = {rule.id: rule for rule in pack.rules}
    for finding in findings:
        rule = rules.get(finding["rule"])
        name = (rule.title.zh if is_chinese else rule.title.en) if rule else finding["rule"]
        console.print()
        console.print(f"[bold]{finding['id']}[/bold]  {name}  ({finding['rule']} v{finding['version']})")
        console.print(f"  {finding['first_seen']} – {finding['last_seen']}", highlight=False)
        for key, value in finding["evidence"].items():
            if value is not None and value != []:
                console.print(f"  {key}: {_shorten(value)}", markup=False, highlight=False)
        for key, measure in finding["measures"].items():
            if measure is not None:
                console.print(f"  {key}: {format_measure(measure)}", markup=False, highlight=False)
        for source in finding["sources"]:
            console.print(f"  ← {source}", markup=False, highlight=False)
        if finding["counted_in"]:
            note = "计入" if is_chinese else "counted in"
            console.print(f"  {note} {finding['counted_in']}", highlight=False)


def _shorten(value: Any) -> str:
    if isinstance(value, list) and len(value) > SHOWN_ITEMS:
        shown = json.dumps(value[:SHOWN_ITEMS], ensure_ascii=False)
        return f"{shown[:-1]}, … {len(value)}]"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
