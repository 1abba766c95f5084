"""Peak memory with a million live flows, and whether it grows with the length of the capture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.inputs import make_capture
from bench.results import Bar, Report, Table, write_size
from bench.timing import screen

if TYPE_CHECKING:
    from bench.results import Options

TITLE = "Memory"
BOUND_BYTES, BOUND_GROWTH = 10**9, 0.10
ABOUT = (
    "Peak resident memory of the whole command. All live flows send three packets in turn; in the endless captures "
    "none ever ends, in the ordinary ones every flow that ends is followed by another."
)


def run(options: Options) -> Report:
    """Return the peaks of captures with as many live flows, one ten times as long as the other."""
    live = 100_000 if options.is_quick else 1_000_000
    rows, peaks = [], {}
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
    short, long = peaks["endless", 3 * live], peaks["endless", 30 * live]
    worst = max(peaks.values())
    growth = long / short - 1
    bars = [
        Bar(f"< 1 GB with {live:,} live flows", f"{worst / 1e9:.2f} GB at most", worst < BOUND_BYTES),
        Bar("< 10 % more for ten times the length", f"{100 * growth:+.1f} %", growth < BOUND_GROWTH),
    ]
    headings = ("flows", "live at once", "packets", "in all", "size", "s", "peak memory")
    return Report(TITLE, ABOUT, [Table(headings, rows)], bars)
