"""TLS handshakes as they look on the wire: ClientHello, ServerHello and certificate, encrypted records."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_SUITES = (
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F,
)  # fmt: skip


def _prefix(data: bytes, size: int) -> bytes:
    return len(data).to_bytes(size, "big") + data


def _extend(number: int, data: bytes) -> bytes:
    return struct.pack("!HH", number, len(data)) + data


def build_record(kind: int, data: bytes, version: int = 0x0303) -> bytes:
    """Return one TLS record: 22 handshake, 20 change cipher spec, 21 alert, 23 application data."""
    return struct.pack("!BHH", kind, version, len(data)) + data


def build_client_hello(
    name: str | None, rng: random.Random, *, alpn: tuple[str, ...] = ("h2", "http/1.1"), is_13: bool = True
) -> bytes:
    """Return a ClientHello record with the server name `name` (none without), padded to 517 bytes as browsers do."""
    extensions = b""
    if name is not None:
        extensions += _extend(0, _prefix(b"\0" + _prefix(name.encode("ascii"), 2), 2))
    extensions += _extend(23, b"") + _extend(0xFF01, b"\0")
    extensions += _extend(10, _prefix(struct.pack("!HHH", 0x001D, 0x0017, 0x0018), 2)) + _extend(11, b"\x01\0")
    if alpn:
        extensions += _extend(16, _prefix(b"".join(_prefix(one.encode(), 1) for one in alpn), 2))
    extensions += _extend(13, _prefix(struct.pack("!4H", 0x0403, 0x0804, 0x0401, 0x0501), 2))
    if is_13:
        extensions += _extend(43, _prefix(struct.pack("!HH", 0x0304, 0x0303), 1))
        extensions += _extend(51, _prefix(struct.pack("!H", 0x001D) + _prefix(rng.randbytes(32), 2), 2))
    suites = struct.pack(f"!{len(_SUITES)}H", *_SUITES)
    body = struct.pack("!H", 0x0303) + rng.randbytes(32) + _prefix(rng.randbytes(32), 1)
    body += _prefix(suites, 2) + b"\x01\0"
    missing = 508 - len(body) - 2 - len(extensions)
    if missing >= 4:
        extensions += _extend(21, bytes(missing - 4))
    body += _prefix(extensions, 2)
    return build_record(22, b"\x01" + _prefix(body, 3), 0x0301)


def _der(tag: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    if len(data) < 128:
        return bytes((tag, len(data))) + data
    size = (len(data).bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + len(data).to_bytes(size, "big") + data


_RSA, _SHA256_RSA = bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01010b")
_NAME, _ALTERNATIVE = bytes.fromhex("0603550403"), bytes.fromhex("0603551d11")


def build_certificate(
    name: str, rng: random.Random, *, issuer: str = "Example CA", others: tuple[str, ...] = ()
) -> bytes:
    """Return an X.509 certificate in DER for `name` and `others`; key and signature are random bytes."""

    def call(text: str) -> bytes:
        return _der(0x30, _der(0x31, _der(0x30, _NAME, _der(0x0C, text.encode()))))

    algorithm = _der(0x30, _SHA256_RSA, b"\x05\0")
    modulus = b"\0" + bytes((rng.getrandbits(8) | 0x80,)) + rng.randbytes(255)
    key = _der(0x30, _der(0x02, modulus), b"\x02\x03\x01\0\x01")
    names = _der(0x30, *(_der(0x82, one.encode()) for one in (name, *others)))
    body = _der(
        0x30,
        _der(0xA0, b"\x02\x01\x02"),
        _der(0x02, bytes((rng.getrandbits(7) | 1,)) + rng.randbytes(15)),
        algorithm,
        call(issuer),
        _der(0x30, _der(0x17, b"250101000000Z"), _der(0x17, b"270101000000Z")),
        call(name),
        _der(0x30, _der(0x30, _RSA, b"\x05\0"), _der(0x03, b"\0", key)),
        _der(0xA3, _der(0x30, _der(0x30, _ALTERNATIVE, _der(0x04, names)))),
    )
    return _der(0x30, body, algorithm, _der(0x03, b"\0", rng.randbytes(256)))


def build_server_hello(rng: random.Random) -> bytes:
    """Return a ServerHello of TLS 1.3 with its key share (RFC 8446)."""
    body = struct.pack("!H", 0x0303) + rng.randbytes(32) + _prefix(rng.randbytes(32), 1)
    body += struct.pack("!HB", 0x1301, 0)
    share = struct.pack("!H", 0x001D) + _prefix(rng.randbytes(32), 2)
    body += _prefix(_extend(43, b"\x03\x04") + _extend(51, share), 2)
    return build_record(22, b"\x02" + _prefix(body, 3))


def build_server_flight(certificate: bytes, rng: random.Random) -> bytes:
    """Return ServerHello, Certificate, ServerKeyExchange and ServerHelloDone of TLS 1.2, in one record each."""
    hello = struct.pack("!H", 0x0303) + rng.randbytes(32) + _prefix(rng.randbytes(32), 1)
    hello += struct.pack("!HB", 0xC02F, 0)
    hello += _prefix(_extend(0xFF01, b"\0") + _extend(23, b""), 2)
    chain = _prefix(_prefix(certificate, 3), 3)
    exchange = b"\x03\0\x1d" + _prefix(rng.randbytes(32), 1) + b"\x08\x04" + _prefix(rng.randbytes(256), 2)
    steps = ((2, hello), (11, chain), (12, exchange), (14, b""))
    return b"".join(build_record(22, bytes((kind,)) + _prefix(body, 3)) for kind, body in steps)


def build_key_exchange(rng: random.Random, *, is_client: bool) -> bytes:
    """Return the end of the TLS 1.2 handshake of one side: key (client), change cipher spec, encrypted finish."""
    key = build_record(22, b"\x10" + _prefix(_prefix(rng.randbytes(32), 1), 3)) if is_client else b""
    return key + build_record(20, b"\x01") + build_record(22, rng.randbytes(40))


def build_data(size: int, rng: random.Random) -> bytes:
    """Return `size` bytes of application data in encrypted records of at most 16 KiB each."""
    return b"".join(
        build_record(23, rng.randbytes(min(16384, size - start) + 24)) for start in range(0, max(size, 1), 16384)
    )
