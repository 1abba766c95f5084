import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_reading import is_sum_right, read_streams, strip_ethernet

from paicha.simulate.conversations import Endpoints, Faults, Message, hold_tcp, hold_udp

ENDS = Endpoints("10.0.0.5", 40001, "203.0.113.9", 3333)
OUT = (bytes((10, 0, 0, 5)), 40001, bytes((203, 0, 113, 9)), 3333)
BACK = (OUT[2], OUT[3], OUT[0], OUT[1])


def hold(messages, seed=1, **faults):
    return hold_tcp(ENDS, messages, start_us=10**15, rng=random.Random(seed), faults=Faults(**faults))


def script(sizes):
    return [
        Message(10**15 + 100_000 + number * 300_000, number % 2 == 0, bytes([number % 251]) * size)
        for number, size in enumerate(sizes)
    ]


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=8),
    fault=st.sampled_from(["retransmitted", "late", "swapped", "doubled", "overlapped"]),
    segment=st.integers(20, 1460),
    seed=st.integers(0, 9999),
)
def test_faults_that_lose_nothing_keep_the_streams(sizes, fault, segment, seed):
    messages = script(sizes)
    held = hold(messages, seed, **{fault: 0.4}, segment_bytes=segment)
    streams = read_streams(held.packets)
    assert streams[OUT] == b"".join(m.data for m in messages if m.to_server)
    assert streams.get(BACK, b"") == b"".join(m.data for m in messages if not m.to_server)
    assert [p.time_us for p in held.packets] == sorted(p.time_us for p in held.packets)
    assert all(is_sum_right(strip_ethernet(p.data)) for p in held.packets)


def test_unseen_segments_leave_gaps():
    messages = script([3000] * 20)
    held = hold(messages, unseen=0.3)
    seen = len(read_streams(held.packets)[OUT])
    assert 0.4 * 30_000 < seen < 30_000


def test_a_capture_that_begins_mid_stream_has_no_handshake():
    messages = script([100] * 10)
    held = hold(messages, joined_us=messages[4].time_us)
    assert not any(packet.data[47] & 2 for packet in held.packets)
    assert read_streams(held.packets)[OUT] == b"".join(m.data for m in messages[4:] if m.to_server)


def test_gathered_messages_share_a_segment():
    messages = [Message(10**15 + 100_000 + number, True, b"abc\n") for number in range(5)]
    held = hold(messages, gather_us=10)
    assert held.flow.payload_out == 20
    assert sum(packet.data[54:58] == b"abc\n" for packet in held.packets) == 1


@pytest.mark.parametrize(("ending", "flag"), [("fin", 1), ("rst", 4), ("none", 0)])
def test_endings(ending, flag):
    held = hold(script([50, 60]), ending=ending)
    assert any(packet.data[47] & flag for packet in held.packets) is (flag > 0)


def test_the_flow_sums_up_the_packets():
    held = hold(script([50, 60, 3000]))
    flow = held.flow
    assert (flow.payload_out, flow.payload_in) == (3050, 60)
    assert flow.packets_out + flow.packets_in == len(held.packets)
    assert flow.bytes_out + flow.bytes_in == sum(len(strip_ethernet(p.data)) for p in held.packets)


def test_udp_is_one_datagram_per_message():
    held = hold_udp(ENDS, script([40, 50, 60]))
    assert len(held.packets) == 3
    assert all(is_sum_right(strip_ethernet(p.data)) for p in held.packets)


def test_packets_can_be_cut_into_fragments():
    held = hold([Message(10**15 + 100_000, True, bytes(range(200)) * 5)], fragment_bytes=256)
    pieces = [strip_ethernet(packet.data) for packet in held.packets if len(packet.data) > 100]
    assert [(int.from_bytes(piece[6:8], "big") & 0x1FFF) * 8 for piece in pieces] == [0, 256, 512, 768]
    whole = b"".join(piece[20:] for piece in pieces)
    assert whole[20:] == bytes(range(200)) * 5
