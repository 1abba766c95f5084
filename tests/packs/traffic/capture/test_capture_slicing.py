"""Conversations cut out of captures: exactly their packets, exactly as captured."""

from __future__ import annotations

import random
import struct

import pytest
from capture_frames import START, Kept, block, enhanced, interface, pcap, pcapng, read, section, talk
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paicha.engine.sources import Given, describe_source
from paicha.kernel.errors import InputError, OutputError, UsageError
from paicha.kernel.reader import Reading
from paicha.packs.traffic.capture.frames import read_frames
from paicha.packs.traffic.capture.reader import CAPTURE_READER
from paicha.packs.traffic.capture.slicing import Conversation, slice_capture
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.simulate.captures import CaptureFormat, write_capture
from paicha.simulate.frames import ACK, PSH, Link, Packet, build_tcp, build_udp, fragment, wrap

WANTED = Conversation("10.0.0.1", 40000, "192.0.2.9", 3333)
WANTED_6 = Conversation("2001:db8::1", 40000, "2001:db8:9::9", 3333)
EVERYTHING = (1, 1 << 40)
ETHERNET = Link()
PACKED = CaptureFormat(compression="gz")


def tcp(conversation: Conversation, to_server: bool, payload: bytes, **changes) -> bytes:
    ends = [conversation.client, conversation.client_port, conversation.server, conversation.server_port]
    if not to_server:
        ends = ends[2:] + ends[:2]
    return build_tcp(*ends, seq=1, ack=1, flags=ACK | PSH, payload=payload, **changes)


def make_packets(conversation: Conversation = WANTED, link: Link = ETHERNET) -> list[Packet]:
    """Sixty frames: every third one of the conversation, the others nearly of it."""
    client, server = conversation.client, conversation.server
    others = (
        lambda n: tcp(Conversation(client, conversation.client_port + 1, server, 3333), n % 2 == 0, b"other port"),
        lambda n: tcp(Conversation(client, 3333, server, conversation.client_port), n % 2 == 0, b"ports crossed"),
        lambda n: build_udp(client, conversation.client_port, server, 3333, b"datagram"),
        lambda n: build_tcp(client, 40000, client, 3333, seq=1, ack=1, flags=ACK, payload=server.encode()),
    )
    packets = []
    for number in range(60):
        inner = tcp(conversation, number % 2 == 0, b"%03d" % number) if number % 3 == 0 else others[number % 4](number)
        packets.append(Packet(START + number * 1001, wrap(link, inner, outbound=number % 2 == 0)))
    return packets


def cut(path, conversation=WANTED, span=EVERYTHING, name="out.pcap"):
    """Slice one capture up to its end and read the result with the reader of frames."""
    source = describe_source(Given(path, "site"), 0)
    last = sum(1 for _ in read_frames(source))
    count = slice_capture([(source, (span[0], min(span[1], last)))], conversation, path.with_name(name))
    frames = list(read_frames(describe_source(Given(path.with_name(name), "site"), 0)))
    assert len(frames) == count
    return frames


@pytest.mark.parametrize(
    ("form", "tick", "beginning"),
    [
        (CaptureFormat(), 1000, "d4c3b2a1"),
        (CaptureFormat(resolution=9), 1, "4d3cb2a1"),
        (CaptureFormat(big_endian=True), 1000, "d4c3b2a1"),
        (CaptureFormat(resolution=9, big_endian=True, compression="gz"), 1, "4d3cb2a1"),
        (CaptureFormat(compression="zst"), 1000, "d4c3b2a1"),
        (CaptureFormat("pcapng"), 1000, "0a0d0d0a"),
        (CaptureFormat("pcapng", resolution=9, big_endian=True), 1, "0a0d0d0a"),
        (CaptureFormat("pcapng", snaplen=58), 1, "0a0d0d0a"),
    ],
)
def test_every_form_of_capture(tmp_path, form, tick, beginning):
    packets = make_packets()
    write_capture(tmp_path / "in.capture", packets, form)
    frames = cut(tmp_path / "in.capture")
    assert [f.data for f in frames] == [p.data[: form.snaplen] for p in packets[::3]]
    assert [f.time_ns for f in frames] == [p.time_us * 1000 for p in packets[::3]]
    assert {f.wire for f in frames} == {len(p.data) for p in packets[::3]}
    assert (tmp_path / "out.pcap").read_bytes()[:4].hex() == beginning


@pytest.mark.parametrize("conversation", [WANTED, WANTED_6])
@pytest.mark.parametrize(
    "link",
    [Link(vlans=(7,)), Link(vlans=(7, 8)), Link(mpls=(16, 17)), Link(pppoe=3), Link("sll"), Link("sll2"), Link("raw"),
     Link("null"), Link("loop")],
)  # fmt: skip
def test_every_link_and_both_families(tmp_path, conversation, link):
    packets = make_packets(conversation, link)
    write_capture(tmp_path / "in.pcap", packets, CaptureFormat(interfaces=(link.number,)))
    frames = cut(tmp_path / "in.pcap", conversation)
    assert [f.data for f in frames] == [p.data for p in packets[::3]]
    assert {f.link for f in frames} == {link.number}


def test_only_the_packets_of_the_span(tmp_path):
    packets = make_packets()
    write_capture(tmp_path / "in.pcap", packets)
    frames = cut(tmp_path / "in.pcap", span=(4, 10))
    assert [f.data for f in frames] == [packets[number - 1].data for number in (4, 7, 10)]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("conversation", [WANTED, WANTED_6])
def test_fragments_go_with_their_datagram(tmp_path, conversation, order):
    near = Conversation(conversation.client, 41000, conversation.server, 3333)
    ours = fragment(tcp(conversation, True, bytes(100)), 48, 7)[::order]
    theirs = fragment(tcp(near, True, bytes(100)), 48, 8)[::order]
    mixed = [frame for pair in zip(theirs, ours, strict=True) for frame in pair]
    packets = [Packet(START + n, wrap(Link(), inner)) for n, inner in enumerate(mixed)]
    write_capture(tmp_path / "in.pcap", packets)
    wanted = [wrap(Link(), inner) for inner in ours]
    assert [f.data for f in cut(tmp_path / "in.pcap")] == (wanted if conversation is WANTED else [])
    assert [f.data for f in cut(tmp_path / "in.pcap", conversation, span=(len(mixed), 99))] == wanted


def test_a_tunnelled_conversation(tmp_path):
    from paicha.simulate.frames import build_ip

    inner = tcp(WANTED, True, b"inside")
    outer = build_ip("198.51.100.1", "198.51.100.2", 47, b"\0\0\x08\0" + inner)
    write_capture(tmp_path / "in.pcap", [Packet(START, wrap(Link(), outer))])
    assert [f.data for f in cut(tmp_path / "in.pcap")] == [wrap(Link(), outer)]


def test_captures_are_joined_in_the_order_of_time(tmp_path):
    packets = make_packets()
    # two that overlap, one before them; the last one with another link
    raw = make_packets(WANTED, Link("raw"))
    write_capture(tmp_path / "0", packets[20:60:2])
    write_capture(tmp_path / "1", packets[21:60:2])
    write_capture(tmp_path / "2", raw[:20], CaptureFormat(interfaces=(101,)))
    sources = [describe_source(Given(tmp_path / str(number), "site"), 0) for number in range(3)]
    count = slice_capture([(source, (1, 20)) for source in sources], WANTED, tmp_path / "out.pcapng")
    frames = list(read_frames(describe_source(Given(tmp_path / "out.pcapng", "site"), 0)))
    assert count == 20
    assert [f.time_ns for f in frames] == [p.time_us * 1000 for p in packets[::3]]
    assert [f.link for f in frames] == [101] * 7 + [1] * 13


def test_resolutions_and_offsets_of_pcapng(tmp_path):
    data = wrap(Link(), tcp(WANTED, True, b"x"))
    nano = interface(options=struct.pack("<HHB3x", 9, 1, 9) + struct.pack("<HHq", 14, 8, -100))
    binary = interface(options=struct.pack("<HHB3x", 9, 1, 0x80 | 20))
    out = section() + block(0xBAD, b"unknown") + nano + binary
    out += enhanced((START + 100_000_000) * 1000 + 7, data) + enhanced(
        START // 1_000_000 << 20 | 1 << 19, data, which=1
    )
    out += block(3, struct.pack("<I", len(data)) + data)
    out += section(">") + interface(order=">") + enhanced(START, data, ">")
    (tmp_path / "in.pcapng").write_bytes(out)
    times = [f.time_ns - START * 1000 for f in cut(tmp_path / "in.pcapng")]
    assert times == [7, 500_000_000, 500_000_000, 0]


def test_more_than_a_window(tmp_path):
    packets = [Packet(START + n, wrap(Link(), tcp(WANTED, True, b"%05d" % n + bytes(1400)))) for n in range(7000)]
    for kind in ("pcap", "pcapng"):
        write_capture(tmp_path / "in", packets, CaptureFormat(kind))
        assert [f.data for f in cut(tmp_path / "in")] == [p.data for p in packets]


def test_a_capture_is_never_overwritten_and_nothing_half_written_stays(tmp_path):
    write_capture(tmp_path / "in.pcap", make_packets())
    source = describe_source(Given(tmp_path / "in.pcap", "site"), 0)
    with pytest.raises(UsageError, match="overwrite"):
        slice_capture([(source, (1, 60))], WANTED, tmp_path / "in.pcap")
    with pytest.raises(OutputError, match="could not be written"):
        slice_capture([(source, (1, 60))], WANTED, tmp_path / "nowhere" / "out.pcap")
    (tmp_path / "out.pcap").write_bytes(b"before")
    with pytest.raises(InputError, match="ends before packet 61"):
        slice_capture([(source, (1, 61))], WANTED, tmp_path / "out.pcap")
    assert (tmp_path / "out.pcap").read_bytes() == b"before"
    assert {path.name for path in tmp_path.iterdir()} == {"in.pcap", "out.pcap"}


def test_a_broken_compressed_capture_gives_what_precedes_the_break(tmp_path):
    # enough of it for the break to lie behind the first portion that is read
    noise = random.Random(1)
    inner = [tcp(WANTED, n % 2 == 0, noise.randbytes(1400)) for n in range(5000)]
    write_capture(tmp_path / "whole", [Packet(START + n, wrap(ETHERNET, p)) for n, p in enumerate(inner)], PACKED)
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "in.gz").write_bytes(content[: len(content) - 99_999])
    kept, reading = Kept(), Reading(TrafficPolicy(), None, lambda texts: [True for _ in texts])
    CAPTURE_READER.read([describe_source(Given(tmp_path / "in.gz", "site"), 0)], kept, reading)
    assert len(cut(tmp_path / "in.gz")) == kept.accepted
    assert kept.accepted > 2000


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    make=st.sampled_from([pcap, pcapng]),
    order=st.sampled_from("<>"),
    changes=st.lists(st.tuples(st.integers(24, 1200), st.integers(0, 255)), max_size=8),
    end=st.integers(64, 1200),
)
def test_packets_are_numbered_as_by_the_reader(tmp_path, make, order, changes, end):
    data = bytearray(make(talk(payloads=((0, b"abc"), (1, b"defg"))), order=order))
    for place, byte in changes:
        if place < len(data):
            data[place] = byte
    kept = read(tmp_path, bytes(data[:end]))
    numbers = [frame.number for frame in read_frames(describe_source(Given(tmp_path / "0.pcap", "site"), 0))]
    assert numbers == sorted(set(numbers))
    assert len(numbers) >= kept.accepted
    assert max(numbers, default=0) <= kept.records
