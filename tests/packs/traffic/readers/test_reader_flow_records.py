"""nfdump CSV of all versions, nfcapd files, and how one-way records are paired."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paicha.kernel.errors import InputError
from paicha.packs.traffic.policy import NetflowPolicy, TrafficPolicy
from paicha.packs.traffic.readers import nfcapd
from paicha.packs.traffic.readers.nfcapd import NFCAPD_READER
from paicha.packs.traffic.readers.nfdump import NFDUMP_READER

OLD = "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,cl"
NEW = "firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes,flows"
FAST = (
    "cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,srcAS,dstAS,input,output,flags,srcTos,"
    "packets,bytes"
)
SUMMARY = "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n37,51291,333,54,0,154\n"
MINER, POOL = ("10.0.0.5", 50000), ("203.0.113.9", 3333)
NUMBERS = ("packets_out", "packets_in", "bytes_out", "bytes_in")


def old(start, end, src, dst, packets, size, flags="...AP...", proto="TCP", back=(0, 0)):
    times = (
        f"2020-01-08 04:{start // 60:02}:{start % 60:02},2020-01-08 04:{end // 60:02}:{end % 60:02},{end - start}.250"
    )
    ends = f"{src[0]},{dst[0]},{src[1]},{dst[1]}"
    return f"{times},{ends},{proto},{flags},0,0,{packets},{size},{back[0]},{back[1]},    0.000"


def read(bench, *lines, **options):
    return bench.read(NFDUMP_READER, "\n".join(lines) + "\n", **options)


def test_both_directions_are_one_flow_and_the_summary_is_no_record(bench):
    sink = read(bench, OLD, old(0, 60, MINER, POOL, 5, 500), old(1, 60, POOL, MINER, 6, 600), SUMMARY)
    assert (sink.accepted[0], sink.rejects) == (2, [])
    (row,) = sink.rows("flows")
    assert (row["client_ip"], row["client_port"], row["server_ip"], row["server_port"]) == (*MINER, *POOL)
    assert [row[c] for c in NUMBERS] == [5, 6, 500, 600]
    assert (row["started"], row["ended"]) == (1_578_456_000_000_000, 1_578_456_060_250_000)


def test_local_times_are_shifted_by_the_policy(bench):
    policy = TrafficPolicy(netflow=NetflowPolicy(timezone_hours=8, sampling=512))
    (row,) = read(bench, OLD, old(0, 60, MINER, POOL, 5, 500), policy=policy).rows("flows")
    assert (row["started"], row["sampling"]) == (1_578_456_000_000_000 - 8 * 3_600_000_000, 512)
    assert [row[c] for c in NUMBERS] == [5, None, 500, None]


def test_pieces_within_the_gap_are_one_flow_and_later_ones_another(bench):
    lines = [old(start, start + 50, MINER, POOL, 1, 100) for start in (0, 100, 200, 1000)]
    flows = sorted(read(bench, OLD, *lines).rows("flows"), key=lambda row: row["started"])
    assert [row["packets_out"] for row in flows] == [3, 1]


@pytest.mark.parametrize(
    ("first", "second", "client"),
    [
        ((0, ("a", 40000), ("b", 443), "......S."), (1, ("b", 443), ("a", 40000), "......S."), "a"),
        ((1, ("a", 40000), ("b", 443), "......S."), (0, ("b", 443), ("a", 40000), "......S."), "b"),
        ((1, ("a", 40000), ("b", 443), "...A...."), (0, ("b", 443), ("a", 40000), "...A...."), "a"),
        ((1, ("a", 40000), ("b", 3333), "...A...."), (0, ("b", 3333), ("a", 40000), "...A...."), "a"),
        ((1, ("a", 5000), ("b", 3333), "...A...."), (0, ("b", 3333), ("a", 5000), "...A...."), "b"),
        ((0, ("a", 5000), ("b", 3333), "...A...."), (0, ("b", 3333), ("a", 5000), "...A...."), "a"),
    ],
)
def test_which_side_is_the_client(bench, first, second, client):
    addresses = {"a": "10.0.0.1", "b": "10.0.0.2"}
    lines = []
    for start, (src, sport), (dst, dport), flags in (first, second):
        lines.append(old(start, 60, (addresses[src], sport), (addresses[dst], dport), 1, 60, flags))
    (row,) = read(bench, OLD, *lines).rows("flows")
    assert row["client_ip"] == addresses[client]


def test_bidirectional_records_keep_both_sides(bench):
    (row,) = read(bench, OLD, old(0, 60, MINER, POOL, 5, 500, back=(6, 600))).rows("flows")
    assert [row[c] for c in NUMBERS] == [5, 6, 500, 600]


def test_new_and_fast_output_and_files_of_both_together(bench):
    new = f"{NEW}\n2020-01-08 04:00:00.500,60.125,6,{MINER[0]},50000,{POOL[0]},3333,5,500,1\n"
    fast = f"{FAST}\n1,2,1578456001000,1578456061000,6,{POOL[0]},3333,{MINER[0]},50000,0,0,0,0,...AP...,0,6,600\n"
    sink = bench.read(NFDUMP_READER, new, fast)
    (row,) = sink.rows("flows")
    assert [row[c] for c in NUMBERS] == [5, 6, 500, 600]
    assert (row["started"], row["ended"]) == (1_578_456_000_500_000, 1_578_456_061_000_000)
    custom = f"proto,srcAddr,dstAddr,firstSeen,inPackets,inBytes\n17,{MINER[0]},{POOL[0]},1578456000.5,1,60\n"
    (row,) = bench.read(NFDUMP_READER, custom).rows("flows")
    assert (row["protocol"], row["client_port"], row["started"]) == (17, None, 1_578_456_000_500_000)


def test_concatenated_files_icmp_and_bad_records(bench):
    icmp = old(0, 1, ("10.0.0.1", 0), ("10.0.0.2", "8.0"), 1, 84, proto="ICMP")
    bad = [
        "x,y",
        old(0, 1, ("10.0.0.256", 1), POOL, 1, 60),
        old(0, 1, ("10.0.0.1", 70000), POOL, 1, 60),
        old(0, 1, MINER, POOL, "many", 60),
        old(0, 1, MINER, POOL, 1, 60, proto="NONE"),
        "infinity" + old(0, 1, MINER, POOL, 1, 60)[19:],
    ]
    sink = read(
        bench, OLD, icmp, *bad, SUMMARY, NEW, f"2020-01-08 04:00:00.500,0.0,17,{MINER[0]},1,{POOL[0]},2,5,500,1"
    )
    assert (sink.accepted[0], sink.rejected[0]) == (2, 6)
    assert {place for place, _, _ in sink.rejects} == {f"line {n}" for n in range(3, 9)}
    assert [row["server_port"] for row in sink.rows("flows") if row["protocol"] == 1] == [None]


ENDS = st.tuples(st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"]), st.sampled_from([53, 443, 3333, 40000, 50000]))
RECORDS = st.lists(
    st.tuples(st.integers(0, 3000), st.integers(0, 500), ENDS, ENDS, st.integers(1, 99)), min_size=1, max_size=25
)


@settings(max_examples=40, deadline=None)
@given(records=RECORDS)
def test_pairing_loses_and_adds_nothing(session_bench, records):
    lines = [
        old(start, start + length, src, dst, packets, packets * 60) for start, length, src, dst, packets in records
    ]
    flows = read(session_bench, OLD, *lines).rows("flows")
    for column, factor in (("packets", 1), ("bytes", 60)):
        total = sum((row[f"{column}_out"] or 0) + (row[f"{column}_in"] or 0) for row in flows)
        assert total == factor * sum(record[4] for record in records)
    assert min(row["started"] for row in flows) == 1_578_456_000_000_000 + min(r[0] for r in records) * 1_000_000
    assert len(flows) <= len(records)


def test_nfcapd_without_the_program_says_what_to_install(bench, monkeypatch):
    monkeypatch.setattr(nfcapd.shutil, "which", lambda _: None)
    with pytest.raises(InputError, match="apt install nfdump"):
        bench.read(NFCAPD_READER, b"\x0c\xa5\x02\x00" + bytes(60))


@pytest.mark.peer
@pytest.mark.skipif(shutil.which("nfdump") is None, reason="the program nfdump is not installed")
def test_a_damaged_nfcapd_file_is_an_input_error(bench):
    sink = bench.read(NFCAPD_READER, b"\x0c\xa5\x02\x00" + b"\xff" * 400)
    assert sink.rows("flows") == []
    assert "nfdump could not read it" in str(sink.errors[0])


@pytest.mark.skipif(shutil.which("sleep") is None, reason="no program to wait for")
def test_a_program_that_hangs_is_stopped(bench, monkeypatch, tmp_path):
    slow = tmp_path / "nfdump"
    slow.write_text("#!/bin/sh\necho '2020-01-08 04:00:00.000,bad'\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(nfcapd.shutil, "which", lambda _: str(slow))
    policy = TrafficPolicy(netflow=NetflowPolicy(program_seconds=1))
    sink = bench.read(NFCAPD_READER, b"\x0c\xa5\x02\x00" + bytes(60), policy=policy)
    assert "longer than 1 s" in str(sink.errors[0])
    assert sink.rejected[0] == 1
