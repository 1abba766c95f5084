"""An estimate with its uncertainty: never a bare number."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypedDict

LEVEL = 0.95
"""The level of every interval unless it says otherwise."""


class Measure(TypedDict, total=False):
    """The JSON form of an interval; `algorithm` stands with hash rates only."""

    low: float
    best: float
    high: float
    unit: str
    algorithm: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A quantity between `low` and `high` at level 0.95, `best` being the single figure to quote.

    Hash rates carry their `algorithm`, because rates of different algorithms are never added.

    Raises:
        ValueError: the ends are not ordered, or one is not a number.
    """

    low: float
    best: float
    high: float
    unit: str
    algorithm: str | None = None

    def __post_init__(self) -> None:
        if math.isnan(self.low + self.best + self.high) or not self.low <= self.best <= self.high:
            raise ValueError(f"interval ends out of order: {self.low}, {self.best}, {self.high} {self.unit}")

    def scale(self, factor: float, unit: str | None = None) -> Interval:
        """Return the interval multiplied by an exactly known, non-negative `factor`."""
        if factor < 0:
            raise ValueError(f"an interval is scaled by a non-negative factor, not {factor}")
        return Interval(self.low * factor, self.best * factor, self.high * factor, unit or self.unit, self.algorithm)

    def to_measure(self) -> Measure:
        """Return the JSON form `{low, best, high, unit}`, plus `algorithm` where there is one."""
        measure = Measure(low=self.low, best=self.best, high=self.high, unit=self.unit)
        if self.algorithm is not None:
            measure["algorithm"] = self.algorithm
        return measure
