"""The rule that judges connections by their shape."""

from __future__ import annotations

import random

import pytest
from profile_messages import arrive, beat, mine, profile
from traffic_rows import derive, owner, session

from paicha.kernel.grades import Grade
from paicha.packs.traffic.policy import BehaviourPolicy, TrafficPolicy
from paicha.packs.traffic.rules.behaviour import mining_shape
from paicha.packs.traffic.scores.judging import BEHAVIOUR
from paicha.packs.traffic.scores.scorecard import load_card


def judge(*rows, policy=None, **tables):
    known = derive(**({"policy": policy} if policy else {}), profiles=list(rows), **tables)
    return known.answer(mining_shape.id, mining_shape.ask, mining_shape.parameters).to_pylist()


def test_a_miner_is_likely_whatever_hides_it_and_every_point_is_told():
    (row,) = judge(profile(mine(1, seconds=7200, extra=22), is_tls=True, server_port=443))
    assert (row["grade"], row["outcome"], row["evidence_kind"]) == (Grade.LIKELY, "mining", "behaviour")
    assert row["subject"] == "10.0.0.5"
    assert row["score"] == sum(one["points"] for one in row["contributions"])
    assert [one["name"] for one in row["contributions"]] == ["base", *(f.name for f in load_card(BEHAVIOUR).features)]
    positive = [one for one in row["contributions"][1:] if one["points"] > 0]
    assert len(row["reasons"]) == len(positive)
    assert all(reason["text"] and reason["text_zh"] for reason in row["reasons"])


def test_work_alone_is_possible_and_never_likely():
    for seconds in (600, 1200, 36_000):
        (row,) = judge(profile(mine(2, seconds=seconds, share=None, push=18.0, extra=28), is_tls=True))
        assert (row["grade"], row["outcome"], row["evidence_kind"]) == (Grade.POSSIBLE, "lead", "flow")


@pytest.mark.parametrize(
    "messages",
    [
        beat(7200, 60.0, (60, 60)),
        beat(7200, 30.0, (81, 600)),
        [*beat(7200, 30.0, (120, 40)), *((t + 7.0, 1, 130) for t in range(0, 7000, 30))],
        [(t, 1, 300) for t in range(0, 7200, 30)] + [(1.0, 0, 200)],
    ],
    ids=["heartbeat", "polling", "telemetry", "clock"],
)
def test_what_comes_by_the_clock_or_on_request_is_nothing(messages):
    assert judge(profile(messages)) == []


def test_chat_is_nothing():
    draw = random.Random(9)
    messages = [(time, draw.randrange(2), draw.randrange(60, 900)) for time in arrive(draw, 12.0, 7200)]
    assert judge(profile(messages)) == []


def test_an_answered_event_feed_is_nothing():
    draw = random.Random(5)
    events = [m for t in arrive(draw, 40.0, 7200) for m in ((t, 1, 220), (t + 0.1, 0, 64))]
    assert judge(profile([(0.0, 0, 300), *events])) == []


def test_what_was_read_in_clear_text_is_the_same_event():
    (row,) = judge(profile(mine(1), session="x"), mining_sessions=[session()])
    (known,) = derive(mining_sessions=[session()])["sessions"].to_pylist()
    assert row["counted_with"] == row["key"] == known["key"]
    (alone,) = judge(profile(mine(1), session="x"))
    assert alone["key"].startswith("10.0.0.5:40000>198.51.100.7:3333@")


def test_the_server_answers_for_it_in_a_declared_network_that_holds_it_alone():
    row = profile(mine(1), server_ip="203.0.113.7", client_ip="192.0.2.1")
    (found,) = judge(row, mining_sessions=[session(client_ip="192.0.2.1", server_ip="203.0.113.7")], owners=[owner()])
    assert (found["subject"], found["role"], found["client"]) == ("203.0.113.7", "server", "192.0.2.1")


def test_thresholds_are_policy():
    policy = TrafficPolicy(behaviour=BehaviourPolicy(possible_score=7.0, likely_score=30.0))
    assert judge(profile(mine(2, share=None)), policy=policy) == []
    assert judge(profile(mine(1, seconds=7200)), policy=policy)[0]["grade"] == Grade.POSSIBLE
