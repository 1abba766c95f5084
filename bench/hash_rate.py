"""Coverage and error of hash rates on simulated counts of shares, by the estimator that screenings use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.results import Bar, Report, Table, write_part
from paicha.packs.traffic.derivations.estimates import Work, estimate_rates
from paicha.simulate.shares import simulate_share_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.results import Options
    from paicha.packs.traffic.derivations.estimates import Estimates
    from paicha.simulate.shares import ShareCounts

TITLE = "Hash rate from counts of shares"
MIXES = ((5.0, 3000.0), (5.0, 30.0), (30.0, 300.0), (300.0, 3000.0), (3000.0, 30000.0))
COVERAGE = (0.94, 0.96)
NORMAL_MEDIAN = 0.67
"""Median of |error| × √shares where only chance errs: the normal distribution's quartile."""
ERROR_BOUND = 1.1 * NORMAL_MEDIAN
SEED = 20_260_101
FEWEST = 30.0


def run(options: Options) -> Report:
    """Return coverage and median error for mixes of share counts, by what happened to the session."""
    count = 10_000 if options.is_quick else 40_000
    rows, bars = [], []
    for number, mix in enumerate(MIXES):
        counts = simulate_share_counts(count, SEED + number, expected_shares=mix)
        estimates = estimate(counts)
        for name, chosen in _list_kinds(counts):
            covered, error, shares = measure(estimates, counts.true_rate, counts.n, chosen)
            label = f"{mix[0]:g} to {mix[1]:g}" if name == "all" else ""
            error_text = f"{error:.3f}"
            rows.append((label, name, f"{chosen.sum():,}", f"{shares:.0f}", write_part(covered), error_text))
            if name != "all":
                continue
            # exact intervals of a handful of shares cover more than their level, whatever one does: stated, no bar
            is_asked = mix[0] >= FEWEST or mix == MIXES[0]
            is_covered = is_within(covered) if is_asked else None
            bars.append(Bar(f"coverage 94 to 96 %, {label} shares", f"{100 * covered:.2f} %", is_covered))
            bars.append(Bar(f"error × √shares ≤ {ERROR_BOUND:.3f}, {label} shares", error_text, error <= ERROR_BOUND))
    about = (
        f"{count:,} simulated sessions for each mix: half with changing difficulty, three in ten joined in the middle, "
        "three in ten with up to a fifth lost. Coverage is how often the 95 % interval holds the true rate; error is "
        "the median of |estimate / truth - 1| × √shares, which is 0.67 where only chance errs."
    )
    headings = ("expected shares", "sessions", "number", "median shares", "coverage", "error × √shares")
    return Report(TITLE, about, [Table(headings, rows)], bars)


def estimate(counts: ShareCounts) -> Estimates:
    """Return the rates that the pack's estimator gives for these counts."""
    ones = np.ones(len(counts.n))
    work = Work(counts.sum_w, counts.sum_w2, counts.max_w_in_force, counts.n.astype(np.float64), ones, ones)
    return estimate_rates(work, counts.observed_s * 1e6)


def measure(
    estimates: Estimates,
    truth: NDArray[np.float64],
    shares: NDArray[np.int64] | NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> tuple[float, float, float]:
    """Return coverage, median error × √shares, and the median number of shares.

    A session without any figure is one that is not covered; sessions without a share have no relative error.
    """
    covered = (estimates.low <= truth) & (truth <= estimates.high) & chosen
    errors = np.abs(estimates.best / truth - 1.0) * np.sqrt(shares)
    usable = chosen & (shares > 0) & np.isfinite(errors)
    return float(covered.sum() / chosen.sum()), float(np.median(errors[usable])), float(np.median(shares[chosen]))


def is_within(covered: float) -> bool:
    """Return whether a coverage is neither too small nor boastfully large."""
    return COVERAGE[0] <= covered <= COVERAGE[1]


def _list_kinds(counts: ShareCounts) -> list[tuple[str, NDArray[np.bool_]]]:
    return [
        ("all", np.ones(len(counts.n), dtype=np.bool_)),
        ("constant difficulty", ~counts.is_changing),
        ("changing difficulty", counts.is_changing),
        ("joined in the middle", counts.is_joined),
        ("part lost", counts.lost > 0),
    ]
