"""Mining by sizes and times of packets alone: recall and false positives by source; quiet sessions by class."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from bench.behaviour_sessions import MIN_SECONDS, are_captures_here, measure, read_sessions
from bench.fit import CARDS, add_points, find_bins, fit_card, place_values
from bench.flow_score import bound_share, write_share
from bench.quiet_profiles import read_hidden, read_quiet
from bench.results import Bar, Report, Table
from paicha.packs.traffic.policy import BehaviourPolicy
from paicha.packs.traffic.scores.scorecard import read_card

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from bench.results import Options
    from paicha.packs.traffic.scores.scorecard import Scorecard

TITLE = "Behaviour: sizes and times of packets alone"
ABOUT = (
    "Neither payload nor addresses nor ports are looked at: only the table of profiles. A session counts that lasted "
    "ten minutes. The packaged points follow from the protocols and are fitted to nothing, so that every source is one "
    "that they were not built from; beside them stand points fitted to all other sources. Thresholds are those of the "
    "policy, the same for all. Intervals are exact at 95 % (Clopper and Pearson)."
)
QUIET, HIDDEN = 1_000_000, 700
RATES = (1e-3, 1e-4, 1e-5, 1e-6)
JUDGED = 30
LOOKED_AT = 66
"""Batches of simulated ordinary sessions that were looked at while signs and thresholds were chosen."""
POLICY = BehaviourPolicy()


@dataclass(frozen=True, slots=True)
class Tally:
    """Sessions of one source, and how many of them reached a grade."""

    source: str
    is_mining: bool
    sessions: int
    possible: int
    likely: int
    fitted: int
    """Possible with points fitted to the other sources."""


def run(options: Options) -> Report:
    """Return recall and false positives by source, and what simulated sessions, ordinary and hidden, are taken for."""
    if not are_captures_here():
        return Report(TITLE, ABOUT, [], [Bar("real captures", "they are not beside the project", None)])
    card = read_card(CARDS / "behaviour.toml")
    tallies = list(leave_out_each(card))
    quiet = Counter[tuple[str, str]]()
    drawn = Counter[str]()
    unseen, unseen_likely = 0, 0
    batches = measure_quiet(QUIET // 100 if options.is_quick else QUIET)
    for number, (shapes, counts, classes) in enumerate(batches):
        drawn.update(counts)
        scores = rate_shapes(shapes, card)
        for grade, least in (("possible", POLICY.possible_score), ("likely", POLICY.likely_score)):
            quiet.update((grade, one) for one in np.asarray(classes)[scores >= least].tolist())
        if number >= LOOKED_AT:
            unseen += sum(counts.values())
            unseen_likely += int((scores >= POLICY.likely_score).sum())
    note = (
        f"Signs and thresholds were chosen while the first {LOOKED_AT} batches of simulated ordinary sessions were "
        f"looked at. Of the {unseen:,} sessions in the batches after these, {unseen_likely} are likely."
    )
    tables = [
        write_sources(tallies),
        write_hidden(card, HIDDEN // 10 if options.is_quick else HIDDEN),
        write_quiet(drawn, quiet),
        write_precisions(tallies, drawn, quiet),
    ]
    return Report(TITLE, ABOUT, tables, list_bars(tallies, drawn, quiet), [note])


def leave_out_each(card: Scorecard) -> Iterator[Tally]:
    """Yield the tally of every source, judged by the packaged card and by one fitted to the other sources."""
    sessions = read_sessions()
    sources = np.asarray(sessions.column("source").to_pylist())
    is_mining = sessions.column("is_mining").to_numpy(zero_copy_only=False)
    scores = rate_shapes(sessions, card)
    for source in sorted(set(sources.tolist())):
        is_left_out = sources == source
        fitted = fit_card(card, find_bins(sessions.filter(pa.array(~is_left_out)), card))
        own = rate_shapes(sessions, fitted)
        for kind in (True, False):
            rows = is_left_out & (is_mining == kind)
            if rows.any():
                reached = [
                    int((values[rows] >= least).sum())
                    for values, least in (
                        (scores, POLICY.possible_score), (scores, POLICY.likely_score), (own, POLICY.possible_score),
                    )
                ]  # fmt: skip
                yield Tally(source, kind, int(rows.sum()), *reached)


def rate_shapes(shapes: pa.Table, card: Scorecard) -> NDArray[np.float64]:
    """Return the score of every row."""
    return add_points(card, place_values(shapes, card))


def measure_quiet(sessions: int) -> Iterator[tuple[pa.Table, dict[str, int], list[str]]]:
    """Yield shapes, drawn sessions by class, and the class of each shape, batch by batch."""
    for profiles, drawn in read_quiet(sessions):
        yield measure(profiles), drawn, profiles.column("true_class").to_pylist()


def write_sources(tallies: list[Tally]) -> Table:
    """Return the tallies of all sources, mining first."""
    rows = [
        (
            one.source, "mining" if one.is_mining else "ordinary", one.sessions,
            write_share(one.possible, one.sessions), write_share(one.likely, one.sessions),
            write_share(one.fitted, one.sessions),
        )
        for one in sorted(tallies, key=lambda one: (not one.is_mining, one.source))
    ]  # fmt: skip
    return Table(
        ("source", "sessions are", "number", "possible or above", "likely", "possible, fitted to the others"), rows
    )


def write_hidden(card: Scorecard, sessions: int) -> Table:
    """Return what simulated hidden miners are taken for: a source of its own, trained on by nothing."""
    profiles = read_hidden(sessions)
    shapes = measure(profiles)
    scores = rate_shapes(shapes, card)
    classes = np.asarray(profiles.column("true_class").to_pylist())
    is_long = shapes.column("lived").to_numpy() >= MIN_SECONDS
    rows = []
    for name in sorted(set(classes.tolist())):
        chosen = (classes == name) & is_long
        number = int(chosen.sum())
        possible, likely = (
            int((scores[chosen] >= least).sum()) for least in (POLICY.possible_score, POLICY.likely_score)
        )
        rows.append((f"simulated, {name}", number, write_share(possible, number), write_share(likely, number)))
    return Table(("hidden miners", "number", "possible or above", "likely"), rows)


def write_quiet(drawn: Counter[str], quiet: Counter[tuple[str, str]]) -> Table:
    """Return how many simulated ordinary sessions of each class reach a grade."""
    rows = [
        (name, f"{number:,}", write_share(quiet["possible", name], number), write_share(quiet["likely", name], number))
        for name, number in sorted(drawn.items())
    ]
    total = drawn.total()
    sums = [sum(count for (grade, _), count in quiet.items() if grade == word) for word in ("possible", "likely")]
    rows.append(("all", f"{total:,}", write_share(sums[0], total), write_share(sums[1], total)))
    return Table(("simulated ordinary class", "number", "possible or above", "likely"), rows)


def write_precisions(tallies: list[Tally], drawn: Counter[str], quiet: Counter[tuple[str, str]]) -> Table:
    """Return the precision at base rates, with the upper bound of the false-positive rate."""
    mining = [one for one in tallies if one.is_mining]
    ordinary = [one for one in tallies if not one.is_mining]
    sessions = sum(one.sessions for one in mining)
    likely = sum(count for (grade, _), count in quiet.items() if grade == "likely")
    cases = (
        (
            "possible, real ordinary sessions", sum(one.possible for one in mining) / sessions,
            bound_share(sum(one.possible for one in ordinary), sum(one.sessions for one in ordinary))[1],
        ),
        (
            "likely, simulated ordinary sessions", sum(one.likely for one in mining) / sessions,
            bound_share(likely, drawn.total())[1],
        ),
    )  # fmt: skip
    rows = []
    for name, recall, bound in cases:
        cells = [
            "not shown" if bound > rate else f"{100 * rate * recall / (rate * recall + (1 - rate) * bound):.1f} %"
            for rate in RATES
        ]
        rows.append((name, f"{recall:.3f}", f"{bound:.2g}", *cells))
    headings = ("grade, false positives from", "recall", "bound", *(f"precision at {rate:g}" for rate in RATES))
    return Table(headings, rows)


def list_bars(tallies: list[Tally], drawn: Counter[str], quiet: Counter[tuple[str, str]]) -> list[Bar]:
    """Return the bars on recall, real ordinary sessions and simulated ones."""
    mining = [one for one in tallies if one.is_mining]
    ordinary = [one for one in tallies if not one.is_mining]
    sessions, found = sum(one.sessions for one in mining), sum(one.possible for one in mining)
    fitted = sum(one.fitted for one in mining)
    others, wrong = sum(one.sessions for one in ordinary), sum(one.possible for one in ordinary)
    judged = [one for one in mining if one.sessions >= JUDGED]
    least = min((one.possible / one.sessions for one in judged), default=1.0)
    likely = sum(count for (grade, _), count in quiet.items() if grade == "likely")
    return [
        Bar("pooled recall ≥ 0.98, payload and ports withheld", write_share(found, sessions), found >= 0.98 * sessions),
        Bar("the same, points fitted without the source", write_share(fitted, sessions), fitted >= 0.98 * sessions),
        Bar(f"no source of ≥ {JUDGED} sessions below 0.95", f"{least:.3f} ({len(judged)} judged)", least >= 0.95),
        Bar("≤ 1 in 1,000 real ordinary sessions possible", write_share(wrong, others), wrong <= others / 1000),
        Bar("no real ordinary session likely", f"{sum(one.likely for one in ordinary)} of {others}",
            not any(one.likely for one in ordinary)),
        Bar("< 10 of 1,000,000 simulated ordinary sessions likely", f"{likely} of {drawn.total():,}",
            likely < 10 * drawn.total() / QUIET),
    ]  # fmt: skip
