"""Coverage and error of hash rates end to end: simulated packets, screened as captures, as printed in the JSON."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.hash_rate import ERROR_BOUND, is_within, measure
from bench.inputs import DATA, make_file
from bench.results import Bar, Report, Table, write_part
from bench.timing import screen
from paicha.packs.traffic.derivations.estimates import Estimates
from paicha.simulate.captures import write_capture
from paicha.simulate.conversations import NO_FAULTS
from paicha.simulate.miners import plan_miner, simulate_session

if TYPE_CHECKING:
    from pathlib import Path

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


def run(options: Options) -> Report:
    """Return coverage and median error by kind of session and by miner, over whole screenings."""
    count = 60 if options.is_quick else 600
    rows, bars = [], []
    for kind in KINDS:
        truths, found = _screen_kind(kind, count)
        rates = np.array([truth.hash_rate for truth in truths])
        figures = [found.get(truth.client, (math.nan,) * 3) for truth in truths]
        estimates = Estimates(*(np.array(column) for column in zip(*figures, strict=True)))
        shares = np.array([truth.submitted for truth in truths])
        everything = np.ones(count, dtype=np.bool_)
        covered, error, middle = measure(estimates, rates, shares, everything & estimates.known)
        unknown = int(count - estimates.known.sum())
        rows.append((kind, f"{count}", f"{middle:.0f}", f"{unknown}", write_part(covered), f"{error:.3f}"))
        spread = 2 * math.sqrt(0.95 * 0.05 / max(1, count - unknown))
        # chance alone moves the coverage of a few hundred sessions by more than the bar allows
        fair = is_within(covered) or abs(covered - 0.95) <= spread
        bars.append(Bar(f"{kind}: coverage 94 to 96 % (± {100 * spread:.1f} % by chance)", write_part(covered), fair))
        bars.append(Bar(f"{kind}: error × √shares ≤ {ERROR_BOUND:.3f}", f"{error:.3f}", error <= ERROR_BOUND))
    about = (
        f"{count} sessions of each kind, miners of {len(PROFILES)} coins and dialects in turn, packet by packet into one "
        "capture, screened as a whole; the rates are those printed. Coverage is over sessions with a figure; shares are "
        "those the miner sent, seen or not."
    )
    headings = ("sessions", "number", "median shares sent", "without a figure", "coverage", "error × √shares")
    return Report(TITLE, about, [Table(headings, rows)], bars)


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


def _screen_kind(kind: str, count: int) -> tuple[list[SessionTruth], dict[str, tuple[float, float, float]]]:
    rng = random.Random(SEED)
    sessions = [simulate_session(plan(kind, number, rng), SEED + number) for number in range(count)]
    packets = sorted((packet for packets, _ in sessions for packet in packets), key=lambda packet: packet.time_us)
    name = kind.replace(" ", "-")
    path = DATA / f"sessions-{name}-{count}.pcap"
    path.unlink(missing_ok=True)

    def write(target: Path) -> None:
        write_capture(target, packets)

    make_file(path.name, write, 200 * len(packets))
    output = DATA / f"sessions-{name}-{count}.json"
    screen(path, output=output)
    return [truth for _, truth in sessions], read_rates(json.loads(output.read_text()))


def read_rates(document: dict[str, object]) -> dict[str, tuple[float, float, float]]:
    """Return the interval of the hash rate of each client that a screening printed."""
    rates = {}
    for finding in document["findings"]:  # type: ignore[attr-defined]  # JSON
        rate = (finding["measures"] or {}).get("hash_rate")
        if rate and finding["evidence"].get("client") and finding["counted_in"] is None:
            rates[finding["evidence"]["client"]] = (rate["low"], rate["best"], rate["high"])
    return rates
