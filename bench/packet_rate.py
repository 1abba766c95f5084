"""Coverage and error of hash rates end to end: simulated packets, screened as captures, as printed in the JSON."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from bench.hash_rate import ERROR_BOUND, is_within, measure
from bench.inputs import DATA
from bench.results import Bar, Report, Table, write_part
from bench.timing import screen
from paicha.packs.traffic.derivations.estimates import Estimates
from paicha.simulate.captures import write_capture
from paicha.simulate.conversations import NO_FAULTS
from paicha.simulate.miners import plan_miner, simulate_session

if TYPE_CHECKING:
    from bench.results import Options
    from paicha.simulate.dialects.contract import MinerSpec

TITLE = "Hash rate from packets"
KINDS = ("constant", "changing", "lost segments", "joined in the middle")
PROFILES = (
    "bitcoin-asic", "monero", "zcash", "ethproxy", "litecoin", "ravencoin", "kaspa", "ergo", "nicehash-etchash",
    "alephium", "ironfish", "etchash-2",
)  # fmt: skip
START_US = 1_750_000_000_000_000
SEED = 7
BATCH = 250
Found: TypeAlias = tuple[float, float, float, float]
Pair: TypeAlias = tuple[float, Found]
"""The true rate, and what was found: low, best, high and shares."""
UNKNOWN: Found = (math.nan, math.nan, math.nan, math.nan)


def run(options: Options) -> Report:
    """Return coverage and median error by kind of session, over whole screenings."""
    count = 60 if options.is_quick else 2500
    rows, everything = [], []
    for kind in KINDS:
        pairs = [pair for numbers in _cut(count) for pair in _screen_kind(kind, numbers)]
        everything += pairs
        rows.append(_write_row(kind, pairs))
    rows.append(_write_row("all", everything))
    known = [pair for pair in everything if pair[1] is not UNKNOWN]
    covered, error, _ = _measure(known)
    bars = [
        Bar("coverage 94 to 96 %", write_part(covered), is_within(covered)),
        Bar(f"error × √shares ≤ {ERROR_BOUND:.3f}", f"{error:.3f}", error <= ERROR_BOUND),
    ]
    about = (
        f"{count:,} sessions of each kind, miners of {len(PROFILES)} coins and dialects in turn, packet by packet into "
        f"captures of up to {BATCH} sessions, each screened as a whole; rates, and the shares that they rest on, are "
        "those printed. Coverage is over sessions with a figure."
    )
    headings = ("sessions", "number", "median shares", "without a figure", "coverage", "error × √shares")
    return Report(TITLE, about, [Table(headings, rows)], bars)


def _write_row(name: str, pairs: list[Pair]) -> tuple[str, ...]:
    known = [pair for pair in pairs if pair[1] is not UNKNOWN]
    covered, error, shares = _measure(known)
    unknown = len(pairs) - len(known)
    return (name, f"{len(pairs):,}", f"{shares:.0f}", f"{unknown}", write_part(covered), f"{error:.3f}")


def _measure(pairs: list[Pair]) -> tuple[float, float, float]:
    rates = np.array([rate for rate, _ in pairs])
    low, best, high, shares = (np.array(column) for column in zip(*(found for _, found in pairs), strict=True))
    return measure(Estimates(low, best, high), rates, shares, np.ones(len(pairs), dtype=np.bool_))


def plan(kind: str, number: int, rng: random.Random) -> MinerSpec:
    """Return a miner of this kind with 20 to 500 shares expected."""
    profile = PROFILES[number % len(PROFILES)]
    client = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    spec = plan_miner(profile, rng, client=client, server="203.0.113.9", start_us=START_US)
    rate = spec.hash_rate * math.exp(rng.uniform(-1.0, 1.0))
    shares = math.exp(rng.uniform(math.log(20), math.log(500)))
    duration = shares * spec.share_interval_s
    spec = replace(spec, hash_rate=rate, duration_s=duration, job_interval_s=max(spec.job_interval_s, duration / 60))
    if kind == "changing":
        return replace(spec, policy="vardiff", work=rate * spec.share_interval_s * math.exp(rng.uniform(-2.0, 2.0)))
    if kind == "lost segments":
        return replace(spec, faults=replace(NO_FAULTS, unseen=0.05, retransmitted=0.02, swapped=0.01, late=0.01))
    if kind == "joined in the middle":
        joined = START_US + round(duration * rng.uniform(0.05, 0.6) * 1e6)
        return replace(spec, policy="vardiff", faults=replace(NO_FAULTS, joined_us=joined))
    return spec


def _cut(count: int) -> list[range]:
    """Return the numbers of all sessions in batches that fit into memory."""
    return [range(begin, min(begin + BATCH, count)) for begin in range(0, count, BATCH)]


def _screen_kind(kind: str, numbers: range) -> list[Pair]:
    rng = random.Random(f"{SEED} {numbers.start}")
    sessions = [simulate_session(plan(kind, number, rng), SEED + number) for number in numbers]
    packets = sorted((packet for packets, _ in sessions for packet in packets), key=lambda packet: packet.time_us)
    name = kind.replace(" ", "-")
    DATA.mkdir(parents=True, exist_ok=True)
    path, output = DATA / f"sessions-{name}.pcap", DATA / f"sessions-{name}.json"
    write_capture(path, packets)
    screen(path, output=output)
    found = read_rates(json.loads(output.read_text()))
    return [(truth.hash_rate, found.get(truth.client, UNKNOWN)) for _, truth in sessions]


def read_rates(document: dict[str, Any]) -> dict[str, Found]:
    """Return the interval of the hash rate and the shares that it rests on, as printed, of each client."""
    rates: dict[str, Found] = {}
    for finding in document["findings"]:
        rate, evidence = finding["measures"].get("hash_rate"), finding["evidence"]
        if rate and evidence.get("client") and finding["counted_in"] is None:
            rates[evidence["client"]] = (rate["low"], rate["best"], rate["high"], float(evidence["shares_valued"]))
    return rates
