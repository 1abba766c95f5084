"""Megabits per second between subjects and pools."""

from __future__ import annotations

from math import fsum
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from paicha.packs.traffic.derivations.volume import SLOT_US

if TYPE_CHECKING:
    import pyarrow as pa

SECOND_US = 1_000_000
MEGABITS_PER_BYTE = 8e-6


def add_hours(coverage: pa.Table) -> dict[str, float]:
    """Return for how many hours each site was watched, the same to the last digit in whatever order the rows come."""
    parts: dict[str, list[float]] = {}
    for site, hours in zip(coverage.column("site").to_pylist(), coverage.column("hours").to_pylist(), strict=True):
        parts.setdefault(site, []).append(hours)
    return {site: fsum(hours) for site, hours in parts.items()}


def measure_pool_mbps(traffic: pa.Table, coverage: pa.Table) -> dict[str, float]:
    """Return mean, out and in over the hours watched, and the greatest five minutes, in Mbit/s.

    `traffic` are rows of `pool_traffic`, sites added up; each site's mean is over its own hours watched, gaps between
    captures left out. The peak is taken in fixed slots of the clock; where captures fill less than a slot, or sites
    were watched at different times, no slot shows what the mean already proves, and the peak is the mean.
    """
    watched_s = {site: max(hours * 3600, 1.0) for site, hours in add_hours(coverage).items()}
    totals = traffic.group_by("site").aggregate([("bytes_out", "sum"), ("bytes_in", "sum")]).to_pylist()
    slot_s = SLOT_US / SECOND_US
    out = fsum(row["bytes_out_sum"] / watched_s.get(row["site"], slot_s) for row in totals) * MEGABITS_PER_BYTE
    into = fsum(row["bytes_in_sum"] / watched_s.get(row["site"], slot_s) for row in totals) * MEGABITS_PER_BYTE
    slots = traffic.group_by("time").aggregate([("bytes_out", "sum"), ("bytes_in", "sum")])
    peak = pc.max(pc.add(slots.column("bytes_out_sum"), slots.column("bytes_in_sum"))).as_py() or 0.0
    mean = out + into
    return {"mean": mean, "peak_5min": max(peak * MEGABITS_PER_BYTE / slot_s, mean), "out": out, "in": into}
