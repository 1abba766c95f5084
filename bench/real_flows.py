"""Flow records of the real captures and logs, read once by paicha's own readers and kept in bench-data/."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.inputs import CAPTURES, make_file
from paicha.engine.load import load
from paicha.engine.sources import Given, describe_source
from paicha.kernel.reader import Reading
from paicha.packs.traffic.pack import PACK
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.tables import FLOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDERS = ("mining", "benign", "grey", "logs")
EXPECTED_BYTES = 20 << 20


def read_real_flows() -> pa.Table:
    """Return the rows of `flows` of every capture and log, `site` being the file's path below the captures.

    Raises:
        NoRoomError: the disk has no room to keep them.
    """
    path = make_file("real-flows.parquet", _write, EXPECTED_BYTES)
    return pq.read_table(path)


def _write(path: Path) -> None:
    files = sorted(p for folder in FOLDERS for p in (CAPTURES / folder).rglob("*") if p.is_file())
    pq.write_table(read_flows(files), path)


def read_flows(files: Sequence[Path]) -> pa.Table:
    """Return the rows of `flows` of these files, each a site of its own named by its path."""
    names = [str(file.relative_to(CAPTURES)) if file.is_relative_to(CAPTURES) else file.name for file in files]
    sources = [describe_source(Given(file, name), n) for n, (file, name) in enumerate(zip(files, names, strict=True))]
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory, duckdb.connect() as duck:
        reading = Reading(TrafficPolicy(), duck, lambda texts: [True for _ in texts])
        loaded = load(PACK, sources, Path(directory), reading, {})
        parts = [pq.read_table(part) for part in loaded.tables[FLOWS.name]]
    return pa.concat_tables([FLOWS.arrow.empty_table(), *parts]).combine_chunks()
