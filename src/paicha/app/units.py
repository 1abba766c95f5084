"""Who answers for which addresses: the register of a workspace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from paicha.app.given import OWNERS_FILE, read_kept
from paicha.app.times import parse_time
from paicha.engine.sources import hash_file
from paicha.kernel.errors import UsageError
from paicha.reference.addresses import canonical_address
from paicha.registry.attribution import attribute
from paicha.registry.units import read_units
from paicha.store.ledger import append_event
from paicha.store.workspace import write_durably

if TYPE_CHECKING:
    from pathlib import Path

    from paicha.registry.units import UnitsImport
    from paicha.store.workspace import Workspace


def replace_units(workspace: Workspace, file: Path, actor: str) -> UnitsImport:
    """Take a filing table into the workspace in place of the one there; return what became of its rows.

    Raises:
        RegistryError, InputError: the table cannot be used at all.
    """
    imported = read_units(file)
    sink = pa.BufferOutputStream()
    pq.write_table(imported.owners, sink, compression="zstd")
    write_durably(workspace.path / OWNERS_FILE, sink.getvalue().to_pybytes())
    content = {
        "file": file.name,
        "sha256": hash_file(file),
        "accepted": imported.accepted,
        "rejected": len(imported.rejected),
    }
    with workspace.engine.begin() as connection:
        append_event(connection, actor, "units-imported", content)
    return imported


def look_up_unit(workspace: Workspace, text: str, at: str | None) -> dict[str, Any]:
    """Return the unit that answers for an address at a time (now where none is said), and its attribution level.

    Raises:
        UsageError: no address, no time, or no register in the workspace.
    """
    path = workspace.path / OWNERS_FILE
    if not path.exists():
        raise UsageError("the workspace has no register of units", remedy="paicha units import FILE")
    return find_owner(read_kept(path), text, parse_time(at, "--at") if at else time.time_ns() // 1000)


def find_owner(owners: pa.Table, text: str, at: int) -> dict[str, Any]:
    """Return the unit that answers for an address at a time in UTC microseconds.

    Raises:
        UsageError: the text is no address.
    """
    address = canonical_address(text)
    if address is None:
        raise UsageError(f"not an address: {text!r}")
    rows = attribute(owners, pa.array([""]), pa.array([address]), pa.array([at], pa.int64()))
    return {"address": address, **rows.drop_columns(["row"]).to_pylist()[0]}
