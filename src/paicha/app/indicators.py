"""Lists of names and addresses that serve mining: taken into a workspace, merged, exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from paicha.app.given import INDICATORS_FILE, find_given, read_kept
from paicha.engine.sources import hash_file
from paicha.packs.traffic.indicators.export import export_blocklist
from paicha.packs.traffic.indicators.importing import import_indicators
from paicha.packs.traffic.indicators.merging import merge_indicators
from paicha.store.ledger import append_event
from paicha.store.workspace import write_durably

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from paicha.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ListReport:
    """What became of one list: its format, the rows accepted, and a line for each row rejected."""

    path: Path
    format: str
    accepted: int
    rejected: tuple[str, ...]


def import_lists(workspace: Workspace, files: Iterable[Path], actor: str) -> Iterator[ListReport]:
    """Take lists into the workspace, one after the other, and yield what became of each.

    Raises:
        InputError: a file cannot be read; those before it are in.
    """
    for file in files:
        imported = import_indicators(file)
        kept = workspace.path / INDICATORS_FILE
        lists = [read_kept(kept)] if kept.exists() else []
        sink = pa.BufferOutputStream()
        pq.write_table(merge_indicators([*lists, imported.table]), sink, compression="zstd")
        write_durably(kept, sink.getvalue().to_pybytes())
        content = {"file": file.name, "sha256": hash_file(file), "accepted": imported.accepted}
        with workspace.engine.begin() as connection:
            append_event(connection, actor, "indicators-imported", content)
        yield ListReport(file, imported.format, imported.accepted, tuple(str(error) for error in imported.rejected))


def export_lines(workspace: Workspace | None) -> Iterator[str]:
    """Yield the block list of the curated table and the workspace's lists; shared hosting is never in it."""
    given = find_given(workspace.path if workspace else None, None, ())
    yield from export_blocklist(given.tables["indicators"])
