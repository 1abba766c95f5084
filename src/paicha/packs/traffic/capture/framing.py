"""Records of pcap files (draft-ietf-opsawg-pcap), from a buffer to decoded packets."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import entry, inlined, int64
from paicha.packs.traffic.capture.decoding import COUNT, SCRATCH, SCRATCH_END, decode_frame
from paicha.packs.traffic.capture.layout import DATAGRAM_BYTES, PACKETS_PER_STEP
from paicha.packs.traffic.capture.links import read_16, read_32

MAXIMUM_FRAME = 262_144
"""No link carries more; libpcap refuses longer ones too."""

# places in the cursor of one input
AT, RECORDS, STATUS, SWAPPED, HEADER, UNIT, LENGTHS, LINK = range(8)
LAST_TIME, INTERFACES, SKIP, BAD_LINK, FIRST_BAD_LINK, BAD_LINK_TYPE, BAD_TIME, FIRST_BAD_TIME = range(8, 16)
BAD_PACKET, FIRST_BAD_PACKET, PAUSE, NEXT_TIME = range(16, 20)
CURSOR_PLACES = 20

# values of STATUS
MORE, FULL, TOO_LONG, BAD_BLOCK, PAUSED = range(5)
"""More bytes are needed; the step is full; a length no frame has; a block that contradicts itself;
the next packet is later than the pause, and waits for other inputs."""


@inlined
def read_short(data: Any, at: int, swapped: int) -> int:
    """Return the 16-bit number at `at`: little-endian, or big-endian where `swapped`."""
    if swapped:
        return read_16(data, at)
    return int64(data[at]) | (int64(data[at + 1]) << 8)  # type: ignore[no-any-return]


@inlined
def read_number(data: Any, at: int, swapped: int) -> int:
    """Return the 32-bit number at `at`: little-endian, or big-endian where `swapped`."""
    if swapped:
        return read_32(data, at)
    return read_short(data, at, 0) | (read_short(data, at + 2, 0) << 16)


@inlined
def has_room(state: Any) -> bool:
    """Return whether one more frame fits into the step."""
    return state[COUNT] < PACKETS_PER_STEP and state[SCRATCH_END] - state[SCRATCH] >= 2 * DATAGRAM_BYTES  # type: ignore[no-any-return]


@entry
def read_pcap(data: Any, end: int, cursor: Any, packets: Any, fragments: Any, state: Any) -> None:
    """Decode records of a pcap file from data[cursor[AT]:end] until the step is full or the bytes are used up."""
    at, swapped, header, unit, link = cursor[AT], cursor[SWAPPED], cursor[HEADER], cursor[UNIT], cursor[LINK]
    number = cursor[RECORDS]
    status = MORE
    while True:
        if not has_room(state):
            status = FULL
            break
        if at + header > end:
            break
        captured = read_number(data, at + 8, swapped)
        wire = read_number(data, at + 12, swapped)
        if cursor[LENGTHS] == 2 or (cursor[LENGTHS] == 1 and captured > wire):
            captured, wire = wire, captured
        if captured > MAXIMUM_FRAME:
            status = TOO_LONG
            break
        begin = at + header
        if begin + captured > end:
            break
        fraction = read_number(data, at + 4, swapped)
        time = read_number(data, at, swapped) * 1_000_000 + (fraction // 1000 if unit else fraction)
        if time > cursor[PAUSE]:
            cursor[NEXT_TIME] = time
            status = PAUSED
            break
        at = begin + captured
        number += 1
        cursor[LAST_TIME] = time
        decode_frame(data, begin, at, begin + min(wire, MAXIMUM_FRAME), link, time, number, packets, fragments, state)
    cursor[AT], cursor[RECORDS], cursor[STATUS] = at, number, status
