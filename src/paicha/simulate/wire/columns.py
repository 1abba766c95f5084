"""Connections, messages and packets as columns: one element per connection, message or packet."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

TCP, UDP, ESP = 6, 17, 50

OPEN, CLIENT_FIN, SERVER_FIN, CLIENT_RST, SERVER_RST = range(5)
"""How a connection ends; an open one outlives the capture."""


@dataclass(frozen=True, slots=True)
class Connections:
    """One element per connection; times are UTC microseconds, addresses IPv4 as numbers.

    A TCP connection shakes hands at `start_us` and closes at `end_us`. The sensor stands next to the client and sees
    what happens from `seen_from_us` to `seen_until_us`. `client_ack_us` and `server_ack_us` are how long each side
    waits with an acknowledgement, hoping to send it with data. `probe_us` is the idle time after which TCP itself
    probes (0: never), `gather_us` the time within which one side's messages go into one segment, `loss` the part of
    data segments lost on the way. ESP has ports 0.
    """

    client: NDArray[np.uint32]
    client_port: NDArray[np.int32]
    server: NDArray[np.uint32]
    server_port: NDArray[np.int32]
    protocol: NDArray[np.uint8]
    start_us: NDArray[np.int64]
    end_us: NDArray[np.int64]
    seen_from_us: NDArray[np.int64]
    seen_until_us: NDArray[np.int64]
    rtt_us: NDArray[np.int64]
    client_ack_us: NDArray[np.int64]
    server_ack_us: NDArray[np.int64]
    mss: NDArray[np.int64]
    has_timestamps: NDArray[np.bool_]
    probe_us: NDArray[np.int64]
    gather_us: NDArray[np.int64]
    loss: NDArray[np.float64]
    ending: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.client)


@dataclass(frozen=True, slots=True)
class Messages:
    """One element per message: what one side hands to TCP at once, or one datagram; `size` is its payload in bytes."""

    connection: NDArray[np.int32]
    time_us: NDArray[np.int64]
    to_server: NDArray[np.bool_]
    size: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.connection)


@dataclass(frozen=True, slots=True)
class Packets:
    """One element per packet; `seq` and `ack` count from 0 at each side's SYN, `payload` is in bytes."""

    connection: NDArray[np.int32]
    time_us: NDArray[np.int64]
    to_server: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    payload: NDArray[np.int32]
    seq: NDArray[np.int64]
    ack: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.connection)


def take(columns: Any, rows: NDArray[Any]) -> Any:
    """Return the chosen rows (numbers or a mask) of `Connections`, `Messages` or `Packets`."""
    return type(columns)(*(getattr(columns, field.name)[rows] for field in dataclasses.fields(columns)))


def join(parts: Sequence[Any]) -> Any:
    """Return columns of one kind put one after the other.

    Raises:
        ValueError: there are none.
    """
    if not parts:
        raise ValueError("nothing to join")
    names = [field.name for field in dataclasses.fields(parts[0])]
    return type(parts[0])(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def join_connections(
    parts: Sequence[tuple[Connections, Messages]],
) -> tuple[Connections, Messages]:
    """Return several sets of connections with their messages as one, messages renumbered."""
    base, moved = 0, []
    for connections, messages in parts:
        moved.append(dataclasses.replace(messages, connection=(messages.connection + base).astype(np.int32)))
        base += len(connections)
    return join([connections for connections, _ in parts]), join(moved)


def order_messages(connections: Connections, messages: Messages) -> Messages:
    """Return the messages by connection, then time; those of one time stay in the order given."""
    first = int(connections.start_us.min()) if len(connections) else 0
    key = (messages.connection.astype(np.int64) << 42) + np.maximum(messages.time_us - first, 0)
    ordered: Messages = take(messages, np.argsort(key, kind="stable"))
    return ordered
