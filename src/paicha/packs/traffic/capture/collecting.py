"""First bytes of a side that do not fit one segment: kept in order, in a bounded ring of buffers."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.certificates import read_certificate
from paicha.packs.traffic.capture.compiling import compiled, int64
from paicha.packs.traffic.capture.layout import (
    CERTIFICATE,
    CLIENT_HELLO,
    COLLECTED_BYTES,
    COLLECTOR_HAND,
    COLLECTORS,
    SERVER_HELLO,
    SNI,
    SOURCE,
    UNUSED,
)
from paicha.packs.traffic.capture.name_table import add_name, draft_name
from paicha.packs.traffic.capture.tls import NOT_ENOUGH, find_certificate, find_server_name, join_records


@compiled
def release_collector(tables: Any, flow: Any) -> None:
    """Give the flow's buffer back."""
    if flow.collector >= 0:
        tables.collectors[flow.collector].kind = UNUSED
        flow.collector = -1


@compiled
def begin_collector(tables: Any, slot: int, kind: int, side: int, packet: Any, data: Any) -> None:
    """Give the flow the next buffer of the ring, whoever has it, and put the payload of `packet` into it."""
    meta = tables.meta
    number = meta[COLLECTOR_HAND]
    meta[COLLECTOR_HAND] = (number + 1) % COLLECTORS
    collector = tables.collectors[number]
    if collector.kind != UNUSED:
        tables.flows[collector.slot].collector = -1
    flow = tables.flows[slot]
    release_collector(tables, flow)
    flow.collector = number
    collector.slot, collector.kind, collector.side = slot, kind, side
    collector.flags, collector.ip_bytes, collector.source = packet.flags, packet.ip_bytes, meta[SOURCE]
    collector.time, collector.packet = packet.time, packet.number
    collector.a_bytes, collector.b_bytes = flow.a_bytes, flow.b_bytes
    collector.expected, collector.length = packet.sequence, 0
    extend_collector(tables, number, packet, data)


@compiled
def extend_collector(tables: Any, number: int, packet: Any, data: Any) -> bool:
    """Append the payload of `packet` where it continues what is held; return False where bytes are missing."""
    collector = tables.collectors[number]
    ahead = (int64(packet.sequence) - int64(collector.expected)) & 0xFFFFFFFF
    skip = 0
    if ahead:
        skip = (1 << 32) - ahead
        if skip > 1 << 31:  # a segment before this one is missing
            return False
    size = min(packet.length - skip, COLLECTED_BYTES - collector.length)
    if size > 0:
        begin = packet.start + skip
        held = int64(collector.length)
        for i in range(size):
            tables.collected[number, held + i] = data[begin + i]
        collector.length += size
        collector.expected = np.uint32((int64(collector.expected) + size) & 0xFFFFFFFF)
    return packet.missing == 0 and collector.length < COLLECTED_BYTES  # type: ignore[no-any-return]


@compiled
def read_hello(window: Any, flow: Any, packet: Any, data: Any, at: int, end: int) -> bool:
    """Count the server name of the ClientHello data[at:end]; return whether more bytes are needed to know it."""
    place, length = find_server_name(data, at, end)
    if place == NOT_ENOUGH:
        return True
    if place >= 0 and length > 0:
        draft = draft_name(window, SNI, packet, True, flow.number)
        if add_name(window, draft, data, place, length) >= 0:
            flow.naming = 1
    return False


@compiled
def read_server(window: Any, flow: Any, packet: Any, data: Any, at: int, end: int) -> bool:
    """Count the names of the server's certificate in data[at:end]; return whether more bytes are needed."""
    used, may_continue = join_records(data, at, end, window.work)
    place, length = find_certificate(window.work, used)
    if place == NOT_ENOUGH:
        return may_continue
    if place >= 0:
        draft = draft_name(window, CERTIFICATE, packet, False, flow.number)
        read_certificate(window, draft, place, length)
    return False


@compiled
def continue_collector(tables: Any, slot: int, side: int, packet: Any, data: Any) -> bool:
    """Add a payload to what the flow has collected and read it if it is enough; return whether to go on waiting."""
    flow = tables.flows[slot]
    number = int64(flow.collector)
    collector = tables.collectors[number]
    if collector.side != side:
        return True
    may_grow = extend_collector(tables, number, packet, data)
    held = tables.collected[number]
    if collector.kind == CLIENT_HELLO:
        waits = read_hello(tables.window, flow, packet, held, 0, int64(collector.length))
    elif collector.kind == SERVER_HELLO:
        waits = read_server(tables.window, flow, packet, held, 0, int64(collector.length))
    else:
        waits = False
    return waits and may_grow
