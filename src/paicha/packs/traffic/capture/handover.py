"""The way from candidates in the flow table to the tracker of mining sessions, and its answers back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.packs.traffic.capture.layout import NOISE_HELLO, OPENED, QUIET, SEGMENTS, SIX, Tables
from paicha.packs.traffic.capture.texts import format_address
from paicha.packs.traffic.segments import Connection, Segments

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from numpy.typing import NDArray

    class Follower(Protocol):
        """What the stratum room's tracker offers."""

        def open(self, connection: Connection) -> None: ...  # noqa: D102
        def feed(self, segments: Segments) -> Sequence[int]: ...  # noqa: D102
        def close(self, flow: int, time: int) -> None: ...  # noqa: D102
        def take_rows(self) -> list[dict[str, object]]: ...  # noqa: D102
        def finish(self, *, keep_open: bool) -> list[dict[str, object]]: ...  # noqa: D102
        def save(self) -> bytes: ...  # noqa: D102
        def resume(self) -> list[Connection]: ...  # noqa: D102


class Handover:
    """Hands candidates and their packets to the tracker; remembers which it still follows."""

    def __init__(self, tracker: Follower, tables: Tables, keys: tuple[str, ...], slots: dict[int, int]) -> None:
        self.tracker = tracker
        self.slots = slots
        self._tables = tables
        self._keys = keys

    def feed(self, data: NDArray[np.uint8], scratch: int) -> None:
        """Hand over the connections opened and the packets collected since; payload stands in `data`.

        From `scratch` on nothing in `data` is needed; there is room for a Noise handshake per packet of a step.
        """
        meta = self._tables.meta
        for opened in self._tables.opened[: meta[OPENED]]:
            number, slot = int(opened["number"]), int(opened["collector"])
            self.slots[number] = slot
            self.tracker.open(describe_connection(opened))
        meta[OPENED] = 0
        count = int(meta[SEGMENTS])
        if not count:
            return
        meta[SEGMENTS] = 0
        segments = self._tables.segments[:count]
        self._restore_noise(segments, data, scratch)
        columns = {name: np.ascontiguousarray(segments[name]) for name in segments.dtype.names or ()}
        for number in self.tracker.feed(Segments(data=data, sources=self._keys, **columns)):
            self._give_up(number)

    def close(self, ended: NDArray[Any]) -> int:
        """Tell the tracker which of its connections have ended; return how many."""
        closed = 0
        if not self.slots:
            return closed
        for flow in ended[np.isin(ended["number"], list(self.slots))]:
            del self.slots[int(flow["number"])]
            self.tracker.close(int(flow["number"]), max(int(flow["a_last"]), int(flow["b_last"])))
            closed += 1
        return closed

    def _give_up(self, number: int) -> None:
        """Look no more at a connection that certainly does not mine."""
        slot = self.slots.pop(number, None)
        if slot is None:
            return
        flow = self._tables.flows[slot]
        if flow["is_live"] and flow["number"] == number:
            flow["screen"] = QUIET

    def _restore_noise(self, segments: NDArray[Any], data: NDArray[np.uint8], scratch: int) -> None:
        """Bring the held first payloads of Noise handshakes back into `data`."""
        for row in np.flatnonzero(segments["start"] < 0):
            held = self._tables.collected[-1 - int(segments["start"][row])]
            data[scratch : scratch + NOISE_HELLO] = held[:NOISE_HELLO]
            segments["start"][row] = scratch
            scratch += NOISE_HELLO


def describe_connection(flow: Any) -> Connection:
    """Return what the stratum room is told of a flow."""
    is_six = bool(flow["protocol"] & SIX)
    return Connection(
        flow=int(flow["number"]),
        a_ip=format_address(int(flow["a_high"]), int(flow["a_low"]), is_six),
        a_port=int(flow["a_port"]),
        b_ip=format_address(int(flow["b_high"]), int(flow["b_low"]), is_six),
        b_port=int(flow["b_port"]),
        opened_by=int(flow["opened_by"]),
        started=int(flow["started"]),
        bytes_a=int(flow["a_bytes"]),
        bytes_b=int(flow["b_bytes"]),
    )
