"""Connections to addresses that lists of mining hosts hold, or that a listed name had just resolved to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.names import (
    INDICATOR_COLUMNS,
    choose_subject,
    is_other_purpose,
    list_indicators,
    weigh,
)
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.tables import FLOWS

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import NamesPolicy, TrafficPolicy

ENDPOINT_MATCHES = TableSpec(
    "endpoint_matches",
    "one flow with a listed address or under a listed name, turned so that the server is the listed end",
    (
        *FLOWS.columns,
        Column(
            "via",
            "string",
            "address: listed itself; name: a listed name had resolved to it; spoken: the name stood in it",
        ),
        Column("name", "string", "the name that had resolved to it", nullable=True),
        Column("subject", "string", "the address that the flow speaks against"),
        Column("role", "string", "client or server"),
        Column("is_answered", "bool", "packets went both ways, as far as the record says"),
        *INDICATOR_COLUMNS,
    ),
)

FLOW_SENSORS = ("netflow", "table")
"""Sensors that write flow records only: neither content nor state of the connection was seen."""

_ENTRY = tuple(column.name for column in INDICATOR_COLUMNS)
_TURNED = {
    "client_ip": "server_ip",
    "client_port": "server_port",
    "packets_out": "packets_in",
    "bytes_out": "bytes_in",
}


@derivation(ENDPOINT_MATCHES, form="expression", driver="flows")
def endpoint_matches(
    flows: Any, names: Any, name_matches: Any, indicators: Any, inside: Any, policy: TrafficPolicy
) -> Any:
    """Return flows with a listed end, each with the entry that fits it best."""
    listed = list_indicators(indicators, "address")
    found = ibis.union(
        _match_servers(flows, listed, policy.names),
        _match_clients(flows, listed, inside, policy.names),
        _match_answers(flows, names, name_matches, indicators, policy.names),
        _match_spoken(flows, name_matches),
    )
    best = ibis.window(
        group_by=[found[name] for name in ("site", "source", "client_ip", "client_port", "server_ip", "server_port",
                                           "protocol", "started")],
        order_by=[_.is_weak, _.via, _.confidence.desc(), _.indicator, _.name],
    )  # fmt: skip
    found = found.mutate(rank=ibis.row_number().over(best)).filter(_.rank == 0)
    answered = found.mutate(
        is_answered=ibis.coalesce(found.packets_in > 0, found.bytes_in > 0, ibis.literal(True)),
    )
    return choose_subject(answered, inside).select(*ENDPOINT_MATCHES.names)


def _match_servers(flows: Any, listed: Any, policy: NamesPolicy) -> Any:
    """Return flows whose server is listed for their port or for every port."""
    rows = flows.join(listed, flows.server_ip == listed.listed)
    rows = rows.filter(rows.listed_port.isnull() | (rows.listed_port == rows.server_port))
    return _enter(rows, policy)


def _match_clients(flows: Any, listed: Any, inside: Any, policy: NamesPolicy) -> Any:
    """Return flows whose client is a listed address and port, turned: flow records do not know who opened them."""
    records = flows.filter(flows.sensor.isin(FLOW_SENSORS))
    rows = records.join(listed, (records.client_ip == listed.listed) & (records.client_port == listed.listed_port))
    watched = inside.select(site=_.site, server_ip=_.address)
    rows = rows.semi_join(watched, ["site", "server_ip"])
    turned = {a: rows[b] for a, b in _TURNED.items()} | {b: rows[a] for a, b in _TURNED.items()}
    return _enter(rows.mutate(**turned), policy)


def _enter(rows: Any, policy: NamesPolicy) -> Any:
    rows = rows.mutate(confidence=weigh(rows, rows.ended, policy)).filter(_.confidence >= policy.min_confidence)
    on_web = rows.listed_port.isnull() & rows.server_port.isin(policy.web_ports).fill_null(False)
    rows = rows.mutate(
        via=ibis.literal("address"), name=ibis.null("string"), is_weak=is_other_purpose(rows) | on_web,
    )  # fmt: skip
    return rows.select(*FLOWS.names, "via", "name", *_ENTRY)


def _match_answers(flows: Any, names: Any, name_matches: Any, indicators: Any, policy: NamesPolicy) -> Any:
    """Return flows from a client to an address that a listed name had resolved to for that same client.

    An address that was also the answer for names that no list holds serves others too. A question names no port: where
    a name is a website's on one port and a pool's on others, the port of the flow tells which entry it is.
    """
    asked = name_matches.filter(_.kind == "dns", _.answer.notnull()).select(
        "site", "client_ip", "name", "listed", server_ip=_.answer, asked_at=_.first_seen, asked=_.name
    )
    listed_names = asked.select("site", "asked").distinct()
    other = names.filter(_.kind == "dns", _.answer.notnull()).anti_join(listed_names, ["site", ("name", "asked")])
    shared = other.select(site=_.site, server_ip=_.answer, is_shared=ibis.literal(True)).distinct()
    rows = flows.join(asked, ["site", "client_ip", "server_ip"])
    rows = rows.filter(rows.ended >= rows.asked_at)
    rows = rows.left_join(shared, ["site", "server_ip"])
    rows = rows.select(*FLOWS.names, "name", "listed", "asked_at", "is_shared")
    rows = rows.join(list_indicators(indicators, "domain"), "listed")
    rows = rows.mutate(
        confidence=weigh(rows, rows.ended, policy),
        is_off=(rows.listed_port.notnull() & (rows.listed_port != rows.server_port)).fill_null(False),
    )
    rows = rows.filter(_.confidence >= policy.min_confidence)
    best = ibis.window(
        group_by=[rows[column] for column in (*FLOWS.names, "name")],
        order_by=[_.is_off, _.confidence.desc(), _.indicator],
    )
    rows = rows.mutate(rank=ibis.row_number().over(best)).filter(_.rank == 0)
    is_browsing = rows.name.startswith("www.") & rows.server_port.isin(policy.web_ports).fill_null(False)
    is_weak = is_other_purpose(rows) | rows.is_off | rows.is_shared.fill_null(False) | is_browsing
    return rows.mutate(via=ibis.literal("name"), is_weak=is_weak).select(*FLOWS.names, "via", "name", *_ENTRY)


def _match_spoken(flows: Any, name_matches: Any) -> Any:
    """Return flows in which a listed name stood: no finding of their own, but traffic with a pool."""
    ends = ("site", "client_ip", "client_port", "server_ip", "server_port")
    spoken = name_matches.filter(_.kind != "dns").select(*ends, "name", *_ENTRY)
    return flows.join(spoken, ends).mutate(via=ibis.literal("spoken")).select(*FLOWS.names, "via", "name", *_ENTRY)
