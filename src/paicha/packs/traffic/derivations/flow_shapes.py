"""Flow records put together by endpoint, and what their sizes, rates and times look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.gathering import collect
from paicha.packs.traffic.derivations.names import choose_subject
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.tables.seen import SITE

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import FlowShapePolicy, TrafficPolicy

SECOND_US = 1_000_000.0
HOUR_SECONDS = 3600.0
DECIMALS = 6
"""Figures are rounded: sums of floats depend on the order in which an engine takes the rows."""

BEYOND = 1e6
"""Stands for a ratio without an upper end."""

PAIR = ("site", "client_ip", "server_ip", "server_port", "protocol")
"""What tells endpoints of one client apart."""

ENDS = ("site", "client_ip", "client_port", "server_ip", "server_port")

UNCERTAIN = (
    ("packet_bytes_out", "IP bytes of a packet from the client, mean", "B"),
    ("packet_bytes_in", "IP bytes of a packet from the server, mean", "B"),
    ("packets_per_minute_out", "packets from the client while connected", "1/min"),
    ("packets_per_minute_in", "packets from the server while connected", "1/min"),
    ("packets_ratio", "packets from the client for each one from the server", None),
    ("bytes_per_second", "IP bytes both ways while connected", "B/s"),
)
"""Features that sampling makes uncertain: `_low` and `_high` are their ends by `policy.flow_shape.deviations`."""

CERTAIN = (
    ("connected_hours", "time connected", "h"),
    ("connects_per_hour", "new connections while connected, the first one left out", "1/h"),
    ("covered_share", "part of the time connected without pauses between records; unknown where sampled", None),
    ("rate_variation", "standard deviation of the bytes/s of pieces by their mean, from three pieces on", None),
    ("size_variation", "standard deviation of the bytes/packet of pieces by their mean, from three pieces on", None),
)

LONG_ENDPOINTS = TableSpec(
    "long_endpoints",
    "one client and port of one server whose flow records reach over long enough to be worth judging",
    (
        SITE,
        Column("client_ip", "string", "the client, of the watched network where it is known"),
        Column("server_ip", "string", "address of the side that was addressed"),
        Column("server_port", "int32", "its port"),
        Column("protocol", "int32", "IP protocol number"),
    ),
)

FLOW_SHAPES = TableSpec(
    "flow_shapes",
    "all flow records of one client with one port of one server that were long enough to judge",
    (
        SITE,
        Column("subject", "string", "the client"),
        Column("server_ip", "string", "address of the side that was addressed"),
        Column("server_port", "int32", "its port"),
        Column("protocol", "int32", "IP protocol number"),
        Column("sensor", "string", "the kind of sensor that saw most of it"),
        Column("first_seen", "int64", "beginning of the first record", unit="us"),
        Column("last_seen", "int64", "end of the last record", unit="us"),
        Column("sources", "list<string>", "keys of the inputs that showed it"),
        Column("pieces", "int64", "flow records"),
        Column("count", "int64", "connections: different ports of the client"),
        Column("packets_out", "int64", "packets from the client as recorded", nullable=True),
        Column("packets_in", "int64", "packets from the server as recorded", nullable=True),
        Column("bytes_out", "int64", "IP bytes from the client as recorded", unit="B", nullable=True),
        Column("bytes_in", "int64", "IP bytes from the server as recorded", unit="B", nullable=True),
        Column("sampling", "float64", "one packet in so many was seen, the coarsest of the records"),
        Column("spanned_hours", "float64", "from the first to the last record", unit="h"),
        Column("longest_gap_seconds", "float64", "longest time without a record", unit="s"),
        Column(
            "hours_needed", "float64", "connected at this rate until figures are sure: few or sampled packets", unit="h"
        ),
        Column("is_enough", "bool", "packets enough were seen to judge at all"),
        Column(
            "connections",
            "list<struct<time: int64, client: string, client_port: int32, server: string, server_port: int32>>",
            "the first records in time",
        ),
        *(Column(name, "float64", doc, unit=unit, nullable=True) for name, doc, unit in (*UNCERTAIN, *CERTAIN)),
        *(
            Column(f"{name}_{end}", "float64", f"{end} end of it", unit=unit, nullable=True)
            for name, _doc, unit in UNCERTAIN
            for end in ("low", "high")
        ),
    ),
)


@derivation(LONG_ENDPOINTS, form="expression", driver="flows")
def long_endpoints(flows: Any, inside: Any, policy: TrafficPolicy) -> Any:
    """Return the endpoints whose longer records reach over the least time judged; most traffic is short.

    Those whose server alone is watched are left out, those between two insiders unless the policy asks for them.
    """
    asked = policy.flow_shape
    rows = flows.filter(_.protocol.isin(asked.protocols), _.server_port.notnull())
    least = round(asked.piece_seconds * SECOND_US)
    long = rows.filter((_.ended - _.started >= least) | (_.sampling > 1))
    spans = long.group_by(*PAIR).agg(begun=_.started.min(), over=_.ended.max())
    wanted = spans.filter(_.over - _.begun >= round(asked.min_seconds * SECOND_US))
    placed = choose_subject(wanted, inside).filter(_.role == "client")
    if not asked.between_insiders:
        placed = placed.anti_join(inside.select(site=_.site, server_ip=_.address), ["site", "server_ip"])
    return placed.select(*LONG_ENDPOINTS.names)


@derivation(FLOW_SHAPES, form="expression", driver="long_endpoints")
def flow_shapes(flows: Any, long_endpoints: Any, profiles: Any, mining_sessions: Any, policy: TrafficPolicy) -> Any:
    """Return what the flow records of each client and endpoint look like, of one kind of sensor each.

    Connections whose packets were profiled, or whose content was read, are judged by these and left out here.
    """
    asked = policy.flow_shape
    rows = flows.semi_join(long_endpoints, PAIR)
    known = ibis.union(*(t.select(*ENDS, known_from=t.started, known_to=t.ended) for t in (profiles, mining_sessions)))
    rows = rows.anti_join(
        known,
        [*(rows[name].identical_to(known[name]) for name in ENDS),
         rows.started <= known.known_to, rows.ended >= known.known_from],
    )  # fmt: skip
    described = _describe(_add_up(_stitch(rows, asked), policy), asked)
    return described.mutate(subject=described.client_ip).select(*FLOW_SHAPES.names)


def _stitch(rows: Any, policy: FlowShapePolicy) -> Any:
    """Add to each record how much time it adds and how long a gap lies before it, whatever was open meanwhile."""
    before = ibis.window(
        group_by=[rows[name] for name in (*PAIR, "sensor")],
        order_by=[rows.started, rows.ended, rows.client_port],
        preceding=(None, 1),
    )
    rows = rows.mutate(end=ibis.greatest(rows.started, rows.ended), until=rows.ended.max().over(before))
    until = ibis.coalesce(rows.until, rows.started)
    gap = ibis.greatest(rows.started - until, 0).cast("float64") / SECOND_US
    allowed = policy.gap_seconds + (rows.sampling - 1.0) * policy.sampled_gap_seconds
    return rows.mutate(
        gap=gap,
        bridged=(gap <= allowed).ifelse(gap, 0.0),
        paused=((gap > policy.quiet_seconds) & (gap <= allowed)).ifelse(gap, 0.0),
        covered=ibis.greatest(rows.end - ibis.greatest(rows.started, until), 0).cast("float64") / SECOND_US,
        length=(rows.end - rows.started).cast("float64") / SECOND_US,
    )


def _add_up(rows: Any, policy: TrafficPolicy) -> Any:
    """Return one row per client, endpoint and kind of sensor, of those connected long enough."""
    octets = ibis.coalesce(rows.bytes_out, 0) + ibis.coalesce(rows.bytes_in, 0)
    packets = ibis.coalesce(rows.packets_out, 0) + ibis.coalesce(rows.packets_in, 0)
    is_piece = (rows.length >= policy.flow_shape.regular_seconds) & (packets > 0)
    rate = is_piece.ifelse(octets / rows.length.nullif(0), ibis.null("float64"))
    size = is_piece.ifelse(octets / packets.nullif(0), ibis.null("float64"))
    connection = ibis.struct(
        {"time": rows.started, "client": rows.client_ip, "client_port": rows.client_port, "server": rows.server_ip,
         "server_port": rows.server_port}
    )  # fmt: skip
    totals = rows.group_by(*PAIR, "sensor").agg(
        first_seen=rows.started.min(),
        last_seen=rows.end.max(),
        sources=collect(rows.source),
        pieces=rows.count(),
        count=ibis.greatest(rows.client_port.nunique(), 1),
        packets_out=rows.packets_out.sum(),
        packets_in=rows.packets_in.sum(),
        bytes_out=rows.bytes_out.sum(),
        bytes_in=rows.bytes_in.sum(),
        sampling=rows.sampling.max(),
        paused=rows.paused.sum(),
        connected=rows.covered.sum() + rows.bridged.sum(),
        longest_gap_seconds=rows.gap.max(),
        rates=rate.count(),
        rate_mean=rate.mean(),
        rate_spread=rate.std(how="pop"),
        size_mean=size.mean(),
        size_spread=size.std(how="pop"),
        ordered=connection.collect().sort()[: policy.names.max_connections],
    )
    totals = totals.filter(_.connected >= policy.flow_shape.min_seconds)
    best = ibis.window(group_by=[totals[name] for name in PAIR], order_by=[_.connected.desc(), _.sensor])
    return totals.mutate(rank=ibis.row_number().over(best)).filter(_.rank == 0)


def _describe(totals: Any, policy: FlowShapePolicy) -> Any:
    """Add the features and how sure they are."""
    seen = {way: totals[f"packets_{way}"].cast("float64") for way in ("out", "in")}
    octets = {way: totals[f"bytes_{way}"].cast("float64") * totals.sampling for way in ("out", "in")}
    minutes = totals.connected / 60.0
    counted = {way: _bound_count(seen[way], totals.sampling, policy.deviations) for way in seen}
    features: dict[str, tuple[Any, Any, Any]] = {}
    for way, number in seen.items():
        mean = octets[way] / (number * totals.sampling).nullif(0)
        doubt = (totals.sampling > 1).ifelse(policy.deviations * policy.size_spread / number.nullif(0).sqrt(), 0.0)
        features[f"packet_bytes_{way}"] = (mean * ibis.greatest(1.0 - doubt, 0.0), mean, mean * (1.0 + doubt))
        low, high = counted[way]
        features[f"packets_per_minute_{way}"] = tuple(
            count * totals.sampling / minutes for count in (low, number, high)
        )
    (out_low, out_high), (in_low, in_high) = counted["out"], counted["in"]
    features["packets_ratio"] = (
        out_low / in_high.nullif(0),
        seen["out"] / seen["in"].nullif(0),
        ibis.coalesce(out_high / in_low.nullif(0), BEYOND),
    )
    both = seen["out"] + seen["in"]
    pace = (octets["out"] + octets["in"]) / totals.connected
    least, most = _bound_count(both, totals.sampling, policy.deviations)
    features["bytes_per_second"] = (pace * least / both.nullif(0), pace, pace * most / both.nullif(0))
    ends = {f"{n}_{e}": v for n, (low, _mid, high) in features.items() for e, v in (("low", low), ("high", high))}
    is_regular = totals.rates >= 3
    nothing = ibis.null("float64")
    wanted = (totals.sampling > 1).ifelse(policy.sampled_packets, policy.min_packets).cast("float64")
    made = {name: middle for name, (_low, middle, _high) in features.items()} | ends
    made |= {
        "connected_hours": totals.connected / HOUR_SECONDS,
        "spanned_hours": (totals.last_seen - totals.first_seen).cast("float64") / (HOUR_SECONDS * SECOND_US),
        "connects_per_hour": (totals["count"] - 1).cast("float64") / (totals.connected / HOUR_SECONDS),
        "covered_share": (totals.sampling > 1).ifelse(nothing, 1.0 - totals.paused / totals.connected),
        "rate_variation": is_regular.ifelse(totals.rate_spread / totals.rate_mean.nullif(0), nothing),
        "size_variation": is_regular.ifelse(totals.size_spread / totals.size_mean.nullif(0), nothing),
        "hours_needed": wanted * totals.connected / HOUR_SECONDS / both.nullif(0),
    }
    return totals.mutate(
        **{name: value.round(DECIMALS) for name, value in made.items()},
        is_enough=both >= float(policy.min_packets),
        connections=totals.ordered,
    )


def _bound_count(number: Any, sampling: Any, deviations: float) -> tuple[Any, Any]:
    """Return between what the mean behind a count of sampled packets lies; the count itself where all were seen.

    Byar's approximation of the exact Poisson interval (Breslow and Day 1987, II, p. 69).
    """
    above = number + 1.0
    low = number * _cube(1.0 - 1.0 / (9.0 * number.nullif(0)) - deviations / (3.0 * number.nullif(0).sqrt()))
    high = above * _cube(1.0 - 1.0 / (9.0 * above) + deviations / (3.0 * above.sqrt()))
    is_sampled = sampling > 1
    return is_sampled.ifelse(ibis.coalesce(ibis.greatest(low, 0.0), 0.0), number), is_sampled.ifelse(high, number)


def _cube(value: Any) -> Any:
    return value * value * value
