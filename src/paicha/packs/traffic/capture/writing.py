"""Capture files written: frames with the bytes, lengths and times that they were captured with."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from paicha.packs.traffic.capture.frames import Frame

SNAP_BYTES = 262_144
MICROSECONDS, NANOSECONDS = 0xA1B2C3D4, 0xA1B23C4D
NANOSECOND_OPTION = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)
"""if_tsresol 10^-9, and the end of the options."""


class FrameWriter(Protocol):
    """Where frames go."""

    def write(self, frame: Frame) -> None:
        """Append a frame."""


class PcapWriter:
    """A pcap file of one link type (draft-ietf-opsawg-pcap); times are cut to µs unless it has nanoseconds."""

    def __init__(self, stream: BinaryIO, link: int, *, has_nanoseconds: bool) -> None:
        self._stream = stream
        self._tick_ns = 1 if has_nanoseconds else 1000
        magic = NANOSECONDS if has_nanoseconds else MICROSECONDS
        stream.write(struct.pack("<IHHiIII", magic, 2, 4, 0, 0, SNAP_BYTES, link))

    def write(self, frame: Frame) -> None:
        """Append a frame."""
        seconds, rest = divmod(frame.time_ns, 1_000_000_000)
        self._stream.write(struct.pack("<IIII", seconds, rest // self._tick_ns, len(frame.data), frame.wire))
        self._stream.write(frame.data)


class BlockWriter:
    """A pcapng file with one interface per link type, times in nanoseconds (draft-ietf-opsawg-pcapng)."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._interfaces: dict[int, int] = {}
        self._write_block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))

    def write(self, frame: Frame) -> None:
        """Append a frame, and before it the interface of its link type where it is the first one."""
        if frame.link not in self._interfaces:
            self._interfaces[frame.link] = len(self._interfaces)
            self._write_block(1, struct.pack("<HHI", frame.link, 0, SNAP_BYTES) + NANOSECOND_OPTION)
        which = self._interfaces[frame.link]
        high, low = frame.time_ns >> 32, frame.time_ns & 0xFFFFFFFF
        self._write_block(6, struct.pack("<IIIII", which, high, low, len(frame.data), frame.wire) + frame.data)

    def _write_block(self, kind: int, body: bytes) -> None:
        padding = bytes(-len(body) % 4)
        length = len(body) + len(padding) + 12
        self._stream.write(struct.pack("<II", kind, length) + body + padding + struct.pack("<I", length))
