"""One conversation cut out of captures, for those who want to see the packets themselves."""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from heapq import heappop, heappush, heapreplace
from typing import TYPE_CHECKING, BinaryIO

from paicha.kernel.errors import InputError, OutputError, UsageError
from paicha.packs.traffic.capture.frames import read_frames
from paicha.packs.traffic.capture.heads import read_head, recognise_head
from paicha.packs.traffic.capture.matching import Matcher
from paicha.packs.traffic.capture.writing import BlockWriter, PcapWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from paicha.kernel.reader import Source
    from paicha.packs.traffic.capture.frames import Frame
    from paicha.packs.traffic.capture.writing import FrameWriter

    Part = tuple[Source, tuple[int, int | None]]

MAXIMUM_OPEN = 16
"""Captures that overlap in time are read side by side, so many at once."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A TCP connection by its ends; addresses in canonical text."""

    client: str
    client_port: int
    server: str
    server_port: int


def slice_capture(parts: Sequence[Part], conversation: Conversation, output: Path) -> int:
    """Write a conversation's packets, as they were captured, to a new capture file and return their number.

    Each part is a capture with the numbers of the first and the last packet to look at (None: to the end), counted from
    1 as the reader counts them; fragments before the first are written where the datagram that they belong to ends
    behind it. Packets stand in the order of time. The file is pcap where all parts are pcap of one link type, with
    nanoseconds where any part has them; else pcapng with nanoseconds and one interface per link type. It is there whole
    or not at all.

    Raises:
        InputError: a part is no capture, cannot be opened, or ends before its last packet.
        OutputError: the file cannot be written.
        UsageError: the file is one of the captures.
    """
    for source, _ in parts:
        if not recognise_head(source.head):
            raise InputError("is not a packet capture", where=str(source.path))
        if output.exists() and output.samefile(source.path):
            raise UsageError("would overwrite the capture", where=str(output), remedy="name another file")
    count = 0
    with _replace_file(output) as stream:
        writer = _choose_writer(stream, parts)
        for frame in _merge_parts(parts, conversation):
            writer.write(frame)
            count += 1
    return count


@contextmanager
def _replace_file(path: Path) -> Iterator[BinaryIO]:
    """Give a stream whose content takes the path's place when all of it is on the disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"could not be written: {error.strerror}", where=str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def _choose_writer(stream: BinaryIO, parts: Sequence[Part]) -> FrameWriter:
    """Return the writer of the form that keeps all that the parts have."""
    heads = [read_head(source.head) for source, _ in parts]
    links = {head.link for head in heads}
    if len(links) != 1 or any(head.is_blocks for head in heads):
        return BlockWriter(stream)
    return PcapWriter(stream, links.pop(), has_nanoseconds=any(head.unit for head in heads))


def _merge_parts(parts: Sequence[Part], conversation: Conversation) -> Iterator[Frame]:
    """Yield the conversation's frames in the order of time; a part is opened when its time has come."""
    waiting = deque(sorted(parts, key=lambda part: read_head(part[0].head).first_time))
    going: list[tuple[int, int, Frame, Iterator[Frame]]] = []
    opened = 0
    while waiting or going:
        while waiting and len(going) < MAXIMUM_OPEN and (not going or _begin_ns(waiting[0]) <= going[0][0]):
            frames = _select_frames(waiting.popleft(), conversation)
            opened += 1
            for frame in frames:
                heappush(going, (frame.time_ns, opened, frame, frames))
                break
        if not going:
            continue
        _, order, frame, frames = going[0]
        yield frame
        following = next(frames, None)
        if following is None:
            heappop(going)
        else:
            heapreplace(going, (following.time_ns, order, following, frames))


def _begin_ns(part: Part) -> int:
    return read_head(part[0].head).first_time * 1000


def _select_frames(part: Part, conversation: Conversation) -> Iterator[Frame]:
    """Yield the conversation's frames of one part in the order of the file."""
    source, (first, last) = part
    matcher = Matcher(conversation, first)
    number = 0
    try:
        for frame in read_frames(source):
            if last is not None and frame.number > last:
                return
            yield from matcher.take(frame)
            number = frame.number
            if number == last:
                return
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(source.path)) from error
    if last is not None and number < last:
        raise InputError(f"the capture ends before packet {last}", where=str(source.path), remedy="screen it again")
