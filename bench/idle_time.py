"""Mining beside seats in use, in simulated internet cafés: how often it is told, and how often chance would tell it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from scipy.special import betaincinv

from bench.results import Bar, Report, Table, write_part
from paicha.packs.traffic.derivations.hours import ACTIVITY, QUARTER_US, QUARTERS_PER_DAY, QUARTERS_PER_HOUR
from paicha.packs.traffic.derivations.idle import idle_tests
from paicha.packs.traffic.derivations.presence import WATCHED
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.tables import SEATS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.results import Options

    Flags = NDArray[np.bool_]

TITLE = "Mining in idle hours"
DAYS = (3, 7, 14, 28)
SEATS_TOTAL = 40
MEAN_STAY_QUARTERS = 8
FIRST_QUARTER = 1_748_707_200_000_000 // QUARTER_US
"""Midnight of 1 June 2025 (UTC)."""
ON_PURPOSE = ("its own seat is free", "few seats are in use")
BY_CHANCE = ("round the clock", "another café's idle seat", "a timer of nine hours", "while its seat is taken")
SEED = 20_250_601


def run(options: Options) -> Report:
    """Return how often each kind of host is told, by days of records."""
    cafes = 20 if options.is_quick else 150
    rows, told = [], {}
    for days in DAYS:
        rng = np.random.default_rng((SEED, days))
        hits: dict[str, list[bool]] = defaultdict(list)
        for _ in range(cafes):
            for kind, is_told in ask_cafe(days, rng).items():
                hits[kind].append(is_told)
        for kind in (*ON_PURPOSE, *BY_CHANCE):
            told[days, kind] = (sum(hits[kind]), cafes)
            low, high = bound_part(sum(hits[kind]), cafes)
            rows.append((days, kind, f"{sum(hits[kind])} of {cafes}", f"{write_part(low)} to {write_part(high)}"))
    chance = TrafficPolicy().hours.max_chance
    bars = []
    for kind in BY_CHANCE:
        count, number = (sum(told[days, kind][i] for days in DAYS) for i in (0, 1))
        low, _ = bound_part(count, number)
        text = f"{kind}: not above the policy's {chance:.0%} (lower 95 % bound)"
        bars.append(Bar(text, f"{count} of {number}", low <= chance))
    about = (
        f"{cafes} cafés of {SEATS_TOTAL} seats for each number of days: use by the hour with a peak in the evening, "
        "days of different strength, stays of two hours on average. Told is a finding at the policy's default; part "
        "with its exact 95 % interval."
    )
    return Report(TITLE, about, [Table(("days", "mines", "told", "part"), rows)], bars)


def ask_cafe(days: int, rng: np.random.Generator) -> dict[str, bool]:
    """Return which kinds of hosts of one simulated café are told."""
    taken, other = fill_seats(days, rng), fill_seats(days, rng)
    used, hour = taken.sum(0), np.arange(days * QUARTERS_PER_DAY) / QUARTERS_PER_HOUR + rng.uniform(0, 24)
    shift = int(rng.integers(days * QUARTERS_PER_DAY))
    hosts = {
        ON_PURPOSE[0]: ~taken[0],
        ON_PURPOSE[1]: used <= 0.25 * used.max(),
        BY_CHANCE[0]: np.ones(len(used), np.bool_),
        BY_CHANCE[1]: np.roll(~other[0], shift),
        BY_CHANCE[2]: hour % 24 < 9,
        BY_CHANCE[3]: taken[1],
    }
    policy = TrafficPolicy()
    found = idle_tests.derive(*make_tables(hosts, used), policy).to_pylist()
    named = {
        row["subject"] for row in found
        if row["chance"] <= policy.hours.max_chance and row["mining_empty"] > row["expected_empty"]
    }  # fmt: skip
    return {kind: kind in named for kind in hosts}


def fill_seats(days: int, rng: np.random.Generator) -> Flags:
    """Return for every seat and quarter-hour whether it is taken."""
    hour = np.arange(days * QUARTERS_PER_DAY) / QUARTERS_PER_HOUR % 24
    rate = 0.1 + 0.6 * np.exp(-(((hour - 20 + 12) % 24 - 12) ** 2) / 30)
    rate = np.clip(rate * np.repeat(rng.uniform(0.6, 1.4, days), QUARTERS_PER_DAY), 0, 0.95)
    taken = np.zeros((SEATS_TOTAL, len(rate)), np.bool_)
    now = rng.random(SEATS_TOTAL) < rate[0]
    for quarter, part in enumerate(rate):
        leaves = rng.random(SEATS_TOTAL) < 1 / MEAN_STAY_QUARTERS
        now = np.where(leaves, rng.random(SEATS_TOTAL) < part, now)
        taken[:, quarter] = now
    return taken


def make_tables(hosts: dict[str, Flags], used: NDArray[np.int64]) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Return the tables `activity`, `watched` and `seats` of one café."""
    active = [(name, FIRST_QUARTER + int(q)) for name, flags in hosts.items() for q in np.flatnonzero(flags)]
    names, quarters = zip(*active, strict=True)
    activity = {"site": ["s"] * len(active), "subject": names, "quarter": quarters, "is_record": [False] * len(active)}
    first = FIRST_QUARTER // QUARTERS_PER_HOUR
    hours = np.arange(first, first + len(used) // QUARTERS_PER_HOUR)
    hour_us = QUARTER_US * QUARTERS_PER_HOUR
    watched = {
        "site": ["s"] * len(hours), "hour": hours, "seen_from": hours * hour_us, "seen_to": (hours + 1) * hour_us - 1,
    }  # fmt: skip
    begin = (FIRST_QUARTER + np.arange(len(used))) * QUARTER_US
    seats = {"site": ["s"] * len(used), "started": begin, "ended": begin + QUARTER_US, "used": used.astype(float)}
    return (
        pa.table(activity, schema=ACTIVITY.arrow),
        pa.table(watched, schema=WATCHED.arrow),
        pa.table(seats, schema=SEATS.arrow),
    )


def bound_part(count: int, number: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a part (Clopper and Pearson, Biometrika 26, 1934)."""
    tail = (1 - level) / 2
    low = float(betaincinv(count, number - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, number - count, 1 - tail)) if count < number else 1.0
    return low, high
