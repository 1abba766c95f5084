"""The bytes of one direction of a TCP connection in order, from segments as a sensor saw them."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

Mark = tuple[int, int, int]
"""Where something stood: time in us, number of the packet, index of the input."""

Piece = tuple[Mark, bytes, int]
"""In-order bytes and where they stood; or no bytes and how many were lost before what follows."""

WINDOW = 1 << 32
HALF_WINDOW = 1 << 31

PATIENCE_US = 5_000_000
"""How long a missing segment is waited for: longer than a few retransmission timeouts (RFC 6298)."""

MAX_HELD_SEGMENTS = 2048
"""Segments kept while one is missing, however short they are."""


@dataclass(slots=True)
class Stream:
    """The state of one direction: the next expected byte, and what came too early.

    `position` counts bytes from an arbitrary beginning without wrapping; the sequence number on the wire is it modulo
    2^32. `blocked_since` is the time since when bytes are held because earlier ones are missing, None where nothing is.
    """

    max_held_bytes: int
    position: int | None = None
    lost: int = 0
    held: list[tuple[int, int, Mark, bytes, int]] = field(default_factory=list)
    held_bytes: int = 0
    blocked_since: int | None = None

    def begin(self, sequence: int) -> None:
        """Expect `sequence` next, where a SYN says so and nothing was read yet."""
        if self.position is None:
            self.position = WINDOW + sequence

    def push(self, sequence: int, payload: bytes, missing: int, mark: Mark, out: list[Piece]) -> None:
        """Take one segment and append to `out` what can be read now.

        `missing` bytes that the capture cut off behind `payload` count as lost.
        """
        position = self.position
        if position is None:
            position = self.position = WINDOW + sequence
        ahead = (sequence - position + HALF_WINDOW) % WINDOW - HALF_WINDOW
        if ahead == 0 and not missing and not self.held:
            self.position = position + len(payload)
            out.append((mark, payload, 0))
        elif ahead <= 0:
            self._deliver(ahead, payload, missing, mark, out)
            self._drain(out)
        else:
            heappush(self.held, (position + ahead, -len(payload), mark, payload, missing))
            self.held_bytes += len(payload)
            if self.blocked_since is None:
                self.blocked_since = mark[0]
            if self.held_bytes > self.max_held_bytes or len(self.held) > MAX_HELD_SEGMENTS:
                self.give_up(out)

    def is_overdue(self, time: int) -> bool:
        """Whether a segment has been missing for so long at `time` that it will not come."""
        return self.blocked_since is not None and time - self.blocked_since > PATIENCE_US

    def give_up(self, out: list[Piece]) -> None:
        """Declare what is missing before the first held segment lost, and read on behind it."""
        if not self.held or self.position is None:
            return
        first, _, mark, _, _ = self.held[0]
        gap = first - self.position
        if gap > 0:
            self.lost += gap
            out.append((mark, b"", gap))
            self.position = first
        self._drain(out)

    def flush(self, out: list[Piece]) -> None:
        """Read everything that is held, whatever is missing in between."""
        while self.held:
            self.give_up(out)

    def _deliver(self, ahead: int, payload: bytes, missing: int, mark: Mark, out: list[Piece]) -> None:
        """Append what is new in a segment that begins `-ahead` bytes before the next expected one."""
        assert self.position is not None
        fresh = payload[-ahead:] if ahead < 0 else payload
        if fresh:
            self.position += len(fresh)
            out.append((mark, fresh, 0))
        cut = min(missing, missing + len(payload) + ahead)
        if cut > 0:
            self.position += cut
            self.lost += cut
            out.append((mark, b"", cut))

    def _drain(self, out: list[Piece]) -> None:
        """Append the held segments that are no longer too early."""
        assert self.position is not None
        while self.held and self.held[0][0] <= self.position:
            first, _, mark, payload, missing = heappop(self.held)
            self.held_bytes -= len(payload)
            self._deliver(first - self.position, payload, missing, mark, out)
        self.blocked_since = self.held[0][2][0] if self.held else None

    def to_state(self) -> dict[str, Any]:
        """Return what the next run needs to go on; nothing may be held."""
        return {"position": self.position, "lost": self.lost}

    @classmethod
    def from_state(cls, state: dict[str, Any], max_held_bytes: int) -> Stream:
        """Return the stream that `to_state` described."""
        return cls(max_held_bytes, position=state["position"], lost=int(state["lost"]))
