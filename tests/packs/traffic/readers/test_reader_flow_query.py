"""Plain rows go through one query, the others one by one: together they are what reading one by one gives."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.readers import flow_table
from paicha.packs.traffic.readers.flow_table import FLOW_TABLE_READER

ADDRESSES = ["10.0.0.1", "10.0.0.255", "010.0.0.1", "10.0.0.256", "2001:db8::1", "2001:DB8::1", "::ffff:10.0.0.9",
             " 10.0.0.1", "10.0.0.1\n", "host", "", None]  # fmt: skip
TIMES = ["2025-06-15T15:06:40.000352Z", "2025-06-15 15:06:40", "2025-06-15T15:06:40+08:00", "2025-06-15", "1969-01-01",
         "2025-06-15T15:06:40+08Z", " 2025-06-15T15:06:41Z", "2199-01-01T00:00:00Z", "epoch", "now", None]  # fmt: skip
PORTS = [0, 443, 65535, 65536, -1, None]
COUNTS = [0, 1, 2**62, -5, None]
PROTOCOLS = ["tcp", "UDP", " icmp", "6", "255", "256", "-1", "x", None]


def _make_table(seed: int, *, times: str, are_numbers_text: bool) -> pa.Table:
    choose = random.Random(seed)
    count = 400

    def pick(values, plain):
        return [plain if choose.random() < 0.8 else choose.choice(values) for _ in range(count)]

    numbers = {name: pick(PORTS, 443) for name in ("src_port", "dst_port")}
    numbers |= {name: pick(COUNTS, 7) for name in ("packets_out", "packets_in", "bytes_out", "bytes_in")}
    if are_numbers_text:
        numbers = {name: [None if v is None else str(v) for v in values] for name, values in numbers.items()}
        numbers["bytes_in"][3] = "many"
    moments = {"start": pick(TIMES, TIMES[0]), "end": pick(TIMES, TIMES[0])}
    if times != "text":
        base = datetime(2025, 6, 15, tzinfo=UTC)
        stamps = pa.array([base if v else None for v in moments["start"]], pa.timestamp("us", "UTC"))
        moments = dict.fromkeys(moments, stamps.cast(pa.timestamp(*times.split())))
    protocols = pa.array(pick(PROTOCOLS, "tcp")).dictionary_encode()
    ends = {"src_ip": pick(ADDRESSES, "10.0.0.1"), "dst_ip": pick(ADDRESSES, "192.0.2.7")}
    sampling = pick([0.5, 100.0, float("nan"), None], 1.0)
    return pa.table({**ends, **numbers, **moments, "protocol": protocols, "sampling": sampling})


def _read(bench, path, **options):
    sink = bench.read(FLOW_TABLE_READER, path, **options)
    assert not sink.errors
    rows = sorted(sink.rows("flows"), key=lambda row: [str(value) for value in row.values()])
    reasons = {}
    for _position, reason, count in sink.rejects:
        reasons[reason] = reasons.get(reason, 0) + count
    firsts = {}
    for position, reason, _count in sink.rejects:
        firsts.setdefault(reason, position)
    return [repr(row) for row in rows], dict(sink.accepted), dict(sink.rejected), reasons, firsts


@pytest.mark.parametrize("times", ["text", "us", "us UTC", "ms Asia/Shanghai", "ns"])
@pytest.mark.parametrize("zone", [0.0, 8.0])
@pytest.mark.parametrize("are_numbers_text", [False, True])
def test_both_ways_of_reading_agree(bench, monkeypatch, tmp_path, times, zone, are_numbers_text):
    path = tmp_path / "flows.parquet"
    pq.write_table(_make_table(int(zone) + 1, times=times, are_numbers_text=are_numbers_text), path)
    policy = TrafficPolicy.model_validate({"flow_table": {"timezone_hours": zone, "sampling": 10}})
    moment = 1_750_000_000_000_000
    for options in ({}, {"since": moment, "until": moment + 1_000_000}):
        quick = _read(bench, path, policy=policy, **options)
        with monkeypatch.context() as patched:
            patched.setattr(flow_table, "copy_flows", lambda *_: None)
            slow = _read(bench, path, policy=policy, **options)
        assert quick == slow
        assert quick[1][0] + quick[2][0] == 400


def test_numbers_of_any_size_as_times_are_no_error(bench, tmp_path):
    path = tmp_path / "flows.parquet"
    rows = {"src_ip": ["10.0.0.1"] * 3, "dst_ip": ["192.0.2.7"] * 3, "start": [2**62, 1_750_000_000, -1]}
    pq.write_table(pa.table(rows), path)
    sink = bench.read(FLOW_TABLE_READER, path, policy=TrafficPolicy.model_validate({"flow_table": {"time_unit": "s"}}))
    assert [row["started"] for row in sink.rows("flows")] == [1_750_000_000_000_000]
    assert (sink.accepted[0], sink.rejected[0]) == (1, 2)


def test_names_with_globs_are_read_as_they_are(bench, tmp_path):
    (tmp_path / "flows1.parquet").write_bytes(b"PAR1")
    path = tmp_path / "flows[1].parquet"
    rows = {"src_ip": ["10.0.0.1"], "dst_ip": ["192.0.2.7"], "start": ["2025-06-15T15:06:40Z"]}
    pq.write_table(pa.table(rows), path)
    assert bench.read(FLOW_TABLE_READER, path).accepted[0] == 1
