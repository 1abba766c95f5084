"""Who was seen when: addresses, for how long each has records, and what every site was watched for."""

from __future__ import annotations

from typing import Any

import ibis
from ibis import _

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.policy import HOUR_US

LONGEST_RECORD_HOURS = 24 * 366
"""One record spreads over at most so many hours: a longer one has a damaged time."""

ADDRESSES = TableSpec(
    "addresses",
    "one address that any record of the site shows",
    (Column("site", "string", "the network"), Column("address", "string", "the address")),
)

OBSERVED = TableSpec(
    "observed",
    "one address that the site watches or that opened connections, and how long it could be seen",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the address"),
        Column("first_seen", "int64", "time of its first record", unit="us"),
        Column("last_seen", "int64", "end of its last record", unit="us"),
        Column("hours", "float64", "of every hour of the clock the part from its first to its last record", unit="h"),
        Column("records", "int64", "flows, names and sessions that show it"),
        Column("sampling", "float64", "one packet in so many was seen, the coarsest of its records"),
        Column("is_inside", "bool", "it belongs to the watched network"),
        Column("level", "string", "how its owner is known: filed, operator, rir, geo, home, private", nullable=True),
    ),
)

COVERAGE = TableSpec(
    "coverage",
    "one day (UTC) on which one site was watched, and for how long",
    (
        Column("site", "string", "the network"),
        Column("day", "int64", "days since 1970-01-01", unit="d"),
        Column("hours", "float64", "of every hour of the clock the part from its first to its last record", unit="h"),
    ),
)


@derivation(ADDRESSES, form="expression")
def addresses(flows: Any, names: Any, mining_sessions: Any) -> Any:
    """Return every address once per site."""
    columns = [(table, column) for table in (flows, names, mining_sessions) for column in ("client_ip", "server_ip")]
    parts = [table.select(site=_.site, address=table[column]).distinct() for table, column in columns]
    return ibis.union(*parts, distinct=True).filter(_.address.notnull())


@derivation(OBSERVED, form="expression")
def observed(flows: Any, names: Any, mining_sessions: Any, inside: Any) -> Any:
    """Return how long each watched address was seen; addresses outside only where they opened connections."""
    watched = inside.select(site=_.site, server_ip=_.address)
    tables = (flows, names, mining_sessions)
    clients = (_list_spans(table, "client_ip") for table in tables)
    servers = (_list_spans(table.semi_join(watched, ["site", "server_ip"]), "server_ip") for table in tables)
    spans = (
        ibis.union(*clients, *servers)
        .left_join(inside, ["site", ("subject", "address")])
        .select(
            "site", "subject", "hour", "first_seen", "last_seen", "records", "sampling", "level",
            is_inside=_.address.notnull(),
        )
    )  # fmt: skip
    totals = spans.group_by("site", "subject").agg(
        first_seen=_.first_seen.min(),
        last_seen=_.last_seen.max(),
        records=_.records.sum(),
        sampling=_.sampling.max(),
        is_inside=_.is_inside.any(),
        level=_.level.max(),
    )
    seen = _list_hours(spans, "site", "subject").group_by("site", "subject")
    hours = seen.agg(hours=_.seen.sum().cast("float64") / float(HOUR_US))
    return totals.join(hours, ["site", "subject"]).select(*OBSERVED.names)


@derivation(COVERAGE, form="expression")
def coverage(flows: Any, names: Any, mining_sessions: Any) -> Any:
    """Return for how long each site was watched on each day."""
    spans = ibis.union(*(_list_spans(table, None) for table in (flows, names, mining_sessions)))
    hours = _list_hours(spans, "site")
    return (
        hours.group_by(site=_.site, day=_.hour // 24)
        .agg(hours=_.seen.sum().cast("float64") / float(HOUR_US))
        .select(*COVERAGE.names)
    )


def _list_spans(table: Any, subject: str | None) -> Any:
    """Return the records of each subject (of the whole site for None), added up by the hour in which they begin."""
    columns = table.columns
    start, end = ("started", "ended") if "started" in columns else ("first_seen", "last_seen")
    rows = table.select(
        site=table.site,
        subject=table[subject] if subject else ibis.literal(""),
        first_seen=table[start],
        last_seen=ibis.greatest(table[start], table[end]),
        count=table["count"].cast("int64") if "count" in columns else ibis.literal(1, "int64"),
        sampling=table.sampling if "sampling" in columns else ibis.literal(1.0, "float64"),
    ).filter(_.subject.notnull(), _.first_seen.notnull())
    return rows.group_by(site=_.site, subject=_.subject, hour=_.first_seen // HOUR_US).agg(
        first_seen=_.first_seen.min(),
        last_seen=_.last_seen.max(),
        records=_["count"].sum(),
        sampling=ibis.coalesce(_.sampling.max(), 1.0),
    )


def _list_hours(spans: Any, *by: str) -> Any:
    """Return every hour of the clock in the spans once, with the us from its first to its last record."""
    last = ibis.least(spans.last_seen // HOUR_US, spans.hour + LONGEST_RECORD_HOURS)
    slots = spans.mutate(slot=ibis.range(spans.hour, last + 1).unnest())
    slots = slots.select(
        *by,
        hour=slots.slot,
        seen_from=ibis.greatest(slots.first_seen, slots.slot * HOUR_US),
        seen_to=ibis.least(slots.last_seen, (slots.slot + 1) * HOUR_US),
    )
    return slots.group_by(*by, "hour").agg(seen=_.seen_to.max() - _.seen_from.min())
