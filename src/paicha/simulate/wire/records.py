"""Packets in columns as a pcap file, with payload or headers alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.simulate.bulk_loop import compile_cached

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from paicha.simulate.wire.columns import Connections, Packets

_CHUNK = 131_072
_FULL_RECORD = 16 + 14 + 20 + 40
_HEAD = np.array([0xA1B2C3D4, 0x00040002, 0, 0, 262144, 1], dtype="<u4")


def _put16(buffer: Any, at: Any, value: Any) -> None:
    buffer[at], buffer[at + 1] = value >> 8 & 255, value & 255


def _put32(buffer: Any, at: Any, value: Any) -> None:
    for place in range(4):
        buffer[at + place] = value >> (24 - 8 * place) & 255


def _put32_little(buffer: Any, at: Any, value: Any) -> None:
    for place in range(4):
        buffer[at + place] = value >> (8 * place) & 255


def _sum16(buffer: Any, at: Any, size: Any) -> Any:
    """Return the sum of the 16-bit words of a piece of the buffer, an odd last byte high."""
    total: Any = 0
    for place in range(at, at + size - 1, 2):
        total += np.int64(buffer[place]) << 8 | np.int64(buffer[place + 1])
    if size & 1:
        total += np.int64(buffer[at + size - 1]) << 8
    return total


def _fold(total: Any) -> Any:
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


_put16 = compile_cached(_put16)
_put32 = compile_cached(_put32)
_put32_little = compile_cached(_put32_little)
_sum16 = compile_cached(_sum16)
_fold = compile_cached(_fold)


def _write_tcp(buffer: Any, at: Any, flags: Any, seq: Any, ack: Any, head: Any, now: Any) -> None:
    """Write a TCP header behind its ports: numbers, flags, window and options."""
    _put32(buffer, at + 4, seq)
    _put32(buffer, at + 8, ack if flags & 16 else 0)
    buffer[at + 12], buffer[at + 13] = head // 4 << 4, flags
    _put16(buffer, at + 14, 64240 if flags & 2 else 501)
    _put32(buffer, at + 16, 0)
    if flags & 2:
        _put32(buffer, at + 20, 0x020405B4)
        at += 4
        head -= 4
    if head >= 32:
        _put32(buffer, at + 20, 0x0101080A)
        _put32(buffer, at + 24, now // 1000)
        _put32(buffer, at + 28, now // 1000 - 20)


_write_tcp = compile_cached(_write_tcp)


def _fill(
    buffer: Any, numbers: Any, times: Any, sides: Any, flags: Any, payload: Any, seq: Any, ack: Any, ends: Any,
    has_stamps: Any, protocol: Any, first_seq: Any, data: Any, starts: Any, mode: int,
) -> Any:  # fmt: skip
    """Fill `buffer` with the records of some packets; return the bytes used. Mode 1: with payload."""
    used: Any = 0
    for p in range(len(numbers)):
        c, side, size = numbers[p], sides[p], np.int64(payload[p])
        proto = protocol[c]
        head = 8 if proto == 17 else 0
        if proto == 6:
            head = 20 + (4 if flags[p] & 2 else 0) + (12 if has_stamps[c] else 0)
        total = 20 + head + size
        kept = 14 + (total if mode == 1 else 20 + (head if proto != 50 else 8))
        _put32_little(buffer, used, times[p] // 1_000_000)
        _put32_little(buffer, used + 4, times[p] % 1_000_000)
        _put32_little(buffer, used + 12, max(60, 14 + total))
        record = used
        used += 16
        buffer[used : used + max(60, kept)] = 0
        buffer[used], buffer[used + 5], buffer[used + 6], buffer[used + 11] = 2, 2 - side, 2, 1 + side
        buffer[used + 12] = 8
        ip, segment = used + 14, used + 34
        buffer[ip], buffer[ip + 8], buffer[ip + 9] = 0x45, 64 if side else 52, proto
        _put16(buffer, ip + 2, total)
        _put16(buffer, ip + 4, (seq[p] + times[p]) & 0xFFFF)
        _put16(buffer, ip + 6, 0x4000)
        _put32(buffer, ip + 12, ends[c, 0] if side else ends[c, 2])
        _put32(buffer, ip + 16, ends[c, 2] if side else ends[c, 0])
        _put16(buffer, ip + 10, _fold(_sum16(buffer, ip, 20)))
        if proto == 50:
            _put32(buffer, segment, 0x1000 + c)
        else:
            _put16(buffer, segment, ends[c, 1] if side else ends[c, 3])
            _put16(buffer, segment + 2, ends[c, 3] if side else ends[c, 1])
        if proto == 6:
            mine, other = first_seq[c, side], first_seq[c, 1 - side]
            _write_tcp(buffer, segment, flags[p], mine + seq[p], other + ack[p], head, times[p])
        elif proto == 17:
            _put16(buffer, segment + 4, 8 + size)
        if mode == 1:
            begin = starts[c, side] + (seq[p] - 1 if proto == 6 else seq[p])
            buffer[segment + head : segment + head + size] = data[begin : begin + size]
            if proto != 50:
                pseudo = _sum16(buffer, ip + 12, 8) + proto + head + size
                place = segment + (16 if proto == 6 else 6)
                _put16(buffer, place, _fold(pseudo + _sum16(buffer, segment, head + size)))
            kept = max(60, kept)
        _put32_little(buffer, record + 8, kept)
        used += kept
    return used


_fill = compile_cached(_fill)


def write_packets(
    path: Path,
    connections: Connections,
    packets: Packets,
    *,
    seed: int,
    payload: tuple[NDArray[np.uint8], NDArray[np.int64]] | None = None,
) -> int:
    """Return the bytes written to `path`: the packets as an Ethernet pcap, cut after the transport header.

    With `payload` (all bytes; and per connection where those of the server and those of the client begin) the packets
    are whole and their checksums right; without it transport checksums are 0, as there is nothing to sum.
    """
    ends = np.stack(
        (connections.client, connections.client_port, connections.server, connections.server_port), axis=1
    ).astype(np.int64)
    first_seq = np.random.default_rng(seed).integers(0, 1 << 32, (len(connections), 2))
    data, starts = payload if payload else (np.zeros(1, np.uint8), np.zeros((1, 2), np.int64))
    written = _HEAD.nbytes
    with path.open("wb") as stream:
        stream.write(_HEAD.tobytes())
        step = _CHUNK if payload is None else _CHUNK // 16
        buffer = np.empty(step * (_FULL_RECORD if payload is None else _FULL_RECORD + 1500), dtype=np.uint8)
        for low in range(0, len(packets), step):
            part = slice(low, low + step)
            used = _fill(
                buffer, packets.connection[part], packets.time_us[part], packets.to_server[part].astype(np.int64),
                packets.flags[part], packets.payload[part], packets.seq[part], packets.ack[part], ends,
                connections.has_timestamps, connections.protocol, first_seq, data, starts, int(payload is not None),
            )  # fmt: skip
            stream.write(buffer[:used].data)
            written += used
    return written
