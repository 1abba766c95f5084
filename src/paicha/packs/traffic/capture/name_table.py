"""The window of names seen lately: equal ones are counted, not repeated."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, entry, inlined, int64
from paicha.packs.traffic.capture.internet import mix
from paicha.packs.traffic.capture.layout import (
    MAXIMUM_NAME,
    NAME_BYTES,
    NAME_USED,
    NAME_WINDOW,
    NAMES,
    NAMES_PER_WINDOW,
    SIX,
    SOURCE,
)

DRAFT = NAMES_PER_WINDOW
"""Row behind the window in which the next name's ends and time are prepared."""

ROWS_PER_PACKET = 192
"""No packet gives more names."""

_PRIME = np.uint64(0x100000001B3)
_BASIS = np.uint64(0xCBF29CE484222325)


@inlined
def is_window_full(meta: Any) -> bool:
    """Return whether the names of one more packet might not fit."""
    return (  # type: ignore[no-any-return]
        meta[NAMES] + ROWS_PER_PACKET > NAMES_PER_WINDOW
        or meta[NAME_USED] + ROWS_PER_PACKET * (MAXIMUM_NAME + 1) > NAME_BYTES
    )


@compiled
def draft_name(window: Any, kind: int, packet: Any, is_from_client: bool, flow_number: int) -> Any:
    """Prepare a name of `kind` seen in `packet`: who is client, who server, and when; return the row to complete."""
    draft = window.rows[DRAFT]
    if is_from_client:
        draft.client_high, draft.client_low, draft.client_port = packet.from_high, packet.from_low, packet.from_port
        draft.server_high, draft.server_low, draft.server_port = packet.to_high, packet.to_low, packet.to_port
    else:
        draft.client_high, draft.client_low, draft.client_port = packet.to_high, packet.to_low, packet.to_port
        draft.server_high, draft.server_low, draft.server_port = packet.from_high, packet.from_low, packet.from_port
    draft.kind = kind
    draft.is_six = 1 if packet.protocol & SIX else 0
    draft.flow = flow_number
    draft.first = draft.last = packet.time
    draft.answer_kind = 0
    draft.answer_high = draft.answer_low = np.uint64(0)
    draft.source = window.meta[SOURCE]
    return draft


@compiled
def copy_name(window: Any, data: Any, at: int, length: int) -> tuple[int, Any]:
    """Write the name in its plain form behind the names of the window; return its length and hash.

    Plain is lower case without final dots, what does not print replaced by a question mark.
    """
    used = window.meta[NAME_USED]
    while length and data[at + length - 1] == 46:
        length -= 1
    length = min(length, MAXIMUM_NAME)
    value = _BASIS
    for i in range(length):
        byte = data[at + i]
        if 65 <= byte <= 90:
            byte += 32
        elif byte <= 32 or byte == 127:
            byte = 63
        window.text[used + i] = byte
        value = (value ^ np.uint64(byte)) * _PRIME
    return length, value


@compiled
def is_same_name(window: Any, row: Any, draft: Any) -> bool:
    """Return whether a row of the window says the same as the draft."""
    if (
        row.hash != draft.hash
        or row.length != draft.length
        or row.flow != draft.flow
        or row.kind != draft.kind
        or row.server_port != draft.server_port
        or row.client_low != draft.client_low
        or row.server_low != draft.server_low
        or row.client_high != draft.client_high
        or row.server_high != draft.server_high
        or row.answer_kind != draft.answer_kind
        or row.answer_low != draft.answer_low
        or row.answer_high != draft.answer_high
    ):
        return False
    for i in range(draft.length):  # noqa: SIM110 -- compiled
        if window.text[row.start + i] != window.text[draft.start + i]:
            return False
    return True


@compiled
def add_name(window: Any, draft: Any, data: Any, at: int, length: int) -> int:
    """Count the name data[at:at+length] with what the draft says; return its row in the window, -1 for an empty one."""
    meta = window.meta
    length, value = copy_name(window, data, at, length)
    if length == 0:
        return -1
    draft.start, draft.length = meta[NAME_USED], length
    draft.hash = mix(
        value
        ^ mix(draft.client_low + mix(draft.server_low + mix(draft.answer_low + np.uint64(draft.flow))))
        ^ np.uint64(draft.kind)
    )
    mask = len(window.index) - 1
    place = int64(draft.hash >> np.uint64(8)) & mask
    while True:
        entry = window.index[place]
        if entry == 0:
            break
        row = window.rows[entry - 1]
        if is_same_name(window, row, draft):
            if row.count == 0:
                row.first, row.client_port, row.has_one_port = draft.first, draft.client_port, 1
            row.count += 1
            row.first, row.last = min(row.first, draft.first), max(row.last, draft.last)
            if row.client_port != draft.client_port:
                row.has_one_port = 0
            return int64(entry) - 1  # type: ignore[no-any-return]
        place = (place + 1) & mask
    number = meta[NAMES]
    window.rows[number] = window.rows[DRAFT]
    window.rows[number].count = 1
    window.rows[number].has_one_port = 1
    window.index[place] = number + 1
    meta[NAMES] += 1
    meta[NAME_USED] += length
    return number  # type: ignore[no-any-return]


@compiled
def forget_name(window: Any, number: int) -> None:
    """Take back one count of a row of the window: an answer says more than the question."""
    if 0 <= number < window.meta[NAMES] and window.rows[number].count > 0:
        window.rows[number].count -= 1


@entry
def empty_window(window: Any) -> None:
    """Begin a new window."""
    for i in range(len(window.index)):
        window.index[i] = 0
    window.meta[NAMES] = 0
    window.meta[NAME_USED] = 0
    window.meta[NAME_WINDOW] += 1
