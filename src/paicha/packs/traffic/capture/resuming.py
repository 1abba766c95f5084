"""What the capture room keeps between runs of a site: the number of flows, and the connections still open."""

from __future__ import annotations

import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.packs.traffic.capture.compiling import entry
from paicha.packs.traffic.capture.flow_table import add_flow
from paicha.packs.traffic.capture.internet import hash_packet
from paicha.packs.traffic.capture.layout import CANDIDATE, PACKET, SEED, SIX, TCP, Tables
from paicha.packs.traffic.capture.profile_state import unpack_profiles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paicha.packs.traffic.segments import Connection

OVERLAP_US = 2_000_000
"""How far a rotated file may reach back into the one before."""

FIELDS = ("number", "a_last", "b_last", "a_flags", "b_flags", "opened_by")


@dataclass(frozen=True, slots=True)
class Memory:
    """The state of a site: the next flow's number, the tracker's own state, open flows, its last time, profiles."""

    flow_serial: int = 0
    tracker: bytes | None = None
    flows: tuple[dict[str, int], ...] = ()
    newest: int = 0
    profiles: tuple[dict[str, Any], ...] = ()

    def before(self, begin: int) -> Memory:
        """Return what a stream that begins at `begin` may take up: nothing of a time later than that.

        Files read again, or an older day read after a younger one, begin anew; rotated files may overlap a little.
        """
        return self if begin >= self.newest - OVERLAP_US else Memory(self.flow_serial)


def read_memory(state: bytes | None) -> Memory:
    """Return what an earlier run left; empty where there was none or it cannot be understood."""
    if state is None:
        return Memory()
    try:
        held = json.loads(state)
        flows = tuple({field: int(flow[field]) for field in FIELDS} for flow in held["flows"])
        profiles = tuple(held.get("profiles", ()))
        for packed in profiles:
            unpack_profiles(packed)
        return Memory(
            int(held["flow_serial"]),
            str(held["tracker"]).encode(),
            flows,
            int(held["newest"]),
            profiles,
        )
    except (ValueError, KeyError, TypeError, IndexError):
        return Memory()


def write_memory(memory: Memory) -> bytes:
    """Return the state as JSON."""
    tracker = (memory.tracker or b"").decode()
    content = {
        "flow_serial": memory.flow_serial,
        "tracker": tracker,
        "flows": memory.flows,
        "newest": memory.newest,
        "profiles": memory.profiles,
    }
    return json.dumps(content).encode()


def describe_flow(flow: Any) -> dict[str, int]:
    """Return what is kept of an open flow."""
    return {field: int(flow[field]) for field in FIELDS}


@entry
def resume_flow(tables: Any, packets: Any, seed: int) -> int:
    """Add the flow between the ends of packets[0], as if that were its first packet; return its slot."""
    packets[0].hash = hash_packet(packets[0], seed)
    slot = add_flow(tables, packets[0])
    tables.flows[slot].screen = CANDIDATE
    tables.flows[slot].was_resumed = 1
    return slot


def resume_flows(tables: Tables, connections: Iterable[Connection], memory: Memory) -> dict[int, int]:
    """Put the connections that an earlier run left open into the table; return slots by flow number."""
    kept = {flow["number"]: flow for flow in memory.flows}
    slots: dict[int, int] = {}
    packets = np.zeros(1, PACKET)
    for connection in connections:
        packet = packets[0]
        a, b = ip_address(connection.a_ip), ip_address(connection.b_ip)
        packet["from_high"], packet["from_low"] = divmod(int(a), 1 << 64)
        packet["to_high"], packet["to_low"] = divmod(int(b), 1 << 64)
        packet["from_port"], packet["to_port"] = connection.a_port, connection.b_port
        packet["protocol"] = TCP | (SIX if a.version == 6 else 0)
        packet["has_ports"] = 1
        packet["time"] = connection.started
        slot = int(resume_flow(tables, packets, int(tables.meta[SEED])))
        flow = tables.flows[slot]
        for field, value in kept.get(connection.flow, {}).items():
            flow[field] = value
        flow["number"] = connection.flow
        flow["a_source"] = flow["b_source"] = 0xFFFF
        slots[connection.flow] = slot
    return slots
