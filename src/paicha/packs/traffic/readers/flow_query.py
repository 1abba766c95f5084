"""Flow tables in plain Parquet files as rows of `flows` by one DuckDB query: for all rows that are clearly well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.types as pt

from paicha.packs.traffic.readers.delimited import quote
from paicha.packs.traffic.readers.flow_cells import find_shift, read_protocol, read_time
from paicha.packs.traffic.readers.rows import COUNTS, MAX_SECONDS, PORTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import pyarrow.parquet as pq

    from paicha.packs.traffic.readers.rows import Target

_BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_QUAD = rf"(?:{_BYTE}\.){{3}}{_BYTE}"
_BATCH_ROWS = 131_072
_GLOBS = frozenset("*?[]{}")


def copy_flows(
    path: Path, parquet: pq.ParquetFile, mapped: Mapping[str, str], target: Target
) -> Iterable[pa.Table] | None:
    """Write the rows of a Parquet file whose values are all plain, count them, and return the others in parts.

    Plain are IPv4 addresses in canonical form, times, ports and counts in their bounds. `mapped` names the file's
    column for each of ours. The others have `line` (from 1) and our columns as they are in the file, in its order. None
    is returned where the file must be read in another way; nothing of it was written then.
    """
    kinds = {ours: _name_kind(parquet.schema_arrow.field(theirs).type) for ours, theirs in mapped.items()}
    where = str(path)
    if not _can_be_asked(kinds, target) or not _GLOBS.isdisjoint(where) or not where.isprintable():
        return None
    raw = ", ".join(f"{_name(theirs)} AS {_name(ours)}" for ours, theirs in mapped.items())
    rows = (
        f"SELECT file_row_number + 1 AS line, {raw} "  # noqa: S608 -- own words
        f"FROM read_parquet({quote(where)}, file_row_number = true, hive_partitioning = false)"
    )
    cells = _read_cells(kinds, target)
    listed = ", ".join(f"{cell} AS c_{name}" for name, cell in cells.items())
    read = f"SELECT *, {listed} FROM ({rows})"  # noqa: S608 -- own words
    good = _judge(kinds)
    constant = {"site": target.source.site, "source": target.source.key, "sensor": "table"}
    fixed = ", ".join(f"{_write_constant(text)} AS {name}" for name, text in constant.items())
    chosen = ", ".join(f"c_{name} AS {_name(name)}" for name in cells if name != "ended")
    plain = f"SELECT {fixed}, {chosen}, greatest(c_started, c_ended) AS ended FROM ({read}) WHERE {good}"  # noqa: S608
    reading = target.reading
    if reading.since is not None:
        plain += f" AND greatest(c_started, c_ended) >= {reading.since}"
    if reading.until is not None:
        plain += f" AND c_started <= {reading.until}"
    names = ", ".join(("line", *(_name(ours) for ours in mapped)))
    try:
        written = target.sink.copy("flows", plain)
        if reading.since is not None or reading.until is not None:
            counted = reading.duck.execute(f"SELECT count(*) FROM ({read}) WHERE {good}").fetchone()  # noqa: S608
            written = int(counted[0])
    except duckdb.Error:  # a damaged file, or texts that are no UTF-8
        return None
    target.sink.accept(target.source, written)
    if written == parquet.metadata.num_rows:
        return ()
    others = f"SELECT {names} FROM ({read}) WHERE NOT coalesce({good}, false) ORDER BY line"  # noqa: S608 -- own words
    batches = reading.duck.sql(others).to_arrow_reader(_BATCH_ROWS)
    return (pa.Table.from_batches([batch]) for batch in batches)


def _write_constant(text: str) -> str:
    """Return the SQL of a constant: an enumeration is written once to Parquet and not looked up for each row."""
    literal = "'" + text.replace("'", "''") + "'"
    return quote(text) if "\0" in text else f"{literal}::ENUM({literal})"


def _name_kind(kind: pa.DataType) -> str:
    """Return text, whole, float, stamp (local) or instant (UTC) for the types that DuckDB reads as Arrow does."""
    if pt.is_dictionary(kind):
        kind = kind.value_type
    if pt.is_string(kind) or pt.is_large_string(kind):
        return "text"
    if pt.is_integer(kind):
        return "whole"
    if pt.is_floating(kind) and not pt.is_float16(kind):
        return "float"
    if pt.is_timestamp(kind) and kind.unit in {"ms", "us"}:
        return "instant" if kind.tz else "stamp"
    return "other"


def _can_be_asked(kinds: Mapping[str, str], target: Target) -> bool:
    is_iso = target.reading.policy.flow_table.time_unit == "iso"
    for name, kind in kinds.items():
        if name in {"client_ip", "server_ip"} and kind != "text":
            return False
        if name in {"started", "ended"}:
            if kind == "other" or (is_iso and kind in {"whole", "float"}):
                return False
        elif kind not in {"text", "whole", "float"}:
            return False
    return True


def _read_cells(kinds: Mapping[str, str], target: Target) -> dict[str, str]:
    """Return the SQL of each of our columns but the constant ones."""
    policy = target.reading.policy.flow_table
    cells = {name: _name(name) for name in ("client_ip", "server_ip")}
    for name in ("client_port", "server_port", *COUNTS):
        cells[name] = f"try_cast({_name(name)} AS BIGINT)" if name in kinds else "NULL::BIGINT"
    cells["protocol"] = "0"
    if "protocol" in kinds:
        cells["protocol"] = read_protocol("protocol", is_text=kinds["protocol"] == "text")
    for name in ("started", "ended"):
        if name not in kinds:
            cells[name] = "NULL::BIGINT"
        elif kinds[name] in {"stamp", "instant"}:
            shift = find_shift(policy) if kinds[name] == "stamp" else 0
            cells[name] = f"epoch_us({_name(name)}) - {shift}"
        else:
            cells[name] = read_time(name, policy, is_whole=kinds[name] == "whole")
    given = "try_cast(sampling AS DOUBLE)" if "sampling" in kinds else "NULL::DOUBLE"
    cells["sampling"] = f"greatest(coalesce({given}, {policy.sampling!r}::DOUBLE), 1.0)"
    return cells


def _judge(kinds: Mapping[str, str]) -> str:
    """Return the condition of a row that is well, false or null for the others."""
    checks = [f"regexp_full_match(c_{name}, '{_QUAD}')" for name in ("client_ip", "server_ip")]
    checks += [f"c_started BETWEEN 0 AND {MAX_SECONDS * 1_000_000 - 1}", "c_protocol IS NOT NULL"]
    checks += ["NOT isnan(c_sampling)"]
    for name in ("client_port", "server_port"):
        if name in kinds:
            checks.append(f"(c_{name} IS NULL OR c_{name} BETWEEN 0 AND {PORTS - 1})")
    checks += [f"coalesce(c_{name} >= 0, {_name(name)} IS NULL)" for name in COUNTS if name in kinds]
    return " AND ".join(checks)


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
