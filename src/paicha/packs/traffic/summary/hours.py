"""In which hours of the day each subject was active, beside the time for which its site was watched."""

from __future__ import annotations

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

    from paicha.packs.traffic.policy import TrafficPolicy

HOURS_PER_DAY = 24


def describe_hours(tables: Mapping[str, pa.Table], policy: TrafficPolicy) -> dict[tuple[str, str], dict[str, Any]]:
    """Return by site and subject a value of `kernel.description.HOURS`.

    A quarter-hour counts as watched where any record of the site lies in it, and as active where the subject's does.
    """
    zone = round(policy.hours.timezone_hours * QUARTERS_PER_HOUR)
    watched = {site: list_quarters(rows) for site, rows in split_sites(tables["watched"]).items()}
    answer = {}
    for site, rows in split_sites(tables["activity"]).items():
        seen = watched.get(site, np.empty(0, np.int64))
        for subject, own in split_subjects(rows).items():
            whole = np.union1d(seen, own) if len(np.setdiff1d(own, seen)) else seen
            answer[site, subject] = _describe(own, whole, zone) | {"zone_hours": policy.hours.timezone_hours}
    return answer


def _describe(active: NDArray[np.int64], watched: NDArray[np.int64], zone: int) -> dict[str, Any]:
    seen, mined = (_count_by_hour(quarters + zone) for quarters in (watched, active))
    return {
        "shares": [round(float(m / s), 4) if s else None for m, s in zip(mined, seen, strict=True)],
        "active_hours": len(active) / QUARTERS_PER_HOUR,
        "watched_hours": len(watched) / QUARTERS_PER_HOUR,
        "days": len(np.unique((active + zone) // QUARTERS_PER_DAY)),
    }


def _count_by_hour(quarters: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.bincount(quarters // QUARTERS_PER_HOUR % HOURS_PER_DAY, minlength=HOURS_PER_DAY)
