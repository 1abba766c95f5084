"""Whether messages follow events more often than chance: an exact test that no traffic pattern can fool.

Blocks of proof of work are found at random: given their number in a span of time, their moments are independent and
uniform over it, whatever a connection's own rhythm. The number of blocks that a message follows within a window is
then binomial, its probability being the part of the span from whose moments a message lies within the window. Chatty
and periodic connections are so discounted by what they are. MineHunter (ACSAC 2021) has the idea, with an assumption
on the traffic instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paicha.reference.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Times = NDArray[np.int64]

NEARLY = 0.9
"""An offset under which this part of the best number of events is followed is nearly as good."""

LEAST_CHANCE = 1e-300
"""Smaller probabilities are told as this one."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Offsets and windows that are tried, in us: `windows` in steps of `step`, offsets from -`reach` to `reach`."""

    step: int
    reach: int
    windows: tuple[int, ...]

    @property
    def trials(self) -> int:
        """How many pairs of offset and window are tried."""
        return sum(len(self.list_offsets(width)) for width in self.windows)

    @property
    def longest(self) -> int:
        """The longest window in us."""
        return max(self.windows) * self.step

    def list_offsets(self, width: int) -> range:
        """Return the offsets, in steps from the earliest, that windows of `width` steps are tried at: half apart."""
        return range(0, 2 * self.reach // self.step + 1, max(1, width // 2))


@dataclass(frozen=True, slots=True)
class Following:
    """The best of all trials: events in the span, those followed, the chance of each, and of so many, times in us."""

    events: int
    followed: int
    share: float
    chance: float
    offset: int
    window: int

    @property
    def excess(self) -> float:
        """The part followed of the events that chance alone would not have seen followed."""
        return max(0.0, (self.followed / self.events - self.share) / max(1e-12, 1.0 - self.share))


def make_grid(step_s: float, clock_s: float, windows_s: Sequence[float]) -> Grid:
    """Return the grid of a policy's values in seconds; windows are rounded to whole steps."""
    step = max(1, round(step_s * 1e6))
    reach = round(clock_s * 1e6) // step * step
    return Grid(step, reach, tuple(sorted({max(1, round(width * 1e6 / step)) for width in windows_s})))


def find_spans(events: Times, hole_factor: float) -> NDArray[np.int64]:
    """Return the spans (rows of first, last) of a list of sorted events, cut where the gap is too long to be chance."""
    if len(events) < 2:
        return np.empty((0, 2), np.int64)
    gaps = np.diff(events)
    holes = np.flatnonzero(gaps > hole_factor * max(1.0, float(np.median(gaps))))
    return np.column_stack([events[np.r_[0, holes + 1]], events[np.r_[holes, len(events) - 1]]])


def clip_spans(spans: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
    """Return the parts of spans from `first` to `last`."""
    clipped = np.column_stack([np.maximum(spans[:, 0], first), np.minimum(spans[:, 1], last)])
    return clipped[clipped[:, 0] < clipped[:, 1]]


def pick_events(events: Times, spans: NDArray[np.int64]) -> Times:
    """Return the sorted events inside spans, those on their very ends, which made the spans, left out."""
    parts = [
        events[np.searchsorted(events, first, "right") : np.searchsorted(events, last, "left")] for first, last in spans
    ]
    return np.concatenate(parts) if parts else events[:0]


def judge_following(messages: Times, events: Times, spans: NDArray[np.int64], grid: Grid) -> Following | None:
    """Return the trial of the grid that chance explains worst; its `chance` is that of one trial, not yet paid for.

    All times are sorted, in us; `events` lie in `spans`. None where there is nothing to follow.
    """
    from scipy.special import betainc

    length = int(np.sum(spans[:, 1] - spans[:, 0])) if len(spans) else 0
    if not len(events) or not len(messages) or length <= 0:
        return None
    widths = np.array(grid.windows, np.int64)
    counts = _count_followed(messages, events, -grid.reach, grid.step, 2 * grid.reach // grid.step + 1, widths)
    best: tuple[float, int, int] | None = None
    for row, width in enumerate(grid.windows):
        offsets = np.asarray(grid.list_offsets(width))
        followed = counts[row, offsets]
        share = min(1.0, _measure_followed(messages, spans, 0, width * grid.step) / length)
        chances = np.where(followed > 0, betainc(np.maximum(followed, 1), len(events) - followed + 1.0, share), 1.0)
        place = int(np.argmin(chances))
        if best is None or chances[place] < best[0]:
            best = (float(chances[place]), row, int(offsets[place]))
    assert best is not None
    _, row, place = best
    place = _find_earliest(counts[row], place, grid, grid.windows[row])
    offset, window = place * grid.step - grid.reach, grid.windows[row] * grid.step
    followed = int(counts[row, place])
    share = min(1.0, _measure_followed(messages, spans, offset, window) / length)
    chance = float(betainc(followed, len(events) - followed + 1.0, share)) if followed else 1.0
    return Following(len(events), followed, share, max(LEAST_CHANCE, chance), offset, window)


def _find_earliest(counts: NDArray[np.int64], place: int, grid: Grid, width: int) -> int:
    """Return the best offset about the earliest one that is nearly as good: echoes of an event come after it."""
    offsets = np.asarray(grid.list_offsets(width))
    first = int(offsets[np.argmax(counts[offsets] >= NEARLY * counts[place])])
    near = offsets[(offsets >= first) & (offsets <= first + width)]
    return int(near[np.argmax(counts[near])])


def find_rival(messages: Times, events: Times, best: Following, grid: Grid, *, reach: int, least_events: int) -> float:
    """Return the greatest part of the events followed at an offset up to `reach` us earlier, in the window of `best`.

    Only offsets under which `least_events` lie within the time of the messages count, and those near the best not.
    What follows every event at a fixed time later, such as work that a pool refreshes by a timer, fits a list that is
    late by as much; then the true times, which lie earlier, fit as well or better.
    """
    step = max(grid.step, best.window // 2)
    offsets = best.offset - np.arange(grid.longest + step, reach + 1, step)
    moved = events[None, :] + offsets[:, None]
    is_covered = (moved >= messages[0]) & (moved + best.window <= messages[-1])
    following = np.append(messages, np.iinfo(np.int64).max)[np.searchsorted(messages, moved)]
    followed = np.sum((following - moved < best.window) & is_covered, axis=1)
    covered = np.sum(is_covered, axis=1)
    is_told = covered >= least_events
    return float(np.max(followed[is_told] / covered[is_told], initial=0.0))


@compiled
def _count_followed(
    messages: NDArray[np.int64], events: NDArray[np.int64], low: int, step: int, offsets: int, widths: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how many events a message follows, by width and offset: at `low` + k steps, for `width` steps."""
    longest = 0
    for width in widths:
        longest = max(longest, width)
    bins = offsets + longest
    counts = np.zeros((len(widths), offsets), np.int64)
    marks = np.zeros(bins, np.bool_)
    for event in events:
        marks[:] = False
        begin = event + low
        place = np.searchsorted(messages, begin)
        while place < len(messages) and messages[place] < begin + bins * step:
            marks[(messages[place] - begin) // step] = True
            place += 1
        ahead = bins + longest
        for number in range(bins - 1, -1, -1):
            if marks[number]:
                ahead = number
            if number < offsets:
                for row in range(len(widths)):
                    if ahead - number < widths[row]:
                        counts[row, number] += 1
    return counts


@compiled
def _measure_followed(messages: NDArray[np.int64], spans: NDArray[np.int64], offset: int, window: int) -> int:
    """Return for how long, within the spans, a message lies from `offset` on within a window: us."""
    total = 0
    for span in range(len(spans)):
        first, last = spans[span, 0], spans[span, 1]
        reached = first
        place = np.searchsorted(messages, first + offset)
        while place < len(messages):
            begin = max(reached, messages[place] - offset - window)
            end = min(last, messages[place] - offset)
            if begin >= last:
                break
            if end > begin:
                total += end - begin
                reached = end
            place += 1
    return total
