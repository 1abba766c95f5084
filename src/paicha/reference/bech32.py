"""Bech32, Bech32m (BIP 173, BIP 350) and the 40-bit checksum of CashAddr, Kaspa and Conflux."""

from __future__ import annotations

CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
CONFLUX_CHARSET = "abcdefghjkmnprstuvwxyz0123456789"
LONGEST = 512
"""Characters of the longest text that is decoded (unified Zcash addresses are the longest in use)."""

BECH32 = 1
BECH32M = 0x2BC830A3
GENERATOR_30 = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
GENERATOR_40 = (0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)


def decode_bech32(text: str, separator: str = "1") -> tuple[str, list[int], int] | None:
    """Return prefix, five-bit groups without checksum, and the constant (BECH32 or BECH32M); None where it fails."""
    if not 8 <= len(text) <= LONGEST or (text.lower() != text and text.upper() != text):
        return None
    prefix, found, data = text.lower().rpartition(separator)
    groups = _read_groups(data, CHARSET)
    if not found or not prefix or groups is None or len(groups) < 6 or not prefix.isascii():
        return None
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    constant = _fold(expanded + groups, GENERATOR_30, 30)
    return (prefix, groups[:-6], constant) if constant in {BECH32, BECH32M} else None


def decode_cashaddr(prefix: str, data: str, charset: str = CHARSET) -> list[int] | None:
    """Return the five-bit groups without checksum of an address after its colon; None where the checksum fails."""
    groups = _read_groups(data, charset)
    if groups is None or not 8 < len(groups) <= LONGEST or not prefix.isascii():
        return None
    expanded = [ord(c) & 31 for c in prefix] + [0]
    return groups[:-8] if _fold(expanded + groups, GENERATOR_40, 40) == 1 else None


def regroup_bits(groups: list[int]) -> bytes | None:
    """Return the bytes of five-bit groups; None where the padding is not fewer than five zero bits."""
    value = 0
    for group in groups:
        value = (value << 5) | group
    spare = len(groups) * 5 % 8
    if spare > 4 or value & ((1 << spare) - 1):
        return None
    return (value >> spare).to_bytes(len(groups) * 5 // 8, "big")


def _read_groups(data: str, charset: str) -> list[int] | None:
    if len(data) > LONGEST:
        return None
    groups = [charset.find(char) for char in data]
    return None if -1 in groups else groups


def _fold(values: list[int], generator: tuple[int, ...], bits: int) -> int:
    """Return the remainder of the BCH code whose generator is given, of `bits` bits."""
    check, mask = 1, (1 << (bits - 5)) - 1
    for value in values:
        top = check >> (bits - 5)
        check = ((check & mask) << 5) ^ value
        for index, term in enumerate(generator):
            if top >> index & 1:
                check ^= term
    return check
