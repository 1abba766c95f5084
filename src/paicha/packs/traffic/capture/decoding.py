"""A frame as decoded packets: link layer, tunnels and fragments resolved."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled, entry, folded, int64
from paicha.packs.traffic.capture.fragments import (
    PATIENCE_US,
    add_fragment,
    begin_datagram,
    choose_place,
    count_prefix,
    find_fragment,
)
from paicha.packs.traffic.capture.internet import (
    decode_four,
    decode_six,
    decode_transport,
    find_tunnelled,
    hash_packet,
)
from paicha.packs.traffic.capture.layout import DATAGRAM_BYTES, FRAGMENTED
from paicha.packs.traffic.capture.links import find_internet

TUNNEL_DEPTH = 4
"""Headers of IP within IP that are looked through before a packet counts as hostile."""

# places in the array of decoding state
COUNT, SCRATCH, SCRATCH_END, SEED, RELEASED, SINCE, UNTIL = range(7)
DECODING_PLACES = 7


NOTHING, WHOLE, PART = range(3)
"""What a frame holds: no IP datagram, one, or a fragment of one."""


@compiled
def decode_internet(data: Any, at: int, end: int, wire_end: int, packet: Any) -> int:
    """Decode the IP datagram at `at` into `packet`; return what it is.

    Of a fragment, `packet` tells the place (`start`), the bytes captured (`length`) and on the wire (`missing`), the
    offset and whether more follow (`weight`), and the identity (`sequence`).
    """
    for _ in range(TUNNEL_DEPTH):
        if at >= end:
            return NOTHING
        version = int64(data[at]) >> 4
        if version == 4:
            place, stop, field, identity = decode_four(data, at, end, wire_end, packet)
        elif version == 6:
            place, stop, field, identity = decode_six(data, at, end, wire_end, packet)
        else:
            return NOTHING
        if place < 0:
            return NOTHING
        if field:
            packet.start, packet.length, packet.missing = place, max(0, min(end, stop) - place), stop - place
            packet.weight, packet.sequence = field, identity
            return PART
        inner = find_tunnelled(data, place, min(end, stop), packet.protocol & 0xFF)
        if inner < 0 or not begins_internet(data, inner, end):
            decode_transport(data, place, end, stop, packet)
            return WHOLE
        at, wire_end = inner, stop
        end = min(end, stop)
    return NOTHING


@compiled
def begins_internet(data: Any, at: int, end: int) -> bool:
    """Return whether a complete IP header without impossible values begins at `at`."""
    if at + 20 > end:
        return False
    version = int64(data[at]) >> 4
    if version == 6:
        return at + 40 <= end
    return version == 4 and (int64(data[at]) & 15) >= 5  # type: ignore[no-any-return]


@compiled
def decode_frame(
    data: Any, at: int, end: int, wire_end: int, link: int, time: int, number: int, packets: Any, fragments: Any,
    state: Any,
) -> None:  # fmt: skip
    """Add the packets that the frame data[at:end], `wire_end - at` bytes on the wire, gives: none, one, rarely two."""
    if time < state[SINCE] or time >= state[UNTIL]:
        return
    place = find_internet(data, at, end, link)
    if place < 0:
        return
    packet = packets[state[COUNT]]
    packet.time, packet.number, packet.weight = time, number, 1
    found = decode_internet(data, place, end, max(wire_end, end), packet)
    if found == WHOLE:
        packet.hash = hash_packet(packet, state[SEED])
        state[COUNT] += 1
    elif found == PART:
        add_part(data, packets, fragments, state)


@folded
def add_part(data: Any, packets: Any, fragments: Any, state: Any) -> None:
    """Keep the fragment in packets[state[COUNT]], and add the datagrams that it completes or pushes out."""
    state[RELEASED] = 0
    packet = packets[state[COUNT]]
    if hold_fragment(data, packet, packets, fragments, state):
        packet.hash = hash_packet(packet, state[SEED])
        state[COUNT] += 1 + state[RELEASED]
    elif state[RELEASED]:
        packets[state[COUNT]] = packets[state[COUNT] + 1]
        state[COUNT] += 1


@folded
def hold_fragment(data: Any, packet: Any, packets: Any, fragments: Any, state: Any) -> bool:
    """Keep a fragment; where it completes its datagram, decode that from the scratch area and return True."""
    identity, field = int64(packet.sequence), int64(packet.weight)
    place = find_fragment(fragments, packet, identity)
    if place >= 0 and packet.time - fragments.records[place].time > PATIENCE_US:
        release_fragment(data, place, packets, fragments, state)
        place = -1
    if place < 0:
        place = choose_place(fragments)
        if fragments.records[place].is_used:
            release_fragment(data, place, packets, fragments, state)
        begin_datagram(fragments, place, packet, identity)
    begin, captured, wire = int64(packet.start), int64(packet.length), int64(packet.missing)
    if not add_fragment(fragments, place, packet, data, begin, wire, captured, (field >> 1) * 8, (field & 1) != 0):
        return False
    record = fragments.records[place]
    packet.ip_bytes, packet.weight = record.ip_bytes, record.weight
    record.is_used = 0
    copy_datagram(data, place, int64(record.total), int64(record.total), packet, fragments, state)
    return True


@compiled
def copy_datagram(data: Any, place: int, known: int, total: int, packet: Any, fragments: Any, state: Any) -> None:
    """Put the known bytes of a datagram into the scratch area and decode the transport header there."""
    begin = state[SCRATCH]
    known = min(known, state[SCRATCH_END] - begin)
    for i in range(known):
        data[begin + i] = fragments.data[place, i]
    state[SCRATCH] += known
    decode_transport(data, begin, begin + known, begin + total, packet)


@compiled
def release_fragment(data: Any, place: int, packets: Any, fragments: Any, state: Any) -> None:
    """Give up waiting: what is known of the datagram becomes a cut packet, in the place behind the current one."""
    record = fragments.records[place]
    record.is_used = 0
    packet = packets[state[COUNT] + 1]
    packet.from_high, packet.from_low = record.from_high, record.from_low
    packet.to_high, packet.to_low = record.to_high, record.to_low
    packet.protocol = record.protocol
    packet.time, packet.number = record.time, record.number
    packet.ip_bytes, packet.weight = record.ip_bytes, record.weight
    known = count_prefix(fragments, place)
    copy_datagram(data, place, known, max(known, record.total), packet, fragments, state)
    packet.hash = hash_packet(packet, state[SEED])
    state[RELEASED] = 1


@entry
def release_fragments(data: Any, packets: Any, fragments: Any, state: Any) -> None:
    """Give up all datagrams that are still waiting for fragments."""
    for place in range(FRAGMENTED):
        if fragments.records[place].is_used and state[SCRATCH_END] - state[SCRATCH] >= DATAGRAM_BYTES:
            release_fragment(data, place, packets, fragments, state)
            packets[state[COUNT]] = packets[state[COUNT] + 1]
            state[COUNT] += 1
