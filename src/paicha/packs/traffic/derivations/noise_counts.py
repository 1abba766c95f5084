"""Shares, acknowledgements, jobs, new blocks and retargets of encrypted Stratum V2, counted from sizes without keys.

A frame is a sealed header of 22 bytes and its payload with 16 bytes of authentication (Stratum V2 specification 4.5);
payloads of these messages have fixed lengths (5.3). A segment may hold several frames: its size is their sum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INITIATOR_BYTES, RESPONDER_BYTES = 64, 234
SHARE, SHARE_LONGEST = 62, 95
"""SubmitSharesStandard; SubmitSharesExtended with the longest extranonce."""
ACCEPTED, TARGET, JOB, JOB_AT_TIME, BLOCK = 58, 74, 83, 87, 86
"""SubmitShares.Success, SetTarget, NewMiningJob without and with its time, SetNewPrevHash."""
KINDS = ((ACCEPTED, "answers"), (TARGET, "retargets"), (JOB, "jobs"), (JOB_AT_TIME, "jobs"), (BLOCK, "blocks"))
LONGEST_FIXED = 120
"""Frames of fixed length are shorter; a NewExtendedMiningJob carries a coinbase and is longer."""
MOST_FRAMES = 6
NAMES = ("shares", "answers", "jobs", "blocks", "retargets")


@dataclass(frozen=True, slots=True)
class NoiseCount:
    """How many of one kind of message: at least, most likely, at most."""

    low: float
    best: float
    high: float


def count_noise(
    out: Sequence[Mapping[str, Any]], back: Sequence[Mapping[str, Any]], other_out: int, other_back: int
) -> dict[str, NoiseCount]:
    """Return the counts of one connection from the sizes of both sides and the messages whose sizes are not listed.

    `high` takes every message of an unlisted size, and `low` none, for one more of the kind.
    """
    best = dict.fromkeys(NAMES, 0.0)
    found = _count_shares({int(one["bytes"]): int(one["count"]) for one in out})
    best["shares"] = found
    received = {int(one["bytes"]): int(one["count"]) for one in back}
    if received.get(RESPONDER_BYTES):
        received[RESPONDER_BYTES] -= 1
    for name, number in _count_answers(received).items():
        best[name] += number
    return {
        name: NoiseCount(number, number, number + (other_out if name == "shares" else other_back))
        for name, number in best.items()
    }


def _count_shares(sizes: Mapping[int, int]) -> float:
    """Return the shares: all are of one size, which depends on the channel, and a segment may hold several."""
    # one message of such a length may be the opening of the channel
    fitting = {size: count for size, count in sizes.items() if SHARE <= size <= SHARE_LONGEST and count > 1}
    if not fitting:
        return 0.0
    share = max(fitting, key=lambda size: (fitting[size], -size))
    return float(sum(size // share * count for size, count in sizes.items() if size % share == 0))


def _count_answers(sizes: Mapping[int, int]) -> dict[str, float]:
    kinds: tuple[tuple[int, str], ...] = KINDS
    long = {size: count for size, count in sizes.items() if size > LONGEST_FIXED and count > 1}
    if not any(size in sizes for size in (JOB, JOB_AT_TIME)) and long:
        # an extended channel: its jobs have a length of their own
        kinds = (*KINDS, (max(long, key=lambda size: (long[size], size)), "jobs"))
    sums = _list_sums(kinds)
    weights = {size: math.log(sizes.get(size, 0) + 0.5) for size, _ in kinds}
    total = math.log(sum(sizes.values()) + 1.0)
    answer: dict[str, float] = {}
    for size, count in sizes.items():
        ways = sums.get(size)
        if not ways:
            continue
        way = max(ways, key=lambda frames: sum(weights[frame] - total for frame in frames))
        names = dict(kinds)
        for frame in way:
            answer[names[frame]] = answer.get(names[frame], 0.0) + count
    return answer


@cache
def _list_sums(kinds: tuple[tuple[int, str], ...]) -> dict[int, tuple[tuple[int, ...], ...]]:
    """Return every size that up to `MOST_FRAMES` frames add up to, with the ways to do so."""
    sizes = tuple(size for size, _ in kinds)
    sums: dict[int, list[tuple[int, ...]]] = {}
    for number in range(1, MOST_FRAMES + 1):
        for frames in combinations_with_replacement(sizes, number):
            sums.setdefault(sum(frames), []).append(frames)
    return {size: tuple(ways) for size, ways in sums.items()}
