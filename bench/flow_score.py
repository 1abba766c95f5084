"""The score of flow records alone: leave one source out, sampled and cut records, lookalikes, speed."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import beta

from bench.exported import Seen, export, read_packets, take_packets
from bench.fit import CARDS, add_points, find_bins, fit_card, place_values, read_card
from bench.flow_sessions import (
    describe_flows,
    is_pool,
    list_connections,
    list_findings,
    read_sessions,
    tell_truth,
)
from bench.flow_speed import measure_speed
from bench.inputs import CAPTURES
from bench.results import Bar, Report, Table, write_part
from bench.timing import FailedCommandError
from paicha.packs.traffic.policy import FlowShapePolicy
from paicha.packs.traffic.scores.scorecard import STEP, Scorecard
from paicha.simulate.quiet.sessions import draw_sessions
from paicha.simulate.wire.segments import send_messages

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.results import Options

TITLE = "Flow records alone"
LEAST_HOURS = 600 / 3600
JUDGED_FROM = 30
LEAST_RECALL, MOST_FALSE = 0.90, 0.005
TRAINING_RECALL = 0.95
"""Of the miners that thresholds are fixed on so many are to be found; more than the bar asks for, to leave room."""

BASE_RATES = (1e-3, 1e-4, 1e-5, 1e-6)
TIMEOUTS = ((1800, 60), (300, 60), (60, 60), (300, 15))
SAMPLINGS = (1, 100, 1000)
SAMPLED_HEADINGS = ("sampling", "timeouts, s", "mining", "found", "missed", "cannot judge", "would suffice")
EVERY_PROTOCOL = tuple(range(256))


LOOKALIKES = (
    "Lookalikes are no part of training or thresholds. Their shares show what such a list is: a quiet, lasting "
    "connection of small messages cannot be told from mining by its totals, so it stays possible and is ranked."
)


@dataclasses.dataclass(frozen=True, slots=True)
class Tally:
    """Sessions of one source: mining ones and those found, ordinary ones and those taken for mining."""

    source: str
    threshold: float
    mining: int
    found: int
    ordinary: int
    taken: int


def run(options: Options) -> Report:
    """Return recall and false positives per source, precision, sampled recall, lookalikes and the pace."""
    about = (
        "Real miners and real ordinary connections of ten minutes and more, payload and ports withheld, each source "
        "scored by points and a threshold fixed without it. A session is one connection, in folders of nfcapd files "
        "what the files hold of it. Exact 95 % intervals (Clopper and Pearson). Sources with fewer than 30 mining "
        "sessions are reported, not judged."
    )
    if not CAPTURES.is_dir():
        return Report(TITLE, about, [], [Bar("real captures", "they are not beside the project", None)])
    tallies = list(leave_out_each())
    counts = ("mining", "found", "ordinary", "taken")
    pooled = Tally("pooled", 0, *(sum(getattr(tally, name) for tally in tallies) for name in counts))
    recall, false = pooled.found / pooled.mining, pooled.taken / pooled.ordinary
    bars = [
        Bar("pooled recall ≥ 0.90", write_share(pooled.found, pooled.mining), recall >= LEAST_RECALL),
        Bar("false-positive rate ≤ 0.005", write_share(pooled.taken, pooled.ordinary), false <= MOST_FALSE),
    ]
    told = list_findings(FlowShapePolicy())
    bars.append(
        Bar("findings on ordinary captures and logs ≤ 0.5 % of their sessions", f"{told} of {pooled.ordinary}",
            told <= MOST_FALSE * pooled.ordinary)
    )  # fmt: skip
    tables = [
        Table(("source", "threshold", "mining, found", "recall", "ordinary, taken", "false positives"),
              [write_tally(t) for t in (*tallies, pooled)]),
        Table(("base rate", "precision"), list_precisions(pooled)),
    ]  # fmt: skip
    try:
        tables.append(Table(SAMPLED_HEADINGS, list_sampled()))
    except FailedCommandError as error:
        bars.append(Bar("sampled records", str(error), None))
    headings = ("lookalikes (simulated)", "sessions", "as one record", "in pieces of 300 s")
    tables.append(Table(headings, list_lookalikes(options)))
    speed, bar = measure_speed(options)
    notes = (
        "Ordinary sessions are counted over all protocols; only TCP is judged (`policy.flow_shape.protocols`).",
        LOOKALIKES,
    )
    return Report(TITLE, about, [*tables, speed], [*bars, bar], notes)


def leave_out_each() -> Iterator[Tally]:
    """Yield of every source what points and threshold make of it that were fixed without it."""
    training, judged = read_sessions(), list_judged()
    card = read_card(CARDS / "flows.toml")
    sources = sorted(set(judged.column("source").to_pylist()))
    for source in sources:
        rest = find_bins(training.filter(pc.not_equal(training.column("source"), source)), card)
        fitted = fit_card(card, rest)
        threshold = fix_threshold(fitted, training, source)
        own = judged.filter(pc.equal(judged.column("source"), source))
        is_told = tell(own, fitted, threshold)
        mining = own.column("is_mining").to_numpy(zero_copy_only=False)
        yield Tally(source, threshold, int(mining.sum()), int((mining & is_told).sum()), int((~mining).sum()),
                    int((~mining & is_told).sum()))  # fmt: skip


@cache
def list_judged() -> pa.Table:
    """Return the real sessions of ten minutes and more of every protocol, with source and truth."""
    policy = FlowShapePolicy(min_seconds=600, protocols=EVERY_PROTOCOL, between_insiders=True, piece_seconds=0)
    return tell_truth(describe_flows(list_connections(), policy))


def fix_threshold(card: Scorecard, training: pa.Table, left_out: str | None) -> float:
    """Return the greatest threshold that finds 95 % of the mining sessions of ten minutes of the other sources."""
    hours = training.column("connected_hours").to_numpy()
    chosen = training.column("is_mining").to_numpy(zero_copy_only=False) & (hours >= LEAST_HOURS)
    chosen &= np.asarray(training.column("source").to_pylist()) != left_out
    scores = np.sort(add_points(card, place_values(training, card))[chosen])
    return float(np.floor(scores[int(len(scores) * (1 - TRAINING_RECALL))] / STEP) * STEP)


def tell(shapes: pa.Table, card: Scorecard, threshold: float) -> np.ndarray:
    """Return which exactly known sessions the rule would tell of."""
    enough = shapes.column("is_enough").to_numpy(zero_copy_only=False)
    is_tcp = shapes.column("protocol").to_numpy() == FlowShapePolicy().protocols[0]
    return enough & is_tcp & (add_points(card, place_values(shapes, card)) >= threshold)


def bound_share(part: int, whole: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, part, whole - part + 1)) if part else 0.0
    high = float(beta.ppf(0.975, part + 1, whole - part)) if part < whole else 1.0
    return low, high


def write_share(part: int, whole: int) -> str:
    """Return a share of so many with its interval."""
    if not whole:
        return "none"
    low, high = bound_share(part, whole)
    return f"{part / whole:.3f} ({low:.3f} to {high:.3f})"


def write_tally(tally: Tally) -> tuple[str, ...]:
    """Return a row of the table of sources."""
    is_judged = tally.mining >= JUDGED_FROM or tally.source == "pooled"
    recall = write_share(tally.found, tally.mining) + ("" if is_judged or not tally.mining else ", not judged")
    threshold = f"{tally.threshold:g}" if tally.source != "pooled" else ""
    return (tally.source, threshold, f"{tally.mining}, {tally.found}", recall, f"{tally.ordinary}, {tally.taken}",
            write_share(tally.taken, tally.ordinary))  # fmt: skip


def list_precisions(pooled: Tally) -> list[tuple[str, str]]:
    """Return precision by base rate, with the upper end of the false-positive rate."""
    recall, (_, worst) = pooled.found / pooled.mining, bound_share(pooled.taken, pooled.ordinary)
    rows = []
    for rate in BASE_RATES:
        precision = recall * rate / (recall * rate + worst * (1 - rate))
        rows.append((f"{rate:g}", f"≥ {precision:.4f}" if worst <= rate else f"not shown (bound {worst:.4f})"))
    return rows


def list_sampled() -> list[tuple[str, ...]]:
    """Return how many sessions of real miners are found in records that an exporter samples and cuts."""
    whole = read_packets(sorted(p for p in (CAPTURES / "mining").rglob("*.pcap*")))
    long = find_long_pools(whole)
    rows = []
    for sampling in SAMPLINGS:
        seen = whole.sample(sampling, 1) if sampling > 1 else whole
        for active, inactive in TIMEOUTS:
            told, few, hours = judge_records(export(seen, active, inactive, sampling), long)
            missed = len(long) - len(told) - len(few)
            enough = f"{np.median(hours):,.0f} h (median)" if hours else ""
            rows.append((f"1:{sampling}", f"{active}, {inactive}", str(len(long)), write_part(len(told) / len(long)),
                         write_part(missed / len(long)), write_part(len(few) / len(long)), enough))  # fmt: skip
    return rows


def find_long_pools(seen: Seen) -> set[tuple[str, str, int, int]]:
    """Return the connections with pools of ten minutes and more: site, client, its port, the server's."""
    whole = export(seen, 1e9, 600)
    return {
        (row["site"], row["client_ip"], row["client_port"], row["server_port"])
        for row in whole.to_pylist()
        if is_pool(row["site"], row["server_port"]) and row["ended"] - row["started"] >= LEAST_HOURS * 3.6e9
    }


def judge_records(flows: pa.Table, long: set[tuple[str, str, int, int]]) -> tuple[set[str], set[str], list[float]]:
    """Return which connections are told, which cannot be judged, and for how many hours these had to be connected.

    A sampled connection that is not told cannot be judged below `policy.flow_shape.sampled_packets` packets.
    """
    ends = (flows.column(name).to_pylist() for name in ("site", "client_ip", "client_port", "server_port"))
    names = ["|".join(map(str, row)) for row in zip(*ends, strict=True)]
    wanted = {"|".join(map(str, one)) for one in long}
    flows = flows.set_column(0, "site", pa.array(names, pa.string()))
    flows = flows.filter(pc.is_in(flows.column("site"), pa.array(sorted(wanted), pa.string())))
    policy = FlowShapePolicy(between_insiders=True)
    shapes = describe_flows(flows, policy)
    told = set(list_findings(policy, shapes=shapes, names=True))
    if not flows.num_rows or pc.max(flows.column("sampling")).as_py() <= 1:
        return told, set(), []
    seen = {row["site"]: row["packets_out"] + row["packets_in"] for row in shapes.to_pylist()}
    few = {name for name in wanted - told if seen.get(name, 0) < policy.sampled_packets}
    return told, few, [row["hours_needed"] for row in shapes.to_pylist() if row["site"] in few]


def list_lookalikes(options: Options) -> list[tuple[str, ...]]:
    """Return by class of simulated quiet connections the part that is told."""
    drawn = draw_sessions(3_000 if options.is_quick else 20_000, 20_261_121)
    seen = take_packets(drawn.connections, send_messages(drawn.connections, drawn.messages, 1), "quiet")
    names = np.array(drawn.name_classes())
    is_tcp = drawn.connections.protocol == FlowShapePolicy().protocols[0]
    policy = FlowShapePolicy(between_insiders=True)
    told = []
    for active, inactive in ((1e9, 300), (300, 60)):
        sites = list_findings(policy, shapes=describe_flows(export(seen, active, inactive), policy), names=True)
        told.append(np.isin(np.arange(len(names)), [int(site.split("|")[1]) for site in sites]))
    rows = [
        (name, str(int(chosen.sum())), *(write_part(found[chosen].mean()) for found in told))
        for name in sorted(set(names[is_tcp].tolist()))
        if (chosen := names == name).any()
    ]
    return [*rows, ("all", str(len(names)), *(write_part(found.mean()) for found in told))]
