"""Networks of coins on given days: what a hash earned, and up to which efficiency mining paid at a tariff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError
from paicha.kernel.interval import Interval
from paicha.reference.files import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SECONDS_PER_DAY = 86_400
JOULES_PER_KWH = 3_600_000
NEAREST_DAYS = 45
"""Network figures further than this from the day asked about say nothing about it."""

POOL_FEE = (0.0, 0.01, 0.03)
"""Share that pools keep: low, most likely, high; published fees of large pools."""

COLUMNS = ("date", "coin", "algorithm", "rate_per_s", "issued_per_day", "fees_per_day", "price", "currency", "source")


@dataclass(frozen=True, slots=True)
class Network:
    """A coin's network on one day: hashes per second, coins to miners in the day, price in `currency`.

    `cny_per_unit` is the exchange rate of the currency, 1 where prices are in CNY.
    """

    day: date
    coin: str
    algorithm: str
    rate_per_s: float
    coins_per_day: float
    price: float
    currency: str
    cny_per_unit: float
    source: str

    @property
    def cny_per_hash(self) -> float:
        """What one hash earned on average, in CNY, before the pool's fee."""
        return self.coins_per_day * self.price * self.cny_per_unit / (self.rate_per_s * SECONDS_PER_DAY)

    def find_break_even(self, tariff_cny_per_kwh: float) -> float:
        """Return the joules per hash at which power costs as much as mining earns (CBECI's threshold)."""
        return self.cny_per_hash * JOULES_PER_KWH / tariff_cny_per_kwh


@cache
def list_networks() -> tuple[Network, ...]:
    """Return the dated network figures that come with the program."""
    return tuple(_parse_rows(read_table("networks.csv"), "networks.csv"))


def read_networks(path: Path) -> tuple[Network, ...]:
    """Return the network figures of a price file: CSV with the columns of the packaged networks.csv.

    `cny_per_unit` may be missing where the currency is CNY.

    Raises:
        InputError: a column is missing or a figure is not a positive number.
    """
    import csv

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(line for line in file if not line.startswith("#"))
            missing = set(COLUMNS) - set(reader.fieldnames or ())
            if missing:
                raise InputError(f"missing columns: {', '.join(sorted(missing))}", where=str(path))
            return tuple(_parse_rows(reader, str(path)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot be read: {error}", where=str(path)) from error


def find_network(coin: str, at: date, networks: tuple[Network, ...] | None = None) -> Network | None:
    """Return the figures of the coin nearest to the day, at most 45 days off; None without any."""
    known = list_networks() if networks is None else networks
    return _pick_nearest((n for n in known if n.coin == coin.upper()), at)


def find_network_of_algorithm(algorithm: str, at: date, networks: tuple[Network, ...] | None = None) -> Network | None:
    """Return the nearest network mined with the algorithm, at most 45 days off; None without any."""
    known = list_networks() if networks is None else networks
    return _pick_nearest((n for n in known if n.algorithm == algorithm), at)


def estimate_revenue(rate: Interval, network: Network) -> Interval:
    """Return CNY per day of a hash rate at the day's network figures, after the pool's fee.

    coins/day = rate / network rate × coins of the day × (1 − fee). Accepted shares only should make up the rate.

    Raises:
        ValueError: the rate is of another algorithm than the network's.
    """
    if rate.algorithm != network.algorithm:
        raise ValueError(f"{network.coin} is mined with {network.algorithm}, not {rate.algorithm}")
    cny = network.cny_per_hash * SECONDS_PER_DAY
    least, likely, most = POOL_FEE
    low, best, high = rate.low * (1 - most), rate.best * (1 - likely), rate.high * (1 - least)
    return Interval(low * cny, best * cny, high * cny, "CNY/day")


def _pick_nearest(networks: Iterable[Network], at: date) -> Network | None:
    near = [n for n in networks if abs((n.day - at).days) <= NEAREST_DAYS]
    return min(near, key=lambda n: abs((n.day - at).days), default=None)


def _parse_rows(rows: Iterable[dict[str, str]], where: str) -> Iterable[Network]:
    for number, row in enumerate(rows, start=2):
        try:
            network = Network(
                day=date.fromisoformat(row["date"]),
                coin=row["coin"].strip().upper(),
                algorithm=row["algorithm"].strip(),
                rate_per_s=float(row["rate_per_s"]),
                coins_per_day=float(row["issued_per_day"]) + float(row["fees_per_day"] or 0),
                price=float(row["price"]),
                currency=row["currency"].strip().upper(),
                cny_per_unit=float(row.get("cny_per_unit") or (1 if row["currency"].strip().upper() == "CNY" else 0)),
                source=row["source"],
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise InputError(f"not a row of network figures: {error}", where=f"{where} row {number}") from error
        figures = (network.rate_per_s, network.coins_per_day, network.price, network.cny_per_unit)
        if not all(0 < figure < float("inf") for figure in figures):
            raise InputError(
                "rate, coins, price and exchange rate must be positive numbers",
                where=f"{where} row {number}",
                remedy="give cny_per_unit where the currency is not CNY",
            )
        yield network
