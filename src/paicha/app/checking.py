"""A quick question about one name, address or wallet, answered from the lists and the workspace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from paicha.app.evidence import read_documents
from paicha.app.given import find_given
from paicha.app.times import format_time
from paicha.app.units import find_owner
from paicha.kernel.errors import UsageError
from paicha.reference.addresses import canonical_address
from paicha.reference.wallets import classify_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from paicha.store.workspace import Workspace


def check_value(text: str, workspace: Workspace | None) -> dict[str, Any]:
    """Return what is known: its kind, indicators, owner, wallet check, and verdicts that concern it.

    Nothing is contacted or resolved.

    Raises:
        UsageError: the text is empty or too long to be any of them.
    """
    value = text.strip()
    if not value or len(value) > 512:
        raise UsageError("not a host name, address or wallet", where=repr(text[:40]))
    given = find_given(workspace.path if workspace else None, None, ())
    address = canonical_address(value)
    login = None if address else classify_login(value)
    kind = "address" if address else "wallet" if login and login.kind == "wallet" else "host"
    answer: dict[str, Any] = {"value": address or value, "kind": kind}
    if kind == "wallet" and login is not None:
        answer["wallet"] = {"value": login.value, "valid": login.valid, "coins": list(login.coins)}
    else:
        answer["indicators"] = find_indicators(given.tables["indicators"], answer["value"], kind)
    if kind == "address":
        answer["owner"] = find_owner(given.tables["owners"], value, time.time_ns() // 1000)
    answer["verdicts"] = list(_find_verdicts(workspace, login.value if login else value, kind)) if workspace else []
    return answer


def find_indicators(indicators: pa.Table, value: str, kind: str) -> list[dict[str, Any]]:
    """Return the indicators that a name (or a name above it) or an address matches."""
    if kind == "host":
        labels = value.lower().rstrip(".").split(".")
        values = [".".join(labels[start:]) for start in range(len(labels))]
    else:
        values = [value]
    wanted = pc.is_in(indicators.column("value"), value_set=pc.cast(values, indicators.schema.field("value").type))
    rows = indicators.filter(wanted).to_pylist()
    return [
        row | {"first_seen": format_time(row["first_seen"]), "last_seen": format_time(row["last_seen"])} for row in rows
    ]


def _find_verdicts(workspace: Workspace, value: str, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the newest verdict of every subject that is, spoke to, or logged in as the value."""
    seen: set[tuple[str, str]] = set()
    for document in read_documents(workspace, None):
        concerned = {
            (finding["site"], finding["subject"]) for finding in document["findings"] if _concerns(finding, value, kind)
        }
        for verdict in document["verdicts"]:
            pair = (verdict["site"], verdict["subject"])
            if (pair in concerned or verdict["subject"] == value) and pair not in seen:
                seen.add(pair)
                names = ("id", "subject", "site", "unit", "grade", "outcome", "first_seen", "last_seen")
                yield {name: verdict[name] for name in names}


def _concerns(finding: dict[str, Any], value: str, kind: str) -> bool:
    evidence = finding["evidence"]
    if kind == "wallet":
        return any(login["value"] == value for login in evidence.get("logins") or ())
    return value in {evidence.get(name) for name in ("client", "server", "name", "peer", "indicator")}
