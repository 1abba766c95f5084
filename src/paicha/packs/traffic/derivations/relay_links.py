"""Connections of relays: who takes work from them, and where they take it from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.relay_work import Branch, Ledger, find_repeated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paicha.packs.traffic.derivations.relay_work import Judged
    from paicha.packs.traffic.policy import RelaysPolicy, TrafficPolicy

Host = tuple[str, str]
"""Site and address."""
Row = dict[str, Any]

CLIENT, UPSTREAM = "client", "upstream"
CLEAR, SHAPE, LISTED = "clear", "shape", "listed"

RELAY_LINKS = TableSpec(
    "relay_links",
    "one connection of one relay: with a client, or with whom it takes work from",
    (
        Column("site", "string", "the network"),
        Column("relay", "string", "its address"),
        Column("side", "string", "client or upstream"),
        Column("seen", "string", "clear: read; shape: by sizes and times; listed: a listed pool"),
        Column("key", "string", "key of the session, of the shape or of the listed name or endpoint"),
        Column("peer", "string", "the other end"),
        Column("peer_port", "int32", "port of the upstream server", nullable=True),
        Column("started", "int64", "from", unit="us"),
        Column("ended", "int64", "to", unit="us"),
        Column("is_likely", "bool", "read, listed, or with points enough for likely"),
        Column("is_counted", "bool", "totals may count it; false where the same work counts elsewhere"),
        Column("excess", "float64", "upstream work over the clients', in standard deviations", nullable=True),
    ),
)

_SESSION = (
    "site", "key", "client_ip", "server_ip", "server_port", "dialect", "algorithm", "started", "ended", "state", "jobs",
    "shares_submitted",
)  # fmt: skip
_SHAPED = ("site", "key", "client_ip", "server_ip", "server_port", "started", "ended", "is_likely")


@dataclass(slots=True)
class Seen:
    """What was seen of a host that gives work: connections with its clients, and its own upstream ones."""

    clients: list[Row] = field(default_factory=list)
    upstream: list[Row] = field(default_factory=list)

    def count_clients(self, inside: set[Host], *seen: str) -> int:
        """Return how many watched hosts take work from it, by connections seen in these ways."""
        return len({(r["site"], r["client_ip"]) for r in self.clients if r["seen"] in seen} & inside)

    def shows(self, side: list[Row], seen: str) -> bool:
        """Return whether one of a side's connections was seen in this way."""
        return any(row["seen"] == seen for row in side)


@derivation(RELAY_LINKS)
def relay_links(
    sessions: pa.Table,
    shaped: pa.Table,
    listed_names: pa.Table,
    listed_endpoints: pa.Table,
    inside: pa.Table,
    policy: TrafficPolicy,
) -> pa.Table:
    """Return the connections of every host that gives work to others and takes it from elsewhere.

    Where both were read in clear it is a relay wherever it lies. Else it lies inside, and either watched hosts were
    read to take work from it, or enough of them have connections with it that look like mining and it has one that
    leads on.
    """
    candidates = _find_candidates(sessions, shaped, inside)
    rows = [*_list_sessions(sessions, candidates), *_list_shaped(shaped, sessions, candidates)]
    hosts = _gather(rows)
    for table, key in ((listed_names, "name"), (listed_endpoints, "endpoint")):
        _add_listed(hosts, table, key)
    watched = _find_watched(inside, rows)
    relays = {host: seen for host, seen in hosts.items() if _is_relay(host, seen, watched, policy.relays)}
    ledger = Ledger(sessions)
    judged = {
        host: [ledger.judge(branch, policy.relays.own_sigma) for branch in _list_branches(seen)]
        for host, seen in relays.items()
    }
    repeated = find_repeated([one for group in judged.values() for one in group])
    links = [link for host, seen in relays.items() for link in _write_links(host, seen, judged[host], repeated)]
    return pa.Table.from_pylist(links, schema=RELAY_LINKS.arrow)


def _find_candidates(sessions: pa.Table, shaped: pa.Table, inside: pa.Table) -> pa.Array:
    """Return the addresses that give work and either take some or are watched: only of their rows objects are made."""
    servers, clients = (
        pc.unique(pa.chunked_array([*sessions.column(n).chunks, *shaped.column(n).chunks], pa.string()))
        for n in ("server_ip", "client_ip")
    )
    return servers.filter(pc.or_(pc.is_in(servers, clients), pc.is_in(servers, inside.column("address"))))


def _keep(table: pa.Table, names: tuple[str, ...], candidates: pa.Array) -> pa.Table:
    return table.select(names).filter(
        pc.or_(pc.is_in(table.column("server_ip"), candidates), pc.is_in(table.column("client_ip"), candidates))
    )


def _list_sessions(sessions: pa.Table, candidates: pa.Array) -> Iterator[Row]:
    """Yield the sessions in which work was exchanged."""
    numbered = sessions.append_column("row", pa.array(range(sessions.num_rows), pa.int64()))
    for row in _keep(numbered, (*_SESSION, "row"), candidates).to_pylist():
        if row["state"] != "attempt" and row["jobs"] + row["shares_submitted"] > 0:
            yield row | {"seen": CLEAR, "is_likely": True}


def _list_shaped(shaped: pa.Table, sessions: pa.Table, candidates: pa.Array) -> Iterator[Row]:
    """Yield the connections that look like mining and were not read in clear."""
    worked = sessions.filter(pc.not_equal(sessions.column("state"), "attempt"))
    read = set(zip(worked.column("site").to_pylist(), worked.column("key").to_pylist(), strict=True))
    for row in _keep(shaped, _SHAPED, candidates).to_pylist():
        if (row["site"], row["key"]) not in read:
            yield row | {"seen": SHAPE, "dialect": None, "algorithm": None}


def _gather(rows: list[Row]) -> dict[Host, Seen]:
    """Return what was seen of every host that gives work."""
    hosts: dict[Host, Seen] = defaultdict(Seen)
    for row in rows:
        if row["client_ip"] != row["server_ip"]:
            hosts[row["site"], row["server_ip"]].clients.append(row)
    spans = {host: _find_spans(seen.clients) for host, seen in hosts.items()}
    peers = {host: {row["client_ip"] for row in seen.clients} for host, seen in hosts.items()}
    for row in rows:
        host = (row["site"], row["client_ip"])
        if host in hosts and row["server_ip"] not in peers[host] and _may_carry(row, spans[host]):
            hosts[host].upstream.append(row)
    return hosts


def _find_spans(clients: list[Row]) -> dict[tuple[str, str | None], tuple[int, int]]:
    """Return from when to when clients were there: all of them, and by algorithm and dialect where these were read."""
    spans: dict[tuple[str, str | None], tuple[int, int]] = {}
    for row in clients:
        names = ("algorithm", "dialect") if row["seen"] == CLEAR else ("shape",)
        for name in ("any", *names):
            key = (name, row.get(name))
            low, high = spans.get(key, (row["started"], row["ended"]))
            spans[key] = (min(low, row["started"]), max(high, row["ended"]))
    return spans


def _may_carry(row: Row, spans: dict[tuple[str, str | None], tuple[int, int]]) -> bool:
    """Return whether a relay's own connection may carry what its clients do: at the same time, of the same kind."""
    kinds: tuple[tuple[str, str | None], ...] = (("any", None),)
    if row["seen"] == CLEAR:
        kinds = (("algorithm", row["algorithm"]), ("dialect", row["dialect"]), ("shape", None))
    found = (spans[kind] for kind in kinds if kind in spans)
    return any(row["started"] <= high and low <= row["ended"] for low, high in found)


def _add_listed(hosts: dict[Host, Seen], listed: pa.Table, key: str) -> None:
    """Add the listed pools that hosts spoke to; a question to the DNS is no connection."""
    columns = ("site", "subject", "role", "is_weak", "server", "server_port", "first_seen", "last_seen", key)
    kept = listed.filter(pc.invert(listed.column("is_lookup"))) if key == "name" else listed
    for row in kept.select(columns).to_pylist():
        host = (row["site"], row["subject"])
        if row["role"] == "client" and not row["is_weak"] and host in hosts:
            known = {one["server_ip"] for one in hosts[host].upstream}
            if row["server"] not in known:
                hosts[host].upstream.append(
                    {
                        "seen": LISTED, "key": row[key], "server_ip": row["server"], "server_port": row["server_port"],
                        "started": row["first_seen"], "ended": row["last_seen"], "is_likely": True,
                    }
                )  # fmt: skip


def _find_watched(inside: pa.Table, rows: list[Row]) -> set[Host]:
    named = pa.array(sorted({row[end] for row in rows for end in ("client_ip", "server_ip")}), pa.string())
    known = inside.filter(pc.is_in(inside.column("address"), named))
    return set(zip(known.column("site").to_pylist(), known.column("address").to_pylist(), strict=True))


def _is_relay(host: Host, seen: Seen, watched: set[Host], policy: RelaysPolicy) -> bool:
    if seen.shows(seen.clients, CLEAR) and seen.shows(seen.upstream, CLEAR):
        return True
    if host not in watched:
        return False
    read = seen.count_clients(watched, CLEAR)
    if read and (seen.upstream or read >= policy.min_clients):
        return True
    return bool(seen.upstream) and seen.count_clients(watched, CLEAR, SHAPE) >= policy.min_shaped_clients


def _list_branches(seen: Seen) -> Iterator[Branch]:
    """Yield the sessions read in clear on both sides, by the algorithm upstream."""
    clients = [row for row in seen.clients if row["seen"] == CLEAR]
    upstream = [row for row in seen.upstream if row["seen"] == CLEAR]
    named = {row["algorithm"] for row in upstream}
    for algorithm in sorted(named, key=str):
        above = [row for row in upstream if row["algorithm"] == algorithm]
        dialects = {row["dialect"] for row in above}
        below = [
            row for row in clients
            if row["algorithm"] == algorithm or (row["algorithm"] not in named and row["dialect"] in dialects)
        ]  # fmt: skip
        if below:
            yield Branch(
                clients=tuple(row["row"] for row in below),
                upstream=tuple(row["row"] for row in above),
                is_comparable=all(row["algorithm"] == algorithm for row in below),
                is_partial=seen.shows(seen.clients, SHAPE),
            )


def _write_links(host: Host, seen: Seen, judged: list[Judged], repeated: set[int]) -> Iterator[Row]:
    site, relay = host
    excess = {row: one.excess for one in judged for row in (*one.branch.clients, *one.branch.upstream)}
    for side, rows in ((CLIENT, seen.clients), (UPSTREAM, seen.upstream)):
        for row in rows:
            yield {
                "site": site,
                "relay": relay,
                "side": side,
                "seen": row["seen"],
                "key": row["key"],
                "peer": row["client_ip"] if side == CLIENT else row["server_ip"],
                "peer_port": None if side == CLIENT else row["server_port"],
                "started": row["started"],
                "ended": row["ended"],
                "is_likely": row["is_likely"],
                "is_counted": row.get("row") not in repeated,
                "excess": excess.get(row.get("row", -1)),
            }
