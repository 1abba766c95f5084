"""What the score looks at: one figure per question and connection, NaN where the question cannot be put."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from paicha.packs.traffic.derivations.share_counts import Roles, Traffic
    from paicha.packs.traffic.policy import BehaviourPolicy

    Floats = NDArray[np.float64]

TCP = 6
PERCENT = 100.0


def measure_features(
    roles: Roles, traffic: Traffic, facts: Mapping[str, Floats], policy: BehaviourPolicy
) -> dict[str, Floats]:
    """Return the features of every connection by name.

    `facts` are columns of the profiles: protocol, unasked_in, payload (both ways), silence (s), lived (s), is_web.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            **_measure_pushes(roles, traffic, facts, policy),
            **_measure_shares(roles, policy),
            **_measure_whole(roles, traffic, facts, policy),
        }


def _measure_pushes(
    roles: Roles, traffic: Traffic, facts: Mapping[str, Floats], policy: BehaviourPolicy
) -> dict[str, Floats]:
    back = roles.back
    is_known = roles.pushes >= policy.min_pushes
    line = np.arange(len(is_known))
    chief = np.argmax(np.where(roles.is_push, back.count, -1.0), axis=1)
    # late acknowledgements look unasked for: they are no pushes
    free = np.where(roles.is_answer, 0.0, back.unasked)
    best = np.sort(free, axis=1)[:, ::-1][:, : policy.push_sizes].sum(1)
    others = facts["unasked_in"] - np.where(roles.is_answer, back.unasked, 0.0).sum(1)
    is_clear = is_known & (traffic.chance_out >= policy.min_chance)
    pushed = np.where(roles.is_push, back.unasked, 0.0).sum(1)
    answered = np.where(roles.is_push, back.answered, 0.0).sum(1)
    figures = {
        "pushes": roles.pushes,
        "push_constancy": PERCENT * best / others,
        "push_gap": traffic.seconds / roles.pushes,
        "push_rhythm": np.where(back.gaps[line, chief] >= policy.min_gaps, back.rhythm[line, chief], np.nan),
        "push_bytes": back.main[line, chief],
    }
    clear = {
        "push_unasked": PERCENT * np.minimum(1.0, pushed / roles.pushes / traffic.chance_out),
        "push_unanswered": _measure_silence(roles, facts, chief, answered / roles.pushes, traffic, policy),
    }
    return {name: np.where(is_known, one, np.nan) for name, one in figures.items()} | {
        name: np.where(is_clear, one, np.nan) for name, one in clear.items()
    }


def _measure_silence(
    roles: Roles,
    facts: Mapping[str, Floats],
    chief: NDArray[np.intp],
    answered: Floats,
    traffic: Traffic,
    policy: BehaviourPolicy,
) -> Floats:
    """Return the part of pushes that nothing follows.

    Other than TCP, only a tunnel carries mining, and there the acknowledgements of TCP are messages, all of one short
    size. Where those follow the pushes nothing is told; where they do not it is no tunnel, and the part is 0.
    """
    line = np.arange(len(chief))
    reply = roles.back.reply[line, chief]
    is_short = (reply <= policy.max_reply_bytes) & (reply < roles.back.main[line, chief])
    in_tunnel = np.where(is_short & (answered >= policy.min_answered), np.nan, 0.0)
    return np.where(
        facts["protocol"] == TCP, PERCENT * np.minimum(1.0, (1.0 - answered) / traffic.chance_out), in_tunnel
    )


def _measure_shares(roles: Roles, policy: BehaviourPolicy) -> dict[str, Floats]:
    is_known = roles.shares_best > 0
    weight = np.where(roles.is_share & np.isfinite(roles.out.rhythm), roles.out.gaps, 0.0)
    rhythm = (weight * np.nan_to_num(roles.out.rhythm)).sum(1) / weight.sum(1)
    return {
        "shares": np.where(is_known, roles.shares_best, np.nan),
        "share_rhythm": np.where(is_known & (weight.sum(1) > 0), rhythm, np.nan),
        "share_growth": np.where(roles.shares_best >= policy.min_numbered, roles.growth, np.nan),
        "share_answered": np.where(is_known, PERCENT * np.minimum(1.0, roles.acknowledged / roles.shares_best), np.nan),
    }


def _measure_whole(
    roles: Roles, traffic: Traffic, facts: Mapping[str, Floats], policy: BehaviourPolicy
) -> dict[str, Floats]:
    messages = traffic.messages_out + traffic.messages_in
    polls = np.where(roles.is_poll, roles.out.count, 0.0).sum(1)
    beats = np.where(roles.is_beat, roles.out.count, 0.0).sum(1)
    # a heartbeat and its answer say nothing for or against
    messages = np.maximum(0.0, messages - 2.0 * beats)
    told = roles.pushes + roles.shares_best + roles.answers + polls
    others = traffic.messages_out - roles.shares_best - polls - beats
    requests = np.maximum(0.0, others - policy.setup_messages / 2)
    is_clock = (roles.out.rhythm < policy.strict_variation) & (roles.out.gaps >= policy.min_gaps)
    clock = np.where(is_clock & ~roles.is_beat, roles.out.count, 0.0).sum(1)
    return {
        "explained": PERCENT * np.minimum(1.0, told / np.maximum(messages - policy.setup_messages, policy.min_pushes)),
        "requests": np.where(facts["protocol"] == TCP, requests / np.maximum(1.0, roles.pushes), np.nan),
        "clockwork": PERCENT * clock / traffic.messages_out,
        "byte_rate": facts["payload"] / np.maximum(1.0, traffic.seconds),
        "silence": facts["silence"],
        "lived": facts["lived"],
        "web": facts["is_web"],
    }
