"""Profiles of connections turned into what a score looks at: features, counts of shares and pushes, family."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.derivation import derivation
from paicha.kernel.schema import Column, TableSpec
from paicha.packs.traffic.derivations.families import SECOND, UNKNOWN, bound_rates, guess_families
from paicha.packs.traffic.derivations.noise_counts import INITIATOR_BYTES, NAMES, RESPONDER_BYTES, count_noise
from paicha.packs.traffic.derivations.sessions import find_roles, write_end
from paicha.packs.traffic.derivations.shape_features import measure_features
from paicha.packs.traffic.derivations.share_counts import Traffic, assign_roles
from paicha.packs.traffic.derivations.size_clusters import read_sides

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from paicha.packs.traffic.derivations.share_counts import Roles
    from paicha.packs.traffic.derivations.size_clusters import Sizes
    from paicha.packs.traffic.policy import BehaviourPolicy, TrafficPolicy

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

SECOND_US = 1e6
HEAD = 12
COUNT_KIND = "struct<low: float64, best: float64, high: float64, unit: string>"
SHARES, MESSAGES = "shares", "messages"
"""Units of counts."""

BOUNDS_KIND = "struct<low: float64, best: float64, high: float64, unit: string, algorithm: string>"
NOISE_KIND = f"struct<{', '.join(f'{name}: {COUNT_KIND}' for name in NAMES)}>"

FEATURES = (
    Column("pushes", "float64", "messages of the server that nobody asked for and nobody answered", nullable=True),
    Column(
        "push_constancy",
        "float64",
        "part of unasked messages of the most frequent sizes",
        nullable=True,
    ),
    Column("push_gap", "float64", "time to one push on average", unit="s", nullable=True),
    Column("push_rhythm", "float64", "spread of the gaps between pushes over their mean: 0 is a clock", nullable=True),
    Column("push_bytes", "float64", "payload of the usual push", unit="B", nullable=True),
    Column(
        "push_unasked", "float64", "part of pushes that follows nothing, chance allowed for", unit="%", nullable=True
    ),
    Column(
        "push_unanswered", "float64", "part of pushes that nothing follows, chance allowed for", unit="%", nullable=True
    ),
    Column("shares", "float64", "messages of the client that look like shares", nullable=True),
    Column("share_rhythm", "float64", "spread of the gaps between them over their mean: 1 is chance", nullable=True),
    Column("share_answered", "float64", "part of them answered at once by a small record", unit="%", nullable=True),
    Column("share_growth", "float64", "how often they and their answers grew by a byte for good", nullable=True),
    Column("family_fit", "float64", "1 where share, answer and push fit one family of protocols", nullable=True),
    Column(
        "explained",
        "float64",
        "part of all messages that are pushes, shares, answers to them and requests for work",
        unit="%",
    ),
    Column("requests", "float64", "other messages of the client per push", nullable=True),
    Column(
        "clockwork", "float64", "part of the client's messages that comes by the clock, heartbeats left out", unit="%"
    ),
    Column("byte_rate", "float64", "payload of both sides", unit="B/s"),
    Column("silence", "float64", "longest time without a message", unit="s"),
    Column("lived", "float64", "how long the connection was seen", unit="s"),
    Column("web", "float64", "1 where an HTTP request was seen on it"),
    Column("handshake", "float64", "1 where the first two messages have the sizes of the handshake of Stratum V2"),
)
"""What the scorecard `behaviour` may look at."""

MEASURED = (
    Column("site", "string", "the network whose addresses these are"),
    Column("session", "string", "as in `profiles`"),
    Column("sources", "list<string>", "keys of the inputs that showed it"),
    Column("client_ip", "string", "address of the side that would mine"),
    Column("client_port", "int32", "its port", nullable=True),
    Column("server_ip", "string", "address of the side that would give work"),
    Column("server_port", "int32", "its port", nullable=True),
    Column("protocol", "int32", "IP protocol number"),
    Column("started", "int64", "time of the first packet", unit="us"),
    Column("ended", "int64", "time of the last packet", unit="us"),
    Column("joined", "bool", "the capture began after the connection did"),
    Column("is_open", "bool", "the connection had not ended when the input did"),
    Column("transport", "string", "tls, tcp, udp, esp or other, as far as packets show it"),
    Column("is_noise", "bool", "it began with the handshake of Stratum V2"),
    *FEATURES,
    Column("shares_from_sizes", COUNT_KIND, "how many shares sizes and times tell of", nullable=True),
    Column("share_bytes", "float64", "payload of the usual share", unit="B", nullable=True),
    Column("reply_bytes", "float64", "payload of the usual answer to it", unit="B", nullable=True),
    Column("frames", NOISE_KIND, "counts of encrypted Stratum V2, by sizes of frames", nullable=True),
    Column("family", "string", "the one family of protocols that the sizes fit", nullable=True),
    Column("hash_rate_bounds", BOUNDS_KIND, "between which rates these shares allow; no best", nullable=True),
)
"""What sizes and times alone tell."""

SHAPES = TableSpec(
    "shapes",
    "one profiled connection, turned so that the client is the side that would mine, by sizes and times alone",
    (
        *MEASURED,
        Column("key", "string", "both ends and the beginning, that of the session read in clear text if there is one"),
        Column("subject", "string", "the address it speaks against: the client, or a server that alone is inside"),
        Column("role", "string", "what the subject is: client or server"),
    ),
)


@derivation(SHAPES, driver="profiles")
def shapes(profiles: pa.Table, sessions: pa.Table, inside: pa.Table, policy: TrafficPolicy) -> pa.Table:
    """Return the shape of every connection that lived for `policy.behaviour.min_seconds` and whose sides both spoke."""
    chosen = policy.behaviour
    lived = _subtract(profiles, "ended", "started")
    spoke = (_read(profiles, "messages_out") > 0) & (_read(profiles, "messages_in") > 0)
    rows = profiles.filter(pa.array((lived >= chosen.min_seconds) & spoke))
    measured = measure_shapes(rows, policy.profiles.answer_seconds, chosen)
    named = zip(*_name_events(measured, sessions, inside), strict=True) if measured.num_rows else ((), (), ())
    for name, texts in zip(("key", "subject", "role"), named, strict=True):
        measured = measured.append_column(name, pa.array(texts, pa.string()))
    return measured.cast(SHAPES.arrow)


def measure_shapes(profiles: pa.Table, answer_seconds: float, policy: BehaviourPolicy) -> pa.Table:
    """Return the shape of every profile, one row for each, whatever its length."""
    turned = _find_turned(profiles, policy)
    heads = _read_heads(profiles, turned)
    out, back = read_sides(profiles, turned)
    traffic = _measure_traffic(profiles, turned, heads, answer_seconds)
    roles = assign_roles(out, back, traffic, policy)
    unasked = _read_side(profiles, "unasked", turned)[1]
    payload = _read(profiles, "payload_out") + _read(profiles, "payload_in")
    facts = {
        "protocol": _read(profiles, "protocol"),
        "unasked_in": unasked,
        "payload": payload,
        "silence": _read(profiles, "longest_silence") / SECOND_US,
        "lived": _subtract(profiles, "ended", "started"),
        "is_web": _read(profiles, "is_web"),
    }
    features = measure_features(roles, traffic, facts, policy)
    columns = {name: pa.array(one, from_pandas=True) for name, one in features.items()}
    columns |= _list_ends(profiles, turned)
    columns |= _count(profiles, heads, roles, traffic)
    return pa.table(
        [columns[one.name] if one.name in columns else profiles.column(one.name) for one in MEASURED],
        schema=pa.schema([SHAPES.arrow.field(one.name) for one in MEASURED]),
    )


def _name_events(measured: pa.Table, sessions: pa.Table, inside: pa.Table) -> list[tuple[str, str, str]]:
    """Return key, subject and role: those of the session that was read on the same connection if there is one."""
    names = ("site", "session", "key", "subject", "role")
    known = {(row[0], row[1]): (row[2], row[3], row[4]) for row in zip(*_list(sessions, names), strict=True)}
    ends = ("site", "session", "client_ip", "client_port", "server_ip", "server_port", "started")
    rows = zip(*_list(measured, ends), find_roles(measured, inside), strict=True)
    events = []
    for site, session, client, client_port, server, server_port, started, (role, _) in rows:
        key = f"{write_end(client, client_port)}>{write_end(server, server_port)}@{started}"
        events.append(known.get((site, session), (key, server if role == "server" else client, role)))
    return events


def _list(table: pa.Table, names: tuple[str, ...]) -> list[list[Any]]:
    return [table.column(name).to_pylist() for name in names]


def _read(profiles: pa.Table, name: str) -> Floats:
    values: Floats = pc.fill_null(pc.cast(profiles.column(name), pa.float64()), 0.0).to_numpy()
    return values


def _subtract(profiles: pa.Table, late: str, early: str) -> Floats:
    span = pc.subtract(profiles.column(late), profiles.column(early))
    seconds: Floats = pc.fill_null(span, 0).to_numpy().astype(np.float64) / SECOND_US
    return seconds


def _read_side(profiles: pa.Table, name: str, turned: Flags) -> tuple[Floats, Floats]:
    out, back = _read(profiles, f"{name}_out"), _read(profiles, f"{name}_in")
    return np.where(turned, back, out), np.where(turned, out, back)


def _find_turned(profiles: pa.Table, policy: BehaviourPolicy) -> Flags:
    """Return which connections, seen from their middle, have their sides exchanged: work comes from the server.

    Pushes are unasked for and unanswered; whoever sends more of them is the server.
    """
    joined = pc.fill_null(profiles.column("joined"), False).to_numpy(zero_copy_only=False)
    out, back = read_sides(profiles)
    answer: Flags = joined & (_weigh_pushes(out, policy) > _weigh_pushes(back, policy))
    return answer


def _weigh_pushes(sizes: Sizes, policy: BehaviourPolicy) -> Floats:
    weight = np.maximum(0.0, sizes["unasked"] - sizes["answered"])
    return sizes.sum_rows(np.where(sizes["bytes"] >= policy.min_push_bytes, weight, 0.0))


def _measure_traffic(profiles: pa.Table, turned: Flags, heads: Floats, answer_seconds: float) -> Traffic:
    seconds = np.maximum(_subtract(profiles, "ended", "profiled"), 1.0)
    out, back = _read_side(profiles, "messages", turned)
    return Traffic(
        seconds=seconds,
        unseen=np.maximum(0.0, _subtract(profiles, "profiled", "started")),
        messages_out=out,
        messages_in=back,
        other_out=_read_side(profiles, "other", turned)[0],
        chance_out=np.exp(-answer_seconds * out / seconds),
        greetings=_find_greetings(heads),
    )


def _read_heads(profiles: pa.Table, turned: Flags) -> Floats:
    """Return the sizes of the first messages, those of the server negative, 0 where there are none."""
    column = profiles.column("head")
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    of = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    heads = np.zeros((len(lengths), HEAD))
    kept = place < HEAD
    heads[of[kept], place[kept]] = pc.list_flatten(column).to_numpy()[kept]
    heads[turned] *= -1.0
    return heads


def _find_greetings(heads: Floats) -> Floats:
    """Return the sizes of the client's first messages, up to the second."""
    is_sent = heads > 0
    rank = np.cumsum(is_sent, axis=1)
    return np.stack([np.where(is_sent & (rank == number), heads, 0.0).max(1) for number in (1, 2)], axis=1)


def _list_ends(profiles: pa.Table, turned: Flags) -> dict[str, Any]:
    flags = pa.array(turned)
    columns: dict[str, Any] = {}
    for part in ("ip", "port"):
        client, server = profiles.column(f"client_{part}"), profiles.column(f"server_{part}")
        columns[f"client_{part}"] = pc.if_else(flags, server, client)
        columns[f"server_{part}"] = pc.if_else(flags, client, server)
    protocol = profiles.column("protocol")
    columns["transport"] = pc.case_when(
        pc.make_struct(
            profiles.column("is_tls"), pc.equal(protocol, 6), pc.equal(protocol, 17), pc.equal(protocol, 50)
        ),
        "tls", "tcp", "udp", "esp", "other",
    )  # fmt: skip
    return columns


def _count(profiles: pa.Table, heads: Floats, roles: Roles, traffic: Traffic) -> dict[str, Any]:
    """Return the columns on shares, frames, family and hash rate."""
    line = np.arange(profiles.num_rows)
    share = np.argmax(np.where(roles.is_share, roles.out.count, -1.0), axis=1)
    push = np.argmax(np.where(roles.is_push, roles.back.count, -1.0), axis=1)
    has_share, has_push = roles.shares_best > 0, roles.pushes > 0
    share_bytes = np.where(has_share, roles.out.main[line, share], np.nan)
    reply_bytes = np.where(has_share, roles.out.reply[line, share], np.nan)
    push_bytes = np.where(has_push, roles.back.main[line, push], np.nan)
    is_noise = (heads[:, 0] == INITIATOR_BYTES) & (heads[:, 1] == -RESPONDER_BYTES)
    frames = _count_frames(profiles, np.flatnonzero(is_noise))
    low, best, high = roles.shares_low.copy(), roles.shares_best.copy(), roles.shares_high.copy()
    for row, counts in frames.items():
        low[row], best[row], high[row] = (counts["shares"][end] for end in ("low", "best", "high"))
    is_tls = pc.fill_null(profiles.column("is_tls"), False).to_numpy(zero_copy_only=False)
    family = guess_families(share_bytes, reply_bytes, push_bytes, is_tls)
    family = np.where(is_noise, SECOND, family)
    least, most, algorithm = bound_rates(family, low, high, traffic.seconds + traffic.unseen)
    counts = pa.StructArray.from_arrays(
        [*(pa.array(one) for one in (low, best, high)), pa.array([SHARES] * len(line), pa.string())],
        names=["low", "best", "high", "unit"],
        mask=pa.array(best <= 0),
    )
    bounds = pa.StructArray.from_arrays(
        [
            pa.array(least, from_pandas=True), pa.nulls(len(line), pa.float64()), pa.array(most, from_pandas=True),
            pa.array(np.full(len(line), "H/s", dtype=object), pa.string()), pa.array(algorithm, pa.string()),
        ],
        names=["low", "best", "high", "unit", "algorithm"],
        mask=pa.array(~np.isfinite(most) | (best <= 0)),
    )  # fmt: skip
    return {
        "is_noise": pa.array(is_noise),
        "handshake": pa.array(is_noise.astype(np.float64)),
        "family_fit": pa.array(np.where(has_share & has_push, family != UNKNOWN, np.nan), from_pandas=True),
        "shares_from_sizes": counts,
        "share_bytes": pa.array(share_bytes, from_pandas=True),
        "reply_bytes": pa.array(reply_bytes, from_pandas=True),
        "frames": pa.array([frames.get(row) for row in range(len(line))], SHAPES.arrow.field("frames").type),
        "family": pa.array([name or None for name in family], pa.string()),
        "hash_rate_bounds": bounds,
    }


def _count_frames(profiles: pa.Table, rows: NDArray[np.intp]) -> dict[int, Mapping[str, Any]]:
    """Return the counts of encrypted Stratum V2, by the number of the row."""
    names = ("sizes_out", "sizes_in", "head", "other_out", "other_in")
    found = profiles.select(names).take(pa.array(rows)).to_pylist()
    answer: dict[int, Mapping[str, Any]] = {}
    for row, one in zip(rows, found, strict=True):
        counts = count_noise(
            one["sizes_out"] or [], one["sizes_in"] or [], one["head"] or [], one["other_out"], one["other_in"]
        )
        answer[int(row)] = {
            name: {"low": count.low, "best": count.best, "high": count.high, "unit": MESSAGES}
            for name, count in counts.items()
        }
    return answer
