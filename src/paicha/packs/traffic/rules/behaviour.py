"""Questions put to connections by the sizes and times of their messages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.rules.sessions import BASIS
from paicha.packs.traffic.scores.scorecard import list_contributions, list_reasons, load_card, score

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy

CARD = "behaviour"
PRIVATE = "private"
"""Level of addresses that are inside only because they are private: that does not make them the watched side."""


@rule(
    "traffic.mining-shape", version=1,
    title=Title(en="Connection with the habits of mining", zh="连接行为特征与挖矿相符"),
    evidence=Evidence.BEHAVIOUR, basis=BASIS, remedy="check-host", outcome="lead",
    false_positives=(
        "a feed to which a program subscribed: prices, alarms, positions of vehicles, in messages of equal length",
        "a device that reports events of equal length and takes orders over the same connection",
    ),
)  # fmt: skip
def mining_shape(shapes: Any, sessions: Any, inside: Any, policy: TrafficPolicy) -> Any:
    """A long connection has the habits of mining, whatever is said on it: sizes and times of its messages alone.

    Work comes unasked for, in messages of all but one size, with the chain's blocks; shares go out by chance, in
    messages of all but one size, and each is answered at once by a short one; there is little else, for hours. Every
    sign adds points, and the evidence lists them. From `policy.behaviour.possible_score` points on the connection is
    possible, from `policy.behaviour.likely_score` likely: work alone does not reach that, shares have to be seen. What
    was read in clear text on the same connection is one event with this, and goes before it.
    """
    card = load_card(CARD)
    chosen = policy.behaviour
    scored = score(shapes, card).filter(_.score >= chosen.possible_score)
    told = scored.mutate(contributions=list_contributions(scored, card), reasons=list_reasons(scored, card))
    rows = _name_events(told, sessions, inside)
    is_likely = rows.score >= chosen.likely_score
    return rows.select(
        "site", "subject", "key", "sources", "score", "contributions", "reasons", "shares_from_sizes", "share_bytes",
        "reply_bytes", "pushes", "push_bytes", "frames", "family", "hash_rate_bounds", "transport", "joined", "is_open",
        "role", "client_port", "server_port", "started", "ended",
        first_seen=_.started,
        last_seen=_.ended,
        counted_with=_.key,
        grade=is_likely.ifelse(
            ibis.literal(int(Grade.LIKELY), "int64"), ibis.literal(int(Grade.POSSIBLE), "int64")
        ),
        outcome=is_likely.ifelse(ibis.literal("mining"), ibis.literal("lead")),
        client=_.client_ip,
        server=_.server_ip,
        cadence_seconds=_.push_gap,
        lived_seconds=_.lived,
    )  # fmt: skip


def _name_events(rows: Any, sessions: Any, inside: Any) -> Any:
    """Return the rows with key, subject and role: those of the clear-text session of the same connection if any.

    The server is the subject where it alone lies in a declared network.
    """
    levels = inside.select("site", "address", "level").distinct()
    clients = levels.select(site=_.site, client_ip=_.address, client_level=_.level)
    servers = levels.select(site=_.site, server_ip=_.address, server_level=_.level)
    spoken = sessions.group_by("site", "session").agg(known_key=_.key.min(), known_subject=_.subject.min())
    placed = rows.left_join(clients, ["site", "client_ip"]).drop("site_right", "client_ip_right")
    placed = placed.left_join(servers, ["site", "server_ip"]).drop("site_right", "server_ip_right")
    known = placed.left_join(spoken, ["site", "session"]).drop("site_right", "session_right")
    is_served = known.server_level.notnull() & known.client_level.isnull() & (known.server_level != PRIVATE)
    subject = ibis.coalesce(known.known_subject, is_served.fill_null(False).ifelse(known.server_ip, known.client_ip))
    named = known.mutate(key=ibis.coalesce(known.known_key, _write_key(known)), subject=subject)
    return named.mutate(role=(named.subject == named.client_ip).ifelse(ibis.literal("client"), ibis.literal("server")))


def _write_key(rows: Any) -> Any:
    """Return both ends and the beginning, as the keys of sessions are written."""
    client = _write_end(rows.client_ip, rows.client_port)
    server = _write_end(rows.server_ip, rows.server_port)
    return client + ibis.literal(">") + server + ibis.literal("@") + rows.started.cast("string")


def _write_end(address: Any, port: Any) -> Any:
    host = address.contains(":").ifelse(ibis.literal("[") + address + ibis.literal("]"), address)
    return host + ibis.coalesce(ibis.literal(":") + port.cast("string"), ibis.literal(""))
