"""Servers that push: tickers, dashboards, event streams, calls over WebSocket, heads of chains.

Ranges that name no source are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.simulate.quiet.messaging import frame_websocket
from paicha.simulate.quiet.openings import upgrade

if TYPE_CHECKING:
    from paicha.simulate.quiet.draft import Draft


def _ping(draft: Draft, period: object) -> None:
    """Add pings of one side with their pongs, empty or with a few bytes (RFC 6455 5.5.2)."""
    size = draft.pick(0, 0, 4, 8, 13)
    ticks = draft.every(np.asarray(period), jitter=draft.pick(0.0, 0.01))
    from_server = draft.happens(0.6)
    for to_server in (True, False):
        asked = draft.only(ticks, from_server != to_server)
        draft.say(asked, to_server, frame_websocket(draft.around(asked, size), to_server=to_server))
        answers = draft.after(asked, 0.001, to_client=to_server)
        draft.say(answers, not to_server, frame_websocket(draft.around(answers, size), to_server=not to_server))


def _tick(draft: Draft, low_s: float, high_s: float) -> None:
    upgrade(draft)
    period = draft.spread(low_s, high_s)
    is_clock = draft.happens(0.6)
    pushes = draft.merge(draft.only(draft.every(period, jitter=draft.pick(0.01, 0.1, 0.4)), is_clock),
                         draft.only(draft.poisson(1 / period), ~is_clock))  # fmt: skip
    sizes = draft.varied(pushes, draft.spread(90, 1600), draft.pick(0.0, 0.01, 0.05, 0.2), 20)
    draft.say(pushes, False, frame_websocket(sizes, to_server=False))
    _ping(draft, draft.pick(15, 20, 30, 30, 60, 180))
    asked = draft.poisson(1 / draft.spread(600, 7200))
    draft.say(asked, True, frame_websocket(draft.varied(asked, 120, 0.4, 30), to_server=True))
    answers = draft.after(asked, 0.004)
    draft.say(answers, False, frame_websocket(draft.varied(answers, 200, 0.5, 30), to_server=False))


def tick_fast(draft: Draft) -> None:
    """A ticker of prices or scores over WebSocket: pushes of similar size every 0.3 to 3 s."""
    _tick(draft, 0.3, 3.0)


def tick_slow(draft: Draft) -> None:
    """A ticker or dashboard over WebSocket: pushes of similar size every 5 to 60 s."""
    _tick(draft, 5.0, 60.0)


def stream_events(draft: Draft) -> None:
    """Server-sent events over HTTP/2: updates 5 to 120 s apart, comment lines every 15 to 45 s (WHATWG HTML 9.2.7).

    HTTP/2 frames add 9 bytes (RFC 9113 4.1); window updates of 13 bytes come now and then.
    """
    asked = draft.ready()
    draft.say(asked, True, draft.around(asked, draft.spread(120, 900)))
    draft.say(draft.after(asked, 0.01), False, draft.around(draft.first(), draft.spread(120, 500)))
    updates = draft.poisson(1 / draft.spread(5, 120))
    draft.say(updates, False, 9 + draft.varied(updates, draft.spread(60, 900), draft.pick(0.0, 0.02, 0.3, 0.8), 12))
    comments = draft.every(draft.pick(15, 20, 30, 45), jitter=0.01)
    draft.say(comments, False, 9 + draft.around(comments, draft.pick(3, 12, 18)))
    windows = draft.after(draft.some(updates, 0.15), 0.001, to_client=False)
    draft.say(windows, True, 13)


def stream_grpc(draft: Draft) -> None:
    """A gRPC or watch stream: pings of 17 bytes every 10 to 120 s (RFC 9113 6.7), messages both ways."""
    pings = draft.every(draft.pick(10, 20, 30, 60, 120), jitter=0.005)
    draft.say(pings, True, 17)
    draft.say(draft.after(pings, 0.0005), False, 17)
    pushed = draft.poisson(1 / draft.spread(10, 300))
    draft.say(pushed, False, 14 + draft.varied(pushed, draft.spread(60, 1200), draft.pick(0.0, 0.05, 0.8), 10))
    called = draft.only(draft.poisson(1 / draft.spread(10, 120)), draft.happens(0.6))
    draft.say(called, True, 14 + draft.varied(called, draft.spread(50, 500), draft.pick(0.0, 0.01, 0.5), 10))
    draft.say(
        draft.after(called, 0.006), False, 14 + draft.varied(called, draft.spread(40, 400), draft.pick(0.0, 0.3), 8)
    )


def call_over_websocket(draft: Draft) -> None:
    """JSON-RPC or a language model over WebSocket: pings every 20 to 30 s, answers whole or in many pieces."""
    upgrade(draft)
    _ping(draft, draft.pick(20, 20, 25, 30))
    asked = draft.poisson(1 / draft.spread(20, 600))
    draft.say(asked, True, frame_websocket(draft.varied(asked, draft.spread(80, 900), 0.9, 40), to_server=True))
    streams = draft.happens(0.5)
    whole = draft.after(draft.only(asked, ~streams), 0.08)
    draft.say(whole, False, frame_websocket(draft.varied(whole, draft.spread(120, 3000), 0.9, 40), to_server=False))
    opened = draft.after(draft.only(asked, streams), 0.6)
    counts = draft.rng.geometric(1 / 25, len(opened))
    which = np.repeat(np.arange(len(opened)), counts)
    order = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts)
    pieces = draft.keep(type(opened)(opened.session[which], opened.time[which] + 0.05 * order))
    draft.say(pieces, False, frame_websocket(draft.varied(pieces, 70, 0.15, 40), to_server=False))


def hear_heads(draft: Draft) -> None:
    """A wallet or exchange hears the heads of a chain over WebSocket: 2 to 15 s apart, alike in size; calls between.

    Ethereum has a slot every 12 s, of which 1 % are missed; BNB and Polygon have blocks every 2 to 3 s, Avalanche and
    Gnosis every 2 and 5 s.
    """
    upgrade(draft)
    heads = draft.some(draft.every(draft.pick(2, 3, 5, 12, 12, 12, 15), jitter=0.08), 0.99)
    sizes = draft.around(heads, draft.spread(600, 2200), draft.pick(1, 3, 12))
    draft.say(heads, False, frame_websocket(sizes, to_server=False))
    _ping(draft, draft.pick(20, 30, 30, 60))
    calls = draft.poisson(1 / draft.spread(15, 600))
    draft.say(
        calls,
        True,
        frame_websocket(draft.varied(calls, draft.spread(70, 300), draft.pick(0.0, 0.3), 50), to_server=True),
    )
    answers = draft.after(calls, 0.01)
    replies = draft.varied(answers, draft.spread(45, 700), draft.pick(0.0, 0.05, 0.8), 40)
    draft.say(answers, False, frame_websocket(replies, to_server=False))


def follow_wallet(draft: Draft) -> None:
    """Electrum: pings every 50 to 60 s, headers with every block (600 s in the mean), questions and changes."""
    pings = draft.every(draft.pick(50, 60, 60), jitter=0.02)
    draft.say(pings, True, draft.around(pings, 62, 1))
    draft.say(draft.after(pings, 0.003), False, draft.around(pings, 40, 1))
    blocks = draft.poisson(1 / 600)
    draft.say(blocks, False, draft.around(blocks, 260, 2))
    asked = draft.bursts(1 / draft.spread(300, 3600), draft.between(2, 12), 0.2)
    draft.say(asked, True, draft.around(asked, 140, 4))
    draft.say(draft.after(asked, 0.01), False, draft.varied(asked, 110, 0.5, 40))
    starts = draft.ready()
    draft.say(starts, True, draft.around(starts, 900, 500))
    draft.say(draft.after(starts, 0.02), False, draft.varied(starts, 2500, 0.7, 200))
