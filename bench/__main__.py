"""`python -m bench [NAME…]`: run benchmarks and print a report in Markdown."""

from __future__ import annotations

import argparse
import datetime
import re
import sys
import time
from typing import TYPE_CHECKING

from bench import (
    behaviour,
    block_times,
    capture_speed,
    captures,
    flow_score,
    fuzz,
    hash_rate,
    idle_time,
    logs,
    memory,
    packet_rate,
    real_rate,
    relays,
    share_counts,
    start,
)
from bench.inputs import ROOT, NoRoomError
from bench.machine import describe_machine
from bench.results import Options
from bench.timing import FailedCommandError

if TYPE_CHECKING:
    from pathlib import Path

BENCHMARKS = {
    "start": start,
    "captures": captures,
    "real-rate": real_rate,
    "flow-score": flow_score,
    "behaviour": behaviour,
    "share-counts": share_counts,
    "hash-rate": hash_rate,
    "packet-rate": packet_rate,
    "logs": logs,
    "capture-speed": capture_speed,
    "memory": memory,
    "block-times": block_times,
    "relays": relays,
    "idle-time": idle_time,
    "fuzz": fuzz,
}
PAGE = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- {name} -->", "<!-- end of {name} -->"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which ones: {', '.join(BENCHMARKS)} (default all)")
    parser.add_argument("--quick", action="store_true", help="smaller inputs, fewer repeats: no figures to publish")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long each fuzzer runs (default 60)")
    parser.add_argument("--write", action="store_true", help=f"put the reports into {PAGE.relative_to(ROOT)}")
    given = parser.parse_args()
    unknown = sorted(set(given.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    options, failed = Options(given.quick, given.seconds), 0
    for name in given.names or BENCHMARKS:
        machine, began = describe_machine(), time.perf_counter()
        try:
            report = BENCHMARKS[name].run(options)
        except (FailedCommandError, NoRoomError) as error:
            print(f"bench: {name}: {error}", file=sys.stderr)
            failed += 1
            continue
        failed += any(bar.is_met is False for bar in report.bars)
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        seconds = time.perf_counter() - began
        text = f"{report.write()}\nMeasured {day} on {machine}; it took {seconds:.0f} s.\n"
        print(text, flush=True)
        if given.write:
            put_into_page(PAGE, name, text)
    return 1 if failed else 0


def put_into_page(page: Path, name: str, text: str) -> None:
    """Replace the section of a benchmark between its markers, or add it at the end."""
    begin, end = BEGIN.format(name=name), END.format(name=name)
    section = f"{begin}\n{text}{end}\n"
    before = page.read_text() if page.exists() else ""
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end) + "\n", re.DOTALL)
    after = pattern.sub(lambda _: section, before) if pattern.search(before) else f"{before}\n{section}"
    page.write_text(after)


if __name__ == "__main__":
    sys.exit(main())
