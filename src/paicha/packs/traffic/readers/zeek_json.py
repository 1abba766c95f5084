"""Zeek logs as JSON lines: one object per record, of one log or of several mixed."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from paicha.packs.traffic.readers.blocks import Block, read_blocks, tabulate_lines
from paicha.packs.traffic.readers.delimited import DUCK, ask, quote, reject_reasons
from paicha.packs.traffic.readers.zeek_fields import FIELDS, REQUIRED, SIGNS, find_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from paicha.packs.traffic.readers.rows import Target


def split_json_log(target: Target) -> Iterator[Callable[[Target], Iterator[tuple[str, pa.Table]]]]:
    """Yield for each block of lines the function that yields the kinds of logs in it and their wanted columns.

    It is given a target, where it rejects the lines that cannot be read.
    """
    for block in read_blocks(target.source, target.sink, target.reading):
        yield partial(_read_block, block)


def _read_block(block: Block, target: Target) -> Iterator[tuple[str, pa.Table]]:
    lines = tabulate_lines(block, slices=1)  # the other thread of DuckDB has a block of its own
    first = find_first_record(block.data)
    log = find_log(str(first.get("_path") or ""), frozenset(first))
    table = None if log is None else _parse_quickly(block, lines, log, first, target)
    if log is not None and table is not None:
        yield log, table
    else:
        yield from _parse_exactly(lines, target)


def find_first_record(data: bytes) -> dict[str, Any]:
    """Return the first line as an object, an empty one where it is none."""
    line = data[: 1 << 20].lstrip().partition(b"\n")[0]
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _parse_quickly(
    block: Block, lines: pa.Table, log: str, first: Mapping[str, Any], target: Target
) -> pa.Table | None:
    """Return the columns where all lines are records of one log without a wrong value, else None.

    Fields are looked for under the names that the first record has, and read as what they should be; DuckDB makes a
    value that is something else null, so that records with nulls are looked at again as text.
    """
    keys = {next((a for a in wanted.aliases if a in first), wanted.aliases[0]): wanted for wanted in FIELDS[log]}
    kinds: dict[str, object] = {key: ["VARCHAR"] if w.kind == "list" else DUCK[w.kind] for key, w in keys.items()}
    times = 'r."ts"'
    if isinstance(first.get("ts"), str):
        kinds["ts"], times = "VARCHAR", 'epoch_us(try_cast(r."ts" AS TIMESTAMPTZ)) / 1e6'
    columns = ", ".join(f"{times if key == 'ts' else f'r.{name(key)}'} AS {name(w.name)}" for key, w in keys.items())
    shape = quote(json.dumps(kinds | {"_path": "VARCHAR"}))
    query = (
        f'SELECT line, r._path AS "_path", {columns} FROM (SELECT line, from_json(text, {shape}) AS r '  # noqa: S608
        "FROM paicha_lines)"
    )
    if pc.min(pc.binary_length(lines.column("text"))).as_py() == 1:  # an empty line
        return None
    try:
        table = ask(target, query, paicha_lines=lines)
    except duckdb.InvalidInputException:  # a line is no JSON
        return None
    if not table.column("line").equals(lines.column("line")):  # DuckDB's threads need not keep the order
        table = table.sort_by("line")
    paths = table.column("_path")
    is_alike = pc.all(pc.or_kleene(pc.is_null(paths), pc.equal(paths, log))).as_py() in {True, None}
    if not is_alike or any(table.column(column).null_count for column in REQUIRED[log]):
        return None
    numbers = {key: wanted.name for key, wanted in keys.items() if wanted.kind in {"double", "bigint"}}
    return None if _may_hold_wrong_values(block, lines, table, numbers) else table


def _may_hold_wrong_values(block: Block, lines: pa.Table, table: pa.Table, numbers: Mapping[str, str]) -> bool:
    """Return whether a number (key in the log, our name) came out null in a line that has its key."""
    for key, column in numbers.items():
        values, sign = table.column(column), f'"{key}"'
        if values.null_count == len(values):
            if block.data.find(sign.encode()) >= 0:
                return True
        elif values.null_count:
            doubtful = lines.column("text").filter(pc.is_null(values))
            if pc.any(pc.match_substring(doubtful, sign)).as_py():
                return True
    return False


def name(key: str) -> str:
    """Return a field's name as an SQL identifier."""
    return '"' + key.replace('"', '""') + '"'


def _parse_exactly(lines: pa.Table, target: Target) -> Iterator[tuple[str, pa.Table]]:
    """Yield the columns of the records of each used log, accept records of others, and reject what is no record."""
    signs = {key: "JSON" for _, keys in SIGNS for key in keys}
    shape = quote(json.dumps({"_path": "VARCHAR", **signs}))
    kinds = " ".join(
        "WHEN " + " OR ".join(f'r."{key}" IS NOT NULL' for key in keys) + f" THEN {quote(log)}" for log, keys in SIGNS
    )
    query = (
        "SELECT line, text, CASE WHEN r IS NULL THEN 'is not a JSON object' END AS reason, "  # noqa: S608 -- own words
        f"CASE WHEN r._path <> '' THEN split_part(r._path, '-', 1) {kinds} END AS log "
        "FROM (SELECT *, CASE WHEN json_valid(text) THEN CASE WHEN json_type(text) = 'OBJECT' "
        f"THEN from_json(text, {shape}) END END AS r FROM paicha_lines "
        "WHERE trim(text, chr(10) || chr(9) || ' ') <> '') ORDER BY line"
    )
    records = reject_reasons(ask(target, query, paicha_lines=lines), target)
    logs = records.column("log")
    other = pc.invert(pc.fill_null(pc.is_in(logs, pa.array(list(FIELDS))), False))
    target.sink.accept(target.source, int(pc.sum(other.cast(pa.int64())).as_py() or 0))
    for log in sorted(set(logs.drop_null().to_pylist()) & set(FIELDS)):
        yield log, reject_reasons(_extract(records.filter(pc.equal(logs, log)), log, target), target)


def _extract(lines: pa.Table, log: str, target: Target) -> pa.Table:
    """Return the wanted columns of records of one log, with the reason to reject those whose numbers are none.

    Raises:
        duckdb.InvalidInputException: a line is no JSON.
    """
    shape: dict[str, object] = {"_path": "VARCHAR"}
    columns, checks = [], []
    for wanted in FIELDS[log]:
        shape |= {alias: ["VARCHAR"] if wanted.kind == "list" else "VARCHAR" for alias in wanted.aliases}
        raw = "coalesce(" + ", ".join(f'r."{alias}"' for alias in wanted.aliases) + ")"
        value = raw if wanted.kind in {"list", "varchar"} else f"try_cast({raw} AS {DUCK[wanted.kind]})"
        if wanted.name == "ts":  # JSON::TS_EPOCH or JSON::TS_ISO8601
            value = f"coalesce({value}, epoch_us(try_cast({raw} AS TIMESTAMPTZ)) / 1e6)"
        columns.append(f'{value} AS "{wanted.name}"')
        if wanted.kind in {"double", "bigint"}:
            checks.append(f"WHEN {raw} IS NOT NULL AND {value} IS NULL THEN '{wanted.name} is not a number'")
    query = (
        f'SELECT line, r._path AS "_path", {", ".join(columns)}, CASE {" ".join(checks)} END AS reason '  # noqa: S608
        f"FROM (SELECT line, from_json(text, {quote(json.dumps(shape))}) AS r FROM paicha_lines "
        "WHERE text <> chr(10)) ORDER BY line"
    )
    return ask(target, query, paicha_lines=lines.select(["line", "text"]))
