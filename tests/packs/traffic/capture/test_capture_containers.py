"""Containers: pcap and pcapng in all their forms, whole and broken."""

from __future__ import annotations

import dataclasses
import gzip
import io
import struct
import zlib

import numpy as np
import pytest
from capture_frames import START, Kept, block, describe, enhanced, interface, pcap, pcapng, read, section, talk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paicha.engine.sources import Given, describe_source
from paicha.kernel.errors import InputError
from paicha.kernel.reader import Reading
from paicha.packs.traffic.capture.heads import recognise_head
from paicha.packs.traffic.capture.reader import CAPTURE_READER
from paicha.packs.traffic.policy import TrafficPolicy

FRAMES = talk(payloads=((0, b"GET / HTTP/1.0\r\n\r\n"), (1, b"HTTP/1.0 200 OK\r\n\r\n")))


def summarise(kept: Kept) -> list[tuple]:
    wanted = ("client_ip", "client_port", "server_ip", "server_port", "protocol", "started", "ended")
    wanted += ("packets_out", "packets_in", "bytes_out", "bytes_in")
    return [tuple(row[name] for name in wanted) for row in kept.flows]


EXPECTED = [
    ("10.0.0.1", 40000, "192.0.2.9", 80, 6, START, START + 7000, 5, 3, 5 * 40 + 18, 3 * 40 + 19),
]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34])
def test_pcap_forms(tmp_path, order, magic):
    kept = read(tmp_path, pcap(FRAMES, order=order, magic=magic))
    assert summarise(kept) == EXPECTED
    assert (kept.accepted, kept.rejects) == (8, [])


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_forms(tmp_path, order):
    kept = read(tmp_path, pcapng(FRAMES, order=order))
    assert summarise(kept) == EXPECTED
    assert kept.accepted == 8


def test_lengths_in_the_old_order(tmp_path):
    frames = [(t, d, len(d)) for t, d in FRAMES]
    assert summarise(read(tmp_path, pcap(frames, version=(2, 2)))) == EXPECTED


def test_pcapng_resolutions_sections_and_strange_blocks(tmp_path):
    nano = interface(options=struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HHq", 14, 8, 100))
    binary = interface(options=struct.pack("<HHB3x", 9, 1, 0x80 | 20))
    out = section() + block(0xBAD, b"unknown") + nano + binary
    for number, (time, data) in enumerate(FRAMES[:4]):
        if number % 2:
            seconds, rest = divmod(time, 1_000_000)
            out += enhanced((seconds << 20) + ((rest << 20) + 999_999) // 1_000_000, data, which=1)
        else:
            out += enhanced((time - 100_000_000) * 1000, data)
    out += section(">") + interface(order=">") + b"".join(enhanced(t, d, ">") for t, d in FRAMES[4:7])
    time, data = FRAMES[7]
    old = struct.pack(">HHIIII", 0, 0, time >> 32, time & 0xFFFFFFFF, len(data), len(data))
    out += block(2, old + data, ">")
    kept = read(tmp_path, out)
    assert summarise(kept) == EXPECTED
    assert (kept.accepted, kept.rejects) == (8, [])


def test_simple_packet_blocks_have_the_time_before(tmp_path):
    out = section() + interface() + enhanced(*FRAMES[0])
    out += block(3, struct.pack("<I", len(FRAMES[1][1])) + FRAMES[1][1])
    (flow,) = read(tmp_path, out).flows
    assert (flow["packets_out"], flow["packets_in"], flow["ended"]) == (1, 1, START)


def test_compressed(tmp_path):
    assert summarise(read(tmp_path, gzip.compress(pcap(FRAMES)))) == EXPECTED


def test_empty_capture(tmp_path):
    kept = read(tmp_path, pcap([]))
    assert (kept.flows, kept.accepted, kept.rejects) == ([], 0, [])


@pytest.mark.parametrize("make", [pcap, pcapng])
def test_cut_anywhere_keeps_what_precedes(tmp_path, make):
    whole = make(FRAMES)
    for cut in range(len(make([])), len(whole), 7):
        kept = read(tmp_path, whole[:cut])
        complete = sum(len(make(FRAMES[:n])) <= cut for n in range(1, 9))
        assert kept.accepted == complete
        is_clean = len(make(FRAMES[:complete])) == cut
        assert [count for _, _, count in kept.rejects] == ([] if is_clean else [1])
        if not is_clean:
            assert kept.rejects[0][0] == f"packet {complete + 1}"


def test_absurd_length_stops_with_its_place(tmp_path):
    data = bytearray(pcap(FRAMES))
    second = 24 + 16 + len(FRAMES[0][1])
    data[second + 8 : second + 12] = b"\xff\xff\xff\x7f"
    kept = read(tmp_path, bytes(data))
    assert kept.accepted == 1
    assert kept.rejects[0][0] == "packet 2"
    assert "length" in kept.rejects[0][1]


def test_an_absurd_offset_of_times_is_survived(tmp_path):
    far = interface(options=struct.pack("<HHq", 14, 8, 1 << 62))
    kept = read(tmp_path, section() + far + b"".join(enhanced(*frame) for frame in FRAMES))
    assert kept.records == len(FRAMES)


def test_unsupported_link_is_rejected_with_count(tmp_path):
    kept = read(tmp_path, pcap(FRAMES, link=105))
    assert kept.accepted == 0
    assert kept.rejects == [("packet 1", "link type 105 is not supported", 8)]


def test_bounds_of_time(tmp_path):
    kept = read(tmp_path, pcap(FRAMES), since=START + 1000, until=START + 3000)
    assert kept.accepted == 8
    (flow,) = kept.flows
    assert flow["packets_out"] + flow["packets_in"] == 2


def test_a_file_that_is_gone_does_not_stop_the_others(tmp_path):
    sources = []
    for number, name in enumerate(("one", "two")):
        path = tmp_path / name
        path.write_bytes(pcap(FRAMES))
        sources.append(describe(path, number))
    (tmp_path / "one").unlink()
    kept = Kept()
    CAPTURE_READER.read(sources, kept, Reading(TrafficPolicy(), None, lambda texts: [True for _ in texts]))
    assert summarise(kept) == EXPECTED
    assert [(place, count) for place, _, count in kept.rejects] == [("packet 1", 1)]


class Breaking(io.RawIOBase):
    """A stream that breaks after its bytes, as that of a cut compressed file does."""

    def __init__(self, data: bytes) -> None:
        self._inner = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = self._inner.readinto(buffer)
        if not count:
            raise InputError("the compressed data are cut")
        return count


def test_a_stream_that_breaks_keeps_what_precedes(tmp_path):
    whole = pcap(FRAMES * 300)[:-5]
    path = tmp_path / "cut.gz"
    path.write_bytes(gzip.compress(whole))
    source = dataclasses.replace(describe(path), open=lambda: Breaking(whole))
    kept = Kept()
    CAPTURE_READER.read([source], kept, Reading(TrafficPolicy(), None, lambda texts: [True for _ in texts]))
    assert kept.accepted == 2399
    assert kept.rejects == [("packet 2400", "the compressed data are cut", 1)]


def test_all_that_a_cut_file_unpacks_to_is_used(tmp_path):
    random = np.random.default_rng(7)
    frames = [(START + n, random.bytes(200)) for n in range(5000)]
    packed = gzip.compress(pcap(frames), 1)[:400_000]
    path = tmp_path / "cut.gz"
    path.write_bytes(packed)
    left = zlib.decompressobj(31).decompress(packed)
    with gzip.open(path) as stream, pytest.raises(EOFError):
        stream.read()
    kept = Kept()
    source = describe_source(Given(path, "s"), 0)
    CAPTURE_READER.read([source], kept, Reading(TrafficPolicy(), None, lambda texts: [True for _ in texts]))
    assert kept.accepted == (len(left) - 24) // 216
    assert len(kept.rejects) == 1
    assert [("cut or damaged" in error, str(path) in error) for error in kept.errors] == [(True, True)]


def test_more_than_a_chunk(tmp_path):
    frames = [(START + n, FRAMES[3][1] + bytes(1400)) for n in range(9000)]
    kept = read(tmp_path, pcap(frames))
    assert kept.accepted == 9000
    assert kept.flows[0]["packets_out"] == 9000


@given(st.binary(max_size=300))
def test_recognising_never_fails(head):
    recognise_head(head)
    recognise_head(b"\x0a\x0d\x0d\x0a" + head)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    make=st.sampled_from([pcap, pcapng]),
    changes=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=12),
    cut=st.integers(24, 4000),
)
def test_damage_is_counted_not_raised(tmp_path, make, changes, cut):
    hello = b"\x16\x03\x01\x00\x30\x01\x00\x00\x2c\x03\x03" + bytes(60)
    query = b"\0\x01\1\0\0\1\0\0\0\0\0\0\3www\7example\3org\0\0\1\0\1"
    login = b'{"id":1,"method":"mining.subscribe","params":[]}\n'
    frames = talk(payloads=((0, login), (1, hello), (0, b"\0\x21" + query)))
    frames += talk(sport=40001, dport=53, payloads=((0, hello), (1, b"\0\x21" + query)), start=START + 500)
    data = bytearray(make(frames))
    for place, byte in changes:
        if 32 <= place < len(data):
            data[place] = byte
    kept = read(tmp_path, bytes(data[:cut]))
    assert kept.records <= len(frames) + 1 + cut // 12
    for row in kept.flows:
        assert row["packets_out"] + row["packets_in"] > 0
