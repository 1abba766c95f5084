"""Rows of `profiles` from messages: a time in seconds, a side (0 client, 1 server), a size. And talks to test with."""

from __future__ import annotations

import math
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import pyarrow as pa

from paicha.packs.traffic.tables import PROFILES

ANSWER_SECONDS = 3.0
NOON = 1_636_977_600_000_000  # 2021-11-15 12:00 UTC
Message = tuple[float, int, int]


def profile(messages: list[Message], **values: Any) -> dict[str, Any]:
    """Return the row of a connection, as a profiler that sees every message would write it."""
    told = sorted(messages)
    row: dict[str, Any] = {
        "site": "s", "session": "p", "sources": ["i1"], "client_ip": "10.0.0.5", "client_port": 40000,
        "server_ip": "198.51.100.7", "server_port": 3333, "protocol": 6, "started": _write_time(told[0][0]),
        "ended": _write_time(told[-1][0]), "profiled": _write_time(told[0][0]), "joined": False, "is_open": False,
        "is_tls": False, "is_web": False, "head": [size * (-1) ** side for _, side, size in told[:12]],
        "longest_silence": max((int((b[0] - a[0]) * 1e6) for a, b in pairwise(told)), default=0),
        "active": [],
    }  # fmt: skip
    for side, name in ((0, "out"), (1, "in")):
        row |= {f"{key}_{name}": value for key, value in _measure_side(told, side).items()}
    return row | values


def tabulate(*rows: dict[str, Any]) -> pa.Table:
    """Return rows as the table `profiles`."""
    return pa.Table.from_pylist(list(rows), schema=PROFILES.arrow)


def _write_time(seconds: float) -> int:
    return NOON + round(seconds * 1e6)


def _measure_side(told: list[Message], side: int) -> dict[str, Any]:
    own = [place for place, message in enumerate(told) if message[1] == side]
    is_answered = {p: p + 1 < len(told) and _follows(told[p], told[p + 1]) for p in own}
    is_unasked = {p: p == 0 or not _follows(told[p - 1], told[p]) for p in own}
    entries = []
    for size, count in Counter(told[p][2] for p in own).most_common():
        places = [p for p in own if told[p][2] == size]
        times = [told[p][0] for p in places]
        gaps = [b - a for a, b in pairwise(times)]
        replies = Counter(told[p + 1][2] for p in places if is_answered[p])
        entries.append({
            "bytes": size, "count": count, "answered": sum(is_answered[p] for p in places),
            "reply": replies.most_common(1)[0][0] if replies else 0, "unasked": sum(is_unasked[p] for p in places),
            "gaps": len(gaps), "gap_sum": sum(gaps), "gap_squares": sum(gap * gap for gap in gaps),
            "first": _write_time(times[0]), "last": _write_time(times[-1]),
        })  # fmt: skip
    payload = sum(told[p][2] for p in own)
    return {
        "packets": len(own), "bytes": payload + 40 * len(own), "messages": len(own), "payload": payload,
        "sizes": entries[:16], "other": sum(one["count"] for one in entries[16:]),
        "gap_counts": _bin_gaps([told[p][0] for p in own]), "answered": sum(is_answered.values()),
        "unasked": sum(is_unasked.values()),
        "unasked_gap_counts": _bin_gaps([told[p][0] for p in own if is_unasked[p]]),
        "largest": max((told[p][2] for p in own), default=0),
    }  # fmt: skip


def _follows(first: Message, second: Message) -> bool:
    return first[1] != second[1] and second[0] - first[0] <= ANSWER_SECONDS


def _bin_gaps(times: list[float]) -> list[int]:
    bins = [0] * 23
    for a, b in pairwise(times):
        bins[min(22, max(0, int(math.log2(max((b - a) * 1000, 0.5))) + 1))] += 1
    return bins


def arrive(rate: random.Random, mean: float, seconds: float, begin: float = 1.0) -> list[float]:
    """Return times of a Poisson process between `begin` and `seconds`."""
    times, now = [], begin
    while (now := now + rate.expovariate(1 / mean)) < seconds:
        times.append(now)
    return times


def mine(
    seed: int, seconds: float = 3600.0, share: float | None = 30.0, push: float = 45.0, extra: int = 0
) -> list[Message]:
    """Return the messages of a CryptoNote miner; `share` and `push` are mean gaps, `extra` bytes of encryption."""
    draw = random.Random(seed)
    told = [(0.0, 0, 480 + extra), (0.1, 1, 418 + extra)]
    told += [(time, 1, 378 + extra) for time in arrive(draw, push, seconds)]
    for number, time in enumerate(arrive(draw, share, seconds) if share else [], start=2):
        digits = len(str(number))
        told += [(time, 0, 232 + digits + extra), (time + 0.05, 1, 62 + digits + extra)]
    return sorted(told)


def beat(
    seconds: float, gap: float, sizes: tuple[int, int], jitter: float = 0.01, seed: int = 1, begin: float = 5.0
) -> list[Message]:
    """Return requests by the clock, each with its answer."""
    draw = random.Random(seed)
    times = [begin + gap * n + draw.uniform(0, jitter) for n in range(int((seconds - begin) / gap))]
    return [m for time in times for m in ((time, 0, sizes[0]), (time + 0.05, 1, sizes[1]))]
