import struct

import pytest
from simulated_reading import is_sum_right, strip_ethernet, sum_words

from paicha.simulate.frames import LINK_TYPES, Link, build_ip, build_tcp, build_udp, checksum, fragment, wrap

ENDS = [("10.0.0.1", "192.0.2.7"), ("2001:db8::1", "2001:db8::2")]


@pytest.mark.parametrize(("source", "target"), ENDS)
@pytest.mark.parametrize("payload", [b"", b"a", b"abc" * 500])
def test_checksums_are_right(source, target, payload):
    tcp = build_tcp(source, 1234, target, 443, seq=5, ack=6, flags=24, payload=payload)
    udp = build_udp(source, 1234, target, 53, payload)
    assert is_sum_right(tcp)
    assert is_sum_right(udp)


def test_checksum_of_the_rfc_example():
    # RFC 1071 section 3: the sum is ddf2, the checksum its complement
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@pytest.mark.parametrize("kind", sorted(LINK_TYPES))
@pytest.mark.parametrize(("source", "target"), ENDS)
def test_every_link_carries_the_packet(kind, source, target):
    packet = build_udp(source, 1, target, 2, b"x" * 40)
    assert wrap(Link(kind), packet).endswith(packet)


def test_tags_before_the_packet():
    packet = build_udp("10.0.0.1", 1, "192.0.2.7", 2, b"x" * 40)
    assert wrap(Link(vlans=(7, 9)), packet)[12:22] == bytes.fromhex("88a80007810000090800")
    assert wrap(Link(mpls=(3, 4)), packet)[12:22] == bytes.fromhex("88470000304000004140")
    session = wrap(Link(pppoe=5), packet)[12:22]
    assert session == struct.pack("!HBBHHH", 0x8864, 0x11, 0, 5, len(packet) + 2, 0x21)


def test_fragments_of_ipv4_join_to_the_packet():
    packet = build_udp("10.0.0.1", 1, "192.0.2.7", 2, bytes(range(250)) * 4)
    pieces = fragment(packet, 400, ident=77)
    assert b"".join(piece[20:] for piece in pieces) == packet[20:]
    words = [int.from_bytes(piece[6:8], "big") for piece in pieces]
    assert [(word & 0x1FFF) * 8 for word in words] == [0, 400, 800]
    assert [bool(word & 0x2000) for word in words] == [True, True, False]
    assert all(sum_words(piece[:20]) == 0xFFFF for piece in pieces)


def test_fragments_of_ipv6_name_their_offset():
    packet = build_udp("2001:db8::1", 1, "2001:db8::2", 2, bytes(1000))
    pieces = fragment(packet, 400)
    assert all(piece[6] == 44 and piece[40] == 17 for piece in pieces)
    assert b"".join(piece[48:] for piece in pieces) == packet[40:]
    with pytest.raises(ValueError, match="multiple of 8"):
        fragment(packet, 401)


def test_extension_headers_chain_to_the_segment():
    packet = build_ip("2001:db8::1", "2001:db8::2", 6, b"body", extensions=("hop", "routing", "destination"))
    assert [packet[6], packet[40], packet[48], packet[56]] == [0, 43, 60, 6]
    assert packet[64:] == b"body"


def test_short_frames_are_padded_and_strip_again():
    packet = build_tcp("10.0.0.1", 1, "192.0.2.7", 2, seq=0, ack=0, flags=16)
    frame = wrap(Link(), packet)
    assert len(frame) == 60
    assert strip_ethernet(frame) == packet
