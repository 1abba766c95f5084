"""The questions of the traffic pack."""

from paicha.packs.traffic.rules.behaviour import mining_shape
from paicha.packs.traffic.rules.block_times import block_times
from paicha.packs.traffic.rules.endpoints import flow_to_pool, pool_endpoint, resolved_pool
from paicha.packs.traffic.rules.evidence import EVIDENCE_FORMS, SESSION_MEASURES
from paicha.packs.traffic.rules.flow_shapes import mining_like_flow
from paicha.packs.traffic.rules.hours import idle_time_mining
from paicha.packs.traffic.rules.names import name_in_session, pool_lookup
from paicha.packs.traffic.rules.relays import mining_relay
from paicha.packs.traffic.rules.reports import reported
from paicha.packs.traffic.rules.sessions import SESSION_RULES

RULES = (
    *SESSION_RULES,
    mining_relay,
    block_times,
    mining_shape,
    name_in_session,
    pool_lookup,
    pool_endpoint,
    resolved_pool,
    flow_to_pool,
    mining_like_flow,
    reported,
    idle_time_mining,
)
"""All rules of the pack, the surest first."""

__all__ = ["EVIDENCE_FORMS", "RULES", "SESSION_MEASURES"]
