"""The sheet: what counts, what does not, and totals that are drawn and not added."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from traffic_rows import HOUR, NOON, ask, derive, flow, indicator, owner, session

from paicha.kernel.description import DESCRIPTIONS
from paicha.packs.traffic.policy import SummaryPolicy, TrafficPolicy
from paicha.packs.traffic.rules import RULES
from paicha.packs.traffic.summary import SUMMARY_TABLES, measure, summarise

POLICY = TrafficPolicy()
FINDINGS = pa.schema([(name, pa.string()) for name in ("rule", "site", "subject", "key", "set_aside", "counted_in")])
VERDICTS = pa.schema(
    [
        ("site", pa.string()),
        ("subject", pa.string()),
        ("grade", pa.int64()),
        ("unit", pa.string()),
        ("credit_code", pa.string()),
        ("nature", pa.string()),
        ("region", pa.string()),
        ("is_stock", pa.bool_()),
        ("is_cleared", pa.bool_()),
        ("hints", DESCRIPTIONS.arrow.field("hints").type),
    ]
)


def verdict(subject: str, **values: Any) -> dict[str, Any]:
    return {"site": "s", "subject": subject, "grade": 3, "is_cleared": False} | values


def screen(**rows: list[dict[str, Any]]) -> tuple[dict[str, pa.Table], pa.Table]:
    known = derive(**rows)
    findings = [
        {"rule": rule.id, **{n: row[n] for n in ("site", "subject", "key")}}
        for rule in RULES
        for row in ask(rule, known)
    ]
    return {name: known[name] for name in SUMMARY_TABLES}, pa.Table.from_pylist(findings, schema=FINDINGS)


def draw(
    verdicts: list[dict[str, Any]], policy: TrafficPolicy = POLICY, **rows: list[dict[str, Any]]
) -> dict[str, Any]:
    tables, findings = screen(**rows)
    summary = summarise(tables, findings, pa.Table.from_pylist(verdicts, schema=VERDICTS), policy)
    json.dumps(summary, allow_nan=False)
    return summary


def measure_one(sessions: list[dict[str, Any]], findings: pa.Table | None = None) -> dict[str, Any]:
    tables, found = screen(mining_sessions=sessions)
    (row,) = measure(tables, found if findings is None else findings, POLICY).to_pylist()
    return json.loads(row["measures"])


def test_nothing_found_is_zero_and_null() -> None:
    summary = draw([])
    assert summary["confirmed"] == summary["confirmed_or_likely"]
    sheet = summary["confirmed"]
    assert (sheet["addresses"], sheet["units"], sheet["logins"]) == (0, 0, 0)
    assert sheet["hash_rate"] == sheet["by_region"] == {}
    assert sheet["power_kw"] is sheet["energy_kwh_per_day"] is None
    assert sheet["pool_mbps"] == {"mean": 0.0, "peak_5min": 0.0, "out": 0.0, "in": 0.0}
    assert len(sheet["by_nature"]) == 9
    assert set(sheet) == {
        "addresses", "units", "logins", "public_resource", "pool_mbps", "hash_rate", "power_kw", "energy_kwh_per_day",
        "revenue_per_day", "revenue_by_algorithm", "by_nature", "by_region", "by_hint", "stock", "cleared", "increment",
        "coverage",
    }  # fmt: skip


def test_counts_by_grade_unit_nature_and_region() -> None:
    verdicts = [
        verdict("10.0.0.5", unit="U", credit_code="91", nature="university", region="330106", is_stock=True),
        verdict("10.0.0.6", unit="U (north)", credit_code="91", nature="university", region="330110", is_stock=False),
        verdict("10.0.0.7", grade=2, unit="C", nature="internet-cafe", region="110105", is_stock=False),
        verdict("10.0.0.8", grade=1, unit="D", nature="person"),
        verdict("10.0.0.9", grade=0, is_cleared=True, is_stock=True),
        verdict("10.0.0.10", grade=0, is_cleared=True, is_stock=False),
    ]
    summary = draw(verdicts)
    sure, both = summary["confirmed"], summary["confirmed_or_likely"]
    assert (sure["addresses"], sure["units"]) == (2, 1)
    assert (both["addresses"], both["units"]) == (3, 2)
    assert both["public_resource"] == {"addresses": 2, "units": 1}
    assert (both["stock"], both["increment"], both["cleared"]) == (1, 2, 1)
    assert both["by_nature"]["university"]["share"] == pytest.approx(2 / 3)
    assert {code: part["addresses"] for code, part in both["by_region"].items()} == {"330100": 2, "110000": 1}


def test_region_level_is_policy() -> None:
    verdicts = [verdict("10.0.0.5", region="330106"), verdict("10.0.0.6", region=None)]
    for level, code in (("province", "330000"), ("city", "330100"), ("county", "330106")):
        summary = draw(verdicts, TrafficPolicy(summary=SummaryPolicy(region_level=level)))
        assert set(summary["confirmed"]["by_region"]) == {code, "unknown"}


def test_rates_of_different_algorithms_stay_apart_and_power_is_drawn_together() -> None:
    rows = [session(client_ip=f"10.0.1.{n}") for n in range(40)]
    rows.append(session(client_ip="10.0.2.1", algorithm="ethash"))
    verdicts = [verdict(row["client_ip"]) for row in rows]
    tables, findings = screen(mining_sessions=rows)
    sheet = summarise(tables, findings, pa.Table.from_pylist(verdicts, schema=VERDICTS), POLICY)["confirmed"]
    assert set(sheet["hash_rate"]) == {"randomx", "ethash"}
    total, one = sheet["hash_rate"]["randomx"], tables["sessions"].to_pylist()[0]["hash_rate"]
    assert total["best"] == pytest.approx(40 * 2000.0)
    assert total["high"] < 40 * one["high"] * 0.95
    assert total["low"] > 40 * one["low"] * 1.05
    ends = [row["power_kw"]["high"] for row in tables["sessions"].to_pylist()]
    # the hardware is one assumption for all: its doubt does not average out as counting errors do
    assert sheet["power_kw"]["high"] == pytest.approx(sum(ends), rel=0.05)


def test_equal_inputs_give_equal_figures() -> None:
    rows = [session(client_ip=f"10.0.1.{n}", work_largest=72_000.0) for n in range(3)]
    verdicts = [verdict(row["client_ip"]) for row in rows]
    assert draw(verdicts, mining_sessions=rows) == draw(verdicts, mining_sessions=rows[::-1])


def test_reconnecting_is_no_second_machine() -> None:
    first = session()
    second = session(client_port=40001, started=NOON + HOUR, ended=NOON + 2 * HOUR)
    assert measure_one([first, second])["hash_rate"]["randomx"]["best"] == pytest.approx(2000.0)


def test_connections_side_by_side_add_up() -> None:
    assert measure_one([session(), session(client_port=40001)])["hash_rate"]["randomx"]["best"] == pytest.approx(4000.0)


def test_measures_of_one_session_are_those_of_its_finding() -> None:
    tables, _ = screen(mining_sessions=[session()])
    assert measure_one([session()])["hash_rate"]["randomx"] == tables["sessions"].to_pylist()[0]["hash_rate"]


def test_relayed_work_and_clients_of_inside_servers_are_left_out() -> None:
    rows = [session(server_ip="10.0.0.9"), session(client_ip="10.0.0.9", client_port=50000)]
    sheet = draw([verdict("10.0.0.5"), verdict("10.0.0.9")], mining_sessions=rows)["confirmed"]
    assert sheet["hash_rate"]["randomx"]["best"] == pytest.approx(2000.0)
    served = [session(client_ip="192.0.2.1", server_ip="203.0.113.7")]
    sheet = draw([verdict("203.0.113.7")], mining_sessions=served, owners=[owner()])["confirmed"]
    assert (sheet["addresses"], sheet["hash_rate"], sheet["power_kw"]) == (1, {}, None)


def test_findings_set_aside_or_counted_elsewhere_do_not_count() -> None:
    tables, findings = screen(mining_sessions=[session()])
    rows = findings.to_pylist()
    for column in ("set_aside", "counted_in"):
        changed = pa.Table.from_pylist([row | {column: "x"} for row in rows], schema=FINDINGS)
        assert measure(tables, changed, POLICY).num_rows == 0
        sheet = summarise(tables, changed, pa.Table.from_pylist([verdict("10.0.0.5")], schema=VERDICTS), POLICY)
        assert (sheet["confirmed"]["logins"], sheet["confirmed"]["hash_rate"]) == (0, {})


def test_pool_traffic_is_that_of_the_subjects_that_count() -> None:
    other = flow(client_ip="10.0.0.6", client_port=40001, bytes_out=3_750_000, bytes_in=0)
    listed = indicator(kind="address", value="198.51.100.7", port=3333)
    sheets = draw(
        [verdict("10.0.0.5"), verdict("10.0.0.6", grade=2)],
        flows=[other], mining_sessions=[session()], indicators=[listed],
    )  # fmt: skip
    sure, both = sheets["confirmed"]["pool_mbps"], sheets["confirmed_or_likely"]["pool_mbps"]
    assert sure["out"] == pytest.approx(3000 * 8e-6 / 3600)
    assert both["out"] == pytest.approx(3_753_000 * 8e-6 / 3600)
    assert both["mean"] == pytest.approx(both["out"] + both["in"])
    assert both["peak_5min"] == pytest.approx((1_875_000 + 9000) * 8e-6 / 300)


def test_peak_is_no_less_than_the_mean_over_the_time_watched() -> None:
    rows = [
        session(client_port=40000 + n, started=start, ended=start + 10_000_000,
                volume=[{"time": start, "out": 1_000_000, "in": 0}])
        for n, start in enumerate((NOON, NOON + 5 * HOUR))
    ]  # fmt: skip
    traffic = draw([verdict("10.0.0.5")], mining_sessions=rows)["confirmed"]["pool_mbps"]
    assert traffic["mean"] == pytest.approx(2_000_000 * 8e-6 / 20)
    assert traffic["peak_5min"] == traffic["mean"]


def test_coverage_counts_watched_and_filed_addresses() -> None:
    rows = [flow(client_ip="203.0.113.5", ended=NOON + 2 * HOUR), flow(client_ip="192.0.2.9", server_ip="203.0.113.6")]
    sheet = draw([], flows=rows, owners=[owner(), owner(low="203.0.113.6", high="203.0.113.6", level="rir")])[
        "confirmed"
    ]
    assert sheet["coverage"] == {"hours": 2.0, "addresses_observed": 2, "filed_addresses_observed": 1}


def test_sessions_without_a_figure_leave_totals_unknown() -> None:
    sheet = draw([verdict("10.0.0.5")], mining_sessions=[session(work=None, algorithm=None)])["confirmed"]
    assert (sheet["logins"], sheet["hash_rate"], sheet["power_kw"]) == (1, {}, None)
