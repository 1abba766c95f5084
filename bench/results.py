"""What a benchmark found: tables, notes and bars, written as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MEBI = 1 << 20


@dataclass(frozen=True, slots=True)
class Options:
    """How a benchmark is run: with fewer and smaller runs, and for how many seconds a fuzzer."""

    is_quick: bool = False
    seconds: float = 60.0

    @property
    def repeats(self) -> int:
        """How many runs a median is taken of."""
        return 3 if self.is_quick else 5


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, the figure that was reached, and whether it is met; None where it could not be asked here."""

    text: str
    figure: str
    is_met: bool | None

    def write(self) -> str:
        """Return the bar as one line of Markdown."""
        word = {True: "met", False: "**missed**", None: "not asked"}[self.is_met]
        return f"- {self.text}: {self.figure}: {word}"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings."""

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]

    def write(self) -> str:
        """Return the table in Markdown."""
        lines = [self.headings, ["---"] * len(self.headings), *self.rows]
        return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of one benchmark."""

    title: str
    about: str
    tables: Sequence[Table]
    bars: Sequence[Bar]
    notes: Sequence[str] = ()

    def write(self) -> str:
        """Return the report as a section in Markdown."""
        parts = [f"## {self.title}", self.about, *(table.write() for table in self.tables)]
        if self.bars:
            parts.append("\n".join(bar.write() for bar in self.bars))
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        return "\n\n".join(parts) + "\n"


def write_size(count: float) -> str:
    """Return bytes in MiB, as people read them."""
    return f"{count / MEBI:,.0f} MiB"


def write_part(part: float) -> str:
    """Return a share in percent with one decimal."""
    return f"{100 * part:.1f} %"
