"""Connections whose sizes and times look like mining, with the points they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.scores.judging import judge_shapes

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy

SHAPED = TableSpec(
    "shaped",
    "one connection with enough points on the scorecard of behaviour to be a possible one of mining",
    (
        Column("site", "string", "the network"),
        Column("session", "string", "as in `profiles`"),
        Column("key", "string", "key of its finding, that of the session read in clear text if there is one"),
        Column("subject", "string", "the address it speaks against"),
        Column("client_ip", "string", "address of the side that would mine"),
        Column("server_ip", "string", "address of the side that would give work"),
        Column("server_port", "int32", "its port", nullable=True),
        Column("started", "int64", "time of the first packet", unit="us"),
        Column("ended", "int64", "time of the last packet", unit="us"),
        Column("is_likely", "bool", "points enough for likely"),
        Column("shares", "float64", "shares by sizes, as far as they tell", nullable=True),
        Column("rate_low", "float64", "lowest hash rate that these allow", unit="H/s", nullable=True),
        Column("rate_high", "float64", "highest hash rate that they allow", unit="H/s", nullable=True),
        Column("algorithm", "string", "of which algorithm, where the sizes tell", nullable=True),
        Column("sources", "list<string>", "keys of the inputs that showed it"),
    ),
)


@derivation(SHAPED, form="expression", driver="shapes")
def shaped(shapes: Any, policy: TrafficPolicy) -> Any:
    """Return the connections from `policy.behaviour.possible_score` points on."""
    rows = judge_shapes(shapes, policy.behaviour)
    return rows.select(
        "site", "session", "key", "subject", "client_ip", "server_ip", "server_port", "started", "ended", "sources",
        "is_likely",
        shares=rows.shares_from_sizes["best"],
        rate_low=rows.hash_rate_bounds["low"],
        rate_high=rows.hash_rate_bounds["high"],
        algorithm=rows.hash_rate_bounds["algorithm"],
    ).select(*SHAPED.names)  # fmt: skip
