"""Every public capture is read to its end, and every packet of it is counted."""

from __future__ import annotations

import csv
import os
import time
from pathlib import Path

import pytest

from paicha.engine.sources import Given, describe_source
from paicha.kernel.reader import Reading
from paicha.packs.traffic.capture.reader import CAPTURE_READER
from paicha.packs.traffic.policy import TrafficPolicy

SHARED = Path(os.environ.get("PAICHA_SHARED") or Path(__file__).resolve().parents[2].parent / "shared")
CAPTURES = SHARED / "captures"
LISTED_WITHOUT_LAST = {"benign/suriver/http-mime-truncated__input.pcap"}
"""Captures whose last packet is cut: the list does not count it."""

SLOWEST_SECONDS = 20.0


class Counting:
    """A sink that only counts."""

    def __init__(self) -> None:
        self.records = 0
        self.flows = 0

    def write(self, table: str, batch) -> None:
        if table == "flows":
            self.flows += sum(protocol in (6, 17) for protocol in batch.column("protocol").to_pylist())

    def accept(self, source, records: int) -> None:
        self.records += records

    def reject(self, source, position: str, reason: str, count: int = 1) -> None:
        self.records += count

    def fail(self, source, error) -> None:
        """What precedes the damage is counted; the rest nobody can count."""


@pytest.mark.shared
def test_all_packets_of_all_captures():
    if not CAPTURES.is_dir():
        pytest.skip("the public captures are not beside the project")
    wrong, near, listed = [], 0, 0
    with (CAPTURES / "MANIFEST.tsv").open() as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["packets"].isdigit()]
    rows = [row for row in rows if not row["path"].startswith("logs/")]
    reading = Reading(TrafficPolicy(), None, lambda texts: [True for _ in texts])
    for position, row in enumerate(rows):
        path = CAPTURES / row["path"]
        source = describe_source(Given(path, "site"), position)
        assert CAPTURE_READER.recognises(source), row["path"]
        sink = Counting()
        begun = time.monotonic()
        CAPTURE_READER.read([source], sink, reading)
        spent = time.monotonic() - begun
        expected = int(row["packets"]) + (row["path"] in LISTED_WITHOUT_LAST)
        if sink.records != expected or (position and spent > SLOWEST_SECONDS):
            wrong.append((row["path"], expected, sink.records, spent))
        if row["flows"].isdigit():
            listed += 1
            near += abs(sink.flows - int(row["flows"])) <= max(1, 0.1 * int(row["flows"]))
    assert wrong == []
    # the list counts TCP and UDP pairs of ends over the whole capture; a pair used again is a flow of its own here
    assert near >= 0.9 * listed
