"""Zeek logs as JSON lines: one object per record, of one log or of several mixed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from paicha.packs.traffic.readers.blocks import Block, read_blocks, tabulate_lines
from paicha.packs.traffic.readers.delimited import ARROW, DUCK, PARSE_BYTES, ask, number_lines, quote, reject_reasons
from paicha.packs.traffic.readers.zeek_fields import FIELDS, REQUIRED, SIGNS, Wanted, find_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paicha.packs.traffic.readers.rows import Target

MICROSECONDS = pa.timestamp("us", tz="UTC")


def read_json_log(target: Target) -> Iterator[tuple[str, pa.Table]]:
    """Yield, block by block, the kind of log and its wanted columns; lines that cannot be read are rejected."""
    for block in read_blocks(target.source, target.sink, target.reading):
        first = find_first_record(block.data)
        log = find_log(first.get("_path") or None, frozenset(first)) if first else None
        table = None if log is None else _parse_quickly(block, log, first)
        if log is not None and table is not None:
            yield log, table
        else:
            yield from _parse_exactly(block, target)


def find_first_record(data: bytes) -> dict[str, Any]:
    """Return the first line as an object, an empty one where it is none."""
    line = data.lstrip()[: 1 << 20].partition(b"\n")[0]
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _choose_keys(log: str, record: Mapping[str, Any]) -> dict[str, Wanted]:
    """Return the keys under which the wanted fields stand, judged by one record."""
    return {next((a for a in wanted.aliases if a in record), wanted.aliases[0]): wanted for wanted in FIELDS[log]}


def _parse_quickly(block: Block, log: str, record: Mapping[str, Any]) -> pa.Table | None:
    """Return the columns where all lines are well-formed records of one log, else None."""
    keys = _choose_keys(log, record)
    is_text_time = isinstance(record.get("ts"), str)
    kinds = {**ARROW, "list": pa.list_(pa.string())}
    schema = {key: kinds[wanted.kind] for key, wanted in keys.items()} | {"_path": pa.string()}
    if is_text_time:
        schema["ts"] = pa.string()
    options = pajson.ParseOptions(explicit_schema=pa.schema(schema), unexpected_field_behavior="ignore")
    try:
        parsed = pajson.read_json(pa.BufferReader(block.data), pajson.ReadOptions(block_size=PARSE_BYTES), options)
        lines = number_lines(block)
        if len(lines) != parsed.num_rows or not _is_all_of(parsed, log, keys):
            return None
        columns = {wanted.name: parsed.column(key) for key, wanted in keys.items()}
        if is_text_time:
            stamps = columns["ts"].cast(MICROSECONDS).cast(pa.int64())
            columns["ts"] = pc.divide(stamps.cast(pa.float64()), 1e6)
    except pa.ArrowInvalid:
        return None
    return pa.table({"line": pa.array(lines), **columns})


def _is_all_of(parsed: pa.Table, log: str, keys: Mapping[str, Wanted]) -> bool:
    """Return whether no record names another log and none lacks what its log must have."""
    paths = parsed.column("_path")
    is_alike = pc.all(pc.or_kleene(pc.is_null(paths), pc.equal(paths, log))).as_py() in {True, None}
    required = [key for key, wanted in keys.items() if wanted.name in REQUIRED[log]]
    return is_alike and not any(parsed.column(key).null_count for key in required)


def _parse_exactly(block: Block, target: Target) -> Iterator[tuple[str, pa.Table]]:
    """Yield the columns of the records of each used log, accept records of others, and reject what is no record."""
    signs = {key: "JSON" for _, keys in SIGNS for key in keys}
    shape = quote(json.dumps({"_path": "VARCHAR", **signs}))
    kinds = " ".join(
        "WHEN " + " OR ".join(f'r."{key}" IS NOT NULL' for key in keys) + f" THEN {quote(log)}" for log, keys in SIGNS
    )
    query = (
        "SELECT line, text, CASE WHEN NOT coalesce(json_valid(text), false) OR json_type(text) <> 'OBJECT' "  # noqa: S608
        "THEN 'is not a JSON object' END AS reason, CASE WHEN r._path <> '' THEN split_part(r._path, '-', 1) "
        f"{kinds} END AS log FROM (SELECT *, CASE WHEN json_valid(text) THEN from_json(text, {shape}) END AS r "
        "FROM paicha_lines WHERE text <> chr(10)) ORDER BY line"
    )
    lines = reject_reasons(ask(target, query, paicha_lines=tabulate_lines(block)), target)
    other = pc.invert(pc.fill_null(pc.is_in(lines.column("log"), pa.array(list(FIELDS))), False))
    target.sink.accept(target.source, int(pc.sum(other.cast(pa.int64())).as_py() or 0))
    for log in sorted(set(lines.column("log").drop_null().to_pylist()) & set(FIELDS)):
        yield log, _extract(lines.filter(pc.equal(lines.column("log"), log)), log, target)


def _extract(lines: pa.Table, log: str, target: Target) -> pa.Table:
    """Return the wanted columns of records of one log, rejecting those whose numbers are none."""
    shape: dict[str, object] = {}
    exprs, checks = [], []
    for wanted in FIELDS[log]:
        shape |= {alias: ["VARCHAR"] if wanted.kind == "list" else "VARCHAR" for alias in wanted.aliases}
        raw = "coalesce(" + ", ".join(f'r."{alias}"' for alias in wanted.aliases) + ")"
        value = raw if wanted.kind == "list" else f"try_cast({raw} AS {DUCK[wanted.kind]})"
        if wanted.name == "ts":
            value = f"coalesce({value}, epoch_us(try_cast({raw} AS TIMESTAMPTZ)) / 1e6)"
        exprs.append(f'{value} AS "{wanted.name}"')
        if wanted.kind in {"double", "bigint"}:
            checks.append(f"WHEN {raw} IS NOT NULL AND {value} IS NULL THEN '{wanted.name} is not a number'")
    query = (
        f"SELECT line, {', '.join(exprs)}, CASE {' '.join(checks)} END AS reason FROM (SELECT line, "  # noqa: S608
        f"from_json(text, {quote(json.dumps(shape))}) AS r FROM paicha_lines) ORDER BY line"
    )
    return reject_reasons(ask(target, query, paicha_lines=lines.drop_columns(["log"])), target)
