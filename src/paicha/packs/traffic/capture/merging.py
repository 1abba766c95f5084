"""The order in which the inputs of a site are read: by time, side by side where they overlap."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError
from paicha.packs.traffic.capture import framing as place
from paicha.packs.traffic.capture.heads import read_head
from paicha.packs.traffic.capture.inputs import FOREVER, Input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from paicha.kernel.reader import Sink, Source
    from paicha.packs.traffic.capture.stream import Stream

SLICE_US = 1000
"""Inputs that overlap are read in turns of so much time: below it the order of their packets is not kept."""

CUT_LAG_US = 1_000_000
"""An input with cut packets comes so much after one with whole packets: the first sighting is the one that counts."""

MAXIMUM_OPEN = 16
"""Inputs that are read side by side; more overlapping ones wait for their turn."""


class Waiting:
    """An input and the time at which it goes on."""

    def __init__(self, source: Source, index: int) -> None:
        self.source = source
        self.index = index
        self.head = read_head(source.head)
        self.lag = CUT_LAG_US if self.head.has_cut_packets else 0
        self.due = self.head.first_time + self.lag
        self.capture: Input | None = None


def order_sources(sources: Sequence[Source]) -> list[Source]:
    """Return the sources by the time of their first packet."""
    return sorted(sources, key=lambda s: (read_head(s.head).first_time, s.position))


def read_inputs(
    sources: Sequence[Source], stream: Stream, sink: Sink, bounds: tuple[int, int], advance: Callable[[int], None]
) -> None:
    """Read all sources to their ends, each packet once."""
    waiting = [Waiting(source, index) for index, source in enumerate(sources)]
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="capture") as pool:
        while waiting:
            opened = [one for one in waiting if one.capture is not None]
            choice = opened if len(opened) >= MAXIMUM_OPEN else waiting
            current = min(choice, key=lambda one: (one.due, one.index))
            pause = min((one.due for one in choice if one is not current), default=FOREVER)
            if current.capture is None:
                try:
                    current.capture = Input(current.source, current.index, current.head, bounds, stream.seed, pool)
                except (InputError, OSError) as error:  # gone since it was recognised: the others are still read
                    reason = error.what if isinstance(error, InputError) else f"cannot be read: {error.strerror}"
                    sink.reject(current.source, "packet 1", reason)
                    waiting.remove(current)
                    continue
                stream.mark(current.capture, is_open=True)
            read_turn(current.capture, stream, min(FOREVER, pause - current.lag + SLICE_US), sink, advance)
            current.due = current.capture.next_time + current.lag
            if current.capture.is_done:
                stream.mark(current.capture, is_open=False)
                waiting.remove(current)


def read_turn(capture: Input, stream: Stream, pause: int, sink: Sink, advance: Callable[[int], None]) -> None:
    """Read one input until a packet is later than `pause`, or to its end, which is then reported."""
    while True:
        stream.step(capture, pause)
        status = capture.status
        if status == place.FULL:
            continue
        if status == place.MORE:
            stream.feed(capture.data)
            before = capture.bytes_read
            if capture.turn_page():
                if capture.source.compression is None:
                    advance(capture.bytes_read - before)
                continue
        stream.feed(capture.data)
        if status != place.PAUSED:
            capture.report(sink)
            if capture.source.compression is not None:
                advance(capture.source.size)
        return
