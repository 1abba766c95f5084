"""From hash rates to kilowatts and kilowatt-hours: draws that keep shared assumptions shared.

The counting error of a session is its own; the hardware behind an algorithm and the cooling are one assumption for all
sessions. A `PowerModel` holds the draws of the shared part, so a total is drawn together and its
ends are not sums.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paicha.kernel.interval import LEVEL, Interval
from paicha.reference.algorithms import find_algorithm
from paicha.reference.hardware import find_efficiency
from paicha.reference.rates import count_variance
from paicha.reference.wall import draw_devices, draw_triangular, find_factors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

    from paicha.reference.hardware import Efficiency
    from paicha.reference.networks import Network

    Array = NDArray[np.float64]

SEED = 20211108
DRAWS = 4000
QUANTILES = ((1.0 - LEVEL) / 2.0, 0.5, (1.0 + LEVEL) / 2.0)
WATTS_PER_KW = 1000.0
HOURS_PER_DAY = 24.0
STEPS = 48
"""Relative errors at which the quantiles of a session's power are computed; those between are interpolated."""


@dataclass(frozen=True, slots=True)
class PowerModel:
    """Draws of joules at the wall per hash, one array per algorithm, PUE drawn once for all; and the hardware used."""

    joules: dict[str, Array]
    efficiencies: dict[str, Efficiency]
    seed: int


def draw_power(
    algorithms: Sequence[str | None],
    at: date,
    *,
    tariff_cny_per_kwh: float | None = None,
    networks: tuple[Network, ...] | None = None,
    host: str | None = None,
    n_draws: int = DRAWS,
    seed: int = SEED,
) -> PowerModel:
    """Return the model of power on the day for these algorithms; unknown ones are left out.

    `host` is `desktop` for cards in ordinary computers (internet cafés, offices); by default it follows the device.
    The draws depend on the seed and the algorithm's name only, not on the order or the other algorithms.
    """
    pue = draw_triangular(find_factors("pue"), n_draws, np.random.default_rng([seed, 0]))
    joules: dict[str, Array] = {}
    efficiencies: dict[str, Efficiency] = {}
    for name in sorted({a for a in algorithms if a}):
        found = find_algorithm(name)
        efficiency = find_efficiency(name, at, tariff_cny_per_kwh=tariff_cny_per_kwh, networks=networks)
        if found is None or efficiency is None:
            continue
        rng = np.random.default_rng([seed, zlib.crc32(found.id.encode())])
        joules[name] = draw_devices(efficiency.devices, host, n_draws, rng) * pue
        efficiencies[name] = efficiency
    return PowerModel(joules, efficiencies, seed)


def estimate_power(rate: Interval, model: PowerModel) -> Interval | None:
    """Return kW at the wall of one hash rate, None where its algorithm's hardware is unknown."""
    low, best, high = power_of_sessions(model, [rate.low], [rate.best], [rate.high], [rate.algorithm])[0]
    return None if np.isnan(best) else Interval(float(low), float(best), float(high), "kW")


def power_of_sessions(
    model: PowerModel, low: ArrayLike, best: ArrayLike, high: ArrayLike, algorithms: Sequence[str | None]
) -> Array:
    """Return kW of every session: one row per session with low, best, high; NaN where algorithm or rate is unknown.

    A session's interval depends on its relative counting error and its algorithm only, so the quantiles are computed on
    a grid of relative errors: 100,000 sessions take well under a second.
    """
    lows, bests, highs = (np.asarray(a, dtype=np.float64) for a in (low, best, high))
    answer = np.full((len(bests), 3), np.nan)
    is_known = np.isfinite(lows + bests + highs)
    codes, names = _encode(algorithms)
    for code, name in enumerate(names):
        if name not in model.joules:
            continue
        rows = np.flatnonzero((codes == code) & is_known)
        answer[rows] = _scale_quantiles(model.joules[name], lows[rows], bests[rows], highs[rows]) / WATTS_PER_KW
    return answer


def power_of_total(
    model: PowerModel, low: ArrayLike, best: ArrayLike, high: ArrayLike, algorithms: Sequence[str | None]
) -> Interval | None:
    """Return kW of all sessions together; None where no session's algorithm is known."""
    hours = np.ones(len(algorithms))
    return _total(model, low, best, high, algorithms, (hours, hours, hours), "kW")


def energy_of_total(
    model: PowerModel,
    low: ArrayLike,
    best: ArrayLike,
    high: ArrayLike,
    algorithms: Sequence[str | None],
    hours: tuple[ArrayLike, ArrayLike, ArrayLike],
) -> Interval | None:
    """Return kWh per day of all sessions together, `hours` a day being those of `hours_of_day`."""
    return _total(model, low, best, high, algorithms, hours, "kWh/day")


def hours_of_day(connected_h: ArrayLike, observed_h: ArrayLike) -> tuple[Array, Array, Array]:
    """Return the hours a day that sessions work: low, best, high, from hours connected in hours observed.

    Over a day or more observed, all three are the share of time seen at work. Under a day, the low end is what was
    seen, the best figure the same share of 24 h, the high end 24 h.
    """
    observed = np.maximum(np.asarray(observed_h, dtype=np.float64), 1e-9)
    connected = np.clip(np.asarray(connected_h, dtype=np.float64), 0.0, observed)
    best = HOURS_PER_DAY * connected / observed
    is_long = observed >= HOURS_PER_DAY
    return np.where(is_long, best, connected), best, np.where(is_long, best, HOURS_PER_DAY * (connected > 0))


def energy_of_session(power: Interval, connected_h: float, observed_h: float) -> Interval:
    """Return kWh per day of one session's power."""
    low, best, high = (float(h) for h in hours_of_day(connected_h, observed_h))
    return Interval(power.low * low, power.best * best, power.high * high, "kWh/day")


def _total(
    model: PowerModel,
    low: ArrayLike,
    best: ArrayLike,
    high: ArrayLike,
    algorithms: Sequence[str | None],
    hours: tuple[ArrayLike, ArrayLike, ArrayLike],
    unit: str,
) -> Interval | None:
    bests = np.asarray(best, dtype=np.float64)
    variances = count_variance(np.asarray(low, np.float64), np.asarray(high, np.float64))
    ends = [np.broadcast_to(np.asarray(h, dtype=np.float64), bests.shape) for h in hours]
    codes, names = _encode(algorithms)
    total: Array | None = None
    for code, name in enumerate(names):
        if name not in model.joules:
            continue
        rows = (codes == code) & (bests > 0) & np.isfinite(bests + variances)
        sums = [float(np.sum(bests[rows] * h[rows])) for h in ends]
        variance = float(np.sum(variances[rows] * ends[1][rows] ** 2))
        drawn = _draw_sum(sums, variance, name, model) * model.joules[name]
        total = drawn if total is None else total + drawn
    if total is None:
        return None
    quantiles = np.quantile(total, QUANTILES) / WATTS_PER_KW
    return Interval(float(quantiles[0]), float(quantiles[1]), float(quantiles[2]), unit)


def _draw_sum(sums: list[float], variance: float, name: str, model: PowerModel) -> Array:
    """Return draws of a sum of rates (times hours): independent counting errors by their moments, shared hours."""
    n_draws = len(model.joules[name])
    low, best, high = sums
    if best <= 0:
        return np.zeros(n_draws)
    rng = np.random.default_rng([model.seed, 1, zlib.crc32(name.encode())])
    relative = (variance**0.5 / best) ** 2
    errors = rng.gamma(1.0 / relative, relative, n_draws) if relative > 0 else np.ones(n_draws)
    # how much of the unseen hours was worked is one assumption for all sessions and algorithms
    u = np.random.default_rng([model.seed, 2]).uniform(size=n_draws)
    return np.asarray(errors * np.interp(u, (0.0, 0.5, 1.0), (low, best, high)))


def _scale_quantiles(joules: Array, low: Array, best: Array, high: Array) -> Array:
    """Return low, best, high of rate times joules, one row per rate, in watts."""
    answer = np.zeros((len(best), 3))
    is_seen = best > 0
    relative = np.sqrt(count_variance(low, high))[is_seen] / best[is_seen]
    if relative.size:
        grid = np.geomspace(max(float(relative.min()), 1e-4), max(float(relative.max()), 2e-4), STEPS)
        normal = np.random.default_rng(len(joules)).standard_normal(len(joules))
        factors = np.array([np.quantile(joules * _gamma_of_normal(normal, step), QUANTILES) for step in grid])
        for end in range(3):
            ratio = np.interp(np.log(np.maximum(relative, grid[0])), np.log(grid), factors[:, end])
            answer[is_seen, end] = best[is_seen] * ratio
        answer[:, 1] = np.where(is_seen, best * float(np.median(joules)), 0.0)
        answer[:, 0] = np.minimum(answer[:, 0], answer[:, 1])
    unseen_high = high * float(np.quantile(joules, QUANTILES[2]))
    answer[:, 2] = np.where(is_seen, np.maximum(answer[:, 2], answer[:, 1]), unseen_high)
    return answer


def _gamma_of_normal(normal: Array, relative: float) -> Array:
    """Return gamma draws of mean 1 and the given relative deviation (E. Wilson, M. Hilferty, PNAS 17, 1931)."""
    ninth = relative**2 / 9.0
    return np.asarray(np.maximum(1.0 - ninth + normal * np.sqrt(ninth), 0.0) ** 3)


def _encode(names: Sequence[str | None]) -> tuple[NDArray[np.int64], list[str]]:
    """Return a code per session and the names in order of first appearance; -1 stands for unknown."""
    order: dict[str, int] = {}
    codes = [-1 if name is None else order.setdefault(name, len(order)) for name in names]
    return np.asarray(codes, dtype=np.int64), list(order)
