"""The sheet a regulator publishes: who mines, how many units, how much work, power and energy, whose and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.grades import Grade
from paicha.packs.traffic.summary.hint_texts import PURPOSES
from paicha.packs.traffic.summary.machines import Machines, combine_sessions, write_measure
from paicha.packs.traffic.summary.selection import choose_sessions, choose_subjects
from paicha.packs.traffic.summary.volume import add_hours, measure_pool_mbps
from paicha.reference.natures import list_natures
from paicha.reference.regions import find_province, find_region

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from paicha.packs.traffic.policy import TrafficPolicy

UNKNOWN = "unknown"
GRADES = {"confirmed": Grade.CONFIRMED, "confirmed_or_likely": Grade.LIKELY}
SUMMARY_TABLES = (
    "sessions",
    "pool_traffic",
    "observed",
    "coverage",
    "networks",
    "activity",
    "watched",
    "signs",
    "relay_links",
)
"""Tables that the summary needs."""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What one sheet is made from: its verdicts, and what runs behind their subjects."""

    verdicts: list[dict[str, Any]]
    machines: Machines

    def narrow(self, verdicts: list[dict[str, Any]]) -> _Sheet:
        """Return the sheet of some of the verdicts."""
        subjects = {(v["site"], v["subject"]) for v in verdicts}
        rows = np.flatnonzero([pair in subjects for pair in self.machines.subjects])
        return _Sheet(verdicts, self.machines.take(rows))


def summarise(
    tables: Mapping[str, pa.Table], findings: pa.Table, verdicts: pa.Table, policy: TrafficPolicy
) -> dict[str, Any]:
    """Return the sheet for `confirmed` and for `confirmed_or_likely`; zero and null where nothing was found."""
    sessions = choose_sessions(tables["sessions"], findings)
    machines = combine_sessions(sessions, tables["networks"], tables["relay_links"], policy.power)
    names = ("site", "subject", "grade", "unit", "credit_code", "nature", "region", "is_stock", "is_cleared", "hints")
    rows = verdicts.select(names).to_pylist()
    coverage = _describe_coverage(tables)
    natures = [nature.id for nature in list_natures()]
    public = {nature.id for nature in list_natures() if nature.is_public}
    summary: dict[str, Any] = {}
    for name, grade in GRADES.items():
        chosen = [row for row in rows if row["grade"] >= grade]
        sheet = _Sheet(rows, machines).narrow(chosen)
        subjects = {(row["site"], row["subject"]) for row in chosen}
        summary[name] = {
            **_count(chosen),
            "logins": _count_logins(choose_subjects(sessions, subjects)),
            "public_resource": _count([row for row in chosen if row["nature"] in public]),
            "pool_mbps": measure_pool_mbps(choose_subjects(tables["pool_traffic"], subjects), tables["coverage"]),
            "hash_rate": {key: write_measure(rate) for key, rate in sheet.machines.add_rates().items()},
            "power_kw": write_measure(sheet.machines.add_power()),
            "energy_kwh_per_day": write_measure(sheet.machines.add_energy()),
            "revenue_per_day": write_measure(sheet.machines.add_revenue()),
            "revenue_by_algorithm": {
                key: write_measure(money) for key, money in sheet.machines.add_revenues().items() if money is not None
            },
            "by_nature": _split(sheet, lambda row: row["nature"] or UNKNOWN, natures),
            "by_region": _split(sheet, lambda row: _name_region(row["region"], policy.summary.region_level)),
            "by_hint": {
                purpose: sum(any(hint["for"] == purpose for hint in row["hints"] or ()) for row in chosen)
                for purpose in PURPOSES
            },
            "stock": sum(row["is_stock"] is True for row in chosen),
            "cleared": sum(row["is_cleared"] is True and row["is_stock"] is True for row in rows),
            "increment": sum(row["is_stock"] is False for row in chosen),
            "coverage": coverage,
        }
    return summary


def _count(verdicts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many addresses, and how many distinct units answer for them."""
    units = {row["credit_code"] or row["unit"] for row in verdicts}
    return {"addresses": len(verdicts), "units": len(units - {None, ""})}


def _count_logins(sessions: pa.Table) -> int:
    logins = {login["value"] for entry in sessions.column("logins").to_pylist() for login in entry or ()}
    return len(logins - {None, ""})


def _split(sheet: _Sheet, name: Callable[[dict[str, Any]], str], always: Sequence[str] = ()) -> dict[str, Any]:
    """Return the sheet's figures by what `name` says of each verdict: `always` first, then the most addresses first."""
    parts: dict[str, list[dict[str, Any]]] = {key: [] for key in always}
    for row in sheet.verdicts:
        parts.setdefault(name(row), []).append(row)
    others = sorted(set(parts) - set(always), key=lambda part: (-len(parts[part]), part))
    answer = {}
    for key in (*always, *others):
        machines = sheet.narrow(parts[key]).machines
        answer[key] = {
            **_count(parts[key]),
            "share": len(parts[key]) / max(len(sheet.verdicts), 1),
            "power_kw": write_measure(machines.add_power()),
            "energy_kwh_per_day": write_measure(machines.add_energy()),
        }
    return answer


def _name_region(code: str | None, level: str) -> str:
    """Return the six-digit code of the province, city or county that a filed code lies in."""
    if not code:
        return UNKNOWN
    if level == "county":
        return code
    region = (None if level == "province" else find_region(code)) or find_province(code)
    return region.code if region else UNKNOWN


def _describe_coverage(tables: Mapping[str, pa.Table]) -> dict[str, Any]:
    """Return how long was watched (the longest of the sites), and how many watched addresses were seen."""
    observed = tables["observed"]
    inside = observed.filter(observed.column("is_inside"))
    return {
        "hours": max(add_hours(tables["coverage"]).values(), default=0.0),
        "addresses_observed": inside.num_rows,
        "filed_addresses_observed": pc.sum(pc.equal(inside.column("level"), "filed")).as_py() or 0,
    }
