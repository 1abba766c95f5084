"""What comes nearest to mining: constant pushes every 10 to 60 s, client messages without memory, constant answers.

These are built to be mistaken. What a mining session has beside them: pushes that follow a chain's blocks, a greeting,
targets that change with the rate of shares. Ranges are assumed, chosen around those of mining protocols.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.simulate.quiet.messaging import frame_websocket
from paicha.simulate.quiet.openings import upgrade

if TYPE_CHECKING:
    from paicha.simulate.quiet.draft import Draft, Events, Floats


def _push(draft: Draft, low_s: float, high_s: float, least: float, most: float) -> tuple[Events, Floats]:
    """Return pushes at a clock, a loose clock or without memory, and their sizes, constant or nearly so."""
    period = draft.spread(low_s, high_s)
    kind = draft.rng.integers(0, 3, draft.n)
    pushes = draft.merge(
        draft.only(draft.every(period, jitter=draft.pick(0.0, 0.01)), kind == 0),
        draft.only(draft.drift(period, shape=8.0), kind == 1),
        draft.only(draft.poisson(1 / period), kind == 2),
    )
    return pushes, draft.around(pushes, draft.spread(least, most), draft.pick(0, 0, 1, 2, 6))


def trade_on_market(draft: Draft) -> None:
    """Market data with orders: a summary pushed every 10 to 60 s, orders without memory, each confirmed alike."""
    upgrade(draft)
    pushes, sizes = _push(draft, 10, 60, 150, 900)
    draft.say(pushes, False, frame_websocket(sizes, to_server=False))
    orders = draft.poisson(1 / draft.spread(5, 120))
    order = draft.around(orders, draft.spread(110, 400), draft.pick(0, 0, 1, 2, 8))
    draft.say(orders, True, frame_websocket(order, to_server=True))
    confirmed = draft.after(orders, draft.spread(0.002, 0.1))
    size = draft.around(confirmed, draft.spread(40, 220), draft.pick(0, 0, 1, 3))
    draft.say(confirmed, False, frame_websocket(size, to_server=False))
    filled = draft.keep(draft.after(draft.some(orders, draft.between(0.0, 0.8)), draft.spread(0.5, 60)))
    draft.say(filled, False, frame_websocket(draft.around(filled, 210, 6), to_server=False))
    pings = draft.only(draft.every(draft.pick(20, 30, 60)), draft.happens(0.6))
    draft.say(pings, True, 6)
    draft.say(draft.after(pings, 0.001), False, 2)


def command_device(draft: Draft) -> None:
    """A command channel: settings of constant size pushed every 10 to 60 s, events reported and acknowledged alike."""
    pushes, sizes = _push(draft, 10, 60, 120, 700)
    draft.say(pushes, False, sizes)
    events = draft.poisson(1 / draft.spread(4, 180))
    draft.say(events, True, draft.around(events, draft.spread(60, 300), draft.pick(0, 0, 1, 2)))
    draft.say(
        draft.after(events, draft.spread(0.002, 0.05)),
        False,
        draft.around(events, draft.spread(4, 120), draft.pick(0, 0, 1)),
    )


def take_turns(draft: Draft) -> None:
    """A game by turns: the table's state pushed every 5 to 60 s, moves without memory, each confirmed alike."""
    pushes, sizes = _push(draft, 5, 60, 100, 800)
    draft.say(pushes, False, sizes)
    moves = draft.poisson(1 / draft.spread(6, 90))
    draft.say(moves, True, draft.around(moves, draft.spread(30, 220), draft.pick(0, 1, 3)))
    draft.say(draft.after(moves, 0.01), False, draft.around(moves, draft.spread(20, 120), draft.pick(0, 0, 2)))
    beats = draft.only(draft.every(draft.pick(10, 20, 30)), draft.happens(0.5))
    draft.say(beats, True, 8)
    draft.say(draft.after(beats, 0.001), False, 8)


def share_work(draft: Draft) -> None:
    """Volunteer or build work: jobs of constant size pushed, results without memory, each accepted alike.

    BOINC-like services, render farms and test runners: what mining is, without a chain.
    """
    pushes, sizes = _push(draft, 15, 300, 200, 900)
    draft.say(pushes, False, sizes)
    results = draft.poisson(1 / draft.spread(8, 240))
    draft.say(results, True, draft.varied(results, draft.spread(90, 400), draft.pick(0.0, 0.005, 0.05, 0.4), 40))
    draft.say(
        draft.after(results, draft.spread(0.002, 0.05)),
        False,
        draft.around(results, draft.spread(30, 120), draft.pick(0, 0, 1)),
    )
    beats = draft.only(draft.every(60.0, jitter=0.01), draft.happens(0.5))
    draft.say(beats, True, draft.around(beats, 70, 1))
    draft.say(draft.after(beats, 0.001), False, draft.around(beats, 60, 1))


def wait_for_pushes(draft: Draft) -> None:
    """A client that only listens: pushes of 120 to 700 bytes, nearly constant, 10 to 120 s apart, and little else.

    So a slow miner looks that finds no share for ten minutes; here it is a sign, a price board, a notifier.
    """
    pushes, sizes = _push(draft, 10, 120, 120, 700)
    draft.say(pushes, False, sizes)
    beats = draft.only(draft.every(draft.pick(30, 60, 120, 300)), draft.happens(0.7))
    draft.say(beats, True, draft.around(beats, draft.spread(6, 110)))
    draft.say(draft.after(beats, 0.002), False, draft.around(beats, draft.spread(6, 110)))


def bid_at_auction(draft: Draft) -> None:
    """Auctions and odds: rounds that end at chance moments and are announced alike, bids clustered before the end."""
    rounds = draft.poisson(1 / draft.spread(20, 240))
    draft.say(rounds, False, draft.around(rounds, draft.spread(180, 900), draft.pick(0, 2, 8)))
    lead = draft.rng.exponential(4.0, len(rounds))
    bids = draft.some(draft.keep(type(rounds)(rounds.session, np.maximum(rounds.time - lead, 0.0))), 0.7)
    draft.say(bids, True, draft.around(bids, draft.spread(80, 260), draft.pick(0, 1, 2)))
    draft.say(draft.after(bids, 0.006), False, draft.around(bids, draft.spread(30, 120), draft.pick(0, 1)))
