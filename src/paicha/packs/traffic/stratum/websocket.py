"""WebSocket messages from a byte stream: frames masked or not, fragmented or not, deflated or not (RFC 6455, 7692)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.messages import parse_objects

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.lines import Item

CONTINUATION, TEXT, BINARY = 0, 1, 2
FIN, DEFLATED, MASKED = 0x80, 0x40, 0x80
DEFLATE_END = b"\x00\x00\xff\xff"


@dataclass(slots=True)
class WebSocketStream:
    """The unfinished frame and message of one direction; `skipping` counts bytes of a frame that are not read."""

    max_bytes: int
    buffer: bytearray = field(default_factory=bytearray)
    parts: bytearray = field(default_factory=bytearray)
    is_deflated: bool = False
    is_lost: bool = False
    skipping: int = 0
    inflater: Any = None

    def push(self, data: bytes) -> list[Item]:
        """Return the JSON values of the messages that are complete with `data`."""
        items: list[Item] = []
        if self.skipping:
            passed = min(self.skipping, len(data))
            self.skipping -= passed
            data = data[passed:]
        if self.is_lost:
            if not data or not _is_frame_start(data):
                return items
            self.is_lost = False
        self.buffer += data
        while self._read_frame(items):
            pass
        return items

    def skip(self, lost: int) -> None:
        """Pass over `lost` bytes and find the next frame."""
        if lost <= self.skipping:
            self.skipping -= lost
        else:
            self.skipping, self.is_lost = 0, True
        self.buffer.clear()
        self.parts.clear()
        self.inflater = None

    def _read_frame(self, items: list[Item]) -> bool:
        buffer = self.buffer
        if len(buffer) < 2:
            return False
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start = 4 if size == 126 else 10
            if len(buffer) < start:
                return False
            size = int.from_bytes(buffer[2:start], "big")
        is_masked = bool(buffer[1] & MASKED)
        start += 4 if is_masked else 0
        if size > self.max_bytes or len(self.parts) > self.max_bytes:
            self.skipping = max(0, start + size - len(buffer))
            del buffer[: start + size]
            self.parts.clear()
            items.append(("junk", None, size))
            return bool(buffer)
        if len(buffer) < start + size:
            return False
        payload = bytes(buffer[start : start + size])
        if is_masked and size:
            key = bytes(buffer[start - 4 : start])
            repeated = (key * (size // 4 + 1))[:size]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(repeated, "big")).to_bytes(size, "big")
        head = buffer[0]
        del buffer[: start + size]
        self._take(head, payload, items)
        return True

    def _take(self, head: int, payload: bytes, items: list[Item]) -> None:
        opcode = head & 0x0F
        if opcode > BINARY:
            return
        if opcode != CONTINUATION:
            self.parts.clear()
            self.is_deflated = bool(head & DEFLATED)
        self.parts += payload
        if not head & FIN:
            return
        body = bytes(self.parts)
        self.parts.clear()
        if self.is_deflated:
            body = self._inflate(body)
        found, stop = parse_objects(body.decode("utf-8", "replace"))
        items.extend(("json", value, size) for value, size in found)
        if not found and stop < len(body):
            items.append(("junk", None, len(body)))

    def _inflate(self, body: bytes) -> bytes:
        """Return the message without permessage-deflate; empty where its context was lost."""
        if self.inflater is None:
            self.inflater = zlib.decompressobj(-15)
        try:
            return bytes(self.inflater.decompress(body + DEFLATE_END, self.max_bytes))
        except zlib.error:
            self.inflater = None
            return b""


def _is_frame_start(data: bytes) -> bool:
    return data[0] & 0x30 == 0 and data[0] & 0x0F in {1, 2, 8, 9, 10} and bool(data[0] & FIN)
