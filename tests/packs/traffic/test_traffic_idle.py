"""Mining beside seats in use: what is told, what is not, and how often chance would tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traffic_rows import HOUR, NOON, ask, derive, flow, indicator, session

from paicha.packs.traffic.derivations.chance import make_dial, measure_opposition
from paicha.packs.traffic.derivations.hours import QUARTER_US
from paicha.packs.traffic.derivations.idle import average_seats
from paicha.packs.traffic.rules.hours import idle_time_mining
from paicha.packs.traffic.tables import SEATS

DAY = 96
START = NOON // QUARTER_US
SEATS_TOTAL = 40


def open_cafe(days: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return for every quarter-hour whether each seat is taken, and the hour of the day."""
    hour = (np.arange(days * DAY) / 4 + 20) % 24
    rate = 0.1 + 0.6 * np.exp(-(((hour - 20 + 12) % 24 - 12) ** 2) / 30)
    rate = np.clip(rate * np.repeat(rng.uniform(0.6, 1.4, days), DAY), 0, 0.95)
    taken = np.zeros((SEATS_TOTAL, days * DAY), np.bool_)
    now = rng.random(SEATS_TOTAL) < rate[0]
    for quarter in range(days * DAY):
        # a stay lasts two hours on average
        changes = rng.random(SEATS_TOTAL) < 1 / 8
        now = np.where(changes, rng.random(SEATS_TOTAL) < rate[quarter], now)
        taken[:, quarter] = now
    return taken, hour


def find(active: Any, taken: Any, **changes: Any) -> list[dict[str, Any]]:
    slots = [{"time": (START + int(q)) * QUARTER_US, "out": 300, "in": 900} for q in np.flatnonzero(active)]
    seats = [
        {"site": "s", "started": (START + q) * QUARTER_US, "ended": (START + q + 4) * QUARTER_US, "used": float(used)}
        for q, used in zip(range(0, taken.shape[1], 4), taken.sum(0)[::4], strict=True)
    ]
    ended = (START + taken.shape[1]) * QUARTER_US
    others = [flow(client_ip="10.0.0.9", started=START * QUARTER_US, ended=ended - 1)]
    rows = {"mining_sessions": [session(volume=slots, ended=ended)], "flows": others, "seats": seats}
    return ask(idle_time_mining, derive(**(rows | changes)))


def test_a_machine_that_mines_while_its_seat_is_free_is_told() -> None:
    taken, _ = open_cafe(14, np.random.default_rng(1))
    (row,) = find(~taken[0], taken)
    assert (row["subject"], row["evidence_kind"]) == ("10.0.0.5", "behaviour")
    assert row["chance"] <= 0.02
    assert row["correlation"] < 0
    assert row["mining_empty"] > row["expected_empty"]
    assert row["hours_empty"] + row["hours_occupied"] == pytest.approx(14 * 24, abs=1)
    assert row["shifts"] == 15 * DAY or row["shifts"] == 14 * DAY


def test_mining_round_the_clock_or_while_customers_sit_there_is_not_told() -> None:
    taken, _ = open_cafe(14, np.random.default_rng(2))
    assert find(np.ones(taken.shape[1], np.bool_), taken) == []
    assert find(taken[0], taken) == []


def test_too_few_hours_raise_nothing() -> None:
    taken, _ = open_cafe(14, np.random.default_rng(3))
    assert find(~taken[0], taken[:, :DAY]) == []
    assert find(~taken[0], taken, seats=[]) == []
    busy = np.ones_like(taken)
    assert find(~taken[0], busy) == []


def test_seats_of_another_site_say_nothing() -> None:
    taken, _ = open_cafe(7, np.random.default_rng(4))
    seats = [{"site": "t", "started": NOON, "ended": NOON + 700 * HOUR, "used": 3.0}]
    assert find(~taken[0], taken, seats=seats) == []


def test_what_flow_records_alone_show_stays_a_record() -> None:
    taken, _ = open_cafe(14, np.random.default_rng(5))
    free = np.flatnonzero(np.diff(np.concatenate([[0], (taken.sum(0) < 12).astype(int), [0]])))
    flows = [
        flow(sensor="netflow", client_port=40000 + n, started=(START + int(a)) * QUARTER_US,
             ended=(START + int(b)) * QUARTER_US - 1)
        for n, (a, b) in enumerate(free.reshape(-1, 2))
    ]  # fmt: skip
    flows.append(flow(client_ip="10.0.0.9", server_ip="192.0.2.1", started=NOON, ended=NOON + 14 * 24 * HOUR - 1))
    listed = [indicator(kind="address", value="198.51.100.7", port=3333)]
    (row,) = find(~taken[0], taken, mining_sessions=[], flows=flows, indicators=listed)
    assert (row["evidence_kind"], row["subject"]) == ("flow", "10.0.0.5")
    assert row["mining_occupied"] < 0.2 * row["mining_empty"]


def test_chance_is_the_part_of_times_that_chance_would_tell_it() -> None:
    rng = np.random.default_rng(6)
    chances = []
    for _ in range(120):
        taken, _ = open_cafe(7, rng)
        other, _ = open_cafe(7, rng)
        dial = make_dial(taken.sum(0).astype(float), np.ones(7 * DAY, np.bool_), DAY)
        found = measure_opposition(np.roll(~other[0], rng.integers(7 * DAY)), dial)
        assert found is not None
        chances.append(found.chance)
    for level in (0.05, 0.2, 0.5):
        part = np.mean(np.array(chances) <= level)
        assert part <= level + 3 * (level * (1 - level) / len(chances)) ** 0.5


@given(st.integers(0, 40), st.lists(st.tuples(st.integers(-900, 9000), st.integers(-50, 2000), st.integers(0, 60)),
                                    max_size=12))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_seats_are_averaged_over_time(first: int, spans: list[tuple[int, int, int]]) -> None:
    second = 1_000_000
    rows = [{"site": "s", "started": a * second, "ended": (a + b) * second, "used": float(u)} for a, b, u in spans]
    found = average_seats(pa.Table.from_pylist(rows, schema=SEATS.arrow), first, 5)
    for number in range(5):
        begin = (first + number) * 900
        parts = [(max(0, min(a + b, begin + 900) - max(a, begin)), u) for a, b, u in spans if b > 0]
        time = sum(part for part, _ in parts)
        if time > 1:
            assert found[number] == pytest.approx(sum(part * u for part, u in parts) / time, abs=1e-3)
        elif time == 0:
            assert np.isnan(found[number])
