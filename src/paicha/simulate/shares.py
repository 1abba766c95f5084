"""Share counts of very many sessions at once: what an observer counts, and the hash rate that is true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECTIONS = 12
"""Sections of a session between which the difficulty may change."""


@dataclass(frozen=True, slots=True)
class ShareCounts:
    """What is counted in each session, one element per session.

    `true_rate` is in hashes a second; `observed_s` the connected seconds in which a share would have been seen (gaps
    in the capture and the time before it began are out of it). `n` shares have the summed work `sum_w`, the summed
    squares `sum_w2` and the largest work `max_w` among those seen (0 where none was); `max_w_in_force` is the largest
    work per share that was asked for while observed, whether or not a share came. `is_changing` tells sessions whose
    difficulty changes, `lost` the part of the connected time missing from the capture, `is_joined` those whose
    beginning is missing.
    """

    true_rate: NDArray[np.float64]
    observed_s: NDArray[np.float64]
    n: NDArray[np.int64]
    sum_w: NDArray[np.float64]
    sum_w2: NDArray[np.float64]
    max_w: NDArray[np.float64]
    max_w_in_force: NDArray[np.float64]
    is_changing: NDArray[np.bool_]
    is_joined: NDArray[np.bool_]
    lost: NDArray[np.float64]


def simulate_share_counts(
    n_sessions: int,
    seed: int,
    *,
    expected_shares: tuple[float, float] = (5.0, 3000.0),
    changing_part: float = 0.5,
    joined_part: float = 0.3,
    loss: tuple[float, float] = (0.0, 0.2),
    lossy_part: float = 0.3,
    duration_s: tuple[float, float] = (600.0, 86400.0),
) -> ShareCounts:
    """Return the counts of `n_sessions` sessions of known rate; shares are Poisson with mean rate × time / work.

    The expected shares are spread evenly on a logarithmic scale between the bounds given. Where the difficulty
    changes it does so as pools do, at the section's end and by what was found in it (times 1/4 to 4), or, in one of
    three such sessions, at random whatever was found.
    """
    rng = np.random.default_rng(seed)

    def draw(low: float, high: float) -> NDArray[np.float64]:
        return np.exp(rng.uniform(np.log(low), np.log(high), n_sessions))

    expected, duration, rate = draw(*expected_shares), draw(*duration_s), draw(1e2, 1e14)
    is_changing = rng.random(n_sessions) < changing_part
    is_random = is_changing & (rng.random(n_sessions) < 1 / 3)
    is_joined = rng.random(n_sessions) < joined_part
    lost = np.where(rng.random(n_sessions) < lossy_part, rng.uniform(*loss, n_sessions), 0.0)
    begin = np.where(is_joined, rng.uniform(0.0, 0.8, n_sessions), 0.0)
    work = rate * duration / expected * np.where(is_changing, draw(0.125, 8.0), 1.0)
    sums: dict[str, Any] = {name: np.zeros(n_sessions) for name in ("n", "w", "w2", "max", "force", "s")}
    wanted = expected / SECTIONS
    for section in range(SECTIONS):
        span = duration / SECTIONS
        # the part of this section that was captured: after joining, and outside gaps
        seen_s = span * np.clip((section + 1) - begin * SECTIONS, 0.0, 1.0) * (1.0 - lost)
        found = rng.poisson(rate * seen_s / work)
        missed = rng.poisson(rate * (span - seen_s) / work)
        sums["n"] += found
        sums["w"] += found * work
        sums["w2"] += found * work**2
        sums["max"] = np.where(found > 0, np.maximum(sums["max"], work), sums["max"])
        sums["force"] = np.where(seen_s > 0, np.maximum(sums["force"], work), sums["force"])
        sums["s"] += seen_s
        factor = np.clip((found + missed + 0.5) / (wanted + 0.5), 0.25, 4.0)
        factor = np.where(is_random, np.exp(rng.normal(0.0, 0.5, n_sessions)), factor)
        work = np.where(is_changing, work * factor, work)
    return ShareCounts(
        rate, sums["s"], sums["n"].astype(np.int64), sums["w"], sums["w2"], sums["max"], sums["force"], is_changing,
        is_joined, lost,
    )  # fmt: skip
