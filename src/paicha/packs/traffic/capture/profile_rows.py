"""Profiles of connections as rows of the table PROFILES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from paicha.packs.traffic.capture.layout import SHOWED_TLS, SHOWED_WEB, SIX, TCP
from paicha.packs.traffic.capture.profile_layout import HEADLESS, QUARTER_US, QUARTERS, SIZES_KEPT, Pool
from paicha.packs.traffic.capture.texts import format_addresses
from paicha.packs.traffic.tables import PROFILES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_SIZES_KIND = PROFILES.arrow.field("sizes_out").type.value_type


def make_profile_rows(
    flows: NDArray[Any], pool: Pool, swap: NDArray[np.bool_], site: str, sessions: Sequence[str],
    sources: Sequence[Sequence[str]], is_open: NDArray[np.bool_],
) -> pa.RecordBatch:  # fmt: skip
    """Return one row of PROFILES per flow; `pool` holds its profile at the same place, `swap`: b is the client."""
    count = len(flows)
    profiles = pool.profiles
    is_six = (flows["protocol"] & SIX) != 0
    lacks_ports = flows["has_ports"] == 0
    is_tcp = (flows["protocol"] & 0xFF) == TCP

    def pick(one: str, other: str) -> NDArray[Any]:
        return np.where(swap, flows[other], flows[one])

    columns: dict[str, Any] = {
        "site": pa.repeat(site, count),
        "session": pa.array(sessions, pa.string()),
        "sources": pa.array(sources, pa.list_(pa.string())),
        "client_ip": format_addresses(pick("a_high", "b_high"), pick("a_low", "b_low"), is_six),
        "client_port": pa.array(pick("a_port", "b_port").astype(np.int32), mask=lacks_ports),
        "server_ip": format_addresses(pick("b_high", "a_high"), pick("b_low", "a_low"), is_six),
        "server_port": pa.array(pick("b_port", "a_port").astype(np.int32), mask=lacks_ports),
        "protocol": pa.array((flows["protocol"] & 0xFF).astype(np.int32)),
        "started": pa.array(profiles["started"]),
        "ended": pa.array(np.maximum(flows["a_last"], flows["b_last"])),
        "profiled": pa.array(profiles["first"]),
        "joined": pa.array(is_tcp & (flows["opened_by"] < 0)),
        "is_open": pa.array(is_open),
        "is_partial": pa.array(profiles["is_partial"] != 0),
        "is_tls": pa.array((flows["data_sides"] & SHOWED_TLS) != 0),
        "is_web": pa.array((flows["data_sides"] & SHOWED_WEB) != 0),
        "head": _make_heads(pool, swap),
        "longest_silence": pa.array(profiles["silence"]),
        "active": _make_active(pool),
    }
    for name, sides in (("out", swap.astype(np.int64)), ("in", 1 - swap.astype(np.int64))):
        packets = np.where(sides == 1, flows["b_packets"], flows["a_packets"]).astype(np.int64)
        octets = np.where(sides == 1, flows["b_bytes"], flows["a_bytes"])
        columns |= {f"{key}_{name}": column for key, column in _describe_side(pool, sides, packets, octets).items()}
    return pa.RecordBatch.from_pydict(columns)


def make_lists(values: pa.Array, counts: NDArray[Any]) -> pa.ListArray:
    """Return lists of so many successive values each."""
    offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _describe_side(
    pool: Pool, sides: NDArray[np.int64], packets: NDArray[np.int64], octets: NDArray[np.int64]
) -> dict[str, pa.Array]:
    """Return the columns of one way."""
    places = np.arange(len(sides))
    own = pool.sides[2 * places + sides]
    gaps = pool.gaps[places, 2 * sides].astype(np.int64) << pool.shifts[places, 2 * sides, None]
    free = pool.gaps[places, 2 * sides + 1].astype(np.int64) << pool.shifts[places, 2 * sides + 1, None]
    bins = np.full(len(sides), gaps.shape[1])
    return {
        "packets": pa.array(packets + own["packets_before"]),
        "bytes": pa.array(octets + own["bytes_before"]),
        "messages": pa.array(own["messages"].astype(np.int64)),
        "payload": pa.array(own["payload"]),
        "sizes": _make_sizes(pool, places, sides),
        "other": pa.array(own["other"].astype(np.int64)),
        "gap_counts": make_lists(pa.array(gaps.ravel()), bins),
        "answered": pa.array(own["answered"].astype(np.int64)),
        "unasked": pa.array(own["unasked"].astype(np.int64)),
        "unasked_gap_counts": make_lists(pa.array(free.ravel()), bins),
        "largest": pa.array(np.minimum(own["largest"], 0x7FFFFFFF).astype(np.int32)),
    }


def _make_sizes(pool: Pool, places: NDArray[np.int64], sides: NDArray[np.int64]) -> pa.ListArray:
    """Return the sizes of one side, the most frequent first."""
    which = sides[:, None] * SIZES_KEPT + np.arange(SIZES_KEPT)
    counts, sizes = pool.counts[places[:, None], which], pool.sizes[places[:, None], which]
    used = pool.sides[2 * places + sides]["used"].astype(np.int64)
    counted = np.where(np.arange(SIZES_KEPT) < used[:, None], counts["count"].astype(np.int64), -1)
    order = np.argsort(-counted, axis=1, kind="stable")
    is_used = np.arange(SIZES_KEPT) < used[:, None]
    flat = np.take_along_axis(counts, order, axis=1)[is_used]
    begin = np.broadcast_to(pool.profiles["first"][places][:, None], is_used.shape)[is_used]
    gaps = np.maximum(flat["count"].astype(np.int64) - 1, 0)
    total = (flat["last"].astype(np.float64) - flat["first"]) * 1e-3
    squares = flat["spread"].astype(np.float64) + total * total / np.maximum(gaps, 1)
    fields = {
        "bytes": np.take_along_axis(sizes, order, axis=1)[is_used].astype(np.int32),
        "count": flat["count"].astype(np.int64),
        "answered": flat["answered"].astype(np.int64),
        "reply": flat["reply"].astype(np.int32),
        "unasked": flat["unasked"].astype(np.int64),
        "gaps": gaps,
        "gap_sum": total,
        "gap_squares": squares,
        "first": begin + flat["first"].astype(np.int64) * 1000,
        "last": begin + flat["last"].astype(np.int64) * 1000,
    }
    names = [field.name for field in _SIZES_KIND]
    return make_lists(pa.StructArray.from_arrays([pa.array(fields[name]) for name in names], names), used)


def _make_heads(pool: Pool, swap: NDArray[np.bool_]) -> pa.ListArray:
    """Return the sizes of the first messages, those of the server negative; none where others are the first."""
    heads = pool.profiles["heads"]
    held = np.where(heads == HEADLESS, 0, heads).astype(np.int64)
    signed = np.where(swap[:, None], -pool.heads.astype(np.int32), pool.heads)
    return make_lists(pa.array(signed[np.arange(signed.shape[1]) < held[:, None]].astype(np.int32)), held)


def _make_active(pool: Pool) -> pa.ListArray:
    """Return the beginnings of the quarter-hours with messages."""
    newest = pool.profiles["quarter"]
    bits = np.unpackbits(pool.active.view(np.uint8), axis=1, bitorder="little").astype(np.bool_)
    rows, columns = np.nonzero(bits)
    quarters = newest[rows] - (newest[rows] - columns) % QUARTERS
    order = np.lexsort((quarters, rows))
    return make_lists(pa.array(quarters[order] * QUARTER_US), bits.sum(axis=1))
