"""Lists of an operator's or research network's address ranges: the fallback where no unit is filed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from paicha.kernel.errors import InputError
from paicha.kernel.owners import LEVELS, OWNERS
from paicha.reference.natures import find_nature
from paicha.reference.texts import read_text, split_lines
from paicha.registry.spans import read_spans
from paicha.registry.units import RowError, UnitsImport

if TYPE_CHECKING:
    from pathlib import Path


def read_operator_ranges(path: Path, operator: str, *, level: str = "operator", nature: str = "unknown") -> UnitsImport:
    """Return the owners of a list with one CIDR range per line, all of `operator`; `#` begins a comment.

    Raises:
        InputError: the file cannot be read, or no line of it is a range.
        ValueError: the level or nature is unknown.
    """
    if level not in LEVELS or find_nature(nature) is None:
        raise ValueError(f"unknown level or nature: {level!r}, {nature!r}")
    where = str(path)
    lines = [line.split("#", 1)[0].strip() for line in split_lines(read_text(path), where)]
    numbers = [number for number, line in enumerate(lines, start=1) if line]
    texts = [line for line in lines if line]
    blank = [""] * len(texts)
    spans = read_spans(blank, blank, texts)
    kept = [index for index, error in enumerate(spans.errors) if error is None]
    if not kept:
        raise InputError("no address range in any line", where=where, remedy="one CIDR range per line")
    rejected = tuple(RowError(numbers[index], *error) for index, error in enumerate(spans.errors) if error is not None)
    size = len(kept)
    rows = pa.array(kept, pa.int64())
    known = {
        "low": spans.low.take(rows), "high": spans.high.take(rows), "unit": [operator] * size,
        "nature": [nature] * size, "level": [level] * size, "is_nat": [False] * size,
    }  # fmt: skip
    columns = {
        column.name: known.get(column.name, pa.nulls(size, column_type))
        for column, column_type in zip(OWNERS.columns, OWNERS.arrow.types, strict=True)
    }
    return UnitsImport(pa.table(columns, schema=OWNERS.arrow), size, rejected)
