"""Tables of moments and spans that users keep (block times, seats in use): headings found, rows read one by one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError
from paicha.reference.texts import parse_moment
from paicha.registry.headings import fold_heading
from paicha.registry.sheets import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

SEARCHED_ROWS = 20
"""Rows among which the headings are looked for: titles and remarks may stand above them."""

MOST_ROWS = 2_000_000
"""Rows of the largest table that is held at once; Bitcoin has had fewer than a million blocks."""

UNITS_US = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (1e20, 1e-3))
"""Below which a number since 1970 is in s, ms, us or ns, and the microseconds of one: all four are far apart."""

EARLIEST_US, LATEST_US = 946_684_800_000_000, 4_102_444_800_000_000
"""2000 and 2100: times beyond them are another thing's numbers."""


class RowRefusal(Exception):
    """A row that cannot be accepted; the text is the reason."""


@dataclass(frozen=True, slots=True)
class TimedRows:
    """Accepted rows as tuples of values, and the refused ones as (position, reason); together all rows read."""

    rows: tuple[tuple[object, ...], ...]
    rejected: tuple[tuple[str, str], ...]


def read_timed_rows(
    path: Path,
    headings: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    read_row: Callable[[Mapping[str, str]], tuple[object, ...] | None],
    *,
    find_bare: Callable[[Sequence[str]], Mapping[str, int] | None] = lambda _: None,
) -> TimedRows:
    """Return what `read_row` makes of the cells of each row of a CSV file or workbook; None leaves a row out.

    The headings, in any case, are looked for in the first rows; `find_bare` may tell the columns of a table without
    any from its first row.

    Raises:
        InputError: the file cannot be read, has none of the headings, or too many rows.
    """
    every = read_rows(path)
    head = list(islice(every, SEARCHED_ROWS))
    places, skipped = _find_places(head, headings, needed, find_bare, path)
    rows: list[tuple[object, ...]] = []
    rejected: list[tuple[str, str]] = []
    for number, row in chain(head[skipped:], every):
        if not any(cell.strip() for cell in row) or row[0].lstrip().startswith("#"):
            continue
        if len(rows) + len(rejected) == MOST_ROWS:
            raise InputError(f"more than {MOST_ROWS} rows", where=str(path), remedy="split it into several files")
        cells = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        try:
            made = read_row(cells)
        except RowRefusal as refusal:
            rejected.append((f"row {number}", str(refusal)))
            continue
        if made is not None:
            rows.append(made)
    return TimedRows(tuple(rows), tuple(rejected))


def _find_places(
    head: Sequence[tuple[int, Sequence[str]]],
    headings: Mapping[str, Sequence[str]],
    needed: Sequence[str],
    find_bare: Callable[[Sequence[str]], Mapping[str, int] | None],
    path: Path,
) -> tuple[Mapping[str, int], int]:
    """Return our columns with their places, and how many rows stand above the first one of content."""
    for skipped, (_, row) in enumerate(head, start=1):
        names = [fold_heading(cell) for cell in row]
        found = {
            ours: next(names.index(name) for name in theirs if name in names)
            for ours, theirs in headings.items()
            if any(name in names for name in theirs)
        }
        if all(name in found for name in needed):
            return found, skipped
        bare = find_bare(row)
        if bare is not None:
            return bare, skipped - 1
    usual = ", ".join(headings[name][0] for name in needed)
    raise InputError("the headings are missing", where=str(path), remedy=f"name the columns {usual}")


def read_moment(text: str, hours: float, *, is_end: bool = False) -> int:
    """Return the UTC microseconds of a date, a time, or a number of s, ms, us or ns since 1970.

    Texts without a zone are `hours` ahead of UTC; with `is_end` a bare date is the end of its day.

    Raises:
        RowRefusal: it is no time between the years 2000 and 2100.
    """
    moment = parse_moment(text, hours=hours, is_end=is_end)
    if moment is None or text.isdigit():
        moment = _read_epoch(text) or moment
    if moment is None or not EARLIEST_US <= moment < LATEST_US:
        raise RowRefusal(f"no date or time: {text[:40]!r}")
    return moment


def _read_epoch(text: str) -> int | None:
    whole, _, fraction = text.partition(".")
    if not (whole.isascii() and whole.isdigit() and 9 <= len(whole) <= 19):
        return None
    if fraction and not (fraction.isascii() and fraction.isdigit()):
        return None
    factor = next((us for bound, us in UNITS_US if int(whole) < bound), 1e-3)
    if factor == UNITS_US[0][1]:  # in whole numbers throughout: a float of seconds loses microseconds
        return int(whole) * 1_000_000 + int(fraction[:6].ljust(6, "0"))
    return int(whole) * int(factor) if factor >= 1 else int(whole) // 1000
