"""Intervals for counts and for sums of counts of different weight: the statistics of a hash rate.

Shares of constant difficulty are a Poisson count; where the difficulty changes, hashes are a weighted sum of Poisson
counts. All functions work on whole arrays at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.kernel.interval import LEVEL, Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

HALVINGS = 40
"""Bisection steps for mid-P ends: the bracket shrinks to a millionth of a millionth."""

Z_95 = 1.959963984540054
"""Half the width of a normal 95 % interval in standard deviations."""


def poisson_interval(count: ArrayLike, level: float = LEVEL, *, mid_p: bool = False) -> tuple[Array, Array]:
    """Return the ends of the interval for the mean of Poisson counts: two arrays shaped like `count`.

    Exact (Garwood, Biometrika 28, 1936): it covers at least `level`, more for few shares. With `mid_p` half the
    probability of the count itself is left out, which covers `level` on average. Zero counts have low 0.
    """
    n = np.asarray(count, dtype=np.float64)
    return gamma_interval(n, n, np.ones_like(n), level, mid_p=mid_p)


def gamma_interval(
    sum_w: ArrayLike, sum_w2: ArrayLike, max_w: ArrayLike, level: float = LEVEL, *, mid_p: bool = True
) -> tuple[Array, Array]:
    """Return the ends of the interval for the mean of weighted Poisson sums: two arrays of the common shape.

    `sum_w` and `sum_w2` are the sums of the weights of the observed shares and of their squares, `max_w` the greatest
    weight that a share could have had; without any weight the high end is NaN. Gamma interval of Fay and Feuer
    (Statistics in Medicine 16, 1997), by default in the mid-P variant of Fay and Kim (Biometrical Journal 59, 2017):
    where pools adjust the difficulty, simulated 95 % intervals cover 95–96 % with it and 96–97 % without. With equal
    weights both are those of `poisson_interval`.
    """
    total, squares, greatest = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in (sum_w, sum_w2, max_w)))
    if total.size == 0:
        return np.empty_like(total), np.empty_like(total)
    from scipy.special import gammaincinv

    tail = (1.0 - level) / 2.0
    has_any = total > 0
    safe_total = np.where(has_any, total, 1.0)
    shape_low = np.where(has_any, safe_total**2 / np.where(squares > 0, squares, 1.0), 1.0)
    scale_low = np.where(has_any, squares / safe_total, 0.0)
    above = np.where(total + greatest > 0, total + greatest, np.nan)
    shape_high = above**2 / (squares + greatest**2)
    scale_high = (squares + greatest**2) / above
    low = gammaincinv(shape_low, tail) * scale_low
    high = gammaincinv(shape_high, 1.0 - tail) * scale_high
    if not mid_p:
        return np.asarray(low), np.asarray(high)
    mixture = (shape_low, scale_low, shape_high, scale_high)
    middle_low = _solve_mixture(tail, low, gammaincinv(shape_high, tail) * scale_high, mixture)
    middle_high = _solve_mixture(1.0 - tail, gammaincinv(shape_low, 1.0 - tail) * scale_low, high, mixture)
    return np.where(has_any, middle_low, 0.0), middle_high


def work_interval(sum_w: ArrayLike, sum_w2: ArrayLike, max_w: ArrayLike, level: float = LEVEL) -> tuple[Array, Array]:
    """Return the ends of the interval for work done: exact where all weights were equal, mid-P gamma where not.

    Weights were all equal where the sum of squares is the sum times the greatest weight.
    """
    total, squares, greatest = (np.asarray(a, dtype=np.float64) for a in (sum_w, sum_w2, max_w))
    is_constant = np.isclose(squares, total * greatest, rtol=1e-9, atol=0.0)
    exact = gamma_interval(total, squares, greatest, level, mid_p=False)
    adjusted = gamma_interval(total, squares, greatest, level)
    return np.where(is_constant, exact[0], adjusted[0]), np.where(is_constant, exact[1], adjusted[1])


def _solve_mixture(quantile: float, low: Array, high: Array, mixture: tuple[Array, Array, Array, Array]) -> Array:
    """Return the quantiles of the half-and-half mixtures of two gamma distributions, between `low` and `high`."""
    from scipy.special import gammainc

    shape_a, scale_a, shape_b, scale_b = mixture
    safe_a = np.where(scale_a > 0, scale_a, 1.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        below_a = np.where(scale_a > 0, gammainc(shape_a, middle / safe_a), 1.0)
        is_below = (below_a + gammainc(shape_b, middle / scale_b)) / 2.0 < quantile
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.asarray((low + high) / 2.0)


def sum_independent(
    low: Sequence[float] | Array, best: Sequence[float] | Array, high: Sequence[float] | Array
) -> tuple[float, float, float]:
    """Return low, best and high of the sum of estimates whose errors are independent counting errors.

    Each estimate is taken as gamma distributed with mean `best` and the standard deviation that its width implies; so
    is their sum, by its first two moments. Ends are not added: that would treat the errors as one.
    """
    mean = float(np.sum(best))
    variance = float(np.sum(count_variance(low, high)))
    if mean <= 0 or variance <= 0:
        return (mean, mean, max(mean, float(np.sum(high)))) if mean <= 0 else (mean, mean, mean)
    from scipy.special import gammaincinv

    relative = (variance**0.5 / mean) ** 2
    shape, scale = 1.0 / relative, mean * relative
    tail = (1.0 - LEVEL) / 2.0
    ends = np.asarray(gammaincinv(shape, [tail, 1.0 - tail])) * scale
    return min(float(ends[0]), mean), mean, max(float(ends[1]), mean)


def add_rates(rates: Sequence[Interval]) -> Interval | None:
    """Return the sum of hash rates of one algorithm, counting errors being independent; None for an empty list.

    Raises:
        ValueError: the rates are of different algorithms or units, which are never added.
    """
    if not rates:
        return None
    if len({(rate.algorithm, rate.unit) for rate in rates}) > 1:
        raise ValueError("hash rates of different algorithms are never added")
    low, best, high = sum_independent([r.low for r in rates], [r.best for r in rates], [r.high for r in rates])
    return Interval(low, best, high, rates[0].unit, rates[0].algorithm)


def count_variance(low: Sequence[float] | Array, high: Sequence[float] | Array) -> Array:
    """Return the variances that the widths of 95 % intervals imply, one per estimate."""
    width = np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64)
    return np.asarray((width / (2.0 * Z_95)) ** 2)
