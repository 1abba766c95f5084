"""The table of Bitcoin pools that block explorers share (mempool's pools-v2.json)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.indicators.entries import POOL, WEBSITE, Entry, Record, enter_host, enter_wallet
from paicha.packs.traffic.indicators.json_fields import text_field

if TYPE_CHECKING:
    from collections.abc import Iterator

WEBSITE_CONFIDENCE, PAYOUT_CONFIDENCE = 0.5, 0.8
"""Confidence that a link is the pool's own site, and that a payout address is the pool's."""


def is_pools(document: Any) -> bool:
    """Return whether the document is a list of pools with tags, addresses and a link."""
    return isinstance(document, list) and any(
        isinstance(pool, dict) and {"name", "addresses", "tags", "link"} <= pool.keys() for pool in document[:3]
    )


def read_pools(document: Any) -> Iterator[Record]:
    """Yield one record per link (a website, nothing more) and per payout address (a wallet) of every pool."""
    for number, pool in enumerate(document, start=1):
        name = text_field(pool, "name")[:80] or None
        if not isinstance(pool, dict):
            yield Record(f"pool {number}", reason="no pool")
            continue
        link = text_field(pool, "link")
        if link:
            yield enter_host(f"pool {number} link", link, Entry("", "", None, WEBSITE, WEBSITE_CONFIDENCE, name, "BTC"))
        addresses = pool.get("addresses")
        for place, address in enumerate(addresses if isinstance(addresses, list) else [], start=1):
            position = f"pool {number} address {place}"
            entry = Entry("wallet", "", None, POOL, PAYOUT_CONFIDENCE, name, "BTC")
            yield enter_wallet(position, address if isinstance(address, str) else "", entry)
