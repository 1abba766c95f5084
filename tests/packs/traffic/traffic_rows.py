"""Small rows of the traffic tables for tests, with sensible values where a test does not care."""

from __future__ import annotations

from typing import Any

import duckdb
import ibis
import pyarrow as pa

from paicha.engine.backend import keep_rows
from paicha.packs.traffic.derivations import DERIVATIONS
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.tables import (
    GIVEN_TABLES,
    INPUT_TABLES,
)

SECOND = 1_000_000
HOUR = 3600 * SECOND
NOON = 1_636_977_600 * SECOND  # 2021-11-15 12:00 UTC
POLICY = TrafficPolicy()


def flow(**values: Any) -> dict[str, Any]:
    return {
        "site": "s", "source": "i1", "sensor": "capture", "client_ip": "10.0.0.5", "client_port": 40000,
        "server_ip": "198.51.100.7", "server_port": 3333, "protocol": 6, "started": NOON, "ended": NOON + 600 * SECOND,
        "packets_out": 10, "packets_in": 12, "bytes_out": 1000, "bytes_in": 2000, "sampling": 1.0,
    } | values  # fmt: skip


def name(**values: Any) -> dict[str, Any]:
    return {
        "site": "s", "source": "i1", "kind": "sni", "name": "eu.pool.example", "client_ip": "10.0.0.5",
        "client_port": 40000, "server_ip": "198.51.100.7", "server_port": 3333, "answer": None, "first_seen": NOON,
        "last_seen": NOON, "count": 1,
    } | values  # fmt: skip


def session(**values: Any) -> dict[str, Any]:
    return {
        "site": "s", "session": "x", "sources": ["i1"], "client_ip": "10.0.0.5", "client_port": 40000,
        "server_ip": "198.51.100.7", "server_port": 3333, "transport": "tcp", "dialect": "cryptonote", "coin": "XMR",
        "algorithm": "randomx", "is_algorithm_shown": True, "hashes_per_difficulty": None, "software": "XMRig/6.15.2",
        "logins": [{"value": "4wallet", "kind": "wallet", "valid": True}], "worker": "w1", "state": "mining",
        "started": NOON, "ended": NOON + HOUR, "connected": HOUR, "joined": False, "is_open": False, "jobs": 60,
        "shares_submitted": 100, "shares_accepted": 98, "shares_rejected": 2, "shares_stale": 2, "shares_duplicate": 0,
        "work": 100 * 72_000.0, "work_squared": 100 * 72_000.0**2, "work_largest": 72_000.0, "work_shares": 100,
        "work_accepted": 98 * 72_000.0, "work_low": 1.0, "work_high": 1.0, "work_unit": "target",
        "reported_rate": None, "difficulty": [{"time": NOON, "value": 72_000.0}],
        "packets": [{"input": "i1", "first": 1, "last": 900}],
        "volume": [{"time": NOON, "out": 3000, "in": 6000}], "bytes_out": 3000, "bytes_in": 6000, "bytes_lost": 0,
    } | values  # fmt: skip


def indicator(**values: Any) -> dict[str, Any]:
    return {
        "indicator": "n1", "kind": "domain", "value": "pool.example", "port": None, "pool": "Example Pool",
        "coin": "XMR", "purpose": "pool", "first_seen": None, "last_seen": NOON, "confidence": 0.9,
        "is_shared_hosting": False, "source": "list row 1",
    } | values  # fmt: skip


def report(**values: Any) -> dict[str, Any]:
    return {
        "site": "s", "source": "i9", "address": "203.0.113.9", "port": 50123, "first_seen": NOON, "last_seen": NOON,
        "peer": "pool.example", "peer_port": 3333, "kind": "矿池通信", "issuer": "province", "batch": "2021-11",
        "count": 1,
    } | values  # fmt: skip


def owner(**values: Any) -> dict[str, Any]:
    return {
        "site": None, "low": "203.0.113.0", "high": "203.0.113.255", "unit": "A University", "credit_code": None,
        "nature": "university", "industry": None, "region": "330100", "level": "filed", "is_nat": False,
        "valid_from": None, "valid_to": None, "contact": None,
    } | values  # fmt: skip


SPECS = {spec.name: spec for spec in (*INPUT_TABLES, *GIVEN_TABLES, *(d.table for d in DERIVATIONS))}
UNBOUND = {name: ibis.table(ibis.Schema.from_pyarrow(spec.arrow), name=name) for name, spec in SPECS.items()}
STATEMENTS: dict[tuple[str, str], str] = {}
"""Statements by what they are of and the policy: to write one takes longer than to run it on a few rows."""


def write(name: str, ask_for: Any, parameters: tuple[str, ...], policy: TrafficPolicy) -> str:
    key = (name, policy.model_dump_json())
    if key not in STATEMENTS:
        expression = ask_for(*(policy if n == "policy" else UNBOUND[n] for n in parameters))
        STATEMENTS[key] = str(ibis.to_sql(expression, dialect="duckdb"))
    return STATEMENTS[key]


class Known(dict[str, pa.Table]):
    """Tables by name: the rows given, and derived ones, each made when it is first asked for."""

    def __init__(self, policy: TrafficPolicy, rows: dict[str, list[dict[str, Any]]]) -> None:
        self.duck = duckdb.connect(config={"threads": 1})
        self.policy = policy
        for spec in (*INPUT_TABLES, *GIVEN_TABLES):
            self.keep(spec.name, pa.Table.from_pylist(rows.get(spec.name, []), schema=spec.arrow))

    def keep(self, name: str, table: pa.Table) -> None:
        keep_rows(self.duck, name, table)
        self[name] = table

    def __missing__(self, name: str) -> pa.Table:
        derivation = next(d for d in DERIVATIONS if d.table.name == name)
        if derivation.form == "arrow":
            parts = [self.policy if n == "policy" else self[n] for n in derivation.parameters]
            table = derivation.derive(*parts)
        else:
            table = self.answer(name, derivation.derive, derivation.parameters)
        schema = SPECS[name].arrow
        self.keep(name, pa.table([table.column(f.name).cast(f.type) for f in schema], schema=schema))
        return self[name]

    def answer(self, name: str, ask_for: Any, parameters: tuple[str, ...]) -> pa.Table:
        for parameter in parameters:
            if parameter != "policy":
                self[parameter]
        return self.duck.execute(write(name, ask_for, parameters, self.policy)).to_arrow_table()


def derive(policy: TrafficPolicy = POLICY, **rows: list[dict[str, Any]]) -> Known:
    """Return the given rows as tables, from which derived ones come by name."""
    return Known(policy, rows)


def ask(rule: Any, known: Known) -> list[dict[str, Any]]:
    """Return the rows that a rule answers with."""
    return known.answer(rule.id, rule.ask, rule.parameters).to_pylist()
