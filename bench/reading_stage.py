"""Run by the benchmark of memory: read one capture, and print what reading took above what was there before it."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from bench.quiet import write_quiet_pcap
from paicha.engine.sink import ParquetSink
from paicha.kernel.reader import Reading, Source
from paicha.packs.traffic.capture.reader import CAPTURE_READER
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.tables import INPUT_TABLES

HEAD_BYTES = 65_536


def read_capture(path: Path) -> float:
    """Read a capture into Parquet files that are then thrown away; return the seconds it took."""
    with path.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    source = Source(path, "key", "site", path.stat().st_size, None, head, 0, lambda: path.open("rb"))
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory:
        sink = ParquetSink(Path(directory), "bench", INPUT_TABLES, None)
        CAPTURE_READER.read([source], sink, Reading(TrafficPolicy(), None, lambda texts: [True for _ in texts]))
        sink.close()
    return time.perf_counter() - begin


def main() -> None:
    """Print seconds, resident bytes before the first packet, and the greatest while packets were read."""
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory:
        small = Path(directory) / "small.pcap"
        write_quiet_pcap(small, 16, 2)
        read_capture(small)  # everything is imported and compiled now
    before = _read_status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the greatest is counted anew
    seconds = read_capture(Path(sys.argv[1]))
    print(json.dumps({"seconds": seconds, "before": before, "peak": _read_status("VmHWM")}))


def _read_status(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main()
