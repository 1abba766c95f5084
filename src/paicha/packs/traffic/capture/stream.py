"""All captures of a site as one stream of packets: followed as flows, handed to the tracker and the sink."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from paicha.packs.traffic.capture.decoding import COUNT, DECODING_PLACES, SCRATCH, SCRATCH_END, SEED, release_fragments
from paicha.packs.traffic.capture.flow_table import drain_flows, sweep_flows
from paicha.packs.traffic.capture.following import follow_packets
from paicha.packs.traffic.capture.handover import Handover
from paicha.packs.traffic.capture.inputs import NOISE_BYTES, SCRATCH_BYTES
from paicha.packs.traffic.capture.layout import (
    CANDIDATE,
    ENDED,
    FIN,
    HIGH_WATER,
    IDLE_US,
    LOST_PROFILES,
    NAMES,
    NEXT_NUMBER,
    PACKET,
    PACKETS_PER_STEP,
    RST,
    SESSION_IDLE_US,
    SOURCE,
    SOURCE_MARKS,
    SPARE_PACKETS,
    make_fragments,
    make_tables,
)
from paicha.packs.traffic.capture.name_table import empty_window
from paicha.packs.traffic.capture.profile_layout import give_back
from paicha.packs.traffic.capture.profile_state import (
    PACKED_TOGETHER,
    KeptProfiles,
    find_open,
    keep_profiles,
    pack_profiles,
    resume_profiles,
)
from paicha.packs.traffic.capture.profile_writing import ProfileWriter
from paicha.packs.traffic.capture.resuming import Memory, describe_flow, resume_flows
from paicha.packs.traffic.capture.rows import make_flow_rows, make_name_rows
from paicha.packs.traffic.tables import FLOWS, MINING_SESSIONS
from paicha.packs.traffic.tables import NAMES as NAMES_TABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.kernel.reader import Sink
    from paicha.packs.traffic.capture.handover import Follower
    from paicha.packs.traffic.capture.inputs import Input
    from paicha.packs.traffic.policy import TrafficPolicy

SWEEPS_PER_PATIENCE = 8
SWEPT_PER_PACKET = 8
"""How often idle flows are looked for, and how much of the table is passed per packet at most."""


class Stream:
    """The flows of one site, from the first packet of its inputs to the last."""

    def __init__(
        self, site: str, keys: tuple[str, ...], sink: Sink, policy: TrafficPolicy, tracker: Follower, memory: Memory
    ) -> None:
        self.seed = secrets.randbits(62)
        self._site = site
        self._keys = keys
        self._max_profiles = policy.profiles.max_profiles
        self._sink = sink
        self._tables = make_tables(policy, self.seed)
        self._fragments = make_fragments()
        self._packets = np.zeros(PACKETS_PER_STEP + SPARE_PACKETS, PACKET)
        self._profiles = ProfileWriter(site, keys, sink, self._tables, policy.profiles)
        meta = self._tables.meta
        slots = resume_flows(self._tables, tracker.resume(), memory)
        self._profiles.earlier = resume_profiles(self._tables, memory.profiles, slots)
        meta[NEXT_NUMBER] = memory.flow_serial
        self._handover = Handover(tracker, self._tables, keys, slots)
        self._sweep_at = 0
        self._swept = 0
        self._newest = 0

    def step(self, capture: Input, pause: int) -> bool:
        """Follow the next packets of one input that are not later than `pause`; return whether there were any."""
        count = capture.decode(self._packets, self._fragments, pause)
        self._tables.meta[SOURCE] = capture.index
        self._follow(capture.data, count)
        if capture.uses_scratch:
            self.feed(capture.data)
            capture.reset_scratch()
        if count:
            self._sweep(capture.data, count)
        return count > 0

    def mark(self, capture: Input, *, is_open: bool) -> None:
        """Note that an input begins or ends to be read."""
        self._tables.reading[capture.index % SOURCE_MARKS] = is_open

    def feed(self, data: NDArray[np.uint8]) -> None:
        """Hand over all segments that point into `data`."""
        self._handover.feed(data, len(data) - NOISE_BYTES)

    def finish(self) -> Memory:
        """Write what is still live, and return what the next run of the site may take up."""
        data = np.zeros(SCRATCH_BYTES + NOISE_BYTES, np.uint8)
        state = np.zeros(DECODING_PLACES, np.int64)
        state[SEED] = self.seed
        while True:
            state[COUNT], state[SCRATCH], state[SCRATCH_END] = 0, 0, SCRATCH_BYTES
            release_fragments(data, self._packets, self._fragments, state)
            if not state[COUNT]:
                break
            self._follow(data, int(state[COUNT]))
            self.feed(data)
        self._drain(data)
        kept = self._keep_open()
        profiles = self._keep_profiles()
        self._profiles.end(self._newest, [flow["number"] for flow in kept])
        slot = 0
        while slot < self._tables.meta[HIGH_WATER]:
            slot = drain_flows(self._tables, slot)
            self._drain(data)
            give_back(self._tables.flows, slot)  # while their rows are held elsewhere
        self._write_names()
        tracker = self._handover.tracker
        rows = [*tracker.take_rows(), *tracker.finish(keep_open=True)]
        self._write_sessions(rows)
        self._profiles.finish(rows)
        return Memory(int(self._tables.meta[NEXT_NUMBER]), tracker.save(), kept, self._newest, profiles)

    @property
    def profiles_lost(self) -> int:
        """How often a connection's messages could not be counted for lack of room."""
        return int(self._tables.meta[LOST_PROFILES])

    def _follow(self, data: NDArray[np.uint8], count: int) -> None:
        at = 0
        while at < count:
            at = follow_packets(data, self._packets, at, count, self._tables)
            if at < count:
                self._drain(data)

    def _drain(self, data: NDArray[np.uint8]) -> None:
        """Empty everything the loop writes to."""
        meta = self._tables.meta
        self.feed(data)
        self._profiles.push()
        ended = self._tables.ended[: meta[ENDED]]
        if len(ended):
            rows = self._handover.tracker.take_rows() if self._handover.close(ended) else []
            self._write_sessions(rows)
            self._profiles.learn(rows)
            self._profiles.write(ended)
            self._sink.write(FLOWS.name, make_flow_rows(ended, self._site, self._keys))
            meta[ENDED] = 0
        if meta[NAMES] * 2 > len(self._tables.window.rows):
            self._write_names()

    def _write_names(self) -> None:
        if self._tables.meta[NAMES]:
            self._sink.write(NAMES_TABLE.name, make_name_rows(self._tables.window, self._site, self._keys))
            empty_window(self._tables.window)

    def _write_sessions(self, rows: list[dict[str, object]]) -> None:
        if rows:
            self._sink.write(MINING_SESSIONS.name, pa.Table.from_pylist(rows, schema=MINING_SESSIONS.arrow))

    def _sweep(self, data: NDArray[np.uint8], count: int) -> None:
        """Look for idle flows, a part of the table at a time; one absurd time among the packets starts nothing."""
        meta = self._tables.meta
        now = int(min(self._packets["time"][0], self._packets["time"][count - 1]))
        self._newest = max(self._newest, now)
        if self._sweep_at >= meta[HIGH_WATER]:
            if abs(now - self._swept) < meta[IDLE_US] // SWEEPS_PER_PATIENCE:
                return
            self._sweep_at, self._swept = 0, now
        stop = self._sweep_at + SWEPT_PER_PACKET * (count + 512)
        while self._sweep_at < min(stop, int(meta[HIGH_WATER])):
            self._sweep_at = sweep_flows(self._tables, self._sweep_at, stop - self._sweep_at, now)
            if meta[ENDED] * 2 > len(self._tables.ended):
                self._drain(data)

    def _keep_open(self) -> tuple[dict[str, int], ...]:
        """Return what is kept of the connections that simply go on; they are not closed with the rest."""
        flows: Any = self._tables.flows
        kept = []
        for number, slot in list(self._handover.slots.items()):
            flow = flows[slot]
            flags = int(flow["a_flags"]) | int(flow["b_flags"])
            is_closed = flags & RST or int(flow["a_flags"]) & int(flow["b_flags"]) & FIN
            is_idle = self._newest - max(int(flow["a_last"]), int(flow["b_last"])) > self._tables.meta[SESSION_IDLE_US]
            is_followed = flow["is_live"] and flow["number"] == number and flow["screen"] == CANDIDATE
            if is_followed and not is_closed and not is_idle:
                kept.append(describe_flow(flow))
                del self._handover.slots[number]
        return tuple(kept)

    def _keep_profiles(self) -> tuple[dict[str, Any], ...]:
        """Return the profiles of connections that simply go on, packed."""
        slots = find_open(self._tables, self._newest, self._max_profiles)
        packed = []
        for begin in range(0, len(slots), PACKED_TOGETHER):
            flows, pool = keep_profiles(self._tables, slots[begin : begin + PACKED_TOGETHER])
            packed.append(pack_profiles(KeptProfiles(flows, pool, self._profiles.list_sources(flows, pool))))
        return tuple(packed)
