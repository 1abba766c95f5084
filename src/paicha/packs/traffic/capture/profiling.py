"""Messages of quiet connections, put together from their packets: first in a draft, then in a profile."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, inlined, int64
from paicha.packs.traffic.capture.layout import (
    AGAIN_MINUTES,
    ANSWER_US,
    GAVE_UP,
    LOST_PROFILE,
    PIECES,
    PROFILE_BYTES,
    PROFILE_MILLIS,
    SOURCE,
    TCP,
    WATCH_US,
)
from paicha.packs.traffic.capture.profile_counts import count_message
from paicha.packs.traffic.capture.profile_layout import (
    BULK,
    DRAFT_MESSAGES,
    FIRST_SIZE,
    FIRST_STEP,
    KNOWS_A,
    OPEN,
    PUSHES_HELD,
    SOURCES_KEPT,
)
from paicha.packs.traffic.capture.profile_pool import (
    begin_profile,
    give_up_profile,
    release_draft,
    take_draft,
    take_profile,
)

JOIN_US = 50_000
"""A packet so soon after one of its side that did not push its data belongs to the same message."""

PUSH, FINISH = 8, 1
LONGEST = 32_767
OPENING_BYTES = 24_576
"""Payload that the first messages may have, and the longest mean for each one of them: with more the connection is a
bulky one. Certificates, logins and the first jobs and shares of any pool take less."""

BULK_SHIFT = 6
MOST_BULK = 32_767

MINUTE_US = 60_000_000
OUT_OF_ORDER = 250
"""Minutes of 256 from which on the time is taken for one before, not after."""

BURST_US = 1_000_000
"""Datagrams of which ten come in less are a burst: their connection is profiled from its end on, if it has one."""

DONE, FULL_DRAFT, BULKY_DRAFT = range(3)
"""Results: the packet is counted; it is not, there is no room for a message more; the connection is a bulky one."""

OPENING = 4
"""Messages in which certificates and the like are exchanged: they are not judged."""

CHECK_EVERY = 64
BACK = 1 << 30
QUARTER_SECOND = 0x8000


@inlined
def profile_packet(tables: Any, slot: int, flow: Any, packet: Any, side: int, since: int) -> None:
    """Add the payload of a packet to what is known of its flow's messages.

    `since` is the time since the packet of the same side before it. Functions are passed all tables only where that
    is rare: there are so many that it takes longer than to count a packet.
    """
    if flow.profile < -1:
        mean = tables.meta[PROFILE_BYTES]
        result = extend_draft(tables.drafts.records, tables.drafts.cells, flow, packet, side, since, mean)
        if result == FULL_DRAFT:
            promote_draft(tables, slot, packet, side, since)
        elif result == BULKY_DRAFT:
            refuse_draft(tables, slot, packet.time)
    elif flow.profile > 0:
        follow_profile(tables, slot, packet, side)
    else:
        start_draft(tables, slot, packet, side)


@inlined
def is_due(flow: Any, now: int, meta: Any) -> bool:
    """Return whether a connection that was given up is looked at again: it may have turned quiet."""
    passed = (now // MINUTE_US - int64(flow.given_up)) & 255
    return meta[AGAIN_MINUTES] <= passed < OUT_OF_ORDER  # type: ignore[no-any-return]


@inlined
def note_given_up(flow: Any, now: int) -> None:
    """Mark a flow as not quiet."""
    flow.profile = -1
    flow.data_sides |= GAVE_UP
    flow.given_up = (now // MINUTE_US) & 255


@compiled
def refuse_draft(tables: Any, slot: int, now: int) -> None:
    """Take its draft from a flow that is not quiet."""
    end_draft(tables, slot, -1)
    note_given_up(tables.flows[slot], now)


@compiled
def start_draft(tables: Any, slot: int, packet: Any, side: int) -> None:
    """Give the flow a draft, and put the packet into it as its first message."""
    flow = tables.flows[slot]
    number = take_draft(tables, packet.time)
    if number < 0:
        flow.data_sides |= LOST_PROFILE
        return
    tables.drafts.records[number].slot = slot
    flow.profile = -2 - number
    mean = tables.meta[PROFILE_BYTES]
    if extend_draft(tables.drafts.records, tables.drafts.cells, flow, packet, side, 0, mean) == BULKY_DRAFT:
        refuse_draft(tables, slot, packet.time)


@compiled
def end_draft(tables: Any, slot: int, profile: int) -> None:
    """Take its draft from a flow, which then has `profile`."""
    flow = tables.flows[slot]
    release_draft(tables, -2 - int64(flow.profile))
    flow.profile = profile


@inlined
def distance(sequence: Any, expected: Any) -> int:
    """Return by how much a sequence number is ahead of the one expected."""
    return ((int64(sequence) - int64(expected) + 0x80000000) & 0xFFFFFFFF) - 0x80000000  # type: ignore[no-any-return]


@inlined
def write_step(gap_us: int) -> int:
    """Return a time between messages in 16 bits: ms below 32.768 s, else quarters of a second."""
    millis = max(0, gap_us) // 1000
    if millis < QUARTER_SECOND:
        return millis
    return QUARTER_SECOND | min(QUARTER_SECOND - 1, millis // 250)


@compiled
def read_step(cell: int) -> int:
    """Return the us that `write_step` wrote."""
    step = int64(cell) & 0xFFFF
    return (step & (QUARTER_SECOND - 1)) * 250_000 if step & QUARTER_SECOND else step * 1000  # type: ignore[no-any-return]


@inlined
def extend_draft(records: Any, cells: Any, flow: Any, packet: Any, side: int, since: int, mean: int) -> int:
    """Add a packet to its flow's draft; return what became of that, one of the results above."""
    wire = int64(packet.length) + int64(packet.missing)
    number = -2 - int64(flow.profile)
    draft = records[number]
    bulk = int64(cells[number, BULK]) + (wire + (1 << BULK_SHIFT) - 1 >> BULK_SHIFT)
    if bulk > (OPENING_BYTES + int64(draft.count) * mean) >> BULK_SHIFT:
        return BULKY_DRAFT
    cells[number, BULK] = min(bulk, MOST_BULK)
    is_tcp = packet.protocol & 0xFF == TCP
    is_next = True
    if is_tcp:
        end = np.uint32((int64(packet.sequence) + wire) & 0xFFFFFFFF)
        if draft.flags & (KNOWS_A << side):
            ahead = distance(packet.sequence, draft.expected_a if side == 0 else draft.expected_b)
            if -BACK < ahead < 0:
                wire += ahead
                if wire <= 0:
                    return DONE
            is_next = ahead <= 0
    count = int64(draft.count)
    is_joined = is_next and is_tcp and count > 0 and (draft.flags & OPEN) != 0 and since < JOIN_US
    if is_joined:
        cell = int64(cells[number, FIRST_SIZE + count - 1])
        is_joined = (cell < 0) == (side == 1)
        wire = wire + abs(cell) if is_joined else wire
    if not is_joined:
        if count == DRAFT_MESSAGES:
            return FULL_DRAFT
        cells[number, FIRST_STEP + count] = np.int16(np.uint16(write_step(packet.time - draft.last if count else 0)))
        draft.last = packet.time
        count += 1
        draft.count = count
    if is_tcp:
        draft.flags |= KNOWS_A << side
        if side == 0:
            draft.expected_a = end
        else:
            draft.expected_b = end
    wire = min(wire, LONGEST)
    cells[number, FIRST_SIZE + count - 1] = wire if side == 0 else -wire
    is_open = is_tcp and packet.flags & (PUSH | FINISH) == 0
    draft.flags = (draft.flags & ~OPEN) | (OPEN if is_open else 0)
    return DONE


@compiled
def promote_draft(tables: Any, slot: int, packet: Any, side: int, since: int) -> None:
    """Turn a full draft into a profile that takes the packet, unless its flow is a bulky one or there is no room."""
    flow = tables.flows[slot]
    meta = tables.meta
    number = -2 - int64(flow.profile)
    draft = tables.drafts.records[number]
    total = 0
    for i in range(OPENING, DRAFT_MESSAGES):
        total += abs(int64(tables.drafts.cells[number, FIRST_SIZE + i]))
    if total > 2 * meta[PROFILE_BYTES] * (DRAFT_MESSAGES - OPENING):
        refuse_draft(tables, slot, packet.time)
        return
    if packet.protocol & 0xFF != TCP and packet.time - find_first(draft, tables.drafts.cells, number) < BURST_US:
        draft.count = 0
        extend_draft(tables.drafts.records, tables.drafts.cells, flow, packet, side, since, meta[PROFILE_BYTES])
        return
    place = take_profile(tables, draft.last)
    if place < 0:
        end_draft(tables, slot, 0)
        flow.data_sides |= LOST_PROFILE
        return
    begin_profile(tables.pool, place, flow)
    tables.pool.profiles[place].owner = slot
    replay_draft(tables.drafts, number, tables.pool, place, packet.time - since, meta[ANSWER_US])
    end_draft(tables, slot, place + 1)
    follow_profile(tables, slot, packet, side)


@inlined
def find_first(draft: Any, cells: Any, number: int) -> int:
    """Return the time of the first message of a draft."""
    time = int64(draft.last)
    for i in range(1, draft.count):
        time -= read_step(cells[number, FIRST_STEP + i])
    return time  # type: ignore[no-any-return]


@compiled
def replay_draft(drafts: Any, number: int, pool: Any, place: int, before: int, answer_us: int) -> None:
    """Count the messages of a draft in an empty profile; the last one may still grow."""
    draft = drafts.records[number]
    cells = drafts.cells
    profile = pool.profiles[place]
    time = find_first(draft, cells, number)
    profile.first = profile.last = time
    for side in range(2):
        own = pool.sides[2 * place + side]
        own.has_expected = 1 if draft.flags & (KNOWS_A << side) else 0
        own.expected = draft.expected_a if side == 0 else draft.expected_b
    for i in range(draft.count):
        if i:
            time += read_step(cells[number, FIRST_STEP + i])
        cell = int64(cells[number, FIRST_SIZE + i])
        side = 1 if cell < 0 else 0
        if i == draft.count - 1 and draft.flags & OPEN:
            profile.pending_side, profile.pending_size = side, abs(cell)
            profile.pending_time, profile.pending_packet = time, before
        else:
            count_message(pool, place, side, abs(cell), time, answer_us)


@inlined
def measure_new(own: Any, packet: Any) -> tuple[int, bool]:
    """Return how many payload bytes of a packet are new, and whether they continue what came before on its side.

    A segment that fills the hole which others left counts; what was seen before does not, nor does the probe by which
    a side asks whether the other one is still there.
    """
    wire = int64(packet.length) + int64(packet.missing)
    sequence = int64(packet.sequence)
    end = np.uint32((sequence + wire) & 0xFFFFFFFF)
    if own.has_expected == 0:
        own.has_expected = 1
        own.expected = end
        return wire, True
    ahead = distance(sequence, own.expected)
    if -BACK < ahead < 0:
        if wire + ahead > 0:
            own.expected = end
            return wire + ahead, True
        if own.hole_from == own.hole_to:
            return 0, False
        inside = distance(sequence, own.hole_from)
        if inside < 0 or distance(sequence, own.hole_to) >= 0:
            return 0, False
        if inside == 0:
            own.hole_from = end if distance(end, own.hole_to) < 0 else own.hole_to
        else:  # what lies before it is given up
            own.hole_to = np.uint32(sequence)
        return wire, False
    if ahead > 0:
        own.hole_from, own.hole_to = own.expected, np.uint32(sequence)
    own.expected = end
    return wire, ahead == 0


@compiled
def follow_profile(tables: Any, slot: int, packet: Any, side: int) -> None:
    """Add a packet to the profile of its flow."""
    pool, meta = tables.pool, tables.meta
    place = int64(tables.flows[slot].profile) - 1
    profile = pool.profiles[place]
    note_source(pool, place, meta[SOURCE] & 0xFFFF)
    is_tcp = packet.protocol & 0xFF == TCP
    size, is_next = int64(packet.length) + int64(packet.missing), False
    if is_tcp:
        size, is_next = measure_new(pool.sides[2 * place + side], packet)
        if size == 0:
            return
    is_open = is_tcp and packet.flags & (PUSH | FINISH) == 0
    if profile.pending_side >= 0:
        if profile.pending_side == side and is_next and packet.time - profile.pending_packet < JOIN_US:
            profile.pending_size += size
            profile.pending_packet = packet.time
            if not is_open:
                complete_message(tables, place, slot)
                check_quiet(tables, place, slot, packet.time)
            return
        complete_message(tables, place, slot)
    profile.pending_side, profile.pending_size = side, size
    profile.pending_time = profile.pending_packet = packet.time
    if not is_open:
        complete_message(tables, place, slot)
        check_quiet(tables, place, slot, packet.time)


@compiled
def complete_message(tables: Any, place: int, slot: int) -> None:
    """Count the pending message; hand over the pushes that are held when there is no more room."""
    pool, meta = tables.pool, tables.meta
    profile = pool.profiles[place]
    side = int64(profile.pending_side)
    profile.pending_side = -1
    count_message(pool, place, side, int64(profile.pending_size), profile.pending_time, meta[ANSWER_US])
    if profile.pushes == PUSHES_HELD:
        profile.pushes = 0
        piece = meta[PIECES]
        meta[PIECES] += 1
        pieces = tables.pieces
        pieces.flows[piece] = tables.flows[slot]
        pieces.flows[piece].started = profile.started
        pieces.first[piece] = profile.first
        for i in range(PUSHES_HELD):
            pieces.times[piece, i] = pool.push_times[place, i]
            pieces.sizes[piece, i] = pool.push_sizes[place, i]


@inlined
def note_source(pool: Any, place: int, source: int) -> None:
    """Remember the input that showed the connection; past the room for them the last one stands for the rest."""
    profile = pool.profiles[place]
    count = int64(profile.sources)
    if count and pool.sources[place, count - 1] == source:
        return
    for i in range(count):
        if pool.sources[place, i] == source:
            return
    if count < SOURCES_KEPT:
        profile.sources = count + 1
        count += 1
    pool.sources[place, count - 1] = source


@compiled
def check_quiet(tables: Any, place: int, slot: int, now: int) -> None:
    """Give the profile up where the connection proves busy or bulky."""
    pool, meta = tables.pool, tables.meta
    one, other = pool.sides[2 * place], pool.sides[2 * place + 1]
    messages = int64(one.messages) + int64(other.messages)
    if messages % CHECK_EVERY:
        return
    age = now - pool.profiles[place].first
    is_bulky = one.payload + other.payload > messages * meta[PROFILE_BYTES]
    is_busy = age >= WATCH_US and messages * 1_000_000 // max(1, age // 1000) > meta[PROFILE_MILLIS]
    if is_bulky or is_busy:
        give_up_profile(tables, place)
        note_given_up(tables.flows[slot], now)
