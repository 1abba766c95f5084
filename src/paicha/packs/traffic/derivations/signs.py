"""What else is known of the hosts that mine: malware's names and wallets, and whether they serve others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.gathering import collect
from paicha.packs.traffic.expressions import _, ibis

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import HintsPolicy, TrafficPolicy

MALWARE = "malware"
MALWARE_INDICATOR, MALWARE_WALLET, SERVES_OTHERS = "malware-indicator", "malware-wallet", "serves-others"

SIGNS = TableSpec(
    "signs",
    "one sign on one subject that mines or is suspected of it",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the address"),
        Column("code", "string", "malware-indicator, malware-wallet or serves-others"),
        Column("key", "string", "key of the finding that it rests on; null where it rests on all", nullable=True),
        Column("number", "int64", "for serves-others: how many hosts it answered"),
        Column("ports", "list<int32>", "for serves-others: on which ports", nullable=True),
    ),
)


@derivation(SIGNS, form="expression")
def signs(
    sessions: Any, listed_names: Any, listed_endpoints: Any, indicators: Any, flows: Any, policy: TrafficPolicy
) -> Any:
    """Return matches of malware's names, addresses and wallets, and the subjects that answer others as servers."""
    suspects = ibis.union(
        *(table.select("site", "subject") for table in (sessions, listed_names, listed_endpoints)), distinct=True
    )
    return ibis.union(
        _match_entries(listed_names, listed_names.name),
        _match_entries(listed_endpoints, listed_endpoints.endpoint),
        _match_wallets(sessions, indicators),
        _count_visitors(flows, sessions, suspects, policy.hints),
    )


def _match_entries(listed: Any, key: Any) -> Any:
    rows = listed.filter(listed.purpose == MALWARE, ~listed.is_weak)
    return _sign(rows, MALWARE_INDICATOR, key)


def _match_wallets(sessions: Any, indicators: Any) -> Any:
    """Return sessions whose login is a wallet that a list names as malware's, in whatever case it is written."""
    wallets = indicators.filter(_.kind == "wallet", _.purpose == MALWARE).select(wallet=_.value.lower()).distinct()
    used = sessions.select("site", "subject", "key", login=sessions.logins.unnest())
    used = used.select("site", "subject", "key", wallet=_.login["value"].lower())
    rows = used.semi_join(wallets, "wallet").select("site", "subject", "key").distinct()
    return _sign(rows, MALWARE_WALLET, rows.key)


def _count_visitors(flows: Any, sessions: Any, suspects: Any, policy: HintsPolicy) -> Any:
    """Return suspects that answered enough hosts on ports of services, mining itself not counted."""
    served = sessions.select("site", "server_ip", "server_port").distinct()
    visits = flows.filter(
        _.server_port.isin(policy.service_ports).fill_null(False), ibis.coalesce(_.packets_in, _.bytes_in, 0) > 0
    )
    visits = visits.semi_join(suspects, ["site", ("server_ip", "subject")])
    visits = visits.anti_join(served, ["site", "server_ip", "server_port"])
    rows = visits.group_by("site", subject=visits.server_ip).agg(
        number=visits.client_ip.nunique(), ports=collect(visits.server_port)
    )
    rows = rows.filter(_.number >= policy.min_visitors)
    return rows.select(
        "site", "subject", "number", "ports", code=ibis.literal(SERVES_OTHERS), key=ibis.null("string")
    ).select(*SIGNS.names)


def _sign(rows: Any, code: str, key: Any) -> Any:
    return rows.select(
        "site", "subject", code=ibis.literal(code), key=key, number=ibis.literal(0, "int64"),
        ports=ibis.null("array<int32>"),
    ).select(*SIGNS.names)  # fmt: skip
