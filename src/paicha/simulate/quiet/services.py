"""Services behind the scenes: pools of database connections, routing, peers of a chain, polls for updates.

Ranges that name no source are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from paicha.simulate.quiet.draft import Draft


def pool_connections(draft: Draft) -> None:
    """A pooled database connection: a test query every 10 to 600 s, a few real ones.

    HikariCP checks idle connections every 2 min, DBCP and Druid every 10 to 60 s; "SELECT 1" and its answer are 14 to
    90 bytes in the protocols of MySQL and PostgreSQL, PING and PONG of Redis 14 and 7.
    """
    period = draft.pick(10, 30, 30, 60, 60, 120, 300, 600)
    tests = draft.drift(period, shape=900.0)
    draft.say(tests, True, draft.around(tests, draft.pick(5, 13, 14, 14, 19, 34, 60)))
    draft.say(draft.after(tests, 0.0006), False, draft.around(tests, draft.pick(7, 11, 56, 66, 76, 90)))
    used = draft.bursts(1 / draft.spread(60, 3600), draft.between(1, 8), 0.05)
    draft.say(used, True, draft.varied(used, draft.spread(60, 400), 0.6, 20))
    draft.say(draft.after(used, 0.003), False, draft.varied(used, draft.spread(60, 1500), 1.0, 11))


def route_by_bgp(draft: Draft) -> None:
    """BGP: KEEPALIVE of 19 bytes every third of the hold time (90 or 180 s; RFC 4271 4.4, 10), updates in bursts."""
    period = draft.pick(10, 30, 30, 60, 60)
    for to_server in (True, False):
        beats = draft.drift(period, shape=150.0)
        draft.say(beats, to_server, 19)
        updates = draft.bursts(draft.between(0, 1) / draft.spread(30, 1800), draft.between(1, 5), 0.5)
        draft.say(updates, to_server, draft.varied(updates, 75, 0.5, 23))


def gossip_with_peers(draft: Draft) -> None:
    """A peer of a Bitcoin-like network that asks for little: inventories without memory, pings every 2 min, blocks.

    24 bytes of header; inv 37 + 36 n, ping and pong 8 (Bitcoin's P2P protocol, ping every 120 s); transactions of 200
    to 600 bytes; the trickle to a peer is without memory by design.
    """
    pings = draft.every(120.0, jitter=0.002)
    nonce = 32
    for to_server in (True, False):
        draft.say(pings, to_server, nonce)
        draft.say(draft.after(pings, 0.002, to_client=to_server), not to_server, nonce)
    told = draft.poisson(1 / draft.spread(4, 60))
    counts = draft.rng.geometric(1 / 4, len(told))
    draft.say(told, False, 25 + 36 * counts)
    asked = draft.after(draft.some(told, draft.between(0.05, 0.6)), 0.05, to_client=False)
    draft.say(asked, True, draft.around(asked, 61))
    draft.say(draft.after(asked, 0.01), False, 24 + draft.varied(asked, 320, 0.6, 150))
    offered = draft.poisson(1 / draft.spread(10, 200))
    draft.say(offered, True, 25 + 36 * draft.rng.geometric(1 / 3, len(offered)))
    blocks = draft.poisson(1 / 600)
    draft.say(blocks, False, draft.around(blocks, 106))
    fetched = draft.after(draft.only(blocks, draft.happens(0.3)), 0.02, to_client=False)
    draft.say(fetched, True, 61)
    draft.say(draft.after(fetched, 0.02), False, draft.varied(fetched, 13_000, 0.3, 4000))


def poll_updates(draft: Draft) -> None:
    """A client polls over one kept connection every 10 to 600 s: constant questions, mostly "not modified" answers."""
    period = draft.pick(10, 15, 30, 60, 60, 120, 300, 600)
    asks = draft.merge(draft.every(period, jitter=draft.pick(0.0, 0.01, 0.2)))
    draft.say(asks, True, draft.around(asks, draft.spread(60, 900), draft.pick(0, 0, 1, 4)))
    is_new = draft.rng.random(len(asks)) < draft.between(0.0, 0.2)[asks.session]
    size = np.where(is_new, draft.varied(asks, draft.spread(400, 4000), 0.9, 200),
                    draft.around(asks, draft.spread(60, 420), draft.pick(0, 0, 1)))  # fmt: skip
    draft.say(draft.after(asks, 0.02), False, size)


def sync_folders(draft: Draft) -> None:
    """A cloud drive waits for changes: a poll held 40 to 90 s, changes without memory that are fetched elsewhere."""
    hold = draft.pick(40, 60, 60, 90)
    asks = draft.drift(hold, shape=25.0)
    draft.say(asks, True, draft.around(asks, draft.spread(150, 700), draft.pick(0, 2)))
    draft.say(draft.before(asks, 0.003), False, draft.around(asks, draft.spread(90, 350), draft.pick(0, 0, 2)))


def share_state(draft: Draft) -> None:
    """A session of a cluster (ZooKeeper, etcd): small beats both ways every 1 to 10 s, changes that are watched."""
    beats = draft.drift(draft.pick(1, 2, 3, 5, 10, 10), shape=500.0)
    draft.say(beats, True, draft.around(beats, draft.pick(12, 26, 39)))
    draft.say(draft.after(beats, 0.0008), False, draft.around(beats, draft.pick(20, 39, 52)))
    watched = draft.poisson(1 / draft.spread(60, 1800))
    draft.say(watched, False, draft.varied(watched, 120, 0.6, 30))
