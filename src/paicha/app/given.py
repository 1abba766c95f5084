"""What the app hands to a screening beside the inputs: who owns which addresses, and what is known to serve mining."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from paicha.app.request import DEFAULT_SITE
from paicha.engine.sources import hash_file
from paicha.kernel.errors import StoreError
from paicha.kernel.owners import OWNERS
from paicha.packs.traffic.indicators.curated import curated_indicators
from paicha.packs.traffic.indicators.importing import import_indicators
from paicha.packs.traffic.indicators.merging import merge_indicators
from paicha.packs.traffic.tables import BLOCKS, NETWORKS, SEATS
from paicha.reference.networks import read_networks
from paicha.registry.blocks import read_blocks
from paicha.registry.seats import read_seats
from paicha.registry.units import read_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paicha.app.request import ScreenRequest

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
    blocks_sha256: str | None = None
    seats_sha256: str | None = None


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
    merged = merge_indicators(lists) if len(lists) > 1 else lists[0]  # our own table is merged already
    tables = {"owners": owners, "indicators": merged, "networks": _read_prices(prices)}
    prices_sha256 = hash_file(Path(prices)) if prices else None
    return GivenTables(tables, owners_sha256, hash_table(merged), tuple(rejects), prices_sha256)


def find_given_of(request: ScreenRequest, workspace: Path | None, policy: Any) -> GivenTables:
    """Return all tables that a request gives; times without a zone are read as `policy` says.

    Raises:
        InputError, RegistryError: a file cannot be read.
    """
    found = find_given(workspace, request.units, request.indicators, request.prices)
    blocks, refused_blocks = _read_blocks(request.blocks, policy.blocks.timezone_hours)
    seats, refused_seats = _read_seats(request.occupancy, policy.hours.timezone_hours)
    return replace(
        found,
        tables={**found.tables, "blocks": blocks, "seats": seats},
        rejects=(*found.rejects, *refused_blocks, *refused_seats),
        blocks_sha256=hash_table(blocks) if request.blocks else None,
        seats_sha256=hash_table(seats) if request.occupancy else None,
    )


def _read_blocks(files: Sequence[tuple[str | None, str]], hours: float) -> tuple[pa.Table, list[tuple[str, str, str]]]:
    """Return the earliest sight of each block of the files, in order, and the rows refused."""
    earliest: dict[tuple[object, object], tuple[Any, ...]] = {}
    rejects: list[tuple[str, str, str]] = []
    for coin, path in files:
        read = read_blocks(Path(path), coin, hours=hours)
        rejects += [(path, *refused) for refused in read.rejected]
        for row in read.rows:
            name, time, height = cast("tuple[str, int, int | None]", row)
            key = (name, ("height", height) if height is not None else time)
            earliest[key] = min(earliest.get(key, (name, time, height)), (name, time, height), key=lambda r: r[1])
    rows = sorted(earliest.values(), key=lambda row: row[:2])
    columns = zip(*rows, strict=True) if rows else ([] for _ in BLOCKS.names)
    return pa.table(dict(zip(BLOCKS.names, map(list, columns), strict=True)), schema=BLOCKS.arrow), rejects


def _read_seats(file: str | None, hours: float) -> tuple[pa.Table, list[tuple[str, str, str]]]:
    if file is None:
        return SEATS.arrow.empty_table(), []
    read = read_seats(Path(file), DEFAULT_SITE, hours=hours)
    rows = sorted(cast("tuple[tuple[str, int, int, float], ...]", read.rows))
    columns = zip(*rows, strict=True) if rows else ([] for _ in SEATS.names)
    table = pa.table(dict(zip(SEATS.names, map(list, columns), strict=True)), schema=SEATS.arrow)
    return table, [(file, *refused) for refused in read.rejected]


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
