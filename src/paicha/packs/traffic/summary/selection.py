"""What counts in totals: verdicts of a grade, and the sessions of findings that are neither set aside nor repeated."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.identifiers import SEPARATOR
from paicha.packs.traffic.rules.sessions import SESSION_RULES


def choose_sessions(sessions: pa.Table, findings: pa.Table) -> pa.Table:
    """Return the sessions whose findings count."""
    counted = findings.filter(
        pc.and_(
            pc.is_in(findings.column("rule"), pa.array([rule.id for rule in SESSION_RULES])),
            pc.and_(pc.is_null(findings.column("set_aside")), pc.is_null(findings.column("counted_in"))),
        )
    )
    return sessions.filter(pc.is_in(_join(sessions, "key"), _join(counted, "key").combine_chunks()))


def choose_subjects(table: pa.Table, subjects: set[tuple[str, str]]) -> pa.Table:
    """Return the rows of a table whose site and subject are among those."""
    pairs = pa.array([SEPARATOR.join(pair) for pair in sorted(subjects)], pa.string())
    return table.filter(pc.is_in(_join(table, "subject"), pairs))


def _join(table: pa.Table, name: str) -> pa.ChunkedArray:
    """Return site and another column as one text per row: Arrow compares texts without making Python objects."""
    return pc.binary_join_element_wise(table.column("site"), table.column(name), SEPARATOR)
