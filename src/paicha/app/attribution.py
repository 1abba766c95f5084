"""Verdicts with the unit that answers for each subject, and its place in the workspace's history."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.grades import Grade
from paicha.registry.attribution import attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.store.runs import Subject


def attribute_verdicts(verdicts: pa.Table, owners: pa.Table) -> pa.Table:
    """Return the verdicts with unit, credit_code, nature, industry, region, level, is_nat and contact of the owner."""
    owned = attribute(owners, verdicts.column("site"), verdicts.column("subject"), verdicts.column("last_seen"))
    for name in ("unit", "credit_code", "nature", "industry", "region", "level", "is_nat", "contact"):
        verdicts = verdicts.append_column(name, owned.column(name))
    return verdicts


def place_in_history(verdicts: pa.Table, known: Mapping[tuple[str, str], Subject], baseline: str) -> pa.Table:
    """Return the verdicts with `first_seen` over all runs, `is_stock` and `is_cleared`.

    Stock was found before the `baseline` date (UTC), increment after it. Cleared is a subject that an earlier run
    found something on and that was now watched long enough without a finding.
    """
    start = int(datetime.fromisoformat(baseline).replace(tzinfo=UTC).timestamp() * 1_000_000)
    sites, subjects = verdicts.column("site").to_pylist(), verdicts.column("subject").to_pylist()
    before = [known.get(pair) for pair in zip(sites, subjects, strict=True)]
    first = pa.array(
        [
            min(b.first_seen, seen) if b and seen is not None else (b.first_seen if b else seen)
            for b, seen in zip(before, verdicts.column("first_seen").to_pylist(), strict=True)
        ],
        pa.int64(),
    )
    grades = verdicts.column("grade").to_pylist()
    cleared = [b is not None and grade == Grade.NONE for b, grade in zip(before, grades, strict=True)]
    return (
        verdicts.set_column(verdicts.column_names.index("first_seen"), "first_seen", first)
        .append_column("is_stock", pc.less(first, start))
        .append_column("is_cleared", pa.array(cleared, pa.bool_()))
    )
