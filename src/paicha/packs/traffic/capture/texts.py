"""Addresses of the loop's tables as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from paicha.reference.address_text import MAPPED
from paicha.reference.addresses import Addresses
from paicha.reference.addresses import format_addresses as format_columns

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

_MAPPED = np.uint64(MAPPED << 32)


def format_addresses(high: NDArray[np.uint64], low: NDArray[np.uint64], is_six: NDArray[np.bool_]) -> pa.StringArray:
    """Return the addresses as canonical text, an Arrow array; IPv4 stands in the lower 32 bits of `low`."""
    upper, lower = np.where(is_six, high, np.uint64(0)), np.where(is_six, low, low | _MAPPED)
    return format_columns(Addresses(upper, lower, np.ones(len(low), np.bool_)))


def format_address(high: int, low: int, is_six: bool) -> str:
    """Return one address as canonical text."""
    one = format_addresses(np.array([high], np.uint64), np.array([low], np.uint64), np.array([is_six], np.bool_))
    return str(one[0].as_py())
