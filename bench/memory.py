"""Peak memory with a million live flows: per flow, and whether it grows with the length of the capture."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from bench.inputs import ROOT, make_capture, make_file
from bench.quiet import write_quiet_pcap
from bench.results import Bar, Report, Table, write_size
from bench.timing import screen
from paicha.packs.traffic.policy import ProfilesPolicy

if TYPE_CHECKING:
    from pathlib import Path

    from bench.results import Options

TITLE = "Memory"
BOUND_BYTES, BOUND_GROWTH = 10**9, 0.10
BOUND_PER_FLOW, LEAST_FLOWS = 300, 1_000_000
ABOUT = (
    "Peak resident memory of the whole command. All live flows send three packets in turn; in the endless captures "
    "none ever ends, in the ordinary ones every flow that ends is followed by another; in the quiet one as many flows "
    "as have room for a profile ask and answer for minutes. Per flow: the reading stage alone, above what the process "
    "held after imports and compilation, before the first packet; and the whole command, above the same command on a "
    "capture of 16 flows."
)


def run(options: Options) -> Report:
    """Return the peaks of captures with as many live flows, one ten times as long as the other."""
    live = 100_000 if options.is_quick else 1_000_000
    rows, peaks = [], {}
    quiet = make_file(f"quiet-{live}.pcap", lambda path: _write_quiet(path, live), 400 * live)
    small = make_file("quiet-16.pcap", lambda path: _write_quiet(path, 16), 10_000)
    base = screen(small).peak_bytes
    per_flow = []
    # three packets of every flow are the shortest capture in which all of them live
    cases = [("endless", 3 * live, True), ("endless", 30 * live, True), ("ordinary", 6 * live, False)]
    for kind, packets, is_few in cases:
        name = f"{kind}-{live}-{packets}"
        capture = make_capture(name, packets=packets, live_flows=live, is_few=is_few)
        used = screen(capture.path)
        if capture.bytes > 8_000_000_000:
            capture.path.unlink()
        peaks[kind, packets] = used.peak_bytes
        rows.append(
            (kind, f"{live:,}", f"{packets:,}", f"{capture.flows:,}", f"{capture.bytes / 1e9:.1f} GB",
             f"{used.seconds:.1f}", write_size(used.peak_bytes))
        )  # fmt: skip
    stages = [
        ("quiet", quiet),
        ("endless", make_capture(f"endless-{live}-{3 * live}", packets=3 * live, live_flows=live, is_few=True).path),
    ]
    for kind, path in stages:
        stage = _read_alone(path)
        whole = screen(path).peak_bytes - base
        per_flow.append((kind, f"{live:,}", f"{stage / live:.0f} B", f"{whole / live:.0f} B", stage))
    short, long = peaks["endless", 3 * live], peaks["endless", 30 * live]
    worst = max(peaks.values())
    growth = long / short - 1
    bars = [
        Bar(f"< 1 GB with {live:,} live flows", f"{worst / 1e9:.2f} GB at most", worst < BOUND_BYTES),
        Bar("< 10 % more for ten times the length", f"{100 * growth:+.1f} %", growth < BOUND_GROWTH),
    ]
    if live >= LEAST_FLOWS:
        most = max(stage for *_, stage in per_flow) / live
        figure = f"{most:.0f} B at most, reading"
        bars.append(Bar(f"≤ {BOUND_PER_FLOW} B above start for each live flow", figure, most <= BOUND_PER_FLOW))
    headings = ("flows", "live at once", "packets", "in all", "size", "s", "peak memory")
    tables = [
        Table(headings, rows),
        Table(("flows", "live at once", "reading, per flow", "whole command, per flow"), [r[:4] for r in per_flow]),
    ]
    return Report(TITLE, ABOUT, tables, bars)


def _write_quiet(path: Path, live: int) -> None:
    write_quiet_pcap(path, live, min(live, ProfilesPolicy().max_profiles))


def _read_alone(path: Path) -> int:
    """Return the bytes that the reading stage took above its start, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.reading_stage", str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    used = json.loads(done.stdout)
    return int(used["peak"]) - int(used["before"])
