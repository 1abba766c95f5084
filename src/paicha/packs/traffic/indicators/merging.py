"""Several lists made one: the same host on the same port is one indicator, whoever lists it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.packs.traffic.indicators.entries import POOL, PURPOSES, WEBSITE, Entry, make_table
from paicha.packs.traffic.tables import INDICATORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

MOST_SOURCES = 8
"""Sources named for one indicator; further ones add nothing that could be checked."""

FIELDS = tuple(name for name in INDICATORS.names if name != "indicator")


def merge_entries(entries: Iterable[Entry]) -> list[Entry]:
    """Return one entry per kind, value and port, sorted by them.

    The most confident entry says what it serves; pool and coin come from it, else from the next that knows. But a name
    that one list calls a pool's website is that, though others call it a pool: these do not tell the site, which
    people visit, from the hosts that hand out work. Sources
    are joined with `; `, `first_seen` is the earliest, `last_seen` the latest, and one list's word is enough for
    shared hosting.
    """
    groups: dict[tuple[str, str, int], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.kind, entry.value, entry.port or 0), []).append(entry)
    return [_merge(groups[key]) for key in sorted(groups)]


def merge_indicators(tables: Sequence[pa.Table]) -> pa.Table:
    """Return one table of all indicators of the tables, see `merge_entries`."""
    entries = (
        Entry(**{name: row[name] for name in FIELDS})
        for table in tables
        for batch in table.select(FIELDS).to_batches()
        for row in batch.to_pylist()
    )
    return make_table(merge_entries(entries))


def _merge(entries: list[Entry]) -> Entry:
    if len(entries) == 1:
        return entries[0]
    ranked = sorted(entries, key=lambda e: (-e.confidence, _rank(e.purpose), e.source, e.pool or "", e.coin or ""))
    sites = [entry for entry in ranked if entry.purpose == WEBSITE and entry.kind == "domain" and entry.port is None]
    best = sites[0] if sites and ranked[0].purpose == POOL else ranked[0]
    sources = dict.fromkeys(source for entry in ranked for source in entry.source.split("; ") if source)
    firsts = [entry.first_seen for entry in entries if entry.first_seen is not None]
    lasts = [entry.last_seen for entry in entries if entry.last_seen is not None]
    return Entry(
        best.kind, best.value, best.port, best.purpose, best.confidence,
        next((entry.pool for entry in ranked if entry.pool), None),
        next((entry.coin for entry in ranked if entry.coin), None),
        min(firsts, default=None), max(lasts, default=None),
        any(entry.is_shared_hosting for entry in entries),
        "; ".join(list(sources)[:MOST_SOURCES]),
    )  # fmt: skip


def _rank(purpose: str) -> int:
    return PURPOSES.index(purpose) if purpose in PURPOSES else len(PURPOSES)
