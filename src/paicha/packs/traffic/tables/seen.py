"""What sensors recorded and others reported: flows, names, reports."""

from __future__ import annotations

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
