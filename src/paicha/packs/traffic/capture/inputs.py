"""One capture file being read: its buffers, where it stands, and what of it was rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from paicha.kernel.errors import InputError
from paicha.packs.traffic.capture import framing as place
from paicha.packs.traffic.capture.blocks import MAXIMUM_INTERFACES, read_blocks
from paicha.packs.traffic.capture.decoding import COUNT, DECODING_PLACES, SCRATCH, SCRATCH_END, SEED, SINCE, UNTIL
from paicha.packs.traffic.capture.framing import CURSOR_PLACES, read_pcap
from paicha.packs.traffic.capture.layout import NOISE_HELLO, SEGMENTS_PER_STEP
from paicha.packs.traffic.capture.links import SUPPORTED

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

    from paicha.kernel.reader import Sink, Source
    from paicha.packs.traffic.capture.heads import CaptureHead

CHUNK_BYTES = 4 << 20
CARRY_BYTES = 512 << 10
"""Room before a chunk for the record that the chunk before it ended in."""

SCRATCH_BYTES = 1 << 20
"""Room behind it for datagrams put together from fragments."""

NOISE_BYTES = SEGMENTS_PER_STEP * NOISE_HELLO
"""Room behind that for first payloads that were held back."""

UNPACKED_AT_ONCE = 128 << 10
"""Bytes of a compressed file asked for in one go."""

FOREVER = 1 << 62


def read_fully(stream: BinaryIO, view: memoryview, at_once: int = CHUNK_BYTES) -> tuple[int, InputError | None]:
    """Fill the view from the stream; return how many bytes came, and the error that ended them.

    No more than `at_once` bytes are asked for in one go, and one step of unpacking at a time: an error must not take
    with it what came before.
    """
    filled = 0
    read = getattr(stream, "readinto1", None) or stream.readinto  # type: ignore[attr-defined]
    try:
        while filled < len(view):
            count = read(view[filled : filled + at_once])
            if not count:
                break
            filled += count
    except InputError as error:
        return filled, error
    except OSError as error:
        return filled, InputError(f"cannot be read: {error.strerror}")
    return filled, None


class Input:
    """A capture file, decoded step by step; the next chunk is read meanwhile on another thread."""

    def __init__(
        self, source: Source, index: int, head: CaptureHead, bounds: tuple[int, int], seed: int, pool: Executor
    ) -> None:
        self.source = source
        self.index = index
        self.bytes_read = 0
        self.is_done = False
        self._head = head
        self._pool = pool
        self._stream = source.open()
        chunk = CHUNK_BYTES
        if source.compression is None:
            chunk = max(4096, min(chunk, source.size + 1))
        self._chunk = chunk
        size = CARRY_BYTES + chunk + SCRATCH_BYTES + NOISE_BYTES
        self.data = np.empty(size, np.uint8)
        self._spare = np.empty(size, np.uint8)
        self.end = CARRY_BYTES
        self.cursor = np.zeros(CURSOR_PLACES, np.int64)
        self.state = np.zeros(DECODING_PLACES, np.int64)
        self._interfaces = np.zeros((MAXIMUM_INTERFACES if head.is_blocks else 1, 5), np.int64)
        self._error: InputError | None = None
        self._prepare(bounds, seed)
        self._pending: Future[tuple[int, InputError | None]] | None = self._ask()
        self.turn_page()
        self.cursor[place.AT] = min(self.end, CARRY_BYTES + head.begin)

    def _prepare(self, bounds: tuple[int, int], seed: int) -> None:
        head, cursor, state = self._head, self.cursor, self.state
        cursor[place.AT] = CARRY_BYTES
        cursor[place.SWAPPED], cursor[place.HEADER], cursor[place.UNIT] = head.swapped, head.header, head.unit
        cursor[place.LENGTHS], cursor[place.LINK] = head.lengths, head.link
        cursor[place.PAUSE], cursor[place.LAST_TIME] = FOREVER, head.first_time
        state[SCRATCH] = CARRY_BYTES + self._chunk
        state[SCRATCH_END] = len(self.data) - NOISE_BYTES
        state[SEED] = seed
        state[SINCE], state[UNTIL] = bounds

    def _ask(self) -> Future[tuple[int, InputError | None]]:
        """Have the next chunk read into the spare buffer."""
        view = memoryview(self._spare)[CARRY_BYTES : CARRY_BYTES + self._chunk]  # type: ignore[arg-type]
        at_once = self._chunk if self.source.compression is None else UNPACKED_AT_ONCE
        return self._pool.submit(read_fully, self._stream, view, at_once)

    def turn_page(self) -> bool:
        """Make the next chunk current, what is left of this one before it; return False at the end of the file.

        Segments that point into the current chunk must have been fed before.
        """
        if self._pending is None:
            return False
        count, self._error = self._pending.result()
        left = self.end - int(self.cursor[place.AT])
        self._spare[CARRY_BYTES - left : CARRY_BYTES] = self.data[self.end - left : self.end]
        self.data, self._spare = self._spare, self.data
        self.cursor[place.AT] = CARRY_BYTES - left
        self.end = CARRY_BYTES + count
        self.reset_scratch()
        self.bytes_read += count
        is_last = count < self._chunk or self._error is not None
        self._pending = None if is_last else self._ask()
        return count > 0

    def reset_scratch(self) -> None:
        """Forget the datagrams put together in the scratch area: nobody points there any more."""
        self.state[SCRATCH] = CARRY_BYTES + self._chunk

    @property
    def uses_scratch(self) -> bool:
        """Whether the scratch area holds anything."""
        return bool(self.state[SCRATCH] > CARRY_BYTES + self._chunk)

    def decode(self, packets: Any, fragments: Any, pause: int) -> int:
        """Decode packets not later than `pause` from the current chunk; return how many there are to follow."""
        self.state[COUNT] = 0
        self.cursor[place.PAUSE] = pause
        if self._head.is_blocks:
            read_blocks(self.data, self.end, self.cursor, self._interfaces, packets, fragments, self.state)
        else:
            read_pcap(self.data, self.end, self.cursor, packets, fragments, self.state)
        return int(self.state[COUNT])

    @property
    def status(self) -> int:
        """Why the last decoding step ended."""
        return int(self.cursor[place.STATUS])

    @property
    def next_time(self) -> int:
        """The time from which on this input goes on, in us."""
        return int(self.cursor[place.NEXT_TIME if self.status == place.PAUSED else place.LAST_TIME])

    def report(self, sink: Sink) -> None:
        """Close the file and tell the sink how many packets were accepted, and which were not."""
        self.is_done = True
        self._stream.close()
        cursor, source = self.cursor, self.source
        records = int(cursor[place.RECORDS])
        rejected = 0
        if not self._head.is_blocks and self._head.link not in SUPPORTED and records:
            sink.reject(source, "packet 1", f"link type {self._head.link} is not supported", records)
            rejected = records
        link = f"link type {cursor[place.BAD_LINK_TYPE]} is not supported"
        for count, first, reason in (
            (place.BAD_LINK, place.FIRST_BAD_LINK, link),
            (place.BAD_TIME, place.FIRST_BAD_TIME, "the time is impossible"),
            (place.BAD_PACKET, place.FIRST_BAD_PACKET, "lengths or interface contradict the block"),
        ):
            if cursor[count]:
                sink.reject(source, f"packet {cursor[first]}", reason, int(cursor[count]))
                rejected += int(cursor[count])
        sink.accept(source, records - rejected)
        broken = self._find_break()
        if broken:
            sink.reject(source, f"packet {records + 1}", broken)
        if self._error is not None:
            sink.fail(source, InputError(self._error.what, where=str(source.path), remedy=self._error.remedy))
        elif broken and self.status in {place.TOO_LONG, place.BAD_BLOCK}:
            # how much was lost behind the damage nobody can count
            where = f"{source.path}, packet {records + 1}"
            sink.fail(source, InputError(broken, where=where, remedy="what precedes was used; fetch the file again"))

    def _find_break(self) -> str | None:
        """Return why the file could not be read to its end, or None."""
        status, at = self.status, int(self.cursor[place.AT])
        if status == place.TOO_LONG:
            return "a length that no packet has; what follows is not read"
        if status == place.BAD_BLOCK:
            return "a damaged block; what follows is not read"
        if self._error is not None:
            return self._error.what
        if at < self.end or self.cursor[place.SKIP] > 0:
            return "the file ends in the middle of it"
        return None
