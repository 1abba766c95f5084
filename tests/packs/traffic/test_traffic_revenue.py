"""What mining earns: from accepted shares, in the currency of the price file, never from a guess."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from traffic_rows import HOUR, NOON, ask, derive, session

from paicha.packs.traffic.derivations.revenue import find_currency, read_prices
from paicha.packs.traffic.rules.sessions import mining_session
from paicha.packs.traffic.summary.machines import combine_sessions
from paicha.packs.traffic.tables import NETWORKS

DAY = NOON // (24 * HOUR)


def network(**values: Any) -> dict[str, Any]:
    return {
        "day": DAY, "coin": "XMR", "algorithm": "randomx", "rate_per_s": 2.5e9, "coins_per_day": 430.0, "price": 250.0,
        "currency": "USD", "cny_per_unit": 6.4, "source": "test",
    } | values  # fmt: skip


PER_HASH = 430.0 * 250.0 / 86_400 / 2.5e9


def earn(*rows: dict[str, Any], networks: list[dict[str, Any]]) -> list[dict[str, Any] | None]:
    known = derive(mining_sessions=list(rows), networks=networks)
    return [row["revenue_per_day"] for row in known["sessions"].to_pylist()]


def test_accepted_shares_earn_over_the_hours_that_are_worked() -> None:
    (money,) = earn(session(), networks=[network()])
    assert money is not None
    assert money["unit"] == "USD/day"
    # 98 of 100 shares in the only hour watched, 1 % to the pool
    assert money["best"] == pytest.approx(98 * 72_000 * 24 * PER_HASH * 0.99)
    # at least the hour seen, at most the day
    assert money["low"] < money["best"] / 24 < money["best"] < money["high"] < 1.3 * money["best"]


def test_without_prices_near_the_day_nothing_is_said() -> None:
    assert earn(session(), networks=[]) == [None]
    assert earn(session(), networks=[network(day=DAY - 46)]) == [None]
    assert earn(session(), networks=[network(coin="ETC", algorithm="etchash")]) == [None]


def test_a_guessed_algorithm_earns_nothing() -> None:
    guess = session(dialect="ethproxy", coin=None, algorithm="ethash", is_algorithm_shown=False)
    assert earn(guess, networks=[network(coin="ETHW", algorithm="ethash")]) == [None]


def test_the_coin_comes_before_the_algorithm() -> None:
    prices = [network(coin="ZEPH", price=9999.0), network()]
    (known,) = earn(session(), networks=prices)
    (unknown,) = earn(session(coin=None), networks=prices)
    assert known is not None
    assert unknown is not None
    assert unknown["best"] > known["best"]


def test_refused_shares_earn_nothing() -> None:
    (money,) = earn(session(shares_accepted=0, work_accepted=0.0), networks=[network()])
    assert money is not None
    assert (money["low"], money["best"]) == (0.0, 0.0)


def test_several_currencies_are_converted() -> None:
    prices = [network(), network(coin="ETC", algorithm="etchash", currency="CNY", cny_per_unit=1.0)]
    assert find_currency(read_prices(pa.Table.from_pylist(prices, schema=NETWORKS.arrow))) == "CNY"
    (usd,), (cny,) = earn(session(), networks=[network()]), earn(session(), networks=prices)
    assert usd is not None
    assert cny is not None
    assert (cny["unit"], cny["best"]) == ("CNY/day", pytest.approx(6.4 * usd["best"]))


def test_total_of_one_session_is_its_own_and_of_many_is_narrower() -> None:
    def add(count: int) -> tuple[dict[str, Any], Any]:
        rows = [session(client_ip=f"10.0.1.{n}") for n in range(count)]
        known = derive(mining_sessions=rows, networks=[network()])
        machines = combine_sessions(known["sessions"], known["networks"], known["relay_links"], known.policy.power)
        assert machines.add_revenues() == {"randomx": machines.add_revenue()}
        return known["sessions"].to_pylist()[0]["revenue_per_day"], machines.add_revenue()

    own, total = add(1)
    assert (total.low, total.best, total.high) == pytest.approx((own["low"], own["best"], own["high"]))
    own, total = add(50)
    assert total.best == pytest.approx(50 * own["best"])
    assert 50 * own["low"] < total.low <= total.best <= total.high < 50 * own["high"]


def test_prices_narrow_the_hardware_to_what_pays() -> None:
    rich, poor = (
        derive(mining_sessions=[session()], networks=[network(price=price)])["sessions"].to_pylist()[0]["power_kw"]
        for price in (250_000.0, 150.0)
    )
    assert poor["high"] < rich["high"]


def test_finding_measures_it() -> None:
    (found,) = ask(mining_session, derive(mining_sessions=[session()], networks=[network()]))
    assert found["revenue_per_day"]["unit"] == "USD/day"
