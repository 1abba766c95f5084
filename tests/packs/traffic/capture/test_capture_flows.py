"""Flows: who is client, when they begin and end, and that no packet counts twice."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import numpy as np
import pytest
from capture_frames import ACK, FIN, RST, START, SYN, ethernet, ipv4, pcap, pcapng, read, talk, tcp, udp
from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.capture.texts import format_addresses
from paicha.packs.traffic.policy import CapturePolicy, TrafficPolicy
from paicha.reference.addresses import canonical_address

SECOND = 1_000_000
A, B = "10.0.0.1", "192.0.2.9"


def send(time, flags, *, back=False, payload=b"", sport=40000, dport=443):
    if back:
        return (time, ethernet(ipv4(B, A, 6, tcp(dport, sport, flags, payload))))
    return (time, ethernet(ipv4(A, B, 6, tcp(sport, dport, flags, payload))))


def test_a_new_syn_on_a_closed_pair_is_a_new_flow(tmp_path):
    for end in ([send(START + 3, RST)], [send(START + 3, FIN | ACK), send(START + 4, FIN | ACK, back=True)]):
        begin = [send(START, SYN), send(START + 1, SYN | ACK, back=True)]
        frames = [*begin, *end, send(START + 5, ACK), send(START + 9, SYN)]
        flows = read(tmp_path, pcap(frames)).flows
        assert [row["packets_out"] + row["packets_in"] for row in flows] == [len(frames) - 1, 1]


def test_repeated_syn_is_not(tmp_path):
    frames = [send(START, SYN), send(START + SECOND, SYN), send(START + 3 * SECOND, SYN)]
    assert [row["packets_out"] for row in read(tmp_path, pcap(frames)).flows] == [3]


def test_silence_ends_a_flow(tmp_path):
    idle = CapturePolicy().idle_seconds * SECOND
    frames = [send(START, ACK), send(START + idle, ACK), send(START + 2 * idle + 1, ACK)]
    assert [row["packets_out"] for row in read(tmp_path, pcap(frames)).flows] == [2, 1]


@pytest.mark.parametrize(
    ("frames", "client"),
    [
        ([send(START, SYN | ACK, back=True)], A),
        ([send(START, SYN), send(START + 1, SYN | ACK, back=True)], A),
        ([send(START, ACK, back=True)], A),  # joined in the middle: the lower class of port serves
        ([send(START, ACK, back=True, sport=50000, dport=3333)], A),
        ([send(START, ACK, back=True, sport=3334, dport=3333)], B),
    ],
)
def test_the_client_is_who_opened_it(tmp_path, frames, client):
    (flow,) = read(tmp_path, pcap(frames)).flows
    assert flow["client_ip"] == client


def test_same_file_twice_and_second_sensor(tmp_path):
    frames = [frame for n in range(50) for frame in talk(sport=40000 + n, start=START + n * 3000)]
    frames.sort(key=lambda frame: frame[0])
    once = read(tmp_path, pcap(frames))
    tags = [(time + 400, data[:12] + b"\x81\x00\x00\x05" + data[12:]) for time, data in frames]
    for captures in ([pcap(frames)] * 2, [pcap(frames), pcapng(tags)], [pcapng(tags), pcap(frames)]):
        both = read(tmp_path, *captures)
        assert both.accepted == 2 * once.accepted
        assert len(both.flows) == len(once.flows)
        # where the clocks differ, the later sensor's copy of the very last packet has nothing to be compared with
        extra = int(captures[0] != captures[1])
        for column in ("packets_out", "packets_in"):
            counted, expected = (sum(row[column] for row in kept.flows) for kept in (both, once))
            assert expected <= counted <= expected + extra


def test_each_direction_from_its_own_sensor(tmp_path):
    frames = talk(payloads=tuple((n % 2, b"x" * n) for n in range(1, 60)))
    out = [frame for frame in frames if frame[1][26:30] == bytes([10, 0, 0, 1])]
    back = [frame for frame in frames if frame not in out]
    one, two = read(tmp_path, pcap(frames)).flows, read(tmp_path, pcap(back), pcap(out)).flows
    assert len(two) == 1
    assert {k: v for k, v in two[0].items() if k != "source"} == {k: v for k, v in one[0].items() if k != "source"}


def test_rotated_files_are_one_stream_in_any_order(tmp_path):
    frames = talk(payloads=tuple((n % 2, b"x" * 50) for n in range(40)))
    (flow,) = read(tmp_path, pcap(frames[30:]), pcap(frames[:15]), pcap(frames[15:30])).flows
    assert flow["packets_out"] + flow["packets_in"] == len(frames)
    assert flow["source"] == "key1"


def test_full_table_closes_the_longest_idle(tmp_path):
    policy = TrafficPolicy(capture=CapturePolicy(max_live_flows=1024))
    datagram = udp(5000, 9, b"x")
    frames = [(START + n, ethernet(ipv4(A, f"192.0.{n // 250}.{n % 250}", 17, datagram))) for n in range(4000)]
    keep = [(START + n, ethernet(ipv4(A, "198.51.100.1", 17, datagram))) for n in range(0, 4000, 50)]
    flows = read(tmp_path, pcap(sorted(frames + keep)), policy=policy).flows
    assert sum(row["packets_out"] for row in flows) == 4080
    (kept,) = [row for row in flows if row["server_ip"] == "198.51.100.1"]
    assert kept["packets_out"] == 80


def test_times_going_backwards(tmp_path):
    frames = talk(payloads=tuple((n % 2, b"x") for n in range(20)))
    (flow,) = read(tmp_path, pcap(frames[:3] + frames[3:-3][::-1] + frames[-3:])).flows
    assert flow["packets_out"] + flow["packets_in"] == len(frames)


def test_one_absurd_time_ends_nothing(tmp_path):
    frames = talk(payloads=tuple((n % 2, b"x") for n in range(20)))
    rogue = (4_000_000_000 * SECOND, ethernet(ipv4("10.7.7.7", B, 17, udp(1, 2, b""))))
    flows = read(tmp_path, pcap([*frames[:9], rogue, *frames[9:]])).flows
    assert sorted(row["packets_out"] + row["packets_in"] for row in flows) == [1, len(frames)]


@given(st.lists(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), max_size=20))
def test_addresses_as_text(addresses):
    numbers = [int(address) for address in addresses]
    six = np.array([address.version == 6 for address in addresses], np.bool_)
    high = np.array([number >> 64 for number in numbers], np.uint64)
    low = np.array([number & (2**64 - 1) for number in numbers], np.uint64)
    texts = format_addresses(high, low, six).to_pylist()
    for text, number, is_six in zip(texts, numbers, six, strict=True):
        assert text == (canonical_address(str(IPv6Address(number))) if is_six else str(IPv4Address(number)))


def test_ipv4_written_as_ipv6_is_ipv4():
    low = np.array([0xFFFF_0102_0304], np.uint64)
    assert format_addresses(np.zeros(1, np.uint64), low, np.array([True])).to_pylist() == ["1.2.3.4"]


@given(st.integers(0, 2**16 - 1), st.lists(st.booleans(), min_size=8, max_size=8))
def test_ipv6_zero_runs(fill, zeros):
    number = 0
    for is_zero in zeros:
        number = (number << 16) | (0 if is_zero else fill)
    one = np.array([number >> 64], np.uint64), np.array([number & (2**64 - 1)], np.uint64)
    assert format_addresses(*one, np.array([True])).to_pylist() == [canonical_address(str(IPv6Address(number)))]
