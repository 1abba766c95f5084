"""The result of a screening as tables on a terminal: the sheet, the verdicts, the inputs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.table import Table

from paicha.kernel.grades import GRADE_TITLES_ZH, Grade
from paicha.outputs.figures import format_measure, format_number
from paicha.outputs.printable import make_all_printable
from paicha.outputs.terminal import open_console
from paicha.outputs.words import say
from paicha.reference.natures import find_nature
from paicha.reference.regions import find_region

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

SHOWN_ROWS = 40
SCOPES = ("confirmed", "confirmed_or_likely")


def print_screening(documents: Path, language: str, *, is_repeated: bool = False) -> None:
    """Print every document of a run."""
    console = open_console()
    with documents.open(encoding="utf-8") as stream:
        for line in stream:
            document = make_all_printable(json.loads(line))
            print_document(console, document, language)
    if is_repeated:
        console.print(say("repeated", language))


def print_document(console: Console, document: Mapping[str, Any], language: str) -> None:
    """Print one document: the sheet with its parts, verdicts, and what was read and rejected."""
    console.print(f"{say('run', language)} {document['run']}  {document['as_of'] or ''}", highlight=False)
    found = [v for v in document["verdicts"] if v["grade"] in {"confirmed", "likely", "possible"}]
    if found:
        console.print(make_sheet(document["summary"], language))
        for part in ("nature", "region"):
            console.print(make_parts(document["summary"], part, language))
        console.print(make_verdicts(document["verdicts"], language))
    else:
        is_blind = all("error" in item for item in document["inputs"])
        console.print(say("none_read" if is_blind else "none_found", language))
        if document["verdicts"]:
            console.print(make_verdicts(document["verdicts"], language))
    console.print(make_inputs(document, language))
    for reject in document["rejects"][:SHOWN_ROWS]:
        text = f"{reject['path']}, {reject['position']}: {reject['reason']} ({reject['count']})"
        console.print(text, style="yellow", highlight=False)


def make_sheet(summary: Mapping[str, Any], language: str) -> Table:
    """Return the sheet that a regulator publishes, one column for each scope of certainty."""
    table = Table(title=say("sheet", language))
    table.add_column()
    for scope in SCOPES:
        table.add_column(say(scope, language), justify="right")
    columns = [_list_figures(summary[scope]) for scope in SCOPES]
    for row, (key, _) in enumerate(columns[0]):
        table.add_row(say(key, language), *(column[row][1] for column in columns))
    return table


def _list_figures(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    public, traffic, coverage = figures["public_resource"], figures["pool_mbps"], figures["coverage"]
    rates = [f"{format_measure(rate)} {name}" for name, rate in figures["hash_rate"].items()]
    return [
        ("addresses", str(figures["addresses"])),
        ("units", str(figures["units"])),
        ("logins", str(figures["logins"])),
        ("public", f"{public['addresses']} / {public['units']}"),
        ("mbps_mean", _format(traffic["mean"])),
        ("mbps_peak", _format(traffic["peak_5min"])),
        ("hash_rate", "\n".join(rates) or "–"),
        ("power_kw", format_measure(figures["power_kw"], with_unit=False)),
        ("energy", format_measure(figures["energy_kwh_per_day"], with_unit=False)),
        ("revenue", format_measure(figures["revenue_per_day"])),
        ("stock", str(figures["stock"])),
        ("cleared", str(figures["cleared"])),
        ("increment", str(figures["increment"])),
        ("hours", _format(coverage["hours"])),
        ("observed", f"{coverage['addresses_observed']} ({coverage['filed_addresses_observed']})"),
    ]


def make_parts(summary: Mapping[str, Any], part: str, language: str) -> Table:
    """Return the figures by `nature` or `region` of the unit, for confirmed and likely together."""
    table = Table(title=say(f"by_{part}", language))
    for key in (part, "addresses", "units", "share", "power_kw", "energy"):
        table.add_column(say(key, language), justify="left" if key == part else "right")
    for name, figures in summary["confirmed_or_likely"][f"by_{part}"].items():
        if figures["addresses"] == 0:
            continue
        table.add_row(
            name_part(part, name, language),
            str(figures["addresses"]),
            str(figures["units"]),
            f"{figures['share']:.1%}",
            format_measure(figures["power_kw"], with_unit=False),
            format_measure(figures["energy_kwh_per_day"], with_unit=False),
        )
    return table


def name_part(part: str, name: str, language: str) -> str:
    """Return the name of a nature's id or a region's code in the language."""
    known = find_nature(name) if part == "nature" else find_region(name)
    if known is None:
        return say("unknown", language) if name == "unknown" else name
    return known.name_zh if language == "zh" else known.name_en


def make_verdicts(verdicts: list[Mapping[str, Any]], language: str) -> Table:
    """Return the first verdicts, the surest first, each with its reasons."""
    table = Table(title=say("verdicts", language))
    for key in ("grade", "subject", "unit", "hash_rate", "power_kw", "reasons"):
        table.add_column(say(key, language), overflow="fold", no_wrap=key in {"grade", "subject"})
    grades = {grade.word: grade for grade in Grade}
    ordered = sorted(verdicts, key=lambda v: (-grades[v["grade"]], -v["score"], v["subject"]))
    for verdict in ordered[:SHOWN_ROWS]:
        grade, measures = grades[verdict["grade"]], verdict["measures"]
        text = "text_zh" if language == "zh" else "text"
        rates = measures.get("hash_rate") or {}
        reasons = verdict["reasons_for"] or verdict["reasons_against"]
        table.add_row(
            GRADE_TITLES_ZH[grade] if language == "zh" else grade.word,
            verdict["subject"],
            f"{verdict['unit']} ({verdict['attribution']})" if verdict["unit"] else "–",
            "\n".join(f"{format_measure(rate)} {name}" for name, rate in rates.items()) or "–",
            format_measure(measures.get("power_kw"), with_unit=False),
            "; ".join(reason[text] for reason in reasons),
        )
    if len(ordered) > SHOWN_ROWS:
        table.caption = say("more", language).format(len(ordered) - SHOWN_ROWS)
    return table


def make_inputs(document: Mapping[str, Any], language: str) -> Table:
    """Return what was read: every input with its format and its counts."""
    table = Table(title=say("inputs", language))
    for key in ("path", "reader", "records", "rejected"):
        table.add_column(
            say(key, language), overflow="fold", justify="right" if key[0] == "r" and key != "reader" else "left"
        )
    for item in document["inputs"][:SHOWN_ROWS]:
        table.add_row(item["path"], item["reader"] or "–", f"{item['records']:,}", f"{item['rejected']:,}")
    if len(document["inputs"]) > SHOWN_ROWS:
        table.caption = say("more", language).format(len(document["inputs"]) - SHOWN_ROWS)
    return table


def _format(value: float | None) -> str:
    return "–" if value is None else format_number(value)
