"""A capture of many live flows, some of them quiet and long: headers of TCP packets, built as one array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

RECORD = np.dtype(
    [
        ("seconds", "<u4"), ("micros", "<u4"), ("captured", "<u4"), ("wire", "<u4"), ("macs", "V12"), ("kind", ">u2"),
        ("version", "u1"), ("service", "u1"), ("total", ">u2"), ("identity", ">u4"), ("lifetime", "u1"),
        ("protocol", "u1"), ("sum", ">u2"), ("source", ">u4"), ("target", ">u4"), ("source_port", ">u2"),
        ("target_port", ">u2"), ("sequence", ">u4"), ("acknowledged", ">u4"), ("offset", "u1"), ("flags", "u1"),
        ("window", ">u2"), ("check", ">u2"), ("urgent", ">u2"),
    ]
)  # fmt: skip
"""A pcap record with the first 54 bytes of an Ethernet frame."""

HEADER = np.array([0xA1B2C3D4, 0x00040002, 0, 0, 262_144, 1], "<u4")
START_S, ROUND_S = 1_700_000_000, 12
PUSHED = 0x18
BATCH = 65_536


def write_quiet_pcap(path: Path, live_flows: int, quiet_flows: int, rounds: int = 16) -> int:
    """Write two packets with payload of every flow, and `rounds` of each quiet one; return the number of packets.

    The quiet ones have asked and answered 233 and 63 bytes every twelve seconds; none ever ends.
    """
    packets = 0
    with path.open("wb") as stream:
        stream.write(HEADER.tobytes())
        for turn in range(rounds):
            count = live_flows if turn == 0 else quiet_flows
            for begin in range(0, count, BATCH):
                numbers = np.arange(begin, min(begin + BATCH, count))
                for is_back in (False, True):
                    made = _make_records(numbers, turn, count, is_back=is_back)
                    stream.write(made.tobytes())
                    packets += len(made)
    return packets


def _make_records(numbers: NDArray[np.int64], turn: int, count: int, *, is_back: bool) -> NDArray[np.void]:
    records = np.zeros(len(numbers), RECORD)
    size = 63 if is_back else 233
    micros = numbers * (ROUND_S * 1_000_000 - 100_000) // count + 50_000 * is_back
    records["seconds"], records["micros"] = START_S + turn * ROUND_S + micros // 1_000_000, micros % 1_000_000
    records["captured"], records["wire"], records["kind"] = 54, 54 + size, 0x0800
    records["version"], records["total"], records["protocol"] = 0x45, 40 + size, 6
    client, server = 0x0A00_0000 + numbers // 16, 0x6440_0000 + numbers % 4096
    port = 40_000 + numbers % 16
    records["source"], records["target"] = (server, client) if is_back else (client, server)
    records["source_port"], records["target_port"] = (443, port) if is_back else (port, 443)
    records["sequence"] = 1 + turn * size
    records["offset"], records["flags"] = 0x50, PUSHED
    return records
