"""Who answers for an address at a time: the narrowest range of the owners that covers it then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.owners import LEVELS, NO_LEVEL
from paicha.reference.addresses import parse_addresses
from paicha.reference.ranges import EARLIEST, LATEST, RangeIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from paicha.reference.addresses import Addresses

TOLD = ("unit", "nature", "region", "industry", "level", "is_nat", "credit_code", "contact")
"""Columns of the owners that an attribution repeats."""


def attribute(
    owners: pa.Table,
    sites: Sequence[str] | pa.Array | pa.ChunkedArray,
    addresses: Sequence[str] | pa.Array | pa.ChunkedArray,
    times: Sequence[int | None] | NDArray[np.int64] | pa.Array | pa.ChunkedArray | None = None,
) -> pa.Table:
    """Return one row per address: the columns `TOLD` of its owner and `row`, the owner's row number.

    Where nothing covers the address, or it is none, `level` is `none` and all else null. `times` are UTC
    microseconds; where one is null, or there are none, validity is not asked about.

    Raises:
        RegistryError: too many ranges overlap without one holding the other.
    """
    found = find_owners(owners, sites, addresses, times)
    rows = pa.array(found, mask=found < 0)
    told = {name: owners.column(name).combine_chunks().take(rows) for name in TOLD}
    told["level"] = pc.fill_null(told["level"], NO_LEVEL)
    return pa.table(told | {"row": rows})


def find_owners(
    owners: pa.Table,
    sites: Sequence[str] | pa.Array | pa.ChunkedArray,
    addresses: Sequence[str] | pa.Array | pa.ChunkedArray,
    times: Sequence[int | None] | NDArray[np.int64] | pa.Array | pa.ChunkedArray | None = None,
) -> NDArray[np.int64]:
    """Return the row of each address's owner, -1 for none: the narrowest valid range of its site or of all sites.

    Among ranges of one width the better level wins, then the site's own, then the one valid since later.
    """
    parsed = parse_addresses(addresses)
    owner_sites = pc.fill_null(owners.column("site").combine_chunks(), "")
    named = [site for site in pc.unique(owner_sites).to_pylist() if site]
    if not named:
        return _find(owners, np.arange(owners.num_rows), parsed, times)
    encoded = _to_array(sites, pa.string()).dictionary_encode()
    indices = np.asarray(pc.fill_null(encoded.indices, -1))
    of_owner = np.array(owner_sites.to_pylist(), dtype=object)
    found = np.full(len(parsed), -1, np.int64)
    all_times = None if times is None else _to_array(times, pa.int64())
    for index, site in enumerate(encoded.dictionary.to_pylist()):
        asked = np.flatnonzero(indices == index)
        usable = np.flatnonzero((of_owner == "") | (of_owner == site))
        chosen = None if all_times is None else all_times.take(pa.array(asked))
        found[asked] = _find(owners, usable, parsed.take(asked), chosen)
    return found


def _find(owners: pa.Table, rows: NDArray[np.intp], addresses: Addresses, times: Any) -> NDArray[np.int64]:
    """Return rows of `owners` among `rows`."""
    used = owners.take(pa.array(rows))
    valid_from = _fill(used.column("valid_from"), EARLIEST)
    index = RangeIndex(
        parse_addresses(used.column("low")),
        parse_addresses(used.column("high")),
        order=_order(used, valid_from),
        valid_from=valid_from,
        valid_to=_fill(used.column("valid_to"), LATEST),
    )
    if times is None:
        found = index.find(addresses)
    else:
        asked = _to_array(times, pa.int64())
        found = index.find(addresses, _fill(asked, 0))
        timeless = np.flatnonzero(np.asarray(asked.is_null()))
        found[timeless] = index.find(addresses.take(timeless))
    # -1 picks the last element, which is put right afterwards
    return np.where(found < 0, -1, rows[found]) if len(rows) else found


def _order(owners: pa.Table, valid_from: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return numbers that sort ranges of one width, the one to prefer first."""
    levels = pc.index_in(owners.column("level").combine_chunks(), pa.array(LEVELS))
    level = np.asarray(pc.fill_null(levels, len(LEVELS)))
    is_general = np.asarray(pc.equal(pc.fill_null(owners.column("site").combine_chunks(), ""), ""))
    order = np.empty(owners.num_rows, np.int64)
    order[np.lexsort((-np.maximum(valid_from, EARLIEST + 1), is_general, level))] = np.arange(owners.num_rows)
    return order


def _fill(column: pa.Array | pa.ChunkedArray, default: int) -> NDArray[np.int64]:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return np.array(pc.fill_null(array, default), np.int64)


def _to_array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.cast(kind) if isinstance(values, pa.Array) else pa.array(values, kind)
