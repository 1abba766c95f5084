"""Captures without their payload: every packet cut behind its transport header, its length on the wire as it was."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ETHERNET = 14
IPV4, IPV6, TCP = 0x0800, 0x86DD, 6
SECTION, PACKET = 0x0A0D0D0A, 6
PCAP_MAGICS = {b"\xd4\xc3\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\x3c\x4d": ">"}


def cut_payload(source: Path, target: Path) -> None:
    """Write `source` (pcap or pcapng on Ethernet) to `target` without the payload of any packet.

    Raises:
        ValueError: it is neither.
    """
    data = source.read_bytes()
    order = PCAP_MAGICS.get(data[:4])
    if order is not None:
        target.write_bytes(data[:24] + b"".join(_cut_pcap(data, order)))
    elif data[:4] == SECTION.to_bytes(4, "big"):
        target.write_bytes(b"".join(_cut_pcapng(data, "<" if data[8:12] == b"\x4d\x3c\x2b\x1a" else ">")))
    else:
        raise ValueError(f"{source} is no capture")


def find_header_end(frame: bytes) -> int:
    """Return where the transport header of an Ethernet frame ends; of what is not TCP, eight bytes of it are kept."""
    kind = int.from_bytes(frame[12:14], "big")
    if kind == IPV4 and len(frame) > ETHERNET + 9:
        start, protocol = ETHERNET + 4 * (frame[ETHERNET] & 15), frame[ETHERNET + 9]
    elif kind == IPV6 and len(frame) > ETHERNET + 6:
        start, protocol = ETHERNET + 40, frame[ETHERNET + 6]
    else:
        return min(len(frame), ETHERNET)
    length = 4 * (frame[start + 12] >> 4) if protocol == TCP and len(frame) > start + 12 else 8
    return min(len(frame), start + length)


def _cut_pcap(data: bytes, order: str) -> Iterator[bytes]:
    place = 24
    while place + 16 <= len(data):
        second, part, held, length = struct.unpack_from(f"{order}4I", data, place)
        frame = data[place + 16 : place + 16 + held]
        kept = frame[: find_header_end(frame)]
        yield struct.pack(f"{order}4I", second, part, len(kept), length) + kept
        place += 16 + held


def _cut_pcapng(data: bytes, order: str) -> Iterator[bytes]:
    place = 0
    while place + 12 <= len(data):
        kind, size = struct.unpack_from(f"{order}2I", data, place)
        block = data[place : place + size]
        place += max(size, 12)
        if kind != PACKET:
            yield block
            continue
        head = struct.unpack_from(f"{order}5I", block, 8)
        frame = block[28 : 28 + head[3]]
        kept = frame[: find_header_end(frame)]
        padded = kept + b"\0" * (-len(kept) % 4)
        total = 32 + len(padded)
        fields = struct.pack(f"{order}7I", kind, total, *head[:3], len(kept), head[4])
        yield fields + padded + struct.pack(f"{order}I", total)
