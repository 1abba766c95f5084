"""Flow records put together by endpoint, and told where they look like mining."""

from __future__ import annotations

from typing import Any

import pytest
from traffic_rows import HOUR, NOON, SECOND, ask, derive, flow, session

from paicha.kernel.grades import Evidence, Grade
from paicha.packs.traffic.derivations.flow_shapes import FLOW_SHAPES
from paicha.packs.traffic.policy import FlowShapePolicy, TrafficPolicy
from paicha.packs.traffic.rules.endpoints import flow_to_pool
from paicha.packs.traffic.rules.flow_shapes import mining_like_flow
from paicha.packs.traffic.scores.scorecard import load_card
from paicha.packs.traffic.tables import PROFILES

MINUTE = 60 * SECOND


def piece(start_minutes: float = 0, minutes: float = 5, **values: Any) -> dict[str, Any]:
    """A piece of a miner's connection: 8 packets a minute out, 5 in, of the sizes that XMRig's have."""
    started = NOON + round(start_minutes * MINUTE)
    return flow(
        **{"sensor": "netflow", "started": started, "ended": started + round(minutes * MINUTE),
           "packets_out": round(8 * minutes), "packets_in": round(5 * minutes), "bytes_out": round(8 * 130 * minutes),
           "bytes_in": round(5 * 165 * minutes)} | values
    )  # fmt: skip


def describe(*rows: dict[str, Any], policy: FlowShapePolicy | None = None, **tables: Any) -> list[dict[str, Any]]:
    known = derive(TrafficPolicy(flow_shape=policy or FlowShapePolicy()), flows=list(rows), **tables)
    return known["flow_shapes"].to_pylist()


def find(*rows: dict[str, Any], policy: FlowShapePolicy | None = None, **tables: Any) -> list[dict[str, Any]]:
    known = derive(TrafficPolicy(flow_shape=policy or FlowShapePolicy()), flows=list(rows), **tables)
    return ask(mining_like_flow, known)


def test_pieces_of_one_connection_are_one_session() -> None:
    (one,) = describe(*(piece(5 * n) for n in range(12)))
    assert (one["pieces"], one["count"], one["packets_out"], one["packets_in"]) == (12, 1, 480, 300)
    assert one["connected_hours"] == pytest.approx(1.0)
    assert one["spanned_hours"] == pytest.approx(1.0)
    assert one["packet_bytes_out"] == pytest.approx(130)
    assert one["packets_per_minute_in"] == pytest.approx(5)
    assert one["packets_ratio"] == pytest.approx(1.6)
    assert one["bytes_per_second"] == pytest.approx((8 * 130 + 5 * 165) / 60)
    assert one["rate_variation"] == pytest.approx(0, abs=1e-9)
    assert one["covered_share"] == 1.0


def test_pauses_and_reconnects_are_told() -> None:
    rows = [piece(0), piece(7), piece(60, client_port=40001), piece(65, client_port=40001)]
    (one,) = describe(*rows)
    assert (one["pieces"], one["count"], one["longest_gap_seconds"]) == (4, 2, 48 * 60)
    assert one["connected_hours"] == pytest.approx(22 / 60)
    assert one["covered_share"] == pytest.approx(20 / 22)
    assert one["connects_per_hour"] == pytest.approx(60 / 22)
    assert [c["client_port"] for c in one["connections"]] == [40000, 40000, 40001, 40001]


def test_records_that_overlap_count_their_time_once() -> None:
    (one,) = describe(piece(0, 60), piece(10, 5, client_port=2), piece(50, 20, client_port=3))
    assert one["connected_hours"] == pytest.approx(70 / 60)


def test_few_pieces_show_no_regularity() -> None:
    (one,) = describe(piece(0, 10), piece(10, 10))
    assert (one["rate_variation"], one["size_variation"]) == (None, None)


def test_short_connections_are_never_judged() -> None:
    assert describe(piece(0, 8)) == []
    assert describe(*(piece(n, 1 / 60, client_port=n) for n in range(600))) == []
    assert describe(piece(0, 1), piece(120, 1)) == []


def test_what_other_rules_judge_is_left_out() -> None:
    long = piece(0, 60)
    ends = {name: long[name] for name in ("client_ip", "client_port", "server_ip", "server_port")}
    profile = dict.fromkeys(PROFILES.names) | {"site": "s", "started": NOON, "ended": NOON + HOUR} | ends
    assert describe(long, profiles=[profile]) == []
    assert describe(long, mining_sessions=[session()]) == []
    assert len(describe(long, profiles=[profile | {"started": NOON + 2 * HOUR, "ended": NOON + 3 * HOUR}])) == 1
    assert len(describe(long, profiles=[profile | {"client_port": 1}])) == 1


def test_two_sensors_are_not_added_up() -> None:
    (one,) = describe(piece(0, 60), piece(0, 30, sensor="zeek", source="i2"))
    assert (one["sensor"], one["packets_out"], one["sources"]) == ("netflow", 480, ["i1"])


def test_subject_is_the_watched_client() -> None:
    inner = piece(0, 60, server_ip="10.0.0.9")
    assert describe(inner) == []
    (one,) = describe(inner, policy=FlowShapePolicy(between_insiders=True))
    assert one["subject"] == "10.0.0.5"


def test_one_way_and_unknown_counts_stay_unknown() -> None:
    (one,) = describe(piece(0, 60, packets_in=None, bytes_in=None))
    assert (one["packet_bytes_in"], one["packets_ratio"], one["is_enough"]) == (None, None, None)
    assert find(piece(0, 60, packets_in=None, bytes_in=None)) == []


def test_sampled_figures_are_estimates_with_ends() -> None:
    rows = [
        piece(30 * n, 0, sampling=100.0, packets_out=2, packets_in=1, bytes_out=260, bytes_in=165) for n in range(8)
    ]
    (one,) = describe(*rows)
    assert one["connected_hours"] == pytest.approx(3.5)
    assert one["packets_per_minute_out"] == pytest.approx(1600 / 210)
    assert one["packets_per_minute_out_low"] < 1600 / 210 < one["packets_per_minute_out_high"]
    assert one["packet_bytes_out_low"] < 130 < one["packet_bytes_out_high"]
    assert one["is_enough"]
    assert one["hours_needed"] == pytest.approx(400 / 24 * 3.5)
    assert one["covered_share"] is None


def test_too_few_packets_are_not_judged() -> None:
    rows = [
        piece(30 * n, 0, sampling=1000.0, packets_out=1, packets_in=1, bytes_out=130, bytes_in=165) for n in range(4)
    ]
    (one,) = describe(*rows)
    assert one["is_enough"] is False
    assert find(*rows) == []


def test_mining_like_flow_is_told_with_every_summand() -> None:
    (found,) = find(*(piece(5 * n) for n in range(24)))
    assert (found["subject"], found["key"], found["client_port"]) == ("10.0.0.5", "198.51.100.7:3333", 40000)
    assert (found["first_seen"], found["last_seen"]) == (NOON, NOON + 2 * HOUR)
    assert found["score"] == sum(one["points"] for one in found["contributions"])
    assert [one["name"] for one in found["contributions"]] == ["base", *(f.name for f in load_card("flows").features)]
    assert found["reasons"][0]["text"].startswith("the client's packets have 130 bytes")
    assert "130" in found["reasons"][0]["text_zh"]


@pytest.mark.parametrize(
    "values",
    [
        {"bytes_in": 900_000},
        {"packets_out": 90_000, "bytes_out": 9_000_000},
        {"packets_out": 20, "bytes_out": 1000, "packets_in": 20, "bytes_in": 1000},
        {"packets_in": 60_000, "bytes_in": 3_600_000},
        {"protocol": 17},
    ],
    ids=["content", "much", "keep-alive", "one-sided", "datagrams"],
)
def test_other_traffic_is_not_told(values: dict[str, Any]) -> None:
    assert find(piece(0, 120, **values)) == []


def test_list_is_bounded_and_keeps_the_highest_scores() -> None:
    rows = [piece(0, 30 * (n + 1), server_ip=f"198.51.100.{n}") for n in range(5)]
    found = find(*rows, policy=FlowShapePolicy(max_told=2))
    assert sorted(one["server"] for one in found) == ["198.51.100.3", "198.51.100.4"]


def test_uncertain_figures_never_score_higher() -> None:
    policy = FlowShapePolicy(min_score=-30)
    exact, sampled = (
        find(*(piece(5 * n, sampling=one_in) for n in range(24)), policy=policy)[0]["score"] for one_in in (1.0, 2.0)
    )
    assert sampled < exact


def test_it_is_of_the_kind_of_other_flow_records_and_possible() -> None:
    assert mining_like_flow.evidence == flow_to_pool.evidence == Evidence.FLOW
    assert mining_like_flow.grade == Grade.POSSIBLE


def test_every_feature_of_the_card_is_a_column() -> None:
    assert {feature.name for feature in load_card("flows").features} <= set(FLOW_SHAPES.names)
