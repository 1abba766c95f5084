"""The pace of the flow-only score: flow records a second on one core, beside DuckDB grouping the same columns."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

import duckdb
import ibis

from bench.flow_sessions import INSIDE_CLIENTS, write_statement
from bench.inputs import make_file
from bench.results import Bar, Table
from paicha.engine.backend import keep_rows, name_table
from paicha.packs.traffic.derivations.flow_shapes import FLOW_SHAPES, flow_shapes, long_endpoints
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.rules.flow_shapes import mining_like_flow
from paicha.packs.traffic.scores.scorecard import load_card, score
from paicha.packs.traffic.tables import MINING_SESSIONS, PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.results import Options

LEAST_PACE = 1_000_000
LONG_PART = 0.02
"""Part of the records that belong to connections long enough to be judged; most traffic is short."""

_RECORDS = """
copy (
    with numbers as (select i, hash(i * 7) h1, hash(i * 11) h2, hash(i * 13) h3 from range({count}) r(i)),
    placed as (select *, h3 % 1000 < {long} as is_long, case when h3 % 1000 < {long} then i // 24 else i end as n
               from numbers)
    select 's' as site, 'i' as source, 'netflow' as sensor,
        '10.0.' || (n % 256) || '.' || (1 + n // 256 % 254) as client_ip,
        (32768 + n % 28232)::integer as client_port,
        '198.' || (18 + n % 2) || '.' || (n // 2 % 256) || '.' || (1 + n // 512 % 254) as server_ip,
        443::integer as server_port, 6::integer as protocol,
        1750000000000000 + (case when is_long then i % 24 * 300000000 else i * 100 end)::bigint as started,
        1750000000000000
            + (case when is_long then i % 24 * 300000000 + 299000000 else i * 100 + h1 % 3000000 end)::bigint as ended,
        (10 + h1 % 40)::bigint as packets_out, (10 + h2 % 40)::bigint as packets_in,
        ((10 + h1 % 40) * (60 + h2 % 90))::bigint as bytes_out, ((10 + h2 % 40) * (80 + h1 % 200))::bigint as bytes_in,
        1.0::double as sampling
    from placed
) to '{path}' (format parquet)
"""


def measure_speed(options: Options) -> tuple[Table, Bar]:
    """Return the pace of the whole question and of the score alone on one core, and the bar."""
    count = 500_000 if options.is_quick else 4_000_000

    def write(path: Path) -> None:
        duckdb.execute(_RECORDS.format(count=count, long=round(1000 * LONG_PART), path=path))

    records = make_file(f"flow-records-{count}.parquet", write, 100 * count)
    with duckdb.connect(config={"threads": 1}) as duck:
        duck.execute(f"create table flows as select * from '{records}'")
        for spec in (PROFILES, MINING_SESSIONS):
            keep_rows(duck, spec.name, spec.arrow.empty_table())
        duck.execute(INSIDE_CLIENTS)
        derived = [(one.table.name, write_statement(one, TrafficPolicy())) for one in (long_endpoints, flow_shapes)]
        shapes = name_table(FLOW_SHAPES)
        asked = str(ibis.to_sql(mining_like_flow.ask(shapes, TrafficPolicy()), dialect="duckdb"))
        scored = str(ibis.to_sql(score(shapes, load_card("flows")).select("score"), dialect="duckdb"))
        peer = (
            "create or replace table peer as select site, client_ip, server_ip, server_port, protocol, min(started) a, "
            "max(ended) b, sum(packets_out) c, sum(packets_in) d, sum(bytes_out) e, sum(bytes_in) f from flows "
            "group by all"
        )
        question = _time(lambda: _ask(duck, derived, asked), options.repeats)
        (judged,) = duck.execute("select count(*) from flow_shapes").fetchone()
        grouping = _time(lambda: duck.execute(peer), options.repeats)
        sessions = _repeat_shapes(duck, count)
        alone = _time(lambda: duck.execute(f"select sum(score) from ({scored})").fetchone(), options.repeats)
    rows = [
        (name, f"{size:,}", f"{seconds:.2f}", f"{size / seconds:,.0f}")
        for name, size, seconds in (
            (f"the whole question, {judged:,} sessions judged", count, question),
            ("DuckDB grouping the same columns by endpoint", count, grouping),
            ("the score alone, on stitched rows", sessions, alone),
        )
    ]
    pace = min(count / question, sessions / alone)
    bar = Bar("≥ 1,000,000 flow records/s on one core", f"{pace:,.0f}", pace >= LEAST_PACE)
    return Table(("on one core, in memory", "rows", "processor s", "rows/s"), rows), bar


def _ask(duck: Any, derived: list[tuple[str, str]], asked: str) -> None:
    """Make the derived tables and ask the rule, as a screening does."""
    for name, statement in derived:
        duck.execute(f"create or replace table {name} as {statement}")
    duck.execute(asked).to_arrow_table()


def _repeat_shapes(duck: Any, count: int) -> int:
    """Make `flow_shapes` so many rows long; return how many it has."""
    (size,) = duck.execute("select count(*) from flow_shapes").fetchone()
    duck.execute(
        "create or replace table flow_shapes as select * exclude (connections, sources), "
        f"null::varchar[] as sources, null::integer[] as connections from flow_shapes, range({max(1, count // size)})"
    )
    (size,) = duck.execute("select count(*) from flow_shapes").fetchone()
    return int(size)


def _time(work: Callable[[], Any], repeats: int) -> float:
    """Return the median processor seconds of some runs: what else the machine does burdens them less."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)
