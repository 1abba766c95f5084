"""Shapes of connections: shares counted, features, sides, families, bounds."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from profile_messages import ANSWER_SECONDS, arrive, beat, mine, profile, tabulate
from traffic_rows import derive

from paicha.packs.traffic.derivations.shapes import SHAPES, measure_shapes
from paicha.packs.traffic.policy import BehaviourPolicy

POLICY = BehaviourPolicy()


def shape(messages, **values):
    (row,) = measure_shapes(tabulate(profile(messages, **values)), ANSWER_SECONDS, POLICY).to_pylist()
    return row


@given(st.integers(0, 1000), st.sampled_from([6.0, 20.0, 60.0]), st.sampled_from([0, 22]))
@settings(max_examples=15, deadline=None)
def test_shares_are_counted_by_size_with_keepalives_among_them(seed, gap, extra):
    shares = mine(seed, share=gap, extra=extra)
    truth = sum(1 for _, side, size in shares if side == 0 and 233 <= size - extra <= 236)
    row = shape([*shares, *beat(3600, 60.0, (90 + extra, 74 + extra))])
    assert row["shares_from_sizes"]["best"] == pytest.approx(truth, abs=max(1, 0.02 * truth))
    assert row["shares_from_sizes"]["low"] <= row["shares_from_sizes"]["best"] <= row["shares_from_sizes"]["high"]


def test_several_shares_in_a_segment_count_and_a_login_of_their_length_does_not():
    messages = [m for m in mine(3) if m[2] != 480]
    row = shape(messages)
    longer = shape([*messages, (0.0, 0, 2 * 234), (1000.3, 0, 2 * 235), (1000.4, 1, 64)])
    assert longer["shares_from_sizes"]["best"] == row["shares_from_sizes"]["best"] + 2


def test_reports_by_the_clock_are_no_shares_whatever_answers_them():
    pushes = mine(5, share=None)
    assert shape([*pushes, *beat(3600, 20.0, (148, 39), jitter=0.2)])["shares_from_sizes"] is None


def test_what_was_not_counted_widens_the_interval():
    whole = profile(mine(7))
    late = whole | {"started": whole["started"] - 3_600_000_000, "other_out": 5}
    row = measure_shapes(tabulate(late), ANSWER_SECONDS, POLICY).to_pylist()[0]["shares_from_sizes"]
    assert row["high"] - row["best"] > 0.8 * row["best"] + 5


def test_pushes_are_told_from_answers_though_shares_come_every_few_seconds():
    row = shape(mine(2, share=4.0))
    assert (row["push_bytes"], row["family"]) == (378, "cryptonote")
    assert row["push_unasked"] > 90
    assert row["push_unanswered"] > 85
    assert row["explained"] == 100
    assert 0.8 < row["share_rhythm"] < 1.2


def test_a_connection_seen_from_its_middle_is_turned_so_that_work_comes_from_the_server():
    turned = [(time, 1 - side, size) for time, side, size in mine(4)]
    row = shape(turned, joined=True)
    assert (row["client_ip"], row["server_ip"], row["client_port"]) == ("198.51.100.7", "10.0.0.5", 3333)
    assert row["shares_from_sizes"] is not None
    assert shape(turned)["client_ip"] == "10.0.0.5"


def test_work_that_is_asked_for_too_explains_the_requests():
    draw = random.Random(6)
    pushes = [(time, 1, 243) for time in arrive(draw, 8.0, 1200)]
    row = shape([*pushes, *beat(1200, 10.0, (81, 243))])
    assert row["explained"] > 95
    assert row["requests"] < 0.1


def test_bounds_follow_from_shares_and_the_difficulties_of_the_family_and_never_name_a_rate():
    row = shape(mine(8, seconds=36_000, extra=22), is_tls=True)
    bounds, count = row["hash_rate_bounds"], row["shares_from_sizes"]
    assert (row["family"], row["transport"]) == ("cryptonote", "tls")
    assert (bounds["best"], bounds["unit"], bounds["algorithm"]) == (None, "H/s", "randomx")
    assert bounds["low"] == pytest.approx(count["low"] * 100 / 36_000, rel=0.01)
    assert bounds["high"] == pytest.approx(count["high"] * 5e6 / 36_000, rel=0.01)
    assert shape(mine(8))["family"] == "cryptonote"
    assert shape(mine(8, extra=400), is_tls=True)["hash_rate_bounds"] is None


def test_only_connections_with_both_sides_and_some_life_have_a_shape():
    rows = [
        profile(mine(1), session="a"),
        profile(mine(1, seconds=100), session="b"),
        profile([m for m in mine(1) if m[1] == 1], session="c"),
    ]
    assert derive(profiles=rows)["shapes"].column("session").to_pylist() == ["a"]
    assert derive()["shapes"].schema == SHAPES.arrow


@given(st.lists(st.tuples(st.floats(0, 1000), st.integers(0, 1), st.integers(1, 70_000)), min_size=2, max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_talk_gives_finite_figures_or_none(messages):
    row = shape(messages, joined=True)
    assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))


def test_lists_may_be_missing():
    bare = profile(mine(1)) | {"sizes_out": None, "sizes_in": None, "head": None}
    assert measure_shapes(tabulate(bare), ANSWER_SECONDS, POLICY).column("pushes").to_pylist() == [None]


def test_numbers_that_grow_in_shares_and_answers_are_seen():
    assert shape(mine(11, seconds=7200, share=20.0))["share_growth"] == 2
    assert shape(mine(11, seconds=3600, share=60.0))["share_growth"] == 1
    alike = [(t, s, 233 if s == 0 and size < 400 else 63 if size < 100 else size) for t, s, size in mine(11)]
    assert shape(alike)["share_growth"] == 0
    mixed = [(t, s, size + round(t) % 2 if size < 300 else size) for t, s, size in mine(11)]
    assert shape(mixed)["share_growth"] == 0


def test_a_share_in_two_datagrams_is_one():
    draw = random.Random(3)
    told = [(time, 1, 384) for time in arrive(draw, 40.0, 3600)]
    shares = arrive(draw, 25.0, 3600)
    told += [m for t in shares for m in ((t, 0, 1504), (t + 0.001, 0, 1536), (t + 0.04, 1, 128), (t + 0.05, 0, 96))]
    row = shape(told, protocol=17)
    assert row["shares_from_sizes"]["best"] == pytest.approx(len(shares), abs=2)
    assert row["transport"] == "udp"


def test_heartbeats_count_neither_for_nor_against():
    quiet = shape(mine(2, share=None))
    beating = shape([*mine(2, share=None), *beat(3600, 60.0, (110, 75))])
    assert beating["explained"] == quiet["explained"] == 100
    assert beating["requests"] == quiet["requests"]
    assert beating["clockwork"] == 0
