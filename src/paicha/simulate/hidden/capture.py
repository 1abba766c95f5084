"""Hidden sessions written as one capture: whole, or headers alone, with ports as they were or made unknown."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.simulate.hidden.sessions import to_columns
from paicha.simulate.wire.columns import join_connections
from paicha.simulate.wire.records import write_packets
from paicha.simulate.wire.segments import send_messages

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from paicha.simulate.hidden.sessions import HiddenSession, HiddenTruth
    from paicha.simulate.wire.columns import Connections, Messages


@dataclass(frozen=True, slots=True)
class HiddenCapture:
    """What was written: packets and bytes of the file, and the truth about each session in the order given."""

    packets: int
    bytes: int
    truths: tuple[HiddenTruth, ...]


def hide_ports(sessions: Sequence[HiddenSession], seed: int) -> list[HiddenSession]:
    """Return the sessions with every server's port replaced by one drawn for it, the same for all its clients."""
    rng = np.random.default_rng((seed, 0x9047))
    ports: dict[tuple[int, int], int] = {}
    hidden = []
    for session in sessions:
        ends = session.truth.ends
        if ends.server_port:
            place = (ends.server, ends.server_port)
            port = ports.setdefault(place, int(rng.integers(1024, 32_000)))
            ends = dataclasses.replace(ends, server_port=port)
        hidden.append(dataclasses.replace(session, truth=dataclasses.replace(session.truth, ends=ends)))
    return hidden


def collect_payload(sessions: Sequence[HiddenSession]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return all payload, and per session where the server's bytes and the client's begin in it."""
    pieces: list[bytes] = []
    starts = np.zeros((len(sessions), 2), np.int64)
    total = 0
    for number, session in enumerate(sessions):
        ordered = sorted(session.sayings, key=lambda one: one.time_us)
        for side in (0, 1):
            data = b"".join(one.data for one in ordered if one.to_server == bool(side))
            starts[number, side] = total
            pieces.append(data)
            total += len(data)
    # a copy, because compiled code takes what can be written to as another type
    return np.frombuffer(b"".join(pieces) or b"\0", np.uint8).copy(), starts


def write_hidden_capture(
    path: Path,
    sessions: Sequence[HiddenSession],
    seed: int,
    *,
    is_payload_kept: bool = False,
    are_ports_hidden: bool = False,
    among: tuple[Connections, Messages] | None = None,
) -> HiddenCapture:
    """Return what was written to `path`: the sessions' packets in order of time, as a pcap.

    Without payload the packets are cut after their transport header and their lengths stay true. `among` are other
    connections with their messages (quiet sessions) that are captured too; they have no payload to keep.

    Raises:
        ValueError: payload is to be kept of sessions among others that have none.
    """
    if among is not None and is_payload_kept:
        raise ValueError("quiet sessions have no payload to keep")
    chosen = hide_ports(sessions, seed) if are_ports_hidden else list(sessions)
    columns: tuple[Connections, Messages] = to_columns(chosen)
    if among is not None:
        columns = join_connections([columns, among])
    packets = send_messages(*columns, seed)
    payload: Any = collect_payload(chosen) if is_payload_kept else None
    written = write_packets(path, columns[0], packets, seed=seed, payload=payload)
    return HiddenCapture(len(packets), written, tuple(session.truth for session in chosen))
