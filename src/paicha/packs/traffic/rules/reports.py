"""Questions put to what others report: lists handed down, alerts of other systems."""

from __future__ import annotations

from typing import Any

from paicha.kernel.grades import Evidence
from paicha.kernel.rule import Title, rule
from paicha.packs.traffic.derivations.gathering import collect
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.rules.sessions import BASIS

GROUP = ("site", "address", "issuer", "batch")


@rule(
    "traffic.reported", version=1,
    title=Title(en="Reported by someone else", zh="上级下发或其他系统通报"),
    evidence=Evidence.REPORT, basis=BASIS, remedy="check-host", outcome="reported",
    false_positives=(
        "the address was another customer's at the time: give the times to the operator",
        "an alert of a signature that fires on other protocols too",
        "the list repeats an older one: batches are separate findings and count once in the score",
    ),
)  # fmt: skip
def reported(reports: Any) -> Any:
    """A list handed down by a superior body, or an alert of another system, names this address.

    One finding per issuer, batch and address. Someone else's evidence reaches likely; ports and exact times are what a
    network behind NAT needs to find the host.
    """
    rows = reports.mutate(
        first_seen=ibis.coalesce(_.first_seen, _.last_seen),
        last_seen=ibis.coalesce(_.last_seen, _.first_seen),
    ).filter(_.address.notnull())
    totals = rows.group_by(*GROUP).agg(
        first_seen=_.first_seen.min(),
        last_seen=_.last_seen.max(),
        sources=collect(_.source),
        client_ports=collect(_.port),
        client_port=_.port.min(),
        peers=collect(_.peer),
        peer_ports=collect(_.peer_port),
        kinds=collect(_.kind),
        count=_["count"].sum(),
    )
    key = ibis.coalesce(totals.issuer, "") + ibis.literal("|") + ibis.coalesce(totals.batch, "")
    return totals.select(
        "site", "first_seen", "last_seen", "sources", "issuer", "batch", "client_port", "client_ports", "peers",
        "peer_ports", "kinds", "count",
        subject=_.address,
        client=_.address,
        key=key,
    )  # fmt: skip
