"""What the capture room hands to the stratum room: TCP packets of connections that may speak a mining protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Connection:
    """A TCP connection of which segments follow; endpoint `a` sent the first packet that was seen.

    `flow` is its number, unique within a site over all runs. `opened_by` is 0 where `a` sent the SYN, 1 where `b` did
    (its SYN-ACK was seen first), -1 where the capture joined later. `bytes_a` and `bytes_b` are the IP bytes that each
    side had sent before the first segment handed over, `started` the time of its first packet in us.
    """

    flow: int
    a_ip: str
    a_port: int
    b_ip: str
    b_port: int
    opened_by: int
    started: int
    bytes_a: int
    bytes_b: int


@dataclass(frozen=True, slots=True)
class Segments:
    """Packets of candidate connections in capture order, one array element per packet (struct of arrays).

    Packets without payload are among them (length 0), so that bytes and times can be counted.
    """

    flow: NDArray[np.int64]
    side: NDArray[np.uint8]
    """0: sent by endpoint a; 1: by endpoint b."""
    time: NDArray[np.int64]
    """UTC microseconds."""
    sequence: NDArray[np.uint32]
    """TCP sequence number of the first payload byte (of the SYN itself for a SYN)."""
    flags: NDArray[np.uint8]
    """TCP flags: FIN 1, SYN 2, RST 4, PSH 8, ACK 16."""
    ip_bytes: NDArray[np.int32]
    """Length of the IP datagram on the wire."""
    packet: NDArray[np.int64]
    """Number of the packet in its input, from 1."""
    source: NDArray[np.int32]
    """Index of the input in `sources`."""
    start: NDArray[np.int64]
    length: NDArray[np.int32]
    """Captured payload: data[start : start + length]."""
    missing: NDArray[np.int32]
    """Payload bytes on the wire that the capture cut off."""
    data: NDArray[np.uint8]
    sources: tuple[str, ...]
    """Keys of the inputs."""
