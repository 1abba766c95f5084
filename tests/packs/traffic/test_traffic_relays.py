"""Relays: who is one, which side counts, and that work counts once however it is passed on."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traffic_rows import HOUR, NOON, POLICY, ask, derive, flow, indicator, name, session

from paicha.packs.traffic.derivations.relay_work import merge_spans, sum_overlaps
from paicha.packs.traffic.derivations.shaped import SHAPED
from paicha.packs.traffic.rules.relays import mining_relay
from paicha.packs.traffic.rules.sessions import mining_session
from paicha.packs.traffic.summary import measure

RELAY = "10.0.0.9"
WORK = 72_000.0
FINDINGS = pa.schema([(n, pa.string()) for n in ("rule", "site", "subject", "key", "set_aside", "counted_in")])


def mine(client: str, shares: int, server: str = RELAY, work: float = WORK, **changes: Any) -> dict[str, Any]:
    figures = {
        "work": shares * work, "work_squared": shares * work**2, "work_largest": work, "work_shares": shares,
        "work_accepted": shares * work, "shares_submitted": shares, "shares_accepted": shares, "shares_rejected": 0,
        "shares_stale": 0,
    }  # fmt: skip
    return session(client_ip=client, server_ip=server) | figures | changes


def up(shares: int, **changes: Any) -> dict[str, Any]:
    return mine(RELAY, shares, **({"server": "198.51.100.7", "client_port": 50_000} | changes))


CLIENTS = [mine(f"10.0.1.{n}", 100) for n in range(5)]


def total(*sessions: dict[str, Any], **rows: Any) -> dict[str, float]:
    """Return the best hash rate that counts for each subject."""
    known = derive(mining_sessions=list(sessions), **rows)
    found = [
        {"rule": mining_session.id, **{n: row[n] for n in ("site", "subject", "key")}}
        for row in ask(mining_session, known)
    ]
    tables = {table: known[table] for table in ("sessions", "networks", "relay_links")}
    told = measure(tables, pa.Table.from_pylist(found, schema=FINDINGS), POLICY).to_pylist()
    rates = {row["subject"]: json.loads(row["measures"])["hash_rate"] for row in told}
    return {subject: rate["best"] for subject, by_name in rates.items() for rate in by_name.values()}


def find(*sessions: dict[str, Any], **rows: Any) -> list[dict[str, Any]]:
    return ask(mining_relay, derive(mining_sessions=list(sessions), **rows))


def test_a_relay_read_on_both_sides_is_named_with_its_clients() -> None:
    (row,) = find(*CLIENTS, up(500))
    assert (row["subject"], row["key"], row["grade"], row["evidence_kind"]) == (RELAY, "relay", 3, "payload")
    assert row["clients"] == [f"10.0.1.{n}" for n in range(5)]
    assert (row["client_count"], row["connections_down"], row["connections_up"]) == (5, 5, 1)
    assert (row["clients_seen"], row["upstream_seen"], row["upstream"]) == ("clear", "clear", ["198.51.100.7:3333"])
    assert (row["shares_down"], row["shares_up"], row["mines_itself"]) == (500, 500, False)
    rate = row["hash_rate"]
    assert rate["low"] < 500 * WORK / 3600 < rate["high"]
    assert row["own_hash_rate"] is None


def test_the_better_seen_side_counts_and_only_it() -> None:
    shared = total(*CLIENTS, up(500))
    assert RELAY not in shared
    assert sum(shared.values()) == pytest.approx(10_000)
    # at a tenth of the difficulty upstream sees more of the same work
    assert total(*CLIENTS, up(5000, work=WORK / 10)) == {RELAY: pytest.approx(10_000)}
    assert sum(total(*CLIENTS, up(50, work=WORK * 10)).values()) == pytest.approx(10_000)


def test_a_relay_that_mines_itself_counts_with_what_it_sends_up() -> None:
    assert total(*CLIENTS, up(1500)) == {RELAY: pytest.approx(30_000)}
    (row,) = find(*CLIENTS, up(1500))
    assert row["mines_itself"]
    own = row["own_hash_rate"]
    assert own["low"] < 1000 * WORK / 3600 < own["high"]


def test_where_upstream_was_seen_in_part_the_clients_count() -> None:
    counted = total(*CLIENTS, up(100))
    assert RELAY not in counted
    assert sum(counted.values()) == pytest.approx(10_000)


def test_only_time_in_which_both_sides_are_seen_is_compared() -> None:
    half = up(250, ended=NOON + HOUR // 2, connected=HOUR // 2)
    (row,) = find(*CLIENTS, half)
    assert abs(row["excess"]) < 1


def test_clients_read_and_an_upstream_that_was_not() -> None:
    (row,) = find(*CLIENTS)
    assert (row["grade"], row["upstream_seen"], row["counted"]) == (2, "none", "clients")
    assert find(CLIENTS[0]) == []
    sni = [name(client_ip=RELAY, server_port=443)]
    (row,) = find(CLIENTS[0], names=sni, indicators=[indicator()])
    assert (row["grade"], row["upstream_seen"], row["upstream"]) == (3, "listed", ["198.51.100.7:443"])
    assert sum(total(*CLIENTS).values()) == pytest.approx(10_000)


@pytest.mark.parametrize(("is_likely", "judged"), [(True, (2, "behaviour")), (False, (1, "flow"))])
def test_sizes_and_times_alone_are_one_sign_and_no_more(is_likely: bool, judged: tuple[int, str]) -> None:
    flows = [flow(client_ip=f"10.0.1.{n}", server_ip=RELAY) for n in range(5)]
    flows.append(flow(client_ip=RELAY))
    known = derive(flows=flows)
    links = [
        {"site": "s", "session": f"x{n}", "key": f"k{n}", "subject": row["client_ip"], "client_ip": row["client_ip"],
         "server_ip": row["server_ip"], "server_port": 443, "started": NOON, "ended": NOON + HOUR, "sources": ["i"],
         "is_likely": is_likely}
        for n, row in enumerate(flows)
    ]  # fmt: skip
    known.keep("shaped", pa.Table.from_pylist(links, schema=SHAPED.arrow))
    (row,) = ask(mining_relay, known)
    assert (row["subject"], row["client_count"]) == (RELAY, 5)
    assert (row["clients_seen"], row["upstream_seen"]) == ("shape", "shape")
    assert (row["grade"], row["evidence_kind"]) == judged


def test_a_pool_outside_and_a_host_that_only_mines_are_no_relays() -> None:
    assert find(*(row | {"server_ip": "198.51.100.7"} for row in CLIENTS)) == []
    assert find(up(100), *(row | {"state": "attempt", "jobs": 0} for row in CLIENTS)) == []


def test_relays_in_a_row_count_once() -> None:
    second = "10.0.0.10"
    above = mine(second, 500, server="198.51.100.7")
    counted = total(*CLIENTS, up(500, server=second), above)
    assert sum(counted.values()) == pytest.approx(10_000)
    assert set(counted) == {row["client_ip"] for row in CLIENTS}
    # the last upstream is seen best: nothing below it counts again
    counted = total(*CLIENTS, up(500, server=second), mine(second, 5000, server="198.51.100.7", work=WORK / 10))
    assert counted == {second: pytest.approx(10_000)}


def test_hosts_that_hand_work_to_each_other_end() -> None:
    found = find(mine("10.0.1.1", 50, server="10.0.1.2"), mine("10.0.1.2", 50, server="10.0.1.1"))
    assert found == [] or {row["subject"] for row in found} <= {"10.0.1.1", "10.0.1.2"}


def test_another_algorithm_upstream_is_the_relays_own() -> None:
    counted = total(*CLIENTS, up(500, algorithm="kawpow", dialect="kawpow"))
    assert counted.pop(RELAY) == pytest.approx(10_000)
    assert sum(counted.values()) == pytest.approx(10_000)


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=8)


@given(spans, spans)
@settings(max_examples=100, deadline=None)
def test_overlaps_are_those_of_every_instant(some: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    started = np.array([a for a, _ in others], np.float64)
    ended = np.array([a + b for a, b in others], np.float64)
    low, high = merge_spans(started, ended)
    assert (low[1:] > high[:-1]).all()
    covered = {t for a, b in others for t in range(a, a + b)}
    found = sum_overlaps(
        np.array([a for a, _ in some], np.float64), np.array([a + b for a, b in some], np.float64), low, high
    )
    assert found.tolist() == [len(covered & set(range(a, a + b))) for a, b in some]
