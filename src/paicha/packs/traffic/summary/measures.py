"""What one subject's sessions amount to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from paicha.packs.traffic.summary.machines import combine_sessions, write_measure
from paicha.packs.traffic.summary.selection import choose_sessions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.packs.traffic.policy import TrafficPolicy

MEASURES = pa.schema([("site", pa.string()), ("subject", pa.string()), ("measures", pa.string())])


def measure(tables: Mapping[str, pa.Table], findings: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return the measures of every subject with a hash rate: site, subject, and a JSON object as text.

    The object holds `hash_rate` by algorithm, `power_kw`, `energy_kwh_per_day` and `revenue_per_day`. Sessions of one
    machine that reconnects are put together; findings set aside or counted elsewhere do not count.
    """
    machines = combine_sessions(
        choose_sessions(tables["sessions"], findings), tables["networks"], tables["relay_links"], policy.power
    )
    rows: dict[tuple[str, str], list[int]] = {}
    for row, pair in enumerate(machines.subjects):
        rows.setdefault(pair, []).append(row)
    answer = []
    for (site, subject), members in rows.items():
        own = machines.take(np.array(members, dtype=np.intp))
        content = {
            "hash_rate": {name: write_measure(rate) for name, rate in own.add_rates().items()},
            "power_kw": write_measure(own.add_power()),
            "energy_kwh_per_day": write_measure(own.add_energy()),
            "revenue_per_day": write_measure(own.add_revenue()),
        }
        answer.append({"site": site, "subject": subject, "measures": json.dumps(content)})
    return pa.Table.from_pylist(answer, schema=MEASURES)
