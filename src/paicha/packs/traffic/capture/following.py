"""The loop over decoded packets: counts flows, picks out candidates for mining, and reads names."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.collecting import (
    begin_collector,
    continue_collector,
    read_hello,
    read_server,
    release_collector,
)
from paicha.packs.traffic.capture.compiling import compiled, entry, folded, inlined, int64, prefetch
from paicha.packs.traffic.capture.dns import PORT, read_dns
from paicha.packs.traffic.capture.flow_table import add_flow, end_flow, find_flow, is_closed, last_time, patience
from paicha.packs.traffic.capture.layout import (
    ACK,
    CANDIDATE,
    CLIENT_HELLO,
    ENCRYPTED,
    ENDED,
    HAS_SNI,
    HOST,
    NOISE,
    NOISE_ANSWER,
    NOISE_HELLO,
    OPENED,
    PIECES,
    QUIET,
    SEGMENTS,
    SERVER_HELLO,
    SHOWED_TLS,
    SHOWED_WEB,
    SOURCE,
    SYN,
    TCP,
    UDP,
    UNDECIDED,
)
from paicha.packs.traffic.capture.links import read_16
from paicha.packs.traffic.capture.name_table import add_name, draft_name, is_window_full
from paicha.packs.traffic.capture.payloads import MAY_MINE, begins_json, is_binary, is_request, read_head, strip_port
from paicha.packs.traffic.capture.profiling import is_due, profile_packet
from paicha.packs.traffic.capture.tls import HANDSHAKE, HELLO, SERVER, begins_hello

BOTH = 3
"""Bits of Flow.data_sides for the sides that sent payload."""

AHEAD = 32
"""Packets whose flows are fetched into the cache before they are needed."""

SKEW_US = 2_000_000
"""By so much the clocks of two sensors of a site may differ."""

REUSE_US = 10_000_000
"""After such a silence a new SYN begins a new connection, though the end of the old one was not seen."""

_LOW = np.uint64(0xFFFFFFFF)
_S = np.uint64(32)


@inlined
def has_output_room(tables: Any) -> bool:
    """Return whether whatever one packet can give still fits."""
    meta = tables.meta
    return (
        meta[ENDED] + 128 <= len(tables.ended)
        and meta[OPENED] < len(tables.opened)
        and meta[SEGMENTS] + 2 <= len(tables.segments)
        and meta[PIECES] + 2 <= len(tables.pieces.first)
        and not is_window_full(meta)
    )


@entry
def follow_packets(data: Any, packets: Any, begin: int, count: int, tables: Any) -> int:
    """Follow packets[begin:count]; return where to go on: before `count` where the outputs must be emptied first."""
    mask = len(tables.index) - 1
    at = begin
    while at < count:
        stop = min(at + AHEAD, count)
        for i in range(at, stop):
            prefetch(tables.index, int64(packets[i].hash >> _S) & mask)
        for i in range(at, stop):
            entry = tables.index[int64(packets[i].hash >> _S) & mask]
            if entry != 0:
                prefetch(tables.flows, int64(entry & _LOW) - 1)
        for i in range(at, stop):
            entry = tables.index[int64(packets[i].hash >> _S) & mask]
            if entry != 0:
                profile = int64(tables.flows[int64(entry & _LOW) - 1].profile)
                if profile < -1:
                    prefetch(tables.drafts.records, -2 - profile)
        for i in range(at, stop):
            if not has_output_room(tables):
                return i
            follow_packet(data, packets[i], tables)
        at = stop
    return count


@folded
def follow_packet(data: Any, packet: Any, tables: Any) -> None:
    """Count one packet in its flow and look at its payload."""
    meta = tables.meta
    slot = find_flow(tables, packet)
    is_tcp = packet.protocol & 0xFF == TCP
    if slot >= 0:
        flow = tables.flows[slot]
        gap = packet.time - last_time(flow)
        is_repeat = is_second_sighting(flow, packet, find_side(flow, packet), meta[SOURCE] & 0xFFFF, tables.reading)
        if gap > patience(flow, meta) or (is_tcp and not is_repeat and begins_anew(flow, packet, gap)):
            end_flow(tables, slot)
            slot = -1
    if slot < 0:
        slot = add_flow(tables, packet)
        is_repeat = False
    flow = tables.flows[slot]
    side = find_side(flow, packet)
    is_name_service = (packet.from_port == PORT or packet.to_port == PORT) and packet.protocol & 0xFF == UDP
    if not is_repeat:
        since = packet.time - (flow.a_last if side == 0 else flow.b_last)
        count_packet(flow, packet, side, meta[SOURCE])
        has_payload = packet.length + packet.missing > 0
        if has_payload and (flow.profile != -1 or is_due(flow, packet.time, meta)) and not is_name_service:
            profile_packet(tables, slot, flow, packet, side, since)
    if is_tcp:
        if flow.screen == CANDIDATE:
            add_segment(tables, flow, packet, side, is_repeat)
        elif packet.length > 0 and flow.screen != QUIET:
            screen_payload(tables, slot, packet, side, data, is_repeat)
    elif is_name_service and not is_repeat:
        read_dns(tables.window, flow, packet, data, packet.start, packet.start + packet.length)


@inlined
def find_side(flow: Any, packet: Any) -> int:
    """Return 0 where `a` sent the packet, 1 where `b` did."""
    if flow.a_low != packet.from_low or flow.a_port != packet.from_port or flow.a_high != packet.from_high:
        return 1
    return 0


@inlined
def is_second_sighting(flow: Any, packet: Any, side: int, source: int, reading: Any) -> bool:
    """Return whether another input shows this side's packets of this time.

    As long as that input is being read and was heard on this side lately, it is the one that counts: the clocks of
    two sensors differ by more than the time between packets.
    """
    first, last = (flow.a_source, flow.a_last) if side == 0 else (flow.b_source, flow.b_last)
    return first != source and packet.time <= last + (SKEW_US if reading[first] else 0)  # type: ignore[no-any-return]


@compiled
def begins_anew(flow: Any, packet: Any, gap: int) -> bool:
    """Return whether a SYN opens a new connection between the same ends."""
    if packet.flags & (SYN | ACK) != SYN:
        return False
    return is_closed(flow) or ((flow.a_flags | flow.b_flags) & 1) != 0 or (flow.data_sides != 0 and gap > REUSE_US)


@inlined
def count_packet(flow: Any, packet: Any, side: int, source: int) -> None:
    """Add a packet to the counters of its side."""
    if flow.was_resumed == 1:  # the first packet of a session that an earlier run left open
        flow.was_resumed = 2
        flow.started = packet.time
        flow.first_source = source
    if packet.flags & SYN and packet.protocol & 0xFF == TCP:
        flow.opened_by = 1 - side if packet.flags & ACK else side
    if side == 0:
        flow.a_source, flow.a_last = source & 0xFFFF, max(flow.a_last, packet.time)
        flow.a_packets += packet.weight
        flow.a_bytes += packet.ip_bytes
        flow.a_flags |= packet.flags
    else:
        flow.b_source, flow.b_last = source & 0xFFFF, max(flow.b_last, packet.time)
        flow.b_packets += packet.weight
        flow.b_bytes += packet.ip_bytes
        flow.b_flags |= packet.flags


@compiled
def add_segment(tables: Any, flow: Any, packet: Any, side: int, is_repeat: bool) -> None:
    """Hand a packet of a candidate to the stratum room; a second sighting counts no bytes."""
    meta = tables.meta
    segment = tables.segments[meta[SEGMENTS]]
    meta[SEGMENTS] += 1
    segment.flow, segment.side, segment.time = flow.number, side, packet.time
    segment.sequence, segment.flags = packet.sequence, packet.flags
    segment.ip_bytes = 0 if is_repeat else packet.ip_bytes
    segment.packet, segment.source = packet.number, meta[SOURCE]
    segment.start, segment.length, segment.missing = packet.start, packet.length, packet.missing


@compiled
def note_opened(tables: Any, slot: int) -> Any:
    """Append a copy of the flow to those opened, with its slot in the place of its collector; return the copy."""
    meta = tables.meta
    opened = tables.opened[meta[OPENED]]
    tables.opened[meta[OPENED]] = tables.flows[slot]
    opened.collector = slot
    meta[OPENED] += 1
    return opened


@compiled
def open_candidate(tables: Any, slot: int, packet: Any, side: int, is_repeat: bool) -> None:
    """Make the flow a candidate from this packet on."""
    flow = tables.flows[slot]
    flow.screen = CANDIDATE
    release_collector(tables, flow)
    opened = note_opened(tables, slot)
    if not is_repeat:
        if side == 0:
            opened.a_bytes -= packet.ip_bytes
        else:
            opened.b_bytes -= packet.ip_bytes
    add_segment(tables, flow, packet, side, is_repeat)


@folded
def screen_payload(tables: Any, slot: int, packet: Any, side: int, data: Any, is_repeat: bool) -> None:
    """Look at the first bytes of a payload on a connection that is no candidate yet."""
    flow = tables.flows[slot]
    at = packet.start
    end = at + packet.length
    is_first = flow.data_sides & BOTH == 0
    if not is_repeat:
        flow.data_sides |= 1 << side
    byte = data[at]
    if flow.screen == UNDECIDED:
        if begins_json(data, at, end):
            open_candidate(tables, slot, packet, side, is_repeat)
            return
        if is_repeat:
            return
        if flow.collector >= 0 and tables.collectors[flow.collector].kind == NOISE:
            answer_noise(tables, slot, packet, side)
            return
        if 65 <= byte <= 90 and is_request(data, at, end):
            flow.data_sides |= SHOWED_WEB
            screen_request(tables, slot, packet, side, data, at, end)
            return
        if byte == HANDSHAKE and (begins_hello(data, at, end, HELLO) or begins_hello(data, at, end, SERVER)):
            flow.screen = ENCRYPTED
            flow.data_sides |= SHOWED_TLS
        elif is_first and packet.length == NOISE_HELLO and packet.missing == 0 and flow.opened_by != 1 - side:
            if is_binary(data, at, end):
                begin_collector(tables, slot, NOISE, side, packet, data)
            return
        elif (packet.from_port == PORT or packet.to_port == PORT) and packet.length > 14:
            if read_16(data, at) == packet.length + packet.missing - 2:
                read_dns(tables.window, flow, packet, data, at + 2, end)
            return
    if flow.screen == ENCRYPTED and not is_repeat:
        read_handshake(tables, slot, packet, side, data, at, end)


@folded
def screen_request(tables: Any, slot: int, packet: Any, side: int, data: Any, at: int, end: int) -> None:
    """Count the host that an HTTP request names; make the flow a candidate where it may belong to mining."""
    flow = tables.flows[slot]
    bits, host, length = read_head(data, at, end)
    if host >= 0 and length > 0:
        draft = draft_name(tables.window, HOST, packet, True, flow.number)
        add_name(tables.window, draft, data, host, strip_port(data, host, length))
    if bits & MAY_MINE:
        open_candidate(tables, slot, packet, side, False)


@folded
def answer_noise(tables: Any, slot: int, packet: Any, side: int) -> None:
    """Decide whether what follows 64 opaque bytes makes them a Noise handshake of Stratum V2."""
    flow = tables.flows[slot]
    meta = tables.meta
    number = int64(flow.collector)
    collector = tables.collectors[number]
    if side == collector.side or packet.length + packet.missing != NOISE_ANSWER:
        if side != collector.side or packet.sequence == collector.expected:
            release_collector(tables, flow)
        return
    opened = note_opened(tables, slot)
    opened.a_bytes, opened.b_bytes = collector.a_bytes, collector.b_bytes
    if collector.side == 0:
        opened.a_bytes -= collector.ip_bytes
    else:
        opened.b_bytes -= collector.ip_bytes
    segment = tables.segments[meta[SEGMENTS]]
    meta[SEGMENTS] += 1
    segment.flow, segment.side, segment.time = flow.number, collector.side, collector.time
    segment.sequence = np.uint32((int64(collector.expected) - NOISE_HELLO) & 0xFFFFFFFF)
    segment.flags, segment.ip_bytes = collector.flags, collector.ip_bytes
    segment.packet, segment.source = collector.packet, collector.source
    segment.start, segment.length, segment.missing = -1 - number, NOISE_HELLO, 0
    flow.screen = CANDIDATE
    add_segment(tables, flow, packet, side, False)
    release_collector(tables, flow)


@folded
def read_handshake(tables: Any, slot: int, packet: Any, side: int, data: Any, at: int, end: int) -> None:
    """Read names from the handshake of an encrypted connection until there are no more to come."""
    flow = tables.flows[slot]
    if flow.collector >= 0:
        if tables.collectors[flow.collector].side == side:
            kind = tables.collectors[flow.collector].kind
            if not continue_collector(tables, slot, side, packet, data):
                release_collector(tables, flow)
                if kind == SERVER_HELLO or flow.naming & HAS_SNI:
                    flow.screen = QUIET
            return
        if tables.collectors[flow.collector].kind == SERVER_HELLO:
            return
    if begins_hello(data, at, end, HELLO):
        if read_hello(tables.window, flow, packet, data, at, end) and packet.missing == 0:
            begin_collector(tables, slot, CLIENT_HELLO, side, packet, data)
        elif flow.naming & HAS_SNI:
            flow.screen = QUIET
    elif begins_hello(data, at, end, SERVER):
        if read_server(tables.window, flow, packet, data, at, end) and packet.missing == 0:
            begin_collector(tables, slot, SERVER_HELLO, side, packet, data)
        else:
            flow.screen = QUIET
    elif data[at] == 23:  # application data: the handshake is over
        flow.screen = QUIET
