"""What a hidden mining session is: the truth about it, what was said, and how its transport behaves."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.simulate.wire.columns import CLIENT_FIN, CLIENT_RST, OPEN, SERVER_FIN, TCP, Connections, Messages

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a connection, addresses IPv4 as numbers, and its IP protocol."""

    client: int
    client_port: int
    server: int
    server_port: int
    protocol: int = TCP


@dataclass(frozen=True, slots=True)
class Habits:
    """How the transport behaves; fields as in `Connections`."""

    rtt_us: int
    client_ack_us: int = 40_000
    server_ack_us: int = 40_000
    mss: int = 1448
    has_timestamps: bool = True
    probe_us: int = 0
    gather_us: int = 0
    loss: float = 0.0
    ending: int = CLIENT_FIN


@dataclass(frozen=True, slots=True)
class Saying:
    """A message: when (UTC microseconds), by whom, its bytes, and what it is.

    `role` is greeting, job, target, retarget (the job that comes with one), share, accepted, refused, chatter, poll,
    block, handshake, tunnel or other.
    """

    time_us: int
    to_server: bool
    data: bytes
    role: str


@dataclass(frozen=True, slots=True)
class HiddenTruth:
    """What is true of one mining session: who, what, and when (UTC microseconds).

    `kind` is clear, tls13, tls12, wireguard, openvpn, esp or stratum-v2; `part` is miner, relay-client or
    relay-upstream, and `relay` the relay's address as a number. `shares` are the times at which shares are sent,
    `accepted` and `refused` those of the answers (in Stratum V2 an answer may accept several: `accepted_counts`),
    `jobs` of pushed work, `retargets` of changed difficulty, `blocks` of the chain's blocks while the session lasts.
    `hash_rate` in `rate_unit`; for a relay's upstream it is the sum of its clients.
    """

    kind: str
    part: str
    dialect: str
    coin: str
    algorithm: str
    ends: Ends
    start_us: int
    end_us: int
    hash_rate: float
    rate_unit: str
    shares: tuple[int, ...]
    accepted: tuple[int, ...]
    accepted_counts: tuple[int, ...]
    refused: tuple[int, ...]
    jobs: tuple[int, ...]
    retargets: tuple[int, ...]
    blocks: tuple[int, ...]
    relay: int | None = None


@dataclass(frozen=True, slots=True)
class HiddenSession:
    """A session: its truth, what was said in order of time, its transport, and what of it is captured."""

    truth: HiddenTruth
    sayings: tuple[Saying, ...]
    habits: Habits
    seen_from_us: int


def draw_habits(rng: random.Random, rtt_us: int) -> Habits:
    """Return the habits of an ordinary transport over a path of this round trip; ranges as of the quiet sessions."""
    stamps = rng.random() < 0.7
    waits = (500, 3_000, 40_000, 40_000, 40_000, 200_000)
    return Habits(
        rtt_us, rng.choice(waits), rng.choice(waits), 1448 if stamps else 1460, stamps,
        rng.choice((45, 60, 75, 120)) * 1_000_000 if rng.random() < 0.33 else 0,
        rng.choice((200, 5_000, 40_000)) if rng.random() < 0.2 else 0,
        10 ** rng.uniform(-4, -1.5) if rng.random() < 0.2 else 0.0,
        rng.choice((CLIENT_FIN, CLIENT_FIN, SERVER_FIN, CLIENT_RST, OPEN)),
    )  # fmt: skip


def to_columns(sessions: Sequence[HiddenSession]) -> tuple[Connections, Messages]:
    """Return sessions as columns, in the order given."""
    ends = [session.truth.ends for session in sessions]
    habits = [session.habits for session in sessions]
    start = np.array([session.truth.start_us for session in sessions], np.int64)
    stop = np.array([session.truth.end_us for session in sessions], np.int64)
    is_open = np.array([one.ending == OPEN for one in habits], np.bool_)
    types = {"client": np.uint32, "client_port": np.int32, "server": np.uint32, "server_port": np.int32,
             "protocol": np.uint8, "mss": np.int64, "has_timestamps": np.bool_, "loss": np.float64,
             "ending": np.uint8}  # fmt: skip
    columns: dict[str, Any] = {
        field.name: np.array([getattr(one, field.name) for one in source], types.get(field.name, np.int64))
        for kind, source in ((Ends, ends), (Habits, habits))
        for field in dataclasses.fields(kind)
    }
    connections = Connections(
        **columns,
        start_us=start,
        end_us=stop,
        seen_from_us=np.array([session.seen_from_us for session in sessions], np.int64),
        seen_until_us=np.where(is_open, stop, stop + 600_000_000),
    )
    counts = [len(session.sayings) for session in sessions]
    said = [one for session in sessions for one in session.sayings]
    messages = Messages(
        np.repeat(np.arange(len(sessions), dtype=np.int32), counts),
        np.array([one.time_us for one in said], np.int64),
        np.array([one.to_server for one in said], np.bool_),
        np.array([len(one.data) for one in said], np.int64),
    )
    return connections, messages
