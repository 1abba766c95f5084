"""Which messages of a connection are shares, acknowledgements and pushes of work, told by sizes and times alone.

Shares are found by chance: they come without memory, all but equal in size, and each is answered at once by a small
record of all but one size. Work is pushed: it is not asked for and not answered. Other traffic within the answer time
makes messages look asked for or answered; that is allowed for as in a Poisson process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paicha.packs.traffic.derivations.size_clusters import find_clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.packs.traffic.derivations.size_clusters import Clusters, Sizes
    from paicha.packs.traffic.policy import BehaviourPolicy

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SECOND_US = 1e6
DIGITS = 9.0
"""Numbers of one digit, from 1."""

MULTIPLES = (2, 3, 4)
"""Shares that one segment may hold."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What all messages of each connection amount to, from the time they were counted: figures per row."""

    seconds: Floats
    unseen: Floats
    messages_out: Floats
    messages_in: Floats
    other_out: Floats
    chance_out: Floats
    """That no message of the client falls into the answer time before or after a moment."""
    greetings: Floats
    """Payload of the client's first messages, one line per row: a login may be as long as several shares."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Which clusters play which part, and the sums: one line per connection."""

    out: Clusters
    back: Clusters
    is_share: Flags
    is_answer: Flags
    is_push: Flags
    is_poll: Flags
    """Messages of the client that are answered with work: it may be asked for as well as pushed."""
    is_beat: Flags
    """Messages of the client that come by the clock and get a short answer: any program keeps a connection alive so."""
    shares_low: Floats
    shares_best: Floats
    shares_high: Floats
    acknowledged: Floats
    """Share messages that were answered within the answer time."""
    answers: Floats
    pushes: Floats
    growth: Floats
    """How often shares and their answers became one byte longer for good, as the decimal number in both does."""


def assign_roles(out: Sizes, back: Sizes, traffic: Traffic, policy: BehaviourPolicy) -> Roles:
    """Return the clusters of both sides, which are shares, answers to them, and pushes, and how many there were."""
    sent, labels = find_clusters(out, policy.size_spread)
    received, _ = find_clusters(back, policy.size_spread)
    is_share, is_answer = _find_shares(sent, received, policy)
    with np.errstate(divide="ignore", invalid="ignore"):
        unasked = received.unasked / received.count
    is_push = (
        (received.main >= policy.min_push_bytes)
        & (received.count >= 2)
        & (unasked >= policy.min_unasked * traffic.chance_out[:, None])
        & ~is_answer
    )
    in_share = np.where(is_share, sent.count, 0.0)
    answers = np.where(is_answer, received.count, 0.0).sum(1)
    best = in_share.sum(1) + _count_joined(out, labels, sent, is_share, traffic, policy)
    # within a tunnel a long share takes two datagrams: there are as many shares as answers
    is_split = (best >= policy.split_ratio * answers) & (answers > 0)
    best = np.where(is_split, answers, best)
    acknowledged = np.where(is_share, sent.answered, 0.0).sum(1)
    missed = best * traffic.unseen / traffic.seconds
    return Roles(
        out=sent,
        back=received,
        is_share=is_share,
        is_answer=is_answer,
        is_push=is_push,
        is_poll=_find_polls(sent, received, is_push, policy) & ~is_share,
        shares_low=np.minimum(best, acknowledged),
        shares_best=best,
        # two standard deviations of a Poisson count above what is missing on average
        shares_high=best
        + np.where(best > 0, traffic.other_out, 0.0)
        + np.where(missed >= 0.5, np.ceil(missed + 2.0 * np.sqrt(missed)), 0.0),
        acknowledged=acknowledged,
        answers=answers,
        is_beat=_find_beats(sent, policy) & ~is_share,
        pushes=np.where(is_push, received.count, 0.0).sum(1),
        growth=_count_growth(out, labels, np.where(is_share, sent.count, 0.0), policy),
    )


def _find_shares(sent: Clusters, received: Clusters, policy: BehaviourPolicy) -> tuple[Flags, Flags]:
    """Return which clusters of the client are shares, and which of the server answer them."""
    with np.errstate(divide="ignore", invalid="ignore"):
        answered = sent.answered / sent.count
        asked = 1.0 - received.unasked / received.count
    is_share = (
        (sent.main >= policy.min_share_bytes)
        & (sent.count >= policy.min_shares)
        & (answered >= policy.min_answered)
        & (sent.reply > 0)
        & (sent.reply <= policy.max_reply_bytes)
        & (sent.reply < sent.main)
        & ~(sent.rhythm < policy.clock_variation)
    )
    is_reply = np.zeros_like(is_share)
    is_answer = np.zeros_like(is_share)
    for mine in range(sent.main.shape[1]):
        for other in range(received.main.shape[1]):
            meets = np.abs(received.main[:, other] - sent.reply[:, mine]) <= policy.size_spread
            is_small = meets & (asked[:, other] >= policy.min_asked)
            is_reply[:, mine] |= is_small
            is_answer[:, other] |= is_small & is_share[:, mine]
    return is_share & is_reply, is_answer


def _find_polls(sent: Clusters, received: Clusters, is_push: Flags, policy: BehaviourPolicy) -> Flags:
    with np.errstate(divide="ignore", invalid="ignore"):
        is_answered = sent.answered / sent.count >= policy.min_answered
    is_poll = np.zeros_like(is_push)
    for other in range(received.main.shape[1]):
        meets = np.abs(sent.reply - received.main[:, [other]]) <= policy.size_spread
        is_poll |= meets & is_push[:, [other]]
    return is_poll & is_answered


def _find_beats(sent: Clusters, policy: BehaviourPolicy) -> Flags:
    with np.errstate(divide="ignore", invalid="ignore"):
        is_answered = sent.answered / sent.count >= policy.min_answered
    is_short = (sent.main <= policy.max_beat_bytes) & (sent.reply <= policy.max_reply_bytes)
    answer: Flags = is_answered & is_short & (sent.rhythm < policy.clock_variation) & (sent.gaps >= policy.min_gaps)
    return answer


def _count_joined(
    out: Sizes, labels: NDArray[np.int64], sent: Clusters, is_share: Flags, traffic: Traffic, policy: BehaviourPolicy
) -> Floats:
    """Return the shares in segments that hold several of them: sizes that are multiples of a share's."""
    least = np.min(np.where(is_share, sent.main, np.inf), axis=1)[out.of]
    in_share = (labels >= 0) & is_share[out.of, np.maximum(labels, 0)]
    greets = (out["bytes"][:, None] == traffic.greetings[out.of]).sum(1)
    count = np.maximum(0.0, out["count"] - greets)
    extra = np.zeros(len(out.of))
    for number in MULTIPLES:
        is_multiple = np.abs(out["bytes"] - number * least) <= number * policy.size_spread / 2
        extra = np.where(is_multiple & ~in_share, number * count, extra)
    return out.sum_rows(extra)


def _count_growth(out: Sizes, labels: NDArray[np.int64], shares: Floats, policy: BehaviourPolicy) -> Floats:
    """Return how many digits the number in shares and answers was seen to gain.

    JSON-RPC numbers its requests and repeats the number in the answer: both grow by a byte after 9, 99, 999 ... of
    them, and no shorter share follows a longer one. At most 9 come before the first step, and 90, 900 ... between two.
    A step that more came before counts half: the numbering may have begun on an earlier connection.
    """
    chief = np.where(shares.max(1) > 0, shares.argmax(1), -2)
    chosen = np.flatnonzero(labels == chief[out.of])
    order = chosen[np.lexsort((out["bytes"][chosen], out.of[chosen]))]
    low, high = order[:-1], order[1:]
    steps = (
        (out.of[low] == out.of[high])
        & (out["bytes"][high] == out["bytes"][low] + 1)
        & (out["reply"][high] == out["reply"][low] + 1)
        & (out["last"][low] <= out["first"][high] + policy.overlap_seconds * SECOND_US)
    )
    is_between = np.zeros(len(steps), bool)
    is_between[1:] = steps[:-1]
    before, after = out["count"][low], out["count"][high]
    decade = DIGITS * 10.0 ** np.maximum(1.0, np.round(np.log10(np.maximum(before, 1.0) / DIGITS)))
    is_decade = is_between & (np.abs(before - decade) <= np.maximum(1.0, policy.decade_error * decade))
    is_first = ~is_between & (before <= DIGITS)
    room = np.where(is_first, DIGITS, decade) * 10.0 * (1.0 + policy.decade_error)
    fits = np.where((is_first | is_decade) & (after <= room), 1.0, np.where(is_between | is_first, 0.0, 0.5))
    counts = np.bincount(out.of[low], weights=steps * fits, minlength=out.rows).astype(np.float64)
    # two sizes that both begin with a few are two kinds of messages, not one number
    begun = np.bincount(out.of[low], weights=steps & is_first, minlength=out.rows)
    answer: Floats = np.where(begun > 1, 0.0, counts)
    return answer
