"""The heading row of a list handed down: which of its columns are which of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.readers.text_tables import normalise_heading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADING_ROWS = 20
"""Rows among which the headings are looked for: titles and notes may stand above them."""


def find_columns(row: Sequence[object], columns: Mapping[str, Sequence[str]]) -> dict[str, int] | None:
    """Return our columns' places in a row of headings, None where it has no column of addresses."""
    headings = [normalise_heading(cell) if cell is not None else "" for cell in row]
    found: dict[str, int] = {}
    for ours, names in columns.items():
        place = next((headings.index(n) for n in map(normalise_heading, names) if n and n in headings), None)
        if place is not None and place not in found.values():
            found[ours] = place
    return found if "address" in found else None


def has_report_headings(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether one of the first rows has a column of addresses under the default policy."""
    columns = TrafficPolicy.model_validate({}).report_list.columns
    return any(find_columns(row, columns) is not None for row in rows[:HEADING_ROWS])
