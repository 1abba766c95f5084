"""What was found beside what is true, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.table import Table

from paicha.outputs.terminal import open_console
from paicha.outputs.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the comparison: what it is about, the truth, what was found, and whether that is right."""

    what_en: str
    what_zh: str
    truth: str
    found: str
    is_right: bool


def print_comparison(lines: Sequence[Comparison], language: str) -> None:
    """Print the comparison, every line marked as right or wrong."""
    table = Table("", say("truth", language), say("found", language), "", title=say("comparison", language))
    for line in lines:
        what = line.what_zh if language == "zh" else line.what_en
        table.add_row(what, line.truth, line.found, "✓" if line.is_right else "✗")
    table.caption = say("one_in_twenty", language)
    open_console().print(table)
