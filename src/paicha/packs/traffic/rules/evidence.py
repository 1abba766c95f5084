"""What evidence of traffic findings looks like: one selection for all sessions, one for all lists of connections."""

from __future__ import annotations

from typing import Any

from paicha.kernel.grades import Evidence, Grade
from paicha.packs.traffic.expressions import _, ibis

EVIDENCE_FORMS: dict[str, str | tuple[str, ...]] = {
    "difficulty": ("time:us", "value"),
    "packets": ("input:sha256", "first", "last"),
    "connections": ("time:us", "client", "client_port", "server", "server_port"),
    "started": "us",
    "ended": "us",
}
"""How evidence is written in JSON: `us` is a time; a tuple of fields, a list of arrays instead of a list of objects."""

SESSION_MEASURES = ("hash_rate", "power_kw", "energy_kwh_per_day", "revenue_per_day")

_COUNTS = (
    "jobs", "shares_submitted", "shares_accepted", "shares_rejected", "shares_stale", "shares_duplicate",
)  # fmt: skip


def describe_sessions(sessions: Any) -> Any:
    """Return sessions as the answer of a rule: fixed columns, evidence, measures and identities."""
    return sessions.select(
        "site", "subject", "key",
        first_seen=_.started,
        last_seen=_.ended,
        sources=_.sources,
        identities=_.identities,
        counted_with=_.key,
        client=_.client_ip,
        client_port=_.client_port,
        server=_.server_ip,
        server_port=_.server_port,
        started=_.started,
        ended=_.ended,
        **{name: sessions[name] for name in (
            "transport", "dialect", "coin", "coin_source", "pool", "algorithm", "software", "logins", "worker", "state",
            *_COUNTS, "difficulty", "packets", "role", "is_relayed", "joined", "is_open", "work_unit", "reported_rate",
            "bytes_out", "bytes_in", "bytes_lost",
        )},
        algorithm_shown=_.is_algorithm_shown,
        shares_valued=_.work_shares,
        connected_seconds=_.connected.cast("float64") / 1_000_000.0,
        **{name: sessions[name] for name in SESSION_MEASURES},
    )  # fmt: skip


def grade_row(is_weak: Any, is_answered: Any, strong: Evidence) -> dict[str, Any]:
    """Return the columns `evidence_kind` and `grade`: weak entries and unanswered connections prove less.

    A website, a coin's node or a host that serves others too counts as shared hosting whatever showed it, so that
    several such signs together stay possible.
    """
    kind = ibis.cases((is_weak, str(Evidence.SHARED_HOSTING)), (~is_answered, str(Evidence.FLOW)), else_=str(strong))
    low = ibis.literal(int(Grade.POSSIBLE), "int64")
    reach = Grade.POSSIBLE if strong in {Evidence.FLOW, Evidence.DNS} else Grade.LIKELY
    return {"evidence_kind": kind, "grade": (is_weak | ~is_answered).ifelse(low, ibis.literal(int(reach), "int64"))}
