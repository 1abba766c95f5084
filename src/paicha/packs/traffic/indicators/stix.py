"""Indicators of STIX 2.1 bundles (OASIS STIX 2.1, section 4.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.indicators.endpoints import Endpoint, parse_endpoint, parse_port
from paicha.packs.traffic.indicators.entries import (
    Entry,
    Record,
    bound_confidence,
    enter_wallet,
    guess_purpose,
    place_endpoint,
)
from paicha.packs.traffic.indicators.json_fields import list_field, text_field, time_field
from paicha.packs.traffic.indicators.stix_patterns import Comparison, parse_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

UNSTATED = 0.6
"""Confidence in an indicator that does not state one."""

HOST_PATHS = frozenset({
    "domain-name:value", "ipv4-addr:value", "ipv6-addr:value", "url:value", "hostname:value",
    "network-traffic:dst_ref.value",
})  # fmt: skip
PORT_PATH = "network-traffic:dst_port"
WALLET_PATHS = frozenset({"cryptocurrency-wallet:value", "cryptocurrency-wallet:address"})
SILENT_PATHS = ("network-traffic:dst_ref.type", "network-traffic:protocols")
"""Beginnings of paths that narrow a pattern without changing which host it names."""


def is_bundle(document: Any) -> bool:
    """Return whether the document is a STIX bundle."""
    return isinstance(document, dict) and document.get("type") == "bundle" and isinstance(document.get("objects"), list)


def read_bundle(document: Any) -> Iterator[Record]:
    """Yield one record per indicator object; other objects of the bundle are no records."""
    for number, item in enumerate(list_field(document, "objects"), start=1):
        if item.get("type") == "indicator":
            yield _read_indicator(f"indicator {number}", item)


def _read_indicator(position: str, item: dict[str, Any]) -> Record:
    if item.get("revoked") is True:
        return Record(position, reason="revoked")
    language = text_field(item, "pattern_type") or "stix"
    if language != "stix":
        return Record(position, reason=f"pattern of another language: {language[:40]!r}")
    alternatives = parse_pattern(text_field(item, "pattern"))
    if isinstance(alternatives, str):
        return Record(position, reason=alternatives)
    entry = _describe(item)
    entries: list[Entry] = []
    refusals: list[str] = []
    for alternative in alternatives:
        record = _enter(position, alternative, entry)
        entries += record.entries
        refusals += [record.reason] if record.reason else []
    return Record(position, tuple(entries)) if entries else Record(position, reason=refusals[0])


def _describe(item: dict[str, Any]) -> Entry:
    """Return what the indicator says beside its pattern; what ended is confirmed until then at most."""
    confirmed = time_field(item, "modified") or time_field(item, "valid_from")
    ended = time_field(item, "valid_until")
    stated = item.get("confidence")
    labels = [str(label)[:80] for name in ("labels", "indicator_types") for label in _list(item.get(name))]
    return Entry(
        "", "", None, guess_purpose(text_field(item, "name"), text_field(item, "description"), *labels),
        bound_confidence(min(stated, 100) / 100, UNSTATED) if isinstance(stated, int) else UNSTATED,
        first_seen=time_field(item, "valid_from"),
        last_seen=min(filter(None, (confirmed, ended)), default=None),
    )  # fmt: skip


def _enter(position: str, alternative: tuple[Comparison, ...], entry: Entry) -> Record:
    """Return the record of the hosts and wallets that one alternative names.

    An alternative that asks for more than a host, or for its absence, is refused: the host alone would say
    something else.
    """
    port: int | None = None
    hosts: list[Endpoint] = []
    wallets: list[Entry] = []
    for comparison in alternative:
        if comparison.is_other:
            return Record(position, reason=f"compared otherwise than by equality: {comparison.path[:60]}")
        if comparison.path in HOST_PATHS:
            found = parse_endpoint(comparison.value)
            if isinstance(found, str):
                return Record(position, reason=found)
            hosts.append(found)
        elif comparison.path == PORT_PATH:
            port = parse_port(comparison.value)
            if port is None:
                return Record(position, reason=f"no port: {comparison.value[:20]!r}")
        elif comparison.path in WALLET_PATHS:
            record = enter_wallet(position, comparison.value, entry)
            if record.reason:
                return record
            wallets += record.entries
        elif not comparison.path.startswith(SILENT_PATHS):
            return Record(position, reason=f"names no host: {comparison.path[:60]}")
    placed = [place_endpoint(Endpoint(h.kind, h.value, h.port if port is None else port), entry) for h in hosts]
    reason = None if placed or wallets else "names no host"
    return Record(position, (*placed, *wallets), reason)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
