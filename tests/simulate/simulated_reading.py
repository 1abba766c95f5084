"""Reads simulated frames back with code of its own: links, IP, TCP streams."""

from __future__ import annotations

import struct
from collections import defaultdict


def strip_ethernet(frame: bytes) -> bytes:
    """Return the IP packet of a plain Ethernet frame, padding cut off."""
    packet = frame[14:]
    size = int.from_bytes(packet[2:4], "big") if packet[0] >> 4 == 4 else 40 + int.from_bytes(packet[4:6], "big")
    return packet[:size]


def sum_words(data: bytes) -> int:
    """Return the ones' complement sum of `data`."""
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def split_ip(packet: bytes) -> tuple[bytes, bytes, int, bytes]:
    """Return source, target, protocol and payload of an IP packet without extension headers."""
    if packet[0] >> 4 == 4:
        return packet[12:16], packet[16:20], packet[9], packet[20:]
    return packet[8:24], packet[24:40], packet[6], packet[40:]


def is_sum_right(packet: bytes) -> bool:
    source, target, protocol, body = split_ip(packet)
    if packet[0] >> 4 == 4 and sum_words(packet[:20]) != 0xFFFF:
        return False
    pseudo = source + target + struct.pack("!II", len(body), protocol)
    return sum_words(pseudo + body) == 0xFFFF


def read_streams(packets) -> dict[tuple, bytes]:
    """Return the payload of each direction, keyed by (source, port, target, port): first bytes seen win."""
    pieces: dict[tuple, dict[int, int]] = defaultdict(dict)
    first: dict[tuple, int] = {}
    for packet in packets:
        source, target, protocol, body = split_ip(strip_ethernet(packet.data))
        if protocol != 6:
            continue
        source_port, target_port, seq, _, offset, flags = struct.unpack("!HHIIBB", body[:14])
        key = (source, source_port, target, target_port)
        data = body[(offset >> 4) * 4 :]
        if flags & 2:
            first[key] = (seq + 1) & 0xFFFFFFFF
        if key not in first:
            first[key] = seq
        base = (seq - first[key]) & 0xFFFFFFFF
        for at, byte in enumerate(data):
            pieces[key].setdefault(base + at, byte)
    return {key: bytes(got[at] for at in sorted(got)) for key, got in pieces.items()}
