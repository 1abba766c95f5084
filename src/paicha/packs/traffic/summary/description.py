"""What is told of a subject beside its grade and its measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from paicha.kernel.description import DESCRIPTIONS
from paicha.packs.traffic.summary.hints import find_hints
from paicha.packs.traffic.summary.hours import measure_hours

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.packs.traffic.policy import TrafficPolicy


def describe(tables: Mapping[str, pa.Table], findings: pa.Table, verdicts: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return rows of `DESCRIPTIONS` for the subjects of which there is something to tell."""
    hours = measure_hours(tables, policy.hours)
    hints = find_hints(tables, findings, verdicts, hours, policy)
    rows = [
        {
            "site": site,
            "subject": subject,
            "hours_of_activity": hours[site, subject].write(policy.hours.timezone_hours)
            if (site, subject) in hours
            else None,
            "hints": hints.get((site, subject), []),
        }
        for site, subject in sorted({*hours, *hints})
    ]
    return pa.Table.from_pylist(rows, schema=DESCRIPTIONS.arrow)
