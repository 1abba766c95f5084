"""IP addresses as columns of 128-bit numbers: IPv4 and IPv6 in one order, without a Python object per address."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from paicha.reference.address_text import MAPPED, read_addresses, write_addresses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PRIVATE_RANGES = (
    "10.0.0.0/8",  # RFC 1918
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # RFC 6598, behind a carrier's NAT
    "169.254.0.0/16",  # RFC 3927
    "127.0.0.0/8",  # RFC 1122
    "fc00::/7",  # RFC 4193
    "fe80::/10",  # RFC 4291
    "::1/128",
)
"""Ranges whose addresses mean nothing outside their own network."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """A column of addresses: upper and lower 64 bits, and which elements are addresses at all.

    An IPv4 address stands as ::ffff:a.b.c.d (RFC 4291), so that both families share one order.
    """

    high: NDArray[np.uint64]
    low: NDArray[np.uint64]
    valid: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.high)

    def take(self, rows: NDArray[np.intp]) -> Addresses:
        """Return the addresses of these rows, in their order."""
        return Addresses(self.high[rows], self.low[rows], self.valid[rows])

    @property
    def is_ipv4(self) -> NDArray[np.bool_]:
        """Which elements are IPv4 addresses."""
        found: NDArray[np.bool_] = self.valid & (self.high == 0) & ((self.low >> np.uint64(32)) == MAPPED)
        return found


def parse_addresses(texts: Sequence[str | None] | pa.Array | pa.ChunkedArray) -> Addresses:
    """Return the addresses that the texts name; nulls, blanks around, zone ids and leading zeros are not valid."""
    array = _to_large_strings(texts)
    size = len(array)
    valid = np.array(array.is_valid().to_numpy(zero_copy_only=False), dtype=np.bool_)
    high, low = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    if size:
        _, offsets_buffer, data_buffer = array.buffers()
        offsets = np.frombuffer(offsets_buffer, np.int64)[array.offset : array.offset + size + 1]
        data = np.frombuffer(data_buffer if data_buffer is not None and data_buffer.size else b"\0", np.uint8)
        read_addresses(data, offsets, high, low, valid)
    return Addresses(high, low, valid)


def format_addresses(addresses: Addresses) -> pa.Array:
    """Return the canonical texts (RFC 5952, IPv4 as dotted quads) as an Arrow string array, null where not valid.

    Raises:
        pyarrow.ArrowInvalid: the texts together exceed 2 GiB.
    """
    size = len(addresses)
    quads = int(np.count_nonzero(addresses.is_ipv4))
    out = np.empty(15 * quads + 39 * (size - quads), np.uint8)
    offsets = np.empty(size + 1, np.int64)
    written = write_addresses(addresses.high, addresses.low, addresses.valid, out, offsets)
    bits = np.packbits(addresses.valid, bitorder="little")
    buffers = [pa.py_buffer(bits), pa.py_buffer(offsets), pa.py_buffer(out[:written])]
    return pa.Array.from_buffers(pa.large_string(), size, buffers).cast(pa.string())


def parse_networks(texts: Sequence[str | None] | pa.Array | pa.ChunkedArray) -> tuple[Addresses, Addresses]:
    """Return first and last addresses of CIDR texts; a bare address is a range of one, host bits are cleared.

    `valid` of both is False where the address or the prefix length is none.
    """
    array = _to_large_strings(texts)
    slash = pc.find_substring(array, "/")
    has_prefix = pc.fill_null(pc.greater_equal(slash, 0), False).to_numpy(zero_copy_only=False)
    base = parse_addresses(pc.replace_substring_regex(array, r"/\d{1,3}$", ""))
    prefix_texts = pc.struct_field(pc.extract_regex(array, r"/(?P<prefix>\d{1,3})$"), "prefix")
    prefix = pc.fill_null(prefix_texts.cast(pa.int64()), -1).to_numpy(zero_copy_only=False)
    is_quad = base.is_ipv4 & (np.asarray(pc.fill_null(pc.find_substring(array, ":"), -1)) < 0)
    width = np.where(is_quad, 32, 128)
    bits = np.where(has_prefix, prefix, width)
    valid = base.valid & (bits >= 0) & (bits <= width)
    return _span(base, np.where(is_quad, bits + 96, bits), valid)


def _span(base: Addresses, bits: NDArray[np.int64], valid: NDArray[np.bool_]) -> tuple[Addresses, Addresses]:
    """Return first and last addresses of the networks with these prefix lengths of 128."""
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    upper, lower = np.clip(64 - bits, 0, 64), np.clip(128 - bits, 0, 64)
    mask_high, mask_low = _host_mask(upper), _host_mask(lower)
    first = Addresses(base.high & (mask_high ^ ones), base.low & (mask_low ^ ones), valid)
    return first, Addresses(base.high | mask_high, base.low | mask_low, valid)


def _host_mask(bits: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Return numbers whose lowest `bits` (0 to 64) are one; a shift by 64 would be undefined."""
    ones = np.uint64(0xFFFFFFFFFFFFFFFF)
    shifted = np.right_shift(ones, np.clip(64 - bits, 0, 63).astype(np.uint64))
    return np.where(bits == 0, np.uint64(0), shifted)


def is_within(addresses: Addresses, ranges: Sequence[str]) -> NDArray[np.bool_]:
    """Return which addresses lie in any of a few CIDR `ranges`; for many ranges there is `RangeIndex`."""
    first, last = parse_networks(list(ranges))
    high, low = addresses.high, addresses.low
    found = np.zeros(len(addresses), np.bool_)
    for row in np.flatnonzero(first.valid):
        is_from = (high > first.high[row]) | ((high == first.high[row]) & (low >= first.low[row]))
        is_to = (high < last.high[row]) | ((high == last.high[row]) & (low <= last.low[row]))
        found |= is_from & is_to
    return found & addresses.valid


def is_private(addresses: Addresses) -> NDArray[np.bool_]:
    """Return which addresses lie in `PRIVATE_RANGES`."""
    return is_within(addresses, PRIVATE_RANGES)


def canonical_address(text: str) -> str | None:
    """Return the canonical text of one address (IPv4 written as IPv6 becomes IPv4), None where it is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        return str(address.ipv4_mapped or address)
    return str(address)


def _to_large_strings(texts: Any) -> pa.Array:
    """Return the texts as one Arrow array with 64-bit offsets."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if isinstance(texts, pa.Array):
        return texts.cast(pa.large_string())
    try:
        return pa.array(texts, pa.large_string())
    except UnicodeEncodeError:  # lone surrogates: no address, but no reason to refuse the other texts
        return pa.array([t and t.encode("utf-8", "replace").decode() for t in texts], pa.large_string())
