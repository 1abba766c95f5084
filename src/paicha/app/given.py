"""What the app hands to a screening beside the inputs: who owns which addresses, and what is known to serve mining."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from paicha.engine.sources import hash_file
from paicha.kernel.errors import StoreError
from paicha.kernel.owners import OWNERS
from paicha.packs.traffic.indicators.curated import curated_indicators
from paicha.packs.traffic.indicators.importing import import_indicators
from paicha.packs.traffic.indicators.merging import merge_indicators
from paicha.packs.traffic.tables import NETWORKS
from paicha.reference.networks import read_networks
from paicha.registry.units import read_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INDICATORS_FILE = "indicators.parquet"
OWNERS_FILE = "owners.parquet"


@dataclass(frozen=True, slots=True)
class GivenTables:
    """The tables by name, the SHA-256 of each one's content (None where nobody gave any), and the rows refused.

    A refused row is (path, position, reason).
    """

    tables: Mapping[str, pa.Table]
    owners_sha256: str | None
    indicators_sha256: str
    rejects: tuple[tuple[str, str, str], ...]
    prices_sha256: str | None = None


def find_given(
    workspace: Path | None, units: str | None, indicators: Sequence[str], prices: str | None = None
) -> GivenTables:
    """Return owners and indicators: of the files named, else of the workspace; indicators beside our own table.

    `prices` is a file of prices and of the networks' figures by day (see `read_networks`).

    Raises:
        InputError, RegistryError: a file cannot be read.
    """
    owners, owners_sha256 = OWNERS.arrow.empty_table(), None
    rejects: list[tuple[str, str, str]] = []
    if units is not None:
        imported = read_units(Path(units))
        owners, owners_sha256 = imported.owners, hash_file(Path(units))
        rejects += [(units, f"row {error.row}", f"{error.code}: {error.reason}") for error in imported.rejected]
    elif workspace is not None and (workspace / OWNERS_FILE).exists():
        owners, owners_sha256 = read_kept(workspace / OWNERS_FILE), hash_file(workspace / OWNERS_FILE)
    lists = [curated_indicators()]
    for path in indicators:
        read = import_indicators(Path(path))
        lists.append(read.table)
        rejects += [(path, record.position, record.reason) for record in read.rejected]
    if workspace is not None and (workspace / INDICATORS_FILE).exists():
        lists.append(read_kept(workspace / INDICATORS_FILE))
    merged = merge_indicators(lists)
    tables = {"owners": owners, "indicators": merged, "networks": _read_prices(prices)}
    prices_sha256 = hash_file(Path(prices)) if prices else None
    return GivenTables(tables, owners_sha256, hash_table(merged), tuple(rejects), prices_sha256)


def read_kept(file: Path) -> pa.Table:
    """Return a table that the workspace keeps.

    Raises:
        StoreError: it is damaged.
    """
    try:
        return pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise StoreError("is damaged", where=str(file), remedy="delete it and import the list again") from error


def _read_prices(prices: str | None) -> pa.Table:
    networks = read_networks(Path(prices)) if prices else ()
    rows = [asdict(network) | {"day": (network.day - date(1970, 1, 1)).days} for network in networks]
    return pa.Table.from_pylist(rows, schema=NETWORKS.arrow)


def hash_table(table: pa.Table) -> str:
    """Return the SHA-256 of a table's schema and rows."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return hashlib.sha256(sink.getvalue()).hexdigest()
