"""TCP as a sensor next to the client sees it: handshake, segments, delayed acknowledgements, probes, loss, the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.simulate.bulk_loop import compile_cached
from paicha.simulate.wire.columns import Packets, order_messages, take

if TYPE_CHECKING:
    from paicha.simulate.wire.columns import Connections, Messages


def _put(out: Any, n: Any, connection: Any, now: Any, side: Any, flags: Any, size: Any, seq: Any, ack: Any) -> Any:
    out[n, 0], out[n, 1], out[n, 2], out[n, 3] = connection, now, side, flags
    out[n, 4], out[n, 5], out[n, 6] = size, seq, ack
    return n + 1


_put = compile_cached(_put)


def _settle(out: Any, n: Any, connection: Any, until: Any, state: Any) -> Any:
    """Send the bare acknowledgements that fall due by `until`; return the number of packets so far."""
    for side in range(2):
        if state[side, 2] > 0 and state[side, 3] <= until:
            n = _put(out, n, connection, state[side, 3], side, 16, 0, state[side, 0], state[1 - side, 0])
            state[side, 1], state[side, 2] = state[1 - side, 0], 0
    return n


_settle = compile_cached(_settle)


def _probe(out: Any, n: Any, connection: Any, last: Any, until: Any, every: Any, rtt: Any, state: Any) -> Any:
    """Send TCP's own probes in an idle time; return the number of packets so far."""
    while every > 0 and last + every < until:
        last += every
        n = _put(out, n, connection, last, 1, 16, 0, state[1, 0] - 1, state[0, 0])
        n = _put(out, n, connection, last + rtt, 0, 16, 0, state[0, 0], state[1, 0])
    return n


_probe = compile_cached(_probe)


def _send(
    out: Any, n: Any, connection: Any, now: Any, side: Any, size: Any, mss: Any, rtt: Any, ack_us: Any, loss: Any,
    state: Any,
) -> Any:  # fmt: skip
    """Send one message in segments; return the number of packets so far.

    A segment that is lost was seen if it comes from the client, next to whom the sensor stands, and is seen again; one
    of the server's is seen only when it is sent again.
    """
    other = 1 - side
    rto = max(200_000, 2 * rtt)  # Linux's TCP_RTO_MIN
    left = size
    while left > 0:
        piece = min(left, mss)
        left -= piece
        # an acknowledgement rides on data once what it acknowledges has arrived
        if state[side, 2] > 0 and now >= state[side, 4]:
            state[side, 1], state[side, 2] = state[other, 0], 0
        flags = 24 if left == 0 else 16
        when = now
        if loss > 0 and np.random.random() < loss:
            if side == 1:
                n = _put(out, n, connection, now, side, flags, piece, state[side, 0], state[side, 1])
            when = now + rto
        n = _put(out, n, connection, when, side, flags, piece, state[side, 0], state[side, 1])
        state[side, 0] += piece
        reached = when + (rtt if side == 1 else 30)
        if state[other, 2] == 0:
            state[other, 3] = reached + ack_us[other]
            state[other, 4] = reached
        state[other, 2] += 1
        if state[other, 2] >= 2 and piece == mss:
            # every second full segment is acknowledged at once (RFC 1122 4.2.3.2)
            n = _put(out, n, connection, reached + 15, other, 16, 0, state[other, 0], state[side, 0])
            state[other, 1], state[other, 2] = state[side, 0], 0
        now += 60
    return n


_send = compile_cached(_send)


def _close(out: Any, n: Any, connection: Any, now: Any, ending: Any, rtt: Any, state: Any) -> Any:
    """End a connection; return the number of packets so far."""
    if ending == 0:
        return n
    side = 1 if ending in (1, 3) else 0
    other = 1 - side
    if ending >= 3:
        return _put(out, n, connection, now, side, 20, 0, state[side, 0], state[other, 0])
    first = now + (rtt if side == 1 else 80)
    n = _put(out, n, connection, now, side, 17, 0, state[side, 0], state[other, 0])
    n = _put(out, n, connection, first, other, 17, 0, state[other, 0], state[side, 0] + 1)
    last = first + (40 if side == 1 else rtt)
    return _put(out, n, connection, last, side, 16, 0, state[side, 0] + 1, state[other, 0] + 1)


_close = compile_cached(_close)


def _run(
    out: Any, seed: Any, bounds: Any, times: Any, sides: Any, sizes: Any, protocol: Any, start: Any, end: Any, rtt: Any,
    acks: Any, mss: Any, probe: Any, gather: Any, loss: Any, ending: Any,
) -> int:  # fmt: skip
    """Fill `out` with the packets of all connections; return their number."""
    np.random.seed(seed)
    n = 0
    state = np.zeros((2, 5), dtype=np.int64)
    for c in range(len(start)):
        at, stop = bounds[c], bounds[c + 1]
        # per side: next sequence number, acknowledged, segments to acknowledge, by when, from when possible
        state[:] = 0
        if protocol[c] != 6:
            for m in range(at, stop):
                n = _put(out, n, c, times[m], sides[m], 0, sizes[m], state[sides[m], 0], 0)
                state[sides[m], 0] += sizes[m]
            continue
        n = _put(out, n, c, start[c], 1, 2, 0, 0, 0)
        n = _put(out, n, c, start[c] + rtt[c], 0, 18, 0, 0, 1)
        n = _put(out, n, c, start[c] + rtt[c] + 40, 1, 16, 0, 1, 1)
        state[:, 0], state[:, 1] = 1, 1
        last = start[c] + rtt[c] + 40
        while at < stop:
            now, side, size = max(times[at], last), sides[at], sizes[at]
            first = now
            at += 1
            while at < stop and sides[at] == side and times[at] - first <= gather[c]:
                size, now = size + sizes[at], max(now, times[at])
                at += 1
            n = _settle(out, n, c, now, state)
            n = _probe(out, n, c, last, now, probe[c], rtt[c], state)
            n = _send(out, n, c, now, side, size, mss[c], rtt[c], acks[c], loss[c], state)
            last = now
        finish = max(end[c], last + 2 * rtt[c] + 1000)
        n = _settle(out, n, c, finish, state)
        n = _probe(out, n, c, last, finish, probe[c], rtt[c], state)
        n = _close(out, n, c, finish, ending[c], rtt[c], state)
    return n


_run = compile_cached(_run)


def _bound_packets(connections: Connections, messages: Messages) -> int:
    """Return a number of packets that is never exceeded."""
    pieces = -(-messages.size // np.maximum(connections.mss[messages.connection], 1))
    probed = connections.probe_us > 0
    spans = (connections.end_us - connections.start_us)[probed] // connections.probe_us[probed] + 2
    # an idle time before the end that messages beyond it lengthen is covered by one more per message
    return int(4 * pieces.sum() + 4 * len(messages) + 8 * len(connections) + 2 * spans.sum())


def send_messages(connections: Connections, messages: Messages, seed: int) -> Packets:
    """Return the packets of all messages in order of time, those outside the captured time left out."""
    ordered = order_messages(connections, messages)
    bounds = np.searchsorted(ordered.connection, np.arange(len(connections) + 1)).astype(np.int64)
    out = np.empty((_bound_packets(connections, ordered), 7), dtype=np.int64)
    acks = np.stack((connections.server_ack_us, connections.client_ack_us), axis=1)
    count = _run(
        out, seed & 0x7FFFFFFF, bounds, ordered.time_us, ordered.to_server.astype(np.int64), ordered.size,
        connections.protocol, connections.start_us, connections.end_us, connections.rtt_us, acks, connections.mss,
        connections.probe_us, connections.gather_us, connections.loss, connections.ending,
    )  # fmt: skip
    out = out[:count]
    number, now = out[:, 0], out[:, 1]
    seen = (now >= connections.seen_from_us[number]) & (now <= connections.seen_until_us[number])
    rows = np.flatnonzero(seen)
    rows = rows[np.argsort(now[rows], kind="stable")]
    packets = Packets(
        number.astype(np.int32), now.copy(), out[:, 2].astype(np.bool_), out[:, 3].astype(np.uint8),
        out[:, 4].astype(np.int32), out[:, 5].copy(), out[:, 6].copy(),
    )  # fmt: skip
    ordered_packets: Packets = take(packets, rows)
    return ordered_packets
