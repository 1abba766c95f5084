"""The expected number of hashes behind one share, from what a pool sends; None for what cannot be a difficulty.

Every function takes text or numbers straight from the wire: hostile values give None, never an error.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paicha.reference.algorithms import Algorithm

SPACE = 2**256
"""Number of values that a 256-bit hash takes."""

GREATEST_WORK = 2.0**200
"""More hashes than any share ever stood for; greater values are nonsense."""

HASH_DIGITS = 64
DECIMAL_DIGITS = 80
HEXADECIMAL = frozenset("0123456789abcdefABCDEF")
CYCLE_LENGTH = 42
"""Length of the cycles of Cuckoo Cycle; about one graph in 42 has one (J. Tromp, Cuckoo Cycle)."""


def work_of_difficulty(difficulty: float, algorithm: Algorithm | None, *, is_raw: bool = False) -> float | None:
    """Return hashes per share of a plain difficulty (`mining.set_difficulty`).

    `is_raw` says that this pool sends hashes where others send a difficulty. Values at or above the algorithm's
    `raw_from` are taken as hashes in any case. None without a known unit.
    """
    if not _is_plausible(difficulty):
        return None
    value = float(difficulty)
    if is_raw:
        return _check(value)
    if algorithm is None or algorithm.hashes_per_difficulty is None:
        return None
    if algorithm.raw_from is not None and value >= algorithm.raw_from:
        return _check(value)
    return _check(value * algorithm.hashes_per_difficulty)


def work_of_target_be(text: str) -> float | None:
    """Return hashes per share of a 256-bit target in big-endian hexadecimal, with or without 0x: 2^256/target.

    Shorter texts are padded on the left, as `eth_getWork` clones strip leading zeros.
    """
    digits = _strip_prefix(text, HASH_DIGITS)
    return None if digits is None else _divide(SPACE, int(digits, 16))


def work_of_target_le(text: str) -> float | None:
    """Return hashes per share of a 256-bit target in little-endian hexadecimal of exactly 64 digits."""
    digits = _strip_prefix(text, HASH_DIGITS)
    if digits is None or len(digits) != HASH_DIGITS:
        return None
    return _divide(SPACE, int.from_bytes(bytes.fromhex(digits), "little"))


def work_of_cryptonote_target(text: str, *, is_big_endian: bool = False) -> float | None:
    """Return hashes per share of `job.target`: 4 or 8 bytes of little-endian hexadecimal, 2^32/T or 2^64/T.

    Source: XMRig Job.cpp. RandomYADA writes the bytes the other way round (`is_big_endian`). Targets of 32 bytes are
    read like the 256-bit targets of other families.
    """
    digits = _strip_prefix(text, HASH_DIGITS)
    if digits is None or len(digits) % 2:
        return None
    size = len(digits) // 2
    if size > 8:
        return work_of_target_be(digits) if is_big_endian else work_of_target_le(digits)
    width = 4 if size <= 4 else 8
    order = bytes.fromhex(digits)
    value = int.from_bytes(order[::-1] if is_big_endian else order, "little")
    return _divide(1 << (8 * width), value)


def work_of_boundary(text: str | int) -> float | None:
    """Return hashes per share of an Autolykos boundary, a decimal number in params[6] of `mining.notify`: 2^256/b."""
    if isinstance(text, bool):
        return None
    if isinstance(text, int):
        return _divide(SPACE, text) if 0 < text < SPACE else None
    if not text.isascii() or not text.isdigit() or len(text) > DECIMAL_DIGITS:
        return None
    value = int(text)
    return _divide(SPACE, value) if value < SPACE else None


def work_of_packed(packed: int) -> float | None:
    """Return solutions per share of Beam's packed difficulty: 24 bits of mantissa under 8 bits of exponent.

    Source: Beam core/difficulty.h.
    """
    if isinstance(packed, bool) or not isinstance(packed, int) or not 0 < packed < 2**32:
        return None
    mantissa = (1 << 24) | (packed & 0xFFFFFF)
    return _check(math.ldexp(mantissa, (packed >> 24) - 24))


def work_of_cycle(difficulty: float, edge_bits: int) -> float | None:
    """Return graphs per share of a Grin difficulty: 42 graphs for a cycle, times difficulty over the graph's weight.

    The weight is 2^(edge_bits − 23)·edge_bits (Grin consensus); a difficulty below it accepts every cycle.
    """
    if not _is_plausible(difficulty) or isinstance(edge_bits, bool) or not 10 <= edge_bits <= 63:
        return None
    weight = math.ldexp(edge_bits, edge_bits - 23)
    return _check(CYCLE_LENGTH * max(1.0, float(difficulty) / weight))


def _strip_prefix(text: str, digits: int) -> str | None:
    """Return the hexadecimal digits of `text` without 0x; None where there are none, too many or others."""
    if not isinstance(text, str) or len(text) > digits + 2:
        return None
    bare = text[2:] if text[:2] in {"0x", "0X"} else text
    return bare if bare and len(bare) <= digits and HEXADECIMAL.issuperset(bare) else None


def _divide(space: int, target: int) -> float | None:
    return _check(space / target) if target > 0 else None


def _is_plausible(value: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < value <= GREATEST_WORK and math.isfinite(value)


def _check(work: float) -> float | None:
    return work if 0 < work <= GREATEST_WORK else None
