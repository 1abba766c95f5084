"""Long, quiet connections by the sizes and times of their packets, whatever these hold."""

from __future__ import annotations

from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.tables.seen import SITE

SIZE = (
    "struct<bytes: int32, count: int64, answered: int64, reply: int32, unasked: int64, gaps: int64, "
    "gap_sum: float64, gap_squares: float64, first: int64, last: int64>"
)
"""One exact payload size that a side's messages had.

`count` messages; `answered`: those that the other side followed with a message within `policy.profiles.answer_seconds`,
`reply` the usual size of that; `unasked`: those that did not follow a message of the other side within that time;
`gap_sum` and `gap_squares` in s and s2 of the `gaps` from one message of the size to the next, to 1 ms; `first`, `last`
in us. Sizes above 65,535 B count as that.
"""

_SIDES = (
    Column("packets", "int64", "IP packets"),
    Column("bytes", "int64", "IP bytes", unit="B"),
    Column("messages", "int64", "packets with new payload; those that fill one message counted as one"),
    Column("payload", "int64", "payload bytes in them", unit="B"),
    Column("sizes", f"list<{SIZE}>", "the most frequent exact payload sizes, at most 16, the most frequent first"),
    Column("other", "int64", "messages of sizes that are not listed"),
    Column(
        "gap_counts", "list<int64>", "gaps between successive messages by powers of two: below 1 ms, 2 ms, ... 2^22 ms"
    ),
    Column("answered", "int64", "messages followed by one of the other side within the answer time"),
    Column("unasked", "int64", "messages that did not follow one of the other side within the answer time"),
    Column("unasked_gap_counts", "list<int64>", "gaps between successive unasked messages, as `gap_counts`"),
    Column("largest", "int32", "largest payload of a message", unit="B"),
)

PROFILES = TableSpec(
    "profiles",
    "one long, quiet connection by sizes and times alone; cumulative over the runs of a workspace",
    (
        SITE,
        Column("session", "string", "stable name, the same as in `mining_sessions` where both know the connection"),
        Column("sources", "list<string>", "keys of the inputs that showed it"),
        Column("client_ip", "string", "address of the side that opened it"),
        Column("client_port", "int32", "its port", nullable=True),
        Column("server_ip", "string", "address of the side that was addressed"),
        Column("server_port", "int32", "its port", nullable=True),
        Column("protocol", "int32", "IP protocol number: 6 TCP, 17 UDP, 50 ESP"),
        Column("started", "int64", "time of the first packet", unit="us"),
        Column("ended", "int64", "time of the last packet", unit="us"),
        Column(
            "profiled",
            "int64",
            "time of the first message counted, after a burst or a busy time",
            unit="us",
        ),
        Column("joined", "bool", "the capture began after the connection did"),
        Column("is_open", "bool", "the connection had not ended when the input did"),
        Column("is_partial", "bool", "room for profiles ran out on the way: a part of its messages is not counted"),
        Column("is_tls", "bool", "a TLS handshake was seen on it"),
        Column("is_web", "bool", "an HTTP request was seen on it"),
        Column(
            "head",
            "list<int32>",
            "payload sizes of the first 12 messages, the server's negative; empty if not counted",
        ),
        Column("longest_silence", "int64", "longest time without any message of either side", unit="us"),
        Column("active", "list<int64>", "beginnings of the quarter-hours of the clock with messages, the last 14 days"),
        *(
            Column(f"{c.name}_{side}", c.kind, f"{c.doc}, {way}", unit=c.unit)
            for side, way in (("out", "client to server"), ("in", "server to client"))
            for c in _SIDES
        ),
    ),
)

PUSHES = TableSpec(
    "pushes",
    "a piece of the messages that a profiled connection's server sent, in the order of time",
    (
        SITE,
        Column("session", "string", "as in `profiles`"),
        Column("times", "list<int64>", "when, at most 128 of them", unit="us"),
        Column("sizes", "list<int32>", "payload bytes of each", unit="B"),
    ),
)
