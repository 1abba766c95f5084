"""Names in TLS handshakes (RFC 8446, 6066): the server name asked for, and where the server's certificate stands."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled, int64
from paicha.packs.traffic.capture.links import read_16

HANDSHAKE, HELLO, SERVER, CERTIFICATE_MESSAGE = 22, 1, 2, 11

# what reading a hello gives instead of a place
NO_NAME, NOT_ENOUGH = -1, -2


@compiled
def begins_hello(data: Any, at: int, end: int, kind: int) -> bool:
    """Return whether a TLS record with a ClientHello (1) or ServerHello (2) begins here."""
    return (
        at + 6 <= end
        and data[at] == HANDSHAKE
        and data[at + 1] == 3
        and data[at + 2] <= 4
        and data[at + 5] == kind
        and read_16(data, at + 3) >= 4
    )


@compiled
def find_server_name(data: Any, at: int, end: int) -> tuple[int, int]:
    """Return place and length of the name in the ClientHello whose record begins here, or NO_NAME or NOT_ENOUGH."""
    stop = at + 5 + read_16(data, at + 3)
    whole = stop <= end
    stop = min(stop, end)
    missing = NO_NAME if whole else NOT_ENOUGH
    place = at + 5 + 4 + 2 + 32
    if place + 1 > stop:
        return missing, 0
    place += 1 + int64(data[place])
    if place + 2 > stop:
        return missing, 0
    place += 2 + read_16(data, place)
    if place + 1 > stop:
        return missing, 0
    place += 1 + int64(data[place]) + 2
    while place + 4 <= stop:
        kind, size = read_16(data, place), read_16(data, place + 2)
        place += 4
        if kind == 0:
            if place + size > stop:
                return missing, 0
            length = read_16(data, place + 3) if size >= 5 else 0
            if size < 5 or data[place + 2] != 0 or 5 + length > size:
                return NO_NAME, 0
            return place + 5, length
        place += size
    return missing, 0


@compiled
def join_records(data: Any, at: int, end: int, work: Any) -> tuple[int, bool]:
    """Copy the handshake bytes of the records from `at` to the work area; return how many, and if more may come."""
    used = 0
    while at + 5 <= end:
        if data[at] != HANDSHAKE or data[at + 1] != 3:
            return used, False
        size = min(read_16(data, at + 3), end - at - 5, len(work) - used)
        for i in range(size):
            work[used + i] = data[at + 5 + i]
        used += size
        at += 5 + read_16(data, at + 3)
    return used, used < len(work)


@compiled
def find_certificate(work: Any, used: int) -> tuple[int, int]:
    """Return place and length of the server's own certificate in the handshake work[0:used].

    NO_NAME says that there will be none in clear (TLS 1.3, resumption), NOT_ENOUGH that it is not complete yet.
    """
    at = 0
    for _ in range(8):
        if at + 4 > used:
            return NOT_ENOUGH, 0
        kind = work[at]
        size = (int64(work[at + 1]) << 16) | read_16(work, at + 2)
        if kind == CERTIFICATE_MESSAGE:
            if at + 10 > used:
                return NOT_ENOUGH, 0
            length = (int64(work[at + 7]) << 16) | read_16(work, at + 8)
            if length > size or length > len(work) - at - 10:
                return NO_NAME, 0
            return (at + 10, length) if at + 10 + length <= used else (NOT_ENOUGH, 0)
        if kind == SERVER:
            if at + 4 + size > used:
                return NOT_ENOUGH, 0
            if offers_newest(work, at + 4, at + 4 + size):
                return NO_NAME, 0
        elif kind != 4 and kind != 22:  # new session ticket, certificate status
            return NO_NAME, 0
        at += 4 + size
    return NO_NAME, 0


@compiled
def offers_newest(work: Any, at: int, end: int) -> bool:
    """Return whether the ServerHello work[at:end] chooses TLS 1.3, by its supported_versions extension."""
    place = at + 34
    if place + 1 > end:
        return False
    place += 1 + int64(work[place]) + 3 + 2
    while place + 4 <= end:
        if read_16(work, place) == 43:
            return True
        place += 4 + read_16(work, place + 2)
    return False
