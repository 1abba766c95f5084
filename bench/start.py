"""How long a user waits for the program itself: its help, and a small capture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.inputs import make_capture
from bench.results import Bar, Report, Table, write_size
from bench.timing import PAICHA, compare

if TYPE_CHECKING:
    from bench.results import Options

TITLE = "Start"
HELP, SMALL, BARE, LIBRARIES = "paicha --help", "100 kB capture", "python -c pass", "import duckdb, pyarrow, numba"
BOUNDS = {HELP: 0.5, SMALL: 2.0}


def run(options: Options) -> Report:
    """Return the seconds of the shortest commands beside those of Python and of its libraries alone."""
    capture = make_capture("small", size=100_000, live_flows=20)
    used = compare(
        {
            HELP: [PAICHA, "--help"],
            SMALL: [PAICHA, "screen", "traffic", capture.path, "--json"],
            BARE: [sys.executable, "-c", "pass"],
            LIBRARIES: [sys.executable, "-c", LIBRARIES],
        },
        options.repeats,
    )
    rows = [
        (name, f"{one.seconds:.2f}", f"{one.cpu_seconds:.2f}", write_size(one.peak_bytes)) for name, one in used.items()
    ]
    bars = [
        Bar(f"{name} ≤ {bound} s", f"{used[name].seconds:.2f} s", used[name].seconds <= bound)
        for name, bound in BOUNDS.items()
    ]
    ratio = used[SMALL].seconds / used[LIBRARIES].seconds
    notes = [f"the small capture takes {ratio:.1f} × the time of importing DuckDB, Arrow and numba"]
    about = f"Whole commands with warm caches, medians. The small capture has {capture.packets} packets."
    headings = ("command", "s", "processor s", "peak memory")
    return Report(TITLE, about, [Table(headings, rows)], bars, notes)
