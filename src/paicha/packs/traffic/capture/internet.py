"""IP and transport headers: addresses, ports, flags and where the payload stands (RFC 791, 8200, 2784, 9293)."""

from __future__ import annotations

from typing import Any

import numpy as np

from paicha.packs.traffic.capture.compiling import compiled, inlined, int64
from paicha.packs.traffic.capture.layout import ESP, GRE, SIX, TCP, UDP
from paicha.packs.traffic.capture.links import ETHERNET, find_by_type, find_in_ppp, find_internet, read_16, read_32

HEADER_DEPTH = 12
"""Extension headers that are followed before a packet counts as hostile."""

_K1 = np.uint64(0x9E3779B97F4A7C15)
_K2 = np.uint64(0xD6E8FEB86659FD93)
_S = np.uint64(32)


@inlined
def mix(x: Any) -> Any:
    """Return 64 bits spread over 64 bits."""
    x = (x ^ (x >> _S)) * _K2
    x = (x ^ (x >> _S)) * _K2
    return x ^ (x >> _S)


@inlined
def hash_packet(packet: Any, seed: int) -> Any:
    """Return a number that is the same for both directions of a flow; the seed keeps it unpredictable."""
    salt = np.uint64(seed)
    one = mix(packet.from_low ^ salt ^ (packet.from_high * _K1) ^ (np.uint64(packet.from_port) << np.uint64(40)))
    two = mix(packet.to_low ^ salt ^ (packet.to_high * _K1) ^ (np.uint64(packet.to_port) << np.uint64(40)))
    return mix(one + two + np.uint64(packet.protocol))


@inlined
def read_64(data: Any, at: int) -> Any:
    """Return the big-endian 64-bit number at `at`, unsigned."""
    return (np.uint64(read_32(data, at)) << _S) | np.uint64(read_32(data, at + 4))


@compiled
def skip_extensions(data: Any, at: int, end: int, following: int) -> tuple[int, int, int]:
    """Return (protocol, place, place of the fragment header or -1) behind the extension headers of IPv6."""
    fragment = -1
    for _ in range(HEADER_DEPTH):
        if at + 8 > end:
            break
        if following in (0, 43, 60, 135):
            following, at = int64(data[at]), at + 8 + 8 * int64(data[at + 1])
        elif following == 51:
            following, at = int64(data[at]), at + 8 + 4 * int64(data[at + 1])
        elif following == 44 and fragment < 0:
            fragment = at
            following, at = int64(data[at]), at + 8
            if read_16(data, fragment + 2) & 0xFFF8:
                break
        else:
            break
    return following, at, fragment


@compiled
def find_tunnelled(data: Any, at: int, end: int, protocol: int) -> int:
    """Return where the inner IP header begins (IPIP, 6in4, 4in6, GRE, ERSPAN, PPTP), or -1 where there is none."""
    if protocol in (4, 41):
        return at
    if protocol != 47 or at + 4 > end:
        return -1
    flags, version, kind = int64(data[at]), int64(data[at + 1]) & 7, read_16(data, at + 2)
    place = at + 4 + 4 * ((flags >> 7) & 1) + 4 * ((flags >> 5) & 1) + 4 * ((flags >> 4) & 1)
    if version == 1:
        return find_in_ppp(data, place + 4 * (int64(data[at + 1]) >> 7), end)
    if version != 0:
        return -1
    if kind == 0x6558:
        return find_internet(data, place, end, ETHERNET)
    if kind == 0x88BE:  # ERSPAN: with a sequence number it has a header of eight bytes
        return find_internet(data, place + 8 * ((flags >> 4) & 1), end, ETHERNET)
    if kind == 0x22EB:
        return find_internet(data, place + 12, end, ETHERNET)
    return find_by_type(data, place, end, kind)


@compiled
def decode_transport(data: Any, at: int, end: int, wire_end: int, packet: Any) -> None:
    """Fill in ports, flags and payload of a packet whose transport header begins at `at`."""
    packet.has_ports = 0
    packet.from_port = packet.to_port = 0
    packet.flags = 0
    packet.sequence = 0
    packet.start, packet.length, packet.missing = at, 0, 0
    protocol = packet.protocol & 0xFF
    if protocol in (ESP, GRE):
        packet.missing = max(0, wire_end - at)
        return
    if (protocol != TCP and protocol != UDP) or at + 4 > end:
        return
    packet.from_port, packet.to_port = read_16(data, at), read_16(data, at + 2)
    packet.has_ports = 1
    if protocol == TCP:
        if at + 14 > end:
            return
        packet.sequence = read_32(data, at + 4)
        packet.flags = data[at + 13]
        header = (int64(data[at + 12]) >> 4) * 4
        if header < 20:
            return
    else:
        header = 8
        if at + 6 <= end:
            size = read_16(data, at + 4)
            if 8 <= size < wire_end - at:
                wire_end = at + size
    start = at + header
    wire = wire_end - start
    if wire <= 0:
        return
    packet.start = start
    packet.length = max(0, min(end, wire_end) - start)
    packet.missing = wire - packet.length


@compiled
def decode_four(data: Any, at: int, end: int, wire_end: int, packet: Any) -> tuple[int, int, int, int]:
    """Fill in what an IPv4 header says; return (transport header or -1, end on the wire, fragment field, identity).

    The fragment field is 0 for a whole datagram, else twice the offset in units of eight bytes plus 1 if more follow.
    """
    if at + 20 > end:
        return -1, 0, 0, 0
    header = (int64(data[at]) & 15) * 4
    total = read_16(data, at + 2)
    if total == 0:  # left to the network card
        total = wire_end - at
    if header < 20 or total < header:
        return -1, 0, 0, 0
    stop = min(at + total, wire_end)
    packet.from_high = packet.to_high = np.uint64(0)
    packet.from_low, packet.to_low = np.uint64(read_32(data, at + 12)), np.uint64(read_32(data, at + 16))
    packet.protocol = data[at + 9]
    packet.ip_bytes = stop - at
    field = read_16(data, at + 6)
    return at + header, stop, ((field & 0x1FFF) << 1) | ((field >> 13) & 1), read_16(data, at + 4)


@compiled
def decode_six(data: Any, at: int, end: int, wire_end: int, packet: Any) -> tuple[int, int, int, int]:
    """Fill in what an IPv6 header and its extensions say; return the same as for IPv4."""
    if at + 40 > end:
        return -1, 0, 0, 0
    size = read_16(data, at + 4)
    stop = min(at + 40 + size, wire_end) if size else wire_end
    packet.from_high, packet.from_low = read_64(data, at + 8), read_64(data, at + 16)
    packet.to_high, packet.to_low = read_64(data, at + 24), read_64(data, at + 32)
    packet.ip_bytes = stop - at
    protocol, place, fragment = skip_extensions(data, at + 40, min(end, stop), int64(data[at + 6]))
    packet.protocol = protocol | SIX
    if fragment < 0:
        return place, stop, 0, 0
    field = read_16(data, fragment + 2)
    return place, stop, ((field & 0xFFF8) >> 2) | (field & 1), read_32(data, fragment + 4)
