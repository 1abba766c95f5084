"""Work on both sides of a relay: which side counts, and whether the relay mines itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paicha.packs.traffic.derivations.estimates import (
    Work,
    add_work,
    bound_factors,
    estimate_rates,
    measure_share,
    measure_union,
    read_numbers,
    read_work,
)
from paicha.reference.rates import sum_independent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Ends = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Branch:
    """Sessions (row numbers) of one algorithm on both sides of a relay.

    `is_comparable`: the algorithm is the same on both; `is_partial`: clients that were not read in clear are among
    those of the relay.
    """

    clients: tuple[int, ...]
    upstream: tuple[int, ...]
    is_comparable: bool
    is_partial: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """A branch with the side that counts, and how far the upstream work exceeds the clients' (standard deviations)."""

    branch: Branch
    counts_clients: bool
    excess: float


class Ledger:
    """Work and times of sessions, by row number."""

    def __init__(self, sessions: pa.Table) -> None:
        self._work = read_work(sessions)
        self._started, self._ended = read_numbers(sessions, "started"), read_numbers(sessions, "ended")
        self._connected = read_numbers(sessions, "connected")

    def judge(self, branch: Branch, sigma: float) -> Judged:
        """Return which side of a branch counts: the one with the smaller relative error, unless they contradict.

        Only time in which both sides are seen is compared. Where the upstream work is greater by more than `sigma`
        standard deviations, the relay mines itself or has clients that were not seen, and upstream counts; where it is
        as much smaller, not all of it was seen, and the clients count.
        """
        up, down = np.array(branch.upstream), np.array(branch.clients)
        if not branch.is_comparable:
            return Judged(branch, counts_clients=False, excess=0.0)
        up_sum, up_variance = self._add_overlap(up, down)
        down_sum, down_variance = self._add_overlap(down, up)
        spread = (up_variance + down_variance) ** 0.5
        excess = (up_sum - down_sum) / spread if spread > 0 else 0.0
        if abs(excess) > sigma:
            return Judged(branch, counts_clients=excess < 0, excess=excess)
        is_surer = down_variance * up_sum**2 <= up_variance * down_sum**2 * (1 + 1e-9)
        return Judged(branch, counts_clients=is_surer and not branch.is_partial, excess=excess)

    def _add_overlap(self, rows: NDArray[np.int64], others: NDArray[np.int64]) -> tuple[float, float]:
        """Return the work of sessions while one of the others ran, and the variance of its counting error."""
        low, high = merge_spans(self._started[others], self._ended[others])
        started, ended = self._started[rows], self._ended[rows]
        covered = sum_overlaps(started, ended, low, high)
        length = ended - started
        part = np.where(length > 0, covered / np.where(length > 0, length, 1.0), 1.0)
        squares = np.nan_to_num(self._work.squares[rows]) * part
        # a session without a share may have had one all the same
        largest = float(np.nanmax(self._work.largest[rows], initial=0.0))
        return float(np.sum(np.nan_to_num(self._work.total[rows]) * part)), float(np.sum(squares)) + largest**2

    def measure(self, members: Iterable[Sequence[int]]) -> Ends | None:
        """Return low, best and high of the hash rates of machines (each its sessions) together; None without one."""
        groups = [
            [row for row in rows if np.isfinite(self._work.total[row]) and self._connected[row] > 0] for rows in members
        ]
        groups = [rows for rows in groups if rows and float(np.sum(self._work.total[rows])) > 0]
        if not groups:
            return None
        active = [self._measure_active(rows) for rows in groups]
        rates = estimate_rates(add_work(self._work, groups), np.array(active))
        ends = (rates.low, rates.best, rates.high)
        low, best, high = (float(e[0]) for e in ends) if len(groups) == 1 else sum_independent(*ends)
        rows = [row for group in groups for row in group]
        weights = self._work.total[rows] / np.sum(self._work.total[rows])
        least, most = bound_factors(self._pick(rows))
        return low * float(weights @ least), best, high * float(weights @ most)

    def _measure_active(self, rows: Sequence[int]) -> float:
        started, ended, connected = (part[list(rows)] for part in (self._started, self._ended, self._connected))
        union = measure_union(started, ended)
        return union * measure_share(connected, started, ended) if union > 0 else float(connected.max())

    def _pick(self, rows: Sequence[int]) -> Work:
        own = self._work
        return Work(
            *(part[list(rows)] for part in (own.total, own.squares, own.largest, own.shares, own.low, own.high))
        )


def find_repeated(judged: Sequence[Judged]) -> set[int]:
    """Return the sessions that totals leave out, so that work passed on by relays counts once.

    Of a branch whose clients count the upstream sessions are left out, else those of the clients, and whatever reaches
    these through further relays.
    """
    covered = {row for one in judged if not one.counts_clients for row in one.branch.clients}
    waiting = [one.branch for one in judged if one.counts_clients]
    while True:
        behind = [branch for branch in waiting if branch.upstream and covered.issuperset(branch.upstream)]
        if not behind:
            break
        waiting = [branch for branch in waiting if branch not in behind]
        covered.update(row for branch in behind for row in branch.clients)
    return covered | {row for one in judged if one.counts_clients for row in one.branch.upstream}


def merge_spans(started: Array, ended: Array) -> tuple[Array, Array]:
    """Return beginnings and ends of the union of spans, in order."""
    order = np.argsort(started, kind="stable")
    low, high = started[order], np.maximum.accumulate(ended[order])
    first = np.concatenate([[True], low[1:] > high[:-1]]) if len(low) else np.zeros(0, np.bool_)
    return low[first], high[np.concatenate([first[1:], [True]])] if len(low) else high


def sum_overlaps(started: Array, ended: Array, low: Array, high: Array) -> Array:
    """Return how much of each span lies in the disjoint, ordered spans from `low` to `high`."""
    if not len(low):
        return np.zeros(len(started))
    before = np.concatenate([[0.0], np.cumsum(high - low)])

    def measure(times: Array) -> Array:
        number = np.searchsorted(low, times, side="right")
        last = np.maximum(number - 1, 0)
        inside = np.minimum(times, high[last]) - low[last]
        return np.where(number > 0, before[last] + inside, 0.0)

    return measure(ended) - measure(started)
