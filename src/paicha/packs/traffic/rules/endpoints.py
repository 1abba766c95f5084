"""Questions put to connections by whom they lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
from ibis import _

from paicha.kernel.grades import Evidence
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.derivations.endpoints import FLOW_SENSORS
from paicha.packs.traffic.rules.evidence import collect, grade_row, list_connections
from paicha.packs.traffic.rules.names import ENTRY
from paicha.packs.traffic.rules.sessions import BASIS

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy

GROUP = ("site", "subject", "role", "key")


def _gather(matches: Any, strong: Evidence, policy: TrafficPolicy) -> Any:
    """Return one row per subject and listed endpoint: times, volume, the list's entry, the connections."""
    host = matches.server_ip.contains(":").ifelse(
        ibis.literal("[") + matches.server_ip + ibis.literal("]"), matches.server_ip
    )
    port = ibis.coalesce(matches.server_port.cast("string"), "*")
    rows = matches.mutate(
        key=host + ibis.literal(":") + port, time=_.started, client=_.client_ip, server=_.server_ip,
    )  # fmt: skip
    totals = rows.group_by(*GROUP).agg(
        first_seen=rows.started.min(),
        last_seen=rows.ended.max(),
        sources=collect(rows.source),
        sensors=collect(rows.sensor),
        names=collect(rows.name),
        count=rows.count(),
        bytes_out=rows.bytes_out.sum(),
        bytes_in=rows.bytes_in.sum(),
        sampling=rows.sampling.max(),
        is_answered=rows.is_answered.any(),
        is_weak=rows.is_weak.all(),
    )
    first = ibis.window(
        group_by=list(GROUP), order_by=[rows.is_weak, rows.confidence.desc(), rows.indicator, rows.name]
    )
    entries = rows.mutate(rank=ibis.row_number().over(first)).filter(_.rank == 0).select(*GROUP, *ENTRY)
    samples = list_connections(rows, GROUP, policy.names.max_connections)
    joined = totals.join(entries, list(GROUP)).join(samples, list(GROUP))
    return joined.mutate(**grade_row(joined.is_weak, joined.is_answered, strong)).select(
        "site", "subject", "key", "first_seen", "last_seen", "sources", "evidence_kind", "grade", "role", "sensors",
        "names", *ENTRY, "client", "client_port", "server", "server_port", "count", "bytes_out", "bytes_in",
        "sampling", "is_answered", "connections",
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
def pool_endpoint(endpoint_matches: Any, policy: TrafficPolicy) -> Any:
    """A host connected to an address that a list names as a pool, and was answered.

    Packets or the state of the connection were seen. An entry without a port proves little on a port of the web
    (`policy.names.web_ports`); an unanswered connection is worth no more than a flow record. An entry loses half its
    confidence in `policy.names.half_life_days` and raises nothing below `policy.names.min_confidence`.
    """
    rows = endpoint_matches.filter(_.via == "address", ~_.sensor.isin(FLOW_SENSORS))
    return _gather(rows, Evidence.ENDPOINT, policy)


@rule(
    "traffic.resolved-pool", version=1,
    title=Title(en="Connection to what a pool's name resolved to", zh="查询矿池域名后连接其解析地址"),
    evidence=Evidence.ENDPOINT, basis=BASIS, remedy="check-host", outcome="lead",
    false_positives=(
        "an address that serves many names: where another name resolved to it too, the finding stays possible",
        "a visit to the pool's website",
    ),
)  # fmt: skip
def resolved_pool(endpoint_matches: Any, policy: TrafficPolicy) -> Any:
    """A host asked for a pool's name and then connected to the address it was given.

    Name and address belong together because the same client used both, in this order. Where the address was also the
    answer for a name that no list holds, or the name is a website's, the finding stays possible. Ports of the web are
    `policy.names.web_ports`; an entry below `policy.names.min_confidence` raises nothing.
    """
    return _gather(endpoint_matches.filter(_.via == "name"), Evidence.ENDPOINT, policy)


@rule(
    "traffic.flow-to-pool", version=1,
    title=Title(en="Flow record to a listed pool address", zh="流记录指向名单所列矿池地址"),
    evidence=Evidence.FLOW, basis=BASIS, remedy="look-closer", outcome="lead",
    false_positives=(
        "sampled or one-way records: the direction may be wrong",
        "the address has changed hands since the list was made",
    ),
)  # fmt: skip
def flow_to_pool(endpoint_matches: Any, policy: TrafficPolicy) -> Any:
    """Flow records show traffic with an address that a list names as a pool.

    Nothing but ends, times and sizes is known: alone it stays possible. An entry loses half its confidence in
    `policy.names.half_life_days` and raises nothing below `policy.names.min_confidence`.
    """
    rows = endpoint_matches.filter(_.via == "address", _.sensor.isin(FLOW_SENSORS))
    return _gather(rows, Evidence.FLOW, policy)
