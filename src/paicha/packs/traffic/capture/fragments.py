"""Fragmented datagrams put together again, with bounded memory (RFC 791, RFC 8200; first come, first kept)."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled
from paicha.packs.traffic.capture.layout import DATAGRAM_BYTES, FRAGMENTED

PATIENCE_US = 30_000_000
"""A datagram whose fragments have not come within so long is given up (RFC 791 suggests 15 s, RFC 8200 60 s)."""


@compiled
def find_fragment(fragments: Any, packet: Any, identity: int) -> int:
    """Return the place of the datagram that `packet` is a fragment of, or -1."""
    for place in range(FRAGMENTED):
        record = fragments.records[place]
        if (
            record.is_used
            and record.id == identity
            and record.from_low == packet.from_low
            and record.to_low == packet.to_low
            and record.from_high == packet.from_high
            and record.to_high == packet.to_high
            and record.protocol == packet.protocol
        ):
            return place
    return -1


@compiled
def choose_place(fragments: Any) -> int:
    """Return a free place, else that of the datagram waiting longest."""
    chosen = 0
    for place in range(FRAGMENTED):
        record = fragments.records[place]
        if not record.is_used:
            return place
        if record.time < fragments.records[chosen].time:
            chosen = place
    return chosen


@compiled
def begin_datagram(fragments: Any, place: int, packet: Any, identity: int) -> None:
    """Make `place` wait for the fragments of the datagram that `packet` belongs to."""
    record = fragments.records[place]
    record.from_high, record.from_low = packet.from_high, packet.from_low
    record.to_high, record.to_low = packet.to_high, packet.to_low
    record.protocol = packet.protocol
    record.id = identity
    record.time = packet.time
    record.number = packet.number
    record.held = 0
    record.total = -1
    record.ip_bytes = 0
    record.weight = 0
    record.is_used = 1
    units = fragments.units[place]
    for i in range(len(units)):
        units[i] = 0


@compiled
def add_fragment(
    fragments: Any, place: int, packet: Any, data: Any, at: int, wire: int, captured: int, offset: int, more: bool
) -> bool:
    """Keep one fragment of `wire` bytes at `offset`, and return whether the datagram is complete.

    A fragment that the capture cut leaves a hole that is never filled: `count_prefix` says how far the bytes go.
    """
    record = fragments.records[place]
    record.ip_bytes += packet.ip_bytes
    record.weight = min(record.weight + 1, 65_535)
    if offset + wire > DATAGRAM_BYTES:
        return False
    if not more:
        record.total = offset + wire
    units = captured // 8 if more else (captured + 7) // 8
    for unit in range(units):
        first = offset // 8 + unit
        if fragments.units[place, first] == 0:
            fragments.units[place, first] = 1
            begin = unit * 8
            for i in range(begin, min(begin + 8, captured)):
                fragments.data[place, offset + i] = data[at + i]
            record.held += min(8, captured - begin)
    return record.total >= 0 and record.held >= record.total  # type: ignore[no-any-return]


@compiled
def count_prefix(fragments: Any, place: int) -> int:
    """Return how many bytes of the datagram are known from its beginning without a hole."""
    record = fragments.records[place]
    unit = 0
    while unit < DATAGRAM_BYTES // 8 and fragments.units[place, unit]:
        unit += 1
    known = unit * 8
    return min(known, record.total) if record.total >= 0 else known
