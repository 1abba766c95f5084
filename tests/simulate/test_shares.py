import numpy as np
from scipy import stats

from paicha.simulate.shares import simulate_share_counts


def test_poisson_intervals_cover_where_the_difficulty_is_constant():
    counts = simulate_share_counts(20_000, 7, changing_part=0.0)
    work = counts.max_w_in_force
    low = stats.chi2.ppf(0.025, 2 * counts.n) / 2 * work / counts.observed_s
    high = stats.chi2.ppf(0.975, 2 * counts.n + 2) / 2 * work / counts.observed_s
    covered = (np.nan_to_num(low) <= counts.true_rate) & (counts.true_rate <= high)
    assert 0.945 < covered.mean() < 0.98
    assert np.allclose(counts.sum_w2, counts.n * work**2)


def test_changing_difficulties_leave_the_rate_unbiased():
    counts = simulate_share_counts(20_000, 8, changing_part=1.0)
    ratio = counts.sum_w / counts.observed_s / counts.true_rate
    assert abs(ratio.mean() - 1) < 0.01
    many = counts.n >= 300
    spread = np.sqrt(counts.sum_w2[many]) / counts.sum_w[many]
    assert np.std((ratio[many] - 1) / spread) < 1.1


def test_the_seed_decides_and_parts_are_as_asked():
    one, same, other = (simulate_share_counts(2000, seed) for seed in (1, 1, 2))
    assert np.array_equal(one.n, same.n)
    assert not np.array_equal(one.n, other.n)
    assert 0.4 < one.is_changing.mean() < 0.6
    assert 0.2 < (one.lost > 0).mean() < 0.4
    assert np.all(one.max_w <= one.max_w_in_force)
