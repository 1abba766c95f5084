"""Names and endpoints against lists: suffixes, decay, weak entries, who is accused, what is counted."""

from __future__ import annotations

from typing import Any

import pytest
from traffic_rows import HOUR, NOON, SECOND, ask, derive, flow, indicator, name, owner, report, session

from paicha.packs.traffic.policy import NamesPolicy, TrafficPolicy
from paicha.packs.traffic.rules.endpoints import flow_to_pool, pool_endpoint, resolved_pool
from paicha.packs.traffic.rules.names import name_in_session, pool_lookup
from paicha.packs.traffic.rules.reports import reported

DAY = 24 * HOUR


def find_names(seen: dict[str, Any], *entries: dict[str, Any]) -> list[dict[str, Any]]:
    return ask(name_in_session, derive(names=[name(**seen)], indicators=list(entries) or [indicator()]))


@pytest.mark.parametrize(
    ("text", "is_match"),
    [
        ("pool.example", True),
        ("eu.pool.example", True),
        ("a.b.c.d.e.f.g.pool.example", True),
        ("mypool.example", False),
        ("pool.example.org", False),
        ("example", False),
        ("", False),
        ("pool.example.", False),
        (".pool.example", True),
        ("ｐool.example", False),
    ],
)
def test_name_matches_the_domain_and_what_lies_below(text: str, is_match: bool) -> None:
    assert bool(find_names({"name": text})) is is_match


def test_longest_listed_domain_wins() -> None:
    entries = (indicator(), indicator(indicator="n2", value="eu.pool.example", pool="Other", confidence=0.5))
    (found,) = find_names({}, *entries)
    assert (found["indicator"], found["pool"], found["listed"]) == ("n2", "Other", "eu.pool.example")


def test_surest_entry_of_a_domain_wins() -> None:
    stale = indicator(indicator="n0", confidence=1.0, last_seen=NOON - 1000 * DAY)
    (found,) = find_names({}, stale, indicator())
    assert (found["indicator"], found["confidence"]) == ("n1", 0.9)


@pytest.mark.parametrize(("days", "confidence"), [(0, 0.9), (365, 0.45), (730, 0.225), (-100, 0.9)])
def test_confidence_halves_with_the_half_life(days: int, confidence: float) -> None:
    (found,) = find_names({}, indicator(last_seen=NOON - days * DAY))
    assert found["confidence"] == pytest.approx(confidence)


def test_old_and_undated_entries_fade() -> None:
    assert find_names({}, indicator(last_seen=NOON - 1100 * DAY)) == []
    (undated,) = find_names({}, indicator(last_seen=None))
    assert undated["confidence"] == pytest.approx(0.225)


@pytest.mark.parametrize(
    ("seen", "entry", "kind", "grade"),
    [
        ({}, {}, "name", 2),
        ({"kind": "certificate"}, {}, "name", 2),
        ({"server_port": 443}, {}, "name", 2),
        ({}, {"purpose": "malware"}, "name", 2),
        ({}, {"purpose": "browser-mining"}, "name", 2),
        ({}, {"purpose": "website"}, "shared-hosting", 1),
        ({}, {"purpose": "node"}, "shared-hosting", 1),
        ({}, {"is_shared_hosting": True}, "shared-hosting", 1),
        ({"name": "www.pool.example", "server_port": 443}, {}, "shared-hosting", 1),
        ({"kind": "host", "server_port": 80}, {}, "shared-hosting", 1),
        ({"kind": "host", "server_port": 8332}, {}, "name", 2),
        ({}, {"port": 3333}, "name", 2),
        ({}, {"port": 4444}, "shared-hosting", 1),
    ],
)
def test_what_proves_little_stays_possible(seen: dict[str, Any], entry: dict[str, Any], kind: str, grade: int) -> None:
    (found,) = find_names(seen, indicator(**entry))
    assert (found["evidence_kind"], found["grade"]) == (kind, grade)


def test_many_connections_are_one_finding_with_its_first_ones_listed() -> None:
    rows = [name(client_port=40000 + n, first_seen=NOON + n * SECOND, last_seen=NOON + n * SECOND) for n in range(9)]
    policy = TrafficPolicy(names=NamesPolicy(max_connections=3))
    (found,) = ask(name_in_session, derive(policy, names=rows[::-1], indicators=[indicator()]))
    assert (found["count"], found["client_port"]) == (9, 40000)
    assert (found["first_seen"], found["last_seen"]) == (NOON, NOON + 8 * SECOND)
    assert [c["client_port"] for c in found["connections"]] == [40000, 40001, 40002]


def test_lookup_is_possible_and_of_the_client() -> None:
    asked = name(kind="dns", server_ip="10.0.0.1", server_port=53, answer="198.51.100.7")
    (found,) = ask(pool_lookup, derive(names=[asked], indicators=[indicator()]))
    assert (found["subject"], found["evidence_kind"], found["answers"]) == ("10.0.0.5", "dns", ["198.51.100.7"])
    (weak,) = ask(pool_lookup, derive(names=[asked], indicators=[indicator(purpose="website")]))
    assert (weak["evidence_kind"], weak["grade"]) == ("shared-hosting", 1)


def test_question_from_outside_to_a_declared_resolver_accuses_nobody() -> None:
    asked = name(kind="dns", client_ip="192.0.2.9", server_ip="203.0.113.53", server_port=53)
    assert ask(pool_lookup, derive(names=[asked], indicators=[indicator()], owners=[owner()])) == []


def listed(**values: Any) -> dict[str, Any]:
    return indicator(**({"kind": "address", "value": "198.51.100.7", "port": 3333} | values))


@pytest.mark.parametrize(
    ("record", "entry", "kind", "grade"),
    [
        ({}, {}, "endpoint", 2),
        ({"sensor": "zeek", "packets_in": None}, {}, "endpoint", 2),
        ({"packets_in": 0, "bytes_in": 0}, {}, "flow", 1),
        ({}, {"port": None}, "endpoint", 2),
        ({"server_port": 443}, {"port": None}, "shared-hosting", 1),
        ({"server_port": 443}, {"port": 443}, "endpoint", 2),
        ({}, {"is_shared_hosting": True}, "shared-hosting", 1),
        ({}, {"purpose": "node"}, "shared-hosting", 1),
    ],
)
def test_endpoint_by_address(record: dict[str, Any], entry: dict[str, Any], kind: str, grade: int) -> None:
    (found,) = ask(pool_endpoint, derive(flows=[flow(**record)], indicators=[listed(**entry)]))
    assert (found["evidence_kind"], found["grade"]) == (kind, grade)
    assert found["connections"][0]["client_port"] == 40000


def test_other_ports_of_a_listed_endpoint_do_not_match() -> None:
    assert ask(pool_endpoint, derive(flows=[flow(server_port=3334)], indicators=[listed()])) == []


def test_port_of_the_list_is_preferred_and_counts_once() -> None:
    entries = [listed(indicator="any", port=None, is_shared_hosting=True), listed(indicator="port")]
    (found,) = ask(pool_endpoint, derive(flows=[flow(), flow(client_port=2)], indicators=entries))
    assert (found["indicator"], found["count"]) == ("port", 2)


def test_flow_records_stay_possible_whichever_way_round() -> None:
    rows = [
        flow(sensor="netflow"),
        flow(sensor="netflow", client_ip="198.51.100.7", client_port=3333, server_ip="10.0.0.6", server_port=50001),
    ]
    found = ask(flow_to_pool, derive(flows=rows, indicators=[listed()]))
    assert sorted((f["subject"], f["client_port"], f["server_port"]) for f in found) == [
        ("10.0.0.5", 40000, 3333),
        ("10.0.0.6", 50001, 3333),
    ]
    assert {(f["evidence_kind"], f["grade"]) for f in found} == {("flow", 1)}


def test_connection_to_what_a_pool_resolved_to() -> None:
    asked = name(kind="dns", server_ip="10.0.0.1", server_port=53, answer="198.51.100.7", first_seen=NOON - SECOND)
    known = derive(flows=[flow(), flow(client_ip="10.0.0.6")], names=[asked], indicators=[indicator()])
    (found,) = ask(resolved_pool, known)
    assert (found["subject"], found["names"], found["evidence_kind"]) == ("10.0.0.5", ["eu.pool.example"], "endpoint")


def test_address_that_other_names_share_proves_little() -> None:
    asked = name(kind="dns", server_ip="10.0.0.1", server_port=53, answer="198.51.100.7", first_seen=NOON - SECOND)
    other = asked | {"name": "shop.example", "client_ip": "10.0.0.77"}
    (found,) = ask(resolved_pool, derive(flows=[flow()], names=[asked, other], indicators=[indicator()]))
    assert (found["evidence_kind"], found["grade"]) == ("shared-hosting", 1)


@pytest.mark.parametrize(("port", "kind", "purpose"), [(3333, "endpoint", "pool"), (443, "shared-hosting", "website")])
def test_a_visit_to_the_website_of_a_pool_proves_little(port: int, kind: str, purpose: str) -> None:
    asked = name(kind="dns", server_ip="10.0.0.1", server_port=53, answer="198.51.100.7", first_seen=NOON - SECOND)
    entries = (indicator(port=3333), indicator(indicator="n2", purpose="website", confidence=0.4))
    (found,) = ask(resolved_pool, derive(flows=[flow(server_port=port)], names=[asked], indicators=list(entries)))
    assert (found["evidence_kind"], found["purpose"]) == (kind, purpose)
    alone = derive(flows=[flow(server_port=port)], names=[asked], indicators=[indicator(port=3333)])
    assert [found["evidence_kind"] for found in ask(resolved_pool, alone)] == [kind]


def test_connection_that_ended_before_the_question_does_not_count() -> None:
    asked = name(kind="dns", server_ip="10.0.0.1", server_port=53, answer="198.51.100.7", first_seen=NOON + HOUR)
    assert ask(resolved_pool, derive(flows=[flow()], names=[asked], indicators=[indicator()])) == []


def test_reports_are_one_finding_per_batch_and_address() -> None:
    rows = [
        report(),
        report(port=50124, last_seen=NOON + DAY),
        report(batch="2021-12"),
        report(issuer=None, batch=None),
    ]
    found = ask(reported, derive(reports=rows))
    assert [f["key"] for f in sorted(found, key=lambda f: f["key"])] == ["province|2021-11", "province|2021-12", "|"]
    first = next(f for f in found if f["key"] == "province|2021-11")
    assert (first["client_ports"], first["last_seen"]) == ([50123, 50124], NOON + DAY)


def test_observed_hours_are_those_with_records() -> None:
    rows = [flow(ended=NOON + HOUR // 2), flow(started=NOON + 5 * HOUR, ended=NOON + 5 * HOUR + HOUR // 4)]
    known = derive(flows=[*rows, flow(client_ip="10.0.0.6", started=NOON, ended=NOON)])
    hours = {row["subject"]: row["hours"] for row in known["observed"].to_pylist()}
    assert hours == {"10.0.0.5": pytest.approx(0.75), "10.0.0.6": 0.0}
    (coverage,) = known["coverage"].to_pylist()
    assert coverage["day"] == NOON // DAY
    assert coverage["hours"] == pytest.approx(0.75)


def test_record_that_ends_before_it_begins_still_shows_its_address() -> None:
    (row,) = derive(flows=[flow(ended=NOON - HOUR)])["observed"].to_pylist()
    assert (row["subject"], row["hours"], row["last_seen"]) == ("10.0.0.5", 0.0, NOON)


def test_records_with_damaged_times_do_not_run_away() -> None:
    rows = [flow(ended=2**62), flow(sensor="netflow", started=-(2**61), ended=2**62)]
    known = derive(flows=rows, indicators=[listed()])
    assert known["observed"].num_rows == 1
    assert known["pool_traffic"].num_rows < 20_000


def test_pool_traffic_counts_a_connection_once() -> None:
    other = flow(client_port=40001, sampling=10.0, ended=NOON + 300 * SECOND)
    twice = other | {"sensor": "netflow", "source": "i2", "bytes_out": 10, "bytes_in": 20}
    known = derive(flows=[flow(), other, twice], mining_sessions=[session()], indicators=[listed()])
    rows = known["pool_traffic"].to_pylist()
    assert sum(row["bytes_out"] for row in rows) == pytest.approx(3000 + 10_000)
    assert sum(row["bytes_in"] for row in rows) == pytest.approx(6000 + 20_000)


@pytest.mark.parametrize(("home", "level"), [((), "private"), (("10.0.0.0/8",), "home")])
def test_inside_without_a_register(home: tuple[str, ...], level: str) -> None:
    known = derive(TrafficPolicy(home=home), flows=[flow(), flow(client_ip="192.168.1.9")])
    rows = {row["address"]: row["level"] for row in known["inside"].to_pylist()}
    assert rows == ({"10.0.0.5": level, "192.168.1.9": level} if not home else {"10.0.0.5": level})


def test_owners_of_a_site_hold_there_only() -> None:
    owners = [owner(site="t", low="10.0.0.0", high="10.0.0.255", level="operator"), owner()]
    rows = [flow(), flow(site="t"), flow(site="t", client_ip="203.0.113.9")]
    known = derive(flows=rows, owners=owners)
    found = {(row["site"], row["address"], row["level"]) for row in known["inside"].to_pylist()}
    assert found == {("t", "10.0.0.5", "operator"), ("t", "203.0.113.9", "filed")}


def test_an_owner_counts_while_the_entry_is_valid() -> None:
    def find_level(**validity: int) -> list[str]:
        rows = [flow(client_ip="203.0.113.5", started=NOON, ended=NOON + HOUR)]
        known = derive(flows=rows, owners=[owner(**validity), owner(low="192.0.2.0", high="192.0.2.255")])
        return [row["level"] for row in known["inside"].to_pylist()]

    assert find_level(valid_from=NOON - HOUR, valid_to=NOON + 2 * HOUR) == ["filed"]
    assert find_level(valid_from=NOON + 2 * HOUR) == []
    assert find_level(valid_to=NOON) == []
    # it changed hands meanwhile
    assert find_level(valid_to=NOON + 1) == find_level(valid_from=NOON + HOUR) == ["filed"]
