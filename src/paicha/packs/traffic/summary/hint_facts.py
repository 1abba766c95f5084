"""What hints are drawn from: mining sessions with their findings, units, hours and signs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from paicha.packs.traffic.summary.selection import choose_sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa

    from paicha.packs.traffic.summary.hours import DayHours

Pair = tuple[str, str]
"""Site and subject."""

MOST_FINDINGS = 50
"""A hint names at most so many of the findings that it rests on."""

_SESSION = (
    "site", "subject", "key", "role", "algorithm", "software", "logins", "worker", "started", "joined", "server_ip",
    "server_port", "pool",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """Sessions that count, of clients; by subject the ids of findings by key, the unit (None: unknown) and the hours.

    `inside` are the watched addresses that served one of the sessions, `links` relays' connections with clients.
    """

    sessions: list[dict[str, Any]]
    findings: dict[Pair, dict[str, str]]
    units: dict[Pair, str | None]
    hours: Mapping[Pair, DayHours]
    signs: list[dict[str, Any]]
    inside: set[Pair]
    links: list[dict[str, Any]]

    def list_findings(self, pair: Pair, keys: Iterable[str] | None = None) -> list[str]:
        """Return ids of the subject's findings, of these keys or of all."""
        own = self.findings.get(pair, {})
        ids = own.values() if keys is None else (own[key] for key in keys if key in own)
        return sorted(set(ids))[:MOST_FINDINGS]


def gather_facts(
    tables: Mapping[str, pa.Table], findings: pa.Table, verdicts: pa.Table, hours: Mapping[Pair, DayHours]
) -> Facts:
    """Return the facts of a screening; findings set aside or counted elsewhere are none."""
    names: dict[Pair, dict[str, str]] = defaultdict(dict)
    columns = (findings.column(n).to_pylist() for n in ("site", "subject", "key", "id", "set_aside", "counted_in"))
    for site, subject, key, finding, set_aside, counted_in in zip(*columns, strict=True):
        if set_aside is None and counted_in is None:
            names[site, subject][key] = finding
    table = choose_sessions(tables["sessions"], findings).select(_SESSION)
    owners = (verdicts.column(n).to_pylist() for n in ("site", "subject", "credit_code", "unit"))
    watched = tables["observed"].filter(
        pc.and_(
            tables["observed"].column("is_inside"),
            pc.is_in(tables["observed"].column("subject"), table.column("server_ip").combine_chunks()),
        )
    )
    links = tables["relay_links"].filter(pc.equal(tables["relay_links"].column("side"), "client"))
    return Facts(
        sessions=[row for row in table.to_pylist() if row["role"] == "client"],
        findings=dict(names),
        units={(site, subject): code or unit for site, subject, code, unit in zip(*owners, strict=True)},
        hours=hours,
        signs=tables["signs"].to_pylist(),
        links=links.select(["site", "relay", "peer", "key"]).to_pylist(),
        inside=set(zip(*(watched.column(n).to_pylist() for n in ("site", "subject")), strict=True)),
    )
