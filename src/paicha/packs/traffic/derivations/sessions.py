"""Mining sessions, each counted once, with whom they speak against and what they amount to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.estimates import (
    DAY_US,
    HOUR_US,
    MEASURE_KIND,
    estimate_energy,
    estimate_hours,
    estimate_power,
    estimate_rates,
    find_units,
    read_numbers,
    read_work,
)
from paicha.packs.traffic.derivations.inside import PRIVATE
from paicha.packs.traffic.derivations.merging import find_relayed, merge_sessions
from paicha.packs.traffic.derivations.pools import assign_pools
from paicha.packs.traffic.derivations.revenue import (
    estimate_revenue,
    find_currency,
    find_earnings,
    join_known,
    read_accepted,
    read_prices,
)
from paicha.packs.traffic.tables import MINING_SESSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import TrafficPolicy
    from paicha.reference.networks import Network

SESSIONS = TableSpec(
    "sessions",
    "one mining session, counted once over all inputs of a site",
    (
        *MINING_SESSIONS.columns,
        Column("pool", "string", "the pool that lists name for its server", nullable=True),
        Column("coin_source", "string", "what tells the coin: payload or pool", nullable=True),
        Column("key", "string", "both ends and the beginning"),
        Column(
            "subject",
            "string",
            "the address it speaks against: the client, unless the server alone is in a declared network",
        ),
        Column("role", "string", "what the subject is: client or server"),
        Column("is_served_inside", "bool", "the server is inside and the client is not"),
        Column("is_relayed", "bool", "the server submits the same work elsewhere: see `relay_links`"),
        Column("identities", "list<struct<kind: string, value: string>>", "logins, to link subjects by"),
        Column("hash_rate", MEASURE_KIND, "work over time connected", nullable=True),
        Column("power_kw", MEASURE_KIND, "electric power that the work takes", nullable=True),
        Column("energy_kwh_per_day", MEASURE_KIND, "energy of a day", nullable=True),
        Column("revenue_per_day", MEASURE_KIND, "what accepted shares earn in a day, with a price file", nullable=True),
        Column("earned_per_hash", "float64", "what a hash earned on the day, in the file's currency", nullable=True),
        Column(
            "window",
            "float64",
            "for how long the site was watched on the days from the subject's first to its last",
            unit="us",
        ),
    ),
)


@derivation(SESSIONS, driver="mining_sessions")
def sessions(
    mining_sessions: pa.Table,
    session_pools: pa.Table,
    inside: pa.Table,
    observed: pa.Table,
    coverage: pa.Table,
    networks: pa.Table,
    policy: TrafficPolicy,
) -> pa.Table:
    """Return the mining sessions, each once, with pool, subject, key, identities and estimates."""
    seen = merge_sessions(mining_sessions.select(MINING_SESSIONS.names))
    merged = assign_pools(seen, session_pools)
    places = find_roles(merged, inside)
    ends = zip(merged.column("client_ip").to_pylist(), merged.column("server_ip").to_pylist(), strict=True)
    subjects = [
        server if role == "server" else client for (role, _), (client, server) in zip(places, ends, strict=True)
    ]
    window = _find_windows(merged, subjects, observed, coverage)
    columns = {
        "key": pa.array(_write_keys(merged), pa.string()),
        "subject": pa.array(subjects, pa.string()),
        "role": pa.array([role for role, _ in places], pa.string()),
        "is_served_inside": pa.array([is_alone for _, is_alone in places], pa.bool_()),
        # as read: a miner behind a relay does not name the pool that the relay names
        "is_relayed": pa.array(find_relayed(seen)),
        "identities": pa.array(
            _list_identities(merged.column("logins").to_pylist()), SESSIONS.arrow.field("identities").type
        ),
        "window": pa.array(window),
    } | _estimate(merged, window, read_prices(networks), policy)
    return pa.table(
        [columns[name] if name in columns else merged.column(name) for name in SESSIONS.names], schema=SESSIONS.arrow
    )


def find_roles(sessions: pa.Table, inside: pa.Table) -> list[tuple[str, bool]]:
    """Return the role of each connection's subject, and whether the server alone is inside.

    The server answers for a connection only in a network that is declared (owners or home): private ranges alone do not
    say on which side of the wire the watched network lies, and the client is the one that mines.
    """
    names = ("site", "address", "level")
    inside = _pick(inside, "address", sessions.column("client_ip"), sessions.column("server_ip"))
    levels = {(s, a): level for s, a, level in zip(*(inside.column(n).to_pylist() for n in names), strict=True)}
    ends = zip(*(sessions.column(n).to_pylist() for n in ("site", "client_ip", "server_ip")), strict=True)
    answer = []
    for site, client, server in ends:
        is_alone = (site, server) in levels and (site, client) not in levels
        is_declared = is_alone and levels[site, server] != PRIVATE
        answer.append(("server" if is_declared else "client", is_alone))
    return answer


def _write_keys(sessions: pa.Table) -> list[str]:
    names = ("client_ip", "client_port", "server_ip", "server_port", "started")
    rows = zip(*(sessions.column(name).to_pylist() for name in names), strict=True)
    return [f"{write_end(c, cp)}>{write_end(s, sp)}@{started}" for c, cp, s, sp, started in rows]


def write_end(address: str, port: int | None) -> str:
    """Return address and port as one text, IPv6 in brackets."""
    host = f"[{address}]" if ":" in address else address
    return host if port is None else f"{host}:{port}"


def _list_identities(logins: Sequence[list[dict[str, Any]] | None]) -> list[list[dict[str, str]]]:
    """Return what links a session with others: its logins by kind; a wallet with a wrong checksum is only a login."""
    answer = []
    for entries in logins:
        pairs = {(_name_kind(e), e["value"]) for e in entries or () if e and e["value"]}
        answer.append([{"kind": kind, "value": value} for kind, value in sorted(pairs)])
    return answer


def _name_kind(login: dict[str, Any]) -> str:
    kind = login["kind"]
    return "login" if kind in (None, "unknown") or login["valid"] is False else str(kind)


def _find_windows(
    sessions: pa.Table, subjects: list[str], observed: pa.Table, coverage: pa.Table
) -> NDArray[np.float64]:
    """Return for how long the site was watched, in us, from the first to the last day on which the subject was seen."""
    watched: dict[str, dict[int, float]] = {}
    for row in coverage.to_pylist():
        watched.setdefault(row["site"], {})[row["day"]] = row["hours"] * HOUR_US
    names = ("site", "subject", "first_seen", "last_seen")
    observed = _pick(observed, "subject", pa.chunked_array([subjects], pa.string()))
    seen = {(site, subject): span for site, subject, *span in zip(*_read(observed, names), strict=True)}
    answer = []
    sums: dict[tuple[str, int, int], float] = {}
    for site, subject, *own in zip(
        sessions.column("site").to_pylist(), subjects, *_read(sessions, ("started", "ended")), strict=True
    ):
        first, last = seen.get((site, subject), own)
        key = (site, int(first // DAY_US), int(last // DAY_US))
        if key not in sums:
            sums[key] = sum(us for day, us in watched.get(site, {}).items() if key[1] <= day <= key[2])
        answer.append(sums[key])
    return np.asarray(answer, dtype=np.float64)


def _pick(table: pa.Table, name: str, *texts: pa.ChunkedArray) -> pa.Table:
    """Return the rows whose column holds one of the texts: only of these Python objects are made."""
    chunks = [chunk for column in texts for chunk in column.chunks]
    return table.filter(pc.is_in(table.column(name), pc.unique(pa.chunked_array(chunks, pa.string()))))


def _read(table: pa.Table, names: tuple[str, ...]) -> list[list[Any]]:
    return [table.column(name).to_pylist() for name in names]


def _estimate(
    sessions: pa.Table, window: NDArray[np.float64], prices: tuple[Network, ...], policy: TrafficPolicy
) -> dict[str, pa.Array]:
    connected = read_numbers(sessions, "connected")
    algorithms = sessions.column("algorithm").to_pylist()
    worked = np.maximum(read_numbers(sessions, "ended") - read_numbers(sessions, "started"), connected)
    work = read_work(sessions)
    # shares that were all refused, or a login that was, say nothing of the machine's rate: not even a bound
    is_mining = np.array([state == "mining" for state in sessions.column("state").to_pylist()], np.bool_)
    is_valued = is_mining & ~((work.total == 0) & (read_numbers(sessions, "shares_rejected") > 0))
    rates = estimate_rates(work, np.where(is_valued, connected, np.nan))
    started = sessions.column("started").to_pylist()
    power = estimate_power(rates, algorithms, started, policy.power, join_known(prices))
    hours = estimate_hours(worked, window)
    energy = estimate_energy(power, hours)
    earned = find_earnings(sessions, prices)
    revenue = estimate_revenue(read_accepted(sessions, earned), connected, hours)
    return {
        "hash_rate": rates.to_measures(find_units(algorithms), algorithms),
        "power_kw": power.to_measures("kW"),
        "energy_kwh_per_day": energy.to_measures("kWh/day"),
        "revenue_per_day": revenue.to_measures(f"{find_currency(prices)}/day"),
        "earned_per_hash": pa.array(earned, mask=np.isnan(earned)),
    }
