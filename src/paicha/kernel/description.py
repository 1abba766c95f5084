"""What is told of a verdict's subject beside its grade: hints, and when it was active."""

from __future__ import annotations

from paicha.kernel.schema import Column, TableSpec

HINT = "struct<code: string, for: string, text: string, text_zh: string, findings: list<string>>"
"""A sign of something that no grade says (`for`): its code, its sentence, and the findings that it rests on."""

HOURS = "struct<zone_hours: float64, shares: list<float64>, active_hours: float64, watched_hours: float64, days: int64>"
"""When a subject was active: per hour of the day (24, null where never watched) the share of the time watched.

`zone_hours` is the zone of these hours in hours east of UTC, `days` the days (of that zone) on which it was active.
"""

DESCRIPTIONS = TableSpec(
    "descriptions",
    "what is told of one verdict's subject",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "the subject"),
        Column("hours_of_activity", HOURS, "when it was active", nullable=True),
        Column("hints", f"list<{HINT}>", "signs that no grade says"),
    ),
)
