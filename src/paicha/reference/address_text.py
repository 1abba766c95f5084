"""Texts of IP addresses to 128-bit numbers and back, compiled loops over the bytes of Arrow string arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.reference.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAPPED = 0xFFFF
"""Upper 32 of the lower 64 bits of an IPv4 address written as IPv6 (RFC 4291 §2.5.5.2)."""

DOT, COLON, ZERO, NINE, LOWER_A, LOWER_F, UPPER_A, UPPER_F = 46, 58, 48, 57, 97, 102, 65, 70


@compiled
def read_ipv4(data: NDArray[np.uint8], start: int, end: int) -> int:
    """Return the number of the dotted quad in data[start:end], -1 where it is none (leading zeros are refused)."""
    value, octet, digits, dots = 0, 0, 0, 0
    for position in range(start, end):
        char = int(data[position])
        if char == DOT:
            if digits == 0 or dots == 3:
                return -1
            value, octet, digits, dots = (value << 8) | octet, 0, 0, dots + 1
        elif ZERO <= char <= NINE:
            if digits > 0 and octet == 0:
                return -1
            octet, digits = octet * 10 + char - ZERO, digits + 1
            if octet > 255:
                return -1
        else:
            return -1
    if dots != 3 or digits == 0:
        return -1
    return (value << 8) | octet


@compiled
def read_hex(char: int) -> int:
    """Return the value of a hexadecimal digit, -1 where it is none."""
    if ZERO <= char <= NINE:
        return char - ZERO
    if LOWER_A <= char <= LOWER_F:
        return char - LOWER_A + 10
    if UPPER_A <= char <= UPPER_F:
        return char - UPPER_A + 10
    return -1


@compiled
def read_ipv6(data: NDArray[np.uint8], start: int, end: int, groups: NDArray[np.int64]) -> bool:
    """Fill the eight `groups` from the IPv6 text in data[start:end] (RFC 4291 §2.2); False where it is none."""
    count, gap, position = 0, -1, start
    if end - start < 2 or end - start > 45:
        return False
    if data[start] == COLON:
        if data[start + 1] != COLON:
            return False
        gap, position = 0, start + 2
    while position < end:
        if count == 8:
            return False
        begin, value = position, 0
        while position < end and data[position] != COLON and data[position] != DOT:
            digit = read_hex(int(data[position]))
            if digit < 0:
                return False
            value, position = value * 16 + digit, position + 1
            if position - begin > 4:
                return False
        if position < end and data[position] == DOT:
            quad = read_ipv4(data, begin, end)
            if quad < 0 or count > 6:
                return False
            groups[count], groups[count + 1] = quad >> 16, quad & 0xFFFF
            count, position = count + 2, end
            break
        if position == begin:
            return False
        groups[count], count = value, count + 1
        if position == end:
            break
        position += 1
        if position == end:
            return False
        if data[position] == COLON:
            if gap >= 0:
                return False
            gap, position = count, position + 1
    if gap < 0:
        return count == 8
    if count > 7:
        return False
    for back in range(count - gap):
        groups[7 - back] = groups[count - 1 - back]
    for index in range(gap, gap + 8 - count):
        groups[index] = 0
    return True


@compiled
def read_addresses(
    data: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    valid: NDArray[np.bool_],
) -> None:
    """Fill `high`, `low` and `valid` from the texts; elements whose `valid` is False on entry are left alone."""
    groups = np.zeros(8, np.int64)
    for row in range(len(offsets) - 1):
        if not valid[row]:
            continue
        start, end = offsets[row], offsets[row + 1]
        has_colon = False
        for position in range(start, min(end, start + 6)):
            if data[position] == COLON:
                has_colon = True
                break
        if not has_colon:
            quad = read_ipv4(data, start, end) if end - start <= 15 else -1
            valid[row] = quad >= 0
            if quad >= 0:
                low[row] = np.uint64((MAPPED << 32) | quad)
        elif read_ipv6(data, start, end, groups):
            upper, lower = np.uint64(0), np.uint64(0)
            for index in range(4):
                upper = (upper << np.uint64(16)) | np.uint64(groups[index])
                lower = (lower << np.uint64(16)) | np.uint64(groups[index + 4])
            high[row], low[row] = upper, lower
        else:
            valid[row] = False


@compiled
def write_ipv4(out: NDArray[np.uint8], at: int, value: np.int64) -> int:
    """Write the dotted quad of `value` at out[at:]; return the position after it."""
    for shift in (24, 16, 8, 0):
        octet = (value >> shift) & 255
        if octet >= 100:
            out[at] = ZERO + octet // 100
            at += 1
        if octet >= 10:
            out[at] = ZERO + octet // 10 % 10
            at += 1
        out[at] = ZERO + octet % 10
        at += 1
        if shift:
            out[at] = DOT
            at += 1
    return at


@compiled
def write_ipv6(out: NDArray[np.uint8], at: int, groups: NDArray[np.int64]) -> int:
    """Write the shortest text of eight groups at out[at:] (RFC 5952 §4); return the position after it."""
    best, length, index = -1, 1, 0
    while index < 8:
        run = index
        while run < 8 and groups[run] == 0:
            run += 1
        if run - index > length:
            best, length = index, run - index
        index = max(run, index + 1)
    index = 0
    while index < 8:
        if index == best:
            out[at], out[at + 1] = COLON, COLON
            at, index = at + 2, index + length
            continue
        if index > 0 and index != best + length:
            out[at] = COLON
            at += 1
        started = False
        for shift in (12, 8, 4, 0):
            digit = (groups[index] >> shift) & 15
            if digit or started or shift == 0:
                started = True
                out[at] = ZERO + digit if digit < 10 else LOWER_A + digit - 10
                at += 1
        index += 1
    return at


@compiled
def write_addresses(
    high: NDArray[np.uint64],
    low: NDArray[np.uint64],
    valid: NDArray[np.bool_],
    out: NDArray[np.uint8],
    offsets: NDArray[np.int64],
) -> int:
    """Write the canonical texts into `out`, their ends into `offsets`; return the bytes written."""
    groups = np.zeros(8, np.int64)
    at = 0
    for row in range(len(high)):
        offsets[row] = at
        if valid[row]:
            if high[row] == 0 and (low[row] >> np.uint64(32)) == MAPPED:
                at = write_ipv4(out, at, np.int64(low[row] & np.uint64(0xFFFFFFFF)))
            else:
                for index in range(4):
                    shift = np.uint64(48 - 16 * index)
                    groups[index] = np.int64((high[row] >> shift) & np.uint64(0xFFFF))
                    groups[index + 4] = np.int64((low[row] >> shift) & np.uint64(0xFFFF))
                at = write_ipv6(out, at, groups)
    offsets[len(high)] = at
    return at
