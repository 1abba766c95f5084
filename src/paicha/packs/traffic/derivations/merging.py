"""The same connection seen in several inputs becomes one session, on the best evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

ENDS = ("site", "client_ip", "client_port", "server_ip", "server_port")
STATE_RANKS = {"mining": 2, "refused": 1, "attempt": 0}
EVIDENCE_COLUMNS = ("state", "work_shares", "shares_submitted", "shares_accepted", "jobs", "connected", "session")


@dataclass(slots=True)
class _Span:
    """Rows of one connection that overlap in time."""

    rows: list[int]
    ended: int


def merge_sessions(sessions: pa.Table) -> pa.Table:
    """Return the rows of `mining_sessions` with every connection once, sorted by site, ends and beginning.

    Of rows with the same ends and overlapping times the one with the most shares, jobs and time connected stays; it
    gets the earliest beginning, the latest end and the sources of all of them.
    """
    if sessions.num_rows == 0:
        return sessions
    order = pc.sort_indices(sessions, sort_keys=[(name, "ascending") for name in (*ENDS, "started", "session")])
    table = sessions.take(order)
    spans = _group(table)
    evidence = table.select([*EVIDENCE_COLUMNS, "sources"])
    best = [span.rows[0] if len(span.rows) == 1 else _choose(evidence, span.rows) for span in spans]
    merged = table.take(pa.array(best, pa.int64()))
    columns = {
        "started": pa.array([table.column("started")[span.rows[0]].as_py() for span in spans], pa.int64()),
        "ended": pa.array([span.ended for span in spans], pa.int64()),
        "sources": pa.array([_unite(table, span.rows) for span in spans], pa.list_(pa.string())),
    }
    for name, values in columns.items():
        merged = merged.set_column(merged.schema.get_field_index(name), merged.schema.field(name), values)
    return merged


def _group(table: pa.Table) -> list[_Span]:
    """Return the rows of the sorted table that belong together: the same ends, each beginning before the last ended."""
    ends = list(zip(*(table.column(name).to_pylist() for name in ENDS), strict=True))
    started, ended = table.column("started").to_pylist(), table.column("ended").to_pylist()
    spans: list[_Span] = []
    for row, connection in enumerate(ends):
        if spans and connection == ends[row - 1] and started[row] <= spans[-1].ended:
            spans[-1].rows.append(row)
            spans[-1].ended = max(spans[-1].ended, ended[row])
        else:
            spans.append(_Span([row], ended[row]))
    return spans


def _choose(evidence: pa.Table, rows: Sequence[int]) -> int:
    candidates = evidence.take(pa.array(rows, pa.int64())).to_pylist()
    ranks = [
        (STATE_RANKS.get(c["state"], -1), *((c[name] or 0) for name in EVIDENCE_COLUMNS[1:-1]), c["session"] or "",
         sorted(c["sources"] or ()))
        for c in candidates
    ]  # fmt: skip
    return rows[max(range(len(rows)), key=ranks.__getitem__)]


def _unite(table: pa.Table, rows: Sequence[int]) -> list[str]:
    column = table.column("sources")
    return sorted({source for row in rows for source in column[row].as_py() or ()})


def find_relayed(sessions: pa.Table) -> np.ndarray:
    """Return which sessions hand their work to a host that, at the same time, submits work elsewhere itself.

    Their work is counted again in the session of that host: totals leave them out.
    """
    site, client, server = (sessions.column(n).to_pylist() for n in ("site", "client_ip", "server_ip"))
    started, ended = (sessions.column(n).to_pylist() for n in ("started", "ended"))
    algorithm, shares = (sessions.column(n).to_pylist() for n in ("algorithm", "work_shares"))
    upstream: dict[tuple[str, str], list[int]] = {}
    for row in range(len(site)):
        if shares[row]:
            upstream.setdefault((site[row], client[row]), []).append(row)
    relayed = np.zeros(len(site), np.bool_)
    for row in range(len(site)):
        relayed[row] = any(
            server[other] not in (server[row], client[row])
            and algorithm[other] == algorithm[row]
            and started[other] <= ended[row]
            and started[row] <= ended[other]
            for other in upstream.get((site[row], server[row]), ())
        )
    return relayed
