"""WebSocket framing (RFC 6455): the upgrade, and text frames, the client's masked."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def build_upgrade(host: str, path: str, rng: random.Random, origin: str | None = None) -> tuple[bytes, bytes]:
    """Return the client's upgrade request and the server's answer."""
    key = base64.b64encode(rng.randbytes(16))
    accept = base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest()).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key.decode()}", "Sec-WebSocket-Version: 13"]
    if origin:
        lines.append(f"Origin: {origin}")
    answer = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    answer.append(f"Sec-WebSocket-Accept: {accept}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n", "\r\n".join(answer).encode() + b"\r\n\r\n"


def build_frame(data: bytes, rng: random.Random | None = None) -> bytes:
    """Return a text frame, masked with a key from `rng` where it is given (a client's must be)."""
    masked = 0x80 if rng else 0
    if len(data) < 126:
        head = bytes((0x81, masked | len(data)))
    elif len(data) < 65536:
        head = struct.pack("!BBH", 0x81, masked | 126, len(data))
    else:
        head = struct.pack("!BBQ", 0x81, masked | 127, len(data))
    if rng is None:
        return head + data
    key = rng.randbytes(4)
    repeated = (key * (len(data) // 4 + 1))[: len(data)]
    body = (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")
    return head + key + body
