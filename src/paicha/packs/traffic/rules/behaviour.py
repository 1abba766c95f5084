"""Questions put to connections by the sizes and times of their messages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.grades import Evidence, Grade
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.sessions import BASIS
from paicha.packs.traffic.scores.judging import BEHAVIOUR, judge_shapes
from paicha.packs.traffic.scores.scorecard import list_contributions, list_reasons, load_card

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy


@rule(
    "traffic.mining-shape", version=1,
    title=Title(en="Connection with the habits of mining", zh="连接行为特征与挖矿相符"),
    evidence=Evidence.BEHAVIOUR, basis=BASIS, remedy="check-host", outcome="lead",
    false_positives=(
        "a feed to which a program subscribed: prices, alarms, positions of vehicles, in messages of equal length",
        "a device that reports events of equal length and takes orders over the same connection",
    ),
)  # fmt: skip
def mining_shape(shapes: Any, policy: TrafficPolicy) -> Any:
    """A long connection has the habits of mining, whatever is said on it: sizes and times of its messages alone.

    Work comes unasked for, in messages of few sizes, with the chain's blocks; shares go out by chance, in messages of
    all but one size, and each is answered at once by a short one; there is little else, for hours. Every sign adds
    points, and the evidence lists them. From `policy.behaviour.possible_score` points on the connection is possible,
    from `policy.behaviour.likely_score` likely: neither work alone reaches that nor shares without a mark of their
    protocol, because feeds, games and devices may look the same. Below that it is of the kind `flow`, as flow records
    of the same connection are, so that one habit seen twice does not add up. What was read in clear text on the same
    connection is one event with this, and goes before it.
    """
    card = load_card(BEHAVIOUR)
    scored = judge_shapes(shapes, policy.behaviour)
    is_likely = scored.is_likely
    return scored.select(
        "site", "subject", "key", "sources", "score", "shares_from_sizes", "share_bytes",
        "reply_bytes", "pushes", "push_bytes", "frames", "family", "hash_rate_bounds", "transport", "joined", "is_open",
        "role", "client_port", "server_port", "started", "ended",
        first_seen=_.started,
        last_seen=_.ended,
        counted_with=_.key,
        grade=is_likely.ifelse(
            ibis.literal(int(Grade.LIKELY), "int64"), ibis.literal(int(Grade.POSSIBLE), "int64")
        ),
        evidence_kind=is_likely.ifelse(str(Evidence.BEHAVIOUR), str(Evidence.FLOW)),
        outcome=is_likely.ifelse(ibis.literal("mining"), ibis.literal("lead")),
        client=_.client_ip,
        server=_.server_ip,
        cadence_seconds=_.push_gap,
        lived_seconds=_.lived,
        contributions=list_contributions(scored, card),
        reasons=list_reasons(scored, card),
    )  # fmt: skip
