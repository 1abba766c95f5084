"""Pools that mining sessions lead to, and what their coin tells where the exchange leaves it open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.expressions import _, ibis
from paicha.packs.traffic.stratum.identity import FAMILIES, date_monero
from paicha.packs.traffic.stratum.units import Plain, judge_unit
from paicha.reference.algorithms import find_algorithm, find_algorithms_of_coin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

RESOLVED_US = 86_400_000_000
"""A name counts as resolved shortly before a session if it was asked for at most a day before it began."""

SERVING = ("pool", "browser-mining", "malware")
"""Purposes of entries whose coin is what is mined there."""

VIAS = ("spoken", "resolved", "address", "neighbour")
"""Signs, the surest first."""

SESSION_POOLS = TableSpec(
    "session_pools",
    "one entry of a list that the server of one mining session fits",
    (
        Column("site", "string", "the network"),
        Column("session", "string", "name of the session"),
        Column(
            "via",
            "string",
            "spoken: its name stood in the connection; resolved: the client had just been given the address for its "
            "name; address: listed itself; neighbour: another client had been given the address for the name",
        ),
        Column("port_fit", "int64", "0: the entry is for this very port; 1: for all ports; 2: for another port"),
        Column("indicator", "string", "stable name of the entry"),
        Column("pool", "string", "whose it is", nullable=True),
        Column("coin", "string", "symbols of its coins", nullable=True),
        Column("confidence", "float64", "confidence in the entry, before decay"),
    ),
)

_SERVER = ("site", "client_ip", "client_port", "server_ip", "server_port")


@derivation(SESSION_POOLS, form="expression", driver="mining_sessions")
def session_pools(mining_sessions: Any, name_matches: Any, indicators: Any) -> Any:
    """Return the listed pools that the servers of mining sessions fit, by name or by address."""
    ends = mining_sessions.select(*_SERVER, "session", "started", "ended").distinct()
    entries = indicators.filter(_.purpose.isin(SERVING), ~_.is_shared_hosting.fill_null(False)).select(
        "indicator", "kind", "pool", "coin", "port", "confidence", value=_.value
    )
    spoken = name_matches.filter(_.kind != "dns").select(*_SERVER, "name", "listed", "first_seen", "last_seen")
    asked = name_matches.filter(_.kind == "dns", _.answer.notnull()).select(
        "site", "client_ip", "name", "listed", "first_seen", "last_seen", server_ip=_.answer
    )
    named = ibis.union(
        _list_names(ends.join(spoken, _SERVER), "spoken", 0),
        _list_names(ends.join(asked, ["site", "client_ip", "server_ip"]), "resolved", RESOLVED_US),
        _list_names(ends.join(asked.drop("client_ip"), ["site", "server_ip"]), "neighbour", RESOLVED_US),
    )
    domains = entries.filter(_.kind == "domain")
    addresses = entries.filter(_.kind == "address")
    found = ibis.union(
        _fit(named.join(domains, [("listed", "value")])),
        _fit(
            ends.mutate(via=ibis.literal("address"), is_exact=ibis.literal(False)).join(
                addresses, [("server_ip", "value")]
            )
        ),
        distinct=True,
    )
    return found.select(*SESSION_POOLS.names)


def _list_names(rows: Any, via: str, before_us: int) -> Any:
    """Return sessions with the listed names that were in use while they ran, or at most `before_us` before."""
    rows = rows.filter(rows.first_seen <= rows.ended, rows.last_seen >= rows.started - before_us)
    return rows.select(
        "site", "session", "server_port", "listed", via=ibis.literal(via), is_exact=rows.name == rows.listed
    ).distinct()


def _fit(rows: Any) -> Any:
    """Return the entries that are for the server's port or for all ports, and for a name listed itself those of others.

    Pools open ports without end for one coin; but an address, or what lies below a listed name, may serve another coin.
    """
    fit = ibis.cases((rows.port.isnull(), 1), (rows.port == rows.server_port, 0), else_=2).cast("int64")
    rows = rows.mutate(port_fit=fit).filter((_.port_fit < 2) | _.is_exact)
    return rows.select("site", "session", "via", "port_fit", "indicator", "pool", "coin", "confidence")


@dataclass(frozen=True, slots=True)
class Listed:
    """The pool that a session leads to, and its coin where it has exactly one."""

    pool: str | None
    coin: str | None


def assign_pools(sessions: pa.Table, session_pools: pa.Table) -> pa.Table:
    """Return the sessions with `pool` and `coin_source`, coin and algorithm completed by the pool's coin.

    The exchange itself always wins. Where it leaves the algorithm open, and the pool has one coin that the dialect can
    mine, the coin's algorithm is taken and the work valued in its unit of difficulty.
    """
    listed = choose_pools(session_pools.to_pylist())
    names = (
        "site", "session", "dialect", "coin", "algorithm", "is_algorithm_shown", "started", "connected", "difficulty",
        "hashes_per_difficulty", "reported_rate", *WORK, "work_shares",
    )  # fmt: skip
    rows = sessions.select(names).to_pylist()
    for row in rows:
        found = listed.get((row["site"], row["session"]), Listed(None, None))
        row |= {"pool": found.pool, "coin_source": "payload" if row["coin"] else None}
        if found.coin:
            row |= _complete(row, found.coin)
    for name in CHANGED:
        field = sessions.schema.field(name)
        column = pa.array([row[name] for row in rows], field.type)
        sessions = sessions.set_column(sessions.schema.get_field_index(name), field, column)
    for name in ("pool", "coin_source"):
        sessions = sessions.append_column(name, pa.array([row[name] for row in rows], pa.string()))
    return sessions


WORK = ("work", "work_squared", "work_largest", "work_accepted", "work_low", "work_high", "work_unit")
CHANGED = ("coin", "algorithm", "is_algorithm_shown", "difficulty", "hashes_per_difficulty", *WORK)


def choose_pools(entries: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Listed]:
    """Return by site and session the pool and its coin: the surest sign that names a coin at all must name just one."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for entry in entries:
        groups.setdefault((entry["site"], entry["session"]), []).append(entry)
    answer = {}
    for key, group in groups.items():
        ranked = sorted(group, key=lambda e: (*_rank(e), -e["confidence"], e["indicator"]))
        signs = [entry for entry in ranked if entry["coin"]]
        coins = {entry["coin"].upper() for entry in signs if _rank(entry) == _rank(signs[0])}
        coin = coins.pop() if len(coins) == 1 else None
        answer[key] = Listed(
            next((entry["pool"] for entry in ranked if entry["pool"]), None), None if coin and ";" in coin else coin
        )
    return answer


def _rank(entry: Mapping[str, Any]) -> tuple[int, int]:
    return VIAS.index(entry["via"]), entry["port_fit"]


def _complete(row: Mapping[str, Any], coin: str) -> dict[str, Any]:
    """Return what the pool's coin adds to a session; nothing where the dialect cannot mine it."""
    fitting = _find_algorithms(row["dialect"], coin, row["started"])
    if not fitting:
        return {}
    if row["is_algorithm_shown"]:
        is_open = row["coin"] is None and row["algorithm"] in fitting
        return {"coin": coin, "coin_source": "pool"} if is_open else {}
    if row["coin"] not in (None, coin):
        return {}
    changes: dict[str, Any] = {} if row["coin"] else {"coin": coin, "coin_source": "pool"}
    if len(fitting) == 1:
        changes |= {"algorithm": fitting[0], "is_algorithm_shown": True}
        if fitting[0] != row["algorithm"]:
            changes |= _value_again(row, fitting[0], coin)
    return changes


def _find_algorithms(dialect: str, coin: str, time: int) -> Sequence[str]:
    """Return the algorithms that a coin is mined with at the time and that the dialect can speak for."""
    families = FAMILIES.get(dialect)
    if coin == "XMR" and families is not None and "cryptonight" in families:
        return (date_monero(time),)
    found = find_algorithms_of_coin(coin)
    return tuple(algorithm.id for algorithm in found if families is None or algorithm.family in families)


def _value_again(row: Mapping[str, Any], name: str, coin: str) -> dict[str, Any]:
    """Return the work in the unit of difficulty of another algorithm; nothing where the pool sent targets."""
    used = row["hashes_per_difficulty"]
    if not used:
        return {}
    steps = row["difficulty"] or []
    plain = Plain(
        total=(row["work"] or 0.0) / used,
        shares=row["work_shares"] or 0,
        least=min((step["value"] for step in steps), default=used) / used,
        seconds=row["connected"] / 1e6,
        claim=row["reported_rate"],
    )
    unit = judge_unit(row["dialect"], find_algorithm(name), plain)
    if not unit.hashes:
        return {}
    factor = unit.hashes / used
    powers = {"work": 1, "work_squared": 2, "work_largest": 1, "work_accepted": 1}
    return {
        **{key: None if row[key] is None else row[key] * factor**power for key, power in powers.items()},
        "work_low": unit.low,
        "work_high": unit.high,
        "work_unit": f"{unit.words}; algorithm of {coin}, the pool's coin",
        "hashes_per_difficulty": unit.hashes,
        "difficulty": [{"time": step["time"], "value": step["value"] * factor} for step in steps],
    }
