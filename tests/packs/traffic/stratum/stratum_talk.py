"""Conversations for tests: what each side sends, as TCP segments in any cut and order, and the row they give."""

from __future__ import annotations

import json
from typing import Any

from plain_captures import make_segments

from paicha.packs.traffic.policy import StratumPolicy
from paicha.packs.traffic.segments import Connection
from paicha.packs.traffic.stratum.tracker import Tracker

START = 1_700_000_000_000_000
SECOND = 1_000_000
CLIENT, SERVER = 0, 1
SYN, ACK, FIN = 2, 16, 1
POLICY = StratumPolicy()

Packet = tuple[int, int, int, int, bytes]
"""Side, time, sequence, flags, payload."""


def ask(**message: Any) -> tuple[int, bytes]:
    return CLIENT, json.dumps(message).encode() + b"\n"


def tell(**message: Any) -> tuple[int, bytes]:
    return SERVER, json.dumps(message).encode() + b"\n"


def connect(flow: int = 1, opened_by: int = 0) -> Connection:
    return Connection(flow, "10.0.0.7", 40000, "192.0.2.9", 3333, opened_by, START, 0, 0)


def make_packets(
    messages: list[tuple[int, bytes]], *, step: int = SECOND, size: int = 1460, first: tuple[int, int] = (1000, 9000)
) -> list[Packet]:
    """Return a handshake and one or more segments per message, `step` us between messages."""
    nexts = [first[0] + 1, first[1] + 1]
    packets: list[Packet] = [
        (CLIENT, START, first[0] % (1 << 32), SYN, b""),
        (SERVER, START + 1000, first[1] % (1 << 32), SYN | ACK, b""),
    ]
    for number, (side, data) in enumerate(messages):
        time = START + (number + 1) * step
        for start in range(0, len(data), size):
            piece = data[start : start + size]
            packets.append((side, time + start // size, nexts[side] % (1 << 32), ACK, piece))
            nexts[side] += len(piece)
    return packets


def feed(tracker: Tracker, packets: list[Packet], flow: int = 1, source: str = "a" * 16, number: int = 1) -> list[int]:
    data = bytearray()
    columns = []
    for place, (side, time, sequence, flags, payload) in enumerate(packets):
        columns.append(
            (flow, side, time, sequence, flags, 40 + len(payload), number + place, 0, len(data), len(payload), 0)
        )
        data += payload
    return list(tracker.feed(make_segments(columns, bytes(data), (source,))))


def read_packets(packets: list[Packet], *, opened_by: int = 0) -> list[dict[str, Any]]:
    tracker = Tracker(POLICY, "site")
    tracker.open(connect(opened_by=opened_by))
    feed(tracker, packets)
    return tracker.finish(keep_open=False)


def read_talk(messages: list[tuple[int, bytes]], **options: Any) -> dict[str, Any] | None:
    """Return the row of a conversation, None where it is no mining."""
    rows = read_packets(make_packets(messages, **options))
    assert len(rows) <= 1
    return rows[0] if rows else None
