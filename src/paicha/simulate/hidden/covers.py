"""TLS around what miners say: handshakes as bytes, then records of the lengths that the standards give."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from paicha.simulate.hidden.sessions import Saying
from paicha.simulate.tls import (
    build_certificate,
    build_client_hello,
    build_key_exchange,
    build_record,
    build_server_flight,
    build_server_hello,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

CHANGE = build_record(20, b"\x01")


def strip_padding(hello: bytes) -> bytes:
    """Return a ClientHello record without its padding extension, as libraries other than browsers' send it."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    begin, rest = at + 2, hello[at + 2 :]
    kept, place = b"", 0
    while place < len(rest):
        number, size = struct.unpack_from("!HH", rest, place)
        if number != 21:
            kept += rest[place : place + 4 + size]
        place += 4 + size
    body = hello[9 : begin - 2] + len(kept).to_bytes(2, "big") + kept
    return build_record(22, b"\x01" + len(body).to_bytes(3, "big") + body, 0x0301)


def _greet(name: str | None, rng: random.Random, is_13: bool) -> bytes:
    hello = build_client_hello(name, rng, alpn=(), is_13=is_13)
    return hello if rng.random() < 0.3 else strip_padding(hello)


def _draw(size: int, rng: random.Random) -> bytes:
    return build_record(23, rng.randbytes(size))


def _certify(name: str | None, rng: random.Random) -> tuple[bytes, int]:
    """Return a pool's certificate, and the bytes of those that come with it: none where it signs itself."""
    own = build_certificate(name or "pool.example", rng)
    return own, rng.choice((0, 0, 1100, 1300, 2400, 2900))


def open_tls_13(start_us: int, rtt_us: int, name: str | None, rng: random.Random) -> tuple[list[Saying], int]:
    """Return a TLS 1.3 handshake and its end: hellos, the encrypted flight in four records, none to three tickets."""
    certificate, chain = _certify(name, rng)
    now = start_us + rtt_us + 700
    sayings = [Saying(now, True, _greet(name, rng, True), "handshake")]
    now += rtt_us + rng.randint(600, 6_000)
    records = (
        6 + 17,
        4 + 4 + len(certificate) + 5 + chain + 17,
        rng.choice((264, 79, 80)) + 17,
        rng.choice((36, 52)) + 17,
    )
    flight = build_server_hello(rng) + CHANGE + b"".join(_draw(size, rng) for size in records)
    sayings.append(Saying(now, False, flight, "handshake"))
    now += rng.randint(900, 9_000)
    finish = rng.choice((53, 53, 69))
    sayings.append(Saying(now, True, CHANGE + _draw(finish, rng), "handshake"))
    size = rng.choice((201, 217, 233, 250))
    sayings += [
        Saying(now + rtt_us + 300 + 40 * n, False, _draw(size, rng), "handshake") for n in range(rng.randint(0, 3))
    ]
    return sayings, now + 400


def open_tls_12(start_us: int, rtt_us: int, name: str | None, rng: random.Random) -> tuple[list[Saying], int]:
    """Return a TLS 1.2 handshake and its end: two round trips, with a session ticket in one of two."""
    certificate, chain = _certify(name, rng)
    now = start_us + rtt_us + 700
    sayings = [Saying(now, True, _greet(name, rng, False), "handshake")]
    now += rtt_us + rng.randint(600, 6_000)
    sayings.append(Saying(now, False, build_server_flight(certificate + rng.randbytes(chain), rng), "handshake"))
    now += rng.randint(900, 9_000)
    sayings.append(Saying(now, True, build_key_exchange(rng, is_client=True), "handshake"))
    now += rtt_us + rng.randint(300, 2_000)
    ticket = build_record(22, rng.randbytes(rng.choice((170, 186, 202)))) if rng.random() < 0.5 else b""
    sayings.append(Saying(now, False, ticket + build_key_exchange(rng, is_client=False), "handshake"))
    return sayings, now + 200


_EXTRA = {"tls13": 1 + 16, "tls12": 8 + 16, "tls12-chacha": 16}


def seal(sayings: Sequence[Saying], cipher: str, rng: random.Random) -> list[Saying]:
    """Return every message as one record of its cipher: tls13, tls12 (GCM) or tls12-chacha."""
    extra = _EXTRA[cipher]
    return [Saying(one.time_us, one.to_server, _draw(len(one.data) + extra, rng), one.role) for one in sayings]


def join_writes(sayings: Sequence[Saying], within_us: int) -> list[Saying]:
    """Return messages with those of one side that are closer than this put together, as one write."""
    joined: list[Saying] = []
    for one in sayings:
        last = joined[-1] if joined else None
        if last and last.to_server == one.to_server and one.time_us - last.time_us <= within_us:
            joined[-1] = Saying(last.time_us, last.to_server, last.data + one.data, last.role)
        else:
            joined.append(one)
    return joined
