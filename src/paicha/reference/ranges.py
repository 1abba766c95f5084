"""Which of many nested address ranges answers for an address at a time: the narrowest that is valid then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.kernel.errors import RegistryError
from paicha.reference.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.reference.addresses import Addresses

EARLIEST, LATEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
"""Bounds of a validity that has none."""

MOST_NODES = 64_000_000
"""Bound on the memory of overlaps that are not nestings; a register of nested ranges needs one node per range."""


class RangeIndex:
    """Nested ranges flattened into disjoint segments, each with a chain of its ranges from narrow to wide.

    Chains share their tails, so nested ranges cost one node each however deep they are. Among ranges of the same
    width the smaller `order` wins, then the smaller row. Building sorts (n log n); a lookup is one binary search and a
    walk over the ranges that are not valid at the time.

    Raises:
        RegistryError: so many ranges overlap without one holding the other that the index would not fit in memory.
    """

    def __init__(
        self,
        first: Addresses,
        last: Addresses,
        *,
        order: NDArray[np.int64] | None = None,
        valid_from: NDArray[np.int64] | None = None,
        valid_to: NDArray[np.int64] | None = None,
    ) -> None:
        """Index the ranges `first` to `last` inclusive; rows that are not valid or end before they begin are none.

        `valid_from` (inclusive) and `valid_to` (exclusive) are UTC microseconds, `EARLIEST` and `LATEST` where open.
        """
        size = len(first)
        usable = first.valid & last.valid
        usable &= (first.high < last.high) | ((first.high == last.high) & (first.low <= last.low))
        rows = np.flatnonzero(usable)
        self._valid_from = np.full(size, EARLIEST, np.int64) if valid_from is None else np.array(valid_from, np.int64)
        self._valid_to = np.full(size, LATEST, np.int64) if valid_to is None else np.array(valid_to, np.int64)
        order = np.zeros(size, np.int64) if order is None else order
        self._high, self._low, opens, closes = _compress(first.take(rows), last.take(rows))
        rank = _rank(first.take(rows), last.take(rows), order[rows])
        opening, closing = _sort(opens, -rank), _sort(closes, rank)
        heads, node_row, node_next = chain_segments(opens, opening, closes, closing, rank, len(self._high), MOST_NODES)
        if len(heads) == 0 and len(self._high) > 0:
            raise RegistryError(
                "too many address ranges overlap without one holding the other",
                where="register of units",
                remedy="correct the ranges: each must lie within another or apart from it",
            )
        self._heads, self._next = heads, node_next
        self._row = rows[node_row] if len(rows) else node_row.astype(np.int64)

    def find(self, addresses: Addresses, times: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Return, per address, the row of the narrowest range that holds it and is valid at the time, -1 for none.

        Without `times` validity is not asked about.
        """
        found = np.full(len(addresses), -1, np.int64)
        if len(self._high) == 0:
            return found
        when = np.zeros(0, np.int64) if times is None else np.ascontiguousarray(times, np.int64)
        find_rows(
            addresses.high, addresses.low, addresses.valid, when, self._high, self._low, self._heads, self._row,
            self._next, self._valid_from, self._valid_to, found,
        )  # fmt: skip
        return found


def _sort(position: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the ranges' indices sorted by position, then rank."""
    return np.lexsort((rank, position)).astype(np.int64)


def _compress(
    first: Addresses, last: Addresses
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct segment starts (two halves), and each range's first segment and the one after its last."""
    after_low = last.low + np.uint64(1)
    after_high = last.high + (after_low == 0).astype(np.uint64)
    high, low = np.concatenate([first.high, after_high]), np.concatenate([first.low, after_low])
    is_end = np.concatenate([np.zeros(len(first), np.bool_), (after_low == 0) & (after_high == 0)])
    by_value = np.lexsort((low, high, is_end))
    high, low, is_end = high[by_value], low[by_value], is_end[by_value]
    is_new = np.ones(len(high), np.bool_)
    is_new[1:] = (high[1:] != high[:-1]) | (low[1:] != low[:-1]) | (is_end[1:] != is_end[:-1])
    position = np.empty(len(high), np.int64)
    position[by_value] = np.cumsum(is_new) - 1
    is_kept = is_new & ~is_end
    return high[is_kept], low[is_kept], position[: len(first)], position[len(first) :]


def _rank(first: Addresses, last: Addresses, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the place of each range in the order narrow before wide, small `order` before great, row before row."""
    width_low = last.low - first.low
    width_high = last.high - first.high - (last.low < first.low).astype(np.uint64)
    rank = np.empty(len(first), np.int64)
    rank[np.lexsort((order, width_low, width_high))] = np.arange(len(first))
    return rank


@compiled
def chain_segments(
    opens: NDArray[np.int64],
    opening: NDArray[np.int64],
    closes: NDArray[np.int64],
    closing: NDArray[np.int64],
    rank: NDArray[np.int64],
    segments: int,
    most_nodes: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return each segment's first node, and of each node its range and the next node (-1 at the end of a chain).

    A sweep over the segments keeps the chain of the open ranges. With nested ranges a range is opened on top of the
    chain and closed there; otherwise the part above it is written anew. No segments come back past `most_nodes`.
    """
    ranges = len(rank)
    heads = np.full(segments, -1, np.int64)
    node_row, node_next = np.empty(ranges + 16, np.int64), np.empty(ranges + 16, np.int64)
    above = np.empty(16, np.int64)
    used, top, next_open, next_close = 0, -1, 0, 0
    for segment in range(segments):
        while True:
            if next_close < ranges and closes[closing[next_close]] == segment:
                row, is_closing = closing[next_close], True
                next_close += 1
            elif next_open < ranges and opens[opening[next_open]] == segment:
                row, is_closing = opening[next_open], False
                next_open += 1
            else:
                break
            depth, node = 0, top
            while node >= 0 and rank[node_row[node]] < rank[row]:
                if depth == len(above):
                    grown = np.empty(2 * depth, np.int64)
                    grown[:depth] = above
                    above = grown
                above[depth] = node_row[node]
                depth, node = depth + 1, node_next[node]
            if used + depth + 1 > most_nodes:
                return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
            while used + depth + 1 > len(node_row):
                row_grown, next_grown = np.empty(2 * len(node_row), np.int64), np.empty(2 * len(node_row), np.int64)
                row_grown[:used], next_grown[:used] = node_row[:used], node_next[:used]
                node_row, node_next = row_grown, next_grown
            if is_closing:
                top = node_next[node]
            else:
                node_row[used], node_next[used], top = row, node, used
                used += 1
            for index in range(depth - 1, -1, -1):
                node_row[used], node_next[used], top = above[index], top, used
                used += 1
        heads[segment] = top
    return heads, node_row[:used].copy(), node_next[:used].copy()


@compiled
def find_rows(
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    valid: NDArray[np.bool_],
    times: NDArray[np.int64],
    starts_high: NDArray[np.uint64],
    starts_low: NDArray[np.uint64],
    heads: NDArray[np.int64],
    node_row: NDArray[np.int64],
    node_next: NDArray[np.int64],
    valid_from: NDArray[np.int64],
    valid_to: NDArray[np.int64],
    found: NDArray[np.int64],
) -> None:
    """Fill `found` with the row of the first range of each address's segment that is valid at its time."""
    for index in range(len(high)):
        if not valid[index]:
            continue
        left, right = 0, len(starts_high)
        while left < right:
            middle = (left + right) >> 1
            upper = starts_high[middle]
            if upper < high[index] or (upper == high[index] and starts_low[middle] <= low[index]):
                left = middle + 1
            else:
                right = middle
        if left == 0:
            continue
        node = heads[left - 1]
        while node >= 0:
            row = node_row[node]
            if len(times) == 0 or valid_from[row] <= times[index] < valid_to[row]:
                found[index] = row
                break
            node = node_next[node]
