"""Tables made from tables: sessions counted once, matches, estimates, what was observed."""

from paicha.packs.traffic.derivations.block_times import block_matches
from paicha.packs.traffic.derivations.endpoints import endpoint_matches
from paicha.packs.traffic.derivations.flow_shapes import flow_shapes, long_endpoints
from paicha.packs.traffic.derivations.gathering import listed_endpoints, listed_names
from paicha.packs.traffic.derivations.hours import activity
from paicha.packs.traffic.derivations.idle import idle_tests
from paicha.packs.traffic.derivations.inside import inside, tell_inside
from paicha.packs.traffic.derivations.names import name_matches
from paicha.packs.traffic.derivations.pools import session_pools
from paicha.packs.traffic.derivations.presence import addresses, coverage, observed, spans, watched
from paicha.packs.traffic.derivations.relay_links import relay_links
from paicha.packs.traffic.derivations.relays import relays
from paicha.packs.traffic.derivations.sessions import sessions
from paicha.packs.traffic.derivations.shaped import shaped
from paicha.packs.traffic.derivations.shapes import shapes
from paicha.packs.traffic.derivations.signs import signs
from paicha.packs.traffic.derivations.volume import pool_traffic

DERIVATIONS = (
    spans,
    addresses,
    inside,
    observed,
    watched,
    coverage,
    name_matches,
    session_pools,
    sessions,
    endpoint_matches,
    listed_names,
    listed_endpoints,
    pool_traffic,
    long_endpoints,
    flow_shapes,
    shapes,
    shaped,
    relay_links,
    relays,
    activity,
    block_matches,
    idle_tests,
    signs,
)
"""All derivations of the pack."""

__all__ = ["DERIVATIONS", "tell_inside"]
