"""Mining hardware: which devices may stand behind a hash rate on a day, and what a hash costs them."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from paicha.reference.algorithms import find_algorithm
from paicha.reference.files import read_document, read_table
from paicha.reference.networks import find_network_of_algorithm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from paicha.reference.networks import Network

ASIC_YEARS = 5
"""Years that a special machine stays in use (CBECI); cards and processors have no such limit."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device on one algorithm: rate per second, watts, joules per hash with its range, where they are from.

    `basis` is one of rated, benchmark, tuned, tdp, measured, class. `until` is the last year in which it earned its
    power on this algorithm, where known.
    """

    model: str
    kind: str
    algorithm: str
    rate_per_s: float | None
    watts: float | None
    joules: float
    joules_low: float | None
    joules_high: float | None
    year: int
    until: int | None
    basis: str
    source: str


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Joules per hash of the devices that may be at work: least, median, greatest; before PSU, host and cooling.

    `reason` says how the devices were chosen.
    """

    algorithm: str
    low: float
    median: float
    high: float
    devices: tuple[Device, ...]
    reason: str


@cache
def list_devices() -> tuple[Device, ...]:
    """Return all known devices, one per device and algorithm."""
    return tuple(
        Device(
            model=row["model"],
            kind=row["kind"],
            algorithm=row["algorithm"],
            rate_per_s=_read_number(row["rate_per_s"]),
            watts=_read_number(row["watts"]),
            joules=float(row["joules"]),
            joules_low=_read_number(row["joules_low"]),
            joules_high=_read_number(row["joules_high"]),
            year=int(row["year"]),
            until=int(row["until"]) if row["until"] else None,
            basis=row["basis"],
            source=row["source"],
        )
        for row in read_table("hardware.csv")
    )


def find_efficiency(
    algorithm: str,
    at: date,
    *,
    tariff_cny_per_kwh: float | None = None,
    networks: tuple[Network, ...] | None = None,
    kinds: Sequence[str] = ("asic", "gpu", "cpu"),
) -> Efficiency | None:
    """Return the hardware that may mine `algorithm` on the day; None where nothing is known of it.

    Devices released by then, special machines younger than five years, cards not yet displaced; and, where the tariff
    and the network's figures near that day are known, only those that earn their power (CBECI's method). A condition
    that leaves no device is dropped, and `reason` says so.
    """
    found = find_algorithm(algorithm)
    if found is None:
        return None
    rows = tuple(d for d in _devices_of(found.id) if d.kind in kinds)
    if not rows:
        return None
    reasons = []
    of_the_time = tuple(d for d in rows if _is_in_use(d, at.year))
    if of_the_time:
        rows = of_the_time
        reasons.append(f"{len(rows)} devices in use in {at.year}")
    else:
        reasons.append(f"no device known for {at.year}, all {len(rows)} taken")
    if tariff_cny_per_kwh and tariff_cny_per_kwh > 0:
        rows, reason = _keep_profitable(rows, found.id, at, tariff_cny_per_kwh, networks)
        reasons.append(reason)
    lows = [d.joules_low or d.joules for d in rows]
    highs = [d.joules_high or d.joules for d in rows]
    return Efficiency(
        found.id, min(lows), statistics.median(d.joules for d in rows), max(highs), rows, "; ".join(reasons)
    )


def _keep_profitable(
    rows: tuple[Device, ...], algorithm: str, at: date, tariff: float, networks: tuple[Network, ...] | None
) -> tuple[tuple[Device, ...], str]:
    network = find_network_of_algorithm(algorithm, at, networks)
    if network is None:
        return rows, "no network figures near that day, profitability not asked"
    limit = network.find_break_even(tariff)
    paying = tuple(d for d in rows if (d.joules_low or d.joules) < limit)
    if not paying:
        return rows, f"none pays at {tariff:g} CNY/kWh ({limit:.3g} J), condition dropped"
    return paying, f"{len(paying)} pay at {tariff:g} CNY/kWh (below {limit:.3g} J)"


def _is_in_use(device: Device, year: int) -> bool:
    if device.year > year or (device.until is not None and year > device.until):
        return False
    return device.kind != "asic" or year - device.year < ASIC_YEARS


@cache
def _devices_of(algorithm: str) -> tuple[Device, ...]:
    rows = tuple(d for d in list_devices() if d.algorithm == algorithm)
    return rows or _derive_class(algorithm)


def _derive_class(algorithm: str) -> tuple[Device, ...]:
    """Return what the classes say of an algorithm without devices of its own."""
    for row in read_document("efficiencies.toml")["class"]:
        if algorithm not in row["algorithms"]:
            continue
        if "like" not in row:
            low, high = float(row["joules_low"]), float(row["joules_high"])
            middle = (low * high) ** 0.5
            return (_name_class(algorithm, row["kind"], middle, low, high, 0, row["reason"]),)
        factors = float(row["factor_low"]), float(row["factor_high"])
        return tuple(
            _name_class(
                algorithm,
                d.kind,
                d.joules * (factors[0] * factors[1]) ** 0.5,
                (d.joules_low or d.joules) * factors[0],
                (d.joules_high or d.joules) * factors[1],
                d.year,
                row["reason"],
            )
            for d in _devices_of(row["like"])
            if d.kind != "asic"
        )
    return ()


def _name_class(algorithm: str, kind: str, joules: float, low: float, high: float, year: int, reason: str) -> Device:
    return Device(f"class of {kind}", kind, algorithm, None, None, joules, low, high, year, None, "class", reason)


def _read_number(text: str) -> float | None:
    return float(text) if text else None
