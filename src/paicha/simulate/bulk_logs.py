"""Large Zeek conn logs and flow tables of ordinary traffic for benchmarks, made by DuckDB from a counter."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb

from paicha.simulate.logs.zeek import FIELDS

if TYPE_CHECKING:
    from pathlib import Path

# every column is a function of the row's number and the seed; `h` are independent hashes;
# 130,048 clients, as 10,000 connections a second of ordinary users need them, and as many servers outside
_ROWS = """
with numbers as (
    select i, hash(i * 7 + {seed}) as h1, hash(i * 11 + {seed} + 1) as h2, hash(i * 13 + {seed} + 2) as h3
    from range({count}) r(i)
), flows as (
    select i,
        {start_us} + i * {step_us} + (h1 % 1000)::bigint as started,
        ((h2 % 1000000)::bigint * (case when h3 % 50 = 0 then 300 else 3 end))::bigint as length_us,
        '10.' || (h1 // 65536 % 2) || '.' || (h1 // 256 % 256) || '.' || (1 + h1 % 254) as client_ip,
        (32768 + h2 % 28232)::integer as client_port,
        '198.' || (18 + h3 // 65536 % 2) || '.' || (h3 // 256 % 256) || '.' || (1 + h3 % 254) as server_ip,
        case h2 // 65536 % 10 when 0 then 53 when 1 then 53 when 2 then 53 when 3 then 80 when 4 then 8080
            when 5 then 22 else 443 end::integer as server_port,
        (1 + h1 // 1048576 % 40)::bigint as packets_out, (1 + h2 // 1048576 % 60)::bigint as packets_in, h1, h2
    from numbers
)
"""

_CONN = """
select printf('%d.%06d', started // 1000000, started % 1000000) as ts, 'C' || printf('%016x', h1) as uid,
    client_ip, client_port, server_ip, server_port,
    case when server_port = 53 then 'udp' else 'tcp' end as proto,
    case server_port when 53 then 'dns' when 80 then 'http' when 443 then 'ssl' when 22 then 'ssh' else '-' end
        as service,
    printf('%d.%06d', length_us // 1000000, length_us % 1000000) as duration,
    packets_out * 120 as orig_bytes, packets_in * 700 as resp_bytes, 'SF' as conn_state, 'T' as local_orig,
    'F' as local_resp, 0 as missed_bytes, 'ShADadFf' as history, packets_out, packets_out * 160 as orig_ip_bytes,
    packets_in, packets_in * 740 as resp_ip_bytes, '-' as tunnel_parents,
    case when server_port = 53 then 17 else 6 end as ip_proto
from flows
"""

_CONN_JSON = """
select (started / 1000000.0)::double as ts, 'C' || printf('%016x', h1) as uid, client_ip as "id.orig_h",
    client_port as "id.orig_p", server_ip as "id.resp_h", server_port as "id.resp_p",
    case when server_port = 53 then 'udp' else 'tcp' end as proto,
    case server_port when 53 then 'dns' when 80 then 'http' when 443 then 'ssl' when 22 then 'ssh' end as service,
    (length_us / 1000000.0)::double as duration, packets_out * 120 as orig_bytes, packets_in * 700 as resp_bytes,
    'SF' as conn_state, true as local_orig, false as local_resp, 0 as missed_bytes, 'ShADadFf' as history,
    packets_out as orig_pkts, packets_out * 160 as orig_ip_bytes, packets_in as resp_pkts,
    packets_in * 740 as resp_ip_bytes, case when server_port = 53 then 17 else 6 end as ip_proto
from flows
"""

_FLOWS = """
select client_ip as src_ip, client_port as src_port, server_ip as dst_ip, server_port as dst_port,
    case when server_port = 53 then 'udp' else 'tcp' end as protocol,
    strftime(make_timestamp(started), '%Y-%m-%dT%H:%M:%S.%fZ') as "start",
    strftime(make_timestamp(started + length_us), '%Y-%m-%dT%H:%M:%S.%fZ') as "end",
    packets_out, packets_in, packets_out * 160 as bytes_out, packets_in * 740 as bytes_in, 1 as sampling
from flows
"""


def _build_rows(count: int, seed: int, start_us: int) -> str:
    return _ROWS.format(count=int(count), seed=int(seed), start_us=int(start_us), step_us=100)


def _copy(query: str, path: Path, options: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        quoted = str(path).replace("'", "''")
        connection.execute(f"copy ({query}) to '{quoted}' ({options})")


def write_bulk_conn_log(
    path: Path, count: int, *, seed: int = 1, form: str = "tsv", start_us: int = 1_750_000_000_000_000
) -> None:
    """Write a Zeek conn log of `count` ordinary connections, 10,000 a second; `form` is tsv or json.

    Raises:
        ValueError: the form is unknown.
    """
    rows = _build_rows(count, seed, start_us)
    if form == "json":
        _copy(rows + _CONN_JSON, path, "format json")
        return
    if form != "tsv":
        raise ValueError(f"no such form of Zeek logs: {form!r}")
    body = path.with_name(path.name + ".body")
    _copy(rows + _CONN, body, "format csv, delimiter '\t', header false, quote '', escape ''")
    names, kinds = zip(*FIELDS["conn"], strict=True)
    head = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    head += (
        "#open\t2025-06-15-00-00-00\n" + "\t".join(("#fields", *names)) + "\n" + "\t".join(("#types", *kinds)) + "\n"
    )
    with path.open("wb") as stream, body.open("rb") as rest:
        stream.write(head.encode())
        shutil.copyfileobj(rest, stream, 1 << 20)
        stream.write(b"#close\t2025-06-16-00-00-00\n")
    body.unlink()


def write_bulk_flows(path: Path, count: int, *, seed: int = 1, start_us: int = 1_750_000_000_000_000) -> None:
    """Write a flow table of `count` ordinary flows, Parquet or (by the ending) CSV, times in ISO 8601."""
    options = "format csv, header true" if path.suffix == ".csv" else "format parquet, compression zstd"
    _copy(_build_rows(count, seed, start_us) + _FLOWS, path, options)
