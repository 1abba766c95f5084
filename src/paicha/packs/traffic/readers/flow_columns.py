"""Columns of a user's flow table, of whatever type they are, as rows of `flows`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from paicha.kernel.errors import InputError
from paicha.packs.traffic.readers.delimited import ask
from paicha.packs.traffic.readers.flow_cells import find_shift, read_protocol, read_time
from paicha.packs.traffic.readers.rows import (
    COUNTS,
    accept_valid,
    canonicalise,
    find_negative,
    flatten,
    is_no_port,
    is_no_time,
    write_rows,
)

if TYPE_CHECKING:
    from paicha.packs.traffic.readers.pairing import Pieces
    from paicha.packs.traffic.readers.rows import Target

REQUIRED = ("client_ip", "server_ip", "started")


PIECE_NAMES = {
    "client_ip": "src", "client_port": "sport", "server_ip": "dst", "server_port": "dport",
    "packets_out": "packets", "bytes_out": "bytes",
}  # fmt: skip
"""What our columns are called while records of one direction wait to be paired."""


def write_flow_columns(table: pa.Table, target: Target, pieces: Pieces | None = None) -> None:
    """Write a part of a table with our column names and a column `line`; what cannot be understood is rejected.

    With `pieces` its rows are records of one direction, which are kept there to be paired.
    """
    policy = target.reading.policy.flow_table
    columns = {name: _decode(table.column(name)) for name in table.column_names}
    count = table.num_rows
    started = _to_time(columns["started"], target)
    ended = _to_time(columns["ended"], target) if "ended" in columns else started
    numbers = {
        name: _to_number(columns[name], target) if name in columns else pa.nulls(count, pa.int64())
        for name in ("client_port", "server_port", *COUNTS)
    }
    sampling = _to_float(columns["sampling"], target) if "sampling" in columns else pa.nulls(count, pa.float64())
    rows: dict[str, Any] = {
        "sensor": "table",
        "client_ip": canonicalise(columns["client_ip"].cast(pa.string())),
        "server_ip": canonicalise(columns["server_ip"].cast(pa.string())),
        "protocol": _to_protocol(columns["protocol"], target) if "protocol" in columns else pa.repeat(0, count),
        "started": started,
        "ended": pc.max_element_wise(started, ended),
        **numbers,
        "sampling": pc.max_element_wise(pc.coalesce(sampling, pa.scalar(policy.sampling)), pa.scalar(1.0)),
    }
    checks: list[tuple[Any, str]] = [
        (is_no_time(started), "the time is missing, not understood or outside 1970 to 2100"),
        (pc.is_null(rows["client_ip"]), "the client is not an address"),
        (pc.is_null(rows["server_ip"]), "the server is not an address"),
        (pc.fill_null(is_no_port(numbers["client_port"]), False), "the client's port is not a port"),
        (pc.fill_null(is_no_port(numbers["server_port"]), False), "the server's port is not a port"),
        (pc.is_null(rows["protocol"]), "the protocol is not known"),
        *find_negative(numbers),
        *[
            (pc.and_(pc.is_valid(columns[name]), pc.is_null(numbers[name])), f"{name} is not a number")
            for name in COUNTS
            if name in columns
        ],
    ]
    keep = accept_valid(target, table.column("line").to_numpy(), checks)
    if pieces is None:
        write_rows(target, "flows", rows, keep, "started", "ended")
        return
    fixed = {"site": target.source.site, "source": target.source.key, "sensor": "table"}
    kept = pa.table({PIECE_NAMES.get(name, name): value for name, value in rows.items() if name not in fixed})
    kept = kept.filter(pa.array(keep))
    for name, text in fixed.items():
        kept = kept.append_column(name, pa.repeat(text, kept.num_rows))
    pieces.add(kept.drop_columns(["packets_in", "bytes_in"]))


def _decode(column: Any) -> pa.Array:
    array = flatten(column)
    return array.dictionary_decode() if pt.is_dictionary(array.type) else array


def _is_text(array: pa.Array) -> bool:
    return bool(pt.is_string(array.type) or pt.is_large_string(array.type))


def _try_cast(array: pa.Array, expression: str, target: Target) -> pa.Array:
    """Return a DuckDB expression of the column `v`, element by element."""
    numbered = pa.table({"n": pa.array(range(len(array)), pa.int64()), "v": array})
    query = f"SELECT {expression} AS v FROM paicha_column ORDER BY n"  # noqa: S608 -- own words
    return flatten(ask(target, query, paicha_column=numbered).column("v"))


def _to_number(array: pa.Array, target: Target) -> pa.Array:
    if pt.is_integer(array.type):
        try:
            return array.cast(pa.int64())
        except pa.ArrowInvalid:  # an unsigned number beyond int64
            pass
    return _try_cast(array, "try_cast(v AS BIGINT)", target)


def _to_float(array: pa.Array, target: Target) -> pa.Array:
    return _try_cast(array, "try_cast(v AS DOUBLE)", target)


def _to_protocol(array: pa.Array, target: Target) -> pa.Array:
    """Return protocol numbers of numbers or names, null where they are none."""
    if not _is_text(array):
        numbers = _to_number(array, target)
        return pc.if_else(pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers, 256)), numbers, None)
    return _try_cast(array, read_protocol("v", is_text=True), target)


def _to_time(array: pa.Array, target: Target) -> pa.Array:
    """Return UTC microseconds of times in the form that the policy names; a timestamp column says its form itself."""
    policy = target.reading.policy.flow_table
    shift = find_shift(policy)
    if pt.is_timestamp(array.type) or pt.is_date(array.type):
        stamps = array.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
        is_local = not (pt.is_timestamp(array.type) and array.type.tz)
        return pc.subtract(stamps, shift) if is_local and shift else stamps
    if policy.time_unit == "iso" and not _is_text(array):
        raise InputError(
            "the times are numbers", where=str(target.source.path), remedy="set flow_table.time_unit in the policy"
        )
    return _try_cast(array, read_time("v", policy, is_whole=pt.is_integer(array.type)), target)
