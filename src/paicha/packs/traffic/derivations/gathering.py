"""Matches put together to what a finding says: one row per subject and name, one per subject and endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.endpoints import FLOW_SENSORS
from paicha.packs.traffic.derivations.names import INDICATOR_COLUMNS
from paicha.packs.traffic.expressions import _, ibis

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import TrafficPolicy

ENDS = ("client", "client_port", "server", "server_port")

_HEAD = (
    Column("site", "string", "the network"),
    Column("subject", "string", "the address it speaks against"),
    Column("role", "string", "client or server"),
)
_SPAN = (
    Column("first_seen", "int64", "first time", unit="us"),
    Column("last_seen", "int64", "last time", unit="us"),
    Column("sources", "list<string>", "keys of the inputs that showed it"),
    Column("count", "int64", "how often"),
)
_TAIL = (
    *INDICATOR_COLUMNS,
    Column("client", "string", "who connected or asked, the first time"),
    Column("client_port", "int32", "from which port", nullable=True),
    Column("server", "string", "to whom"),
    Column("server_port", "int32", "to which port", nullable=True),
    Column(
        "connections",
        "list<struct<time: int64, client: string, client_port: int32, server: string, server_port: int32>>",
        "the first connections in time",
    ),
)

LISTED_NAMES = TableSpec(
    "listed_names",
    "one listed name that one subject asked for, or named in connections",
    (
        *_HEAD,
        Column("name", "string", "the name"),
        Column("is_lookup", "bool", "asked for in the DNS; else named in connections"),
        *_SPAN,
        Column("kinds", "list<string>", "where it stood"),
        Column("answers", "list<string>", "addresses it resolved to", nullable=True),
        *_TAIL,
    ),
)

LISTED_ENDPOINTS = TableSpec(
    "listed_endpoints",
    "one listed endpoint that one subject had connections with",
    (
        *_HEAD,
        Column("endpoint", "string", "address and port"),
        Column("shown_by", "string", "connection, resolution or record: what speaks for it"),
        *_SPAN,
        Column("sensors", "list<string>", "kinds of sensors"),
        Column("names", "list<string>", "names that had resolved to it", nullable=True),
        Column("bytes_out", "int64", "IP bytes towards it, as recorded", unit="B", nullable=True),
        Column("bytes_in", "int64", "IP bytes from it, as recorded", unit="B", nullable=True),
        Column("sampling", "float64", "one packet in so many was seen"),
        Column("is_answered", "bool", "packets went both ways in at least one connection"),
        *_TAIL,
    ),
)


@derivation(LISTED_NAMES, form="expression")
def listed_names(name_matches: Any, policy: TrafficPolicy) -> Any:
    """Return the matches of `names` by subject and name, questions apart from connections."""
    rows = name_matches.mutate(is_lookup=_.kind == "dns")
    gathered = rows.group_by("site", "subject", "role", "name", "is_lookup").agg(
        first_seen=rows.first_seen.min(),
        last_seen=rows.last_seen.max(),
        sources=collect(rows.source),
        count=rows["count"].sum(),
        kinds=collect(rows.kind),
        answers=collect(rows.answer),
        entry=_find_entry(rows),
        ordered=_order_connections(rows, rows.first_seen, policy.names.max_connections),
    )
    return _unfold(gathered, LISTED_NAMES)


@derivation(LISTED_ENDPOINTS, form="expression")
def listed_endpoints(endpoint_matches: Any, policy: TrafficPolicy) -> Any:
    """Return flows with listed addresses by subject and endpoint, flow records apart from connections seen."""
    rows = endpoint_matches.filter(_.via != "spoken").mutate(
        endpoint=_write_end(endpoint_matches),
        shown_by=ibis.cases(
            (_.via == "name", "resolution"), (_.sensor.isin(FLOW_SENSORS), "record"), else_="connection"
        ),
    )
    gathered = rows.group_by("site", "subject", "role", "endpoint", "shown_by").agg(
        first_seen=rows.started.min(),
        last_seen=rows.ended.max(),
        sources=collect(rows.source),
        count=rows.count(),
        sensors=collect(rows.sensor),
        names=collect(rows.name),
        bytes_out=rows.bytes_out.sum(),
        bytes_in=rows.bytes_in.sum(),
        sampling=rows.sampling.max(),
        is_answered=rows.is_answered.any(),
        entry=_find_entry(rows),
        ordered=_order_connections(rows, rows.started, policy.names.max_connections),
    )
    return _unfold(gathered, LISTED_ENDPOINTS)


def _write_end(rows: Any) -> Any:
    """Return address and port as one text, IPv6 in brackets, * for an unknown port."""
    address = rows.server_ip
    host = address.contains(":").ifelse(ibis.literal("[") + address + ibis.literal("]"), address)
    return host + ibis.literal(":") + ibis.coalesce(rows.server_port.cast("string"), "*")


def collect(column: Any) -> Any:
    """Return the distinct values of a group in order, null where there are none (as empty lists, engines differ)."""
    values = column.collect(distinct=True).sort()
    return (values.length() > 0).ifelse(values, ibis.null())


def _find_entry(rows: Any) -> Any:
    """Return the entry of a list that fits a group best: the least struct, whose first fields say what is better."""
    fields = {"is_weak": rows.is_weak, "doubt": -rows.confidence}
    fields |= {c.name: rows[c.name] for c in INDICATOR_COLUMNS if c.name not in {"is_weak", "confidence"}}
    return ibis.struct(fields).min()


def _order_connections(rows: Any, time: Any, limit: int) -> Any:
    """Return the first connections of a group in time."""
    connection = ibis.struct(
        {
            "time": time,
            "client": rows.client_ip,
            "client_port": rows.client_port,
            "server": rows.server_ip,
            "server_port": rows.server_port,
        }
    )
    return connection.collect().sort()[:limit]


def _unfold(gathered: Any, spec: TableSpec) -> Any:
    """Return the columns of `spec`: those of the entry and of the first connection from their structs."""
    entry = {c.name: gathered.entry[c.name] for c in INDICATOR_COLUMNS if c.name != "confidence"}
    first = {name: gathered.ordered[0][name] for name in ENDS}
    made = entry | first | {"confidence": -gathered.entry["doubt"], "connections": gathered.ordered}
    return gathered.select(**{name: made[name] if name in made else gathered[name] for name in spec.names})
