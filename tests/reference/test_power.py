import time
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.kernel.interval import Interval
from paicha.reference.power import (
    draw_power,
    energy_of_session,
    energy_of_total,
    estimate_power,
    hours_of_day,
    power_of_sessions,
    power_of_total,
)

AUTUMN = date(2021, 10, 8)
MODEL = draw_power(["sha256d", "ethash", "randomx", "nothing", None], AUTUMN, tariff_cny_per_kwh=0.6)


def test_ten_petahashes_take_what_was_published_for_them():
    power = estimate_power(Interval(1e16, 1.05e16, 1.1e16, "H/s", "sha256d"), MODEL)
    assert 250 < power.low < 420
    assert 600 < power.best < 850
    assert 1200 < power.high < 1800
    assert power.unit == "kW"


def test_an_unknown_algorithm_has_no_power():
    assert estimate_power(Interval(1, 2, 3, "H/s", "nothing"), MODEL) is None
    assert estimate_power(Interval(1, 2, 3, "H/s"), MODEL) is None
    assert power_of_total(MODEL, [1], [2], [3], ["nothing"]) is None
    assert np.isnan(power_of_sessions(MODEL, [1], [2], [3], [None])).all()
    nan = float("nan")
    assert np.isnan(power_of_sessions(MODEL, [nan, 1], [nan, 2], [3, nan], ["ethash", "ethash"])).all()
    assert power_of_total(MODEL, [nan, 4e7], [nan, 5e7], [nan, 6e7], ["ethash"] * 2).high < 1


def test_draws_do_not_depend_on_order_or_company():
    alone = draw_power(["ethash"], AUTUMN)
    among = draw_power(["randomx", "sha256d", "ethash"], AUTUMN)
    assert np.array_equal(alone.joules["ethash"], among.joules["ethash"])


def test_the_total_of_one_session_is_its_own_power():
    one = estimate_power(Interval(4e7, 5e7, 6.5e7, "H/s", "ethash"), MODEL)
    total = power_of_total(MODEL, [4e7], [5e7], [6.5e7], ["ethash"])
    assert total.low == pytest.approx(one.low, rel=0.1)
    assert total.best == pytest.approx(one.best, rel=0.05)
    assert total.high == pytest.approx(one.high, rel=0.1)


def test_in_totals_counting_errors_cancel_and_shared_hardware_does_not():
    n = 400
    low, best, high = np.full(n, 1e7), np.full(n, 5e7), np.full(n, 1.2e8)
    one = estimate_power(Interval(1e7, 5e7, 1.2e8, "H/s", "ethash"), MODEL)
    total = power_of_total(MODEL, low, best, high, ["ethash"] * n)
    sure = power_of_total(MODEL, best, best, best, ["ethash"] * n)
    assert total.high < 0.8 * n * one.high
    assert total.low > 1.1 * n * one.low
    assert (total.high - total.low) == pytest.approx(sure.high - sure.low, rel=0.15)


def test_two_algorithms_add_in_power():
    both = power_of_total(MODEL, [1e16, 1e11], [1e16, 1e11], [1e16, 1e11], ["sha256d", "ethash"])
    parts = [estimate_power(Interval(r, r, r, "H/s", a), MODEL) for r, a in ((1e16, "sha256d"), (1e11, "ethash"))]
    assert both.high < sum(p.high for p in parts)
    assert both.low > sum(p.low for p in parts)


def test_a_session_without_shares_has_only_an_upper_end():
    power = estimate_power(Interval(0, 0, 3e7, "H/s", "ethash"), MODEL)
    assert (power.low, power.best) == (0, 0)
    assert power.high > 0


def test_a_desktop_needs_more_than_a_rig():
    desktop = draw_power(["ethash"], AUTUMN, host="desktop")
    assert np.median(desktop.joules["ethash"]) > 1.2 * np.median(MODEL.joules["ethash"])


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e18), st.floats(0, 1), st.floats(1, 100), st.sampled_from(["ethash", "sha256d", "x", None])
        ),
        max_size=20,
    )
)
def test_ends_are_always_in_order(rows):
    best = np.array([r[0] for r in rows])
    low, high = best * np.array([r[1] for r in rows]), best * np.array([r[2] for r in rows])
    for ends in power_of_sessions(MODEL, low, best, high, [r[3] for r in rows]):
        assert np.isnan(ends).all() or 0 <= ends[0] <= ends[1] <= ends[2]
    power_of_total(MODEL, low, best, high, [r[3] for r in rows])


def test_a_hundred_thousand_sessions_are_quick():
    n = 100_000
    best = np.random.default_rng(1).uniform(1e6, 1e8, n)
    start = time.perf_counter()
    power_of_sessions(MODEL, best * 0.8, best, best * 1.3, ["ethash"] * n)
    power_of_total(MODEL, best * 0.8, best, best * 1.3, ["ethash"] * n)
    assert time.perf_counter() - start < 3


def test_hours_between_the_duty_seen_and_the_whole_day():
    low, best, high = hours_of_day([2, 30, 0, 5], [6, 48, 6, 0])
    assert low == pytest.approx([2, 15, 0, 0], abs=1e-6)
    assert best == pytest.approx([8, 15, 0, 24])
    assert high == pytest.approx([24, 15, 0, 24])


def test_energy_of_a_day():
    energy = energy_of_session(Interval(1, 2, 3, "kW"), 2, 6)
    assert (energy.low, energy.best, energy.high) == (2, 16, 72)
    assert energy.unit == "kWh/day"
    rate = ([1e16], [1e16], [1e16], ["sha256d"])
    day = energy_of_total(MODEL, *rate, hours_of_day([24], [24]))
    assert day.best == pytest.approx(24 * power_of_total(MODEL, *rate).best)
