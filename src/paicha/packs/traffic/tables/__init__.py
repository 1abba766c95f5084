"""The tables of the traffic pack: what readers write, and what the app gives."""

from __future__ import annotations

from paicha.kernel.owners import OWNERS
from paicha.packs.traffic.tables.given import BLOCKS, INDICATORS, NETWORKS, SEATS
from paicha.packs.traffic.tables.profiles import PROFILES, PUSHES
from paicha.packs.traffic.tables.seen import FLOWS, NAMES, REPORTS
from paicha.packs.traffic.tables.sessions import LOGIN, MINING_SESSIONS

INPUT_TABLES = (FLOWS, NAMES, MINING_SESSIONS, PROFILES, PUSHES, REPORTS)
GIVEN_TABLES = (INDICATORS, OWNERS, NETWORKS, BLOCKS, SEATS)

__all__ = [
    "BLOCKS",
    "FLOWS",
    "GIVEN_TABLES",
    "INDICATORS",
    "INPUT_TABLES",
    "LOGIN",
    "MINING_SESSIONS",
    "NAMES",
    "NETWORKS",
    "PROFILES",
    "PUSHES",
    "REPORTS",
    "SEATS",
]
