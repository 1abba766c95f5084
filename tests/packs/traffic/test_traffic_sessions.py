"""Sessions: counted once over inputs, stable names, the right subject, estimates with honest intervals."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from traffic_rows import HOUR, NOON, SECOND, ask, derive, owner, session

from paicha.packs.traffic.derivations.estimates import Work, estimate_rates
from paicha.packs.traffic.derivations.merging import find_relayed, merge_sessions
from paicha.packs.traffic.derivations.pools import SESSION_POOLS
from paicha.packs.traffic.derivations.presence import COVERAGE, OBSERVED
from paicha.packs.traffic.derivations.sessions import sessions as derivation
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.rules.sessions import (
    mining_attempt,
    mining_session,
    pool_server,
    refused_session,
    stratum_v2_handshake,
)
from paicha.packs.traffic.tables import MINING_SESSIONS, NETWORKS

INSIDE = pa.schema([("site", pa.string()), ("address", pa.string()), ("level", pa.string())])


def make(
    rows: list[dict[str, Any]],
    inside: tuple[tuple[str, str], ...] = (("10.0.0.5", "private"),),
    hours: float = 1.0,
) -> list[dict[str, Any]]:
    day, rest = NOON // (24 * HOUR), hours
    coverage = []
    while rest > 0:
        coverage.append({"site": "s", "day": day, "hours": min(rest, 24.0)})
        day, rest = day + 1, rest - 24.0
    seen = [{"site": "s", "subject": "10.0.0.5", "first_seen": NOON, "last_seen": NOON + int((hours - 1) * HOUR)}]
    table = derivation.derive(
        pa.Table.from_pylist(rows, schema=MINING_SESSIONS.arrow),
        SESSION_POOLS.arrow.empty_table(),
        pa.Table.from_pylist([{"site": "s", "address": a, "level": level} for a, level in inside], schema=INSIDE),
        pa.Table.from_pylist(seen, schema=OBSERVED.arrow),
        pa.Table.from_pylist(coverage, schema=COVERAGE.arrow),
        NETWORKS.arrow.empty_table(),
        TrafficPolicy(),
    )
    assert table.schema.equals(derivation.table.arrow)
    return table.to_pylist()


def test_session_of_two_inputs_is_counted_once_on_the_best_evidence() -> None:
    whole = session(sources=["a"], shares_submitted=100)
    part = session(
        sources=["b"], session="y", started=NOON + 60 * SECOND, ended=NOON + 2 * HOUR, shares_submitted=40,
        work_shares=40, jobs=20, joined=True,
    )  # fmt: skip
    (row,) = make([part, whole])
    assert row["shares_submitted"] == 100
    assert row["sources"] == ["a", "b"]
    assert (row["started"], row["ended"]) == (NOON, NOON + 2 * HOUR)
    assert row["joined"] is False


def test_ports_used_again_later_are_another_session() -> None:
    later = session(session="y", started=NOON + 2 * HOUR, ended=NOON + 3 * HOUR)
    assert len(make([session(), later])) == 2


def test_other_sites_and_ports_are_other_sessions() -> None:
    assert len(make([session(), session(client_port=40001), session(site="t")])) == 3


def test_key_stays_when_later_data_lengthen_the_session() -> None:
    (short,) = make([session(ended=NOON + 60 * SECOND, is_open=True)])
    (long,) = make([session(), session(ended=NOON + 60 * SECOND, is_open=True)])
    assert short["key"] == long["key"] == f"10.0.0.5:40000>198.51.100.7:3333@{NOON}"


def test_key_of_ipv6_keeps_address_and_port_apart() -> None:
    (row,) = make([session(client_ip="2001:db8::5", server_ip="2001:db8::7")])
    assert row["key"].startswith("[2001:db8::5]:40000>[2001:db8::7]:3333@")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(0, 8), st.integers(0, 50), st.integers(0, 3)),
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_merging_does_not_depend_on_the_order_of_inputs(parts: list[tuple[int, ...]], random: Any) -> None:
    rows = [
        session(client_port=40000 + port, started=NOON + start * SECOND, ended=NOON + (start + length) * SECOND,
                shares_submitted=shares, sources=[f"i{source}"], session=f"{port}-{start}")
        for port, start, length, shares, source in parts
    ]  # fmt: skip
    shuffled = random.sample(rows, len(rows))
    one, two = (
        merge_sessions(pa.Table.from_pylist(r, schema=MINING_SESSIONS.arrow)).to_pylist() for r in (rows, shuffled)
    )
    names = ("client_port", "started", "ended", "shares_submitted", "sources")
    assert [[row[n] for n in names] for row in one] == [[row[n] for n in names] for row in two]
    for left, right in pairwise(one):
        assert left["client_port"] != right["client_port"] or left["ended"] < right["started"]


@pytest.mark.parametrize(
    ("inside", "role", "subject"),
    [
        ((), "client", "10.0.0.5"),
        ((("10.0.0.5", "filed"),), "client", "10.0.0.5"),
        ((("10.0.0.5", "filed"), ("198.51.100.7", "filed")), "client", "10.0.0.5"),
        ((("198.51.100.7", "filed"),), "server", "198.51.100.7"),
        ((("198.51.100.7", "home"),), "server", "198.51.100.7"),
        ((("198.51.100.7", "private"),), "client", "10.0.0.5"),
    ],
)
def test_subject_is_the_client_unless_the_server_alone_is_in_a_declared_network(
    inside: tuple[tuple[str, str], ...], role: str, subject: str
) -> None:
    (row,) = make([session()], inside)
    assert (row["role"], row["subject"]) == (role, subject)


def test_constant_difficulty_gives_the_exact_poisson_interval() -> None:
    (row,) = make([session()])
    low, high = chi2.ppf(0.025, 200) / 2, chi2.ppf(0.975, 202) / 2
    assert row["hash_rate"] == pytest.approx(
        {
            "low": low * 72_000 / 3600,
            "best": 2000.0,
            "high": high * 72_000 / 3600,
            "unit": "H/s",
            "algorithm": "randomx",
        }
    )


def test_doubt_on_the_unit_widens_the_interval() -> None:
    (sure,) = make([session()])
    (unsure,) = make([session(work_low=0.5, work_high=4.0)])
    assert unsure["hash_rate"]["low"] == pytest.approx(sure["hash_rate"]["low"] / 2)
    assert unsure["hash_rate"]["high"] == pytest.approx(sure["hash_rate"]["high"] * 4)
    assert unsure["hash_rate"]["best"] == sure["hash_rate"]["best"]


def test_units_follow_the_algorithm() -> None:
    (row,) = make([session(algorithm="equihash-200-9")])
    assert row["hash_rate"]["unit"] == "Sol/s"


@pytest.mark.parametrize("unknown", [{"work": None, "work_squared": None, "work_largest": None}, {"connected": 0}])
def test_unknown_work_or_time_gives_no_figure(unknown: dict[str, Any]) -> None:
    (row,) = make([session(**unknown)])
    assert row["hash_rate"] is row["power_kw"] is row["energy_kwh_per_day"] is None


def test_without_a_share_the_difficulty_bounds_the_rate() -> None:
    none = {"work": 0.0, "work_squared": 0.0, "work_shares": 0, "shares_submitted": 0, "shares_rejected": 0}
    (row,) = make([session(**none)])
    assert row["hash_rate"]["low"] == row["hash_rate"]["best"] == 0.0
    assert row["hash_rate"]["high"] == pytest.approx(-np.log(0.025) * 72_000 / 3600)


def test_refused_shares_bound_nothing() -> None:
    none = {"work": 0.0, "work_squared": 0.0, "work_shares": 0, "shares_rejected": 100, "state": "refused"}
    (row,) = make([session(**none)])
    assert row["hash_rate"] is None


def test_energy_lies_between_the_duty_seen_and_the_whole_day() -> None:
    (row,) = make([session()], hours=2.0)
    power, energy = row["power_kw"], row["energy_kwh_per_day"]
    assert energy["low"] == pytest.approx(power["low"] * 1.0)
    assert energy["best"] == pytest.approx(power["best"] * 12.0)
    assert energy["high"] == pytest.approx(power["high"] * 24.0)


def test_energy_of_a_long_watch_is_the_share_of_time_seen() -> None:
    (row,) = make([session()], hours=48.0)
    assert row["energy_kwh_per_day"]["high"] == pytest.approx(row["power_kw"]["high"] * 0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(1.0, 1e15), st.integers(0, 500)), min_size=1, max_size=5))
def test_rates_are_ordered_whatever_the_shares(parts: list[tuple[float, int]]) -> None:
    total = sum(worth * count for worth, count in parts)
    work = Work(*(np.array([value]) for value in (
        total, sum(worth**2 * count for worth, count in parts), max(worth for worth, _ in parts),
        float(sum(count for _, count in parts)), 1.0, 1.0,
    )))  # fmt: skip
    rates = estimate_rates(work, np.array([float(HOUR)]))
    assert 0 <= rates.low[0] <= rates.best[0] <= rates.high[0]


def test_only_the_days_on_which_the_subject_was_seen_count() -> None:
    days = [{"site": "s", "day": NOON // (24 * HOUR) + n, "hours": 10.0} for n in range(-3, 4)]
    seen = [{"site": "s", "subject": "10.0.0.5", "first_seen": NOON, "last_seen": NOON + 24 * HOUR}]
    (row,) = derivation.derive(
        pa.Table.from_pylist([session()], schema=MINING_SESSIONS.arrow),
        SESSION_POOLS.arrow.empty_table(),
        INSIDE.empty_table(),
        pa.Table.from_pylist(seen, schema=OBSERVED.arrow),
        pa.Table.from_pylist(days, schema=COVERAGE.arrow),
        NETWORKS.arrow.empty_table(),
        TrafficPolicy(),
    ).to_pylist()
    assert row["window"] == 20.0 * HOUR


def test_relayed_sessions_are_recognised() -> None:
    up = session(client_ip="10.0.0.9", client_port=50000)
    down = session(server_ip="10.0.0.9", server_port=3333)
    other = session(client_ip="10.0.0.6", server_ip="10.0.0.9", algorithm="ethash")
    table = pa.Table.from_pylist([up, down, other], schema=MINING_SESSIONS.arrow)
    assert find_relayed(table).tolist() == [False, True, False]


def test_identities_are_the_logins_by_kind() -> None:
    logins = [
        {"value": "4wallet", "kind": "wallet", "valid": True},
        {"value": "4wrong", "kind": "wallet", "valid": False},
        {"value": "me@example.org", "kind": "e-mail", "valid": None},
        {"value": "who", "kind": "unknown", "valid": None},
    ]
    (row,) = make([session(logins=logins)])
    assert [(i["kind"], i["value"]) for i in row["identities"]] == [
        ("e-mail", "me@example.org"), ("login", "4wrong"), ("login", "who"), ("wallet", "4wallet"),
    ]  # fmt: skip


def test_every_state_has_its_rule() -> None:
    rows = [
        session(),
        session(client_port=2, state="refused"),
        session(client_port=3, state="attempt"),
        session(client_port=4, state="attempt", dialect="stratum-v2", jobs=0, shares_submitted=0),
    ]
    known = derive(mining_sessions=rows)
    ports = [
        [row["client_port"] for row in ask(rule, known)]
        for rule in (mining_session, refused_session, mining_attempt, stratum_v2_handshake, pool_server)
    ]
    assert ports == [[40000], [2], [3], [4], []]


def test_server_of_outside_clients_is_found_but_not_one_that_was_only_asked() -> None:
    rows = [
        session(client_ip="192.0.2.1", server_ip="203.0.113.7"),
        session(client_ip="192.0.2.2", server_ip="203.0.113.7", state="attempt"),
    ]
    known = derive(mining_sessions=rows, owners=[owner()])
    (found,) = ask(pool_server, known)
    assert (found["subject"], found["client"], found["role"]) == ("203.0.113.7", "192.0.2.1", "server")
    assert ask(mining_session, known) == []
    assert ask(mining_attempt, known) == []


def test_session_evidence_has_the_fixed_names() -> None:
    (row,) = ask(mining_session, derive(mining_sessions=[session()]))
    assert {
        "client", "client_port", "server", "server_port", "transport", "dialect", "coin", "algorithm", "software",
        "logins", "worker", "state", "jobs", "shares_submitted", "shares_accepted", "shares_rejected",
        "shares_duplicate", "difficulty", "packets",
    } <= set(row)  # fmt: skip
    assert mining_session.measures == ("hash_rate", "power_kw", "energy_kwh_per_day", "revenue_per_day")
