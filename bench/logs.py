"""Screening of Zeek and Parquet flow logs, beside the time that DuckDB needs to read the same columns."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.inputs import DATA, make_file
from bench.results import Bar, Report, Table, write_size
from bench.timing import PAICHA, compare
from paicha.simulate.bulk_logs import write_bulk_conn_log, write_bulk_flows
from paicha.simulate.logs.zeek import FIELDS

if TYPE_CHECKING:
    from pathlib import Path

    from bench.results import Options

TITLE = "Speed on flow logs"
BOUND = 3.0
FLOW_COLUMNS = (
    "src_ip", "src_port", "dst_ip", "dst_port", "protocol", '"start"', '"end"', "packets_out", "packets_in",
    "bytes_out", "bytes_in", "sampling",
)  # fmt: skip
CONN_COLUMNS = {
    "ts": "double", "id.orig_h": "varchar", "id.orig_p": "bigint", "id.resp_h": "varchar", "id.resp_p": "bigint",
    "proto": "varchar", "ip_proto": "bigint", "duration": "double", "orig_bytes": "bigint", "resp_bytes": "bigint",
    "orig_pkts": "bigint", "resp_pkts": "bigint", "orig_ip_bytes": "bigint", "resp_ip_bytes": "bigint",
}  # fmt: skip
"""The columns of a conn log that tell who spoke to whom, when and how much."""

COPY_ALL = "import sys, duckdb; duckdb.connect().execute(sys.argv[1])"


def run(options: Options) -> Report:
    """Return the seconds for a conn log as TSV and JSON and a flow table, each beside DuckDB's."""
    count = 300_000 if options.is_quick else 3_000_000
    rows, bars = [], []
    for form, path, query in _list_logs(count):
        target = DATA / "copied.parquet"
        copy = f"copy ({query}) to '{target}' (format parquet)"
        used = compare(
            {
                "paicha screen traffic": [PAICHA, "screen", "traffic", path, "--json"],
                "DuckDB to Parquet": [sys.executable, "-c", COPY_ALL, copy],
            },
            options.repeats,
        )
        target.unlink(missing_ok=True)
        ours, theirs = used.values()
        ratio = ours.seconds / theirs.seconds
        for command, one in used.items():
            pace, peak = count / one.seconds, write_size(one.peak_bytes)
            rows.append((form, command, f"{one.seconds:.2f}", f"{pace:,.0f}", f"{one.cpu_seconds:.1f}", peak))
        bars.append(Bar(f"{form}: ≤ 3 × DuckDB", f"{ratio:.2f} ×", ratio <= BOUND))
    about = (
        f"{count:,} ordinary connections of 130,048 clients, 10,000 a second. The screening beside DuckDB copying "
        "the same columns to Parquet in a fresh process with all cores; medians, commands taking turns."
    )
    headings = ("log", "command", "s", "rows/s", "processor s", "peak memory")
    return Report(TITLE, about, [Table(headings, rows)], bars)


def _list_logs(count: int) -> list[tuple[str, Path, str]]:
    tsv = make_file(f"conn-{count}.log", lambda path: write_bulk_conn_log(path, count), 200 * count)
    lines = make_file(f"conn-{count}.json", lambda path: write_bulk_conn_log(path, count, form="json"), 450 * count)
    flows = make_file(f"flows-{count}.parquet", lambda path: write_bulk_flows(path, count), 100 * count)
    kinds = ", ".join(f"'{name}': '{CONN_COLUMNS.get(name, 'varchar')}'" for name, _ in FIELDS["conn"])
    names = ", ".join(f'"{name}"' for name in CONN_COLUMNS)
    json_kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in CONN_COLUMNS.items())
    read_text = (
        f"select {names} from read_csv('{tsv}', columns={{{kinds}}}, auto_detect=false, header=false, delim='\t', "
        "quote='', escape='', nullstr='-', comment='#')"
    )
    read_json = f"select * from read_json('{lines}', columns={{{json_kinds}}}, format='newline_delimited')"
    read_flows = f"select {', '.join(FLOW_COLUMNS)} from read_parquet('{flows}')"
    return [
        ("Zeek conn, TSV", tsv, read_text),
        ("Zeek conn, JSON", lines, read_json),
        ("Parquet flows", flows, read_flows),
    ]
