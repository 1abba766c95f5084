"""Mining beside seats in use: does a host mine when nobody sits there?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.chance import make_dial, measure_opposition
from paicha.packs.traffic.derivations.hours import (
    QUARTER_US,
    QUARTERS_PER_DAY,
    QUARTERS_PER_HOUR,
    list_quarters,
    split_sites,
    split_subjects,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import HoursPolicy, TrafficPolicy

    Numbers = NDArray[np.int64]
    Array = NDArray[np.float64]

LEAST_TOLD_US = 1_000_000
"""A quarter-hour of which less is on record says nothing of the seats in use."""
MOST_QUARTERS = QUARTERS_PER_DAY * 366
"""A site is compared over at most a year; what came before is left out."""

IDLE_TESTS = TableSpec(
    "idle_tests",
    "one subject's mining beside the seats in use at its site",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the address"),
        Column("first_seen", "int64", "first quarter-hour of mining", unit="us"),
        Column("last_seen", "int64", "end of the last quarter-hour of mining", unit="us"),
        Column("is_record", "bool", "only flow records, unanswered connections or habits short of likely show it"),
        Column("hours_empty", "float64", "hours watched with few seats in use", unit="h"),
        Column("hours_occupied", "float64", "other hours watched", unit="h"),
        Column("mining_empty", "float64", "of the hours with few seats in use, those mining", unit="h"),
        Column("mining_occupied", "float64", "of the other hours, those mining", unit="h"),
        Column("expected_empty", "float64", "hours of mining with few seats in use if seats did not matter", unit="h"),
        Column("seats_empty", "float64", "seats in use up to which they count as few"),
        Column("correlation", "float64", "of mining and seats in use, by quarter-hours"),
        Column("chance", "float64", "probability of so low a correlation by chance"),
        Column("shifts", "int64", "circular shifts that it is the part of"),
    ),
)


@derivation(IDLE_TESTS, driver="seats")
def idle_tests(activity: pa.Table, watched: pa.Table, seats: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return the subjects of sites with seats on record that mine at times and at times do not."""
    used, seen = split_sites(seats), split_sites(watched)
    rows: list[dict[str, Any]] = []
    for site, own in split_sites(activity).items():
        if site in used and site in seen:
            rows += _test_site(own, list_quarters(seen[site]), used[site], policy.hours)
    return pa.Table.from_pylist(rows, schema=IDLE_TESTS.arrow)


def _test_site(activity: pa.Table, watched: Numbers, seats: pa.Table, policy: HoursPolicy) -> list[dict[str, Any]]:
    first = max(int(watched[0]), int(watched[-1]) - MOST_QUARTERS)
    watched = watched[watched >= first] - first
    known = np.zeros(int(watched[-1]) + 1, np.bool_)
    known[watched] = True
    used = average_seats(seats, first, len(known))
    together = known & np.isfinite(used)
    if not together.any():
        return []
    limit = policy.empty_part * float(np.max(used[together]))
    is_empty = together & (np.nan_to_num(used) <= limit)
    hours_empty, hours_occupied = _add_hours(is_empty), _add_hours(together & ~is_empty)
    if min(hours_empty, hours_occupied) < policy.min_hours:
        return []
    dial = make_dial(used, known, QUARTERS_PER_DAY)
    records = activity.filter(pc.invert(activity.column("is_record"))).column("subject").unique()
    sure = set(records.to_pylist())
    rows = []
    for subject, quarters in split_subjects(activity).items():
        active = np.zeros(len(known), np.bool_)
        active[quarters[(quarters >= first) & (quarters < first + len(known))] - first] = True
        opposition = measure_opposition(active, dial)
        if opposition is None:
            continue
        mining_empty, mining = _add_hours(active & is_empty), _add_hours(active & together)
        rows.append(
            {
                "site": activity.column("site")[0].as_py(),
                "subject": subject,
                "first_seen": int(quarters[0]) * QUARTER_US,
                "last_seen": int(quarters[-1] + 1) * QUARTER_US,
                "is_record": subject not in sure,
                "hours_empty": hours_empty,
                "hours_occupied": hours_occupied,
                "mining_empty": mining_empty,
                "mining_occupied": mining - mining_empty,
                "expected_empty": mining * hours_empty / (hours_empty + hours_occupied),
                "seats_empty": limit,
                "correlation": opposition.correlation,
                "chance": opposition.chance,
                "shifts": opposition.shifts,
            }
        )
    return rows


def average_seats(seats: pa.Table, first: int, count: int) -> Array:
    """Return the seats in use on average in each of `count` quarter-hours from `first`, NaN where nobody says.

    Where spans overlap the seats are averaged over them.
    """
    begin, end = first * QUARTER_US, (first + count) * QUARTER_US
    started = np.clip(seats.column("started").to_numpy(), begin, end) - begin
    ended = np.clip(seats.column("ended").to_numpy(), begin, end) - begin
    chosen = ended > started
    started, ended = started[chosen], ended[chosen]
    used = seats.column("used").to_numpy()[chosen]
    time, weighted = (_integrate(started, ended, weights, count) for weights in (np.ones(len(used)), used))
    with np.errstate(invalid="ignore"):
        return np.where(time > LEAST_TOLD_US, weighted / time, np.nan)


def _integrate(started: Numbers, ended: Numbers, weights: Array, count: int) -> Array:
    """Return the integral over each quarter-hour, in us, of the weights of the spans that lie in it."""
    edges = np.arange(count + 1) * QUARTER_US
    answer = np.zeros(count + 1)
    for times, sign in ((started, 1.0), (ended, -1.0)):
        order = np.argsort(times, kind="stable")
        ordered, heights = times[order], weights[order]
        number = np.searchsorted(ordered, edges, side="right")
        sums = np.concatenate([[0.0], np.cumsum(heights)])
        moments = np.concatenate([[0.0], np.cumsum(heights * ordered)])
        answer += sign * (sums[number] * edges - moments[number])
    return np.asarray(np.diff(answer))


def _add_hours(quarters: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(quarters)) / QUARTERS_PER_HOUR
