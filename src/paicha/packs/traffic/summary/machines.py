"""Sessions put together to what runs behind an address: reconnecting is no second machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.interval import Interval
from paicha.packs.traffic.derivations.estimates import (
    Estimates,
    add_work,
    bound_factors,
    estimate_hours,
    estimate_rates,
    find_units,
    measure_share,
    measure_union,
    model_power,
    read_numbers,
    read_work,
)
from paicha.packs.traffic.derivations.revenue import (
    find_currency,
    join_known,
    read_accepted,
    read_prices,
    spread_over_day,
)
from paicha.reference.networks import POOL_FEE
from paicha.reference.power import energy_of_total, power_of_total
from paicha.reference.rates import sum_independent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import PowerPolicy
    from paicha.reference.power import PowerModel

    Array = NDArray[np.float64]


FEE = POOL_FEE[1]


@dataclass(frozen=True, slots=True)
class Machines:
    """One row per site, subject and algorithm: what mines behind an address.

    `low`, `best`, `high` is the hash rate while it works, counting error only; `factor_low` and `factor_high` widen it
    by the doubt on the unit of difficulty. `hours` are low, best and high hours a day, `model` the draws of power.
    `revenue` is money per second while it works from accepted shares, counting error only, NaN where it is unknown.
    """

    subjects: list[tuple[str, str]]
    algorithms: list[str]
    low: Array
    best: Array
    high: Array
    factor_low: Array
    factor_high: Array
    hours: tuple[Array, Array, Array]
    model: PowerModel
    revenue: Estimates
    currency: str

    def take(self, rows: NDArray[np.intp]) -> Machines:
        """Return these rows, with the same draws of power."""
        return Machines(
            subjects=[self.subjects[int(row)] for row in rows],
            algorithms=[self.algorithms[int(row)] for row in rows],
            low=self.low[rows],
            best=self.best[rows],
            high=self.high[rows],
            factor_low=self.factor_low[rows],
            factor_high=self.factor_high[rows],
            hours=(self.hours[0][rows], self.hours[1][rows], self.hours[2][rows]),
            model=self.model,
            revenue=Estimates(self.revenue.low[rows], self.revenue.best[rows], self.revenue.high[rows]),
            currency=self.currency,
        )

    def add_rates(self) -> dict[str, Interval]:
        """Return the hash rate of each algorithm: counting errors are independent, the doubt on units is shared."""
        rates: dict[str, Interval] = {}
        for algorithm, unit in zip(names := sorted(set(self.algorithms)), find_units(names), strict=True):
            rows = np.flatnonzero([name == algorithm for name in self.algorithms])
            ends = (self.low[rows], self.best[rows], self.high[rows])
            low, best, high = (float(e[0]) for e in ends) if len(rows) == 1 else sum_independent(*ends)
            weights = self.best[rows] / best
            least, most = float(weights @ self.factor_low[rows]), float(weights @ self.factor_high[rows])
            rates[algorithm] = Interval(low * least, best, high * most, unit, algorithm)
        return rates

    def add_power(self) -> Interval | None:
        """Return kW of all of them together; None where no algorithm's hardware is known."""
        if not self.algorithms:
            return None
        return power_of_total(self.model, self._least, self.best, self._most, self.algorithms)

    def add_energy(self) -> Interval | None:
        """Return kWh per day of all of them together; None where no algorithm's hardware is known."""
        if not self.algorithms:
            return None
        return energy_of_total(self.model, self._least, self.best, self._most, self.algorithms, self.hours)

    def add_revenue(self) -> Interval | None:
        """Return money per day of all of them together; None without a price file, or where it knows none of them.

        Counting errors are independent; the fee, the hours unseen and the unit of difficulty are doubts that all share.
        """
        rows = np.flatnonzero(self.revenue.known & (self.revenue.high > 0))
        if not len(rows):
            return None
        hours = tuple(hour[rows] for hour in self.hours)
        ends = (self.revenue.low[rows], self.revenue.best[rows], self.revenue.high[rows])
        counted = spread_over_day(Estimates(*ends), (hours[1], hours[1], hours[1]), FEE)
        low, best, high = (float(np.sum(end)) for end in (counted.low, counted.best, counted.high))
        if len(rows) > 1 and best > 0:
            low, best, high = sum_independent(counted.low, counted.best, counted.high)
        weights = counted.best / best if best > 0 else np.full(len(rows), 1 / len(rows))
        return Interval(
            low
            * float(weights @ (self.factor_low[rows] * _divide(hours[0], hours[1])))
            * (1 - POOL_FEE[2])
            / (1 - FEE),
            best,
            high
            * float(weights @ (self.factor_high[rows] * _divide(hours[2], hours[1])))
            * (1 - POOL_FEE[0])
            / (1 - FEE),
            f"{self.currency}/day",
        )

    def add_revenues(self) -> dict[str, Interval | None]:
        """Return money per day by algorithm."""
        names = sorted(set(self.algorithms))
        rows = {name: np.flatnonzero([other == name for other in self.algorithms]) for name in names}
        return {name: self.take(rows[name]).add_revenue() for name in names}

    @property
    def _least(self) -> Array:
        return self.low * self.factor_low

    @property
    def _most(self) -> Array:
        return self.high * self.factor_high


def combine_sessions(sessions: pa.Table, networks: pa.Table, links: pa.Table, policy: PowerPolicy) -> Machines:
    """Return what runs behind each client: valid work over the time in which at least one session was connected.

    Sessions side by side add up that way, sessions one after the other do not. Left out are sessions without a figure,
    those whose work counts on the other side of a relay (`links` are rows of `relay_links`), and those of servers,
    whose clients compute elsewhere.
    """
    prices = read_prices(networks)
    rows = _choose(sessions, links)
    table = sessions.take(pa.array(rows, pa.int64()))
    names = ("site", "subject", "algorithm")
    keys = list(zip(*(table.column(name).to_pylist() for name in names), strict=True))
    groups: dict[tuple[str, str, str], list[int]] = {}
    for row, key in enumerate(keys):
        groups.setdefault(key, []).append(row)
    work = read_work(table)
    chosen = [key for key in sorted(groups) if work.total[groups[key]].sum() > 0]
    members = [groups[key] for key in chosen]
    spans = [(read_numbers(table, "started")[m], read_numbers(table, "ended")[m]) for m in members]
    connected, watched = read_numbers(table, "connected"), read_numbers(table, "window")
    worked = np.array([measure_union(*span) for span in spans])
    share = np.array([measure_share(connected[m], *span) for m, span in zip(members, spans, strict=True)])
    active = np.where(worked > 0, worked * share, [float(connected[m].max()) for m in members])
    rates = estimate_rates(add_work(work, members), active)
    factor_low, factor_high = bound_factors(work)
    accepted = add_work(read_accepted(table, read_numbers(table, "earned_per_hash")), members)
    return Machines(
        subjects=[key[:2] for key in chosen],
        algorithms=(algorithms := [key[2] for key in chosen]),
        low=rates.low,
        best=rates.best,
        high=rates.high,
        factor_low=np.array([_weigh(work.total[m], factor_low[m]) for m in members]),
        factor_high=np.array([_weigh(work.total[m], factor_high[m]) for m in members]),
        hours=estimate_hours(np.maximum(worked, active), np.array([float(watched[m].max()) for m in members])),
        model=model_power(
            algorithms, max((int(ended.max()) for _, ended in spans), default=0), policy, join_known(prices)
        ),
        revenue=estimate_rates(accepted, active),
        currency=find_currency(prices),
    )


def _choose(sessions: pa.Table, links: pa.Table) -> list[int]:
    repeated = links.filter(pc.invert(links.column("is_counted")))
    again = set(zip(repeated.column("site").to_pylist(), repeated.column("key").to_pylist(), strict=True))
    columns = ("site", "key", "hash_rate", "role", "algorithm")
    known = zip(*(sessions.column(name).to_pylist() for name in columns), strict=True)
    return [
        row
        for row, (site, key, rate, role, algorithm) in enumerate(known)
        if rate is not None and role == "client" and algorithm is not None and (site, key) not in again
    ]


def _divide(some: Array, others: Array) -> Array:
    return some / np.where(others > 0, others, 1.0)


def _weigh(weights: Array, values: Array) -> float:
    return float(np.average(values, weights=weights))


def write_measure(interval: Interval | None) -> Any:
    """Return the JSON form of an interval, None for None."""
    return None if interval is None else dict(interval.to_measure())
