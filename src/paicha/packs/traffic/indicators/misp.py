"""Events and attributes of MISP, as its feeds and its interface give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.indicators.entries import Entry, Record, enter_host, enter_wallet, guess_purpose
from paicha.packs.traffic.indicators.json_fields import list_field, text_field, time_field

if TYPE_CHECKING:
    from collections.abc import Iterator

DETECTED, OBSERVED = 0.7, 0.4
"""Confidence in an attribute that is meant for detection (to_ids), and in one that is only told."""

HOSTS = frozenset({"domain", "hostname", "ip-dst", "ip-src", "url", "link", "uri"})
PAIRED = frozenset({"domain|ip", "ip-dst|port", "ip-src|port", "hostname|port"})
WALLETS = frozenset({"btc", "xmr", "dash"})


def is_misp(document: Any) -> bool:
    """Return whether the document is an event, a list of events, or an answer of MISP's interface."""
    if isinstance(document, list):
        return any(is_misp(item) for item in document[:3] if isinstance(item, dict))
    if not isinstance(document, dict):
        return False
    if isinstance(document.get("Event"), dict) or isinstance(document.get("Attribute"), list):
        return True
    return is_misp(document["response"]) if isinstance(document.get("response"), dict | list) else False


def read_misp(document: Any) -> Iterator[Record]:
    """Yield one record per attribute, those within objects too."""
    if isinstance(document, dict) and "response" in document and "Event" not in document:
        document = document["response"]
    for number, item in enumerate(document if isinstance(document, list) else [document], start=1):
        wrapped = item.get("Event") if isinstance(item, dict) else None
        event = wrapped if isinstance(wrapped, dict) else item
        described = text_field(event, "info")
        places = [("", event)] + [(f"object {n} ", o) for n, o in enumerate(list_field(event, "Object"), start=1)]
        for place, holder in places:
            for count, attribute in enumerate(list_field(holder, "Attribute"), start=1):
                position = f"event {number} {place}attribute {count}"
                yield _read_attribute(position, attribute, described, time_field(event, "date"))


def _read_attribute(position: str, attribute: dict[str, Any], described: str, event_date: int | None) -> Record:
    kind, value = text_field(attribute, "type"), text_field(attribute, "value")
    if attribute.get("deleted") is True:
        return Record(position, reason="deleted")
    last_seen = time_field(attribute, "last_seen") or time_field(attribute, "timestamp") or event_date
    first_seen = time_field(attribute, "first_seen") or event_date
    entry = Entry(
        "", "", None, guess_purpose(described, text_field(attribute, "comment")),
        DETECTED if attribute.get("to_ids") in (True, 1, "1") else OBSERVED,
        first_seen=first_seen, last_seen=last_seen,
    )  # fmt: skip
    if kind in HOSTS:
        return enter_host(position, value, entry)
    if kind in WALLETS:
        return enter_wallet(position, value, entry)
    if kind not in PAIRED:
        return Record(position, reason=f"names no host: type {kind[:40]!r}")
    head, _, tail = value.partition("|")
    if kind.endswith("|port"):
        return enter_host(position, f"[{head}]:{tail}" if ":" in head else f"{head}:{tail}", entry)
    both = [enter_host(position, part, entry) for part in (head, tail)]
    refused = next((record for record in both if record.reason), None)
    return refused or Record(position, tuple(entry for record in both for entry in record.entries))
