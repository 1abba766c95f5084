"""Signs of own will, of a hijacked host, of hosting: hints, which no grade counts."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.summary.hint_facts import Pair, gather_facts
from paicha.packs.traffic.summary.hint_groups import judge_logins, judge_relays, judge_servers
from paicha.packs.traffic.summary.hint_sessions import judge_hours, judge_sessions, read_signs
from paicha.packs.traffic.summary.hint_texts import SIGNS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from paicha.packs.traffic.policy import TrafficPolicy
    from paicha.packs.traffic.summary.hours import DayHours


def find_hints(
    tables: Mapping[str, pa.Table],
    findings: pa.Table,
    verdicts: pa.Table,
    hours: Mapping[Pair, DayHours],
    policy: TrafficPolicy,
) -> dict[Pair, list[dict[str, Any]]]:
    """Return by site and subject the hints on each subject with a finding, in the order of `SIGNS`.

    A code is told once per subject: the first that it was found for.
    """
    facts = gather_facts(tables, findings, verdicts, hours)
    answer: dict[Pair, dict[str, dict[str, Any]]] = defaultdict(dict)
    for pair, code, ids, figures in (
        *read_signs(facts), *judge_sessions(facts), *judge_logins(facts, policy.hints),
        *judge_hours(facts, policy.hints), *judge_relays(facts),
        *judge_servers(facts, policy.relays.min_outside_clients),
    ):  # fmt: skip
        if pair in facts.findings and code not in answer[pair]:
            answer[pair][code] = SIGNS[code].tell(code, ids, **figures)
    return {pair: [told[code] for code in SIGNS if code in told] for pair, told in answer.items()}
