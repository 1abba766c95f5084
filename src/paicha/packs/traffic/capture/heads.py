"""How a capture file begins: its form, byte order, resolution of times, and the time of its first packet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

PCAP_MAGICS = {0xA1B2C3D4: (16, 0), 0xA1B23C4D: (16, 1), 0xA1B2CD34: (24, 0)}
"""Magic number: length of a record's header, and 1 where times have nanoseconds (libpcap's savefile.c)."""

SECTION_MAGIC = b"\x0a\x0d\x0d\x0a"
BYTE_ORDER_MAGICS = (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d")
LATEST_US = 7_258_118_400_000_000
"""2200-01-01: a time after it is damage, not time."""

UNKNOWN_FAMILY = 543
"""Major version that some old writers used; their lengths stand in the other order, as before version 2.3."""


@dataclass(frozen=True, slots=True)
class CaptureHead:
    """What the first bytes say; all but `is_blocks` and `first_time` is 0 for pcapng, whose blocks say it themselves.

    `lengths` is 0 where the captured length comes first, 2 where the original one does, 1 where either may.
    """

    is_blocks: bool
    swapped: int
    header: int
    unit: int
    lengths: int
    link: int
    begin: int
    first_time: int
    has_cut_packets: bool


def recognise_head(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a pcap or pcapng file."""
    if len(head) >= 12 and head[:4] == SECTION_MAGIC:
        return head[8:12] in BYTE_ORDER_MAGICS
    if len(head) < 24:
        return False
    return int.from_bytes(head[:4], "little") in PCAP_MAGICS or int.from_bytes(head[:4], "big") in PCAP_MAGICS


def read_head(head: bytes) -> CaptureHead:
    """Return what the head of a file that `recognise_head` accepts says; `first_time` is 0 where it is not in it."""
    if head[:4] == SECTION_MAGIC:
        time, is_cut = _find_first_block_time(head)
        return CaptureHead(True, 0, 0, 0, 0, 0, 0, time, is_cut)
    order: Literal["little", "big"] = "little" if int.from_bytes(head[:4], "little") in PCAP_MAGICS else "big"
    number = _reader(order)
    header, unit = PCAP_MAGICS[number(head, 0, 4)]
    major, minor = number(head, 4, 2), number(head, 6, 2)
    lengths = 2 if major == UNKNOWN_FAMILY or (major == 2 and minor < 3) else int(major == 2 and minor == 3)
    link = number(head, 20, 4) & 0xFFFF
    time, is_cut = 0, False
    place = 24
    while place + header <= len(head):
        seconds, fraction = number(head, place, 4), number(head, place + 4, 4)
        captured, wire = number(head, place + 8, 4), number(head, place + 12, 4)
        if place == 24:
            time = seconds * 1_000_000 + (fraction // 1000 if unit else fraction)
        is_cut = is_cut or captured < wire
        place += header + captured
    return CaptureHead(False, int(order == "big"), header, unit, lengths, link, 24, time, is_cut)


def _reader(order: Literal["little", "big"]) -> Callable[[bytes, int, int], int]:
    """Return a function that reads a number of `size` bytes at a place."""
    return lambda data, at, size: int.from_bytes(data[at : at + size], order)


def _find_first_block_time(head: bytes) -> tuple[int, bool]:
    """Return the time of the first packet block within `head`, and whether any packet block in it is cut."""
    interfaces: list[tuple[int, int]] = []
    place, first, is_cut = 0, 0, False
    number = _reader("little")
    while place + 12 <= len(head):
        if head[place : place + 4] == SECTION_MAGIC:
            number = _reader("little" if head[place + 8 : place + 12] == BYTE_ORDER_MAGICS[0] else "big")
            interfaces = []
        kind, length = number(head, place, 4), number(head, place + 4, 4)
        if length < 12 or place + length > len(head):
            break
        if kind == 1:
            interfaces.append(_read_resolution(head[place + 16 : place + length - 4], number))
        elif kind in (2, 6) and length >= 32:
            which = number(head, place + 8, 4 if kind == 6 else 2)
            ticks = (number(head, place + 12, 4) << 32) | number(head, place + 16, 4)
            is_cut = is_cut or number(head, place + 20, 4) < number(head, place + 24, 4)
            if which < len(interfaces) and not first:
                per_second, offset = interfaces[which]
                time = (ticks * 1_000_000) // per_second + offset * 1_000_000
                first = max(0, min(LATEST_US, time))
        place += (length + 3) & ~3
    return first, is_cut


def _read_resolution(options: bytes, number: Callable[[bytes, int, int], int]) -> tuple[int, int]:
    """Return ticks per second and offset in seconds that the options of an interface block give."""
    per_second, offset, place = 1_000_000, 0, 0
    while place + 4 <= len(options):
        code, size = number(options, place, 2), number(options, place + 2, 2)
        if code == 0:
            break
        value = options[place + 4 : place + 4 + size]
        if code == 9 and value:
            per_second = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
        elif code == 14 and len(value) == 8:
            offset = number(value, 0, 8)
        place += 4 + ((size + 3) & ~3)
    return per_second, offset
