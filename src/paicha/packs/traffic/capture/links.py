"""Link layers: from the beginning of a frame to the IP header inside (link types of tcpdump.org/linktypes.html)."""

from __future__ import annotations

from typing import Any

from paicha.packs.traffic.capture.compiling import compiled, inlined, int64

ETHERNET, PPP, PPP_HDLC, RAW_12, RAW_14, RAW = 1, 9, 50, 12, 14, 101
NULL, LOOP, CISCO_HDLC, COOKED, COOKED_2, IPV4, IPV6 = 0, 108, 104, 113, 276, 228, 229

SUPPORTED = (ETHERNET, PPP, PPP_HDLC, RAW_12, RAW_14, RAW, NULL, LOOP, CISCO_HDLC, COOKED, COOKED_2, IPV4, IPV6)

TAG_DEPTH = 8
"""Tags, labels and shims that are looked through before a frame counts as hostile."""


@inlined
def read_16(data: Any, at: int) -> int:
    """Return the big-endian 16-bit number at `at`."""
    return (int64(data[at]) << 8) | int64(data[at + 1])  # type: ignore[no-any-return]


@inlined
def read_32(data: Any, at: int) -> int:
    """Return the big-endian 32-bit number at `at`."""
    return (read_16(data, at) << 16) | read_16(data, at + 2)


@compiled
def find_by_version(data: Any, at: int, end: int) -> int:
    """Return `at` where an IP header seems to begin there, else -1."""
    if at < end:
        version = int64(data[at]) >> 4
        if version == 4 or version == 6:
            return at
    return -1


@compiled
def find_in_ppp(data: Any, at: int, end: int) -> int:
    """Return where the IP header begins in a PPP frame (RFC 1661, 1662), or -1."""
    if at + 2 <= end and data[at] == 0xFF and data[at + 1] == 0x03:
        at += 2
    if at + 2 > end:
        return -1
    if data[at] & 1:  # compressed protocol field
        protocol, at = int64(data[at]), at + 1
    else:
        protocol, at = read_16(data, at), at + 2
    if protocol in (0x21, 0x57):
        return at
    if protocol in (0x281, 0x283):
        return find_in_mpls(data, at, end)
    return -1


@compiled
def find_in_mpls(data: Any, at: int, end: int) -> int:
    """Return where the IP header begins behind a stack of MPLS labels (RFC 3032), or -1."""
    for _ in range(TAG_DEPTH):
        if at + 4 > end:
            return -1
        at += 4
        if data[at - 2] & 1:
            return find_by_version(data, at, end)
    return -1


@compiled
def find_by_type(data: Any, at: int, end: int, kind: int) -> int:
    """Return where the IP header begins behind EtherType `kind` and its tags (802.1Q, 802.1ad, RFC 2516), or -1."""
    for _ in range(TAG_DEPTH):
        if kind in (0x0800, 0x86DD):
            return at
        if kind in (0x8100, 0x88A8, 0x9100, 0x9200):
            if at + 4 > end:
                return -1
            kind = read_16(data, at + 2)
            at += 4
        elif kind == 0x8864:
            return find_in_ppp(data, at + 6, end)
        elif kind in (0x8847, 0x8848):
            return find_in_mpls(data, at, end)
        elif kind <= 1500 and at + 8 <= end and data[at] == 0xAA and data[at + 1] == 0xAA and data[at + 2] == 3:
            kind = read_16(data, at + 6)
            at += 8
        else:
            return -1
    return -1


@compiled
def find_internet(data: Any, at: int, end: int, link: int) -> int:
    """Return where the IP header begins in the frame data[at:end] of link type `link`, or -1 where there is none."""
    if link == ETHERNET:
        if at + 14 > end:
            return -1
        return find_by_type(data, at + 14, end, read_16(data, at + 12))
    if link in (RAW, RAW_12, RAW_14, IPV4, IPV6):
        return find_by_version(data, at, end)
    if link == COOKED:
        return find_by_type(data, at + 16, end, read_16(data, at + 14)) if at + 16 <= end else -1
    if link == COOKED_2:
        return find_by_type(data, at + 20, end, read_16(data, at)) if at + 20 <= end else -1
    if link in (NULL, LOOP):  # the family's number and byte order depend on the system: the version says the same
        return find_by_version(data, at + 4, end)
    if link in (PPP, PPP_HDLC):
        # Cisco HDLC is also seen under the PPP types
        if at + 4 <= end and data[at] in (0x0F, 0x8F):
            return find_by_type(data, at + 4, end, read_16(data, at + 2))
        return find_in_ppp(data, at, end)
    if link == CISCO_HDLC and at + 4 <= end:
        return find_by_type(data, at + 4, end, read_16(data, at + 2))
    return -1
