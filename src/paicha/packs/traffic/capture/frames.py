"""Frames of a capture file as they were captured, one by one: for cutting captures, not for analysing them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from paicha.packs.traffic.capture.blocks import (
    ENHANCED_PACKET,
    INTERFACE,
    MAXIMUM_INTERFACES,
    MAXIMUM_PACKET_BLOCK,
    OLD_PACKET,
    SECTION,
    SIMPLE_PACKET,
)
from paicha.packs.traffic.capture.framing import MAXIMUM_FRAME
from paicha.packs.traffic.capture.heads import BYTE_ORDER_MAGICS, LATEST_US, read_head
from paicha.packs.traffic.capture.inputs import CHUNK_BYTES, UNPACKED_AT_ONCE, read_fully

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paicha.kernel.reader import Source
    from paicha.packs.traffic.capture.heads import CaptureHead

LATEST_NS = LATEST_US * 1000


class Frame(NamedTuple):
    """A frame: its number in the file from 1, time in ns since 1970, link type, length on the wire, captured bytes."""

    number: int
    time_ns: int
    link: int
    wire: int
    data: bytes


class Window:
    """A stream seen through a window of a few MiB; what a damaged stream gives before it breaks is kept.

    The bytes are asked for in the same portions as by the reader, so that a broken compressed file ends at the same
    byte for both.
    """

    def __init__(self, stream: BinaryIO, *, is_compressed: bool) -> None:
        self.data = b""
        self.at = 0
        self._stream = stream
        self._chunk = bytearray(CHUNK_BYTES)
        self._at_once = UNPACKED_AT_ONCE if is_compressed else CHUNK_BYTES
        self._has_ended = False

    def holds(self, size: int) -> bool:
        """Return whether `size` bytes follow; read on where they are not in the window yet."""
        while len(self.data) - self.at < size and not self._has_ended:
            count, error = read_fully(self._stream, memoryview(self._chunk), self._at_once)
            self._has_ended = error is not None or count < len(self._chunk)
            self.data = self.data[self.at :] + memoryview(self._chunk)[:count]
            self.at = 0
        return len(self.data) - self.at >= size

    def skip(self, size: int) -> bool:
        """Pass over `size` bytes; return whether there were as many."""
        while size > len(self.data) - self.at:
            size -= len(self.data) - self.at
            self.at = len(self.data)
            if not self.holds(1):
                return False
        self.at += size
        return True


def read_frames(source: Source) -> Iterator[Frame]:
    """Yield the frames of a pcap or pcapng file with the numbers that the reader gives them, until it cannot go on.

    Frames that the reader rejects are counted but not given.

    Raises:
        OSError: the file cannot be opened.
    """
    head = read_head(source.head)
    with source.open() as stream:
        window = Window(stream, is_compressed=source.compression is not None)
        yield from _read_blocks(window, head) if head.is_blocks else _read_records(window, head)


def _read_records(window: Window, head: CaptureHead) -> Iterator[Frame]:
    """Yield the records of a pcap file."""
    layout = struct.Struct(">IIII" if head.swapped else "<IIII")
    scale = 1 if head.unit else 1000
    number = 0
    if not window.skip(head.begin):
        return
    while window.holds(head.header):
        seconds, fraction, captured, wire = layout.unpack_from(window.data, window.at)
        if head.lengths == 2 or (head.lengths == 1 and captured > wire):
            captured, wire = wire, captured
        if captured > MAXIMUM_FRAME or not window.holds(head.header + captured):
            return
        begin = window.at + head.header
        window.at = begin + captured
        number += 1
        time_ns = seconds * 1_000_000_000 + fraction * scale
        yield Frame(number, time_ns, head.link, wire, window.data[begin : window.at])


@dataclass(frozen=True, slots=True)
class Interface:
    """What a block says of an interface: link type, longest frame (0: any), and how its times are counted."""

    link: int
    longest: int
    per_second: int
    """0 where that cannot be."""
    offset_ns: int


@dataclass(slots=True)
class Section:
    """What the blocks so far say: byte order, interfaces, number and time of the last packet."""

    order: str = "<"
    interfaces: list[Interface] = field(default_factory=list)
    number: int = 0
    time_ns: int = 0


def _read_blocks(window: Window, head: CaptureHead) -> Iterator[Frame]:
    """Yield the packets of a pcapng file."""
    section = Section(time_ns=head.first_time * 1000)
    while window.holds(12):
        kind = struct.unpack_from(section.order + "I", window.data, window.at)[0]
        if kind == SECTION:
            magic = window.data[window.at + 8 : window.at + 12]
            if magic not in BYTE_ORDER_MAGICS:
                return
            section.order = "<" if magic == BYTE_ORDER_MAGICS[0] else ">"
            section.interfaces = []
        length = struct.unpack_from(section.order + "I", window.data, window.at + 4)[0]
        if length < 12 or length & 3:
            return
        if kind not in (INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET):
            if not window.skip(length):
                return
            continue
        if not (16 if kind == SIMPLE_PACKET else 20) <= length <= MAXIMUM_PACKET_BLOCK or not window.holds(length):
            return
        block = window.data[window.at : window.at + length]
        window.at += length
        if kind == INTERFACE:
            if len(section.interfaces) < MAXIMUM_INTERFACES:
                section.interfaces.append(_read_interface(block, section.order))
            continue
        section.number += 1
        frame = _read_packet(block, kind, section)
        if frame is not None:
            yield frame


def _read_interface(block: bytes, order: str) -> Interface:
    """Return what the block of an interface says (draft-ietf-opsawg-pcapng, options if_tsresol and if_tsoffset)."""
    link, _, longest = struct.unpack_from(order + "HHI", block, 8)
    per_second, offset = 1_000_000, 0
    place, end = 16, len(block) - 4
    while place + 4 <= end:
        code, size = struct.unpack_from(order + "HH", block, place)
        if code == 0 or place + 4 + size > end:
            break
        if code == 9 and size:
            value = block[place + 4]
            base, most = (2, 63) if value & 0x80 else (10, 24)
            per_second = base ** (value & 0x7F) if value & 0x7F <= most else 0
        elif code == 14 and size >= 8:
            offset = struct.unpack_from(order + "q", block, place + 4)[0]
        place += 4 + ((size + 3) & ~3)
    return Interface(link, longest, per_second, offset * 1_000_000_000)


def _read_packet(block: bytes, kind: int, section: Section) -> Frame | None:
    """Return the frame in a packet block, None where the block contradicts itself; `section` learns its time."""
    which, begin, ticks = 0, 28, None
    if kind == SIMPLE_PACKET:
        begin = 12
        wire = struct.unpack_from(section.order + "I", block, 8)[0]
        captured = min(wire, len(block) - 4 - begin)
        if section.interfaces and section.interfaces[0].longest:
            captured = min(captured, section.interfaces[0].longest)
    elif len(block) < begin + 4:
        return None
    else:
        layout = "IIIII" if kind == ENHANCED_PACKET else "HxxIIII"
        which, high, low, captured, wire = struct.unpack_from(section.order + layout, block, 8)
        ticks = high << 32 | low
    if captured > len(block) - 4 - begin or which >= len(section.interfaces) or captured > MAXIMUM_FRAME:
        return None
    interface = section.interfaces[which]
    if ticks is not None:
        if not interface.per_second:
            return None
        time_ns = ticks * 1_000_000_000 // interface.per_second + interface.offset_ns
        if not 0 <= time_ns <= LATEST_NS:
            return None
        section.time_ns = time_ns
    return Frame(section.number, section.time_ns, interface.link, wire, block[begin : begin + captured])
