"""The IP-filing table (IP 备案): read, checked row by row, and turned into the table `owners`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from paicha.kernel.errors import InputError
from paicha.kernel.owners import OWNERS
from paicha.registry.cells import CellError, CellReader
from paicha.registry.headings import HEADINGS, find_columns
from paicha.registry.sheets import read_rows
from paicha.registry.spans import Spans, read_spans

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

BEIJING_HOURS = 8.0
"""Hours ahead of UTC of dates in filing tables."""

SEARCHED_ROWS = 20
"""Rows among which the headings are looked for: titles and remarks may stand above them."""

MOST_ROWS = 2_000_000
"""Rows of the largest table; one and a half gigabytes of memory for each million."""

CHECKED = ("site", "unit", "credit_code", "nature", "industry", "region", "level", "nat", "valid_from", "valid_to")
CONTACT = ("contact", "phone", "email")


@dataclass(frozen=True, slots=True)
class RowError:
    """A row that was refused: its number in the file (the first is 1), a short code and the reason."""

    row: int
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnitsImport:
    """What a table gave: the owners, the number of rows accepted, and the refused ones; together all rows read.

    Blank rows, the headings and what stands above them are no rows.
    """

    owners: pa.Table
    accepted: int
    rejected: tuple[RowError, ...]


def read_units(path: Path, *, hours: float = BEIJING_HOURS) -> UnitsImport:
    """Return the owners of a filing table, CSV (UTF-8, UTF-16, GB 18030) or XLSX; dates are `hours` ahead of UTC.

    Ranges may nest; the same range with the same validity is refused the second time. A last day of validity counts
    in full.

    Raises:
        InputError: the file cannot be read, or has no headings for a range and a unit.
    """
    rows = read_rows(path)
    places = _find_headings(rows, path)
    numbers, columns = _gather(rows, places, path)
    size = len(numbers)
    blank = [""] * size
    spans = read_spans(columns.get("start", blank), columns.get("end", blank), columns.get("cidr", blank))
    reader = CellReader(hours)
    lows, highs = spans.low.to_pylist(), spans.high.to_pylist()
    kept: list[int] = []
    answers: list[tuple[object, ...]] = []
    rejected: list[RowError] = []
    filed: dict[tuple[object, ...], int] = {}
    for index in range(size):
        try:
            answer = _read_row(index, columns, spans, reader)
            key = (answer[0], lows[index], highs[index], answer[8], answer[9])
            if filed.setdefault(key, index) != index:
                told = f"range already filed with the same validity in row {numbers[filed[key]]}: {key[1]}-{key[2]}"
                raise CellError("already-filed", told)
        except CellError as error:
            rejected.append(RowError(numbers[index], error.code, error.reason))
        else:
            kept.append(index)
            answers.append(answer)
    return UnitsImport(_make_owners(kept, answers, spans, columns), len(kept), tuple(rejected))


def _find_headings(rows: Iterator[tuple[int, Sequence[str]]], path: Path) -> dict[str, int]:
    """Return our columns with their places, from the first row that names a range and a unit."""
    for number, row in rows:
        places = find_columns(row)
        if "unit" in places and ("cidr" in places or "start" in places):
            return places
        if number >= SEARCHED_ROWS:
            break
    remedy = f"name the columns, e.g. {HEADINGS['cidr'][0]} (or start, end) and unit; 起始IP, 终止IP, 单位名称"
    raise InputError("no headings of an address range and a unit", where=str(path), remedy=remedy)


def _gather(
    rows: Iterator[tuple[int, Sequence[str]]], places: Mapping[str, int], path: Path
) -> tuple[list[int], dict[str, list[str]]]:
    """Return the numbers of the rows that are not blank, and the texts of our columns, equal texts held once.

    Raises:
        InputError: there are more rows than can be held.
    """
    numbers: list[int] = []
    columns: dict[str, list[str]] = {name: [] for name in places}
    held: dict[str, str] = {}
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(numbers) == MOST_ROWS:
            raise InputError(f"more than {MOST_ROWS} rows", where=str(path), remedy="split it into several tables")
        numbers.append(number)
        for name, place in places.items():
            cell = row[place] if place < len(row) else ""
            columns[name].append(cell if name in {"start", "end", "cidr"} else held.setdefault(cell, cell))
    return numbers, columns


def _read_row(index: int, columns: Mapping[str, Sequence[str]], spans: Spans, reader: CellReader) -> tuple[object, ...]:
    """Return the cells of `CHECKED`.

    Raises:
        CellError: the range or a cell cannot be accepted, or the validity ends before it begins.
    """
    error = spans.errors[index]
    if error is not None:
        raise CellError(*error)
    answer = tuple(reader.read(name, columns[name][index] if name in columns else "") for name in CHECKED)
    valid_from, valid_to = answer[8], answer[9]
    if isinstance(valid_from, int) and isinstance(valid_to, int) and valid_from >= valid_to:
        raise CellError("bad-validity", "the validity ends before it begins")
    return answer


def _make_owners(
    kept: list[int], answers: list[tuple[object, ...]], spans: Spans, columns: Mapping[str, Sequence[str]]
) -> pa.Table:
    """Return the accepted rows in the schema `OWNERS`."""
    rows = pa.array(kept, pa.int64())
    told = [columns[name] for name in CONTACT if name in columns]
    contacts = [" ".join(part for column in told if (part := column[index].strip())) or None for index in kept]
    by_name: dict[str, object] = {
        "is_nat" if name == "nat" else name: [answer[place] for answer in answers] for place, name in enumerate(CHECKED)
    }
    by_name |= {"low": spans.low.take(rows), "high": spans.high.take(rows), "contact": contacts}
    return pa.table({name: by_name[name] for name in OWNERS.names}, schema=OWNERS.arrow)
