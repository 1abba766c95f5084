"""Questions put to connections by whom they lead to."""

from __future__ import annotations

from typing import Any

from paicha.kernel.grades import Evidence
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import _
from paicha.packs.traffic.rules.evidence import grade_row
from paicha.packs.traffic.rules.names import CONNECTIONS, ENTRY
from paicha.packs.traffic.rules.sessions import BASIS


def _answer(rows: Any, strong: Evidence) -> Any:
    """Return listed endpoints as the answer of a rule."""
    return rows.mutate(key=_.endpoint, **grade_row(rows.is_weak, rows.is_answered, strong)).select(
        "site", "subject", "key", "first_seen", "last_seen", "sources", "evidence_kind", "grade", "role", "sensors",
        "names", *ENTRY, "bytes_out", "bytes_in", "sampling", "is_answered", *CONNECTIONS,
    )  # fmt: skip


@rule(
    "traffic.pool-endpoint", version=1,
    title=Title(en="Connection to a listed pool address", zh="连接名单所列矿池地址"),
    evidence=Evidence.ENDPOINT, basis=BASIS, remedy="check-host", outcome="lead",
    false_positives=(
        "the address has changed hands since the list was made: see its date and decay",
        "shared hosting or a content network: such entries stay possible and are never exported",
    ),
)  # fmt: skip
def pool_endpoint(listed_endpoints: Any) -> Any:
    """A host connected to an address that a list names as a pool, and was answered.

    Packets or the state of the connection were seen. An entry without a port proves little on a port of the web
    (`policy.names.web_ports`); an unanswered connection is worth no more than a flow record. An entry loses half its
    confidence in `policy.names.half_life_days` and raises nothing below `policy.names.min_confidence`.
    """
    return _answer(listed_endpoints.filter(_.shown_by == "connection"), Evidence.ENDPOINT)


@rule(
    "traffic.resolved-pool", version=1,
    title=Title(en="Connection to what a pool's name resolved to", zh="查询矿池域名后连接其解析地址"),
    evidence=Evidence.ENDPOINT, basis=BASIS, remedy="check-host", outcome="lead",
    false_positives=(
        "an address that serves many names: where another name resolved to it too, the finding stays possible",
        "a visit to the pool's website",
    ),
)  # fmt: skip
def resolved_pool(listed_endpoints: Any) -> Any:
    """A host asked for a pool's name and then connected to the address it was given.

    Name and address belong together because the same client used both, in this order. Where the address was also the
    answer for a name that no list holds, or the name is a website's, the finding stays possible. Ports of the web are
    `policy.names.web_ports`; an entry below `policy.names.min_confidence` raises nothing.
    """
    return _answer(listed_endpoints.filter(_.shown_by == "resolution"), Evidence.ENDPOINT)


@rule(
    "traffic.flow-to-pool", version=1,
    title=Title(en="Flow record to a listed pool address", zh="流记录指向名单所列矿池地址"),
    evidence=Evidence.FLOW, basis=BASIS, remedy="look-closer", outcome="lead",
    false_positives=(
        "sampled or one-way records: the direction may be wrong",
        "the address has changed hands since the list was made",
    ),
)  # fmt: skip
def flow_to_pool(listed_endpoints: Any) -> Any:
    """Flow records show traffic with an address that a list names as a pool.

    Nothing but ends, times and sizes is known: alone it stays possible. An entry loses half its confidence in
    `policy.names.half_life_days` and raises nothing below `policy.names.min_confidence`.
    """
    return _answer(listed_endpoints.filter(_.shown_by == "record"), Evidence.FLOW)
