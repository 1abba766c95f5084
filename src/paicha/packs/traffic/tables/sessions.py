"""Mining that was read in clear text."""

from __future__ import annotations

from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.tables.seen import SITE

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
        Column(
            "blocks",
            "list<struct<time: int64, height: int64, previous: string>>",
            "blocks of the chain that jobs announced: time of the first job on each, its height, digits of its hash",
        ),
        Column("packets", "list<struct<input: string, first: int64, last: int64>>", "packet numbers, from 1"),
        Column("volume", "list<struct<time: int64, out: int64, in: int64>>", "IP bytes per five minutes of the clock"),
        Column("bytes_out", "int64", "IP bytes from client to server", unit="B"),
        Column("bytes_in", "int64", "IP bytes from server to client", unit="B"),
        Column("bytes_lost", "int64", "payload bytes that the capture did not hold", unit="B"),
    ),
)
