"""The table of live flows: open addressing over 64-bit entries (tag, slot), records recycled."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, entry, inlined, int64
from paicha.packs.traffic.capture.layout import (
    CANDIDATE,
    ENDED,
    EVICTED,
    EVICTED_AT_ONCE,
    EVICTION_WINDOW,
    FIN,
    FREE,
    GAVE_UP,
    HAND,
    HIGH_WATER,
    IDLE_US,
    LINGER_US,
    LIVE,
    MIN_PROFILE_US,
    NEXT_NUMBER,
    RST,
    SESSION_IDLE_US,
    SOURCE,
    TCP,
    UNDECIDED,
    UNUSED,
)
from paicha.packs.traffic.capture.profile_pool import give_up_profile, release_draft

_S = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


@inlined
def is_same(flow: Any, packet: Any) -> bool:
    """Return whether `packet` belongs to `flow`, in either direction."""
    if flow.protocol != packet.protocol:
        return False
    if (
        flow.a_low == packet.from_low
        and flow.b_low == packet.to_low
        and flow.a_port == packet.from_port
        and flow.b_port == packet.to_port
        and flow.a_high == packet.from_high
        and flow.b_high == packet.to_high
    ):
        return True
    return (  # type: ignore[no-any-return]
        flow.a_low == packet.to_low
        and flow.b_low == packet.from_low
        and flow.a_port == packet.to_port
        and flow.b_port == packet.from_port
        and flow.a_high == packet.to_high
        and flow.b_high == packet.from_high
    )


@inlined
def find_flow(tables: Any, packet: Any) -> int:
    """Return the slot of the flow that `packet` belongs to, or -1."""
    mask = len(tables.index) - 1
    tag = packet.hash >> _S
    place = int64(tag) & mask
    while True:
        entry = tables.index[place]
        if entry == 0:
            return -1
        if entry >> _S == tag:
            slot = int64(entry & _LOW) - 1
            if is_same(tables.flows[slot], packet):
                return slot  # type: ignore[no-any-return]
        place = (place + 1) & mask


@compiled
def add_flow(tables: Any, packet: Any) -> int:
    """Return the slot of a new flow whose first packet is `packet`; its counters are still zero."""
    meta = tables.meta
    if meta[FREE] == 0 and meta[HIGH_WATER] == len(tables.flows):
        evict_idle(tables)
    if meta[FREE]:
        meta[FREE] -= 1
        slot = int64(tables.free[meta[FREE]])
    else:
        slot = meta[HIGH_WATER]
        meta[HIGH_WATER] += 1
    flow = tables.flows[slot]
    flow.a_high, flow.a_low, flow.b_high, flow.b_low = packet.from_high, packet.from_low, packet.to_high, packet.to_low
    flow.a_port, flow.b_port, flow.protocol = packet.from_port, packet.to_port, packet.protocol
    flow.has_ports = packet.has_ports
    flow.a_flags = flow.b_flags = flow.naming = flow.data_sides = flow.was_resumed = 0
    flow.screen = UNDECIDED
    flow.opened_by = -1
    flow.collector = -1
    flow.a_bytes = flow.b_bytes = flow.a_packets = flow.b_packets = 0
    flow.started = flow.a_last = packet.time
    flow.b_last = 0
    flow.first_source = meta[SOURCE]
    flow.a_source = flow.b_source = meta[SOURCE] & 0xFFFF
    flow.number = meta[NEXT_NUMBER]
    meta[NEXT_NUMBER] += 1
    flow.asked = flow.profile = 0
    flow.is_live = 1
    tag = packet.hash >> _S
    flow.hash = np.uint32(tag)
    mask = len(tables.index) - 1
    place = int64(tag) & mask
    while tables.index[place] != 0:
        place = (place + 1) & mask
    tables.index[place] = (tag << _S) | np.uint64(slot + 1)
    meta[LIVE] += 1
    return slot  # type: ignore[no-any-return]


@compiled
def end_flow(tables: Any, slot: int) -> None:
    """Move a flow to the ended ones, which must have room, and free its slot."""
    meta, index = tables.meta, tables.index
    flow = tables.flows[slot]
    mask = len(index) - 1
    place = int64(flow.hash) & mask
    while int64(index[place] & _LOW) != slot + 1:
        place = (place + 1) & mask
    # close the hole: entries behind it move up unless they would pass their own place
    hole, place = place, (place + 1) & mask
    while index[place] != 0:
        home = int64(index[place] >> _S) & mask
        if ((place - home) & mask) >= ((place - hole) & mask):
            index[hole] = index[place]
            hole = place
        place = (place + 1) & mask
    index[hole] = np.uint64(0)
    if flow.collector >= 0:
        tables.collectors[flow.collector].kind = UNUSED
        flow.collector = -1
    if flow.profile > 0 or flow.profile < -1:
        release_young(tables, flow)
    tables.ended[meta[ENDED]] = tables.flows[slot]
    meta[ENDED] += 1
    flow.is_live = 0
    tables.free[meta[FREE]] = slot
    meta[FREE] += 1
    meta[LIVE] -= 1


@compiled
def release_young(tables: Any, flow: Any) -> None:
    """Give back what a flow that ends has for its messages, unless it lived long enough for a row of its own."""
    place = int64(flow.profile) - 1
    if flow.data_sides & GAVE_UP:  # it was quiet for long enough only if what was counted since is
        started = tables.pool.profiles[place].first if place >= 0 else last_time(flow)
    else:
        started = tables.pool.profiles[place].started if place >= 0 else flow.started
    is_kept = flow.a_packets + flow.b_packets > 0 and last_time(flow) - started >= tables.meta[MIN_PROFILE_US]
    if is_kept:  # it stays until the row is written; nobody may take it meanwhile
        if place >= 0:
            tables.pool.profiles[place].owner = -1
        else:
            tables.drafts.records[-2 - int64(flow.profile)].slot = -1
        return
    if place >= 0:
        give_up_profile(tables, place)
    else:
        release_draft(tables, -2 - int64(flow.profile))
    flow.profile = -1


@inlined
def is_closed(flow: Any) -> bool:
    """Return whether a reset or both sides' FIN were seen."""
    return ((flow.a_flags | flow.b_flags) & RST) != 0 or (flow.a_flags & flow.b_flags & FIN) != 0  # type: ignore[no-any-return]


@inlined
def last_time(flow: Any) -> int:
    """Return the time of the flow's last packet."""
    return max(flow.a_last, flow.b_last)  # type: ignore[no-any-return]


@inlined
def patience(flow: Any, meta: Any) -> int:
    """Return after how many us without a packet the flow has ended.

    A connection that may speak a mining protocol gets the time of a session: whether it does is known only later. So
    does a quiet one that has lived for some time: it may do so under encryption.
    """
    if is_closed(flow):
        return meta[LINGER_US]  # type: ignore[no-any-return]
    if flow.screen == CANDIDATE:
        return meta[SESSION_IDLE_US]  # type: ignore[no-any-return]
    is_profiled = flow.profile > 0 or (flow.profile < -1 and flow.protocol & 0xFF == TCP)
    if is_profiled and (flow.was_resumed or last_time(flow) - flow.started >= meta[MIN_PROFILE_US]):
        return meta[SESSION_IDLE_US]  # type: ignore[no-any-return]
    return meta[IDLE_US]  # type: ignore[no-any-return]


@compiled
def evict_idle(tables: Any) -> None:
    """End the longest idle flows of the next window of records; candidates are fresher by their longer patience."""
    meta, flows = tables.meta, tables.flows
    count = len(flows)
    window = min(count, EVICTION_WINDOW)
    hand = meta[HAND] % count
    wanted = max(1, window * EVICTED_AT_ONCE // EVICTION_WINDOW)
    oldest = tables.oldest
    held = 0
    for i in range(window):
        slot = (hand + i) % count
        end = last_time(flows[slot]) + patience(flows[slot], meta)
        if held == wanted and end >= oldest[held - 1, 0]:
            continue
        held = min(held + 1, wanted)
        place = held - 1  # insertion: the list is short and most records are younger than all of it
        while place and oldest[place - 1, 0] > end:
            oldest[place, 0], oldest[place, 1] = oldest[place - 1, 0], oldest[place - 1, 1]
            place -= 1
        oldest[place, 0], oldest[place, 1] = end, slot
    for i in range(held):
        end_flow(tables, oldest[i, 1])
    meta[EVICTED] += held
    meta[HAND] = (hand + window) % count


@entry
def sweep_flows(tables: Any, begin: int, count: int, now: int) -> int:
    """End the flows that are idle for too long among `count` slots from `begin`; return the slot to go on from.

    It stops early where the ended flows have no more room.
    """
    meta, flows = tables.meta, tables.flows
    slot = begin
    stop = min(begin + count, meta[HIGH_WATER])
    while slot < stop and meta[ENDED] < len(tables.ended):
        flow = flows[slot]
        if flow.is_live and now - last_time(flow) > patience(flow, meta):
            end_flow(tables, slot)
        slot += 1
    return slot


@entry
def drain_flows(tables: Any, begin: int) -> int:
    """End all flows from slot `begin` on, as far as there is room; return the slot to go on from."""
    slot = begin
    while slot < tables.meta[HIGH_WATER] and tables.meta[ENDED] < len(tables.ended):
        if tables.flows[slot].is_live:
            end_flow(tables, slot)
        slot += 1
    return slot
