"""Names in an X.509 certificate (RFC 5280): the subject's common names and the DNS names it also stands for."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled, folded, int64
from paicha.packs.traffic.capture.name_table import add_name

MAXIMUM_NAMES = 32
SEQUENCE, SET, OID, OCTETS, DNS_NAME, EXPLICIT_0, EXPLICIT_3 = 0x30, 0x31, 0x06, 0x04, 0x82, 0xA0, 0xA3


@compiled
def read_item(work: Any, at: int, end: int) -> tuple[int, int, int]:
    """Return (tag, beginning, end) of the DER item at `at`; the tag is -1 where none fits before `end`."""
    if at + 2 > end:
        return -1, end, end
    tag, size = int64(work[at]), int64(work[at + 1])
    at += 2
    if size & 0x80:
        count = size & 0x7F
        if count == 0 or count > 3 or at + count > end:
            return -1, end, end
        size = int64(0)
        for i in range(count):
            size = (size << 8) | int64(work[at + i])
        at += count
    if at + size > end:
        return -1, end, end
    return tag, at, at + size


@folded
def read_certificate(window: Any, draft: Any, at: int, length: int) -> int:
    """Count the names in the certificate work[at:at+length]; return how many there were."""
    work = window.work
    tag, begin, end = read_item(work, at, at + length)
    if tag != SEQUENCE:
        return 0
    tag, begin, end = read_item(work, begin, end)
    if tag != SEQUENCE:
        return 0
    found, sequences = 0, 0
    place = begin
    for _ in range(12):
        tag, begin, place = read_item(work, place, end)
        if tag < 0:
            break
        if tag == SEQUENCE:
            sequences += 1
            if sequences == 4:  # after algorithm, issuer and validity
                found += read_subject(window, draft, begin, place)
        elif tag == EXPLICIT_3:
            found += read_extensions(window, draft, begin, place, found)
    return found


@folded
def read_subject(window: Any, draft: Any, at: int, end: int) -> int:
    """Count the common names (2.5.4.3) of a distinguished name."""
    work = window.work
    found = 0
    for _ in range(MAXIMUM_NAMES):
        tag, begin, at = read_item(work, at, end)
        if tag != SET:
            break
        tag, begin, stop = read_item(work, begin, at)
        tag, oid, oid_end = read_item(work, begin, stop)
        if tag == OID and oid_end - oid == 3 and work[oid] == 0x55 and work[oid + 1] == 4 and work[oid + 2] == 3:
            tag, text, text_end = read_item(work, oid_end, stop)
            if tag in (0x0C, 0x13, 0x14, 0x16):
                add_name(window, draft, work, text, text_end - text)
                found += 1
    return found


@folded
def read_extensions(window: Any, draft: Any, at: int, end: int, found: int) -> int:
    """Count the DNS names of the subject's alternative names (2.5.29.17)."""
    work = window.work
    tag, at, end = read_item(work, at, end)
    counted = 0
    for _ in range(MAXIMUM_NAMES):
        tag, begin, at = read_item(work, at, end)
        if tag != SEQUENCE:
            break
        tag, oid, oid_end = read_item(work, begin, at)
        if tag != OID or oid_end - oid != 3 or work[oid] != 0x55 or work[oid + 1] != 0x1D or work[oid + 2] != 17:
            continue
        tag, begin, stop = read_item(work, oid_end, at)
        if tag == 1:  # critical
            tag, begin, stop = read_item(work, stop, at)
        if tag != OCTETS:
            continue
        tag, place, stop = read_item(work, begin, stop)
        while found + counted < MAXIMUM_NAMES:
            tag, begin, place = read_item(work, place, stop)
            if tag < 0:
                break
            if tag == DNS_NAME:
                add_name(window, draft, work, begin, place - begin)
                counted += 1
    return counted
