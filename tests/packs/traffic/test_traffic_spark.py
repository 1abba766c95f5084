"""The same screening on DuckDB and on a local Spark: the same findings with the same ids, the same verdicts."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from profile_messages import mine, profile
from traffic_rows import HOUR, NOON, SECOND, flow, indicator, name, owner, report, session

from paicha.engine.backend import open_backend
from paicha.engine.grading import Asked
from paicha.engine.screen import Screening, screen
from paicha.kernel.description import DESCRIPTIONS
from paicha.packs.traffic.pack import PACK
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.rules import RULES
from paicha.packs.traffic.summary import SUMMARY_TABLES, summarise
from paicha.packs.traffic.tables import GIVEN_TABLES, INPUT_TABLES

if TYPE_CHECKING:
    from pathlib import Path

DAY = 24 * HOUR
IDLE_HOURS = [4 + day * 5 % 7 for day in range(9)]
"""Of each day the hours from noon UTC on in which the place is empty, and a host mines."""

BLOCK_TIMES = [NOON + (number * 120 + number * number * 37 % 90) * SECOND for number in range(30)]

ROWS: dict[str, list[dict[str, Any]]] = {
    "profiles": [
        profile(mine(1, seconds=7200), session="habits", client_ip="203.0.113.31"),
        profile(mine(2, share=None), session="work", client_ip="2001:db8::31", server_ip="2001:db8:9::1"),
        {"site": "s", "session": "quiet", "sources": ["i1"], "client_ip": "203.0.113.30", "client_port": 40000,
         "server_ip": "198.51.100.70", "server_port": 443, "protocol": 6, "started": NOON, "ended": NOON + HOUR},
    ],
    "pushes": [
        {"site": "s", "session": "quiet", "times": [time + SECOND for time in BLOCK_TIMES[half]], "sizes": [400] * 15}
        for half in (slice(15), slice(15, 30))
    ],
    "blocks": [{"coin": "XMR", "time": time, "height": None} for time in BLOCK_TIMES],
    "flows": [
        flow(),
        flow(server_ip="198.51.100.8", client_port=40001),
        flow(server_ip="198.51.100.9", server_port=443, packets_in=0, bytes_in=0),
        flow(sensor="netflow", source="i3", client_ip="203.0.113.5", sampling=100.0, ended=NOON + 2 * HOUR),
        flow(sensor="netflow", source="i3", client_ip="198.51.100.7", client_port=3333, server_ip="203.0.113.6",
             server_port=51000, packets_out=None, bytes_out=None),
        flow(client_ip="2001:db8::5", server_ip="2001:db8:9::1", client_port=None, server_port=None, protocol=1),
        flow(site="t", client_ip="192.0.2.200", server_ip="203.0.113.7", server_port=3333),
        *(flow(sensor="netflow", source="i3", client_ip="203.0.113.40", client_port=40000 + day,
               started=NOON + day * DAY, ended=NOON + day * DAY + hours * HOUR - 1)
          for day, hours in enumerate(IDLE_HOURS)),
        flow(client_ip="203.0.113.41", server_ip="192.0.2.1", server_port=22, ended=NOON + 9 * DAY),
    ],
    "seats": [
        {"site": "s", "started": NOON + day * DAY + begin * HOUR, "ended": NOON + day * DAY + end * HOUR, "used": used}
        for day, hours in enumerate(IDLE_HOURS)
        for begin, end, used in ((0, hours, 2.0), (hours, 24, 30.0))
    ],
    "names": [
        name(),
        name(kind="dns", server_ip="203.0.113.1", server_port=53, answer="198.51.100.8", client_port=5353),
        name(kind="dns", server_ip="203.0.113.1", server_port=53, answer=None, name="www.pool.example"),
        name(kind="dns", server_ip="203.0.113.1", server_port=53, answer="198.51.100.8", name="vanity.example"),
        name(kind="host", name="www.pool.example", server_port=80),
        name(kind="certificate", name="a.b.c.d.e.f.g.pool.example", client_ip="203.0.113.5", client_port=None),
        name(name="矿池.中国", client_ip="203.0.113.5"),
        name(name="", client_ip="203.0.113.5"),
    ],
    "mining_sessions": [
        session(),
        session(sources=["i2"], started=NOON + 5 * SECOND, jobs=3, shares_submitted=4, joined=True, session="y"),
        session(client_ip="203.0.113.5", state="refused", shares_accepted=0, work=0.0, work_shares=0, software=None,
                logins=[], coin=None, algorithm=None),
        session(client_ip="192.0.2.77", server_ip="203.0.113.7", work_largest=200_000.0, dialect="kawpow",
                algorithm="kawpow", started=NOON - 30 * HOUR, volume=[]),
        session(client_ip="203.0.113.7", server_ip="198.51.100.12", dialect="kawpow", algorithm="kawpow"),
        session(client_ip="203.0.113.8", state="attempt", jobs=0, shares_submitted=0, work=None, work_squared=None,
                work_largest=None, work_shares=0, logins=None, difficulty=None, packets=None, volume=None),
        session(client_ip="203.0.113.10", server_ip="198.51.100.12", dialect="ethproxy", coin=None, algorithm="ethash",
                is_algorithm_shown=False),
        session(client_ip="203.0.113.9", dialect="stratum-v2", state="attempt", jobs=0, shares_submitted=0, work=None),
    ],
    "reports": [report(), report(first_seen=None, last_seen=None, batch=None, peer=None), report(port=None)],
    "indicators": [
        indicator(),
        indicator(indicator="n2", value="g.pool.example", confidence=0.5, last_seen=None),
        indicator(indicator="a5", kind="address", value="198.51.100.12", port=3333, coin="ETC", pool="Another"),
        indicator(indicator="n3", value="vfv.example", is_shared_hosting=True),
        indicator(indicator="n4", value="矿池.中国", purpose="website"),
        indicator(indicator="a1", kind="address", value="198.51.100.7", port=3333),
        indicator(indicator="a2", kind="address", value="198.51.100.7", confidence=0.4),
        indicator(indicator="a3", kind="address", value="198.51.100.9", is_shared_hosting=True),
        indicator(indicator="a4", kind="address", value="203.0.113.7", last_seen=NOON - 3000 * 24 * HOUR),
    ],
    "networks": [
        {"day": NOON // (24 * HOUR), "coin": "XMR", "algorithm": "randomx", "rate_per_s": 2.5e9, "coins_per_day": 430.0,
         "price": 250.0, "currency": "USD", "cny_per_unit": 6.4, "source": "test"},
    ],
    "owners": [
        owner(),
        owner(low="10.0.0.0", high="10.255.255.255", level="operator"),
        owner(low="2001:db8::", high="2001:db8::ffff"),
    ],
}  # fmt: skip


def run(engine: str, directory: Path) -> Screening:
    directory.mkdir()
    files = {}
    for spec in INPUT_TABLES:
        rows = pa.Table.from_pylist(ROWS.get(spec.name, []), schema=spec.arrow)
        # several files per table, as several inputs leave them
        for part in range(2):
            path = directory / f"{spec.name}-{part}.parquet"
            half = rows.slice(0, 2) if part == 0 else rows.slice(2)
            pq.write_table(half, path)
            files.setdefault(spec.name, []).append(path)
    given = {spec.name: pa.Table.from_pylist(ROWS.get(spec.name, []), schema=spec.arrow) for spec in GIVEN_TABLES}
    with duckdb.connect() as duck:
        backend = open_backend(engine, duck, directory)
        try:
            return screen(PACK, backend, duck, files, given, TrafficPolicy(), Asked(), {"i1": "a" * 64})
        finally:
            backend.close()


def test_duckdb_answers_every_rule(tmp_path: Path) -> None:
    found = run("duckdb", tmp_path / "duck")
    assert [str(f) for f in found.failures] == []
    assert set(found.findings.column("rule").to_pylist()) == {rule.id for rule in RULES}
    assert (
        summarise(found.tables, found.findings, _attribute(found.verdicts), TrafficPolicy())["confirmed"]["addresses"]
        == 4
    )


@pytest.mark.spark
def test_spark_finds_the_same(tmp_path: Path) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Java is not installed")
    one, two = run("duckdb", tmp_path / "duck"), run("local[2]", tmp_path / "spark")
    assert [str(f) for f in two.failures] == []
    assert two.findings.num_rows == one.findings.num_rows > 10
    for left, right in zip(one.findings.to_pylist(), two.findings.to_pylist(), strict=True):
        assert right == left
    assert two.verdicts.to_pylist() == one.verdicts.to_pylist()
    for table in SUMMARY_TABLES:
        columns = [c for c in one.tables[table].column_names if c not in {"bytes_out", "bytes_in", "hours"}]
        assert _sort(two.tables[table].select(columns)) == _sort(one.tables[table].select(columns)), table
    verdicts = _attribute(one.verdicts)
    left, right = (summarise(s.tables, s.findings, verdicts, TrafficPolicy()) for s in (one, two))
    assert right["confirmed"]["pool_mbps"] == pytest.approx(left["confirmed"]["pool_mbps"])
    assert right["confirmed"]["coverage"] == pytest.approx(left["confirmed"]["coverage"])
    assert right["confirmed"]["power_kw"] == left["confirmed"]["power_kw"]


def _sort(table: pa.Table) -> list[str]:
    return sorted(repr(row) for row in table.to_pylist())


def _attribute(verdicts: pa.Table) -> pa.Table:
    size = verdicts.num_rows
    for column in ("unit", "credit_code", "nature", "region"):
        verdicts = verdicts.append_column(column, pa.nulls(size, pa.string()))
    for column in ("is_stock", "is_cleared"):
        verdicts = verdicts.append_column(column, pa.nulls(size, pa.bool_()))
    return verdicts.append_column("hints", pa.nulls(size, DESCRIPTIONS.arrow.field("hints").type))
