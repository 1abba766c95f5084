"""Relays with what passes through them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.estimates import MEASURE_KIND, find_units
from paicha.packs.traffic.derivations.relay_links import CLEAR, CLIENT, LISTED, SHAPE, UPSTREAM
from paicha.packs.traffic.derivations.relay_work import Ledger
from paicha.packs.traffic.derivations.sessions import write_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paicha.packs.traffic.derivations.relay_work import Ends
    from paicha.packs.traffic.policy import RelaysPolicy, TrafficPolicy

    Row = dict[str, Any]

RELAYS = TableSpec(
    "relays",
    "one host that takes mining work from elsewhere and hands it to others",
    (
        Column("site", "string", "the network"),
        Column("subject", "string", "its address"),
        Column("first_seen", "int64", "first connection", unit="us"),
        Column("last_seen", "int64", "end of the last", unit="us"),
        Column("sources", "list<string>", "keys of the inputs that showed it"),
        Column("client_count", "int64", "hosts that take work from it"),
        Column("clients", "list<string>", "their addresses, as many as the policy lists"),
        Column("clients_seen", "string", "how: clear, shape or both"),
        Column("upstream_count", "int64", "servers that it takes work from"),
        Column("upstream", "list<string>", "these, with port"),
        Column("upstream_seen", "string", "how: clear, shape, listed, several of them, or none"),
        Column("connections_down", "int64", "connections of clients"),
        Column("connections_up", "int64", "connections upstream"),
        Column("shares_down", "float64", "shares of its clients, by sizes where not read", nullable=True),
        Column("shares_up", "float64", "shares that it sent up, by sizes where not read", nullable=True),
        Column("counted", "string", "which side counts in totals: clients or upstream", nullable=True),
        Column("excess", "float64", "upstream work over the clients', in standard deviations", nullable=True),
        Column("mines_itself", "bool", "upstream work significantly exceeds the clients'", nullable=True),
        Column("hash_rate", MEASURE_KIND, "what passes through it, of the better seen side", nullable=True),
        Column("own_hash_rate", MEASURE_KIND, "what it mines itself, or clients that were not seen", nullable=True),
        Column("rate_bounds", MEASURE_KIND, "what sizes allow, where no side was read; no best", nullable=True),
        Column("is_read", "bool", "a side was read in clear text"),
        Column("is_sure", "bool", "it was read to hand out work, and to take it from elsewhere or seen to"),
        Column("is_likely", "bool", "enough clients and one upstream are likely ones, or clients were read"),
    ),
)


@derivation(RELAYS, driver="relay_links")
def relays(relay_links: pa.Table, sessions: pa.Table, shaped: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return every relay with its clients, its upstream connections, and the work on both sides."""
    keys = relay_links.column("key").unique()
    book = _Book(
        sessions.filter(pc.is_in(sessions.column("key"), keys)), shaped.filter(pc.is_in(shaped.column("key"), keys))
    )
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for link in relay_links.to_pylist():
        groups[link["site"], link["relay"]].append(link)
    rows = [
        {"site": site, "subject": relay} | book.describe(links, policy.relays)
        for (site, relay), links in sorted(groups.items())
    ]
    return pa.Table.from_pylist(rows, schema=RELAYS.arrow)


class _Book:
    """Sessions and shaped connections by site and key."""

    def __init__(self, sessions: pa.Table, shaped: pa.Table) -> None:
        self._ledger = Ledger(sessions)
        columns = ("site", "key", "algorithm", "work_shares", "sources")
        self._sessions = {
            (row["site"], row["key"]): row | {"row": number}
            for number, row in enumerate(sessions.select(columns).to_pylist())
        }
        self._shaped = {(row["site"], row["key"]): row for row in shaped.to_pylist()}

    def describe(self, links: list[Row], policy: RelaysPolicy) -> Row:
        """Return the columns of one relay."""
        down = [link for link in links if link["side"] == CLIENT]
        up = [link for link in links if link["side"] == UPSTREAM]
        clients = sorted({link["peer"] for link in down})
        servers = sorted({write_end(link["peer"], link["peer_port"]) for link in up})
        return {
            "first_seen": min(link["started"] for link in links),
            "last_seen": max(link["ended"] for link in links),
            "sources": sorted({source for link in links for source in self._find(link).get("sources") or ()}),
            "client_count": len(clients),
            "clients": clients[: policy.max_listed],
            "clients_seen": _name_seen(down),
            "upstream_count": len(servers),
            "upstream": servers[: policy.max_listed],
            "upstream_seen": _name_seen(up),
            "connections_down": len(down),
            "connections_up": sum(link["seen"] != LISTED for link in up),
            "shares_down": self._add_shares(down),
            "shares_up": self._add_shares(up),
            **self._measure(down, up, policy),
            **_judge(down, up, policy),
        }

    def _find(self, link: Row) -> Row:
        known: dict[tuple[str, str], Row] = self._sessions if link["seen"] == CLEAR else self._shaped
        return known.get((link["site"], link["key"]), {})

    def _add_shares(self, links: list[Row]) -> float | None:
        names = {CLEAR: "work_shares", SHAPE: "shares"}
        counts = [self._find(link).get(names[link["seen"]]) for link in links if link["seen"] in names]
        known = [float(count) for count in counts if count is not None]
        return sum(known) if known else None

    def _measure(self, down: list[Row], up: list[Row], policy: RelaysPolicy) -> Row:
        """Return the rates on both sides, of the algorithm with the most shares, and which side counts."""
        algorithm = self._find_algorithm([*up, *down])
        rates = {side: self._rate(links, algorithm) for side, links in ((CLIENT, down), (UPSTREAM, up))}
        told = [link for link in up if link["excess"] is not None and self._find(link)["algorithm"] == algorithm]
        excess = told[0]["excess"] if told else None
        side = None
        if told:
            side = UPSTREAM if told[0]["is_counted"] else CLIENT
        elif rates[CLIENT] or rates[UPSTREAM]:
            side = CLIENT if rates[CLIENT] else UPSTREAM
        mines_itself = excess > policy.own_sigma if excess is not None else None
        own = _subtract(rates[UPSTREAM], rates[CLIENT]) if mines_itself else None
        bounds = None if side else self._bound(up) or self._bound(down)
        return {
            "counted": "clients" if side == CLIENT else side,
            "excess": excess,
            "mines_itself": mines_itself,
            "hash_rate": _write(rates[side] if side else None, algorithm),
            "own_hash_rate": _write(own, algorithm),
            "rate_bounds": bounds,
        }

    def _find_algorithm(self, links: list[Row]) -> str | None:
        shares: dict[str, float] = defaultdict(float)
        for link in links:
            row = self._find(link)
            if link["seen"] == CLEAR and row.get("algorithm"):
                shares[row["algorithm"]] += row["work_shares"] or 0
        return max(sorted(shares), key=shares.__getitem__) if shares else None

    def _rate(self, links: list[Row], algorithm: str | None) -> Ends | None:
        """Return the hash rate of the links read in clear: every client a machine, upstream all one."""
        machines: dict[str, list[int]] = defaultdict(list)
        for link in links:
            row = self._find(link)
            if link["seen"] == CLEAR and algorithm is not None and row.get("algorithm") == algorithm:
                machines[link["peer"] if link["side"] == CLIENT else ""].append(row["row"])
        return self._ledger.measure(machines.values())

    def _bound(self, links: list[Row]) -> Row | None:
        """Return the sums of the bounds that sizes give, where they do so for all links and one algorithm."""
        rows = [self._find(link) for link in links if link["seen"] == SHAPE]
        if not rows or {row["algorithm"] for row in rows} == {None} or len({row["algorithm"] for row in rows}) > 1:
            return None
        if any(row["rate_high"] is None for row in rows):
            return None
        low, high = sum(row["rate_low"] or 0.0 for row in rows), sum(row["rate_high"] for row in rows)
        algorithm = rows[0]["algorithm"]
        return {"low": low, "best": None, "high": high, "unit": find_units([algorithm])[0], "algorithm": algorithm}


def _name_seen(links: Iterable[Row]) -> str:
    seen = {link["seen"] for link in links}
    return "+".join(kind for kind in (CLEAR, SHAPE, LISTED) if kind in seen) or "none"


def _judge(down: list[Row], up: list[Row], policy: RelaysPolicy) -> dict[str, bool]:
    """Return how sure it is: read to hand out work and known to lead on; or by likely connections on both sides."""
    is_read_down = any(link["seen"] == CLEAR for link in down)
    likely = {link["peer"] for link in down if link["is_likely"]}
    return {
        "is_read": any(link["seen"] == CLEAR for link in (*down, *up)),
        "is_sure": is_read_down and any(link["is_likely"] for link in up),
        "is_likely": is_read_down
        or (len(likely) >= policy.min_shaped_clients and any(link["is_likely"] for link in up)),
    }


def _subtract(whole: Ends | None, part: Ends | None) -> Ends | None:
    """Return the difference of two rates whose errors are independent, never below nothing; None without both."""
    if whole is None or part is None:
        return None
    best = max(whole[1] - part[1], 0.0)
    low = best - ((whole[1] - whole[0]) ** 2 + (part[2] - part[1]) ** 2) ** 0.5
    return max(low, 0.0), best, best + ((whole[2] - whole[1]) ** 2 + (part[1] - part[0]) ** 2) ** 0.5


def _write(ends: Ends | None, algorithm: str | None) -> Row | None:
    if ends is None:
        return None
    return dict(zip(("low", "best", "high"), ends, strict=True)) | {
        "unit": find_units([algorithm])[0],
        "algorithm": algorithm,
    }
