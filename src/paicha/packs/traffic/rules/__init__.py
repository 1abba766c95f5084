"""The questions of the traffic pack."""

from paicha.packs.traffic.rules.endpoints import flow_to_pool, pool_endpoint, resolved_pool
from paicha.packs.traffic.rules.evidence import EVIDENCE_FORMS, SESSION_MEASURES
from paicha.packs.traffic.rules.names import name_in_session, pool_lookup
from paicha.packs.traffic.rules.reports import reported
from paicha.packs.traffic.rules.sessions import SESSION_RULES

RULES = (
    *SESSION_RULES,
    name_in_session,
    pool_lookup,
    pool_endpoint,
    resolved_pool,
    flow_to_pool,
    reported,
)
"""All rules of the pack, the surest first."""

__all__ = ["EVIDENCE_FORMS", "RULES", "SESSION_MEASURES"]
