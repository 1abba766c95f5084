"""Made-up wallets that pass every checksum: random bytes in each coin's own encoding."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from Crypto.Hash import keccak

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_CRYPTONOTE_SIZES = (0, 2, 3, 5, 6, 7, 9, 10, 11)


def encode_base58(data: bytes) -> str:
    """Return `data` in Bitcoin's base 58, leading zero bytes as `1`."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _BASE58[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def encode_base58check(data: bytes) -> str:
    """Return `data` and the first four bytes of its double SHA-256 in base 58."""
    return encode_base58(data + hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4])


def hash_keccak(data: bytes) -> bytes:
    """Return the 32 bytes of the original Keccak-256, which is not SHA3-256."""
    return keccak.new(digest_bits=256, data=data).digest()


def _to_five_bits(data: bytes) -> list[int]:
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return [int(bits[start : start + 5], 2) for start in range(0, len(bits), 5)]


def encode_bech32(prefix: str, data: bytes, version: int | None = 0) -> str:
    """Return a segwit address (BIP 173; version 1 and above in bech32m, BIP 350), or plain bech32m without version."""
    values = ([] if version is None else [version]) + _to_five_bits(data)
    constant = 1 if version == 0 else 0x2BC830A3
    expanded = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    state = 1
    for value in expanded + values + [0] * 6:
        top, state = state >> 25, (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            state ^= generator if top >> bit & 1 else 0
    state ^= constant
    check = [state >> 5 * (5 - position) & 31 for position in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in values + check)


def encode_cashaddr(prefix: str, data: bytes, version: int) -> str:
    """Return a Kaspa or Bitcoin Cash address: 40-bit BCH code over five-bit values."""
    values = _to_five_bits(bytes([version]) + data)
    state = 1
    for value in [ord(char) & 31 for char in prefix] + [0] + values + [0] * 8:
        top, state = state >> 35, (state & 0x07FFFFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x98F2BC8E61, 0x79B76D99E2, 0xF33E5FB3C4, 0xAE2EABE2A8, 0x1E4F43E470)):
            state ^= generator if top >> bit & 1 else 0
    state ^= 1
    check = [state >> 5 * (7 - position) & 31 for position in range(8)]
    return prefix + ":" + "".join(_BECH32[value] for value in values + check)


def encode_eip55(data: bytes) -> str:
    """Return an Ethereum address of 20 bytes with its checksum in the case of the letters (EIP-55)."""
    text = data.hex()
    digest = hash_keccak(text.encode()).hex()
    return "0x" + "".join(char.upper() if int(mark, 16) > 7 else char for char, mark in zip(text, digest, strict=False))


def encode_cryptonote(tag: int, data: bytes) -> str:
    """Return a CryptoNote address: tag, keys and Keccak checksum in base 58 of 8-byte blocks."""
    head = bytes([tag]) if tag < 128 else bytes((tag & 127 | 128, tag >> 7))
    raw = head + data
    raw += hash_keccak(raw)[:4]
    text = ""
    for start in range(0, len(raw), 8):
        block = raw[start : start + 8]
        number, digits = int.from_bytes(block, "big"), ""
        for _ in range(_CRYPTONOTE_SIZES[len(block)]):
            number, digit = divmod(number, 58)
            digits = _BASE58[digit] + digits
        text += digits
    return text


def _encode_ergo(data: bytes) -> str:
    body = b"\x01\x02" + data
    return encode_base58(body + hashlib.blake2b(body, digest_size=32).digest()[:4])


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "BTC": lambda rng: encode_bech32("bc", rng.randbytes(20)),
    "BTC-legacy": lambda rng: encode_base58check(b"\x00" + rng.randbytes(20)),
    "BTC-script": lambda rng: encode_base58check(b"\x05" + rng.randbytes(20)),
    "BTC-taproot": lambda rng: encode_bech32("bc", rng.randbytes(32), 1),
    "LTC": lambda rng: encode_bech32("ltc", rng.randbytes(20)),
    "LTC-legacy": lambda rng: encode_base58check(b"\x30" + rng.randbytes(20)),
    "DOGE": lambda rng: encode_base58check(b"\x1e" + rng.randbytes(20)),
    "ZEC": lambda rng: encode_base58check(b"\x1c\xb8" + rng.randbytes(20)),
    "RVN": lambda rng: encode_base58check(b"\x3c" + rng.randbytes(20)),
    "ETC": lambda rng: encode_eip55(rng.randbytes(20)),
    "ETHW": lambda rng: encode_eip55(rng.randbytes(20)),
    "CTXC": lambda rng: encode_eip55(rng.randbytes(20)),
    "XMR": lambda rng: encode_cryptonote(18, rng.randbytes(64)),
    "XMR-sub": lambda rng: encode_cryptonote(42, rng.randbytes(64)),
    "KAS": lambda rng: encode_cashaddr("kaspa", rng.randbytes(32), 0),
    "ERG": lambda rng: _encode_ergo(rng.randbytes(32)),
    "ALPH": lambda rng: encode_base58(b"\x00" + rng.randbytes(32)),
    "IRON": lambda rng: rng.randbytes(32).hex(),
    "GRIN": lambda rng: encode_bech32("grin", rng.randbytes(32), None),
    "BEAM": lambda rng: rng.randbytes(33).hex(),
    "AE": lambda rng: "ak_" + encode_base58check(rng.randbytes(32)),
    "SERO": lambda rng: encode_base58(rng.randbytes(64)),
    "XCH": lambda rng: encode_bech32("xch", rng.randbytes(32), None),
}


def make_wallet(kind: str, rng: random.Random) -> str:
    """Return a valid address that belongs to nobody; `kind` is a coin, some with a form (`BTC-taproot`).

    Raises:
        KeyError: no encoding of that name.
    """
    return _MAKERS[kind](rng)


WALLET_KINDS = tuple(_MAKERS)
