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
    from paicha.simulate.truth import SessionTruth

TITLE = "Hash rate from packets"
KINDS = ("constant", "changing", "lost segments", "joined in the middle")
PROFILES = (
    "bitcoin-asic", "monero", "zcash", "ethproxy", "litecoin", "ravencoin", "kaspa", "ergo", "nicehash-etchash",
    "alephium", "ironfish", "etchash-2",
)  # fmt: skip
START_US = 1_750_000_000_000_000
SEED = 7
Found: TypeAlias = tuple[float, float, float, float]
Pair: TypeAlias = tuple[float, Found]
"""The true rate, and what was found: low, best, high and shares."""
UNKNOWN: Found = (math.nan, math.nan, math.nan, math.nan)


def run(options: Options) -> Report:
    """Return coverage and median error by kind of session, over whole screenings."""
    count = 60 if options.is_quick else 300
    rows, everything = [], []
    for kind in KINDS:
        truths, found = _screen_kind(kind, count)
        pairs = [(truth.hash_rate, found.get(truth.client, UNKNOWN)) for truth in truths]
        everything += pairs
        rows.append(_write_row(kind, pairs))
    rows.append(_write_row("all", everything))
    known = [pair for pair in everything if pair[1] is not UNKNOWN]
    covered, error, _ = _measure(known)
    # chance alone moves the coverage of so many sessions by about as much as the bar allows
    spread = 2 * math.sqrt(0.95 * 0.05 / len(known))
    is_covered = is_within(covered) or abs(covered - 0.95) <= spread
    bars = [
        Bar(f"coverage 94 to 96 % (± {100 * spread:.1f} % by chance)", write_part(covered), is_covered),
        Bar(f"error × √shares ≤ {ERROR_BOUND:.3f}", f"{error:.3f}", error <= ERROR_BOUND),
    ]
    about = (
        f"{count} sessions of each kind, miners of {len(PROFILES)} coins and dialects in turn, packet by packet into "
        "one capture, screened as a whole; rates and shares are those printed. Coverage is over sessions with a figure."
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


def _screen_kind(kind: str, count: int) -> tuple[list[SessionTruth], dict[str, Found]]:
    rng = random.Random(SEED)
    sessions = [simulate_session(plan(kind, number, rng), SEED + number) for number in range(count)]
    packets = sorted((packet for packets, _ in sessions for packet in packets), key=lambda packet: packet.time_us)
    name = kind.replace(" ", "-")
    DATA.mkdir(parents=True, exist_ok=True)
    path, output = DATA / f"sessions-{name}.pcap", DATA / f"sessions-{name}.json"
    write_capture(path, packets)
    screen(path, output=output)
    return [truth for _, truth in sessions], read_rates(json.loads(output.read_text()))


def read_rates(document: dict[str, Any]) -> dict[str, Found]:
    """Return the interval of the hash rate, and the shares, of each client that a screening printed."""
    rates: dict[str, Found] = {}
    for finding in document["findings"]:
        rate, evidence = finding["measures"].get("hash_rate"), finding["evidence"]
        if rate and evidence.get("client") and finding["counted_in"] is None:
            rates[evidence["client"]] = (rate["low"], rate["best"], rate["high"], float(evidence["shares_submitted"]))
    return rates
