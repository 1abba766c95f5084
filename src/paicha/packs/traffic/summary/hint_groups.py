"""Hints from several subjects together: logins, units, servers that they share."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paicha.packs.traffic.policy import HintsPolicy
    from paicha.packs.traffic.summary.hint_facts import Facts, Pair

    Found = tuple[Pair, str, list[str], dict[str, Any]]

MINUTE_US = 60_000_000


def judge_logins(facts: Facts, policy: HintsPolicy) -> Iterator[Found]:
    """Yield what the same login at several hosts tells, and what many logins at one unit do."""
    by_login: dict[str, list[dict[str, Any]]] = defaultdict(list)
    by_unit: dict[str, set[str]] = defaultdict(set)
    keys: dict[Pair, list[str]] = defaultdict(list)
    for row in facts.sessions:
        keys[row["site"], row["subject"]].append(row["key"])
        unit = facts.units.get((row["site"], row["subject"]))
        for login in row["logins"] or ():
            value = login["value"]
            if value and login["valid"] is not False and value not in policy.common_logins:
                by_login[value].append(row | {"unit": unit})
                if unit:
                    by_unit[unit].add(value)
    for rows in by_login.values():
        yield from _judge_login(facts, rows, policy)
    for pair, own in keys.items():
        number = len(by_unit.get(facts.units.get(pair) or "", ()))
        if number >= policy.min_logins:
            yield pair, "many-logins", facts.list_findings(pair, own), {"number": number}


def _judge_login(facts: Facts, rows: list[dict[str, Any]], policy: HintsPolicy) -> Iterator[Found]:
    units = {row["unit"] for row in rows} - {None, ""}
    at_units: dict[str, list[dict[str, Any]]] = defaultdict(list)
    keys: dict[Pair, list[str]] = defaultdict(list)
    for row in rows:
        keys[row["site"], row["subject"]].append(row["key"])
        if row["unit"]:
            at_units[row["unit"]].append(row)
    if len(units) >= policy.min_units:
        for pair, own in keys.items():
            if facts.units.get(pair):
                yield pair, "login-at-other-units", facts.list_findings(pair, own), {"number": len(units)}
    for here in at_units.values():
        workers = {row["worker"] for row in here} - {None, ""}
        together = _find_together(here, round(policy.together_minutes * MINUTE_US))
        for pair in {(row["site"], row["subject"]) for row in here}:
            if len(workers) >= policy.min_workers:
                yield pair, "many-workers", facts.list_findings(pair, keys[pair]), {"number": len(workers)}
            if len(together) >= policy.min_together and pair in together:
                figures = {"number": len(together), "minutes": f"{policy.together_minutes:g}"}
                yield pair, "started-together", facts.list_findings(pair, keys[pair]), figures


def _find_together(rows: list[dict[str, Any]], window_us: int) -> set[Pair]:
    """Return the most subjects whose first session began within the window; one joined later has no beginning."""
    first: dict[Pair, tuple[int, bool]] = {}
    for row in rows:
        pair = (row["site"], row["subject"])
        first[pair] = min(first.get(pair, (row["started"], row["joined"])), (row["started"], row["joined"]))
    ordered = sorted((started, pair) for pair, (started, joined) in first.items() if not joined)
    best: set[Pair] = set()
    low = 0
    for high, (started, _) in enumerate(ordered):
        while started - ordered[low][0] > window_us:
            low += 1
        if high - low + 1 > len(best):
            best = {pair for _, pair in ordered[low : high + 1]}
    return best


def judge_servers(facts: Facts, least: int) -> Iterator[Found]:
    """Yield the hosts that share a server outside which no list knows."""
    shared: dict[tuple[str, str, int], dict[Pair, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in facts.sessions:
        end = (row["site"], row["server_ip"], row["server_port"])
        if row["pool"] is None and (row["site"], row["server_ip"]) not in facts.inside:
            shared[end][row["site"], row["subject"]].append(row["key"])
    for (_, server, port), hosts in shared.items():
        if len(hosts) >= least:
            for pair, keys in hosts.items():
                figures = {"number": len(hosts), "server": f"{server}, port {port}"}
                yield pair, "shared-unlisted-server", facts.list_findings(pair, keys), figures


def judge_relays(facts: Facts) -> Iterator[Found]:
    """Yield the clients of relays inside."""
    keys: dict[tuple[str, str], dict[Pair, list[str]]] = defaultdict(lambda: defaultdict(list))
    for link in facts.links:
        keys[link["site"], link["relay"]][link["site"], link["peer"]].append(link["key"])
    for (_, relay), hosts in keys.items():
        for pair, own in hosts.items():
            ids = facts.list_findings(pair, own)
            if ids:
                yield pair, "behind-relay", ids, {"relay": relay, "number": len(hosts)}
