"""Names seen on the wire that lists of mining hosts hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.inside import PRIVATE
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.tables import NAMES

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import NamesPolicy, TrafficPolicy

DAY_US = 86_400_000_000
MOST_LABELS = 6
"""Longest suffix of a name, in labels, that is looked up beside the name itself."""

INDICATOR_COLUMNS = (
    Column("indicator", "string", "stable name of the entry"),
    Column("listed", "string", "the name or address as it stands in the list"),
    Column("pool", "string", "whose it is", nullable=True),
    Column("coin", "string", "symbol", nullable=True),
    Column("purpose", "string", "pool, browser-mining, malware, website or node"),
    Column("list", "string", "list and row it came from"),
    Column("confidence", "float64", "confidence in the entry when it was seen, after decay"),
    Column("is_weak", "bool", "the name or address serves other ends too, so that it proves little"),
)

NAME_MATCHES = TableSpec(
    "name_matches",
    "one name of `names` that a list holds, with the best entry",
    (
        *NAMES.columns,
        Column("subject", "string", "the address that the name speaks against"),
        Column("role", "string", "client or server"),
        *INDICATOR_COLUMNS,
    ),
)


def weigh(indicators: Any, seen: Any, policy: NamesPolicy) -> Any:
    """Return the decayed confidence (0 to 1) that an entry has at the time `seen`, as an expression."""
    last_confirmed = ibis.coalesce(indicators.last_confirmed, seen - int(policy.min_days_unknown * DAY_US))
    age = ibis.greatest((seen - last_confirmed).cast("float64") / float(DAY_US), 0.0)
    return (indicators.confidence * (age * (-math.log(2) / policy.half_life_days)).exp()).round(4)


def list_indicators(indicators: Any, kind: str) -> Any:
    """Return the entries of one kind, their columns named as in the tables of matches."""
    return indicators.filter(_.kind == kind).select(
        indicator=_.indicator,
        listed=_.value,
        listed_port=_.port,
        pool=_.pool,
        coin=_.coin,
        purpose=_.purpose,
        list=_.source,
        confidence=_.confidence,
        last_confirmed=_.last_seen,
        is_shared_hosting=_.is_shared_hosting.fill_null(False),
    )


def is_other_purpose(table: Any) -> Any:
    """Return whether an entry by itself proves little: shared hosting, a pool's website, or a coin's node."""
    return table.is_shared_hosting | table.purpose.isin(("website", "node"))


@derivation(NAME_MATCHES, form="expression", driver="names")
def name_matches(names: Any, indicators: Any, inside: Any, policy: TrafficPolicy) -> Any:
    """Return names that equal a listed domain or lie below it; the longest domain wins, then the surest entry."""
    listed = _list_suffixes(names).join(list_indicators(indicators, "domain"), [("suffix", "listed")])
    rows = names.join(listed.rename(listed_name="name"), [("name", "listed_name")])
    rows = rows.mutate(confidence=weigh(rows, rows.last_seen, policy.names))
    rows = rows.filter(_.confidence >= policy.names.min_confidence)
    is_port_unlisted = rows.listed_port.notnull() & (rows.listed_port != rows.server_port)
    rows = rows.mutate(
        is_off=(rows.kind != "dns") & is_port_unlisted.fill_null(False),
        is_weak=is_other_purpose(rows) | _is_browsing(rows, policy.names),
    )
    best = ibis.window(
        group_by=[rows[column] for column in NAMES.names],
        order_by=[_.listed.length().desc(), _.is_off, _.confidence.desc(), _.indicator],
    )
    rows = rows.mutate(rank=ibis.row_number().over(best)).filter(_.rank == 0)
    return choose_subject(rows.mutate(is_weak=_.is_weak | _.is_off), inside).select(*NAME_MATCHES.names)


def choose_subject(rows: Any, inside: Any) -> Any:
    """Add `subject` and `role`: the client, unless the server alone is inside a declared network."""
    clients = inside.select(site=_.site, client_ip=_.address, is_client_inside=ibis.literal(True))
    servers = inside.filter(_.level != PRIVATE).select(
        site=_.site, server_ip=_.address, is_server_inside=ibis.literal(True)
    )
    placed = rows.left_join(clients, ["site", "client_ip"]).drop("site_right", "client_ip_right")
    placed = placed.left_join(servers, ["site", "server_ip"]).drop("site_right", "server_ip_right")
    is_server = placed.is_server_inside.fill_null(False) & ~placed.is_client_inside.fill_null(False)
    return placed.mutate(
        subject=is_server.ifelse(placed.server_ip, placed.client_ip),
        role=is_server.ifelse("server", "client"),
    )


def _list_suffixes(names: Any) -> Any:
    """Return (name, suffix) for the name itself and its last two to six labels, every name once."""
    distinct = names.select("name").distinct()
    endings = [distinct.name.re_extract(f"((?:[^.]+[.]){{{n}}}[^.]+)$", 1) for n in range(1, MOST_LABELS)]
    suffixes = distinct.mutate(suffix=ibis.array([distinct.name, *endings]).unnest())
    return suffixes.filter(_.suffix != "").distinct()


def _is_browsing(rows: Any, policy: NamesPolicy) -> Any:
    """Return whether the name looks like a visit to a website: HTTP in clear text, or www. on a port of the web.

    In clear HTTP the payload itself would show work; a name alone then says no more than that a page was asked for.
    """
    on_web = rows.server_port.isin(policy.web_ports).fill_null(False) & (rows.kind != "dns")
    return (on_web & (rows.kind == "host")) | rows.name.startswith("www.")
