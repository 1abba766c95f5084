"""Remote work: SSH, remote desktops, VPN tunnels without or with little inside.

Ranges that name no source are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from paicha.simulate.quiet.draft import Draft, Floats


def _open_ssh(draft: Draft) -> None:
    """Add banners, key exchange and authentication (RFC 4253, 4252), sizes as OpenSSH has them."""
    banner = draft.after(draft.first(), draft.rtt + 0.01, to_client=False)
    draft.say(banner, True, draft.around(banner, draft.between(20, 42)))
    draft.say(draft.after(banner, 0.01), False, draft.around(banner, draft.between(20, 42)))
    for round_trips, asked, answered in (
        (2.2, 1500, 1080),
        (3.4, 48, 452),
        (4.6, 60, 44),
        (5.8, 500, 28),
        (7.0, 112, 500),
    ):
        step = draft.after(draft.first(), draft.rtt * round_trips + 0.05, to_client=False)
        draft.say(step, True, draft.around(step, asked, 8))
        draft.say(draft.after(step, 0.004), False, draft.around(step, answered, 8))


def keep_ssh_alive(draft: Draft) -> None:
    """An SSH session in which nothing happens: one side asks every 15 to 300 s, the other answers.

    ServerAliveInterval and ClientAliveInterval (ssh_config, sshd_config); on the wire 28 to 100 bytes by cipher: a
    global request of 36 to 76 and a failure of 28 to 44 bytes are usual.
    """
    _open_ssh(draft)
    period = draft.pick(15, 30, 30, 60, 60, 60, 120, 180, 240, 300)
    ticks = draft.every(period, jitter=0.0005)
    ask, answer = draft.pick(52, 60, 68, 76, 84, 100), draft.pick(28, 36, 44, 52)
    from_client = draft.happens(0.6)
    for to_server in (True, False):
        asked = draft.only(ticks, from_client == to_server)
        draft.say(asked, to_server, draft.around(asked, ask))
        answers = draft.after(asked, 0.001, to_client=to_server)
        draft.say(answers, not to_server, draft.around(answers, answer))
    rare = draft.bursts(1 / draft.spread(1800, 20_000), 8, 0.4)
    draft.say(rare, True, draft.around(rare, 36))
    draft.say(draft.after(rare, 0.002), False, draft.varied(rare, 60, 0.7, 36))


def type_in_shell(draft: Draft) -> None:
    """A person at a shell: keystrokes of 36 bytes in bursts, echoes, outputs, long pauses; top or tail in some."""
    _open_ssh(draft)
    keys = draft.bursts(1 / draft.spread(60, 900), draft.between(8, 40), draft.between(0.12, 0.4))
    key = draft.pick(36, 36, 44, 52)
    draft.say(keys, True, draft.around(keys, key))
    draft.say(draft.after(keys, 0.002), False, draft.around(keys, key))
    outputs = draft.after(draft.some(keys, 0.12), 0.02)
    draft.say(outputs, False, draft.varied(outputs, draft.spread(80, 900), 1.0, 36))
    screens = draft.only(draft.every(draft.pick(2, 3, 5, 10, 30, 60), jitter=0.01), draft.happens(0.3))
    draft.say(screens, False, draft.varied(screens, draft.spread(60, 1400), draft.pick(0.02, 0.2, 0.5), 36))


def rest_at_desktop(draft: Draft) -> None:
    """A remote desktop left alone (RDP, VNC and others): small beats both ways, the clock's redraw each minute."""
    beat = draft.every(draft.pick(1, 2, 5, 10, 20, 30, 60), jitter=0.02)
    size = draft.spread(20, 120)
    draft.say(beat, True, draft.around(beat, size, draft.pick(0, 4)))
    answered = draft.only(draft.after(beat, 0.005), draft.happens(0.7))
    draft.say(answered, False, draft.around(answered, draft.spread(20, 160), draft.pick(0, 4)))
    clock = draft.only(draft.every(60.0, jitter=0.001), draft.happens(0.7))
    draft.say(clock, False, draft.varied(clock, draft.spread(200, 1500), 0.2, 60))
    moves = draft.bursts(1 / draft.spread(900, 10_000), 30, 0.1)
    draft.say(moves, True, draft.around(moves, 36, 6))
    draft.say(draft.some(moves, 0.6), False, 900)


def _pad16(size: Floats) -> Floats:
    padded: Floats = np.ceil(size / 16) * 16
    return padded


def _send_wireguard(draft: Draft, light: bool) -> None:
    """Add a WireGuard-like tunnel: data messages of 32 bytes and the padded packet, keep-alives of 32.

    Keep-alive 25 s (PersistentKeepalive as the manual suggests) or passive after 10 s; handshakes of 148 and 92 bytes
    every 120 s while data flow (WireGuard whitepaper 5.4, 6.1).
    """
    alive = draft.every(draft.pick(15, 20, 25, 25, 25, 60), jitter=0.0005, begin=0.2)
    draft.say_raw(alive, True, 32)
    both = draft.only(draft.every(25.0, jitter=0.0005), draft.happens(0.3))
    draft.say_raw(both, False, 32)
    keys = draft.drift(120.0, shape=8000.0, begin=0.05)
    draft.say_raw(keys, True, 148)
    draft.say_raw(draft.after(keys, 0.001), False, 92)
    if not light:
        return
    visits = draft.bursts(1 / draft.spread(30, 600), draft.between(2, 12), draft.spread(0.02, 1))
    draft.say_raw(visits, True, 32 + np.minimum(1420, _pad16(draft.varied(visits, draft.spread(60, 300), 0.8, 40))))
    answers = draft.after(visits, 0.02)
    draft.say_raw(answers, False, 32 + np.minimum(1420, _pad16(draft.varied(answers, draft.spread(80, 800), 1.0, 40))))


def rest_in_vpn(draft: Draft) -> None:
    """A tunnel in which nothing happens: keep-alives and new keys of WireGuard."""
    _send_wireguard(draft, light=False)


def use_vpn_lightly(draft: Draft) -> None:
    """A WireGuard tunnel with a little browsing, mail and names now and then."""
    _send_wireguard(draft, light=True)


def rest_in_openvpn(draft: Draft) -> None:
    """OpenVPN: a ping each 10 s from both sides, 40 to 65 bytes on the wire, renegotiation every hour, some use.

    `--ping 10` is what `keepalive 10 60` of the manual's example gives.
    """
    period, size = draft.pick(10, 10, 10, 15, 20, 30, 60), draft.pick(40, 41, 53, 65)
    for to_server in (True, False):
        beats = draft.every(period, jitter=0.05)
        draft.say_raw(beats, to_server, draft.around(beats, size))
    renewed = draft.drift(3600.0, shape=4000.0, begin=0.2)
    for number in range(4):
        step = draft.after(renewed, 0.05 * number + 0.01, to_client=number % 2 == 1)
        draft.say_raw(step, number % 2 == 0, draft.around(step, (60, 120, 620, 1180)[number], 30))
    visits = draft.bursts(1 / draft.spread(120, 7200), draft.between(1, 10), draft.spread(0.05, 2))
    over = draft.pick(24, 25, 40)
    draft.say_raw(visits, True, np.minimum(1400, draft.varied(visits, 120, 0.8, 40) + draft.around(visits, over)))
    answers = draft.after(visits, 0.02)
    draft.say_raw(answers, False, np.minimum(1400, draft.varied(answers, 300, 1.0, 40) + draft.around(answers, over)))


def hold_ipsec(draft: Draft) -> None:
    """IPsec behind NAT, UDP 4500: keep-alives of 1 byte each 20 s (RFC 3948 4), dead-peer checks, light ESP traffic."""
    draft.say_raw(draft.every(20.0, jitter=0.001), True, 1)
    checks = draft.every(draft.pick(10, 30, 30, 60, 150), jitter=0.01)
    draft.say_raw(checks, True, draft.around(checks, draft.pick(80, 84, 92)))
    draft.say_raw(draft.after(checks, 0.003), False, draft.around(checks, draft.pick(80, 84, 92)))
    inside = draft.bursts(1 / draft.spread(60, 1800), draft.between(1, 8), draft.spread(0.05, 3))
    draft.say_raw(inside, True, 36 + np.minimum(1360, _pad16(draft.varied(inside, 90, 0.7, 40))))
    answers = draft.after(inside, 0.02)
    draft.say_raw(answers, False, 36 + np.minimum(1360, _pad16(draft.varied(answers, 200, 1.0, 40))))
