"""The tables of the traffic pack: what readers write, and what the app gives."""

from __future__ import annotations

from paicha.kernel.owners import OWNERS
from paicha.kernel.schema import Column, TableSpec

SITE = Column("site", "string", "the network whose addresses these are")
SOURCE = Column("source", "string", "key of the input that showed it")

FLOWS = TableSpec(
    "flows",
    "one connection or datagram exchange seen by one sensor, from the side that opened it",
    (
        SITE,
        SOURCE,
        Column("sensor", "string", "kind of sensor: capture, zeek, eve, netflow or table"),
        Column("client_ip", "string", "address of the side that opened it"),
        Column("client_port", "int32", "its port", nullable=True),
        Column("server_ip", "string", "address of the side that was addressed"),
        Column("server_port", "int32", "its port", nullable=True),
        Column("protocol", "int32", "IP protocol number: 6 TCP, 17 UDP, 1 ICMP"),
        Column("started", "int64", "time of the first packet", unit="us"),
        Column("ended", "int64", "time of the last packet", unit="us"),
        Column("packets_out", "int64", "packets from client to server", nullable=True),
        Column("packets_in", "int64", "packets from server to client", nullable=True),
        Column("bytes_out", "int64", "IP bytes from client to server", unit="B", nullable=True),
        Column("bytes_in", "int64", "IP bytes from server to client", unit="B", nullable=True),
        Column("sampling", "float64", "one packet in so many was seen; 1 where all were"),
    ),
)

NAMES = TableSpec(
    "names",
    "one name that a client used towards one server in one connection or query",
    (
        SITE,
        SOURCE,
        Column("kind", "string", "where it stood: dns, sni, host (HTTP) or certificate"),
        Column("name", "string", "the name in lower case without a final dot; A-labels as sent"),
        Column("client_ip", "string", "who asked or connected"),
        Column("client_port", "int32", "from which port", nullable=True),
        Column("server_ip", "string", "the server spoken to; for dns the resolver"),
        Column("server_port", "int32", "its port", nullable=True),
        Column("answer", "string", "for dns: one address that the name resolved to", nullable=True),
        Column("first_seen", "int64", "first time", unit="us"),
        Column("last_seen", "int64", "last time", unit="us"),
        Column("count", "int64", "how often"),
    ),
)

LOGIN = "struct<value: string, kind: string, valid: bool>"

MINING_SESSIONS = TableSpec(
    "mining_sessions",
    "one connection on which a mining protocol was spoken in clear text",
    (
        SITE,
        Column("session", "string", "stable name: site, both endpoints, transport and beginning"),
        Column("sources", "list<string>", "keys of the inputs that showed it"),
        Column("client_ip", "string", "address of the miner, relay or tool that asked for work"),
        Column("client_port", "int32", "its port"),
        Column("server_ip", "string", "address of the pool, relay or node that gave it"),
        Column("server_port", "int32", "its port"),
        Column("transport", "string", "tcp, tls, ws or http"),
        Column("dialect", "string", "one of the dialects of docs/packs/traffic.md"),
        Column("coin", "string", "symbol of the coin, where the exchange shows it", nullable=True),
        Column("algorithm", "string", "id of the proof-of-work algorithm", nullable=True),
        Column("is_algorithm_shown", "bool", "the exchange shows the algorithm; else it is the dialect's usual one"),
        Column("software", "string", "what the client calls itself", nullable=True),
        Column("logins", f"list<{LOGIN}>", "distinct logins: value without worker, kind, checksum"),
        Column("worker", "string", "name of the machine within the login", nullable=True),
        Column("state", "string", "mining, refused (every share refused) or attempt (no work exchanged)"),
        Column("started", "int64", "time of the first packet", unit="us"),
        Column("ended", "int64", "time of the last packet", unit="us"),
        Column("connected", "int64", "time connected with gaps of the capture taken out", unit="us"),
        Column("joined", "bool", "the capture began after the connection did"),
        Column("is_open", "bool", "the connection had not ended when the input did"),
        Column("jobs", "int64", "pieces of work handed out"),
        Column("shares_submitted", "int64", "shares sent, duplicates not counted"),
        Column("shares_accepted", "int64", "of these, accepted"),
        Column("shares_rejected", "int64", "of these, refused"),
        Column("shares_stale", "int64", "of the refused, those that came too late: valid work all the same"),
        Column("shares_duplicate", "int64", "shares sent again with the same job and nonce"),
        Column("work", "float64", "expected hashes of valid work submitted, stale included", nullable=True),
        Column("work_squared", "float64", "sum of the squares of the shares' expected hashes", nullable=True),
        Column("work_largest", "float64", "largest expected hashes of one share", nullable=True),
        Column("work_shares", "int64", "number of shares in `work`"),
        Column("work_accepted", "float64", "expected hashes of accepted shares", nullable=True),
        Column("work_low", "float64", "factor from `work` to the least reading of the unit of difficulty"),
        Column("work_high", "float64", "factor from `work` to the greatest reading of it"),
        Column("work_unit", "string", "how difficulty was read, in words", nullable=True),
        Column(
            "hashes_per_difficulty",
            "float64",
            "hashes taken for a share of difficulty 1, where the pool sent plain numbers and nothing else",
            nullable=True,
        ),
        Column("reported_rate", "float64", "hash rate the client claims (median); not trusted", nullable=True),
        Column("difficulty", "list<struct<time: int64, value: float64>>", "expected hashes per share from then on"),
        Column("packets", "list<struct<input: string, first: int64, last: int64>>", "packet numbers, from 1"),
        Column("volume", "list<struct<time: int64, out: int64, in: int64>>", "IP bytes per five minutes of the clock"),
        Column("bytes_out", "int64", "IP bytes from client to server", unit="B"),
        Column("bytes_in", "int64", "IP bytes from server to client", unit="B"),
        Column("bytes_lost", "int64", "payload bytes that the capture did not hold", unit="B"),
    ),
)

REPORTS = TableSpec(
    "reports",
    "one line of a list handed down, or one alert of an intrusion detection system, on one address",
    (
        SITE,
        SOURCE,
        Column("address", "string", "the address complained of"),
        Column("port", "int32", "its port", nullable=True),
        Column("first_seen", "int64", "from", unit="us", nullable=True),
        Column("last_seen", "int64", "to", unit="us", nullable=True),
        Column("peer", "string", "pool, domain or address it spoke to", nullable=True),
        Column("peer_port", "int32", "its port", nullable=True),
        Column("kind", "string", "kind of evidence as the issuer words it", nullable=True),
        Column("issuer", "string", "who says so: a body, a batch, a sensor and signature"),
        Column("batch", "string", "number of the batch or of the signature", nullable=True),
        Column("count", "int64", "how often"),
    ),
)

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

INPUT_TABLES = (FLOWS, NAMES, MINING_SESSIONS, REPORTS)
GIVEN_TABLES = (INDICATORS, OWNERS, NETWORKS)
