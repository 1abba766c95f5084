"""Names in DNS messages (RFC 1035): what was asked, and the addresses it resolved to."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, folded, int64
from paicha.packs.traffic.capture.internet import read_64
from paicha.packs.traffic.capture.layout import DNS, MAXIMUM_NAME, NAME_WINDOW
from paicha.packs.traffic.capture.links import read_16, read_32
from paicha.packs.traffic.capture.name_table import add_name, draft_name, forget_name

PORT = 53
MAXIMUM_ANSWERS = 64
MAXIMUM_JUMPS = 16
OWNER_AT = 512
"""Place in the work area for a second name beside the one asked for."""


@compiled
def read_dns_name(data: Any, begin: int, at: int, end: int, work: Any, out: int) -> tuple[int, int]:
    """Write the name at `at` of the message from `begin` as text to work[out:]; return where it ends, and its length.

    The place is -1 where the name is malformed.
    """
    after, length, jumps = -1, 0, 0
    while True:
        if at >= end:
            return -1, 0
        size = int64(data[at])
        if size == 0:
            return (after if after >= 0 else at + 1), length
        if size >= 0xC0:
            if at + 2 > end or jumps >= MAXIMUM_JUMPS:
                return -1, 0
            if after < 0:
                after = at + 2
            at = begin + (read_16(data, at) & 0x3FFF)
            jumps += 1
            continue
        if size > 63 or at + 1 + size > end or length + size + 1 > MAXIMUM_NAME + 1:
            return -1, 0
        if length:
            work[out + length] = 46
            length += 1
        for i in range(size):
            byte = data[at + 1 + i]
            work[out + length + i] = 63 if byte == 46 else byte  # a dot inside a label is not a separator
        length += size
        at += 1 + size


@compiled
def window_mark(window: Any) -> int:
    """Return bits that tell the present window of names from those shortly before it."""
    return ((window.meta[NAME_WINDOW] & 0xFFF) + 1) << 17  # type: ignore[no-any-return]


@compiled
def read_dns(window: Any, flow: Any, packet: Any, data: Any, at: int, end: int) -> None:
    """Count the names of the DNS message data[at:end] that `packet` carries."""
    if at + 17 > end or read_16(data, at + 4) == 0:
        return
    flags = read_16(data, at + 2)
    is_answer = (flags & 0x8000) != 0
    if flags & 0x7800 or (packet.from_port != PORT if is_answer else packet.to_port != PORT):
        return
    work = window.work
    place, length = read_dns_name(data, at, at + 12, end, work, 0)
    if place < 0 or place + 4 > end or length == 0:
        return
    draft = draft_name(window, DNS, packet, not is_answer, 0)
    if not is_answer:
        flow.asked = ((add_name(window, draft, work, 0, length) + 1) & 0x1FFFF) | window_mark(window)
        return
    if read_16(data, at + 4) > 1:  # never asked in practice
        return
    found = read_answers(window, draft, data, at, place + 4, end, length)
    if found:
        if flow.asked & ~0x1FFFF == window_mark(window):
            forget_name(window, (flow.asked & 0x1FFFF) - 1)
    elif flow.asked == 0:
        add_name(window, draft, work, 0, length)


@folded
def read_answers(window: Any, draft: Any, data: Any, begin: int, at: int, end: int, length: int) -> int:
    """Count a row per address in the answers for the name work[0:length], and for each alias that led to it."""
    work = window.work
    found = 0
    for _ in range(min(read_16(data, begin + 6), MAXIMUM_ANSWERS)):
        at, owner = read_dns_name(data, begin, at, end, work, OWNER_AT)
        if at < 0 or at + 10 > end:
            break
        kind, size = read_16(data, at), read_16(data, at + 8)
        at += 10
        if at + size > end:
            break
        if (kind == 1 and size == 4) or (kind == 28 and size == 16):
            if kind == 1:
                draft.answer_kind, draft.answer_high, draft.answer_low = 4, np.uint64(0), np.uint64(read_32(data, at))
            else:
                draft.answer_kind = 6
                draft.answer_high, draft.answer_low = read_64(data, at), read_64(data, at + 8)
            found += 1
            add_name(window, draft, work, 0, length)
            if not is_equal(work, length, owner):
                add_name(window, draft, work, OWNER_AT, owner)
        at += size
    draft.answer_kind, draft.answer_high, draft.answer_low = 0, np.uint64(0), np.uint64(0)
    return found


@compiled
def is_equal(work: Any, length: int, owner: int) -> bool:
    """Return whether the two names in the work area are the same but for case."""
    if length != owner:
        return False
    for i in range(length):  # noqa: SIM110 -- compiled
        if (work[i] | 32) != (work[OWNER_AT + i] | 32):
            return False
    return True
