"""Questions put to names: what clients asked for and what they named when they connected."""

from __future__ import annotations

from typing import Any

from paicha.kernel.grades import Evidence
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.evidence import grade_row
from paicha.packs.traffic.rules.sessions import BASIS

ENTRY = ("indicator", "listed", "pool", "coin", "purpose", "list", "confidence")
CONNECTIONS = ("client", "client_port", "server", "server_port", "count", "connections")


def _answer(rows: Any, strong: Evidence) -> Any:
    """Return listed names as the answer of a rule."""
    return rows.mutate(key=_.name, **grade_row(rows.is_weak, ibis.literal(True), strong)).select(
        "site", "subject", "key", "first_seen", "last_seen", "sources", "evidence_kind", "grade", "name", "kinds",
        "answers", "role", *ENTRY, *CONNECTIONS,
    )  # fmt: skip


@rule(
    "traffic.name-in-session", version=1,
    title=Title(en="Pool's name in a connection", zh="连接中出现矿池域名（SNI、Host、证书）"),
    evidence=Evidence.NAME, basis=BASIS, remedy="check-host", outcome="lead",
    false_positives=(
        "a visit to the pool's website: websites, www. names and plain HTTP stay possible",
        "a research crawler, a security scanner, a reputation service",
        "a page with a browser miner that the visitor closed at once",
    ),
)  # fmt: skip
def name_in_session(listed_names: Any) -> Any:
    """A known mining host was named in a connection: in TLS (SNI), in HTTP (Host), or in the server's certificate.

    The content is not seen, so this reaches likely; with a website, a coin's node or shared hosting it stays possible.
    The entry of the list, its age and its source are part of the evidence. An entry loses half its confidence in
    `policy.names.half_life_days` since it was last confirmed (an undated one is taken to be
    `policy.names.min_days_unknown` days old) and raises nothing below `policy.names.min_confidence`. On
    `policy.names.web_ports` plain HTTP is a visit, and www. names are one everywhere.
    """
    return _answer(listed_names.filter(~_.is_lookup), Evidence.NAME)


@rule(
    "traffic.pool-lookup", version=1,
    title=Title(en="Lookup of a pool's name", zh="查询矿池域名（DNS）"),
    evidence=Evidence.DNS, basis=BASIS, remedy="look-closer", outcome="lead",
    false_positives=(
        "a resolver that asks for others: the host behind it is in the resolver's log",
        "mail filters, link previews and security products that resolve every name they meet",
    ),
)  # fmt: skip
def pool_lookup(listed_names: Any) -> Any:
    """A host asked the DNS for the name of a known mining host.

    A question is no connection: alone it stays possible. An entry loses half its confidence in
    `policy.names.half_life_days` and raises nothing below `policy.names.min_confidence`.
    """
    return _answer(listed_names.filter(_.is_lookup, _.role == "client"), Evidence.DNS)
