"""How probable it is by chance that a host's activity and a series of the clock run against each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEAST_OVERLAP = 0.5
"""Shifts under which less than this part of the slots known together stays known together are left out."""

TIE = 1e-9


@dataclass(frozen=True, slots=True)
class Opposition:
    """Correlation of two series, and the part of all `shifts` of one under which it is at most as great."""

    correlation: float
    chance: float
    shifts: int


@dataclass(frozen=True, slots=True)
class Dial:
    """A series ready to be turned round against others: sums over the slots known together, one per shift.

    `known` are the slots in which the other series is known, `usable` the shifts that leave enough of them.
    """

    known: Array
    values: NDArray[np.complex128]
    mask: NDArray[np.complex128]
    count: Array
    total: Array
    spread: Array
    usable: NDArray[np.bool_]


def make_dial(values: Array, known: NDArray[np.bool_], period: int) -> Dial:
    """Return the dial of `values` (NaN where unknown) for series that are known in the slots `known`.

    Both hold one entry per slot of equal length; they are filled up with unknown slots to whole periods, so that a
    period keeps its phase wherever the shift ends.
    """
    size = -(-max(len(values), 1) // period) * period
    series = np.concatenate([values, np.full(size - len(values), np.nan)])
    watched = np.concatenate([known, np.zeros(size - len(known), np.bool_)]).astype(np.float64)
    has_value = np.isfinite(series)
    centred = np.where(has_value, series - (np.mean(series[has_value]) if has_value.any() else 0.0), 0.0)
    mask, whole = np.fft.rfft(has_value.astype(np.float64)), np.fft.rfft(centred)
    count = np.rint(_correlate(watched, mask))
    total = _correlate(watched, whole)
    squares = _correlate(watched, np.fft.rfft(centred**2))
    spread = squares - total**2 / np.maximum(count, 1.0)
    usable = (count >= LEAST_OVERLAP * count[0]) & (count > 0) & (spread > TIE * float(np.max(squares, initial=0.0)))
    return Dial(watched, whole, mask, count, total, spread, usable)


def measure_opposition(active: NDArray[np.bool_], dial: Dial) -> Opposition | None:
    """Return how far activity (one truth per slot) runs against the dial's series; None where either never changes.

    Neighbouring slots are alike and days repeat, so slots cannot be drawn one by one. Instead one series is turned
    round against the other by every possible number of slots (circular or toroidal shifts), which keeps the rhythm of
    both. If neither knew of the other, the shift that really was would be as good as any, and the part of shifts that
    correlate as little is the probability. Shifts by whole days stay among them: two series that do nothing but repeat
    every day get no more than the chance of their phases.
    """
    series = np.concatenate([active, np.zeros(len(dial.known) - len(active), np.bool_)]) * dial.known
    total = _correlate(series, dial.mask)
    spread = total - total**2 / np.maximum(dial.count, 1.0)
    usable = dial.usable & (spread > TIE)
    if not usable[0]:
        return None
    product = _correlate(series, dial.values)[usable] - (total * dial.total)[usable] / dial.count[usable]
    correlations = product / np.sqrt(spread[usable] * dial.spread[usable])
    chance = float(np.mean(correlations <= correlations[0] + TIE))
    return Opposition(float(correlations[0]), chance, len(correlations))


def _correlate(series: Array, transformed: NDArray[np.complex128]) -> Array:
    """Return, for every shift, the sum of products of `series` and of the transformed series turned round by it."""
    return np.asarray(np.fft.irfft(np.conj(np.fft.rfft(series)) * transformed, len(series)))
