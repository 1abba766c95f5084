"""Connections whose messages follow the blocks of a chain: mining that no encryption, tunnel or relay hides."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.following import (
    Following,
    Grid,
    clip_spans,
    find_rival,
    find_spans,
    judge_following,
    make_grid,
    pick_events,
)
from paicha.packs.traffic.derivations.sessions import find_roles, write_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import BlocksPolicy, TrafficPolicy

    Times = NDArray[np.int64]

SIZE_EDGES = (128, 256, 512, 1024)
"""B: work is announced in messages of nearly one size, whatever the dialect; a band of an octave holds them."""

SIZE_CLASSES = len(SIZE_EDGES) + 2
"""All sizes, the larger ones, and the bands: so many are tried on each connection."""

BLOCK_MATCHES = TableSpec(
    "block_matches",
    "one connection long enough to be compared with a chain's blocks, with the coin that fits it best",
    (
        Column("site", "string", "the network"),
        Column("key", "string", "both ends and the beginning, as in `sessions`"),
        Column("session", "string", "as in `profiles`"),
        Column("sources", "list<string>", "keys of the inputs that showed it"),
        Column("subject", "string", "the address it speaks against"),
        Column("role", "string", "what the subject is: client or server"),
        Column("client_ip", "string", "address of the side that opened it"),
        Column("client_port", "int32", "its port", nullable=True),
        Column("server_ip", "string", "address of the side that was addressed"),
        Column("server_port", "int32", "its port", nullable=True),
        Column("protocol", "int32", "IP protocol number: 6 TCP, 17 UDP, 50 ESP"),
        Column("started", "int64", "time of the first packet", unit="us"),
        Column("ended", "int64", "time of the last packet", unit="us"),
        Column("messages", "int64", "messages of the server"),
        Column("coin", "string", "symbol of the coin"),
        Column("blocks", "int64", "blocks found while the connection could be heard"),
        Column("followed", "int64", "of these, followed by a message within the window"),
        Column(
            "share", "float64", "part of the time that a message follows within the window: the chance of one block"
        ),
        Column("excess", "float64", "part followed of the blocks that chance would have left without a message"),
        Column("rival", "float64", "greatest part followed up to `policy.blocks.echo_seconds` earlier than the window"),
        Column("chance", "float64", "probability of as many followed by chance in any of the trials of the run"),
        Column("trials", "int64", "trials paid for: offsets, windows, sizes, coins and connections"),
        Column("offset_s", "float64", "from the time of a block to the window", unit="s"),
        Column("window_s", "float64", "length of the window", unit="s"),
        Column("size_low", "int32", "payload of the messages looked at, from", unit="B"),
        Column("size_high", "int32", "to, null for any", unit="B", nullable=True),
    ),
)


@dataclass(frozen=True, slots=True)
class Feed:
    """The known blocks of one coin: sorted times in us, and the spans in which the list has no hole."""

    coin: str
    times: Times
    spans: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Match:
    """What fits a connection best: coin, trial, and the bounds of the sizes looked at (the upper one excluded)."""

    coin: str
    best: Following
    rival: float
    low: int
    high: int | None


@derivation(BLOCK_MATCHES, driver="blocks")
def block_matches(
    profiles: pa.Table, pushes: pa.Table, blocks: pa.Table, inside: pa.Table, policy: TrafficPolicy
) -> pa.Table:
    """Return the connections that enough blocks fell into, each with the coin whose blocks its messages follow best."""
    rules = policy.blocks
    grid = make_grid(rules.step_seconds, rules.clock_seconds, rules.windows_seconds)
    feeds = read_feeds(blocks, rules.hole_factor)
    latest = _pick_latest(profiles)
    rows, found, pairs = [], [], 0
    for row, times, sizes in _read_pushes(latest, pushes):
        matches = list(_match_connection(times, sizes, feeds, grid, rules))
        pairs += len(matches)
        if matches:
            rows.append(row)
            found.append((len(times), min(matches, key=lambda match: match.best.chance)))
    trials = grid.trials * SIZE_CLASSES * pairs
    return _make_table(latest.take(pa.array(rows, pa.int64())), found, trials, inside)


def read_feeds(blocks: pa.Table, hole_factor: float) -> tuple[Feed, ...]:
    """Return the blocks by coin, in the order of symbols."""
    coins = blocks.column("coin")
    feeds = []
    for coin in sorted(pc.unique(coins).to_pylist()):
        times = np.unique(blocks.filter(pc.equal(coins, coin)).column("time").to_numpy())
        feeds.append(Feed(coin, times, find_spans(times, hole_factor)))
    return tuple(feeds)


def list_size_classes(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int | None]]:
    """Yield the bounds of the size classes that hold different messages: all, the larger ones, bands of an octave.

    The larger ones begin half way, on a scale of ratios, between the usual smallest and greatest size.
    """
    low, high = np.quantile(sizes, (0.05, 0.95)) if len(sizes) else (0.0, 0.0)
    bounds: list[tuple[int, int | None]] = [(0, None), (int(np.sqrt(low * high)) + 1, None)]
    bounds += zip(SIZE_EDGES, (*SIZE_EDGES[1:], None), strict=True)
    seen: set[bytes] = set()
    for first, end in bounds:
        is_in = (sizes >= first) & (sizes < (end or np.iinfo(np.int64).max))
        mark = np.packbits(is_in).tobytes()
        if is_in.any() and mark not in seen:
            seen.add(mark)
            yield first, end


def _match_connection(
    times: Times, sizes: NDArray[np.int64], feeds: tuple[Feed, ...], grid: Grid, rules: BlocksPolicy
) -> Iterator[Match]:
    """Yield the best match with each coin of which enough blocks fell into the time of a connection."""
    first, last = int(times[0]) + grid.reach, int(times[-1]) - grid.reach - grid.longest
    for feed in feeds:
        spans = clip_spans(feed.spans, first, last)
        events = pick_events(feed.times, spans)
        if len(events) < rules.min_blocks:
            continue
        tried = []
        for low, high in list_size_classes(sizes):
            chosen = times[(sizes >= low) & (sizes < (high or np.iinfo(np.int64).max))]
            best = judge_following(chosen, events, spans, grid)
            if best is not None:
                tried.append((best.chance, low, high, best, chosen))
        _, low, high, best, chosen = min(tried, key=lambda one: one[0])
        rival = 0.0
        if best.chance * grid.trials * SIZE_CLASSES <= rules.possible_chance:
            reach = round(rules.echo_seconds * 1e6)
            rival = find_rival(chosen, events, best, grid, reach=reach, least_events=rules.min_blocks)
        yield Match(feed.coin, best, rival, low, high)


def _pick_latest(profiles: pa.Table) -> pa.Table:
    """Return every connection once: its last row, for profiles add up over the runs of a workspace."""
    ordered = profiles.sort_by([("site", "ascending"), ("session", "ascending"), ("ended", "descending")])
    sites, sessions = (ordered.column(name).combine_chunks() for name in ("site", "session"))
    if len(sites) < 2:
        return ordered
    same = pc.and_(pc.equal(sites[1:], sites[:-1]), pc.equal(sessions[1:], sessions[:-1]))
    return ordered.filter(pa.concat_arrays([pa.array([True]), pc.invert(same)]))


def _read_pushes(profiles: pa.Table, pushes: pa.Table) -> Iterator[tuple[int, Times, NDArray[np.int64]]]:
    """Yield the number of each profile with the times and sizes of its server's messages, in the order of time."""
    ours = profiles.select(["site", "session"]).append_column("number", pa.array(np.arange(profiles.num_rows)))
    theirs = pushes.select(["site", "session"]).append_column("piece", pa.array(np.arange(pushes.num_rows)))
    joined = theirs.join(ours, ["site", "session"], join_type="inner").sort_by([("number", "ascending")])
    numbers, pieces = joined.column("number").to_numpy(), joined.column("piece").to_numpy()
    edges = np.append(np.flatnonzero(np.diff(numbers, prepend=-1)), len(numbers)).tolist()
    columns = [pushes.column(name).combine_chunks() for name in ("times", "sizes")]
    for start, end in pairwise(edges):
        chosen = pa.array(pieces[start:end])
        times, sizes = (pc.list_flatten(column.take(chosen)).to_numpy().astype(np.int64) for column in columns)
        order = np.argsort(times, kind="stable")
        yield int(numbers[start]), times[order], sizes[order]


def _make_table(profiles: pa.Table, found: list[tuple[int, Match]], trials: int, inside: pa.Table) -> pa.Table:
    roles = [role for role, _ in find_roles(profiles, inside)] if found else []
    ends = {
        name: profiles.column(name).to_pylist() for name in ("client_ip", "client_port", "server_ip", "server_port")
    }
    started = profiles.column("started").to_pylist()
    keys = [
        f"{write_end(client, cp)}>{write_end(server, sp)}@{time}"
        for client, cp, server, sp, time in zip(*ends.values(), started, strict=True)
    ]
    made: dict[str, list[Any]] = {
        "key": keys,
        "role": roles,
        "subject": [ends[f"{role}_ip"][row] for row, role in enumerate(roles)],
        "messages": [messages for messages, _ in found],
        **{name: [getattr(m, name) for _, m in found] for name in ("coin", "rival")},
        "blocks": [m.best.events for _, m in found],
        "chance": [min(1.0, m.best.chance * trials) for _, m in found],
        **{name: [getattr(m.best, name) for _, m in found] for name in ("followed", "share", "excess")},
        "trials": [trials for _ in found],
        "offset_s": [m.best.offset / 1e6 for _, m in found],
        "window_s": [m.best.window / 1e6 for _, m in found],
        "size_low": [m.low for _, m in found],
        "size_high": [m.high - 1 if m.high is not None else None for _, m in found],
    }
    return pa.table(
        [
            pa.array(made[name], BLOCK_MATCHES.arrow.field(name).type) if name in made else profiles.column(name)
            for name in BLOCK_MATCHES.names
        ],
        schema=BLOCK_MATCHES.arrow,
    )
