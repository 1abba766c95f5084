"""Which addresses belong to the watched network, and how that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.reference.addresses import is_private, is_within, parse_addresses
from paicha.reference.ranges import EARLIEST, LATEST, RangeIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from paicha.packs.traffic.policy import TrafficPolicy

PRIVATE = "private"
"""Level of addresses that are inside only because nothing says what is and they are private."""

INSIDE = TableSpec(
    "inside",
    "one address of the watched network",
    (
        Column("site", "string", "the network"),
        Column("address", "string", "the address"),
        Column("level", "string", "filed, operator, rir or geo where a unit is on record, else home or private"),
        Column("first_seen", "int64", "time of its first record", unit="us"),
        Column("last_seen", "int64", "end of its last record", unit="us"),
        Column("records", "int64", "flows, names and sessions that show it"),
        Column("sampling", "float64", "one packet in so many was seen, the coarsest of its records"),
    ),
)


@derivation(INSIDE)
def inside(addresses: pa.Table, owners: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return the addresses that `owners` covers, else those of the policy's `home`, else the private ones.

    An entry of `owners` counts that was valid when the address was last seen, else one valid when it was first seen.
    """
    owner_sites = pc.fill_null(owners.column("site"), "")
    special = set(pc.unique(owner_sites).to_pylist()) - {""}
    common = owners.filter(pc.equal(owner_sites, ""))
    sites = addresses.column("site")
    has_own = pc.is_in(sites, pa.array(sorted(special), pa.string()))
    parts = [_place(addresses.filter(pc.invert(has_own)), common, policy)]
    for site in sorted(special):
        here = owners.filter(pc.or_(pc.equal(owner_sites, ""), pc.equal(owner_sites, site)))
        parts.append(_place(addresses.filter(pc.equal(sites, site)), here, policy))
    return pa.concat_tables(parts)


def tell_inside(given: Mapping[str, pa.Table], policy: TrafficPolicy) -> Callable[[Sequence[str]], Sequence[bool]]:
    """Return a function from address texts to whether they belong to the watched network, of whatever site and time."""
    find_levels = _prepare(given["owners"], policy)

    def are_inside(texts: Sequence[str]) -> Sequence[bool]:
        answer: list[bool] = pc.is_valid(find_levels(pa.array(texts, pa.string()), None)).to_pylist()
        return answer

    return are_inside


def _place(addresses: pa.Table, owners: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return the rows of `addresses` that are inside, with their level."""
    texts = addresses.column("address")
    find_levels = _prepare(owners, policy)
    levels = find_levels(texts, addresses.column("last_seen"))
    if owners.num_rows:
        levels = pc.coalesce(levels, find_levels(texts, addresses.column("first_seen")))
    table = addresses.append_column("level", levels).select(INSIDE.names)
    is_known = pc.is_valid(levels)
    return table if pc.all(is_known).as_py() else table.filter(is_known)


def _prepare(owners: pa.Table, policy: TrafficPolicy) -> Callable[[Any, Any], Any]:
    """Return a function from address texts and times (None: any time) to their levels, null for what lies outside."""
    if owners.num_rows:
        index = RangeIndex(
            parse_addresses(owners.column("low")),
            parse_addresses(owners.column("high")),
            valid_from=pc.fill_null(owners.column("valid_from"), EARLIEST).to_numpy(),
            valid_to=pc.fill_null(owners.column("valid_to"), LATEST).to_numpy(),
        )
        known = pc.fill_null(owners.column("level"), "filed")

        def find_levels(texts: Any, times: Any) -> Any:
            rows = index.find(parse_addresses(texts), None if times is None else times.to_numpy())
            return known.take(pa.array(rows, mask=rows < 0))

        return find_levels

    level = "home" if policy.home else PRIVATE

    def cover(texts: Any, _: Any) -> Any:
        addresses = parse_addresses(texts)
        covered = is_within(addresses, policy.home) if policy.home else is_private(addresses)
        return pc.if_else(pa.array(covered), level, pa.scalar(None, pa.string()))

    return cover
