"""Packets a second of a whole screening, beside nDPI's reader, nfstream, and hashing or merely reading the file."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from bench.inputs import Capture, make_capture
from bench.results import Bar, Report, Table, write_size
from bench.timing import PAICHA, Usage, compare

if TYPE_CHECKING:
    from bench.results import Options

TITLE = "Speed on captures"
NDPI, NFSTREAM, SCREEN = "ndpiReader -q", "nfstream", "paicha screen traffic"
FULL_BYTES, SLICE_BYTES = 4_200_000_000, 400_000_000
READ_ALL = """
import sys
with open(sys.argv[1], "rb", buffering=0) as stream:
    while stream.read(1 << 20):
        pass
"""
HASH_ALL = """
import hashlib, sys
with open(sys.argv[1], "rb", buffering=0) as stream:
    hashlib.file_digest(stream, "sha256").hexdigest()
"""
STREAM_ALL = """
import sys
from nfstream import NFStreamer
if __name__ == "__main__":
    print(sum(1 for flow in NFStreamer(source=sys.argv[1], n_dissections=20, statistical_analysis=False)))
"""


def run(options: Options) -> Report:
    """Return packets a second on an ordinary capture, on one of few flows, and on a slice that nfstream can bear."""
    size = SLICE_BYTES if options.is_quick else FULL_BYTES
    scale = "slice" if options.is_quick else "full"
    nfstream = os.environ.get("PAICHA_NFSTREAM_PYTHON")
    notes = [] if nfstream else ["nfstream left out: name an interpreter that has it in PAICHA_NFSTREAM_PYTHON"]
    if not shutil.which("ndpiReader"):
        notes.append("ndpiReader left out: it is in Debian's libndpi-bin")
    rows, ratios, packets = [], {}, 0
    for name, is_few in ((f"ordinary-{scale}", False), (f"few-{scale}", True)):
        capture = make_capture(name, size=size, live_flows=200 if is_few else 2000, is_few=is_few)
        used = _measure(capture, options.repeats, None)
        rows += _list_rows("few flows" if is_few else "ordinary", capture, used)
        packets = packets if is_few else capture.packets
        ratios[name] = used
    capture = make_capture("ordinary-slice", size=SLICE_BYTES)
    used = _measure(capture, options.repeats, nfstream)
    rows += _list_rows("ordinary, short", capture, used)
    # nfstream is too slow for the long capture: its pace on the short one is taken for as many packets
    longer = Usage(used[NFSTREAM].seconds * packets / capture.packets, 0.0, 0) if nfstream else None
    paced = {NFSTREAM: longer} if longer else {}
    ordinary, few = ratios[f"ordinary-{scale}"], ratios[f"few-{scale}"]
    bars = [
        _ask("≥ 2 × the packets/s of ndpiReader -q on the ordinary capture", ordinary, NDPI, 2.0),
        _ask("≥ 10 × nfstream", ordinary | paced, NFSTREAM, 10.0),
        _ask("few flows, stated: times ndpiReader -q", few, NDPI, None),
    ]
    headings = ("capture", "command", "s", "packets/s", "MB/s", "processor s", "peak memory")
    return Report(TITLE, _describe(size), [Table(headings, rows)], [bar for bar in bars if bar], notes)


def _describe(size: int) -> str:
    return (
        f"Simulated Ethernet captures of {size / 1e9:.1f} GB: TLS, HTTP, DNS and QUIC-like flows, or 200 flows without "
        "end. Whole commands, output to /dev/null, medians, files in the page cache, commands taking turns."
    )


def _measure(capture: Capture, repeats: int, nfstream: str | None) -> dict[str, Usage]:
    path = str(capture.path)
    commands = {
        SCREEN: [PAICHA, "screen", "traffic", path, "--json"],
        "SHA-256 of the file": [sys.executable, "-S", "-c", HASH_ALL, path],
        "bare read": [sys.executable, "-S", "-c", READ_ALL, path],
    }
    if shutil.which("ndpiReader"):
        commands[NDPI] = ["ndpiReader", "-q", "-i", path]
    if nfstream:
        script = capture.path.with_name("stream_all.py")
        script.write_text(STREAM_ALL)
        commands[NFSTREAM] = [nfstream, str(script), path]
    return compare(commands, repeats)


def _list_rows(name: str, capture: Capture, used: dict[str, Usage]) -> list[tuple[str, ...]]:
    per_mille = 1000 * capture.flows / capture.packets
    about = f"{name}: {capture.packets:,} packets, {per_mille:.1f} flows per 1,000, {capture.mean_bytes:.0f} B each"
    rows: list[tuple[str, ...]] = []
    for command, one in used.items():
        pace = capture.packets / one.seconds
        speed = capture.bytes / one.seconds / 1e6
        peak = write_size(one.peak_bytes)
        rows.append(
            (about, command, f"{one.seconds:.2f}", f"{pace:,.0f}", f"{speed:,.0f}", f"{one.cpu_seconds:.1f}", peak)
        )
        about = ""
    return rows


def _ask(text: str, used: dict[str, Usage], peer: str, least: float | None) -> Bar | None:
    if peer not in used:
        return Bar(text, "the peer is not here", None) if least else None
    ratio = used[peer].seconds / used[SCREEN].seconds
    return Bar(text, f"{ratio:.2f} ×", ratio >= least if least else None)
