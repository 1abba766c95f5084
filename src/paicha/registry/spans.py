"""The address ranges of a filing table, read as columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from paicha.reference.addresses import Addresses, format_addresses, parse_addresses, parse_networks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

SIGNS = ("-", "~", "—", "–", "－", "至")
"""Signs between the first and the last address of a range in one cell."""


@dataclass(frozen=True, slots=True)
class Spans:
    """First and last addresses, as numbers and as canonical text, and per row why there are none."""

    first: Addresses
    last: Addresses
    low: pa.Array
    high: pa.Array
    errors: tuple[tuple[str, str] | None, ...]
    """Code and reason of the rows without a range, None for the others."""


def read_spans(starts: Sequence[str], ends: Sequence[str], ranges: Sequence[str]) -> Spans:
    """Return the ranges of rows with a first and last address, or with CIDR, `a-b` or one address in a single cell."""
    lows, highs, networks = _split(starts, ends, ranges)
    first, last = parse_addresses(lows), parse_addresses(highs)
    net_first, net_last = parse_networks(networks)
    is_network = np.array([text is not None for text in networks], np.bool_)
    base = parse_addresses([text and text.partition("/")[0] for text in networks])
    has_host = is_network & net_first.valid & ((base.high != net_first.high) | (base.low != net_first.low))
    first, last = _choose(is_network, net_first, first), _choose(is_network, net_last, last)
    is_mixed = first.is_ipv4 != last.is_ipv4
    is_after = (first.high > last.high) | ((first.high == last.high) & (first.low > last.low))
    errors: list[tuple[str, str] | None] = [None] * len(starts)
    is_wrong = ~(first.valid & last.valid) | is_mixed | is_after | has_host
    for row in np.flatnonzero(is_wrong).tolist():
        told = networks[row] if networks[row] is not None else f"{lows[row]}-{highs[row]}"
        if not told or told == "-":
            errors[row] = ("no-range", "no address range")
        elif not (first.valid[row] and last.valid[row]):
            errors[row] = ("bad-address", f"no address range: {told[:100]!r}")
        elif has_host[row]:
            # 202.113.0.0/8 is a slip of the pen for /16, and would file the whole of 202.0.0.0/8
            errors[row] = ("host-bits", f"the address is not the first of its network: {told[:100]!r}")
        elif is_mixed[row]:
            errors[row] = ("mixed-families", f"IPv4 and IPv6 mixed: {told[:100]!r}")
        else:
            errors[row] = ("start-after-end", f"the first address is after the last: {told[:100]!r}")
    return Spans(first, last, format_addresses(first), format_addresses(last), tuple(errors))


def _split(
    starts: Sequence[str], ends: Sequence[str], ranges: Sequence[str]
) -> tuple[list[str], list[str], list[str | None]]:
    """Return first and last addresses, or the network, as texts."""
    lows, highs = [""] * len(starts), [""] * len(starts)
    networks: list[str | None] = [None] * len(starts)
    for row, (start, end, cell) in enumerate(zip(starts, ends, ranges, strict=True)):
        start, end = start.strip(), end.strip()
        if start and end:
            lows[row], highs[row] = start, end
            continue
        text = start or end or cell.strip()
        sign = next((sign for sign in SIGNS if sign in text), None)
        if sign is None:
            networks[row] = text.replace(" ", "")
        else:
            low, _, high = text.partition(sign)
            lows[row], highs[row] = low.strip(), high.strip()
    return lows, highs, networks


def _choose(is_network: NDArray[np.bool_], network: Addresses, plain: Addresses) -> Addresses:
    return Addresses(
        np.where(is_network, network.high, plain.high),
        np.where(is_network, network.low, plain.low),
        np.where(is_network, network.valid, plain.valid),
    )
