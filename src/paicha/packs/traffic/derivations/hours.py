"""In which quarter-hours each subject exchanged bytes of mining, or with a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.endpoints import FLOW_SENSORS
from paicha.packs.traffic.derivations.volume import CONNECTION
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.scores.judging import judge_flow_shapes

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import FlowShapePolicy, TrafficPolicy

QUARTER_US = 900_000_000
QUARTERS_PER_HOUR = 4
QUARTERS_PER_DAY = 96
LONGEST_FLOW_QUARTERS = QUARTERS_PER_DAY * 31
"""A flow is spread over at most a month; a longer one has a damaged time."""

ACTIVITY = TableSpec(
    "activity",
    "one quarter-hour in which one subject exchanged bytes of mining, or with a pool",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the address"),
        Column("quarter", "int64", "quarter-hours since 1970-01-01"),
        Column("is_record", "bool", "only flow records, unanswered connections or habits short of likely show it"),
    ),
)


@derivation(ACTIVITY, form="expression")
def activity(
    sessions: Any,
    endpoint_matches: Any,
    profiles: Any,
    shaped: Any,
    flows: Any,
    flow_shapes: Any,
    policy: TrafficPolicy,
) -> Any:
    """Return the quarter-hours of mining sessions by their volume, and of what looks like mining by its messages.

    Flows with listed pools, and flow records that look like mining, count from their beginning to their end.
    """
    parts = ibis.union(
        _list_session_quarters(sessions),
        _list_shaped_quarters(profiles, shaped),
        _spread_flows(sessions, _list_matches(endpoint_matches)),
        _spread_flows(sessions, _list_records(flows, flow_shapes, policy.flow_shape)),
    )
    return parts.group_by("site", "subject", "quarter").agg(is_record=_.is_record.all()).select(*ACTIVITY.names)


def _list_session_quarters(sessions: Any) -> Any:
    slots = sessions.select("site", "subject", slot=sessions.volume.unnest())
    slots = slots.filter(_.slot["out"] + _.slot["in"] > 0)
    return slots.select(
        "site", "subject", quarter=_.slot["time"] // QUARTER_US, is_record=ibis.literal(False)
    ).distinct()


def _list_shaped_quarters(profiles: Any, shaped: Any) -> Any:
    """Return the quarter-hours in which connections that look like mining carried messages."""
    found = shaped.select("site", "session", "subject", is_record=~shaped.is_likely).distinct()
    rows = profiles.select("site", "session", "active").join(found, ["site", "session"])
    slots = rows.select("site", "subject", "is_record", time=rows.active.unnest())
    return slots.select("site", "subject", "is_record", quarter=_.time // QUARTER_US).distinct()


def _list_matches(endpoint_matches: Any) -> Any:
    """Return the flows with pools."""
    rows = endpoint_matches.filter(~_.is_weak).mutate(is_record=_.sensor.isin(FLOW_SENSORS) | ~_.is_answered)
    return rows.select("subject", *CONNECTION, "started", "ended", "is_record")


def _list_records(flows: Any, flow_shapes: Any, policy: FlowShapePolicy) -> Any:
    """Return the flow records of clients and endpoints that look like mining."""
    ends = (
        judge_flow_shapes(flow_shapes, policy)
        .select("site", "server_ip", "server_port", client_ip=_.subject)
        .distinct()
    )
    rows = flows.semi_join(ends, ["site", "client_ip", "server_ip", "server_port"])
    rows = rows.mutate(subject=rows.client_ip, is_record=ibis.literal(True))
    return rows.select("subject", *CONNECTION, "started", "ended", "is_record")


def _spread_flows(sessions: Any, rows: Any) -> Any:
    """Return the quarter-hours that flows reach into, those of sessions read in clear left out."""
    read = sessions.select(*CONNECTION, session_started=_.started, session_ended=_.ended)
    rows = rows.anti_join(read, [*CONNECTION, rows.started <= read.session_ended, rows.ended >= read.session_started])
    first = rows.started // QUARTER_US
    last = ibis.least(ibis.greatest(rows.ended, rows.started) // QUARTER_US, first + LONGEST_FLOW_QUARTERS)
    spread = rows.select("site", "subject", "is_record", quarter=ibis.range(first, last + 1).unnest())
    return spread.select("site", "subject", "quarter", "is_record")


def list_quarters(watched: pa.Table) -> NDArray[np.int64]:
    """Return the quarter-hours that rows of `watched` reach into, in order."""
    hour, first, last = (watched.column(n).to_numpy() for n in ("hour", "seen_from", "seen_to"))
    grid = (hour * QUARTERS_PER_HOUR)[:, None] + np.arange(QUARTERS_PER_HOUR)
    is_seen = (grid * QUARTER_US <= last[:, None]) & ((grid + 1) * QUARTER_US > first[:, None])
    return np.unique(grid[is_seen])


def split_sites(table: pa.Table) -> dict[str, pa.Table]:
    """Return the rows of each site."""
    sites = table.column("site").unique().to_pylist()
    if len(sites) == 1:
        return {sites[0]: table}
    return {site: table.filter(pc.equal(table.column("site"), site)) for site in sites}


def split_subjects(activity: pa.Table) -> dict[str, NDArray[np.int64]]:
    """Return the quarter-hours of each subject of one site's `activity`, in order."""
    if not activity.num_rows:
        return {}
    ordered = activity.select(["subject", "quarter"]).sort_by([("subject", "ascending"), ("quarter", "ascending")])
    codes = ordered.column("subject").combine_chunks().dictionary_encode()
    numbers, quarters = codes.indices.to_numpy(), ordered.column("quarter").to_numpy()
    edges = np.flatnonzero(np.diff(numbers)) + 1
    names = codes.dictionary.to_pylist()
    return dict(zip(names, np.split(quarters, edges), strict=True))
