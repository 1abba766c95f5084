"""Profiles of the real captures' connections, read once by paicha's own reader and kept in bench-data/."""

from __future__ import annotations

import tempfile
from functools import partial
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
from paicha.packs.traffic.tables import MINING_SESSIONS, PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDERS = ("mining", "benign", "grey")
EXPECTED_BYTES = 20 << 20
TABLES = {PROFILES.name: PROFILES, MINING_SESSIONS.name: MINING_SESSIONS}


def read_real(name: str) -> pa.Table:
    """Return the rows of `profiles` or `mining_sessions` of every capture, `site` being its path below the captures.

    Raises:
        NoRoomError: the disk has no room to keep them.
    """

    return pq.read_table(make_file(f"real-{name}.parquet", lambda path: _write(path, name), EXPECTED_BYTES))


def _write(path: Path, name: str) -> None:
    """Write one table, and the others beside it: reading all captures takes minutes."""
    files = sorted(p for folder in FOLDERS for p in (CAPTURES / folder).rglob("*") if p.is_file())
    tables = read_tables([file for file in files if file.suffix != ".csv"])
    for other in set(TABLES) - {name}:
        make_file(f"real-{other}.parquet", partial(_write_table, tables[other]), EXPECTED_BYTES)
    _write_table(tables[name], path)


def _write_table(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path)


def read_tables(files: Sequence[Path]) -> dict[str, pa.Table]:
    """Return the tables of these captures, each capture a site of its own named by its path."""
    names = [str(file.relative_to(CAPTURES)) if file.is_relative_to(CAPTURES) else file.name for file in files]
    sources = [describe_source(Given(file, name), n) for n, (file, name) in enumerate(zip(files, names, strict=True))]
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory, duckdb.connect() as duck:
        reading = Reading(TrafficPolicy(), duck, lambda texts: [True for _ in texts])
        loaded = load(PACK, sources, Path(directory), reading, {})
        return {
            name: pa.concat_tables(
                [spec.arrow.empty_table(), *(pq.read_table(part) for part in loaded.tables[name])]
            ).combine_chunks()
            for name, spec in TABLES.items()
        }
