"""What mining earns: accepted shares at the prices of a price file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from paicha.packs.traffic.derivations.estimates import (
    HOUR_US,
    SECOND_US,
    Estimates,
    Work,
    estimate_rates,
    read_day,
    read_numbers,
)
from paicha.reference.networks import POOL_FEE, Network, find_network, find_network_of_algorithm, list_networks

if TYPE_CHECKING:
    import pyarrow as pa

    from paicha.packs.traffic.derivations.estimates import Array

DAY_ZERO = date(1970, 1, 1)
CNY = "CNY"


def read_prices(networks: pa.Table) -> tuple[Network, ...]:
    """Return the rows of the table `networks` as figures of networks."""
    return tuple(
        Network(
            day=DAY_ZERO + timedelta(days=row["day"]),
            coin=row["coin"],
            algorithm=row["algorithm"],
            rate_per_s=row["rate_per_s"],
            coins_per_day=row["coins_per_day"],
            price=row["price"],
            currency=row["currency"],
            cny_per_unit=row["cny_per_unit"],
            source=row["source"],
        )
        for row in networks.to_pylist()
    )


def join_known(prices: tuple[Network, ...]) -> tuple[Network, ...] | None:
    """Return a price file's figures before those that come with the program; None where there is no file."""
    return (*prices, *list_networks()) if prices else None


def find_currency(prices: tuple[Network, ...]) -> str:
    """Return the currency of a price file; CNY where it has several, which are converted."""
    currencies = {network.currency for network in prices}
    return currencies.pop() if len(currencies) == 1 else CNY


def find_earnings(sessions: pa.Table, prices: tuple[Network, ...]) -> Array:
    """Return what one hash of each session earned on its day, before the pool's fee, in the file's currency.

    NaN where the file has no figures near the day, or where the algorithm is not shown: a guess earns nothing.
    """
    earned = np.full(sessions.num_rows, np.nan)
    if not prices:
        return earned
    is_converted = find_currency(prices) == CNY
    names = ("coin", "algorithm", "is_algorithm_shown", "started")
    rows = zip(*(sessions.column(name).to_pylist() for name in names), strict=True)
    for row, (coin, algorithm, is_shown, started) in enumerate(rows):
        if algorithm is None or not is_shown:
            continue
        network = _find(coin, algorithm, read_day(started), prices)
        if network is not None:
            earned[row] = network.cny_per_hash / (1.0 if is_converted else network.cny_per_unit)
    return earned


def _find(coin: str | None, algorithm: str, day: date, prices: tuple[Network, ...]) -> Network | None:
    """Return the coin's network, else the nearest of the algorithm: what competes for machines pays alike."""
    network = find_network(coin, day, prices) if coin else None
    if network is not None and network.algorithm == algorithm:
        return network
    return find_network_of_algorithm(algorithm, day, prices)


def read_accepted(sessions: pa.Table, earned: Array) -> Work:
    """Return the money of accepted shares in the form of work: sums, squares and the greatest of one share."""
    work, accepted = read_numbers(sessions, "work"), read_numbers(sessions, "work_accepted")
    part = np.where(work > 0, accepted / np.where(work > 0, work, 1.0), 0.0)
    return Work(
        total=accepted * earned,
        squares=read_numbers(sessions, "work_squared") * part * earned**2,
        largest=read_numbers(sessions, "work_largest") * earned,
        shares=(accepted > 0).astype(np.float64),
        low=read_numbers(sessions, "work_low"),
        high=read_numbers(sessions, "work_high"),
    )


def estimate_revenue(accepted: Work, connected_us: Array, hours: tuple[Array, Array, Array]) -> Estimates:
    """Return money per day from that of accepted shares, after the pool's fee, over low, best and high hours a day."""
    return spread_over_day(estimate_rates(accepted, connected_us), hours)


def spread_over_day(rates: Estimates, hours: tuple[Array, Array, Array], fee: float | None = None) -> Estimates:
    """Return money per day from money per second at work, after the pool's fee: this one, else the usual ones."""
    least, likely, most = POOL_FEE if fee is None else (fee, fee, fee)
    seconds = HOUR_US / SECOND_US
    low, best, high = hours
    return Estimates(
        rates.low * low * seconds * (1 - most),
        rates.best * best * seconds * (1 - likely),
        rates.high * high * seconds * (1 - least),
    )
