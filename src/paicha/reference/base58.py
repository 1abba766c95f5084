"""Base58 in its two forms: one big number (Bitcoin) and blocks of eight bytes (CryptoNote)."""

from __future__ import annotations

import hashlib

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
DIGITS = {char: value for value, char in enumerate(ALPHABET)}
LONGEST = 256
"""Characters of the longest text that is decoded; longer ones are refused."""

BLOCK = 11
"""Characters of a full CryptoNote block of eight bytes."""

BLOCK_BYTES = {0: 0, 2: 1, 3: 2, 5: 3, 6: 4, 7: 5, 9: 6, 10: 7, 11: 8}


def is_base58(text: str) -> bool:
    """Return whether all characters of a text of sensible length are base58 digits."""
    return 0 < len(text) <= LONGEST and DIGITS.keys() >= set(text)


def decode_base58(text: str) -> bytes | None:
    """Return the bytes of Bitcoin's base58, leading ones being zero bytes; None where it is not base58."""
    if not is_base58(text):
        return None
    value = _read_number(text)
    body = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes(len(text) - len(text.lstrip("1"))) + body


def decode_base58check(text: str) -> bytes | None:
    """Return version and payload where the last four bytes are the double SHA-256 of the rest, else None."""
    data = decode_base58(text)
    if data is None or len(data) <= 4:
        return None
    body, check = data[:-4], data[-4:]
    return body if hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == check else None


def decode_cryptonote(text: str) -> bytes | None:
    """Return the bytes of CryptoNote's base58, None where a block is malformed or overflows (CNS007)."""
    if not is_base58(text) or len(text) % BLOCK not in BLOCK_BYTES:
        return None
    parts = []
    for start in range(0, len(text), BLOCK):
        block = text[start : start + BLOCK]
        size = BLOCK_BYTES[len(block)]
        value = _read_number(block)
        if value >> (8 * size):
            return None
        parts.append(value.to_bytes(size, "big"))
    return b"".join(parts)


def _read_number(text: str) -> int:
    value = 0
    for char in text:
        value = value * 58 + DIGITS[char]
    return value
