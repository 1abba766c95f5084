"""Addresses as text, whole columns at once (RFC 5952 for IPv6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from paicha.packs.traffic.capture.compiling import compiled, entry, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 39
_DIGITS = np.frombuffer(b"0123456789abcdef", np.uint8).copy()


@compiled
def write_four(low: int, out: Any, at: int) -> int:
    """Write an IPv4 address; return the place behind it."""
    for shift in (24, 16, 8, 0):
        part = (low >> shift) & 255
        if part >= 100:
            out[at] = 48 + part // 100
            at += 1
        if part >= 10:
            out[at] = 48 + part // 10 % 10
            at += 1
        out[at] = 48 + part % 10
        at += 1
        if shift:
            out[at] = 46
            at += 1
    return at


@compiled
def read_group(high: Any, low: Any, group: int) -> int:
    """Return one of the eight 16-bit groups of an IPv6 address."""
    half = high if group < 4 else low
    return int64((half >> np.uint64(48 - 16 * (group & 3))) & np.uint64(0xFFFF))  # type: ignore[no-any-return]


@compiled
def write_six(high: Any, low: Any, out: Any, at: int) -> int:
    """Write an IPv6 address in its shortest form; return the place behind it."""
    best, best_length, run = -1, 1, 0
    for group in range(8):
        run = run + 1 if read_group(high, low, group) == 0 else 0
        if run > best_length:
            best, best_length = group - run + 1, run
    group = 0
    while group < 8:
        if group == best:
            out[at] = out[at + 1] = 58
            at += 2
            group += best_length
            continue
        if group and (best < 0 or group != best + best_length):
            out[at] = 58
            at += 1
        value = read_group(high, low, group)
        begun = False
        for shift in (12, 8, 4, 0):
            digit = (value >> shift) & 15
            if digit or begun or shift == 0:
                out[at] = _DIGITS[digit]
                at += 1
                begun = True
        group += 1
    return at


@entry
def write_addresses(high: Any, low: Any, is_six: Any, out: Any, offsets: Any) -> int:
    """Write all addresses one behind the other; return how many bytes they take."""
    at = 0
    for i in range(len(low)):
        offsets[i] = at
        at = write_six(high[i], low[i], out, at) if is_six[i] else write_four(int64(low[i]), out, at)
    offsets[len(low)] = at
    return at


def format_addresses(high: NDArray[np.uint64], low: NDArray[np.uint64], is_six: NDArray[np.bool_]) -> pa.StringArray:
    """Return the addresses as an Arrow array of text."""
    out = np.empty(len(low) * LONGEST + 1, np.uint8)
    offsets = np.empty(len(low) + 1, np.int32)
    used = write_addresses(
        np.ascontiguousarray(high), np.ascontiguousarray(low), np.ascontiguousarray(is_six, np.bool_), out, offsets
    )
    return pa.StringArray.from_buffers(len(low), pa.py_buffer(offsets), pa.py_buffer(out[:used].tobytes()))


def format_address(high: int, low: int, is_six: bool) -> str:
    """Return one address as text."""
    one = format_addresses(np.array([high], np.uint64), np.array([low], np.uint64), np.array([is_six], np.bool_))
    return str(one[0].as_py())
