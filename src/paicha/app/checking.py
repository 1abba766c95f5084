"""A quick question about one name, address or wallet, answered from the lists and the workspace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.app.evidence import read_documents
from paicha.app.given import find_given
from paicha.app.times import format_time
from paicha.app.units import find_owner
from paicha.kernel.errors import UsageError
from paicha.packs.traffic.indicators.endpoints import Endpoint, parse_endpoint
from paicha.reference.wallets import check_wallet, classify_login

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from paicha.store.workspace import Workspace


CASELESS_FORMS = frozenset({"evm", "segwit", "bech32", "cashaddr"})
"""Forms of wallets that mean the same in capitals and small letters."""


def check_value(text: str, workspace: Workspace | None) -> dict[str, Any]:
    """Return what is known: its kind, indicators, owner, wallet check, and verdicts that concern it.

    A host may be written as a URL or with a port. Nothing is contacted or resolved.

    Raises:
        UsageError: the text is empty or too long to be any of them.
    """
    value = text.strip()
    if not value or len(value) > 512:
        raise UsageError("not a host name, address or wallet", where=repr(text[:40]))
    login = classify_login(value)
    answer: dict[str, Any]
    if login.kind == "wallet":
        answer = {"value": value, "kind": "wallet"}
        answer["wallet"] = {"value": login.value, "valid": login.valid, "coins": list(login.coins)}
        values = spell_wallet(login.value)
    else:
        endpoint = parse_endpoint(value)
        found = Endpoint("domain", value, None) if isinstance(endpoint, str) else endpoint
        answer = {"value": found.value, "kind": "host" if found.kind == "domain" else "address"}
        values = {found.value} if found.kind == "address" else name_parents(found.value)
    given = find_given(workspace.path if workspace else None, None, ())
    answer["indicators"] = find_indicators(given.tables["indicators"], values, answer["kind"])
    if answer["kind"] == "address":
        answer["owner"] = find_owner(given.tables["owners"], answer["value"], time.time_ns() // 1000)
    names = {answer["value"].lower()} if answer["kind"] == "host" else values
    answer["verdicts"] = list(_find_verdicts(workspace, names, answer["kind"])) if workspace else []
    return answer


def spell_wallet(value: str) -> set[str]:
    """Return the ways to write a wallet: those of Ethereum and Bech32 mean the same in either case, with 0x or not."""
    wallet = check_wallet(value)
    if wallet is None or wallet.form not in CASELESS_FORMS:
        return {value}
    lower = value.lower()
    return {value, lower, lower.removeprefix("0x"), f"0x{lower}"} if wallet.form == "evm" else {value, lower}


def name_parents(name: str) -> set[str]:
    """Return a host name in lower case with all names above it."""
    labels = name.lower().rstrip(".").split(".")
    return {".".join(labels[start:]) for start in range(len(labels))}


def find_indicators(indicators: pa.Table, values: Set[str], kind: str) -> list[dict[str, Any]]:
    """Return the indicators of this kind (host, address or wallet) with one of the values, times as text."""
    wanted = pc.and_(
        pc.is_in(indicators["value"], value_set=pa.array(sorted(values), indicators.schema.field("value").type)),
        pc.equal(indicators["kind"], "domain" if kind == "host" else kind),
    )
    rows = indicators.filter(wanted).to_pylist()
    return [
        row | {"first_seen": format_time(row["first_seen"]), "last_seen": format_time(row["last_seen"])} for row in rows
    ]


def _find_verdicts(workspace: Workspace, values: Set[str], kind: str) -> Iterator[dict[str, Any]]:
    """Yield the newest verdict of every subject that is, spoke to, or logged in as one of the values."""
    seen: set[tuple[str, str]] = set()
    for document in read_documents(workspace, None):
        concerned = {
            (finding["site"], finding["subject"])
            for finding in document["findings"]
            if _concerns(finding, values, kind)
        }
        for verdict in document["verdicts"]:
            pair = (verdict["site"], verdict["subject"])
            if (pair in concerned or verdict["subject"] in values) and pair not in seen:
                seen.add(pair)
                names = ("id", "subject", "site", "unit", "grade", "outcome", "first_seen", "last_seen")
                yield {name: verdict[name] for name in names}


def _concerns(finding: dict[str, Any], values: Set[str], kind: str) -> bool:
    """Return whether the evidence names one of the values; a host is also named by what lies below it."""
    evidence = finding["evidence"]
    if kind == "wallet":
        logins = [login["value"] for login in evidence.get("logins") or ()]
        return any(login in values or login.lower() in values for login in logins)
    named = list_ends(evidence)
    if kind == "host":
        named = {
            ".".join(labels[start:]) for labels in (name.split(".") for name in named) for start in range(len(labels))
        }
    return not named.isdisjoint(values)


def list_ends(evidence: dict[str, Any]) -> set[str]:
    """Return the addresses and names in a finding's evidence: both ends of its connections, and what was listed."""
    single = [evidence.get(name) for name in ("client", "server", "name", "listed", "peer")]
    several = [item for name in ("names", "peers") for item in evidence.get(name) or ()]
    ends = [end for _, client, _, server, _ in evidence.get("connections") or () for end in (client, server)]
    return {item for item in (*single, *several, *ends) if isinstance(item, str)}
