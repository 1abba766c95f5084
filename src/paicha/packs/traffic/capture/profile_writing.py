"""Profiles and pushes on their way to the sink: named like the mining session where mining was spoken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from paicha.kernel.identifiers import name_by_hash
from paicha.packs.traffic.capture.layout import CANDIDATE, LOST_PROFILE, PIECES, SIX, TCP, UDP
from paicha.packs.traffic.capture.profile_collect import collect_profiles
from paicha.packs.traffic.capture.profile_layout import make_pool
from paicha.packs.traffic.capture.profile_rows import make_lists, make_profile_rows
from paicha.packs.traffic.capture.profile_state import is_ended
from paicha.packs.traffic.capture.rows import orient_flows
from paicha.packs.traffic.capture.texts import format_addresses
from paicha.packs.traffic.tables import PROFILES, PUSHES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from paicha.kernel.reader import Sink
    from paicha.packs.traffic.capture.layout import Tables
    from paicha.packs.traffic.capture.profile_layout import Pool
    from paicha.packs.traffic.policy import ProfilesPolicy

    End = tuple[str, int]
    Connection = tuple[frozenset[End], int]

ROWS_AT_ONCE = 1024
MOST_HELD = 65_536
"""Pieces of sessions in clear text that wait for the session's name."""

TRANSPORTS = {TCP: "tcp", UDP: "udp"}


class ProfileWriter:
    """Writes the rows of flows that end, and the pushes that the loop handed over."""

    def __init__(self, site: str, keys: tuple[str, ...], sink: Sink, tables: Tables, policy: ProfilesPolicy) -> None:
        self.earlier: dict[int, tuple[str, ...]] = {}
        """Keys of inputs of earlier runs that showed a connection, by its number."""
        self._site = site
        self._keys = keys
        self._sink = sink
        self._tables = tables
        self._policy = policy
        self._names: dict[Connection, tuple[str, End]] = {}
        self._held: dict[int, list[tuple[NDArray[np.int64], NDArray[np.int32]]]] = {}
        self._count_held = 0
        self._newest: int | None = None
        self._unnamed: frozenset[int] = frozenset()
        self._waiting: list[NDArray[Any]] = []

    def end(self, newest: int, unnamed: Iterable[int]) -> None:
        """Take note that what ends from now on ends with the inputs; sessions of these numbers are named last."""
        self._newest, self._unnamed = newest, frozenset(unnamed)

    def finish(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write what waited for these last mining sessions."""
        self.learn(rows)
        self._unnamed = frozenset()
        for flows in self._waiting:
            self.write(flows)
        self._waiting = []

    def learn(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take the names of mining sessions, for the rows written next."""
        self._names = {}
        for row in rows:
            client, server = (row["client_ip"], row["client_port"]), (row["server_ip"], row["server_port"])
            self._names[frozenset((client, server)), row["started"]] = (row["session"], client)

    def write(self, flows: NDArray[Any]) -> None:
        """Write the rows of those flows, which have ended, whose messages were counted, and their last pushes.

        Those of which nothing could be counted for lack of room have a row that says so.
        """
        lived = np.maximum(flows["a_last"], flows["b_last"]) - flows["started"]
        is_lost = ((flows["data_sides"] & LOST_PROFILE) != 0) & (lived >= self._policy.min_seconds * 1_000_000)
        is_lost &= flows["a_packets"] + flows["b_packets"] > 0
        chosen = np.flatnonzero((flows["profile"] > 0) | (flows["profile"] < -1) | is_lost)
        if self._unnamed and len(chosen):
            waits = np.isin(flows["number"][chosen], list(self._unnamed))
            if waits.any():
                self._waiting.append(flows[chosen[waits]])
                chosen = chosen[~waits]
        for begin in range(0, len(chosen), ROWS_AT_ONCE):
            self._write_some(flows, chosen[begin : begin + ROWS_AT_ONCE])

    def list_sources(self, flows: NDArray[Any], pool: Pool) -> tuple[tuple[str, ...], ...]:
        """Return the keys of the inputs that showed each connection, those of earlier runs first."""
        return tuple(self._list_sources(flow, pool, place) for place, flow in enumerate(flows))

    def push(self) -> None:
        """Write the pieces that the loop handed over; those of mining sessions wait for their name."""
        count = int(self._tables.meta[PIECES])
        if not count:
            return
        self._tables.meta[PIECES] = 0
        pieces = self._tables.pieces
        flows = pieces.flows[:count]
        times = pieces.first[:count, None] + pieces.times[:count].astype(np.int64) * 1000
        sizes = pieces.sizes[:count].astype(np.int32)
        waits = flows["screen"] == CANDIDATE
        for one in np.flatnonzero(waits):
            if self._count_held < MOST_HELD:
                self._count_held += 1
                self._held.setdefault(int(flows[one]["number"]), []).append((times[one].copy(), sizes[one]))
            else:
                waits[one] = False
        ready = np.flatnonzero(~waits)
        if len(ready):
            names, _ = self._name_sessions(flows[ready], flows[ready]["started"])
            self._write_pushes(names, list(times[ready]), list(sizes[ready]))

    def _write_some(self, flows: NDArray[Any], chosen: NDArray[np.int64]) -> None:
        pool = make_pool(len(chosen))
        collect_profiles(self._tables, flows, chosen, pool, True)
        flows = flows[chosen]
        names, swap = self._name_sessions(flows, pool.profiles["started"])
        messages = pool.sides["messages"].reshape(-1, 2).sum(axis=1)
        kept = np.flatnonzero((messages >= self._policy.min_messages) | (pool.profiles["is_partial"] != 0))
        pushed: list[tuple[str, NDArray[np.int64], NDArray[np.int32]]] = []
        for one in range(len(flows)):
            held = self._held.pop(int(flows[one]["number"]), ()) if self._held else ()
            self._count_held -= len(held)
            pushed += [(names[one], times, sizes) for times, sizes in held]
            left = int(pool.profiles[one]["pushes"])
            if left and messages[one] >= self._policy.min_messages:
                times = pool.profiles[one]["first"] + pool.push_times[one, :left].astype(np.int64) * 1000
                pushed.append((names[one], times, pool.push_sizes[one, :left].astype(np.int32)))
        if pushed:
            texts, times_of, sizes_of = zip(*pushed, strict=True)
            self._write_pushes(list(texts), list(times_of), list(sizes_of))
        if len(kept):
            fields = {name: column[kept] for name, column in pool._asdict().items() if name != "sides"}
            part = pool._replace(sides=pool.sides.reshape(-1, 2)[kept].ravel(), **fields)
            rows = make_profile_rows(
                flows[kept], part, swap[kept], self._site, [names[one] for one in kept],
                [self._list_sources(flow, pool, int(one)) for one, flow in zip(kept, flows[kept], strict=True)],
                self._find_open(flows[kept]),
            )  # fmt: skip
            self._sink.write(PROFILES.name, rows)

    def _find_open(self, flows: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which flows the end of the inputs merely cut short."""
        if self._newest is None:
            return np.zeros(len(flows), np.bool_)
        return ~is_ended(flows, self._newest, self._tables.meta)

    def _list_sources(self, flow: Any, pool: Pool, place: int) -> tuple[str, ...]:
        count = int(pool.profiles[place]["sources"])
        now = [self._keys[int(number)] for number in pool.sources[place, :count] if number < len(self._keys)]
        return tuple(dict.fromkeys((*self.earlier.get(int(flow["number"]), ()), *now)))

    def _name_sessions(self, flows: NDArray[Any], started: NDArray[np.int64]) -> tuple[list[str], NDArray[np.bool_]]:
        """Return the name of each flow's session, and whether `b` is its client."""
        swap = orient_flows(flows)
        is_six = (flows["protocol"] & SIX) != 0
        a = format_addresses(flows["a_high"], flows["a_low"], is_six).to_pylist()
        b = format_addresses(flows["b_high"], flows["b_low"], is_six).to_pylist()
        names = []
        for one, flow in enumerate(flows):
            ends = ((a[one], int(flow["a_port"])), (b[one], int(flow["b_port"])))
            known = self._names.get((frozenset(ends), int(started[one])))
            if known is not None:
                names.append(known[0])
                swap[one] = known[1] == ends[1]
                continue
            (client, client_port), (server, server_port) = ends[::-1] if swap[one] else ends
            protocol = int(flow["protocol"]) & 0xFF
            transport = TRANSPORTS.get(protocol, str(protocol))
            names.append(
                name_by_hash(
                    "session", self._site, client, str(client_port), server, str(server_port), transport,
                    str(int(started[one])),
                )
            )  # fmt: skip
        return names, swap

    def _write_pushes(self, names: list[str], times: list[NDArray[np.int64]], sizes: list[NDArray[np.int32]]) -> None:
        counts = np.array([len(each) for each in times])
        columns = {
            "site": pa.repeat(self._site, len(names)),
            "session": pa.array(names, pa.string()),
            "times": make_lists(pa.array(np.concatenate(times)), counts),
            "sizes": make_lists(pa.array(np.concatenate(sizes)), counts),
        }
        self._sink.write(PUSHES.name, pa.RecordBatch.from_pydict(columns))
