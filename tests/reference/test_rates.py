import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.kernel.interval import Interval
from paicha.reference.rates import add_rates, gamma_interval, poisson_interval, sum_independent, work_interval


def test_exact_poisson_ends_are_those_of_published_tables():
    low, high = poisson_interval([0, 1, 10, 100])
    assert low == pytest.approx([0, 0.0253, 4.7954, 81.3640], abs=6e-4)
    assert high == pytest.approx([3.6889, 5.5716, 18.3904, 121.627], abs=6e-4)


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=20), st.floats(1e-3, 1e12), st.booleans())
def test_equal_weights_give_the_scaled_poisson_interval(counts, weight, mid_p):
    n = np.asarray(counts, dtype=float)
    low, high = gamma_interval(n * weight, n * weight**2, weight, mid_p=mid_p)
    exact_low, exact_high = poisson_interval(n, mid_p=mid_p)
    assert low == pytest.approx(exact_low * weight, rel=1e-6, abs=1e-9 * weight)
    assert high == pytest.approx(exact_high * weight, rel=1e-6)


@given(st.lists(st.floats(1, 1e9), min_size=1, max_size=50))
def test_the_sum_lies_inside_and_mid_p_lies_inside_the_exact_interval(weights):
    w = np.asarray(weights)
    low, high = gamma_interval(w.sum(), (w**2).sum(), w.max(), mid_p=False)
    middle_low, middle_high = gamma_interval(w.sum(), (w**2).sum(), w.max(), mid_p=True)
    assert low <= middle_low * (1 + 1e-9)
    assert middle_low <= w.sum() <= middle_high
    assert middle_high <= high * (1 + 1e-9)


def test_no_shares_leave_only_an_upper_end():
    low, high = gamma_interval(0.0, 0.0, 1000.0)
    assert low == 0
    assert 1000 < high < 4000


def _is_covered(ends, truth):
    return float(np.mean((ends[0] <= truth) & (truth <= ends[1])))


def test_coverage_with_constant_difficulty():
    rng = np.random.default_rng(20)
    mean = np.exp(rng.uniform(np.log(5), np.log(3000), 20_000))
    counts = rng.poisson(mean)
    assert 0.945 <= _is_covered(poisson_interval(counts), mean) <= 0.965
    assert 0.94 <= _is_covered(poisson_interval(counts, mid_p=True), mean) <= 0.96


def test_coverage_where_the_pool_adjusts_the_difficulty():
    rng = np.random.default_rng(21)
    sessions, wanted = 10_000, 6.0
    windows = np.exp(rng.uniform(np.log(4), np.log(100), sessions)).astype(int)
    difficulty = 2.0 ** np.round(rng.uniform(-3, 3, sessions))
    total, squares, greatest = np.zeros((3, sessions))
    for window in range(100):
        is_live = window < windows
        shares = rng.poisson(wanted / difficulty) * is_live
        total += shares * difficulty
        squares += shares * difficulty**2
        greatest = np.where(is_live, np.maximum(greatest, difficulty), greatest)
        ratio = np.clip(shares / wanted, 0.25, 4)
        step = 2.0 ** np.round(np.log2(np.where((ratio < 0.7) | (ratio > 1.4), ratio, 1)))
        difficulty = np.where(is_live, difficulty * step, difficulty)
    truth = wanted * windows
    assert 0.94 <= _is_covered(gamma_interval(total, squares, greatest), truth) <= 0.96
    assert 0.94 <= _is_covered(gamma_interval(total, squares, greatest, mid_p=False), truth) <= 0.975


def test_independent_errors_grow_with_the_root_of_the_number():
    low, high = poisson_interval(100)
    total = sum_independent([float(low)] * 100, [100.0] * 100, [float(high)] * 100)
    assert total[1] == 10_000
    assert total[2] - total[0] == pytest.approx((float(high) - float(low)) * 10, rel=0.02)
    assert sum_independent([], [], []) == (0, 0, 0)


def test_rates_of_different_algorithms_are_never_added():
    one = Interval(1, 2, 3, "H/s", "randomx")
    assert add_rates([]) is None
    assert add_rates([one, one]).best == 4
    with pytest.raises(ValueError, match="never added"):
        add_rates([one, Interval(1, 2, 3, "H/s", "sha256d")])


def test_without_any_weight_there_is_no_upper_end():
    low, high = gamma_interval([0.0, 5.0], [0.0, 5.0], [0.0, 1.0])
    assert low[0] == 0
    assert np.isnan(high[0])
    assert 5 < high[1] < 13


def test_work_of_constant_difficulty_is_exact_and_of_changing_difficulty_mid_p():
    low, high = work_interval([500.0, 500.0, 0.0], [5000.0, 9000.0, 0.0], [10.0, 40.0, 10.0])
    exact = poisson_interval([50, 0])
    assert (low[0], high[0]) == pytest.approx((exact[0][0] * 10, exact[1][0] * 10))
    assert high[2] == pytest.approx(exact[1][1] * 10)
    middle = gamma_interval(500.0, 9000.0, 40.0)
    assert (low[1], high[1]) == pytest.approx((float(middle[0]), float(middle[1])))
