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
UPDATE = 78
"""UpdateChannel, as long as an extended share with an extranonce of 15 bytes, which nobody has."""
NAME_OF = dict(KINDS)
FIXED = frozenset(NAME_OF)
OPENING = 6
"""Messages of the handshake, the setup and the opening of a channel."""
LONGEST_FIXED = 120
"""Frames of fixed length are shorter; a NewExtendedMiningJob carries a coinbase and is longer."""
LEAST_EXTENDED = 250
"""An extended job: 57 bytes of frame and fields, and a coinbase transaction of 200 bytes or so."""
BRANCH, FUTURE = 32, 4
"""An extended job is longer by so much with each branch of its tree, and shorter by this where it has no time yet."""
MOST_FRAMES = 6
NAMES = ("shares", "answers", "jobs", "blocks", "retargets")


@dataclass(frozen=True, slots=True)
class NoiseCount:
    """How many of one kind of message: at least, most likely, at most."""

    low: float
    best: float
    high: float


def count_noise(
    out: Sequence[Mapping[str, Any]],
    back: Sequence[Mapping[str, Any]],
    head: Sequence[int],
    other_out: int,
    other_back: int,
) -> dict[str, NoiseCount]:
    """Return the counts of one connection from the sizes of both sides, its first messages, and how many are unlisted.

    The messages of `head` (the server's negative) that open the channel are left out, except for a job and a block that
    come with them in frames of their own. `high` takes every message of an unlisted size, and `low` none, for one more
    of the kind.
    """
    sent = {int(one["bytes"]): int(one["count"]) for one in out}
    received = {int(one["bytes"]): int(one["count"]) for one in back}
    for size in head[:OPENING]:
        side = received if size < 0 else sent
        if abs(size) in side and (size > 0 or -size not in FIXED):
            side[abs(size)] -= 1
    best = dict.fromkeys(NAMES, 0.0)
    best["shares"] = _count_shares(sent)
    for name, number in _count_answers({size: count for size, count in received.items() if count > 0}).items():
        best[name] += number
    if any(-size > LONGEST_FIXED and -size != RESPONDER_BYTES for size in head[:OPENING]):
        # the first job came in one segment with the answer that opened the channel
        best["jobs"] += 1.0
    return {
        name: NoiseCount(number, number, number + (other_out if name == "shares" else other_back))
        for name, number in best.items()
    }


def _count_shares(sizes: Mapping[int, int]) -> float:
    """Return the shares: all are of one size, which depends on the channel, and a segment may hold several."""
    fitting = {
        size: count for size, count in sizes.items() if SHARE <= size <= SHARE_LONGEST and size != UPDATE and count > 0
    }
    if not fitting:
        return 0.0
    share = max(fitting, key=lambda size: (fitting[size], -size))
    return float(sum(size // share * count for size, count in sizes.items() if size % share == 0 and count > 0))


def _count_answers(sizes: Mapping[int, int]) -> dict[str, float]:
    """Return how many of each kind the server's segments hold, each read in the likeliest way."""
    long = sum(count for size, count in sizes.items() if size >= LEAST_EXTENDED)
    # the answer that opens a channel may be as long as a job
    is_extended = long > sum(sizes.get(size, 0) for size in (JOB, JOB_AT_TIME))
    rest = _find_rest(sizes) if is_extended else None
    sums = _list_sums()
    answer: dict[str, float] = {}
    for size, count in sizes.items():
        ways = sums.get(size, ())
        if rest is not None and size >= LEAST_EXTENDED:
            ways = _list_long(size, rest)
        if not ways:
            continue
        way = max(ways, key=lambda frames: sum(_weigh(sizes, frame) for frame in frames))
        for frame in way:
            name = NAME_OF.get(frame, "jobs")
            answer[name] = answer.get(name, 0.0) + count
    return answer


def _weigh(sizes: Mapping[int, int], frame: int) -> float:
    """Return the logarithm of how often a frame comes alone: others among all segments, at least half of one."""
    return math.log(sizes.get(frame, 0) + 0.5) - math.log(sum(sizes.values()) + 1.0)


def _find_rest(sizes: Mapping[int, int]) -> int | None:
    """Return what extended jobs leave when divided by the length of a branch: the most frequent remainder."""
    remainders: dict[int, int] = {}
    for size, count in sizes.items():
        if size >= LEAST_EXTENDED:
            remainders[size % BRANCH] = remainders.get(size % BRANCH, 0) + count
    return max(remainders, key=lambda rest: (remainders[rest], rest)) if remainders else None


def _list_long(size: int, rest: int) -> tuple[tuple[int, ...], ...]:
    """Return the ways in which a segment holds an extended job and few other frames, the fewest others first."""
    for number in range(3):
        ways = []
        for others in combinations_with_replacement((ACCEPTED, TARGET, BLOCK), number):
            job = size - sum(others)
            is_whole = job % BRANCH == rest
            # a job for a block to come has no time yet; with it comes the block
            is_future = job % BRANCH == (rest - FUTURE) % BRANCH and (not others or BLOCK in others)
            if job >= LEAST_EXTENDED and (is_whole or is_future):
                ways.append((job, *others))
        if ways:
            return tuple(ways)
    return ()


@cache
def _list_sums() -> dict[int, tuple[tuple[int, ...], ...]]:
    """Return every size that up to `MOST_FRAMES` frames add up to, with the ways to do so."""
    sums: dict[int, list[tuple[int, ...]]] = {}
    for number in range(1, MOST_FRAMES + 1):
        for frames in combinations_with_replacement(NAME_OF, number):
            sums.setdefault(sum(frames), []).append(frames)
    return {size: tuple(ways) for size, ways in sums.items()}
