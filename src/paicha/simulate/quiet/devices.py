"""Devices and games: reports with acknowledgements, agents that check in, lobbies, calls ready to ring.

Ranges that name no source are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from paicha.simulate.quiet.draft import Draft


def report_readings(draft: Draft) -> None:
    """A device reports 40 to 600 bytes every 5 to 300 s and gets an answer of constant size.

    The clock is strict, jittered, or set anew after each report; both sizes are constant or nearly so.
    """
    period = draft.spread(5, 300)
    is_strict = draft.happens(0.6)
    reports = draft.merge(draft.only(draft.every(period, jitter=draft.pick(0.0, 0.01, 0.2)), is_strict),
                          draft.only(draft.drift(period, shape=30.0), ~is_strict))  # fmt: skip
    draft.say(reports, True, draft.around(reports, draft.spread(40, 600), draft.pick(0, 0, 0, 1, 3, 12)))
    draft.say(
        draft.after(reports, draft.spread(0.002, 0.1)),
        False,
        draft.around(reports, draft.spread(4, 220), draft.pick(0, 0, 1)),
    )


def ship_logs(draft: Draft) -> None:
    """An agent ships log lines: batches without memory, acknowledged by a few bytes or not at all (syslog over TLS)."""
    batches = draft.poisson(1 / draft.spread(3, 120))
    draft.say(batches, True, draft.varied(batches, draft.spread(150, 1500), draft.pick(0.1, 0.4, 0.9), 60))
    acked = draft.only(batches, draft.happens(0.6))
    draft.say(draft.after(acked, 0.004), False, draft.around(acked, draft.pick(6, 12, 20, 40)))


def check_in(draft: Draft) -> None:
    """A management or security agent checks in every 10 to 120 s, now and then gets a task and returns its result."""
    period = draft.pick(10, 15, 30, 30, 60, 60, 90, 120)
    asks = draft.drift(period, shape=200.0)
    draft.say(asks, True, draft.around(asks, draft.spread(60, 600), draft.pick(0, 0, 2)))
    draft.say(draft.after(asks, 0.008), False, draft.around(asks, draft.spread(20, 200), draft.pick(0, 0, 1)))
    tasks = draft.after(draft.some(asks, draft.spread(0.005, 0.1)), 0.1)
    draft.say(tasks, False, draft.varied(tasks, 500, 0.8, 100))
    results = draft.keep(draft.after(tasks, 2.0, to_client=False))
    draft.say(results, True, draft.varied(results, 700, 1.0, 100))
    draft.say(draft.after(results, 0.01), False, draft.around(results, 60, 5))


def wait_in_lobby(draft: Draft) -> None:
    """A game in its lobby: beats every 1 to 20 s, presence and offers pushed, menus opened now and then."""
    beat = draft.every(draft.pick(1, 2, 5, 10, 15, 20), jitter=draft.pick(0.0, 0.05))
    draft.say(beat, True, draft.around(beat, draft.spread(8, 90), draft.pick(0, 1)))
    answered = draft.only(draft.after(beat, 0.002), draft.happens(0.8))
    draft.say(answered, False, draft.around(answered, draft.spread(8, 90), draft.pick(0, 1)))
    pushed = draft.poisson(1 / draft.spread(4, 120))
    draft.say(pushed, False, draft.varied(pushed, draft.spread(60, 500), draft.pick(0.05, 0.4, 0.9), 12))
    opened = draft.bursts(1 / draft.spread(120, 1200), 3, 2)
    draft.say(opened, True, draft.varied(opened, 80, 0.5, 20))
    draft.say(draft.after(opened, 0.01), False, draft.varied(opened, 600, 1.0, 40))


def play_by_datagram(draft: Draft) -> None:
    """A game or voice channel kept open over UDP: beats every 1 to 15 s, some state, short bursts of play."""
    beat = draft.every(draft.pick(1, 2, 5, 5, 10, 15), jitter=0.03)
    size = draft.spread(8, 120)
    draft.say_raw(beat, True, draft.around(beat, size, draft.pick(0, 2)))
    draft.say_raw(draft.after(beat, 0.002), False, draft.around(beat, size, draft.pick(0, 2, 10)))
    played = draft.bursts(1 / draft.spread(600, 6000), 60, 0.05)
    draft.say_raw(played, True, draft.around(played, 70, 25))
    draft.say_raw(draft.after(played, 0.005), False, draft.around(played, 160, 90))


def register_phone(draft: Draft) -> None:
    """A SIP phone: REGISTER every 60 to 3600 s, challenged, OPTIONS, CRLF keep-alives (RFC 3261, 5626)."""
    renewed = draft.every(draft.pick(60, 120, 300, 600, 1800, 3600) * draft.pick(0.5, 0.9), jitter=0.02)
    first, second = draft.between(480, 720), draft.between(620, 980)
    draft.say(renewed, True, draft.around(renewed, first, 3))
    refused = draft.after(renewed, 0.003)
    draft.say(refused, False, draft.around(refused, draft.between(380, 620), 3))
    again = draft.after(refused, 0.004, to_client=False)
    draft.say(again, True, draft.around(again, second, 3))
    draft.say(draft.after(again, 0.005), False, draft.around(again, draft.between(420, 760), 3))
    asked = draft.only(draft.every(draft.pick(25, 30, 60, 60)), draft.happens(0.7))
    draft.say(asked, False, draft.around(asked, draft.between(340, 560), 2))
    draft.say(draft.after(asked, 0.004, to_client=False), True, draft.around(asked, draft.between(320, 640), 2))
    beats = draft.only(draft.every(draft.pick(20, 25, 30, 95, 120)), draft.happens(0.5))
    draft.say(beats, True, 4)
    draft.say(draft.after(beats, 0.001), False, 2)


def ask_by_datagram(draft: Draft) -> None:
    """NTP, SNMP, STUN, name checks: a question every 16 to 1024 s from one port, an answer of nearly constant size."""
    period = draft.pick(16, 20, 30, 30, 60, 60, 64, 128, 256)
    asks = draft.every(period, jitter=draft.pick(0.0, 0.01, 0.1))
    size = draft.pick(20, 28, 36, 48, 48, 48, 44, 60, 90)
    draft.say_raw(asks, True, draft.around(asks, size, draft.pick(0, 0, 2)))
    draft.say_raw(
        draft.after(asks, 0.001), False, draft.around(asks, size + draft.pick(0, 0, 12, 60, 120), draft.pick(0, 0, 3))
    )


def track_vehicle(draft: Draft) -> None:
    """A tracker of a vehicle or meter over plain TCP: login, positions of constant size, acknowledged; commands pushed.

    JT/T 808 and the GT06 family: positions of 33 to 120 bytes every 5 to 60 s, common answers of 10 to 20 bytes.
    """
    moving = draft.pick(5, 10, 10, 15, 30, 30, 60)
    size = draft.spread(33, 120)
    ticks = draft.some(draft.drift(moving, shape=500.0), draft.between(0.4, 1.0))
    draft.say(ticks, True, draft.around(ticks, np.rint(size), draft.pick(0, 0, 0, 4)))
    draft.say(draft.after(ticks, 0.006), False, draft.around(ticks, draft.pick(10, 15, 20)))
    beats = draft.every(draft.pick(60, 120, 180, 300), jitter=0.01)
    draft.say(beats, True, draft.around(beats, draft.pick(12, 15)))
    draft.say(draft.after(beats, 0.004), False, draft.around(beats, draft.pick(10, 15, 20)))
    orders = draft.poisson(1 / draft.spread(1200, 20_000))
    draft.say(orders, False, draft.varied(orders, 40, 0.3, 15))
    draft.say(draft.after(orders, 0.05, to_client=False), True, draft.varied(orders, 40, 0.3, 15))
