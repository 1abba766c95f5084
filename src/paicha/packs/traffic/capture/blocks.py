"""Blocks of pcapng files (draft-ietf-opsawg-pcapng), from a buffer to decoded packets."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, entry, folded, int64
from paicha.packs.traffic.capture.decoding import decode_frame
from paicha.packs.traffic.capture.framing import (
    AT,
    BAD_BLOCK,
    BAD_LINK,
    BAD_LINK_TYPE,
    BAD_PACKET,
    BAD_TIME,
    FIRST_BAD_LINK,
    FIRST_BAD_PACKET,
    FIRST_BAD_TIME,
    FULL,
    INTERFACES,
    LAST_TIME,
    MAXIMUM_FRAME,
    MORE,
    NEXT_TIME,
    PAUSE,
    PAUSED,
    RECORDS,
    SKIP,
    STATUS,
    SWAPPED,
    TOO_LONG,
    has_room,
    read_number,
    read_short,
)
from paicha.packs.traffic.capture.heads import LATEST_US
from paicha.packs.traffic.capture.links import SUPPORTED

MAXIMUM_INTERFACES = 4096
MAXIMUM_PACKET_BLOCK = 393_216
"""A frame of the greatest length with as much again in options."""

SECTION, INTERFACE, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET = 0x0A0D0D0A, 1, 2, 3, 6

# columns of the table of interfaces
INTERFACE_LINK, BASE, EXPONENT, OFFSET_SECONDS, SNAP = range(5)


@compiled
def add_interface(data: Any, at: int, end: int, cursor: Any, interfaces: Any) -> None:
    """Note the interface that the block data[at:end] describes: link type, resolution and offset of its times."""
    if cursor[INTERFACES] >= MAXIMUM_INTERFACES:
        return
    swapped = cursor[SWAPPED]
    row = interfaces[cursor[INTERFACES]]
    cursor[INTERFACES] += 1
    row[INTERFACE_LINK] = read_short(data, at + 8, swapped)
    row[SNAP] = read_number(data, at + 12, swapped)
    row[BASE], row[EXPONENT], row[OFFSET_SECONDS] = 10, 6, 0
    place = at + 16
    while place + 4 <= end - 4:
        code, size = read_short(data, place, swapped), read_short(data, place + 2, swapped)
        if code == 0 or place + 4 + size > end - 4:
            break
        if code == 9 and size >= 1:
            row[BASE], row[EXPONENT] = (2 if data[place + 4] & 0x80 else 10), data[place + 4] & 0x7F
        elif code == 14 and size >= 8:
            low, high = (4, 0) if swapped else (0, 4)
            seconds = read_number(data, place + 4 + low, swapped) | (read_number(data, place + 4 + high, swapped) << 32)
            row[OFFSET_SECONDS] = max(-LATEST_US // 1_000_000, min(LATEST_US // 1_000_000, seconds))
        place += 4 + ((size + 3) & ~3)


@compiled
def scale_time(high: int, low: int, row: Any) -> int:
    """Return the microseconds since 1970 that a timestamp of this interface stands for, or -1 where impossible."""
    ticks = (np.uint64(high) << np.uint64(32)) | np.uint64(low)
    base, exponent = row[BASE], row[EXPONENT]
    limit = np.uint64(LATEST_US)
    if base == 2:
        if exponent > 63:
            return -1
        shift = np.uint64(exponent)
        seconds = ticks >> shift
        part = ticks - (seconds << shift)
        if exponent > 43:  # keep the product below 2^64
            part >>= np.uint64(exponent - 43)
            shift = np.uint64(43)
        if seconds > limit // np.uint64(1_000_000):
            return -1
        time = int64(seconds) * 1_000_000 + int64((part * np.uint64(1_000_000)) >> shift)
    else:
        factor = np.uint64(1)
        if abs(exponent - 6) > 18:
            return -1
        for _ in range(abs(exponent - 6)):
            factor *= np.uint64(10)
        if exponent >= 6:
            ticks //= factor
        elif ticks > limit // factor:
            return -1
        else:
            ticks *= factor
        if ticks > limit:
            return -1
        time = int64(ticks)
    time += row[OFFSET_SECONDS] * 1_000_000
    return time if 0 <= time <= LATEST_US else -1


@compiled
def is_supported(link: int) -> bool:
    """Return whether frames of this link type can be decoded."""
    return link in SUPPORTED


@compiled
def count_bad(cursor: Any, count: int, first: int) -> None:
    """Count the packet as one that cannot be used, and note the first of its kind."""
    if cursor[count] == 0:
        cursor[first] = cursor[RECORDS]
    cursor[count] += 1


@folded
def read_packet_block(
    data: Any, at: int, end: int, kind: int, cursor: Any, interfaces: Any, packets: Any, fragments: Any, state: Any
) -> bool:
    """Decode the packet in the block data[at:end], or count it as bad; return False where it has to wait."""
    swapped = cursor[SWAPPED]
    cursor[RECORDS] += 1
    high, low, which = 0, 0, 0
    begin = at + 28
    if kind == SIMPLE_PACKET:
        begin = at + 12
        wire = read_number(data, at + 8, swapped)
        captured = min(wire, end - 4 - begin)
        if cursor[INTERFACES] and interfaces[0, SNAP]:
            captured = min(captured, interfaces[0, SNAP])
    elif begin <= end - 4:
        which = read_number(data, at + 8, swapped) if kind == ENHANCED_PACKET else read_short(data, at + 8, swapped)
        high, low = read_number(data, at + 12, swapped), read_number(data, at + 16, swapped)
        captured, wire = read_number(data, at + 20, swapped), read_number(data, at + 24, swapped)
    else:
        captured = wire = 0
    if captured > end - 4 - begin or which >= cursor[INTERFACES] or captured > MAXIMUM_FRAME:
        count_bad(cursor, BAD_PACKET, FIRST_BAD_PACKET)
        return True
    link = interfaces[which, INTERFACE_LINK]
    if not is_supported(link):
        if cursor[BAD_LINK] == 0:
            cursor[BAD_LINK_TYPE] = link
        count_bad(cursor, BAD_LINK, FIRST_BAD_LINK)
        return True
    time = cursor[LAST_TIME] if kind == SIMPLE_PACKET else scale_time(high, low, interfaces[which])
    if time < 0:
        count_bad(cursor, BAD_TIME, FIRST_BAD_TIME)
        return True
    if time > cursor[PAUSE]:
        cursor[RECORDS] -= 1
        cursor[NEXT_TIME] = time
        return False
    cursor[LAST_TIME] = time
    stop = begin + min(wire, MAXIMUM_FRAME)
    decode_frame(data, begin, begin + captured, stop, link, time, cursor[RECORDS], packets, fragments, state)
    return True


@entry
def read_blocks(data: Any, end: int, cursor: Any, interfaces: Any, packets: Any, fragments: Any, state: Any) -> None:
    """Decode blocks of a pcapng file from data[cursor[AT]:end] until the step is full or the bytes are used up."""
    status = MORE
    while True:
        skipped = min(cursor[SKIP], end - cursor[AT])
        cursor[AT] += skipped
        cursor[SKIP] -= skipped
        at = cursor[AT]
        if not has_room(state):
            status = FULL
            break
        if at + 12 > end:
            break
        kind = read_number(data, at, cursor[SWAPPED])
        if kind == SECTION:
            little = read_number(data, at + 8, 0) == 0x1A2B3C4D
            if not little and read_number(data, at + 8, 1) != 0x1A2B3C4D:
                status = BAD_BLOCK
                break
            cursor[SWAPPED] = 0 if little else 1
            cursor[INTERFACES] = 0
        length = read_number(data, at + 4, cursor[SWAPPED])
        if length < 12 or length & 3:
            status = BAD_BLOCK
            break
        is_packet = kind in (OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET)
        if not is_packet and kind != INTERFACE:
            cursor[SKIP] = length
            continue
        if length > MAXIMUM_PACKET_BLOCK or length < (16 if kind == SIMPLE_PACKET else 20):
            status = TOO_LONG
            break
        if at + length > end:
            break
        if kind == INTERFACE:
            add_interface(data, at, at + length, cursor, interfaces)
        elif not read_packet_block(data, at, at + length, kind, cursor, interfaces, packets, fragments, state):
            status = PAUSED
            break
        cursor[AT] = at + length
    cursor[STATUS] = status
