"""Traffic with pools, in slots of five minutes."""

from __future__ import annotations

from typing import Any

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.expressions import _, ibis

SLOT_US = 300_000_000
LONGEST_FLOW_SLOTS = 12 * 24 * 31
"""A flow is spread over at most a month; a longer one has a damaged time."""

POOL_TRAFFIC = TableSpec(
    "pool_traffic",
    "five minutes of one subject's traffic with pools",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the address"),
        Column("time", "int64", "beginning of the five minutes", unit="us"),
        Column("bytes_out", "float64", "IP bytes towards the pool", unit="B"),
        Column("bytes_in", "float64", "IP bytes from the pool", unit="B"),
    ),
)

CONNECTION = ("site", "client_ip", "client_port", "server_ip", "server_port")


@derivation(POOL_TRAFFIC, form="expression")
def pool_traffic(sessions: Any, endpoint_matches: Any) -> Any:
    """Return exact volumes of mining sessions, and of other flows with pools their bytes spread over their time."""
    parts = ibis.union(
        _list_session_slots(sessions),
        _list_flow_slots(_choose_flows(sessions, endpoint_matches)),
    )
    return (
        parts.group_by("site", "subject", "time")
        .agg(bytes_out=_.bytes_out.sum(), bytes_in=_.bytes_in.sum())
        .select(*POOL_TRAFFIC.names)
    )


def _list_session_slots(sessions: Any) -> Any:
    # between a relay and its clients nothing passes to a pool: its own sessions do
    slots = sessions.filter(~sessions.is_relayed).select("site", "subject", slot=_.volume.unnest())
    return slots.select(
        site=_.site,
        subject=_.subject,
        time=_.slot["time"] // SLOT_US * SLOT_US,
        bytes_out=_.slot["out"].cast("float64"),
        bytes_in=_.slot["in"].cast("float64"),
    )


def _choose_flows(sessions: Any, endpoint_matches: Any) -> Any:
    """Return flows with pools that are no mining session read in clear, of one kind of sensor per connection."""
    chosen = endpoint_matches.filter(~_.is_weak).select(
        "subject", *CONNECTION, "sensor", "started", "ended", "bytes_out", "bytes_in", "sampling"
    )
    read = sessions.select(*CONNECTION, session_started=_.started, session_ended=_.ended)
    chosen = chosen.anti_join(
        read,
        [*CONNECTION, chosen.started <= read.session_ended, chosen.ended >= read.session_started],
    ).mutate(volume=(ibis.coalesce(_.bytes_out, 0) + ibis.coalesce(_.bytes_in, 0)) * _.sampling)
    by_sensor = chosen.group_by(*CONNECTION, "sensor").agg(volume=_.volume.sum())
    best = ibis.window(group_by=CONNECTION, order_by=[_.volume.desc(), _.sensor])
    sensors = by_sensor.mutate(rank=ibis.row_number().over(best)).filter(_.rank == 0).drop("volume", "rank")
    ports = {name: sensors[name] for name in (*CONNECTION, "sensor")}
    return chosen.semi_join(sensors, [chosen[name].identical_to(column) for name, column in ports.items()])


def _list_flow_slots(flows: Any) -> Any:
    first = flows.started // SLOT_US
    last = ibis.least(ibis.greatest(flows.ended, flows.started) // SLOT_US, first + LONGEST_FLOW_SLOTS)
    rows = flows.mutate(slot=ibis.range(first, last + 1).unnest())
    end = ibis.greatest(rows.ended, rows.started)
    overlap = ibis.least(end, (rows.slot + 1) * SLOT_US) - ibis.greatest(rows.started, rows.slot * SLOT_US)
    share = ibis.coalesce(overlap / (end - rows.started).nullif(0), 1.0) * rows.sampling
    return rows.select(
        site=rows.site,
        subject=rows.subject,
        time=rows.slot * SLOT_US,
        bytes_out=ibis.coalesce(rows.bytes_out, 0) * share,
        bytes_in=ibis.coalesce(rows.bytes_in, 0) * share,
    )
