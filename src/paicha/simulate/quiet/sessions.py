"""Quiet sessions of all classes as connections and messages, and as a capture, with the truth about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paicha.simulate.quiet.catalogue import CLASSES, NAMES
from paicha.simulate.quiet.draft import PLAIN, Draft
from paicha.simulate.quiet.openings import draw_security, shake_hands
from paicha.simulate.wire.columns import (
    CLIENT_FIN,
    CLIENT_RST,
    OPEN,
    SERVER_FIN,
    SERVER_RST,
    TCP,
    Connections,
    Messages,
    join_connections,
)
from paicha.simulate.wire.records import write_packets
from paicha.simulate.wire.segments import send_messages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from paicha.simulate.quiet.catalogue import QuietClass

LEAST_S, MOST_S = 600.0, 48 * 3600.0
"""Bounds of a session's duration."""

START_US = 1_750_000_000_000_000
CLIENT_BASE, SERVER_BASE = 0x0A000000, 0xC6120000
"""Clients are in 10.0.0.0/8, servers in 198.18.0.0/15 (RFC 2544), so that nobody real is meant."""

SERVERS_PER_CLASS = 2048


@dataclass(frozen=True, slots=True)
class QuietSessions:
    """Sessions with their truth: `kind` is each connection's position in `NAMES`."""

    connections: Connections
    messages: Messages
    kind: NDArray[np.int16]

    def name_classes(self) -> list[str]:
        """Return the class of each connection."""
        return [NAMES[number] for number in self.kind]


@dataclass(frozen=True, slots=True)
class QuietCapture:
    """What was written: packets and bytes of the file, and the sessions with their classes."""

    packets: int
    bytes: int
    connections: Connections
    kind: NDArray[np.int16]


def draw_sessions(
    sessions: int,
    seed: int,
    *,
    classes: Sequence[str] | None = None,
    start_us: int = START_US,
    window_s: float = 6 * 3600.0,
    joined_part: float = 0.1,
) -> QuietSessions:
    """Return so many quiet sessions (of the named classes only) that begin within `window_s`; the seed decides.

    Of each, at least ten minutes are seen. `joined_part` of them began before the capture, a quarter outlives it.

    Raises:
        ValueError: a class is unknown.
    """
    chosen = [one for one in CLASSES if classes is None or one.name in classes]
    if classes is not None and (unknown := set(classes) - set(NAMES)):
        raise ValueError(f"no such class of quiet sessions: {sorted(unknown)[0]!r}")
    rng = np.random.default_rng((seed, 0x9A1C4A))
    weights = np.array([one.weight for one in chosen])
    counts = rng.multinomial(sessions, weights / weights.sum())
    parts, kinds = [], []
    for one, count in zip(chosen, counts, strict=True):
        number = NAMES.index(one.name)
        own = np.random.default_rng((seed, number))
        parts.append(_draw_class(one, number, int(count), own, start_us, window_s, joined_part))
        kinds.append(np.full(count, number, np.int16))
    connections, messages = join_connections(parts)
    return QuietSessions(connections, messages, np.concatenate(kinds))


def _draw_class(
    kind: QuietClass, number: int, count: int, rng: np.random.Generator, start_us: int, window_s: float, joined: float
) -> tuple[Connections, Messages]:
    """Return the sessions of one class."""
    start = rng.uniform(0.0, window_s, count)
    seen = np.minimum(LEAST_S * (1.0 - rng.random(count)) ** (-1.0 / kind.tail), MOST_S)
    hidden = np.where(rng.random(count) < joined, rng.exponential(1200.0, count) + 5.0, 0.0)
    rtt = np.clip(rng.lognormal(np.log(0.035), 0.8, count), 0.002, 0.3)
    draft = Draft(rng, start, start + hidden + seen, rtt)
    if kind.protocol == TCP:
        draw_security(draft, kind.tls_part)
        shake_hands(draft)
    kind.make(draft)
    found = draft.to_messages()
    connections = _connect(kind, number, draft, hidden, start_us)
    messages = Messages(found.connection, found.time_us + start_us, found.to_server, found.size)
    return connections, messages


def _connect(kind: QuietClass, number: int, draft: Draft, hidden: NDArray[np.float64], start_us: int) -> Connections:
    """Return the connections of a class: who, where, and how their TCP behaves.

    Acknowledgements wait up to 40 ms on Linux and 200 ms on Windows, or not at all (quick mode); a third of the
    servers and devices probe idle connections after 45 s to 2 h; one session in five loses segments (assumed).
    """
    rng, n = draft.rng, draft.n
    port = np.asarray(kind.ports, np.int32)[rng.integers(0, len(kind.ports), n)]
    if len(draft.security) and 443 in kind.ports:
        # what is not protected is rarely on 443
        port = np.where((draft.security == PLAIN) & (port == 443), kind.ports[-1], port)
    waits = np.array([500, 3_000, 40_000, 40_000, 40_000, 200_000])
    stamps = rng.random(n) < 0.7
    start, seen_from, ends = (
        np.rint(seconds * 1e6).astype(np.int64) + start_us for seconds in (draft.start, draft.start + hidden, draft.end)
    )
    ending = rng.choice(
        [CLIENT_FIN, SERVER_FIN, CLIENT_RST, SERVER_RST, OPEN], n, p=[0.4, 0.15, 0.12, 0.08, 0.25]
    ).astype(np.uint8)
    # few servers have most of the clients
    rank = np.floor(SERVERS_PER_CLASS * rng.random(n) ** 3).astype(np.int64)
    return Connections(
        client=(CLIENT_BASE + 256 + rng.integers(0, 1 << 22, n)).astype(np.uint32),
        client_port=rng.integers(32_768, 61_000, n).astype(np.int32),
        server=(SERVER_BASE + number * SERVERS_PER_CLASS + rank).astype(np.uint32),
        server_port=port.astype(np.int32),
        protocol=np.full(n, kind.protocol, np.uint8),
        start_us=start,
        end_us=ends,
        seen_from_us=seen_from,
        seen_until_us=np.where(ending == OPEN, ends, ends + 600_000_000),
        rtt_us=np.rint(draft.rtt * 1e6).astype(np.int64),
        client_ack_us=waits[rng.integers(0, len(waits), n)],
        server_ack_us=waits[rng.integers(0, len(waits), n)],
        mss=np.where(stamps, 1448, 1460).astype(np.int64),
        has_timestamps=stamps,
        probe_us=np.where(rng.random(n) < 0.33, rng.choice([45, 60, 75, 120, 300, 7200], n), 0) * 1_000_000,
        gather_us=np.where(rng.random(n) < 0.2, rng.choice([200, 5_000, 40_000], n), 0).astype(np.int64),
        loss=np.where(rng.random(n) < 0.2, 10 ** rng.uniform(-4, -1.5, n), 0.0),
        ending=ending,
    )


def write_quiet_capture(
    path: Path,
    sessions: int,
    seed: int,
    *,
    classes: Sequence[str] | None = None,
    start_us: int = START_US,
    window_s: float = 6 * 3600.0,
    joined_part: float = 0.1,
) -> QuietCapture:
    """Return what was written to `path`: so many quiet sessions as a pcap of headers alone, lengths true.

    Raises:
        ValueError: a class is unknown.
    """
    drawn = draw_sessions(
        sessions, seed, classes=classes, start_us=start_us, window_s=window_s, joined_part=joined_part
    )
    packets = send_messages(drawn.connections, drawn.messages, seed)
    written = write_packets(path, drawn.connections, packets, seed=seed)
    return QuietCapture(len(packets), written, drawn.connections, drawn.kind)
