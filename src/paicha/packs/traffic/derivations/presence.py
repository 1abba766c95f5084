"""Who was seen when: addresses, for how long each has records, and what every site was watched for."""

from __future__ import annotations

from typing import Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.policy import HOUR_US

LONGEST_RECORD_HOURS = 24 * 366
"""One record spreads over at most so many hours: a longer one has a damaged time."""

SPANS = TableSpec(
    "spans",
    "the records of one address in one role that begin in one hour of the clock",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the address"),
        Column("is_client", "bool", "it opened the connections, or asked"),
        Column("hour", "int64", "hours since 1970-01-01", unit="h"),
        Column("first_seen", "int64", "beginning of the first", unit="us"),
        Column("last_seen", "int64", "end of the last to end", unit="us"),
        Column("records", "int64", "how many"),
        Column("sampling", "float64", "one packet in so many was seen, the coarsest of them"),
    ),
)

ADDRESSES = TableSpec(
    "addresses",
    "one address that any record of the site shows",
    (
        Column("site", "string", "the network"),
        Column("address", "string", "the address"),
        Column("first_seen", "int64", "time of its first record", unit="us"),
        Column("last_seen", "int64", "end of its last record", unit="us"),
        Column("records", "int64", "flows, names and sessions that show it"),
        Column("sampling", "float64", "one packet in so many was seen, the coarsest of its records"),
    ),
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

WATCHED = TableSpec(
    "watched",
    "one hour of the clock in which one site was watched",
    (
        Column("site", "string", "the network"),
        Column("hour", "int64", "hours since 1970-01-01", unit="h"),
        Column("seen_from", "int64", "first record in it", unit="us"),
        Column("seen_to", "int64", "end of the last record in it", unit="us"),
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


@derivation(SPANS, form="expression")
def spans(flows: Any, names: Any, mining_sessions: Any) -> Any:
    """Return the records of every address, added up by hour: all that is asked of them."""
    return ibis.union(
        *(
            _add_up(table, column, is_client=column == "client_ip")
            for table in (flows, names, mining_sessions)
            for column in ("client_ip", "server_ip")
        )
    )


@derivation(ADDRESSES, form="expression")
def addresses(spans: Any) -> Any:
    """Return every address once per site."""
    return spans.group_by(site=_.site, address=_.subject).agg(**_total())


@derivation(OBSERVED, form="expression")
def observed(spans: Any, inside: Any) -> Any:
    """Return how long each watched address was seen; addresses outside only where they opened connections."""
    # only where the records of an address reach over a full hour do its spans tell more than its first and last record
    is_short = inside.first_seen // HOUR_US == inside.last_seen // HOUR_US
    part = (inside.last_seen - inside.first_seen).cast("float64") / float(HOUR_US)
    short = inside.filter(is_short).mutate(hours=part)
    long = inside.filter(~is_short)
    hours = _measure_hours(spans.semi_join(long, ["site", ("subject", "address")]))
    long = long.join(hours, ["site", ("address", "subject")])
    columns = [name for name in OBSERVED.names if name not in {"subject", "is_inside"}]
    watched = ibis.union(*(t.select(*columns, subject=t.address, is_inside=ibis.literal(True)) for t in (short, long)))
    visits = spans.filter(_.is_client).anti_join(inside, ["site", ("subject", "address")])
    visitors = visits.group_by("site", "subject").agg(**_total())
    visitors = visitors.join(_measure_hours(visits), ["site", "subject"])
    visitors = visitors.mutate(is_inside=ibis.literal(False), level=ibis.null("string"))
    return ibis.union(watched.select(*OBSERVED.names), visitors.select(*OBSERVED.names))


def _total() -> dict[str, Any]:
    """Return what is told of an address over all its spans."""
    return {
        "first_seen": _.first_seen.min(),
        "last_seen": _.last_seen.max(),
        "records": _.records.sum(),
        "sampling": _.sampling.max(),
    }


def _measure_hours(spans: Any) -> Any:
    """Return of each subject how many hours it was seen: of every hour the part from its first to its last record."""
    slots = _spread(spans).group_by("site", "subject", "slot").agg(seen=_.seen_to.max() - _.seen_from.min())
    return slots.group_by("site", "subject").agg(hours=_.seen.sum().cast("float64") / float(HOUR_US))


@derivation(WATCHED, form="expression")
def watched(spans: Any) -> Any:
    """Return from when to when each site was watched, by hours of the clock."""
    # every record has a client, so that their spans are those of all records
    hours = (
        spans.filter(_.is_client)
        .group_by("site", "hour")
        .agg(first_seen=_.first_seen.min(), last_seen=_.last_seen.max(), records=_.records.sum())
    )
    slots = _spread(hours).group_by(site=_.site, hour=_.slot)
    return slots.agg(seen_from=_.seen_from.min(), seen_to=_.seen_to.max()).select(*WATCHED.names)


@derivation(COVERAGE, form="expression")
def coverage(watched: Any) -> Any:
    """Return for how long each site was watched on each day."""
    parts = watched.select("site", day=_.hour // 24, seen=_.seen_to - _.seen_from)
    days = parts.group_by("site", "day").agg(hours=_.seen.sum().cast("float64") / float(HOUR_US))
    return days.select(*COVERAGE.names)


def _list_records(table: Any, subject: str) -> Any:
    """Return the records of a table with their subject, span, number and sampling."""
    columns = table.columns
    start, end = ("started", "ended") if "started" in columns else ("first_seen", "last_seen")
    return table.select(
        site=table.site,
        subject=table[subject],
        first_seen=table[start],
        last_seen=ibis.greatest(table[start], table[end]),
        count=table["count"].cast("int64") if "count" in columns else ibis.literal(1, "int64"),
        sampling=table.sampling if "sampling" in columns else ibis.literal(1.0, "float64"),
    ).filter(_.subject.notnull(), _.first_seen.notnull())


def _add_up(table: Any, subject: str, *, is_client: bool) -> Any:
    """Return the records of each subject, added up by the hour in which they begin."""
    rows = _list_records(table, subject)
    totals = rows.group_by(site=_.site, subject=_.subject, hour=_.first_seen // HOUR_US).agg(
        first_seen=_.first_seen.min(),
        last_seen=_.last_seen.max(),
        records=_["count"].sum(),
        sampling=ibis.coalesce(_.sampling.max(), 1.0),
    )
    return totals.mutate(is_client=ibis.literal(is_client)).select(*SPANS.names)


def _spread(rows: Any) -> Any:
    """Return a row for every hour of the clock that a span reaches into, with its part; records count in the first."""
    last = ibis.least(rows.last_seen // HOUR_US, rows.hour + LONGEST_RECORD_HOURS)
    # most spans end in the hour in which they began: lists are made for the others only
    short = rows.filter(last == rows.hour).mutate(slot=_.hour)
    long = rows.filter(last > rows.hour).mutate(slot=ibis.range(rows.hour, last + 1).unnest())
    slots = ibis.union(short, long.select(*short.columns))
    return slots.mutate(
        seen_from=ibis.greatest(slots.first_seen, slots.slot * HOUR_US),
        seen_to=ibis.least(slots.last_seen, (slots.slot + 1) * HOUR_US),
        records=(slots.slot == slots.hour).ifelse(slots.records, 0),
    )
