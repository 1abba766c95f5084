"""Hints from single subjects: matches, hardware and software of their sessions, hours, servers."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.derivations.signs import MALWARE_INDICATOR, SERVES_OTHERS
from paicha.reference.algorithms import find_algorithm
from paicha.reference.hardware import list_devices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from paicha.packs.traffic.policy import HintsPolicy
    from paicha.packs.traffic.summary.hint_facts import Facts, Pair

    Found = tuple[Pair, str, list[str], dict[str, Any]]

MACHINE_SOFTWARE = (
    "cgminer", "bfgminer", "bmminer", "bosminer", "braiins", "antminer", "whatsminer", "btminer", "avalon", "luxos",
    "luxminer", "vnish", "hiveon", "innosilicon", "goldshell", "iceriver", "jasminer", "bitaxe", "nerdqaxe",
)  # fmt: skip
"""What firmware and controllers of special machines call themselves."""

PROCESSOR_FAMILIES = (
    "cryptonight", "ghostrider", "yespower", "verushash", "minotaurx", "astrobwt", "argon2", "xelishash", "curvehash",
)  # fmt: skip
"""Families of algorithms made for processors; that a special machine came later for one does not change it."""


def read_signs(facts: Facts) -> Iterator[Found]:
    """Yield the matches of malware, and the subjects that serve others."""
    keys: dict[tuple[Pair, str], list[str]] = defaultdict(list)
    for row in facts.signs:
        pair = (row["site"], row["subject"])
        if row["code"] == SERVES_OTHERS:
            ports = ", ".join(str(port) for port in row["ports"] or ())
            yield pair, SERVES_OTHERS, facts.list_findings(pair), {"number": row["number"], "ports": ports}
        else:
            keys[pair, row["code"]].append(row["key"])
    for (pair, code), own in keys.items():
        ids = facts.list_findings(pair, own)
        if ids:
            yield pair, code, ids, {"count": len(ids)} if code == MALWARE_INDICATOR else {}


def judge_sessions(facts: Facts) -> Iterator[Found]:
    """Yield what hardware, software and login of single sessions tell."""
    servers = {(row["site"], row["subject"]) for row in facts.signs if row["code"] == SERVES_OTHERS}
    keys: dict[tuple[Pair, str], list[str]] = defaultdict(list)
    figures: dict[tuple[Pair, str], dict[str, Any]] = {}
    for row in facts.sessions:
        pair = (row["site"], row["subject"])
        for code, told in _judge_session(row, is_server=pair in servers):
            keys[pair, code].append(row["key"])
            figures.setdefault((pair, code), told)
    for (pair, code), own in keys.items():
        yield pair, code, facts.list_findings(pair, own), figures[pair, code]


def _judge_session(row: Mapping[str, Any], *, is_server: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    algorithm, software = row["algorithm"], (row["software"] or "").lower()
    known = find_algorithm(algorithm) if algorithm else None
    kinds = _list_hardware().get(algorithm or "", frozenset())
    if known and known.family in PROCESSOR_FAMILIES:
        if is_server:
            yield "processor-coin-on-server", {"algorithm": algorithm}
    elif kinds == {"asic"}:
        yield "special-machine", {"algorithm": algorithm}
    elif "gpu" in kinds:
        yield "graphics-cards", {"algorithm": algorithm}
    named = next((name for name in MACHINE_SOFTWARE if name in software), None)
    if named:
        yield "machine-software", {"software": named}
    if any(login["kind"] in {"account", "email"} for login in row["logins"] or ()):
        yield "own-account", {}


@cache
def _list_hardware() -> dict[str, frozenset[str]]:
    """Return the kinds of known devices by algorithm."""
    kinds: dict[str, set[str]] = defaultdict(set)
    for device in list_devices():
        algorithm = find_algorithm(device.algorithm)
        kinds[algorithm.id if algorithm else device.algorithm].add(device.kind)
    return {name: frozenset(found) for name, found in kinds.items()}


def judge_hours(facts: Facts, policy: HintsPolicy) -> Iterator[Found]:
    """Yield what the hours of mining tell."""
    night = set(policy.night_hours)
    for pair, told in facts.hours.items():
        watched_by_day = sum(hours for hour, hours in enumerate(told.watched) if hour not in night)
        active = sum(told.active)
        by_night = sum(hours for hour, hours in enumerate(told.active) if hour in night) / active
        ids = facts.list_findings(pair)
        if told.days >= policy.night_days and watched_by_day >= policy.day_hours and by_night >= policy.night_part:
            yield pair, "by-night-only", ids, {"part": by_night, "days": told.days}
        part = active / sum(told.watched)
        if told.days >= policy.steady_days and part >= policy.steady_part:
            yield pair, "steady", ids, {"part": part, "days": told.days}
