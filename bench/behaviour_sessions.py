"""Sessions of the real captures by the shapes of their packets: what the scorecard `behaviour` is fitted to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.inputs import CAPTURES
from bench.real_profiles import read_real
from paicha.packs.traffic.derivations.shapes import measure_shapes
from paicha.packs.traffic.policy import TrafficPolicy

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIN_SECONDS = 600.0
"""A session that lasts ten minutes counts."""


def read_sessions() -> pa.Table:
    """Return one row per real session of ten minutes or more: every column of `shapes`, `source`, `is_mining`.

    `source` is the folder. A connection of a mining capture is mining where it was read as such, or where the server
    and its port are those of another that was; in captures without payload, where ANSWERS.md names the server's port.
    """
    profiles = read_real("profiles")
    shapes = measure(profiles)
    sites = shapes.column("site").to_pylist()
    folders = [tuple(site.split("/")[:2]) for site in sites]
    is_mining = np.array([folder[0] == "mining" for folder in folders]) & find_mining(shapes)
    # what is in a mining capture beside the mining is not known to be ordinary
    is_told = is_mining | np.array([folder[0] != "mining" for folder in folders])
    rows = shapes.append_column("source", pa.array(["/".join(f) if f[0] != "grey" else "grey" for f in folders]))
    rows = rows.append_column("is_mining", pa.array(is_mining))
    return rows.filter(pc.and_(pa.array(is_told), pc.greater_equal(rows.column("lived"), MIN_SECONDS)))


def measure(profiles: pa.Table) -> pa.Table:
    """Return the shapes of all profiles with the default policy."""
    policy = TrafficPolicy()
    return measure_shapes(profiles, policy.profiles.answer_seconds, policy.behaviour)


HEADER_ONLY_PORTS = {"ifip_42b9ec9a2257": 3333, "ifip_5bae25736a09": 443, "ifip_7029b7bf7611": 9200}
"""Where the payload was cut off: server's port of the mining flow (ANSWERS.md, section 5)."""


def find_mining(shapes: pa.Table) -> NDArray[np.bool_]:
    """Return which connections of mining captures lead to a pool."""
    sessions = read_real("mining_sessions")
    pools = set(zip(*(sessions.column(name).to_pylist() for name in ("site", "server_ip", "server_port")), strict=True))
    names = ("site", "server_ip", "server_port")
    answer = []
    for site, server, port in zip(*(shapes.column(name).to_pylist() for name in names), strict=True):
        known = next((number for name, number in HEADER_ONLY_PORTS.items() if name in site), None)
        answer.append(port == known if known else (site, server, port) in pools)
    return np.array(answer, bool)


def are_captures_here() -> bool:
    """Return whether the public captures lie beside the project."""
    return (CAPTURES / "ANSWERS.md").exists()
