"""Link layers, tunnels, extension headers and fragments all lead to the same flow."""

from __future__ import annotations

import struct

import pytest
from capture_frames import START, SYN, ethernet, ipv4, ipv6, pcap, read, tcp, udp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PACKET = ipv4("10.0.0.1", "192.0.2.9", 6, tcp(40000, 443, SYN))
SIX = ipv6("2001:db8::1", "2001:db8:0:0:1::2", 6, tcp(40000, 443, SYN))
LABELS = b"\x00\x01\x00\x40\x00\x02\x01\x40"

LINKS = {
    "ethernet": (1, ethernet(PACKET)),
    "vlan": (1, ethernet(PACKET, b"\x81\x00\x00\x05")),
    "qinq": (1, ethernet(PACKET, b"\x88\xa8\x00\x05\x81\x00\x00\x06")),
    "qinq-9100": (1, ethernet(PACKET, b"\x91\x00\x00\x05\x81\x00\x00\x06")),
    "mpls": (1, bytes(12) + b"\x88\x47" + LABELS + PACKET),
    "pppoe": (1, bytes(12) + b"\x88\x64\x11\x00\x00\x01" + struct.pack("!H", len(PACKET) + 2) + b"\x00\x21" + PACKET),
    "snap": (1, bytes(12) + struct.pack("!H", len(PACKET) + 8) + b"\xaa\xaa\x03\0\0\0\x08\0" + PACKET),
    "padded": (1, ethernet(PACKET) + bytes(20)),
    "ppp": (9, b"\xff\x03\x00\x21" + PACKET),
    "ppp-compressed": (9, b"\x21" + PACKET),
    "cooked": (113, bytes(14) + b"\x08\x00" + PACKET),
    "cooked-2": (276, b"\x08\x00" + bytes(18) + PACKET),
    "raw-12": (12, PACKET),
    "raw-14": (14, PACKET),
    "raw": (101, PACKET),
    "ipv4": (228, PACKET),
    "null-little": (0, b"\x02\0\0\0" + PACKET),
    "null-big": (0, b"\0\0\0\x02" + PACKET),
    "loop": (108, b"\0\0\0\x02" + PACKET),
    "hdlc": (104, b"\x0f\x00\x08\x00" + PACKET),
    "ipip": (101, ipv4("10.9.9.9", "10.8.8.8", 4, PACKET)),
    "4in6": (101, ipv6("fe80::1", "fe80::2", 4, PACKET)),
    "gre": (101, ipv4("10.9.9.9", "10.8.8.8", 47, b"\0\0\x08\0" + PACKET)),
    "gre-key": (101, ipv4("10.9.9.9", "10.8.8.8", 47, b"\x20\0\x08\0\0\0\0\x07" + PACKET)),
    "gre-ethernet": (101, ipv4("10.9.9.9", "10.8.8.8", 47, b"\0\0\x65\x58" + ethernet(PACKET))),
    "erspan": (101, ipv4("10.9.9.9", "10.8.8.8", 47, b"\x10\0\x88\xbe\0\0\0\1" + bytes(8) + ethernet(PACKET))),
}  # fmt: skip


@pytest.mark.parametrize("name", LINKS)
def test_every_way_to_the_packet(tmp_path, name):
    link, frame = LINKS[name]
    (flow,) = read(tmp_path, pcap([(START, frame)], link=link)).flows
    ends = (flow["client_ip"], flow["client_port"], flow["server_ip"], flow["server_port"], flow["protocol"])
    assert ends == ("10.0.0.1", 40000, "192.0.2.9", 443, 6)
    assert (flow["packets_out"], flow["bytes_out"]) == (1, 40)


def extended(*headers: tuple[int, bytes]) -> bytes:
    body = tcp(40000, 443, SYN)
    following = 6
    for kind, header in reversed(headers):
        body = bytes([following]) + header + body
        following = kind
    return ipv6("2001:db8::1", "2001:db8:0:0:1::2", following, body)


@pytest.mark.parametrize(
    ("link", "frame"),
    [
        (101, SIX),
        (229, SIX),
        (1, ethernet(SIX)),
        (101, ipv4("10.9.9.9", "10.8.8.8", 41, SIX)),
        (101, extended((0, bytes(7)), (60, b"\1" + bytes(14)), (43, bytes(7)), (51, b"\4" + bytes(22)))),
        (101, extended((44, b"\0\0\0" + bytes(4)))),
    ],
)
def test_ipv6(tmp_path, link, frame):
    (flow,) = read(tmp_path, pcap([(START, frame)], link=link)).flows
    ends = (flow["client_ip"], flow["client_port"], flow["server_ip"], flow["server_port"])
    assert ends == ("2001:db8::1", 40000, "2001:db8::1:0:0:2", 443)


def test_other_protocols_have_no_ports(tmp_path):
    there, back = ipv4("10.0.0.1", "10.0.0.2", 1, bytes(8)), ipv4("10.0.0.2", "10.0.0.1", 1, bytes(8))
    (flow,) = read(tmp_path, pcap([(START, there), (START + 1, back)], link=101)).flows
    assert (flow["protocol"], flow["client_port"], flow["server_port"]) == (1, None, None)
    assert (flow["client_ip"], flow["packets_out"], flow["packets_in"]) == ("10.0.0.1", 1, 1)


def test_not_ip_is_accepted(tmp_path):
    kept = read(tmp_path, pcap([(START, bytes(12) + b"\x08\x06" + bytes(28))]))
    assert (kept.accepted, kept.rejects, kept.flows) == (1, [], [])


def test_cut_packet_keeps_its_length_on_the_wire(tmp_path):
    packet = ipv4("10.0.0.1", "192.0.2.9", 6, tcp(40000, 443, 16, bytes(1000)))
    (flow,) = read(tmp_path, pcap([(START, packet[:60], len(packet))], link=101)).flows
    assert (flow["bytes_out"], flow["client_port"]) == (1040, 40000)


QUESTION = b"\0\x01\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([60]) + b"a" * 60 for _ in range(3)) + b"\3org\0\0\1\0\1"


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(5)), repeat=st.integers(0, 4))
def test_fragments_in_any_order(tmp_path, order, repeat):
    datagram = udp(5000, 53, QUESTION)
    pieces = [(offset, datagram[offset : offset + 48]) for offset in range(0, len(datagram), 48)]
    frames = []
    for number in [*order, repeat]:
        offset, piece = pieces[number]
        more = offset + len(piece) < len(datagram)
        packet = ipv4("10.0.0.1", "192.0.2.53", 17, piece, identity=7, offset=offset, more=more)
        frames.append((START + len(frames), packet))
    kept = read(tmp_path, pcap(frames, link=101))
    assert kept.accepted == 6
    assert ".".join(["a" * 60] * 3) + ".org" in [row["name"] for row in kept.names]
    assert {(row["client_port"], row["server_port"]) for row in kept.flows} <= {(5000, 53), (None, None)}
    assert sum(row["packets_out"] for row in kept.flows) == 6


def test_datagram_that_is_never_complete_still_counts(tmp_path):
    first = udp(5000, 9999, bytes(72))[:48]
    frames = [(START, ipv4("10.0.0.1", "192.0.2.53", 17, first, more=True))]
    (flow,) = read(tmp_path, pcap(frames, link=101)).flows
    assert (flow["client_port"], flow["packets_out"], flow["bytes_out"]) == (5000, 1, 68)


def test_flood_of_fragments_is_bounded(tmp_path):
    def piece(number: int) -> bytes:
        return ipv4("10.0.0.1", "10.0.0.2", 17, bytes(16), identity=number, offset=8 * (number % 9), more=True)

    kept = read(tmp_path, pcap([(START + n, piece(n)) for n in range(5000)], link=101))
    assert kept.accepted == 5000
    assert sum(row["packets_out"] for row in kept.flows) == 5000
