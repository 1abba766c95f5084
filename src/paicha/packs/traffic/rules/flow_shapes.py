"""Questions put to the shape of flow records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import Evidence
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.derivations.flow_shapes import CERTAIN, UNCERTAIN
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.sessions import BASIS
from paicha.packs.traffic.scores.judging import FLOWS, judge_flow_shapes
from paicha.packs.traffic.scores.scorecard import list_contributions, list_reasons, load_card

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy

TOTALS = (
    "sensor", "pieces", "count", "packets_out", "packets_in", "bytes_out", "bytes_in", "sampling", "spanned_hours",
    "longest_gap_seconds", "connections",
)  # fmt: skip


@rule(
    "traffic.mining-like-flow", version=1,
    title=Title(en="Flow records that look like mining", zh="流记录形态疑似挖矿"),
    evidence=Evidence.FLOW, basis=BASIS, remedy="look-closer", outcome="lead",
    false_positives=(
        "other quiet, lasting connections with a steady exchange of small messages: telemetry, chat, remote shells",
        "an industrial controller or a database that is polled",
    ),
)  # fmt: skip
def mining_like_flow(flow_shapes: Any, policy: TrafficPolicy) -> Any:
    """A client keeps up a lasting, quiet exchange of small packets with one endpoint, at the sizes and rates of mining.

    Nothing but sizes, counts and times of flow records is known: alone it stays possible, a list to look at from the
    highest score down. The score adds up named contributions (`contributions`); where sampling leaves a feature
    uncertain, the least points within `policy.flow_shape.deviations` count. Judged are clients connected for
    `policy.flow_shape.min_seconds` of which `policy.flow_shape.min_packets` packets were seen; told are those from
    `policy.flow_shape.min_score` on, at most `policy.flow_shape.max_told` of a site. Records of one endpoint belong
    together over gaps of `policy.flow_shape.gap_seconds`, longer where sampled.
    """
    card = load_card(FLOWS)
    found = judge_flow_shapes(flow_shapes, policy.flow_shape)
    best = ibis.window(
        group_by=found.site, order_by=[found.score.desc(), found.connected_hours.desc(), found.subject, found.server_ip]
    )
    found = found.mutate(rank=ibis.row_number().over(best)).filter(_.rank < policy.flow_shape.max_told)
    host = found.server_ip.contains(":").ifelse("[" + found.server_ip + "]", found.server_ip)
    first = found.connections[0]
    return found.select(
        "site", "subject", "first_seen", "last_seen", "sources", *TOTALS,
        *(name for name, _doc, _unit in (*UNCERTAIN, *CERTAIN)), "score",
        key=host + ibis.literal(":") + found.server_port.cast("string"),
        client=first["client"],
        client_port=first["client_port"],
        server=found.server_ip,
        server_port=found.server_port,
        contributions=list_contributions(found, card),
        reasons=list_reasons(found, card),
    )  # fmt: skip
