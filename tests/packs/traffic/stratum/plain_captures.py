"""A capture reader of a hundred lines for tests: TCP of pcap and pcapng files, whole in memory, no fragments."""

from __future__ import annotations

import gzip
import ipaddress
import struct
from typing import TYPE_CHECKING

import numpy as np

from paicha.packs.traffic.segments import Connection, Segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}
TAGS = (0x8100, 0x88A8, 0x9100)


def read_frames(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield number, link type, time in us and bytes of every packet."""
    if data[:4] in PCAP:
        order, divisor = PCAP[data[:4]]
        if len(data) < 24:
            return
        link = struct.unpack(order + "I", data[20:24])[0] & 0xFFFF
        position, number = 24, 0
        while position + 16 <= len(data):
            seconds, part, size, _ = struct.unpack(order + "IIII", data[position : position + 16])
            number += 1
            yield number, link, seconds * 1_000_000 + part // divisor, data[position + 16 : position + 16 + size]
            position += 16 + size
    elif data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _read_blocks(data)


def _read_blocks(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    order, position, number = "<", 0, 0
    links: list[tuple[int, int]] = []
    while position + 12 <= len(data):
        if data[position : position + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[position + 8 : position + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, size = struct.unpack(order + "II", data[position : position + 8])
        if size < 12 or position + size > len(data):
            return
        body = data[position + 8 : position + size - 4]
        if kind == 1:
            links.append((struct.unpack(order + "H", body[:2])[0], _read_resolution(order, body[8:])))
        elif kind == 6 and len(body) >= 20:
            port, high, low, held, _ = struct.unpack(order + "IIIII", body[:20])
            if port < len(links):
                number += 1
                time = (high << 32 | low) * 1_000_000 // links[port][1]
                yield number, links[port][0], time, body[20 : 20 + held]
        position += size


def _read_resolution(order: str, options: bytes) -> int:
    position = 0
    while position + 4 <= len(options):
        code, size = struct.unpack(order + "HH", options[position : position + 4])
        if code == 9 and size >= 1:
            value = options[position + 4]
            return 1 << (value & 127) if value & 128 else 10**value
        if code == 0:
            break
        position += 4 + (size + 3) // 4 * 4
    return 1_000_000


def _find_ip(link: int, frame: bytes) -> bytes:
    if link == 1:
        kind, position = int.from_bytes(frame[12:14], "big"), 14
        while kind in TAGS:
            kind, position = int.from_bytes(frame[position + 2 : position + 4], "big"), position + 4
        return frame[position:] if kind in (0x800, 0x86DD) else b""
    if link == 113:
        return frame[16:]
    if link == 276:
        return frame[20:]
    if link in (0, 108):
        return frame[4:]
    return frame if link in (12, 14, 101, 228, 229) else b""


def _find_tcp(packet: bytes) -> tuple[str, str, bytes, int] | None:
    """Return both addresses, the TCP segment and the datagram's length."""
    if len(packet) >= 20 and packet[0] >> 4 == 4 and packet[9] == 6:
        if int.from_bytes(packet[6:8], "big") & 0x3FFF:
            return None
        total = int.from_bytes(packet[2:4], "big") or len(packet)
        head = (packet[0] & 15) * 4
        ends = [str(ipaddress.ip_address(packet[start : start + 4])) for start in (12, 16)]
        return ends[0], ends[1], packet[head:total], total
    if len(packet) >= 40 and packet[0] >> 4 == 6 and packet[6] == 6:
        total = 40 + int.from_bytes(packet[4:6], "big")
        ends = [str(ipaddress.ip_address(packet[start : start + 16])) for start in (8, 24)]
        return ends[0], ends[1], packet[40:total], total
    return None


def read_segments(path: Path, source: str = "input") -> tuple[list[Connection], Segments]:
    """Return the TCP connections of a capture and all their packets; a SYN on old endpoints is a new connection."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return gather_segments(read_frames(data), source)


def gather_segments(
    frames: Iterable[tuple[int, int, int, bytes]], source: str = "input"
) -> tuple[list[Connection], Segments]:
    """Return the TCP connections of frames (number, link type, time in us, bytes) and all their packets."""
    connections: list[Connection] = []
    flows: dict[tuple[object, ...], tuple[int, bool]] = {}
    columns: list[tuple[int, ...]] = []
    payloads = bytearray()
    for number, link, time, frame in frames:
        time = min(time, (1 << 62))
        found = _find_tcp(_find_ip(link, frame))
        if found is None or len(found[2]) < 20:
            continue
        source_ip, target_ip, segment, total = found
        ports = struct.unpack(">HH", segment[:4])
        sequence = int.from_bytes(segment[4:8], "big")
        head, flags = (segment[12] >> 4) * 4, segment[13] & 31
        payload = segment[head:]
        one, two = (source_ip, ports[0]), (target_ip, ports[1])
        key = (one, two) if one <= two else (two, one)
        known = flows.get(key)
        if known is None or (flags & 18 == 2 and known[1]):
            opened = 0 if flags & 18 == 2 else 1 if flags & 18 == 18 else -1
            flow = len(connections)
            connections.append(Connection(flow, one[0], one[1], two[0], two[1], opened, time, 0, 0))
            known = flows[key] = (flow, False)
        if payload and not known[1]:
            known = flows[key] = (known[0], True)
        connection = connections[known[0]]
        side = 0 if one == (connection.a_ip, connection.a_port) else 1
        wire = total - (len(packet_head(found, head)))
        missing = max(0, wire - len(payload))
        columns.append((known[0], side, time, sequence, flags, total, number, 0, len(payloads), len(payload), missing))
        payloads += payload
    return connections, make_segments(columns, bytes(payloads), (source,))


def packet_head(found: tuple[str, str, bytes, int], head: int) -> bytes:
    """Return as many bytes as the headers of IP and TCP take."""
    return bytes((20 if ":" not in found[0] else 40) + head)


def make_segments(columns: list[tuple[int, ...]], data: bytes, sources: tuple[str, ...]) -> Segments:
    """Return segments of rows: flow, side, time, sequence, flags, ip_bytes, packet, source, start, length, missing."""
    kinds = (
        np.int64, np.uint8, np.int64, np.uint32, np.uint8, np.int32, np.int64, np.int32, np.int64, np.int32, np.int32,
    )  # fmt: skip
    arrays = [np.array([row[place] for row in columns], dtype=kind) for place, kind in enumerate(kinds)]
    return Segments(*arrays, data=np.frombuffer(data, dtype=np.uint8), sources=sources)
