"""Entries of indicator lists on their way into the table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from paicha.kernel.identifiers import name_by_hash
from paicha.packs.traffic.indicators.endpoints import Endpoint, parse_endpoint
from paicha.packs.traffic.tables import INDICATORS
from paicha.reference.wallets import check_wallet

if TYPE_CHECKING:
    from collections.abc import Iterable

POOL, BROWSER, MALWARE, NODE, WEBSITE, SANCTIONED = "pool", "browser-mining", "malware", "node", "website", "sanctioned"
PURPOSES = (POOL, BROWSER, MALWARE, NODE, SANCTIONED, WEBSITE)
"""What an indicator serves, the telling ones first."""

PURPOSE_WORDS = (
    (BROWSER, ("coinhive", "browser", "webmin", "web miner", "javascript", "cryptojack")),
    (MALWARE, ("malware", "botnet", "trojan", "backdoor", "coinminer", "c2", "c&c", "worm", "payload")),
    (NODE, ("seed node", "p2p node", "full node")),
    (WEBSITE, ("website", "web site", "homepage")),
)
"""Words in a list's own description of an entry that tell what it serves; without them it is a pool."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One indicator as one list gives it; times are UTC microseconds, `confidence` 0 to 1 at `last_seen`."""

    kind: str
    value: str
    port: int | None
    purpose: str
    confidence: float
    pool: str | None = None
    coin: str | None = None
    first_seen: int | None = None
    last_seen: int | None = None
    is_shared_hosting: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a list: where it stands, and its entries, or the reason why it has none."""

    position: str
    entries: tuple[Entry, ...] = ()
    reason: str | None = None


def enter_host(position: str, text: str, entry: Entry) -> Record:
    """Return the record of one host; `entry` gives all but kind, value and port (a port in the text wins)."""
    found = parse_endpoint(text)
    return Record(position, reason=found) if isinstance(found, str) else enter_endpoint(position, found, entry)


def enter_endpoint(position: str, found: Endpoint, entry: Entry) -> Record:
    """Return the record of one endpoint, all else as in `entry`."""
    return Record(position, (place_endpoint(found, entry),))


def place_endpoint(found: Endpoint, entry: Entry) -> Entry:
    """Return `entry` for this endpoint."""
    return Entry(
        found.kind, found.value, entry.port if found.port is None else found.port, entry.purpose, entry.confidence,
        entry.pool, entry.coin, entry.first_seen, entry.last_seen, entry.is_shared_hosting, entry.source,
    )  # fmt: skip


def enter_wallet(position: str, text: str, entry: Entry) -> Record:
    """Return the record of a wallet, refused where its checksum is wrong or, but for Ethereum, its form has none."""
    wallet = check_wallet(text.strip())
    if wallet is None or (wallet.valid is None and wallet.form != "evm"):
        return Record(position, reason=f"no wallet: {text[:80]!r}")
    if wallet.valid is False:
        return Record(position, reason=f"checksum of the wallet is wrong: {text[:80]!r}")
    coin = entry.coin or (wallet.coins[0] if len(wallet.coins) == 1 else None)
    value = wallet.value.lower() if wallet.form == "evm" else wallet.value
    placed = Entry(
        "wallet", value, None, entry.purpose, entry.confidence, entry.pool, coin, entry.first_seen, entry.last_seen
    )
    return Record(position, (placed,))


def guess_purpose(*descriptions: str) -> str:
    """Return what an entry serves by the words its list describes it with."""
    text = " ".join(descriptions).lower()
    return next((purpose for purpose, words in PURPOSE_WORDS if any(word in text for word in words)), POOL)


def bound_confidence(value: object, default: float) -> float:
    """Return a number between 0 and 1, `default` where the value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return default
    return min(max(float(value), 0.0), 1.0)


def name_entry(kind: str, value: str, port: int | None) -> str:
    """Return the stable name of an indicator: the same for the same host and port whatever list it is in."""
    return name_by_hash("ioc", kind, value, "" if port is None else str(port))


def make_table(entries: Iterable[Entry]) -> pa.Table:
    """Return the entries in the schema `INDICATORS`, one row per entry."""
    rows = list(entries)
    columns: dict[str, list[object]] = {
        name: [getattr(entry, name) for entry in rows] for name in INDICATORS.names if name != "indicator"
    }
    columns["indicator"] = [name_entry(entry.kind, entry.value, entry.port) for entry in rows]
    return pa.table({name: columns[name] for name in INDICATORS.names}, schema=INDICATORS.arrow)
