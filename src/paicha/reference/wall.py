"""From the joules of a device to the joules at the wall: draws of device, spread, host, power supply and cooling."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from paicha.reference.files import read_document

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.reference.hardware import Device

    Array = NDArray[np.float64]


def draw_devices(devices: tuple[Device, ...], host: str | None, n_draws: int, rng: np.random.Generator) -> Array:
    """Return draws of joules at the plug: a device by chance, its spread, its host and its power supply."""
    choice = rng.integers(0, len(devices), n_draws)
    joules = np.empty(n_draws)
    psu = draw_triangular(find_factors("psu"), n_draws, rng)
    for index, device in enumerate(devices):
        rows = np.flatnonzero(choice == index)
        drawn = _draw_device(device, len(rows), rng)
        if device.kind != "asic":
            where = host if host and device.kind == "gpu" else device.kind
            drawn = drawn * draw_triangular(find_factors("host", where), len(rows), rng) / psu[rows]
        joules[rows] = drawn
    return joules


def _draw_device(device: Device, n_draws: int, rng: np.random.Generator) -> Array:
    if device.joules_low is not None and device.joules_high is not None:
        logs = np.log([device.joules_low, device.joules, device.joules_high])
        return np.asarray(np.exp(draw_triangular(tuple(np.sort(logs)), n_draws, rng)))
    return device.joules * draw_triangular(find_factors("spread", device.basis), n_draws, rng)


def draw_triangular(values: tuple[float, ...], n_draws: int, rng: np.random.Generator) -> Array:
    """Return draws of the triangular distribution between low, most likely and high."""
    low, middle, high = values
    return np.full(n_draws, middle) if low == high else rng.triangular(low, middle, high, n_draws)


@cache
def find_factors(*path: str) -> tuple[float, ...]:
    """Return low, most likely and high of a factor of wall.toml, such as `pue` or `host`, `gpu`.

    Raises:
        KeyError: there is no such factor.
    """
    row = read_document("wall.toml")
    for part in path:
        row = row[part]
    return tuple(float(v) for v in row["values"])
