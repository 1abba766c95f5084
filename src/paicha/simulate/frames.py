"""Frames as a sensor sees them: link layers around IPv4 and IPv6 packets with TCP and UDP, checksums right."""

from __future__ import annotations

import ipaddress
import struct
from dataclasses import dataclass
from functools import lru_cache

LINK_TYPES = {"null": 0, "ethernet": 1, "ppp": 9, "raw": 101, "loop": 108, "sll": 113, "sll2": 276}
"""Link-layer header types by name (https://www.tcpdump.org/linktypes.html)."""

FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
TCP, UDP, ICMP = 6, 17, 1

_CLIENT_MAC = bytes.fromhex("02005e000001")
_SERVER_MAC = bytes.fromhex("02005e000002")
_EXTENSIONS = {"hop": 0, "routing": 43, "destination": 60}


@dataclass(frozen=True, slots=True)
class Link:
    """What stands before the IP header: one of `LINK_TYPES`, and on Ethernet VLAN tags, MPLS labels or PPPoE."""

    kind: str = "ethernet"
    vlans: tuple[int, ...] = ()
    mpls: tuple[int, ...] = ()
    pppoe: int | None = None

    @property
    def number(self) -> int:
        """The link-layer header type written into captures."""
        return LINK_TYPES[self.kind]


@dataclass(frozen=True, slots=True)
class Packet:
    """One captured frame: time in UTC microseconds, its bytes, and the interface it was seen on."""

    time_us: int
    data: bytes
    interface: int = 0


def checksum(data: bytes) -> int:
    """Return the Internet checksum of `data` (RFC 1071).

    The ones' complement sum is the value of the bytes modulo 65535, which big integers give fastest.
    """
    if len(data) & 1:
        data += b"\0"
    total = int.from_bytes(data, "big")
    return 0xFFFF if total == 0 else (0xFFFF - total % 0xFFFF) % 0xFFFF


@lru_cache(maxsize=65536)
def pack_address(address: str) -> bytes:
    """Return the 4 or 16 bytes of an address in text."""
    return ipaddress.ip_address(address).packed


def build_ip(
    source: str,
    target: str,
    protocol: int,
    payload: bytes,
    *,
    ident: int = 0,
    ttl: int = 64,
    extensions: tuple[str, ...] = (),
) -> bytes:
    """Return an IPv4 or IPv6 packet; `extensions` (hop, routing, destination) apply to IPv6 only."""
    src, dst = pack_address(source), pack_address(target)
    if len(src) == 4:
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident & 0xFFFF, 0x4000, ttl, protocol, 0)
        total = checksum(head + src + dst)
        return head[:10] + total.to_bytes(2, "big") + src + dst + payload
    chain, following = b"", protocol
    for name in reversed(extensions):
        body = b"\x01\x04\0\0\0\0" if name != "routing" else b"\x03\0\0\0\0\0"
        chain = bytes((following, 0)) + body + chain
        following = _EXTENSIONS[name]
    return struct.pack("!IHBB", 6 << 28, len(chain) + len(payload), following, ttl) + src + dst + chain + payload


def _sum_with_pseudo_header(source: str, target: str, protocol: int, segment: bytes) -> int:
    pseudo = pack_address(source) + pack_address(target) + struct.pack("!II", len(segment), protocol)
    return checksum(pseudo + segment)


def build_tcp(
    source: str,
    source_port: int,
    target: str,
    target_port: int,
    *,
    seq: int,
    ack: int,
    flags: int,
    payload: bytes = b"",
    options: bytes = b"",
    window: int = 64240,
    ident: int = 0,
    ttl: int = 64,
    extensions: tuple[str, ...] = (),
    checksums: bool = True,
) -> bytes:
    """Return an IP packet with one TCP segment; `options` are padded to a multiple of four bytes."""
    options += b"\x01" * (-len(options) % 4)
    offset = (20 + len(options)) << 2
    head = struct.pack(
        "!HHIIBBHHH", source_port, target_port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, offset, flags, window, 0, 0
    )
    segment = head + options + payload
    if checksums:
        total = _sum_with_pseudo_header(source, target, TCP, segment)
        segment = segment[:16] + total.to_bytes(2, "big") + segment[18:]
    return build_ip(source, target, TCP, segment, ident=ident, ttl=ttl, extensions=extensions)


def build_udp(
    source: str,
    source_port: int,
    target: str,
    target_port: int,
    payload: bytes,
    *,
    ident: int = 0,
    checksums: bool = True,
) -> bytes:
    """Return an IP packet with one UDP datagram."""
    head = struct.pack("!HHHH", source_port, target_port, 8 + len(payload), 0)
    total = _sum_with_pseudo_header(source, target, UDP, head + payload) if checksums else 0
    return build_ip(
        source,
        target,
        UDP,
        head[:6] + ((total or 0xFFFF) if checksums else 0).to_bytes(2, "big") + payload,
        ident=ident,
    )


def fragment(packet: bytes, payload_bytes: int, ident: int = 1) -> list[bytes]:
    """Return the IP packet cut into fragments of at most `payload_bytes` (a multiple of 8) each.

    Raises:
        ValueError: `payload_bytes` is not a positive multiple of 8.
    """
    if payload_bytes <= 0 or payload_bytes % 8:
        raise ValueError(f"fragments are a multiple of 8 bytes, not {payload_bytes}")
    is_v4 = packet[0] >> 4 == 4
    head, body = (packet[:20], packet[20:]) if is_v4 else (packet[:40], packet[40:])
    pieces = []
    for start in range(0, len(body), payload_bytes):
        piece = body[start : start + payload_bytes]
        more = start + payload_bytes < len(body)
        if is_v4:
            word = (start >> 3) | (0x2000 if more else 0)
            new = (
                head[:2] + struct.pack("!HHH", 20 + len(piece), ident & 0xFFFF, word) + head[8:10] + b"\0\0" + head[12:]
            )
            pieces.append(new[:10] + checksum(new).to_bytes(2, "big") + new[12:] + piece)
        else:
            extension = struct.pack("!BBHI", head[6], 0, start | more, ident)
            new = head[:4] + struct.pack("!HB", 8 + len(piece), 44) + head[7:]
            pieces.append(new + extension + piece)
    return pieces


@lru_cache(maxsize=4096)
def _build_link_header(link: Link, is_v4: bool, outbound: bool) -> bytes:
    """Return the bytes before the IP header, PPPoE's length left zero."""
    ether_type = 0x0800 if is_v4 else 0x86DD
    source, target = (_CLIENT_MAC, _SERVER_MAC) if outbound else (_SERVER_MAC, _CLIENT_MAC)
    match link.kind:
        case "raw":
            return b""
        case "null":
            return struct.pack("<I", 2 if is_v4 else 30)
        case "loop":
            return struct.pack("!I", 2 if is_v4 else 24)
        case "ppp":
            return b"\xff\x03" + struct.pack("!H", 0x0021 if is_v4 else 0x0057)
        case "sll":
            return struct.pack("!HHH6s2xH", 4 if outbound else 0, 1, 6, source, ether_type)
        case "sll2":
            return struct.pack("!HHIHBB6s2x", ether_type, 0, 2, 1, 4 if outbound else 0, 6, source)
        case "ethernet":
            return target + source + _build_tags(link, ether_type, is_v4)
    raise ValueError(f"no such link: {link.kind!r}")


def _build_tags(link: Link, ether_type: int, is_v4: bool) -> bytes:
    """Return everything from the first Ethernet type to the IP header."""
    tags = b""
    for position, vlan in enumerate(link.vlans):
        is_outer = position == 0 and len(link.vlans) > 1
        tags += struct.pack("!HH", 0x88A8 if is_outer else 0x8100, vlan)
    if link.mpls:
        tags += struct.pack("!H", 0x8847)
        for position, label in enumerate(link.mpls):
            tags += struct.pack("!I", label << 12 | (position == len(link.mpls) - 1) << 8 | 64)
        return tags
    if link.pppoe is not None:
        return tags + struct.pack("!HBBHHH", 0x8864, 0x11, 0, link.pppoe, 0, 0x0021 if is_v4 else 0x0057)
    return tags + struct.pack("!H", ether_type)


def wrap(link: Link, packet: bytes, *, outbound: bool = True) -> bytes:
    """Return the frame of an IP packet on `link`, short Ethernet frames padded to 60 bytes."""
    head = _build_link_header(link, packet[0] >> 4 == 4, outbound)
    if link.pppoe is not None:
        head = head[:-4] + (len(packet) + 2).to_bytes(2, "big") + head[-2:]
    frame = head + packet
    if link.kind == "ethernet" and len(frame) < 60:
        frame += bytes(60 - len(frame))
    return frame
