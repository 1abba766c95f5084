"""Which addresses belong to the watched network, and how that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.reference.addresses import is_private, is_within, parse_addresses
from paicha.reference.ranges import RangeIndex

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy

INSIDE = TableSpec(
    "inside",
    "one address of the watched network",
    (
        Column("site", "string", "the network"),
        Column("address", "string", "the address"),
        Column("level", "string", "filed, operator, rir or geo where a unit is on record, else home or private"),
    ),
)


@derivation(INSIDE)
def inside(addresses: pa.Table, owners: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return the addresses that `owners` covers, else those of the policy's `home`, else the private ones."""
    parts = [INSIDE.arrow.empty_table()]
    for site in pc.unique(addresses.column("site")).to_pylist():
        texts = addresses.filter(pc.equal(addresses.column("site"), site)).column("address")
        owner_site = pc.fill_null(owners.column("site"), "")
        here = owners.filter(pc.or_(pc.equal(owner_site, ""), pc.equal(owner_site, site)))
        levels = _find_levels(texts, here, policy)
        table = pa.table([pa.array([site] * len(texts), pa.string()), texts, levels], schema=INSIDE.arrow)
        parts.append(table.filter(pc.is_valid(levels)))
    return pa.concat_tables(parts)


def _find_levels(texts: pa.ChunkedArray, owners: pa.Table, policy: TrafficPolicy) -> pa.Array:
    """Return the level of every address, null where it lies outside."""
    addresses = parse_addresses(texts)
    if owners.num_rows:
        index = RangeIndex(parse_addresses(owners.column("low")), parse_addresses(owners.column("high")))
        rows = index.find(addresses)
        known = pc.fill_null(owners.column("level"), "filed").combine_chunks()
        return known.take(pa.array(rows, mask=rows < 0))
    covered = is_within(addresses, policy.home) if policy.home else is_private(addresses)
    return pc.if_else(pa.array(covered), "home" if policy.home else "private", pa.scalar(None, pa.string()))
