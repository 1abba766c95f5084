"""What the app gives beside the inputs: lists, prices, block times, seats in use."""

from __future__ import annotations

from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.tables.seen import SITE

INDICATORS = TableSpec(
    "indicators",
    "one name or address that is known to serve mining",
    (
        Column("indicator", "string", "stable name of the entry"),
        Column("kind", "string", "domain (with what lies below it) or address"),
        Column("value", "string", "the name in lower case or the address"),
        Column("port", "int32", "only on this port", nullable=True),
        Column("pool", "string", "whose it is", nullable=True),
        Column("coin", "string", "symbol", nullable=True),
        Column("purpose", "string", "pool, browser-mining, malware, website or node"),
        Column("first_seen", "int64", "known since", unit="us", nullable=True),
        Column("last_seen", "int64", "last confirmed", unit="us", nullable=True),
        Column("confidence", "float64", "0 to 1 at `last_seen`, before decay"),
        Column("is_shared_hosting", "bool", "the address or name serves others too"),
        Column("source", "string", "list and row it came from"),
    ),
)

NETWORKS = TableSpec(
    "networks",
    "one coin's network on one day, of a price file",
    (
        Column("day", "int64", "days since 1970-01-01", unit="d"),
        Column("coin", "string", "symbol"),
        Column("algorithm", "string", "id of the proof-of-work algorithm"),
        Column("rate_per_s", "float64", "hashes per second of all miners", unit="H/s"),
        Column("coins_per_day", "float64", "coins issued and fees paid to miners in the day"),
        Column("price", "float64", "price of a coin in `currency`"),
        Column("currency", "string", "currency of the price"),
        Column("cny_per_unit", "float64", "exchange rate of the currency; 1 for CNY"),
        Column("source", "string", "where the figures are from"),
    ),
)

BLOCKS = TableSpec(
    "blocks",
    "one block of one coin's chain",
    (
        Column("coin", "string", "symbol"),
        Column("time", "int64", "when it became known", unit="us"),
        Column("height", "int64", "its number", nullable=True),
    ),
)

SEATS = TableSpec(
    "seats",
    "seats in use at one site in one span of time",
    (
        SITE,
        Column("started", "int64", "from", unit="us"),
        Column("ended", "int64", "to", unit="us"),
        Column("used", "float64", "seats in use on average"),
    ),
)
