"""Indicators as block lists for resolvers and firewalls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.packs.traffic.indicators.entries import NODE, SANCTIONED, WEBSITE
from paicha.packs.traffic.indicators.hosting import (
    are_shared_addresses,
    is_shared_name,
    refuse_addresses,
    refuse_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

UNBLOCKED_PURPOSES = frozenset({WEBSITE, NODE, SANCTIONED})
"""What is no mining service: a pool's site, a coin's node, a wallet."""


def export_blocklist(table: pa.Table, *, min_confidence: float = 0.5) -> Iterator[str]:
    """Yield one line per name, address or host:port ([IPv6]:port), sorted and distinct.

    What serves others too is never among them: neither what a list flags as shared hosting, nor what our own list
    knows, nor names and addresses that were never to be indicators.
    """
    lines = set()
    names = ("kind", "value", "port", "purpose", "confidence", "is_shared_hosting")
    rows = [row for batch in table.select(names).to_batches() for row in batch.to_pylist()]
    wanted = [
        row
        for row in rows
        if row["is_shared_hosting"] is False
        and row["purpose"] not in UNBLOCKED_PURPOSES
        and row["confidence"] is not None
        and row["confidence"] >= min_confidence
    ]
    flagged = {row["value"] for row in rows if row["is_shared_hosting"]}
    barred = flagged | _list_barred_addresses([row["value"] for row in wanted if row["kind"] == "address"])
    for row in wanted:
        kind, value = row["kind"], row["value"]
        if value in barred or kind not in {"domain", "address"}:
            continue
        if kind == "domain" and (is_shared_name(value) or refuse_name(value)):
            continue
        host = f"[{value}]" if ":" in value and row["port"] is not None else value
        lines.add(host if row["port"] is None else f"{host}:{row['port']}")
    yield from sorted(lines)


def _list_barred_addresses(values: list[str]) -> set[str]:
    """Return the addresses that serve others too or were never to be indicators."""
    import pyarrow as pa

    column = pa.array(values, pa.string())
    facts = zip(values, refuse_addresses(column), are_shared_addresses(column), strict=True)
    return {value for value, refusal, is_shared in facts if refusal is not None or is_shared}
