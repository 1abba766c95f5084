"""Sizes of a side's messages as arrays, and clusters of neighbouring sizes among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Whole = NDArray[np.int64]

FIELDS = ("bytes", "count", "answered", "reply", "unasked", "gaps", "gap_sum", "gap_squares", "first", "last")
CLUSTERS = 8
"""How many clusters of a side are told apart, the most frequent first; what is left over speaks for a wide mix."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Entries of the column `sizes_out` or `sizes_in` of many profiles, ordered by row; `of` says which row."""

    rows: int
    of: Whole
    values: dict[str, Floats]

    def __getitem__(self, name: str) -> Floats:
        return self.values[name]

    def sum_rows(self, weights: Floats) -> Floats:
        """Return the sum of a figure of the entries for every row."""
        return np.bincount(self.of, weights=weights, minlength=self.rows).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Clusters:
    """Clusters of sizes, one line per profile and one column per cluster, the most frequent first.

    `main` is the size of the most frequent entry, `reply` the usual answer to that; counts are sums over the entries.
    `rhythm` is the coefficient of variation of the gaps between messages of one size: 0 a clock, 1 chance, NaN unknown.
    """

    main: Floats
    reply: Floats
    count: Floats
    answered: Floats
    unasked: Floats
    gaps: Floats
    rhythm: Floats


def read_sides(profiles: pa.Table, turned: Flags | None = None) -> tuple[Sizes, Sizes]:
    """Return the sizes that the client and the server sent, sides exchanged in `turned` rows."""
    parts = [_flatten(profiles.column(f"sizes_{side}")) for side in ("out", "in")]
    rows = profiles.num_rows
    if turned is None:
        return Sizes(rows, *parts[0]), Sizes(rows, *parts[1])
    of = np.concatenate([parts[0][0], parts[1][0]])
    values = {name: np.concatenate([parts[0][1][name], parts[1][1][name]]) for name in FIELDS}
    side = np.concatenate([np.zeros(len(parts[0][0]), bool), np.ones(len(parts[1][0]), bool)]) ^ turned[of]
    order = np.argsort(of, kind="stable")
    of, side = of[order], side[order]
    values = {name: one[order] for name, one in values.items()}
    first, second = (
        Sizes(rows, of[which], {name: one[which] for name, one in values.items()}) for which in (~side, side)
    )
    return first, second


def _flatten(column: pa.ChunkedArray) -> tuple[Whole, dict[str, Floats]]:
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    flat = pc.list_flatten(column)
    of = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    read = {name: pc.struct_field(flat, name).to_numpy().astype(np.float64) for name in FIELDS}
    return of, read


def find_clusters(sizes: Sizes, spread: float) -> tuple[Clusters, Whole]:
    """Return the clusters of every row, and for every entry the number of its cluster (-1: none).

    A cluster is the most frequent size that is in none yet, with all within `spread` bytes of it.
    """
    labels = np.full(len(sizes.of), -1, np.int64)
    main = np.full((sizes.rows, CLUSTERS), np.nan)
    reply = np.full((sizes.rows, CLUSTERS), np.nan)
    for number in range(CLUSTERS):
        free = np.flatnonzero(labels < 0)
        if not len(free):
            break
        order = free[np.lexsort((-sizes["count"][free], sizes.of[free]))]
        rows, first = np.unique(sizes.of[order], return_index=True)
        peaks = order[first]
        main[rows, number] = sizes["bytes"][peaks]
        reply[rows, number] = sizes["reply"][peaks]
        near = free[np.abs(sizes["bytes"][free] - main[sizes.of[free], number]) <= spread]
        labels[near] = number
    sums = {name: _sum(sizes, labels, sizes[name]) for name in ("count", "answered", "unasked", "gaps")}
    return Clusters(main=main, reply=reply, rhythm=_measure_rhythm(sizes, labels), **sums), labels


def _sum(sizes: Sizes, labels: Whole, weights: Floats) -> Floats:
    known = labels >= 0
    cells = sizes.of[known] * CLUSTERS + labels[known]
    sums = np.bincount(cells, weights=weights[known], minlength=sizes.rows * CLUSTERS)
    return sums.astype(np.float64).reshape(-1, CLUSTERS)


def _measure_rhythm(sizes: Sizes, labels: Whole) -> Floats:
    """Return the variation of gaps in each cluster: sizes that follow each other have gaps of different lengths."""
    gaps = sizes["gaps"]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sizes["gap_sum"] / gaps
        squared = np.maximum(sizes["gap_squares"] / gaps - mean**2, 0.0) / mean**2
    usable = (gaps >= 2) & np.isfinite(squared)
    weight = np.where(usable, gaps, 0.0)
    total = _sum(sizes, labels, weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        # gaps + 1 over gaps: the spread of a few gaps about their own mean is too small by that factor
        own = np.where(usable, squared * (gaps / np.maximum(gaps - 1.0, 1.0)), 0.0)
        answer: Floats = np.sqrt(_sum(sizes, labels, weight * own) / total)
    return answer
