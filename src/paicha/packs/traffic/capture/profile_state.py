"""Profiles of connections that go on, between the runs of a site: as arrays, and as text in the reader's state."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.packs.traffic.capture.compiling import entry
from paicha.packs.traffic.capture.flow_table import add_flow
from paicha.packs.traffic.capture.internet import hash_packet
from paicha.packs.traffic.capture.layout import (
    FIN,
    FLOW,
    HIGH_WATER,
    IDLE_US,
    MIN_PROFILE_US,
    PACKET,
    PROFILE_HIGH,
    RST,
    SEED,
    SESSION_IDLE_US,
    TCP,
)
from paicha.packs.traffic.capture.profile_collect import collect_profiles, restore_profiles
from paicha.packs.traffic.capture.profile_layout import PROFILE, SIDE, SIZE, Pool, make_pool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from paicha.packs.traffic.capture.layout import Tables

LAYOUT = hashlib.sha256(
    repr([FLOW, PROFILE, SIDE, SIZE, *((a.dtype, a.shape) for a in make_pool(1))]).encode()
).hexdigest()[:16]
"""Of another layout nothing can be taken up."""


PACKED_TOGETHER = 1024
"""Profiles that are packed together: few enough for their copies to weigh little beside the tables."""


@dataclass(frozen=True, slots=True)
class KeptProfiles:
    """Flows that were open, their profiles at the same places, and the keys of the inputs that showed each."""

    flows: NDArray[Any]
    pool: Pool
    sources: tuple[tuple[str, ...], ...]


def is_ended(flows: NDArray[Any], newest: int, meta: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return for each flow whether it was closed, or was silent for too long at the end of the inputs."""
    last = np.maximum(flows["a_last"], flows["b_last"])
    is_long = (flows["was_resumed"] != 0) | (last - flows["started"] >= meta[MIN_PROFILE_US])
    patience = np.where(is_long, meta[SESSION_IDLE_US], meta[IDLE_US])
    flags = flows["a_flags"] | flows["b_flags"]
    is_closed = ((flags & RST) != 0) | ((flows["a_flags"] & flows["b_flags"] & FIN) != 0)
    result: NDArray[np.bool_] = is_closed | (newest - last > patience)
    return result


def find_open(tables: Tables, newest: int, limit: int) -> NDArray[np.int64]:
    """Return the slots of flows whose messages go on being counted in the next run: the longest lived, so many."""
    flows = tables.flows[: tables.meta[HIGH_WATER]]
    has_some = (flows["is_live"] != 0) & ((flows["profile"] > 0) | (flows["profile"] < -1))
    slots = np.flatnonzero(has_some)
    chosen = flows[slots]
    lived = np.maximum(chosen["a_last"], chosen["b_last"]) - chosen["started"]
    is_worth = ((chosen["protocol"] & 0xFF) == TCP) | (chosen["was_resumed"] != 0)
    is_worth |= lived >= tables.meta[MIN_PROFILE_US]
    slots, lived = slots[keep := is_worth & ~is_ended(chosen, newest, tables.meta)], lived[keep]
    longest: NDArray[np.int64] = slots[np.argsort(-lived, kind="stable")[:limit]]
    return longest


def keep_profiles(tables: Tables, slots: NDArray[np.int64]) -> tuple[NDArray[Any], Pool]:
    """Return copies of the flows at `slots` and of their profiles, all packets so far counted in these."""
    pool = make_pool(len(slots))
    collect_profiles(tables, tables.flows, slots, pool, False)
    flows = tables.flows[slots]
    for side, name in enumerate("ab"):
        pool.sides["packets_before"][side::2] += flows[f"{name}_packets"]
        pool.sides["bytes_before"][side::2] += flows[f"{name}_bytes"]
    return flows, pool


def pack_profiles(kept: KeptProfiles) -> dict[str, Any]:
    """Return profiles as what JSON can hold."""
    packer = zlib.compressobj(1)
    parts = [packer.compress(np.ascontiguousarray(each).tobytes()) for each in (kept.flows, *kept.pool)]
    keys = {key: number for number, key in enumerate(dict.fromkeys(key for keys in kept.sources for key in keys))}
    return {
        "layout": LAYOUT,
        "count": len(kept.flows),
        "arrays": base64.b64encode(b"".join((*parts, packer.flush()))).decode(),
        "keys": list(keys),
        "sources": [[keys[key] for key in one] for one in kept.sources],
    }


def unpack_profiles(held: Mapping[str, Any]) -> KeptProfiles:
    """Return what `pack_profiles` wrote.

    Raises:
        ValueError, KeyError, TypeError, IndexError: it is damaged or of another layout.
    """
    count = int(held["count"])
    if held["layout"] != LAYOUT or not 1 <= count <= PACKED_TOGETHER:
        raise ValueError("profiles of another layout")
    size = count * (FLOW.itemsize + sum(each.nbytes for each in make_pool(1)))
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(held["arrays"], validate=True), size)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if len(data) != size or len(held["sources"]) != count:
        raise ValueError("profiles cut short")
    at, arrays = count * FLOW.itemsize, []
    for each in make_pool(1):
        part = np.frombuffer(data, each.dtype, count * each.size, at)
        arrays.append(part.reshape(len(each) * count, *each.shape[1:]).copy())
        at += part.nbytes
    keys = [str(key) for key in held["keys"]]
    sources = tuple(tuple(keys[int(number)] for number in one) for one in held["sources"])
    return KeptProfiles(np.frombuffer(data, FLOW, count).copy(), Pool(*arrays), sources)


@entry
def resume_quiet(tables: Any, flows: Any, packets: Any, slots: Any) -> None:
    """Add flows that an earlier run left open where no slot is known yet, as if each had its first packet."""
    for number in range(len(flows)):
        if slots[number] >= 0:
            continue
        kept, packet = flows[number], packets[0]
        packet.from_high, packet.from_low, packet.to_high, packet.to_low = (
            kept.a_high,
            kept.a_low,
            kept.b_high,
            kept.b_low,
        )
        packet.from_port, packet.to_port, packet.protocol = kept.a_port, kept.b_port, kept.protocol
        packet.has_ports, packet.time = kept.has_ports, kept.started
        packet.hash = hash_packet(packet, tables.meta[SEED])
        slot = add_flow(tables, packet)
        flow = tables.flows[slot]
        flow.number, flow.screen, flow.naming = kept.number, kept.screen, kept.naming
        flow.opened_by, flow.a_flags, flow.b_flags = kept.opened_by, kept.a_flags, kept.b_flags
        flow.a_last, flow.b_last = kept.a_last, kept.b_last
        flow.a_source = flow.b_source = 0xFFFF
        flow.was_resumed = 1
        slots[number] = slot


def resume_profiles(
    tables: Tables, packed: Iterable[Mapping[str, Any]], slots: Mapping[int, int]
) -> dict[int, tuple[str, ...]]:
    """Put what an earlier run kept into empty tables; return the keys of its inputs by the flows' numbers.

    `slots` are those of flows resumed already, by their numbers. What there is no room for is left out.
    """
    sources: dict[int, tuple[str, ...]] = {}
    for held in packed:
        kept = unpack_profiles(held)
        begin = int(tables.meta[PROFILE_HIGH])
        if begin + len(kept.flows) > len(tables.pool.profiles):
            break
        numbers = kept.flows["number"].tolist()
        places = np.array([slots.get(number, -1) for number in numbers], np.int64)
        resume_quiet(tables, kept.flows, np.zeros(1, PACKET), places)
        restore_profiles(tables, kept.pool, places, begin)
        tables.flows["data_sides"][places] = kept.flows["data_sides"]
        tables.meta[PROFILE_HIGH] = begin + len(places)
        sources |= zip(numbers, kept.sources, strict=True)
    return sources
