"""Message queues, push services, chat: MQTT, AMQP, FCM and APNs, WebSocket chat, long polls, mail.

Ranges that name no source are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.simulate.quiet.openings import upgrade

if TYPE_CHECKING:
    from paicha.simulate.quiet.draft import Draft, Events


def frame_websocket(size: object, *, to_server: bool) -> object:
    """Return sizes in WebSocket frames: 2 or 4 bytes of header, 4 more of mask from the client (RFC 6455 5.2)."""
    sizes = np.asarray(size, np.float64)
    return sizes + np.where(sizes < 126, 2, 4) + (4 if to_server else 0)


def ping_mqtt(draft: Draft, sent: Events) -> None:
    """Add PINGREQ and PINGRESP (2 bytes each) where the client has sent nothing for its keep-alive time.

    Keep-alive 30 to 120 s: 60 s is the default of Paho and Mosquitto, 30 and 120 are common in devices.
    """
    pings = draft.idle(sent, draft.pick(30, 45, 60, 60, 60, 90, 120))
    draft.say(pings, True, 2)
    draft.say(draft.after(pings, 0.001), False, 2)


def _connect_mqtt(draft: Draft) -> Events:
    """Add CONNECT and CONNACK (4 bytes; MQTT 3.1.1 section 3.1, 3.2); return their moment."""
    moment = draft.ready()
    draft.say(moment, True, draft.around(draft.first(), draft.spread(24, 180)))
    draft.say(draft.after(moment, 0.002), False, 4)
    return moment


def publish_mqtt(draft: Draft) -> None:
    """A client publishes readings every 5 to 300 s of 20 to 500 bytes, constant or varying, QoS 0 or 1."""
    moment = _connect_mqtt(draft)
    period = draft.spread(5, 300)
    ticks = draft.every(period, jitter=draft.pick(0.0, 0.002, 0.05, 0.3))
    draft.say(ticks, True, draft.around(ticks, draft.spread(20, 500), draft.pick(0, 0, 2, 6, 40)))
    acked = draft.only(ticks, draft.happens(0.5))
    draft.say(draft.after(acked, draft.spread(0.0005, 0.02)), False, 4)
    ping_mqtt(draft, draft.merge(moment, ticks))


def subscribe_mqtt(draft: Draft) -> None:
    """A client hears what others publish: pushes at a clock or without memory, 5 to 120 s apart, PUBACK at QoS 1."""
    moment = _connect_mqtt(draft)
    period = draft.spread(5, 120)
    is_clock = draft.happens(0.5)
    pushes = draft.merge(draft.only(draft.every(period, jitter=0.02), is_clock),
                         draft.only(draft.poisson(1 / period), ~is_clock))  # fmt: skip
    draft.say(pushes, False, draft.varied(pushes, draft.spread(30, 500), draft.pick(0.0, 0.02, 0.3, 0.8), 8))
    acks = draft.after(draft.only(pushes, draft.happens(0.5)), 0.003, to_client=False)
    draft.say(acks, True, 4)
    ping_mqtt(draft, draft.merge(moment, acks))


def work_queue(draft: Draft) -> None:
    """An AMQP worker: jobs are pushed, each is acknowledged when done, heart-beats of 8 bytes go both ways.

    AMQP 0-9-1: heart-beat frames of 8 bytes every half of the negotiated 20 to 120 s (RabbitMQ's default is 60 s),
    basic.ack 21 bytes; a result of constant or varying size is published back and confirmed (21 bytes) in one of two.
    """
    beat = draft.pick(10, 15, 30, 30, 60)
    for to_server in (True, False):
        draft.say(draft.every(beat, jitter=0.01), to_server, 8)
    jobs = draft.poisson(1 / draft.spread(8, 180))
    draft.say(jobs, False, draft.varied(jobs, draft.spread(120, 900), draft.pick(0.0, 0.01, 0.2, 0.7), 60))
    done = draft.keep(draft.after(jobs, draft.spread(0.05, 20), to_client=False))
    draft.say(done, True, 21)
    results = draft.only(done, draft.happens(0.5))
    draft.say(results, True, draft.varied(results, draft.spread(100, 500), draft.pick(0.0, 0.01, 0.4), 40))
    draft.say(draft.after(results, 0.002), False, 21)


def _push(draft: Draft, beat_s: object, least: float, ping: object, pong: object) -> None:
    beats = draft.every(np.asarray(beat_s), jitter=draft.pick(0.0, 0.01, 0.1))
    draft.say(beats, True, draft.around(beats, np.asarray(ping)))
    draft.say(draft.after(beats, 0.002), False, draft.around(draft.after(beats), np.asarray(pong)))
    pushes = draft.bursts(1 / draft.spread(120, 3600), draft.between(1.0, 4.0), draft.spread(0.3, 10))
    draft.say(pushes, False, draft.varied(pushes, draft.spread(250, 900), 0.7, least))
    draft.say(draft.after(pushes, 0.004, to_client=False), True, draft.around(pushes, draft.between(11, 40), 2))


def push_fcm(draft: Draft) -> None:
    """Google's push service, port 5228: heart-beats every 4 to 28 min (28 min on mobile networks, 15 on Wi-Fi)."""
    _push(draft, draft.pick(4, 8, 15, 15, 28) * 60.0, 90, draft.pick(4, 6, 9), draft.pick(4, 6, 9))


def push_apns(draft: Draft) -> None:
    """Apple's push service, port 5223 or 443: keep-alives every 10 to 30 min, bursts of notices."""
    _push(draft, draft.spread(10, 30) * 60.0, 120, draft.pick(17, 22, 30), draft.pick(17, 22, 30))


def chat_websocket(draft: Draft) -> None:
    """People chat over WebSocket: bursts both ways, log-normal sizes, presence, pings every 15 to 60 s."""
    upgrade(draft)
    ping = draft.every(draft.pick(15, 20, 25, 30, 45, 60), jitter=0.01)
    is_client = draft.happens(0.5)
    for to_server in (True, False):
        asked = draft.only(ping, is_client == to_server)
        size = draft.pick(2, 6, 20)
        draft.say(asked, to_server, frame_websocket(draft.around(asked, size), to_server=to_server))
        answers = draft.after(asked, 0.002, to_client=to_server)
        draft.say(answers, not to_server, frame_websocket(draft.around(answers, size), to_server=not to_server))
    median = draft.spread(60, 400)
    for to_server, share in ((True, 0.4), (False, 0.8)):
        spoken = draft.bursts(share / draft.spread(60, 900), draft.between(2, 6), draft.spread(2, 20))
        sizes = draft.varied(spoken, median, 0.8, 20)
        draft.say(spoken, to_server, frame_websocket(sizes, to_server=to_server))
        echo = draft.after(spoken, 0.01, to_client=to_server)
        draft.say(echo, not to_server, frame_websocket(draft.around(echo, 48, 12), to_server=not to_server))


def poll_long(draft: Draft) -> None:
    """HTTP long polls held 20 to 90 s: the same request again and again, an empty answer or an event.

    The hold is at the server's timer (Comet, Bayeux: 30 s; CouchDB, Consul: up to 60 s and more).
    """
    hold = draft.pick(20, 25, 30, 30, 50, 55, 60, 90) * np.where(draft.happens(0.5), 1.0, draft.between(0.3, 1.0))
    asks = draft.drift(hold, shape=400.0, begin=draft.rtt * 3 + 0.05)
    request = draft.spread(180, 1100)
    draft.say(asks, True, draft.around(asks, request, draft.pick(0, 0, 1, 3)))
    # the answer ends the hold, just before the next request
    is_event = draft.rng.random(len(asks)) < draft.between(0.0, 0.4)[asks.session]
    answers = draft.before(asks, 0.002)
    size = np.where(is_event, draft.varied(asks, draft.spread(300, 1500), 0.6, 150),
                    draft.around(asks, draft.spread(120, 420), draft.pick(0, 0, 1)))  # fmt: skip
    draft.say(answers, False, size)


def idle_imap(draft: Draft) -> None:
    """IMAP IDLE (RFC 2177): renewed every 9 to 29 min, "OK Still here" every 2 min (Dovecot's default), some mail."""
    renew = draft.every(draft.pick(9, 10, 15, 20, 25, 29) * 60.0, jitter=0.01)
    draft.say(renew, True, 6)
    draft.say(draft.after(renew, 0.002), False, draft.around(renew, draft.between(24, 60), 2))
    again = draft.after(renew, draft.rtt + 0.01)
    draft.say(again, True, draft.around(again, draft.between(10, 18), 1))
    draft.say(draft.after(again, 0.001), False, 10)
    still = draft.only(draft.every(draft.pick(90, 120, 120, 120, 300)), draft.happens(0.6))
    draft.say(still, False, draft.around(still, 17, draft.pick(0, 1)))
    mail = draft.poisson(1 / draft.spread(300, 7200))
    draft.say(mail, False, draft.around(mail, 14, 2))
    fetched = draft.only(draft.after(mail, 0.05, to_client=False), draft.happens(0.5))
    draft.say(fetched, True, draft.around(fetched, 70, 15))
    draft.say(draft.after(fetched, 0.02), False, draft.varied(fetched, draft.spread(900, 6000), 1.0, 200))
