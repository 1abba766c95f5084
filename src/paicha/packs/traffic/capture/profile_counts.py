"""What a finished message adds to the profile of its connection."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, inlined, int64
from paicha.packs.traffic.capture.profile_layout import (
    BINS,
    HEAD_MESSAGES,
    QUARTER_US,
    QUARTERS,
    SIZES_KEPT,
    WAITING,
    WORDS,
)

CHAIN_US = 200_000
"""A message so soon after an answer of the same side belongs to that answer."""

MOST_DEBT = 64
LONGEST_MS = 0xFFFFFFFF
LARGEST = 0xFFFF
GREATEST_RANK = 0xFFFFFF00


@compiled
def count_message(pool: Any, place: int, side: int, size: int, time: int, answer_us: int) -> None:
    """Count a message of `size` bytes that `side` sent at `time`; pushes must have room."""
    profile = pool.profiles[place]
    own, other = pool.sides[2 * place + side], pool.sides[2 * place + 1 - side]
    offset = min(LONGEST_MS, max(0, (time - profile.first) // 1000))
    if own.messages + other.messages == 0:
        note_quarter(pool, place, time)
    else:
        profile.silence = max(profile.silence, time - profile.last)
        if time // QUARTER_US != profile.quarter:
            note_quarter(pool, place, time)
    if profile.heads < HEAD_MESSAGES:
        head = min(size, 32_767)
        pool.heads[place, profile.heads] = head if side == 0 else -head
        profile.heads += 1
    answer_waiting(pool, place, 1 - side, size, offset, answer_us // 1000)
    is_asked = False
    if other.debt and time - other.last <= answer_us:
        other.debt -= 1
        is_asked = True
    elif own.messages and own.last_asked and time - own.last_asked <= CHAIN_US:
        is_asked = True
    else:
        other.debt = 0
    if own.messages:
        add_gap(pool, place, 2 * side, time - own.last)
    if is_asked:
        own.last_asked = time
    else:
        if own.unasked:
            add_gap(pool, place, 2 * side + 1, time - own.last_unasked)
        own.unasked += 1
        own.last_unasked = time
    own.debt = min(MOST_DEBT, own.debt + 1)
    which = find_size(pool, place, side, min(size, LARGEST))
    add_to_size(pool.counts[place, which], offset, is_asked)
    wait_for_answer(pool, place, side, which, offset)
    own.messages += 1
    own.payload += size
    own.largest = max(int64(own.largest), size)
    own.last = max(own.last, time)
    profile.last = max(profile.last, time)
    if side == profile.server:
        pool.push_times[place, profile.pushes] = offset
        pool.push_sizes[place, profile.pushes] = min(size, LARGEST)
        profile.pushes += 1


@inlined
def note_quarter(pool: Any, place: int, time: int) -> None:
    """Mark the quarter-hour of the clock; those that fall out of the last 14 days are cleared."""
    profile = pool.profiles[place]
    quarter = time // QUARTER_US
    if quarter > profile.quarter:
        if quarter - profile.quarter >= QUARTERS:
            for word in range(WORDS):
                pool.active[place, word] = 0
        else:
            for passed in range(profile.quarter + 1, quarter):
                bit = passed % QUARTERS
                pool.active[place, bit >> 6] &= ~(np.uint64(1) << np.uint64(bit & 63))
        profile.quarter = quarter
    elif profile.quarter - quarter >= QUARTERS:
        return
    bit = quarter % QUARTERS
    pool.active[place, bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)


@inlined
def add_gap(pool: Any, place: int, kind: int, gap_us: int) -> None:
    """Count a gap in the bin of its power of two; where the bin is full, all of its kind are halved first."""
    rest = gap_us // 1000
    which = 0
    while rest > 0 and which < BINS - 1:
        rest >>= 1
        which += 1
    if pool.gaps[place, kind, which] == 0xFFFF:
        for each in range(BINS):
            pool.gaps[place, kind, each] >>= 1
        pool.shifts[place, kind] += 1
    if pool.shifts[place, kind] == 0:
        pool.gaps[place, kind, which] += 1
    else:  # one in 2^shifts is counted, in turn
        own = pool.sides[2 * place + (kind >> 1)]
        if int64(own.messages) & ((1 << int64(pool.shifts[place, kind])) - 1) == 0:
            pool.gaps[place, kind, which] += 1


@inlined
def find_size(pool: Any, place: int, side: int, size: int) -> int:
    """Return the column of a size; where all are taken, that of the lowest rank makes room."""
    own = pool.sides[2 * place + side]
    begin = side * SIZES_KEPT
    for which in range(begin, begin + own.used):
        if pool.sizes[place, which] == size:
            return which
    rank = 0
    if own.used < SIZES_KEPT:
        which = begin + own.used
        own.used += 1
    else:
        which = begin
        for other in range(begin + 1, begin + SIZES_KEPT):
            mine, best = pool.counts[place, other], pool.counts[place, which]
            if mine.rank < best.rank or (mine.rank == best.rank and mine.last < best.last):
                which = other
        rank = min(int64(pool.counts[place, which].rank), GREATEST_RANK)
        own.other += pool.counts[place, which].count
        forget_waiting(pool, place, side, which)
    pool.sizes[place, which] = size
    entry = pool.counts[place, which]
    entry.count = entry.answered = entry.unasked = entry.first = entry.last = 0
    entry.spread = 0.0
    entry.reply = entry.votes = 0
    entry.rank = rank
    return which


@inlined
def add_to_size(entry: Any, offset: int, is_asked: bool) -> None:
    """Count one more message of a size (Welford 1962 for the spread of its gaps)."""
    count = int64(entry.count)
    if count == 0:
        entry.first = offset
        entry.last = offset
    else:
        offset = max(offset, int64(entry.last))
        gap = (offset - int64(entry.last)) * 1e-3
        before = (int64(entry.last) - int64(entry.first)) * 1e-3 / max(1, count - 1)
        after = (offset - int64(entry.first)) * 1e-3 / count
        entry.spread += (gap - before) * (gap - after) if count > 1 else 0.0
        entry.last = offset
    entry.count = count + 1
    entry.rank += 1
    if not is_asked:
        entry.unasked += 1


@inlined
def wait_for_answer(pool: Any, place: int, side: int, which: int, offset: int) -> None:
    """Remember that a message of a size may be answered; the oldest one makes room."""
    own = pool.sides[2 * place + side]
    begin = side * WAITING
    if own.waiting == WAITING:
        for n in range(begin, begin + WAITING - 1):
            pool.waiting_times[place, n] = pool.waiting_times[place, n + 1]
            pool.waiting_sizes[place, n] = pool.waiting_sizes[place, n + 1]
        own.waiting -= 1
    pool.waiting_times[place, begin + own.waiting] = offset
    pool.waiting_sizes[place, begin + own.waiting] = which
    own.waiting += 1


@inlined
def forget_waiting(pool: Any, place: int, side: int, which: int) -> None:
    """Take the messages of a size that makes room off those that wait."""
    own = pool.sides[2 * place + side]
    begin = side * WAITING
    kept = begin
    for n in range(begin, begin + own.waiting):
        if pool.waiting_sizes[place, n] != which:
            pool.waiting_times[place, kept] = pool.waiting_times[place, n]
            pool.waiting_sizes[place, kept] = pool.waiting_sizes[place, n]
            kept += 1
    own.waiting = kept - begin


@inlined
def answer_waiting(pool: Any, place: int, side: int, size: int, offset: int, answer_ms: int) -> None:
    """Count as answered what `side` sent within the answer time before the other side's message of `size`."""
    own = pool.sides[2 * place + side]
    begin = side * WAITING
    reply = min(size, LARGEST)
    for n in range(begin, begin + own.waiting):
        if offset - int64(pool.waiting_times[place, n]) > answer_ms:
            continue
        own.answered += 1
        entry = pool.counts[place, int64(pool.waiting_sizes[place, n])]
        entry.answered += 1
        # majority vote of Boyer and Moore (1981)
        if entry.votes == 0:
            entry.reply, entry.votes = reply, 1
        elif entry.reply == reply:
            entry.votes = min(0xFFFF, int64(entry.votes) + 1)
        else:
            entry.votes -= 1
    own.waiting = 0
