"""Who has a profile: places are taken, given back, and given up where there are too few."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled
from paicha.packs.traffic.capture.layout import (
    DRAFT_FREE,
    DRAFT_HAND,
    DRAFT_HIGH,
    GAVE_UP,
    LOST_PROFILE,
    LOST_PROFILES,
    PROFILE_FREE,
    PROFILE_HAND,
    PROFILE_HIGH,
)
from paicha.packs.traffic.capture.profile_layout import BINS, BULK, HEAD_MESSAGES, HEADLESS, SIZES_KEPT, WORDS

WINDOW = 64
"""Profiles that are compared when one of them has to make room."""

RESERVED, EPHEMERAL = 1024, 32_768


@compiled
def classify_port(port: int) -> int:
    """Return 0 for reserved ports, 1 for registered, 2 for ephemeral ones."""
    return (1 if port >= RESERVED else 0) + (1 if port >= EPHEMERAL else 0)


@compiled
def begin_profile(pool: Any, place: int, flow: Any) -> None:
    """Make the profile at `place` an empty one of the flow; who the client is, is decided as for rows of FLOWS."""
    profile = pool.profiles[place]
    profile.started, profile.number = flow.started, flow.number
    profile.first = profile.last = profile.silence = profile.quarter = 0
    profile.pending_time = profile.pending_packet = 0
    profile.pending_size = 0
    profile.pending_side = profile.owner = -1
    profile.heads = HEADLESS if flow.data_sides & (LOST_PROFILE | GAVE_UP) else 0
    profile.pushes = profile.is_partial = 0
    profile.sources = 1
    pool.sources[place, 0] = flow.first_source & 0xFFFF
    if flow.opened_by >= 0:
        profile.server = 1 - flow.opened_by
    else:
        profile.server = 0 if classify_port(flow.b_port) > classify_port(flow.a_port) else 1
    for side in range(2):
        own = pool.sides[2 * place + side]
        own.payload = own.last = own.last_asked = own.last_unasked = own.packets_before = own.bytes_before = 0
        own.messages = own.other = own.answered = own.unasked = own.largest = 0
        own.expected = own.hole_from = own.hole_to = 0
        own.debt = own.waiting = own.has_expected = own.used = 0
    for kind in range(4):
        pool.shifts[place, kind] = 0
        for which in range(BINS):
            pool.gaps[place, kind, which] = 0
    for which in range(2 * SIZES_KEPT):
        pool.sizes[place, which] = 0
    for word in range(WORDS):
        pool.active[place, word] = 0
    for which in range(HEAD_MESSAGES):
        pool.heads[place, which] = 0


@compiled
def take_profile(tables: Any, now: int) -> int:
    """Return a place for a profile, -1 where all are taken by connections worth more than one that is new.

    Where all are taken, the one of a window gives way that lived the shortest, its silence since taken off.
    """
    meta = tables.meta
    if meta[PROFILE_FREE]:
        meta[PROFILE_FREE] -= 1
        return tables.free_profiles[meta[PROFILE_FREE]]  # type: ignore[no-any-return]
    count = len(tables.pool.profiles)
    if meta[PROFILE_HIGH] < count:
        meta[PROFILE_HIGH] += 1
        return meta[PROFILE_HIGH] - 1  # type: ignore[no-any-return]
    worst, least = -1, 0
    for _ in range(WINDOW):
        place = meta[PROFILE_HAND]
        meta[PROFILE_HAND] = (place + 1) % count
        profile = tables.pool.profiles[place]
        if profile.owner < 0:
            continue
        worth = 2 * profile.last - profile.first - now
        if worst < 0 or worth < least:
            worst, least = place, worth
    meta[LOST_PROFILES] += 1
    if worst < 0 or least > 0:
        return -1
    flow = tables.flows[tables.pool.profiles[worst].owner]
    flow.profile = 0
    flow.data_sides |= LOST_PROFILE
    return worst


@compiled
def give_up_profile(tables: Any, place: int) -> None:
    """Give the place of a profile back."""
    meta = tables.meta
    tables.pool.profiles[place].owner = -1
    tables.free_profiles[meta[PROFILE_FREE]] = place
    meta[PROFILE_FREE] += 1


@compiled
def take_draft(tables: Any, now: int) -> int:
    """Return an empty draft; where all are taken, the longest silent one of a window makes room."""
    meta = tables.meta
    records = tables.drafts.records
    count = len(records)
    if meta[DRAFT_FREE]:
        meta[DRAFT_FREE] -= 1
        number = tables.free_drafts[meta[DRAFT_FREE]]
    elif meta[DRAFT_HIGH] < count:
        number = meta[DRAFT_HIGH]
        meta[DRAFT_HIGH] += 1
    else:
        number = -1
        for _ in range(WINDOW):
            place = meta[DRAFT_HAND]
            meta[DRAFT_HAND] = (place + 1) % count
            if records[place].slot >= 0 and (number < 0 or records[place].last < records[number].last):
                number = place
        if number < 0:
            return -1
        flow = tables.flows[records[number].slot]
        flow.profile = 0
        flow.data_sides |= LOST_PROFILE
    draft = records[number]
    draft.slot = -1
    draft.count = draft.flags = 0
    tables.drafts.cells[number, BULK] = 0
    draft.last = now
    return number  # type: ignore[no-any-return]


@compiled
def release_draft(tables: Any, number: int) -> None:
    """Give a draft back."""
    meta = tables.meta
    tables.drafts.records[number].slot = -1
    tables.free_drafts[meta[DRAFT_FREE]] = number
    meta[DRAFT_FREE] += 1
