"""Large captures of ordinary traffic for benchmarks: templates of flows, copied and patched by compiled code."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.simulate.bulk_loop import fill_buffer
from paicha.simulate.bystanders import build_bulk_flows
from paicha.simulate.frames import pack_address

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from paicha.simulate.conversations import Conversation

TEMPLATE_CLIENT, TEMPLATE_SERVER, TEMPLATE_PORT = "10.0.0.1", "100.64.0.1", 40000
"""What every template is made with, and what the copies replace."""

BUFFER_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class BulkCapture:
    """What was written: packets, flows begun, and bytes of the file."""

    packets: int
    flows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Templates:
    """All templates as arrays: bytes, and per packet its offset, length, direction and protocol."""

    data: NDArray[np.uint8]
    offset: NDArray[np.int64]
    length: NDArray[np.int32]
    is_out: NDArray[np.uint8]
    is_tcp: NDArray[np.uint8]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    loop_from: NDArray[np.int32]
    cycle_out: NDArray[np.uint32]
    cycle_in: NDArray[np.uint32]


def _arrange(flows: list[Conversation], *, is_endless: bool) -> _Templates:
    """Return the flows as arrays; endless ones begin again after their handshake with advanced numbers."""
    frames = [packet.data for flow in flows for packet in flow.packets]
    lengths = np.array([len(frame) for frame in frames], dtype=np.int32)
    counts = np.array([len(flow.packets) for flow in flows], dtype=np.int32)
    last = np.cumsum(counts).astype(np.int32)
    is_tcp = np.array([frame[23] == 6 for frame in frames], dtype=np.uint8)
    handshake = np.array([3 if flow.flow.protocol == "tcp" else 0 for flow in flows], dtype=np.int32)
    return _Templates(
        data=np.frombuffer(b"".join(frames), dtype=np.uint8).copy(),
        offset=np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64),
        length=lengths,
        is_out=np.array([frame[26:30] == pack_address(TEMPLATE_CLIENT) for frame in frames], dtype=np.uint8),
        is_tcp=is_tcp,
        first=(last - counts).astype(np.int32),
        last=last,
        loop_from=(last - counts + handshake if is_endless else np.full(len(flows), -1)).astype(np.int32),
        cycle_out=np.array([flow.flow.payload_out for flow in flows], dtype=np.uint32),
        cycle_in=np.array([flow.flow.payload_in for flow in flows], dtype=np.uint32),
    )


def write_bulk_pcap(
    path: Path,
    *,
    packets: int | None = None,
    bytes: int | None = None,  # noqa: A002 -- says what it bounds
    live_flows: int = 2000,
    seed: int = 1,
    packets_per_second: float = 200_000.0,
    burst: int = 3,
    is_few_flows: bool = False,
    start_us: int = 1_750_000_000_000_000,
) -> BulkCapture:
    """Return what was written to `path`: an ordinary Ethernet pcap of so many packets or bytes.

    A mix of TLS with server names, HTTP, DNS and QUIC-like flows, 32 flows per 1,000 packets and 500 bytes a packet
    on average; `live_flows` are open at any time, and where one ends another begins. With `is_few_flows` the same
    `live_flows` go on for ever. Checksums are right; a run is the same for the same seed.

    Raises:
        ValueError: neither packets nor bytes are given.
    """
    if packets is None and bytes is None:
        raise ValueError("write_bulk_pcap needs a number of packets or of bytes")
    rng = random.Random(seed)
    flows = build_bulk_flows(rng, TEMPLATE_CLIENT, TEMPLATE_PORT, TEMPLATE_SERVER, is_endless=is_few_flows)
    templates = _arrange(flows, is_endless=is_few_flows)
    state = _State(live_flows, seed)
    buffer = np.empty(BUFFER_BYTES, dtype=np.uint8)
    written, done, limit = 24, 0, packets if packets is not None else 1 << 62
    step_ns = int(1e9 / packets_per_second)
    with path.open("wb") as stream:
        stream.write(np.array([0xA1B2C3D4, 0x00040002, 0, 0, 262144, 1], dtype="<u4").tobytes())
        while done < limit and (bytes is None or written < bytes):
            room = BUFFER_BYTES if bytes is None else min(BUFFER_BYTES, max(bytes - written, 65536))
            used, count = fill_buffer(
                buffer, room, limit - done, state.numbers, state.slots, templates.data, templates.offset,
                templates.length, templates.is_out, templates.is_tcp, templates.first, templates.last,
                templates.loop_from, templates.cycle_out, templates.cycle_in, start_us * 1000, step_ns, burst,
            )  # fmt: skip
            stream.write(buffer[:used].data)
            written += used
            done += count
    return BulkCapture(done, int(state.numbers[2]), written)


class _State:
    """What goes on from one buffer to the next: counters, and one row per live flow."""

    def __init__(self, live_flows: int, seed: int) -> None:
        # random state, packets so far, flows begun, position in the order of slots
        self.numbers: NDArray[np.uint64] = np.array([seed * 2654435761 + 88172645463325252, 0, 0, 0], dtype=np.uint64)
        # template (or -1), packet, client, server, port, checksum difference, advance out, advance in
        self.slots: NDArray[Any] = np.full((live_flows, 8), -1, dtype=np.int64)
