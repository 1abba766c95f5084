"""VPN tunnels around a miner: each of its packets in a datagram of the tunnel's length, with the tunnel's own."""

from __future__ import annotations

import bisect
import dataclasses
from typing import TYPE_CHECKING

from paicha.simulate.hidden.sessions import Ends, Habits, HiddenSession, Saying, to_columns
from paicha.simulate.wire.columns import ESP, OPEN, UDP
from paicha.simulate.wire.segments import send_messages

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

TUNNELS = ("wireguard", "openvpn", "esp")

_KEEP_ALIVE_US, _REKEY_US = 25_000_000, 120_000_000
_PING_US = 10_000_000


def size_wireguard(inner: int) -> int:
    """Return the datagram's payload: header and tag, the packet padded to 16 (WireGuard whitepaper 5.4.6)."""
    return 32 + -(-inner // 16) * 16


def size_openvpn(inner: int) -> int:
    """Return the datagram's payload: operation code and peer, packet number, tag (OpenVPN's data channel, AEAD)."""
    return 24 + inner


def size_esp(inner: int) -> int:
    """Return the packet's payload: SPI, number, IV, packet with trailer padded to 4, tag (RFC 4303, 4106)."""
    return 8 + 8 + -(-(inner + 2) // 4) * 4 + 16


_SIZES: dict[str, Callable[[int], int]] = {
    "wireguard": size_wireguard, "openvpn": size_openvpn, "esp": size_esp,
}  # fmt: skip


def wrap_tunnel(session: HiddenSession, kind: str, rng: random.Random) -> HiddenSession:
    """Return a session in a tunnel, seen between the miner and the tunnel's server; half carry light other traffic."""
    size = _SIZES[kind]
    connections, messages = to_columns([dataclasses.replace(session, seen_from_us=0)])
    packets = send_messages(connections, messages, rng.getrandbits(31))
    head = 20 + 20 + (12 if session.habits.has_timestamps else 0)
    carried = [
        (int(time), bool(side), size(head + int(payload) + (4 if flags & 2 else 0)))
        for time, side, payload, flags in zip(
            packets.time_us, packets.to_server, packets.payload, packets.flags, strict=True
        )
    ]
    if rng.random() < 0.5:
        carried += _browse(session, size, rng)
    carried.sort()
    own = _keep(kind, carried, session, rng)
    sayings = tuple(
        Saying(time, side, rng.randbytes(length), role)
        for time, side, length, role in sorted([*((*one, "tunnel") for one in carried), *own])
    )
    ends = session.truth.ends
    port = {"wireguard": 51820, "openvpn": rng.choice((1194, 443)), "esp": 0}[kind]
    server = ends.server + 0x2000
    outer = Ends(ends.client, ends.client_port if port else 0, server, port, UDP if port else ESP)
    habits = Habits(session.habits.rtt_us, ending=OPEN)
    truth = dataclasses.replace(session.truth, ends=outer)
    return HiddenSession(truth, sayings, habits, session.seen_from_us)


def _browse(session: HiddenSession, size: Callable[[int], int], rng: random.Random) -> list[tuple[int, bool, int]]:
    """Return a little other traffic in the same tunnel: short exchanges 2 to 30 min apart."""
    truth, rtt_us, found = session.truth, session.habits.rtt_us, []
    now, mean_us = truth.start_us, rng.uniform(120e6, 1800e6)
    while (now := now + round(rng.expovariate(1 / mean_us))) < truth.end_us:
        at = now
        for _ in range(rng.randint(2, 15)):
            found.append((at, True, size(rng.randint(52, 500))))
            found += [(at + rtt_us + 60 * n, False, size(rng.randint(52, 1380))) for n in range(rng.randint(1, 4))]
            at += rtt_us + rng.randint(1_000, 300_000)
    return [one for one in found if one[0] < truth.end_us]


def _keep(
    kind: str, carried: list[tuple[int, bool, int]], session: HiddenSession, rng: random.Random
) -> list[tuple[int, bool, int, str]]:
    """Return a tunnel's own packets: keep-alives where one side was silent, and new keys."""
    begin, end, rtt_us = session.truth.start_us, session.truth.end_us, session.habits.rtt_us
    own: list[tuple[int, bool, int, str]] = []
    if kind == "esp":
        return own
    sides = (True,) if kind == "wireguard" else (True, False)
    every, length = (_KEEP_ALIVE_US, 32) if kind == "wireguard" else (_PING_US, 40)
    for side in sides:
        last = begin
        for moment in [*(time for time, to_server, _ in carried if to_server == side), end]:
            while moment - last > every:
                last += every + rng.randint(0, 2_000)
                own.append((last, side, length, "other"))
            last = max(last, moment)
    out = [time for time, to_server, _ in carried if to_server]
    step, sizes = (
        (_REKEY_US, ((True, 148), (False, 92)))
        if kind == "wireguard"
        else (3_600_000_000, ((True, 600), (False, 1180)))
    )
    now = begin - rtt_us - 2_000
    while now < end:
        own += [(now + (0 if side else rtt_us), side, length, "other") for side, length in sizes]
        following = bisect.bisect_left(out, now + step)
        if following == len(out):
            break
        # keys are renewed with the first packet after their time
        now = out[following] - rtt_us - 1_500
    return [one for one in own if one[0] >= begin]
