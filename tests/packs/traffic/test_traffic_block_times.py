"""Messages beside blocks: what is told, what is not, and that chance is told no more often than it claims."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from traffic_rows import HOUR, NOON, SECOND, ask, derive, owner

from paicha.packs.traffic.derivations.block_times import list_size_classes
from paicha.packs.traffic.derivations.following import clip_spans, find_spans, judge_following, make_grid, pick_events
from paicha.packs.traffic.rules.block_times import block_times

SPAN = 6 * HOUR
GRID = make_grid(0.5, 30, (1, 3, 8))
LIKELY, POSSIBLE = 2, 1


def find_blocks(rng: np.random.Generator, spacing_s: float = 120.0, span: int = SPAN) -> Any:
    """Return the times of blocks over the span and an hour on either side of it."""
    gaps = rng.exponential(spacing_s * SECOND, int(3 * (span + 2 * HOUR) / (spacing_s * SECOND)))
    times = NOON - HOUR + np.cumsum(gaps).astype(np.int64)
    return times[times < NOON + span + HOUR]


def mine(blocks: Any, rng: np.random.Generator, *, delay_s: float = 1.0, echo: bool = False, miss: float = 0.02) -> Any:
    """Return times and sizes of a pool's messages: work after each block, other work now and then, answers."""
    heard = blocks[rng.random(len(blocks)) > miss] + (delay_s * SECOND + rng.normal(0, 0.3 * SECOND, 1)).astype(int)
    echoes = heard + 60 * SECOND if echo else heard[:0]
    if echo:
        echoes = echoes[: len(heard) - 1][np.diff(heard) > 60 * SECOND]
    work = np.concatenate([heard, echoes, rng.integers(NOON, NOON + SPAN, 60)])
    answers = rng.integers(NOON, NOON + SPAN, 1500)
    times = np.concatenate([work, answers])
    sizes = np.concatenate([rng.integers(370, 380, len(work)), np.full(len(answers), 85)])
    keep = (times >= NOON) & (times < NOON + SPAN)
    order = np.argsort(times[keep])
    return times[keep][order], sizes[keep][order]


def profile(**values: Any) -> dict[str, Any]:
    return {
        "site": "s", "session": "x", "sources": ["i1"], "client_ip": "10.0.0.5", "client_port": 40000,
        "server_ip": "198.51.100.7", "server_port": 443, "protocol": 6, "started": NOON, "ended": NOON + SPAN,
    } | values  # fmt: skip


def push(times: Any, sizes: Any, **values: Any) -> list[dict[str, Any]]:
    return [
        {"site": "s", "session": "x", "times": times[at : at + 128].tolist(), "sizes": sizes[at : at + 128].tolist()}
        | values
        for at in range(0, len(times), 128)
    ]


def find(pushes: list[dict[str, Any]], blocks: Any, coin: str = "XMR", **rows: Any) -> list[dict[str, Any]]:
    known = [{"coin": coin, "time": int(time), "height": None} for time in blocks]
    return ask(block_times, derive(**({"profiles": [profile()], "pushes": pushes, "blocks": known} | rows)))


def test_work_after_each_block_is_told_through_any_encryption() -> None:
    rng = np.random.default_rng(1)
    blocks = find_blocks(rng)
    (row,) = find(push(*mine(blocks, rng, delay_s=4.0)), blocks)
    assert (row["subject"], row["coin"], row["grade"], row["outcome"]) == ("10.0.0.5", "XMR", LIKELY, "mining")
    assert row["key"] == row["counted_with"] == f"10.0.0.5:40000>198.51.100.7:443@{NOON}"
    assert row["blocks_followed"] > 0.8 * row["blocks"] > 4 * row["blocks_expected"]
    assert row["chance"] < 1e-30
    assert row["offset_seconds"] <= 4.0 <= row["offset_seconds"] + row["window_seconds"] + 1
    assert row["bytes_from"] > 85
    assert row["trials"] == GRID.trials * 6


@pytest.mark.parametrize("minutes", [*range(-9, 0), *range(1, 10)])
def test_times_moved_by_minutes_tell_nothing_though_work_is_refreshed_a_minute_later(minutes: int) -> None:
    rng = np.random.default_rng(2)
    blocks = find_blocks(rng)
    pushes = push(*mine(blocks, rng, echo=True))
    assert len(find(pushes, blocks)) == 1
    assert find(pushes, blocks + minutes * 60 * SECOND) == []


@pytest.mark.parametrize("kind", ["chatty", "periodic", "bursts", "other-coin"])
def test_ordinary_connections_tell_nothing(kind: str) -> None:
    rng = np.random.default_rng(3)
    blocks = find_blocks(rng)
    times = {
        "chatty": np.sort(rng.integers(NOON, NOON + SPAN, 20_000)),
        "periodic": np.arange(NOON, NOON + SPAN, 120 * SECOND) + rng.integers(0, SECOND, 180),
        "bursts": np.sort((rng.integers(0, 40, 2000) * 540 * SECOND + rng.integers(0, 60 * SECOND, 2000)) + NOON),
        "other-coin": mine(find_blocks(rng), rng)[0],
    }[kind]
    assert find(push(times, rng.integers(60, 1200, len(times))), blocks) == []


def test_chance_is_told_no_more_often_than_it_claims() -> None:
    rng = np.random.default_rng(4)
    chances = []
    for number in range(300):
        rate = 20 * 2 ** (number % 8)
        messages = np.sort(rng.integers(0, SPAN, rate))
        events = np.sort(rng.integers(0, SPAN, 150))
        spans = clip_spans(find_spans(events, 20), 40 * SECOND, SPAN - 40 * SECOND)
        best = judge_following(messages, pick_events(events, spans), spans, GRID)
        assert best is not None
        chances.append(min(1.0, best.chance * GRID.trials))
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(chances) <= level) <= level + 3 * (level / 300) ** 0.5


def test_a_list_with_holes_is_used_where_it_has_none() -> None:
    rng = np.random.default_rng(5)
    blocks = find_blocks(rng)
    gap = (blocks > NOON + HOUR) & (blocks < NOON + 4 * HOUR)
    assert len(find_spans(blocks[~gap], 20)) == 2
    (row,) = find(push(*mine(blocks, rng)), blocks[~gap])
    assert row["blocks"] < np.sum(~gap)
    # messages crowd into the time that the list covers: taken for a list without a hole, that would not be chance
    crowd = np.sort(rng.integers(NOON, NOON + HOUR, 600))
    assert find(push(np.append(crowd, NOON + SPAN), np.full(601, 200)), blocks[blocks < NOON + HOUR]) == []


def test_too_few_blocks_are_not_judged() -> None:
    rng = np.random.default_rng(6)
    blocks = find_blocks(rng, spacing_s=3600.0)
    pushes = push(*mine(blocks, rng))
    known = derive(
        profiles=[profile()], pushes=pushes, blocks=[{"coin": "BTC", "time": int(t), "height": None} for t in blocks]
    )
    assert known["block_matches"].num_rows == 0


def test_the_coin_that_fits_is_named_and_every_trial_paid_for() -> None:
    rng = np.random.default_rng(7)
    blocks, others = find_blocks(rng), find_blocks(rng)
    rows = [{"coin": coin, "time": int(t), "height": None} for coin, t in [*(("XMR", t) for t in blocks)]]
    rows += [{"coin": "ZEC", "time": int(t), "height": None} for t in others]
    times, sizes = mine(blocks, rng)
    pushes = push(times, sizes) + push(times + 45 * SECOND, sizes, session="y")
    known = derive(profiles=[profile(), profile(session="y", client_ip="10.0.0.6")], pushes=pushes, blocks=rows)
    (row,) = ask(block_times, known)
    assert (row["coin"], row["client"]) == ("XMR", "10.0.0.5")
    assert row["trials"] == GRID.trials * 6 * 4


def test_a_server_in_the_declared_network_answers_for_clients_outside() -> None:
    rng = np.random.default_rng(8)
    blocks = find_blocks(rng)
    flows = [
        {"site": "s", "source": "i1", "sensor": "capture", "client_ip": "198.51.100.7", "client_port": 5,
         "server_ip": "203.0.113.6", "server_port": 443, "protocol": 6, "started": NOON, "ended": NOON + SPAN,
         "sampling": 1.0}
    ]  # fmt: skip
    ends = profile(client_ip="198.51.100.7", client_port=5, server_ip="203.0.113.6")
    (row,) = find(push(*mine(blocks, rng)), blocks, profiles=[ends], owners=[owner()], flows=flows)
    assert (row["subject"], row["role"]) == ("203.0.113.6", "server")


def test_size_classes_hold_different_messages() -> None:
    assert list(list_size_classes(np.array([100] * 10))) == [(0, None)]
    classes = list(list_size_classes(np.array([90] * 50 + [400] * 50)))
    assert classes[0] == (0, None)
    assert 90 < classes[1][0] <= 400
    assert len(classes) == 2


@pytest.mark.parametrize("late_s", [0, 60, 120])
def test_a_timer_that_starts_with_each_block_is_told_from_the_block(late_s: int) -> None:
    rng = np.random.default_rng(9)
    blocks = find_blocks(rng, spacing_s=900.0)
    work = [np.arange(a + SECOND, b, 20 * SECOND) for a, b in pairwise(blocks.tolist())]
    times = np.concatenate(work)
    times = times[(times > NOON) & (times < NOON + SPAN)]
    rows = find(push(times, np.full(len(times), 400)), blocks + late_s * SECOND, coin="BTC")
    assert len(rows) == (late_s == 0)
