"""The compiled inner loop of bulk captures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Callable


def compile_cached(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` compiled, from the cache where a place for one can be written."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:
        return njit()(function)


def _draw(numbers: Any) -> Any:
    state = numbers[0]
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    numbers[0] = state
    return state


def _fold(checksum: Any, change: Any) -> Any:
    """Return a checksum after its data's sum of 16-bit words grew by `change` (RFC 1624)."""
    total = (0xFFFF - checksum) + change % 0xFFFF
    total = (total & 0xFFFF) + (total >> 16)
    return 0xFFFF - total


def _put32(buffer: Any, at: Any, value: Any) -> None:
    buffer[at] = value >> 24 & 255
    buffer[at + 1] = value >> 16 & 255
    buffer[at + 2] = value >> 8 & 255
    buffer[at + 3] = value & 255


def _put32_little(buffer: Any, at: Any, value: Any) -> None:
    buffer[at] = value & 255
    buffer[at + 1] = value >> 8 & 255
    buffer[at + 2] = value >> 16 & 255
    buffer[at + 3] = value >> 24 & 255


def _get32(buffer: Any, at: Any) -> Any:
    return (
        np.int64(buffer[at]) << 24 | np.int64(buffer[at + 1]) << 16 | np.int64(buffer[at + 2]) << 8
        | np.int64(buffer[at + 3])
    )  # fmt: skip


def _advance(buffer: Any, at: Any, amount: Any) -> Any:
    """Add to the 32-bit number at `at`; return by how much the sum of its words grew."""
    before = _get32(buffer, at)
    after = (before + amount) & 0xFFFFFFFF
    _put32(buffer, at, after)
    return (after >> 16) + (after & 0xFFFF) - (before >> 16) - (before & 0xFFFF)


_draw = compile_cached(_draw)
_fold = compile_cached(_fold)
_put32 = compile_cached(_put32)
_put32_little = compile_cached(_put32_little)
_get32 = compile_cached(_get32)
_advance = compile_cached(_advance)


def _patch(buffer: Any, at: Any, slot: Any, is_out: Any, is_tcp: Any) -> None:
    """Give the frame at `at` the addresses, port and numbers of its flow, and right checksums."""
    client, server, port, change = slot[2], slot[3], slot[4], slot[5]
    ip, segment = at + 14, at + 34
    _put32(buffer, ip + 12, client if is_out else server)
    _put32(buffer, ip + 16, server if is_out else client)
    # the addresses are in the IP header's sum, the port is not
    host_change = change - (port - 40000)
    total = _fold(np.int64(buffer[ip + 10]) << 8 | np.int64(buffer[ip + 11]), host_change)
    buffer[ip + 10], buffer[ip + 11] = total >> 8, total & 255
    where = segment if is_out else segment + 2
    buffer[where], buffer[where + 1] = port >> 8, port & 255
    place = segment + 16 if is_tcp else segment + 6
    if is_tcp and (slot[6] or slot[7]):
        change += _advance(buffer, segment + 4, slot[6] if is_out else slot[7])
        change += _advance(buffer, segment + 8, slot[7] if is_out else slot[6])
    total = _fold(np.int64(buffer[place]) << 8 | np.int64(buffer[place + 1]), change)
    buffer[place], buffer[place + 1] = total >> 8, total & 255


def _begin(slot: Any, numbers: Any, first: Any) -> None:
    """Begin a new flow: a template, a client in 10/8, a server in 100.64/10 and a port."""
    template = np.int64(_draw(numbers) % np.uint64(len(first)))
    client = 0x0A000000 | np.int64(_draw(numbers) & np.uint64(0xFFFFF)) + 256
    server = 0x64400000 | np.int64(_draw(numbers) & np.uint64(0xFFFF)) + 256
    port = np.int64(20000) + np.int64(_draw(numbers) % np.uint64(40000))
    slot[0], slot[1], slot[2], slot[3], slot[4] = template, first[template], client, server, port
    # template addresses 10.0.0.1 and 100.64.0.1, port 40000
    new = (client >> 16) + (client & 0xFFFF) + (server >> 16) + (server & 0xFFFF) + port
    slot[5] = new - (0x0A00 + 1 + 0x6440 + 1 + 40000)
    slot[6], slot[7] = 0, 0
    numbers[2] += np.uint64(1)


_patch = compile_cached(_patch)
_begin = compile_cached(_begin)


def _fill(
    buffer: Any, room: int, limit: int, numbers: Any, slots: Any, data: Any, offset: Any, length: Any, is_out: Any,
    is_tcp: Any, first: Any, last: Any, loop_from: Any, cycle_out: Any, cycle_in: Any, start_ns: int, step_ns: int,
    burst: int,
) -> tuple[int, int]:  # fmt: skip
    """Fill `buffer` with pcap records from the live flows in turn; return the bytes and packets put in."""
    used: Any = 0
    count = 0
    live = len(slots)
    # a stride that shares no factor with the number of slots visits each once a round, neighbours far apart
    stride = 7919 if live % 7919 else 7907
    while count < limit:
        slot = slots[(np.int64(numbers[3]) * stride) % live]
        train = 1 if burst <= 1 else 1 + np.int64(_draw(numbers) % np.uint64(burst))
        for _ in range(train):
            if slot[0] < 0:
                _begin(slot, numbers, first)
            packet = slot[1]
            size = np.int64(length[packet])
            if used + size + 16 > room or count >= limit:
                return used, count
            now = start_ns // 1000 + np.int64(numbers[1]) * step_ns // 1000
            _put32_little(buffer, used, now // 1_000_000)
            _put32_little(buffer, used + 4, now % 1_000_000)
            _put32_little(buffer, used + 8, size)
            _put32_little(buffer, used + 12, size)
            used += 16
            begin = offset[packet]
            buffer[used : used + size] = data[begin : begin + size]
            _patch(buffer, used, slot, is_out[packet], is_tcp[packet])
            used += size
            count += 1
            numbers[1] += np.uint64(1)
            slot[1] += 1
            template = slot[0]
            if slot[1] >= last[template]:
                if loop_from[template] < 0:
                    slot[0] = -1
                    break
                slot[1] = loop_from[template]
                slot[6] = (slot[6] + np.int64(cycle_out[template])) & 0xFFFFFFFF
                slot[7] = (slot[7] + np.int64(cycle_in[template])) & 0xFFFFFFFF
        numbers[3] += np.uint64(1)
    return used, count


fill_buffer = compile_cached(_fill)
