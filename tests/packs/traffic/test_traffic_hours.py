"""Hours of activity: what counts as active, what as watched, and in whose hours of the day."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from traffic_rows import HOUR, NOON, POLICY, SECOND, derive, flow, indicator, session

from paicha.packs.traffic.derivations.shaped import SHAPED
from paicha.packs.traffic.summary.hours import measure_hours
from paicha.packs.traffic.tables import PROFILES

QUARTER = HOUR // 4
LISTED = indicator(kind="address", value="198.51.100.7", port=3333)


def tell(**rows: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    known = derive(**rows)
    hours = measure_hours({name: known[name] for name in ("activity", "watched")}, POLICY.hours)
    return {pair: told.write(POLICY.hours.timezone_hours) for pair, told in hours.items()}


def test_a_session_is_active_where_bytes_flowed() -> None:
    slots = [{"time": NOON + n * 300 * SECOND, "out": 500 * (n < 4), "in": 0} for n in range(12)]
    told = tell(mining_sessions=[session(volume=slots)])["s", "10.0.0.5"]
    # 12:00 to 12:20 UTC are two quarter-hours, 20:00 in China
    assert told["active_hours"] == 0.5
    assert told["watched_hours"] == pytest.approx(1.0, abs=0.25)
    assert told["shares"][20] == pytest.approx(0.5)
    assert told["shares"][12] is None
    assert (told["days"], told["zone_hours"]) == (1, 8.0)


def test_flows_with_a_pool_are_active_from_beginning_to_end() -> None:
    told = tell(flows=[flow(ended=NOON + 2 * HOUR - 1)], indicators=[LISTED])["s", "10.0.0.5"]
    assert told["active_hours"] == 2.0
    assert told["shares"][20] == told["shares"][21] == 1.0


@pytest.mark.parametrize("is_likely", [True, False])
def test_connections_that_look_like_mining_are_active_where_messages_flowed(is_likely: bool) -> None:
    known = derive()
    quarters = [NOON + n * QUARTER for n in (0, 1, 5)]
    profile = {"site": "s", "session": "x", "active": quarters}
    known.keep("profiles", pa.Table.from_pylist([profile], schema=PROFILES.arrow))
    found = {"site": "s", "session": "x", "subject": "10.0.0.5", "is_likely": is_likely}
    known.keep("shaped", pa.Table.from_pylist([found], schema=SHAPED.arrow))
    assert set(known["activity"].column("is_record").to_pylist()) == {not is_likely}
    told = measure_hours({name: known[name] for name in ("activity", "watched")}, POLICY.hours)
    assert sum(told["s", "10.0.0.5"].active) == 0.75


def test_flow_records_that_look_like_mining_are_active_too() -> None:
    told = tell(flows=[flow(sensor="netflow", started=NOON + n * 600 * SECOND, ended=NOON + (n + 1) * 600 * SECOND - 1)
                       for n in range(6)])  # fmt: skip
    assert told["s", "10.0.0.5"]["active_hours"] == 1.0


def test_flows_of_sessions_read_in_clear_and_weak_matches_add_nothing() -> None:
    slots = [{"time": NOON, "out": 500, "in": 0}]
    told = tell(mining_sessions=[session(volume=slots)], flows=[flow(ended=NOON + HOUR)], indicators=[LISTED])
    assert told["s", "10.0.0.5"]["active_hours"] == 0.25
    shared = indicator(kind="address", value="198.51.100.7", is_shared_hosting=True)
    assert tell(flows=[flow(bytes_in=10**9)], indicators=[shared]) == {}


def test_days_and_shares_are_over_all_days_watched() -> None:
    others = [flow(client_ip="10.0.0.9", started=NOON + n * HOUR, ended=NOON + (n + 1) * HOUR - 1) for n in range(96)]
    slots = [{"time": NOON + d * 24 * HOUR + n * QUARTER, "out": 1, "in": 1} for d in (0, 2) for n in range(4)]
    told = tell(mining_sessions=[session(volume=slots)], flows=others)["s", "10.0.0.5"]
    assert (told["days"], told["watched_hours"]) == (2, 96.0)
    assert told["shares"][20] == 0.5
    assert sum(told["shares"]) == 0.5


def test_a_damaged_time_does_not_go_on_for_ever() -> None:
    told = tell(flows=[flow(ended=NOON + 60 * 24 * HOUR)], indicators=[LISTED])["s", "10.0.0.5"]
    assert told["active_hours"] <= 24 * 31 + 1
