"""Lines of separated fields without quoting: into typed columns, quickly where all is well, exactly where not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from paicha.packs.traffic.readers.blocks import Block, tabulate_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.packs.traffic.readers.rows import Target

ARROW = {"double": pa.float64(), "bigint": pa.int64(), "varchar": pa.string(), "list": pa.string()}
DUCK = {"double": "DOUBLE", "bigint": "BIGINT", "varchar": "VARCHAR", "list": "VARCHAR"}
PARSE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Field:
    """A wanted field: our name, its place in the line (from 0), and what it holds: a key of `ARROW`."""

    name: str
    index: int
    kind: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines are written: the separator, how many fields, which are wanted, and the texts that mean nothing."""

    separator: str
    width: int
    fields: tuple[Field, ...]
    empty: tuple[str, ...]


def parse_lines(block: Block, layout: Layout, target: Target) -> pa.Table:
    """Return `line` and the wanted columns of the well-formed lines; the others are rejected, blank ones left out."""
    table = _parse_quickly(block, layout)
    return _parse_exactly(block, layout, target) if table is None else table


def number_lines(block: Block) -> NDArray[np.int64]:
    """Return the numbers of the lines that are not empty."""
    lengths = np.diff(block.ends, prepend=-1)
    return np.flatnonzero(lengths > 1).astype(np.int64) + block.first_line


def _parse_quickly(block: Block, layout: Layout) -> pa.Table | None:
    """Return the columns, or None where any line or value is not as it should be."""
    if len(layout.separator.encode()) != 1 or layout.separator in "\r\n\0":
        return None
    names = [f"f{index}" for index in range(layout.width)]
    try:
        parsed = pacsv.read_csv(
            pa.BufferReader(block.data),
            pacsv.ReadOptions(use_threads=False, column_names=names, block_size=PARSE_BYTES),
            pacsv.ParseOptions(delimiter=layout.separator, quote_char=False, double_quote=False),
            pacsv.ConvertOptions(
                check_utf8=False,
                column_types={names[f.index]: ARROW[f.kind] for f in layout.fields},
                include_columns=[names[f.index] for f in layout.fields],
                null_values=list(layout.empty),
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    count = len(block.ends)
    lines = np.arange(block.first_line, block.first_line + count)
    if count != parsed.num_rows:  # some are empty, or not as they should be
        lines = number_lines(block)
        if len(lines) != parsed.num_rows:
            return None
    columns: dict[str, Any] = {f.name: parsed.column(names[f.index]) for f in layout.fields}
    return pa.table({"line": pa.array(lines), **columns})


def _parse_exactly(block: Block, layout: Layout, target: Target) -> pa.Table:
    """Return the columns of the lines that can be read, and reject the others."""
    raw = {f.name: _take_field(f, layout) for f in layout.fields}
    typed = ", ".join(f'try_cast({raw[f.name]} AS {DUCK[f.kind]}) AS "{f.name}"' for f in layout.fields)
    checks = " ".join(
        f"WHEN {raw[f.name]} IS NOT NULL AND try_cast({raw[f.name]} AS {DUCK[f.kind]}) IS NULL "
        f"THEN '{f.name} is not a number'"
        for f in layout.fields
        if f.kind in {"double", "bigint"}
    )
    query = (
        f"SELECT line, {typed}, CASE WHEN len(f) <> {layout.width} THEN 'does not have {layout.width} fields' "  # noqa: S608
        f"{checks} END AS reason FROM (SELECT line, string_split(rtrim(text, chr(10)), {quote(layout.separator)}) AS f "
        "FROM paicha_lines WHERE text <> chr(10)) ORDER BY line"
    )
    table = ask(target, query, paicha_lines=tabulate_lines(block))
    return reject_reasons(table, target)


def _take_field(field: Field, layout: Layout) -> str:
    text = f"f[{field.index + 1}]" if field.kind in {"varchar", "list"} else f"trim(f[{field.index + 1}])"
    for empty in layout.empty:
        text = f"nullif({text}, {quote(empty)})"
    return text


def reject_reasons(table: pa.Table, target: Target) -> pa.Table:
    """Return the table without the column `reason` and without the rows that have one, which are rejected."""
    reasons = table.column("reason").combine_chunks()
    table = table.drop_columns(["reason"])
    if reasons.null_count == len(reasons):
        return table
    bad = np.asarray(reasons.is_valid())
    lines = table.column("line").to_numpy()
    _reject(target, lines[bad].tolist(), reasons.drop_null().to_pylist())
    return table.filter(pa.array(~bad))


def _reject(target: Target, lines: list[int], reasons: list[str]) -> None:
    """Tell the sink of rejected lines, equal reasons added up."""
    found: dict[str, list[int]] = {}
    for line, reason in zip(lines, reasons, strict=True):
        found.setdefault(reason, []).append(line)
    for reason, places in found.items():
        target.sink.reject(target.source, f"{target.unit} {min(places)}", reason, len(places))


def ask(target: Target, query: str, **tables: pa.Table) -> pa.Table:
    """Return the answer of a DuckDB query over Arrow tables that are known to it by name for its time."""
    duck = target.reading.duck
    for name, table in tables.items():
        duck.register(name, table)
    try:
        return duck.sql(query).to_arrow_table()
    finally:
        for name in tables:
            duck.unregister(name)


def quote(text: str) -> str:
    """Return the SQL of a text; a NUL, which ends a literal for the parser, is put in by its number."""
    parts = ("'" + part.replace("'", "''") + "'" for part in text.split("\0"))
    return "(" + " || chr(0) || ".join(parts) + ")"
