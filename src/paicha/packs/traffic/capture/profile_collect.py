"""Profiles and drafts of chosen flows copied out of the loop's tables, as they stand or finished."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, entry, int64
from paicha.packs.traffic.capture.layout import ANSWER_US, LOST_PROFILE
from paicha.packs.traffic.capture.profile_counts import count_message
from paicha.packs.traffic.capture.profile_layout import BINS, HEAD_MESSAGES, PUSHES_HELD, SIZES_KEPT, WAITING, WORDS
from paicha.packs.traffic.capture.profile_pool import begin_profile, give_up_profile, release_draft
from paicha.packs.traffic.capture.profiling import replay_draft


@compiled
def copy_profile(source: Any, place: int, target: Any, to: int) -> None:
    """Copy one profile into another pool."""
    target.profiles[to] = source.profiles[place]
    for side in range(2):
        target.sides[2 * to + side] = source.sides[2 * place + side]
    for n in range(2 * SIZES_KEPT):
        target.sizes[to, n] = source.sizes[place, n]
        target.counts[to, n] = source.counts[place, n]
    for kind in range(4):
        target.shifts[to, kind] = source.shifts[place, kind]
        for n in range(BINS):
            target.gaps[to, kind, n] = source.gaps[place, kind, n]
    for n in range(PUSHES_HELD):
        target.push_times[to, n] = source.push_times[place, n]
        target.push_sizes[to, n] = source.push_sizes[place, n]
    for n in range(WORDS):
        target.active[to, n] = source.active[place, n]
    for n in range(HEAD_MESSAGES):
        target.heads[to, n] = source.heads[place, n]
    for n in range(source.profiles[place].sources):
        target.sources[to, n] = source.sources[place, n]
    for n in range(2 * WAITING):
        target.waiting_times[to, n] = source.waiting_times[place, n]
        target.waiting_sizes[to, n] = source.waiting_sizes[place, n]


@entry
def collect_profiles(tables: Any, flows: Any, chosen: Any, out: Any, is_end: bool) -> None:
    """Copy what is known of the messages of flows[chosen] into `out`, one place after the other.

    At the end of flows the pending message is counted, and what they had is given back.
    """
    answer_us = tables.meta[ANSWER_US]
    for to in range(len(chosen)):
        flow = flows[chosen[to]]
        if flow.profile > 0:
            copy_profile(tables.pool, int64(flow.profile) - 1, out, to)
            if is_end:
                give_up_profile(tables, int64(flow.profile) - 1)
        else:
            begin_profile(out, to, flow)
            if flow.profile < -1:
                number = -2 - int64(flow.profile)
                replay_draft(tables.drafts, number, out, to, max(flow.a_last, flow.b_last), answer_us)
                if is_end:
                    release_draft(tables, number)
        profile = out.profiles[to]
        profile.is_partial |= 1 if flow.data_sides & LOST_PROFILE else 0
        if is_end and profile.pending_side >= 0:
            side = int64(profile.pending_side)
            profile.pending_side = -1
            count_message(out, to, side, int64(profile.pending_size), profile.pending_time, answer_us)


@entry
def restore_profiles(tables: Any, kept: Any, slots: Any, begin: int) -> None:
    """Give the flows at `slots` the profiles that an earlier run kept, in places from `begin` on."""
    for number in range(len(slots)):
        place = begin + number
        copy_profile(kept, number, tables.pool, place)
        profile = tables.pool.profiles[place]
        profile.owner = slots[number]
        profile.sources = 0
        tables.flows[slots[number]].profile = np.int32(place + 1)
