"""From the work of sessions to hash rate, power and energy, always as intervals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from paicha.reference.algorithms import find_algorithm
from paicha.reference.power import draw_power, hours_of_day, power_of_sessions
from paicha.reference.rates import work_interval

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import PowerPolicy
    from paicha.reference.networks import Network
    from paicha.reference.power import PowerModel

    Array = NDArray[np.float64]

SECOND_US = 1_000_000.0
DAY_US = 86_400 * SECOND_US
HOUR_US = 3_600 * SECOND_US
LAST_DAY = (date.max - date(1970, 1, 1)).days

MEASURE = pa.struct(
    [
        ("low", pa.float64()),
        ("best", pa.float64()),
        ("high", pa.float64()),
        ("unit", pa.string()),
        ("algorithm", pa.string()),
    ]
)
MEASURE_KIND = "struct<low: float64, best: float64, high: float64, unit: string, algorithm: string>"


@dataclass(frozen=True, slots=True)
class Estimates:
    """Low, best and high of one quantity for many rows; NaN where it is unknown."""

    low: Array
    best: Array
    high: Array

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows have a figure."""
        return np.isfinite(self.low) & np.isfinite(self.best) & np.isfinite(self.high)

    def to_measures(self, units: str | Sequence[str], algorithms: Sequence[str | None] | None = None) -> pa.Array:
        """Return the estimates as an array of measures, null where unknown."""
        size = len(self.best)
        unit_texts = [units] * size if isinstance(units, str) else list(units)
        fields = [
            pa.array(self.low), pa.array(self.best), pa.array(self.high), pa.array(unit_texts, pa.string()),
            pa.array(list(algorithms) if algorithms is not None else [None] * size, pa.string()),
        ]  # fmt: skip
        names = [field.name for field in MEASURE]
        return pa.StructArray.from_arrays(fields, names=names, mask=pa.array(~self.known)).cast(MEASURE)


@dataclass(frozen=True, slots=True)
class Work:
    """Expected hashes of valid shares: sums, sums of squares, the greatest, their number, and the doubt on the unit."""

    total: Array
    squares: Array
    largest: Array
    shares: Array
    low: Array
    high: Array


def read_work(sessions: pa.Table) -> Work:
    """Return the work of sessions; NaN where it is unknown."""
    names = ("work", "work_squared", "work_largest", "work_shares", "work_low", "work_high")
    return Work(*(read_numbers(sessions, name) for name in names))


def read_numbers(table: pa.Table, name: str) -> Array:
    """Return a column as floats, NaN for null."""
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(), dtype=np.float64)


def estimate_rates(work: Work, connected_us: Array) -> Estimates:
    """Return hash rates per second: work over the time connected.

    Exact Poisson interval where the difficulty was constant, the gamma interval of Fay and Feuer where it changed;
    widened by the doubt on the unit. Without a share the best figure is 0 and the
    upper end what the difficulty then in force still allows. Unknown without work or time.
    """
    usable = (work.total >= 0) & (work.largest > 0) & (connected_us > 0)
    usable &= (work.total > 0) == (work.shares > 0)
    total, squares, largest = (np.where(usable, part, 1.0) for part in (work.total, work.squares, work.largest))
    low, high = work_interval(total, np.where(squares > 0, squares, 0.0), largest)
    seconds = np.where(usable, connected_us, np.nan) / SECOND_US
    factor_low, factor_high = bound_factors(work)
    return Estimates(low * factor_low / seconds, total / seconds, high * factor_high / seconds)


def bound_factors(work: Work) -> tuple[Array, Array]:
    """Return the factors to the least and the greatest reading of the unit of difficulty; 1 where there is no doubt."""
    low = np.where(work.low > 0, np.minimum(work.low, 1.0), 1.0)
    return low, np.where(work.high > 0, np.maximum(work.high, 1.0), 1.0)


def find_units(algorithms: Sequence[str | None]) -> list[str]:
    """Return the unit of each algorithm's hash rate: H/s, Sol/s or g/s; H/s where it is unknown."""
    found = (find_algorithm(name) for name in algorithms)
    return [algorithm.rate_unit if algorithm else "H/s" for algorithm in found]


def estimate_power(
    rates: Estimates,
    algorithms: Sequence[str | None],
    times_us: Sequence[int],
    policy: PowerPolicy,
    networks: tuple[Network, ...] | None = None,
) -> Estimates:
    """Return kW at the wall of each rate, with the hardware in use on the day; NaN where that is unknown."""
    days = np.asarray(times_us, dtype=np.int64) // int(DAY_US)
    power = np.full((len(days), 3), np.nan)
    for day in np.unique(days):
        rows = np.flatnonzero((days == day) & rates.known)
        here = [algorithms[int(row)] for row in rows]
        if here:
            model = model_power(here, int(day) * int(DAY_US), policy, networks)
            power[rows] = power_of_sessions(model, rates.low[rows], rates.best[rows], rates.high[rows], here)
    return Estimates(power[:, 0], power[:, 1], power[:, 2])


def model_power(
    algorithms: Sequence[str | None], time_us: int, policy: PowerPolicy, networks: tuple[Network, ...] | None = None
) -> PowerModel:
    """Return the model of power for these algorithms on the day of `time_us`, drawn with the policy's seed.

    `networks` are figures by which hardware that does not pay at the tariff is left out; None for the program's own.
    """
    return draw_power(
        algorithms,
        read_day(time_us),
        tariff_cny_per_kwh=policy.tariff_per_kwh + policy.surcharge_per_kwh,
        networks=networks,
        n_draws=policy.draws,
        seed=policy.seed,
    )


def read_day(time_us: int) -> date:
    """Return the day (UTC) of a time; damaged times count as the nearest day a calendar has."""
    days = min(max(time_us // int(DAY_US), 0), LAST_DAY)
    return date(1970, 1, 1) + timedelta(days=int(days))


def estimate_hours(worked_us: Array, window_us: Array) -> tuple[Array, Array, Array]:
    """Return low, best and high hours a day, from the time at work in the time for which the site was watched."""
    worked = np.where(worked_us > 0, worked_us, 0.0)
    return hours_of_day(worked / HOUR_US, np.where(window_us > 0, window_us, worked) / HOUR_US)


def estimate_energy(power: Estimates, hours: tuple[Array, Array, Array]) -> Estimates:
    """Return kWh per day of each power over low, best and high hours a day."""
    low, best, high = hours
    return Estimates(power.low * low, power.best * best, power.high * high)


def add_work(work: Work, members: Iterable[Sequence[int]]) -> Work:
    """Return the work of groups of rows, added up; the doubt on the unit is left to the caller."""
    groups = [list(rows) for rows in members]

    def add(part: Array) -> Array:
        return np.array([float(np.sum(part[rows])) for rows in groups])

    ones = np.ones(len(groups))
    largest = np.array([float(np.max(work.largest[rows])) for rows in groups])
    return Work(add(work.total), add(work.squares), largest, add(work.shares), ones, ones)


def measure_union(started: Array, ended: Array) -> float:
    """Return the time in which at least one of the spans lies."""
    union, reach = 0.0, -np.inf
    for row in np.argsort(started, kind="stable"):
        union += max(0.0, float(ended[row]) - max(float(started[row]), reach))
        reach = max(reach, float(ended[row]))
    return union


def measure_share(connected: Array, started: Array, ended: Array) -> float:
    """Return the part of the spans in which shares could be seen and valued: gaps of the capture are taken out."""
    spans = float(np.sum(ended - started))
    return float(np.sum(connected)) / spans if spans > 0 else 1.0
