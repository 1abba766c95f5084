"""In which hours of the day each subject was active, beside the time for which its site was watched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from paicha.packs.traffic.derivations.hours import QUARTER_US, QUARTERS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import TrafficPolicy

HOURS_PER_DAY = 24
QUARTERS_PER_HOUR = QUARTERS_PER_DAY // HOURS_PER_DAY


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


def list_quarters(watched: pa.Table) -> NDArray[np.int64]:
    """Return the quarter-hours that rows of `watched` reach into, in order."""
    hour, first, last = (watched.column(n).to_numpy() for n in ("hour", "seen_from", "seen_to"))
    grid = (hour * QUARTERS_PER_HOUR)[:, None] + np.arange(QUARTERS_PER_HOUR)
    is_seen = (grid * QUARTER_US <= last[:, None]) & ((grid + 1) * QUARTER_US > first[:, None])
    return np.unique(grid[is_seen])


def split_sites(table: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each site."""
    sites = table.column("site").unique().to_pylist()
    if len(sites) == 1:
        return {sites[0]: table}
    return {site: table.filter(pc.equal(table.column("site"), site)) for site in sites}


def split_subjects(activity: pa.Table) -> dict[str, NDArray[np.int64]]:
    """Return the quarter-hours of each subject of one site's `activity`, in order."""
    if not activity.num_rows:
        return {}
    ordered = activity.select(["subject", "quarter"]).sort_by([("subject", "ascending"), ("quarter", "ascending")])
    codes = ordered.column("subject").combine_chunks().dictionary_encode()
    numbers, quarters = codes.indices.to_numpy(), ordered.column("quarter").to_numpy()
    edges = np.flatnonzero(np.diff(numbers)) + 1
    names = codes.dictionary.to_pylist()
    return dict(zip(names, np.split(quarters, edges), strict=True))
