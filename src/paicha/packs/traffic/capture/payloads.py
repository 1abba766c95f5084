"""What the first bytes of a payload say: JSON, HTTP, TLS or none of them."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled

HTTP_BYTES = 4096
"""Bytes of a request's head that are read."""

# bits of what the head of a request says
IS_REQUEST, MAY_MINE = 1, 2

_SPACE, _TAB, _NEWLINE, _RETURN = 32, 9, 10, 13


@compiled
def skip_blank(data: Any, at: int, end: int) -> int:
    """Return the place of the first byte that is not white space, `end` where there is none within 16."""
    stop = min(end, at + 16)
    while at < stop and (data[at] == _SPACE or data[at] == _NEWLINE or data[at] == _RETURN or data[at] == _TAB):
        at += 1
    return at if at < stop else end


@compiled
def begins_json(data: Any, at: int, end: int) -> bool:
    """Return whether an object, or a list of objects, begins here: `{` or `[{`, then a quote, `}` or nothing yet."""
    at = skip_blank(data, at, end)
    if at < end and data[at] == 91:
        at = skip_blank(data, at + 1, end)
        if at >= end:
            return False
    if at >= end or data[at] != 123:
        return False
    at = skip_blank(data, at + 1, end)
    return at >= end or data[at] == 34 or data[at] == 125


@compiled
def begins_with(data: Any, at: int, end: int, word: Any) -> bool:
    """Return whether the bytes of `word`, given in lower case, stand here in either case."""
    if at + len(word) > end:
        return False
    for i in range(len(word)):
        byte = data[at + i]
        if 65 <= byte <= 90:
            byte += 32
        if byte != word[i]:
            return False
    return True


@compiled
def is_request(data: Any, at: int, end: int) -> bool:
    """Return whether an HTTP request line begins here."""
    return (
        begins_with(data, at, end, b"get ")
        or begins_with(data, at, end, b"post ")
        or begins_with(data, at, end, b"head ")
        or begins_with(data, at, end, b"put ")
        or begins_with(data, at, end, b"options ")
        or begins_with(data, at, end, b"connect ")
        or begins_with(data, at, end, b"delete ")
        or begins_with(data, at, end, b"patch ")
    )


@compiled
def contains(data: Any, at: int, end: int, word: Any) -> bool:
    """Return whether `word`, given in lower case, stands anywhere in data[at:end] in either case."""
    for place in range(at, end - len(word) + 1):
        if data[place] | 32 == word[0] and begins_with(data, place, end, word):
            return True
    return False


@compiled
def read_head(data: Any, at: int, end: int) -> tuple[int, int, int]:
    """Return (bits, place, length) for a request that begins here: what it may be, and its Host header.

    A request may belong to mining where it posts JSON (getwork, getblocktemplate, JSON-RPC, Chia), puts or gets what
    Chia's pool protocol serves, or asks for a WebSocket. A head that goes on in the next segment gets the benefit of
    the doubt if it posts.
    """
    end = min(end, at + HTTP_BYTES)
    is_post = begins_with(data, at, end, b"post ")
    bits = IS_REQUEST
    if (
        begins_with(data, at, end, b"get /pool_info")
        or begins_with(data, at, end, b"get /farmer")
        or begins_with(data, at, end, b"put /farmer")
    ):
        bits |= MAY_MINE
    host, length = -1, 0
    place = at
    while True:
        while place < end and data[place] != _NEWLINE:
            place += 1
        place += 1
        if place >= end:
            if is_post:
                bits |= MAY_MINE
            break
        letter = data[place] | 32
        if letter == 104 and host < 0 and begins_with(data, place, end, b"host:"):
            host = place + 5
            while host < end and (data[host] == _SPACE or data[host] == _TAB):
                host += 1
            while host + length < end and data[host + length] > _SPACE:
                length += 1
        elif letter == 117 and begins_with(data, place, end, b"upgrade:"):
            if contains(data, place + 8, min(end, place + 32), b"websocket"):
                bits |= MAY_MINE
        elif letter == 99 and is_post and begins_with(data, place, end, b"content-type:"):
            if contains(data, place + 13, min(end, place + 48), b"json"):
                bits |= MAY_MINE
        elif data[place] == _NEWLINE or data[place] == _RETURN:
            if is_post and begins_json(data, place + (2 if data[place] == _RETURN else 1), end):
                bits |= MAY_MINE
            break
    return bits, host, length


@compiled
def strip_port(data: Any, at: int, length: int) -> int:
    """Return the length of a Host header's value without its port."""
    if length and data[at] == 91:  # [IPv6 address]
        return length
    for i in range(length):
        if data[at + i] == 58:
            return i
    return length


@compiled
def is_binary(data: Any, at: int, end: int) -> bool:
    """Return whether at least one byte in eight is not printable ASCII."""
    odd = 0
    for place in range(at, end):
        if data[place] < _SPACE or data[place] > 126:
            odd += 1
    return odd * 8 >= end - at
