"""In which hours of the day each subject was active, beside the time for which its site was watched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.packs.traffic.derivations.hours import (
    QUARTERS_PER_DAY,
    QUARTERS_PER_HOUR,
    list_quarters,
    split_sites,
    split_subjects,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import HoursPolicy

HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True)
class DayHours:
    """Hours active and hours watched by hour of the day, and the days on which the subject was active."""

    active: tuple[float, ...]
    watched: tuple[float, ...]
    days: int

    def write(self, zone_hours: float) -> dict[str, Any]:
        """Return a value of `kernel.description.HOURS`."""
        pairs = zip(self.active, self.watched, strict=True)
        return {
            "zone_hours": zone_hours,
            "shares": [round(active / watched, 4) if watched else None for active, watched in pairs],
            "active_hours": sum(self.active),
            "watched_hours": sum(self.watched),
            "days": self.days,
        }


def measure_hours(tables: Mapping[str, pa.Table], policy: HoursPolicy) -> dict[tuple[str, str], DayHours]:
    """Return the hours of every subject of `activity` by site and subject.

    A quarter-hour counts as watched where any record of the site lies in it, and as active where the subject's does.
    """
    zone = round(policy.timezone_hours * QUARTERS_PER_HOUR)
    watched = {site: list_quarters(rows) for site, rows in split_sites(tables["watched"]).items()}
    answer = {}
    for site, rows in split_sites(tables["activity"]).items():
        seen = watched.get(site, np.empty(0, np.int64))
        for subject, own in split_subjects(rows).items():
            whole = np.union1d(seen, own) if len(np.setdiff1d(own, seen)) else seen
            days = len(np.unique((own + zone) // QUARTERS_PER_DAY))
            answer[site, subject] = DayHours(_add_up(own + zone), _add_up(whole + zone), days)
    return answer


def _add_up(quarters: NDArray[np.int64]) -> tuple[float, ...]:
    counts = np.bincount(quarters // QUARTERS_PER_HOUR % HOURS_PER_DAY, minlength=HOURS_PER_DAY)
    return tuple(float(count) / QUARTERS_PER_HOUR for count in counts)
