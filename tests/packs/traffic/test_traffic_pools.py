"""The pool's coin completes what the exchange leaves open, and never overrules what it shows."""

from __future__ import annotations

from typing import Any

import pytest
from traffic_rows import HOUR, NOON, SECOND, ask, derive, indicator, name, session

from paicha.packs.traffic.rules.sessions import mining_session

BITCOIN, SCRYPT = 4295032833.0, 65537.00001525879


def open_session(**values: Any) -> dict[str, Any]:
    """A session of Ethash's family whose exchange does not show which of them it is."""
    return session(dialect="ethproxy", coin=None, algorithm="ethash", is_algorithm_shown=False, logins=[]) | values


def plain_session(**values: Any) -> dict[str, Any]:
    """A Stratum V1 session with difficulties of an unknown unit."""
    work = 100 * 512 * BITCOIN
    return open_session(
        dialect="stratum-v1", algorithm=None, work=work, work_squared=work**2 / 100, work_largest=work / 100,
        work_accepted=work, work_low=1 / 65536, work_high=1.0, hashes_per_difficulty=BITCOIN,
        difficulty=[{"time": NOON, "value": 512 * BITCOIN}],
    ) | values  # fmt: skip


def lookup(**values: Any) -> dict[str, Any]:
    return name(kind="dns", server_ip="10.0.0.1", server_port=53, answer="198.51.100.7", client_port=5353) | values


def complete(row: dict[str, Any], **tables: list[dict[str, Any]]) -> dict[str, Any]:
    (found,) = derive(mining_sessions=[row], **tables)["sessions"].to_pylist()
    return {key: found[key] for key in ("coin", "coin_source", "pool", "algorithm", "is_algorithm_shown")}


FOUND = {
    "coin": "ETC", "coin_source": "pool", "pool": "Example Pool", "algorithm": "etchash", "is_algorithm_shown": True,
}  # fmt: skip
OPEN = {"coin": None, "coin_source": None, "algorithm": "ethash", "is_algorithm_shown": False}


@pytest.mark.parametrize(
    "names",
    [[lookup()], [lookup(first_seen=NOON - HOUR, last_seen=NOON - HOUR)], [name(kind="host")], [name(kind="sni")]],
)
def test_name_of_the_pool_tells_the_coin(names: list[dict[str, Any]]) -> None:
    assert complete(open_session(), names=names, indicators=[indicator(coin="ETC")]) == FOUND


def test_name_that_a_neighbour_resolved_tells_the_coin_unless_the_address_does() -> None:
    asked = [lookup(client_ip="10.0.0.6")]
    assert complete(open_session(), names=asked, indicators=[indicator(coin="ETC")]) == FOUND
    listed = indicator(indicator="n2", kind="address", value="198.51.100.7", coin="ETC")
    assert complete(open_session(), names=asked, indicators=[indicator(coin="ETHW"), listed]) == FOUND


def test_address_of_the_pool_tells_the_coin() -> None:
    for port in (None, 3333):
        listed = indicator(kind="address", value="198.51.100.7", port=port, coin="ETC")
        assert complete(open_session(), indicators=[listed]) == FOUND


@pytest.mark.parametrize(
    "names",
    [
        [],
        [lookup(client_ip="10.0.0.6", site="t")],
        [lookup(answer="198.51.100.8")],
        [lookup(first_seen=NOON - 30 * HOUR, last_seen=NOON - 30 * HOUR)],
        [lookup(first_seen=NOON + 2 * HOUR, last_seen=NOON + 2 * HOUR)],
        [name(kind="sni", client_port=40001)],
        [lookup(name="pool.example.org")],
    ],
)
def test_name_of_others_or_of_another_time_tells_nothing(names: list[dict[str, Any]]) -> None:
    assert complete(open_session(), names=names, indicators=[indicator(coin="ETC")]) == OPEN | {"pool": None}


@pytest.mark.parametrize(
    ("entry", "pool"),
    [
        ({"coin": "ETC;ETHW"}, "Example Pool"),
        ({"coin": None}, "Example Pool"),
        ({"coin": "XMR"}, "Example Pool"),
        ({"coin": "NOSUCHCOIN"}, "Example Pool"),
        ({"coin": "ETC", "port": 4444}, None),
        ({"coin": "ETC", "purpose": "website"}, None),
        ({"coin": "ETC", "is_shared_hosting": True}, None),
    ],
)
def test_several_coins_unfit_ones_and_weak_entries_tell_no_coin(entry: dict[str, Any], pool: str | None) -> None:
    found = complete(open_session(), names=[lookup()], indicators=[indicator(**entry)])
    assert found == OPEN | {"pool": pool}


def test_port_of_an_entry_outweighs_its_name() -> None:
    listed = [indicator(coin="XMR;ETC"), indicator(indicator="n2", coin="ETC", port=3333)]
    assert complete(open_session(), names=[lookup()], indicators=listed) == FOUND


def test_another_port_of_the_very_name_tells_the_coin_if_all_its_ports_agree() -> None:
    listed = [indicator(coin="ETC", port=4444), indicator(indicator="n2", coin="ETC", port=4445)]
    asked = [lookup(name="pool.example")]
    assert complete(open_session(), names=asked, indicators=listed) == FOUND
    listed.append(indicator(indicator="n3", coin="ETHW", port=4446))
    assert complete(open_session(), names=asked, indicators=listed) == OPEN | {"pool": "Example Pool"}
    address = indicator(kind="address", value="198.51.100.7", port=4444, coin="ETC")
    assert complete(open_session(), indicators=[address]) == OPEN | {"pool": None}


def test_surest_sign_decides_and_two_coins_of_one_kind_of_sign_cancel() -> None:
    address = indicator(indicator="n2", kind="address", value="198.51.100.7", coin="ETHW")
    assert complete(open_session(), names=[lookup()], indicators=[indicator(coin="ETC"), address]) == FOUND
    both = [indicator(coin="ETC"), indicator(indicator="n2", value="other.example", coin="ETHW")]
    asked = [lookup(), lookup(name="eu.other.example")]
    assert complete(open_session(), names=asked, indicators=both)["coin"] is None


def test_what_the_exchange_shows_stays() -> None:
    known = session()
    shown = {"coin": "XMR", "coin_source": "payload", "pool": "Example Pool", "algorithm": "randomx",
             "is_algorithm_shown": True}  # fmt: skip
    assert complete(known, names=[lookup()], indicators=[indicator(coin="ETC")]) == shown
    assert complete(known, names=[lookup()], indicators=[indicator(coin="SAL")]) == shown
    algorithm_only = open_session(is_algorithm_shown=True)
    found = complete(algorithm_only, names=[lookup()], indicators=[indicator(coin="ETC")])
    assert (found["coin"], found["algorithm"]) == (None, "ethash")
    found = complete(algorithm_only, names=[lookup()], indicators=[indicator(coin="ETHW")])
    assert (found["coin"], found["coin_source"], found["algorithm"]) == ("ETHW", "pool", "ethash")


def test_work_is_valued_in_the_unit_of_the_pools_coin() -> None:
    known = derive(
        mining_sessions=[plain_session()], names=[lookup()], indicators=[indicator(coin="LTC")]
    )  # fmt: skip
    (row,) = known["sessions"].to_pylist()
    assert (row["algorithm"], row["coin"]) == ("scrypt", "LTC")
    assert row["work"] == pytest.approx(100 * 512 * SCRYPT)
    assert row["work_squared"] == pytest.approx(100 * (512 * SCRYPT) ** 2)
    assert row["work_largest"] == row["difficulty"][0]["value"] == pytest.approx(512 * SCRYPT)
    assert (row["work_low"], row["work_high"], row["hashes_per_difficulty"]) == (1.0, 1.0, SCRYPT)
    assert "LTC" in row["work_unit"]
    assert row["hash_rate"]["best"] == pytest.approx(100 * 512 * SCRYPT / 3600)


def test_bitcoins_unit_loses_its_doubt() -> None:
    known = derive(mining_sessions=[plain_session()], names=[lookup()], indicators=[indicator(coin="BTC")])
    (row,) = known["sessions"].to_pylist()
    assert (row["algorithm"], row["work"], row["work_low"]) == ("sha256d", 100 * 512 * BITCOIN, 1.0)


def test_coin_of_several_algorithms_leaves_the_algorithm_open() -> None:
    found = complete(plain_session(), names=[lookup()], indicators=[indicator(coin="DGB")])
    assert (found["coin"], found["algorithm"], found["is_algorithm_shown"]) == ("DGB", None, False)


def test_targets_are_not_valued_again() -> None:
    row = open_session(hashes_per_difficulty=None)
    (found,) = derive(mining_sessions=[row], names=[lookup()], indicators=[indicator(coin="ETC")])[
        "sessions"
    ].to_pylist()
    assert (found["work"], found["work_unit"]) == (row["work"], row["work_unit"])


def test_monero_is_dated() -> None:
    early = open_session(
        dialect="cryptonote", algorithm=None, started=1_500_000_000 * SECOND, ended=1_500_003_600 * SECOND
    )
    asked = lookup(first_seen=early["started"], last_seen=early["started"])
    found = complete(early, names=[asked], indicators=[indicator(coin="XMR", last_seen=early["started"])])
    assert (found["coin"], found["algorithm"]) == ("XMR", "cn/0")


def test_finding_says_where_the_coin_is_from() -> None:
    known = derive(mining_sessions=[open_session()], names=[lookup()], indicators=[indicator(coin="ETC")])
    (found,) = ask(mining_session, known)
    assert (found["coin"], found["coin_source"], found["pool"]) == ("ETC", "pool", "Example Pool")
    assert found["algorithm_shown"] is True
