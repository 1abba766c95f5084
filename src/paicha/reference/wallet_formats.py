"""The forms of wallet addresses, each a function that recognises its own and tests the checksum.

Every function answers None for a text that is not of its form, else a `Wallet`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from paicha.reference.base58 import decode_base58, decode_base58check, decode_cryptonote, is_base58
from paicha.reference.bech32 import (
    BECH32,
    BECH32M,
    CHARSET,
    CONFLUX_CHARSET,
    decode_bech32,
    decode_cashaddr,
    regroup_bits,
)
from paicha.reference.files import read_document

EVM = re.compile(r"(?:0x)?([0-9a-fA-F]{40})")
BEAM = re.compile(r"[0-9a-f]{65,67}")
AETERNITY = re.compile(r"ak_([1-9A-Za-z]{38,52})")
HEXADECIMAL = re.compile(r"[0-9a-f]{64}|[0-9A-F]{64}")
SIA = re.compile(r"[0-9a-f]{76}")
KADENA = re.compile(r"k:[0-9a-f]{64}")
XELIS = re.compile(rf"xel:[{CHARSET}]{{50,120}}")
PREFIXED = re.compile(r"([a-z]{1,12})1([a-z0-9]{20,400})")
COLON = re.compile(r"([a-z]{2,12}):([a-z0-9]{30,140})")
BARE_CASHADDR = re.compile(rf"[qp][{CHARSET}]{{41}}")
BARE_KASPA = re.compile(rf"[qp][{CHARSET}]{{60,62}}")

GROESTL_VERSION = "24"
SHORT_BASE58 = range(26, 37)
CRYPTONOTE_LENGTHS = range(90, 130)
SERO_LENGTHS = (86, 87, 88, 130, 131, 132)
KEYS_BYTES = 64
PAYMENT_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Wallet:
    """An address: its text, its form, the coins it may belong to, and whether its checksum is right.

    `valid` is None where the form has no checksum or, as all-lower-case Ethereum addresses, does not use it.
    """

    value: str
    form: str
    coins: tuple[str, ...]
    valid: bool | None


def read_evm(text: str) -> Wallet | None:
    """Return an Ethereum-like address, the case of its letters tested by EIP-55."""
    match = EVM.fullmatch(text)
    if match is None:
        return None
    digits = match[1]
    digest = hash_keccak(digits.lower().encode()).hex()
    is_right = all(c.isupper() == (n >= "8") for c, n in zip(digits, digest, strict=False) if c.isalpha())
    # letters of one case may carry no checksum at all, so that they prove something only where it is right
    is_mixed = any(c.islower() for c in digits) and any(c.isupper() for c in digits)
    has_letters = any(c.isalpha() for c in digits)
    valid = is_right if is_mixed or (is_right and has_letters) else None
    return Wallet(text, "evm", tuple(_formats()["evm"]["coins"]), valid)


def read_bech32(text: str) -> Wallet | None:
    """Return an address with a prefix and 1: SegWit v0 and taproot, Chia, Grin, Zilliqa and others."""
    match = PREFIXED.fullmatch(text.lower())
    if match is None:
        return None
    prefix = match[1]
    segwit, plain = _formats()["segwit"]["prefixes"], _formats()["bech32"]["prefixes"]
    if prefix not in segwit and prefix not in plain:
        return None
    coins = tuple(segwit.get(prefix, plain.get(prefix, ())))
    decoded = decode_bech32(text)
    is_whole = decoded is not None and decoded[0] == prefix
    if decoded is None or prefix not in segwit:
        return Wallet(text, "bech32", coins, is_whole)
    _, groups, constant = decoded
    return Wallet(text, "segwit", coins, is_whole and _is_segwit_program(groups, constant))


def read_cashaddr(text: str) -> Wallet | None:
    """Return an address with a colon and a 40-bit checksum: Bitcoin Cash, Kaspa and its family, Conflux.

    Without the prefix it is recognised where the checksum of Bitcoin Cash or Kaspa fits.
    """
    prefixes = _formats()["cashaddr"]["prefixes"]
    lower = text.lower()
    match = COLON.fullmatch(lower)
    if match is not None and match[1] in prefixes:
        charset = CONFLUX_CHARSET if match[1] == "cfx" else CHARSET
        groups = decode_cashaddr(match[1], match[2], charset) if lower == text or text.upper() == text else None
        return Wallet(text, "cashaddr", tuple(prefixes[match[1]]), groups is not None)
    for pattern, prefix in ((BARE_CASHADDR, "bitcoincash"), (BARE_KASPA, "kaspa")):
        if pattern.fullmatch(text) and decode_cashaddr(prefix, text) is not None:
            return Wallet(text, "cashaddr", tuple(prefixes[prefix]), True)
    return None


def read_cryptonote(text: str) -> Wallet | None:
    """Return a CryptoNote address: prefix, two keys, perhaps a payment id, four bytes of Keccak-256."""
    if len(text) not in CRYPTONOTE_LENGTHS or not is_base58(text):
        return None
    data = decode_cryptonote(text)
    if data is None:
        return Wallet(text, "cryptonote", (), False)
    number, size = _read_varint(data)
    rest = len(data) - size - 4
    is_long_enough = size > 0 and rest in {KEYS_BYTES, KEYS_BYTES + 1, KEYS_BYTES + PAYMENT_ID_BYTES, 72 + 1}
    valid = is_long_enough and hash_keccak(data[:-4])[:4] == data[-4:]
    return Wallet(text, "cryptonote", tuple(_formats()["cryptonote"]["prefixes"].get(str(number), ())), valid)


def read_ergo(text: str) -> Wallet | None:
    """Return an Ergo address of a public key: prefix, 33 bytes, four bytes of BLAKE2b-256."""
    if len(text) != 51 or not text.startswith("9"):
        return None
    data = decode_base58(text)
    if data is None or len(data) != 38:
        return None
    check = hashlib.blake2b(data[:-4], digest_size=32).digest()[:4]
    return Wallet(text, "ergo", ("ERG",), check == data[-4:])


def read_base58check(text: str) -> Wallet | None:
    """Return a Bitcoin-like address; a failed checksum counts as an address only under a known version."""
    if len(text) not in SHORT_BASE58 or not is_base58(text):
        return None
    versions: dict[str, list[str]] = _formats()["base58check"]["versions"]
    body = decode_base58check(text)
    if body is not None and len(body) in {21, 22}:
        return Wallet(text, "base58check", tuple(versions.get(body[: len(body) - 20].hex(), ())), True)
    data = decode_base58(text)
    if data is None or len(data) not in {25, 26} or not _has_mixed_signs(text):
        return None
    version = data[: len(data) - 24].hex()
    if version not in versions:
        return None
    # Groestlcoin's checksum is Grøstl, which no library here computes
    return Wallet(text, "base58check", tuple(versions[version]), None if version == GROESTL_VERSION else False)


def read_aeternity(text: str) -> Wallet | None:
    """Return an Aeternity account: ak_ and the base58check of 32 bytes (aeternity/protocol, node/api/api_encoding)."""
    match = AETERNITY.fullmatch(text)
    data = decode_base58(match[1]) if match else None
    if match is None or data is None or len(data) != 36:
        return None
    return Wallet(text, "aeternity", ("AE",), decode_base58check(match[1]) is not None)


def read_unchecked(text: str) -> Wallet | None:
    """Return an address without a checksum, by its shape: Alephium, Beam, Iron Fish, Kadena, SERO; and Sia's, with one.

    Beam's are a channel of some bits and a public key of 32 bytes in hexadecimal without leading zeros, SERO's 64 or
    96 bytes in base58.
    """
    if SIA.fullmatch(text):
        data = bytes.fromhex(text)
        valid = hashlib.blake2b(data[:32], digest_size=32).digest()[:6] == data[32:]
        return Wallet(text, "sia", ("SC",), valid)
    if KADENA.fullmatch(text):
        return Wallet(text, "kadena", ("KDA",), None)
    if HEXADECIMAL.fullmatch(text):
        return Wallet(text, "hex64", ("IRON",), None)
    if BEAM.fullmatch(text):
        return Wallet(text, "beam", ("BEAM",), None)
    if XELIS.fullmatch(text):
        return Wallet(text, "xelis", ("XEL",), True if decode_bech32(text, ":") else None)
    if len(text) in range(43, 46) and is_base58(text) and _has_mixed_signs(text):
        data = decode_base58(text) or b""
        if len(data) == 33 and data[0] < 4:
            return Wallet(text, "alephium", ("ALPH",), None)
        if len(data) == 32:
            return Wallet(text, "solana", ("SOL",), None)
    if len(text) in SERO_LENGTHS and is_base58(text) and _has_mixed_signs(text):
        data = decode_base58(text) or b""
        if len(data) in {64, 96}:
            return Wallet(text, "sero", ("SERO",), None)
    return None


def hash_keccak(data: bytes) -> bytes:
    """Return the Keccak-256 of `data`, with the padding of before SHA-3."""
    from Crypto.Hash import keccak

    return keccak.new(digest_bits=256, data=data).digest()


def _is_segwit_program(groups: list[int], constant: int) -> bool:
    """Return whether version and program follow BIP 173 and BIP 350."""
    program = regroup_bits(groups[1:]) if groups else None
    if program is None or groups[0] > 16 or not 2 <= len(program) <= 40:
        return False
    if groups[0] == 0:
        return constant == BECH32 and len(program) in {20, 32}
    return constant == BECH32M


def _read_varint(data: bytes) -> tuple[int, int]:
    """Return the number at the start of `data` in seven-bit groups, and its size; size 0 where there is none."""
    value = 0
    for index, byte in enumerate(data[:9]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, index + 1
    return 0, 0


def _has_mixed_signs(text: str) -> bool:
    """Return whether digits, capitals and small letters all occur, as they do in nearly every address."""
    return any(c.isdigit() for c in text) and any(c.isupper() for c in text) and any(c.islower() for c in text)


@cache
def _formats() -> dict[str, Any]:
    return read_document("wallets.toml")
