"""Shares counted from sizes alone beside those read in the payload of the same capture."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.behaviour import HIDDEN
from bench.behaviour_sessions import are_captures_here, measure
from bench.flow_score import write_share
from bench.quiet_profiles import read_hidden
from bench.real_profiles import read_real
from bench.results import Bar, Report, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from bench.results import Options

TITLE = "Shares from sizes alone"
ABOUT = (
    "Every capture in whose clear text 100 shares or more were read: the shares of all its connections by sizes and "
    "times of packets, beside those in the payload. Connections that lived less than two minutes have no profile and "
    "count as missed. Simulated miners that hide stand apart; Stratum V2 is counted by sizes of encrypted frames, its "
    "acknowledgements, jobs, blocks and retargets too."
)
LEAST, WITHIN = 100, 0.02
FRAMES = {"shares": "shares", "jobs": "jobs and blocks", "blocks": "blocks", "retargets": "retargets"}
"""Kinds of frames and what they are compared with: the truth counts a new block as a piece of work, too."""


def run(options: Options) -> Report:
    """Return counts by capture, and by kind of hidden miner how many counts are within 2 %."""
    if not are_captures_here():
        return Report(TITLE, ABOUT, [], [Bar("real captures", "they are not beside the project", None)])
    rows, errors = compare_real()
    right = sum(error <= WITHIN for error in errors.values())
    worst = max(errors, key=lambda name: errors[name], default="none")
    profiles = read_hidden(HIDDEN // 10 if options.is_quick else HIDDEN)
    hidden, second = compare_hidden(profiles), compare_frames(profiles)
    bars = [
        Bar(f"within 2 % on ≥ 95 % of captures of ≥ {LEAST} shares",
            f"{write_share(right, len(errors))}, worst {worst} ({100 * errors.get(worst, 0.0):.2f} %)",
            right >= 0.95 * len(errors)),
        *(
            Bar(f"Stratum V2, simulated: {name} within 2 % (or two) in ≥ 95 %", write_share(fine, n), fine >= 0.95 * n)
            for name, fine, n in second
        ),
    ]  # fmt: skip
    headings = ("capture", "in the payload", "from sizes", "error")
    simulated = Table(("hidden miners, simulated", "sessions", "within 2 %"), hidden)
    return Report(TITLE, ABOUT, [Table(headings, rows), simulated], bars)


def compare_real() -> tuple[list[tuple[object, ...]], dict[str, float]]:
    """Return a row for every capture with shares enough, and its relative error."""
    sessions = read_real("mining_sessions")
    truth, counted = Counter[str](), Counter[str]()
    names = ("site", "server_ip", "server_port", "shares_submitted", "shares_duplicate")
    pools = set()
    for site, server, port, submitted, again in zip(*(sessions.column(n).to_pylist() for n in names), strict=True):
        truth[site] += submitted + again
        pools.add((site, server, port))
    shapes = measure(read_real("profiles"))
    columns = ("site", "server_ip", "server_port", "shares_from_sizes")
    for site, server, port, shares in zip(*(shapes.column(n).to_pylist() for n in columns), strict=True):
        if shares and (site, server, port) in pools:
            counted[site] += shares["best"]
    rows: list[tuple[object, ...]] = []
    errors = {}
    for site, number in sorted(truth.items()):
        if number >= LEAST:
            errors[site] = abs(counted[site] / number - 1)
            rows.append((site, f"{number:,}", f"{counted[site]:,.0f}", f"{100 * errors[site]:.2f} %"))
    return rows, errors


def compare_hidden(profiles: pa.Table) -> list[tuple[object, ...]]:
    """Return by kind of hidden miner how many sessions, seen from their beginning, have their shares counted right."""
    shares = measure(profiles).column("shares_from_sizes").to_pylist()
    rows: dict[str, list[bool]] = {}
    names = ("true_class", "true_shares", "joined")
    for (name, truth, joined), count in zip(
        zip(*(profiles.column(n).to_pylist() for n in names), strict=True), shares, strict=True
    ):
        if truth >= LEAST and not joined:
            rows.setdefault(name, []).append(abs((count or {"best": 0})["best"] / truth - 1) <= WITHIN)
    return [(name, len(right), write_share(sum(right), len(right))) for name, right in sorted(rows.items())]


def compare_frames(profiles: pa.Table) -> list[tuple[str, int, int]]:
    """Return for each kind of frame how many sessions of Stratum V2 have it counted within 2 % or two, and how many."""
    frames = measure(profiles).column("frames").to_pylist()
    answer = []
    for name, words in FRAMES.items():
        numbers = profiles.column(f"true_{name}").to_pylist()
        pairs = []
        for one, number in zip(frames, numbers, strict=True):
            if one:
                more = one["blocks"]["best"] if name == "jobs" else 0.0
                pairs.append((one[name]["best"] + more, number))
        # the work that opens a channel is no new block, and may come in one segment with the answer
        fine = sum(abs(count - number) <= max(2.0, WITHIN * number) for count, number in pairs)
        answer.append((words, fine, len(pairs)))
    return answer
