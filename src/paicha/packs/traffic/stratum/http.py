"""HTTP/1.1 requests and responses from a byte stream, bodies within bounds (RFC 9112)."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.lines import Item

METHODS = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"CONNECT ", b"TRACE ")
RESPONSE = b"HTTP/1."
MAX_HEAD_BYTES = 65_536
KEPT_HEADERS = frozenset(
    {
        "authorization", "connection", "content-encoding", "content-length", "host", "sec-websocket-extensions",
        "transfer-encoding", "upgrade", "user-agent", "x-long-polling", "x-reject-reason",
    }
)  # fmt: skip
LARGE_EDGE_BYTES = 8192
"""Of a body over the bound, so many bytes are kept of its beginning and of its end."""


@dataclass(slots=True)
class HttpMessage:
    """A request (`method`, `path`) or a response (`status`); `is_whole`: no part of the body is missing."""

    method: str = ""
    path: str = ""
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_whole: bool = True


@dataclass(slots=True)
class HttpStream:
    """The unfinished message of one direction.

    `phase` is head, length, chunk-size, chunk, trailer, close or lost; `left` the bytes of body or chunk to come.
    `is_tunnel` says that a request for a tunnel waits for its answer, which has no body.
    """

    max_bytes: int
    phase: str = "head"
    buffer: bytearray = field(default_factory=bytearray)
    left: int = 0
    message: HttpMessage | None = None
    body: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    is_tunnel: bool = False

    def push(self, data: bytes) -> list[Item]:
        """Return the messages that are complete with `data`; kind `end` where this is no HTTP any more.

        A message that switches protocols (`Upgrade`, `CONNECT`) leaves what follows it in `buffer`.
        """
        items: list[Item] = []
        if self.phase == "lost":
            start = _find_message(data)
            if start < 0:
                return []
            data, self.phase = data[start:], "head"
        self.buffer += data
        steps = {
            "head": self._read_head, "length": self._read_length, "chunk-size": self._read_chunk_size,
            "chunk": self._read_chunk, "trailer": self._read_trailer, "close": self._read_close,
        }  # fmt: skip
        while self.buffer and steps[self.phase](items):
            if items and is_switch(items[-1][1]):
                break
        if len(self.buffer) > MAX_HEAD_BYTES and self.phase in {"head", "chunk-size", "trailer"}:
            self.buffer.clear()
            items.append(("end", None, MAX_HEAD_BYTES))
        return items

    def skip(self, lost: int) -> list[Item]:
        """Pass over `lost` bytes: within a body of known length, or a chunk of one, the message goes on, damaged."""
        if self.phase in {"length", "chunk"} and self.message is not None and lost <= self.left:
            self.left -= lost
            self.message.is_whole = False
            items: list[Item] = []
            if self.left == 0 and self.phase == "length":
                self._finish(items)
            elif self.left == 0:
                self.phase = "chunk-size"
            return items
        self.phase, self.message = "lost", None
        self.buffer.clear()
        self.body.clear()
        self.tail.clear()
        return []

    def close(self) -> list[Item]:
        """Return the message whose body ends with the connection."""
        items: list[Item] = []
        if self.phase == "close" and self.message is not None:
            self._finish(items)
        return items

    def _read_head(self, items: list[Item]) -> bool:
        while self.buffer[:2] == b"\r\n":
            del self.buffer[:2]
        end = self.buffer.find(b"\r\n\r\n")
        width = 4
        if end < 0:
            end, width = self.buffer.find(b"\n\n"), 2
        if end < 0:
            return False
        head = bytes(self.buffer[:end])
        del self.buffer[: end + width]
        message = _parse_head(head)
        if message is None:
            self.buffer.clear()
            items.append(("end", None, len(head)))
            return False
        self.message = message
        return self._begin_body(message, items)

    def _begin_body(self, message: HttpMessage, items: list[Item]) -> bool:
        length = message.headers.get("content-length", "").strip()
        if self.is_tunnel and 200 <= message.status < 300:
            message.method = "CONNECT"
            self._finish(items)
        elif message.status and (message.status < 200 or message.status in {204, 304}):
            self._finish(items)
        elif "chunked" in message.headers.get("transfer-encoding", "").lower():
            self.phase = "chunk-size"
        elif length.isascii() and length.isdigit() and len(length) < 15:
            self.left, self.phase = int(length), "length"
            if self.left == 0:
                self._finish(items)
        elif message.status and not is_switch(message):
            self.phase = "close"
        else:
            self._finish(items)
        return True

    def _read_length(self, items: list[Item]) -> bool:
        self._take_part()
        if self.left == 0:
            self._finish(items)
        return True

    def _read_chunk(self, _: list[Item]) -> bool:
        self._take_part()
        if self.left == 0:
            self.phase = "chunk-size"
        return True

    def _take_part(self) -> None:
        """Keep what is there of the body or chunk that is to come."""
        part = bytes(self.buffer[: self.left])
        del self.buffer[: self.left]
        self.left -= len(part)
        self._keep(part)

    def _read_chunk_size(self, items: list[Item]) -> bool:
        end = self.buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end]).strip()
        del self.buffer[: end + 1]
        if not line:
            return True
        digits = line.split(b";", 1)[0].strip()
        try:
            size = int(digits, 16) if len(digits) <= 8 else -1
        except ValueError:
            size = -1
        if size < 0:
            self.phase, self.message = "lost", None
            items.append(("junk", None, len(line)))
            return False
        self.left, self.phase = size, "chunk" if size else "trailer"
        return True

    def _read_trailer(self, items: list[Item]) -> bool:
        end = self.buffer.find(b"\n")
        if end < 0:
            return False
        line = bytes(self.buffer[:end]).strip()
        del self.buffer[: end + 1]
        if not line:
            self._finish(items)
        return True

    def _read_close(self, _: list[Item]) -> bool:
        self._keep(bytes(self.buffer))
        self.buffer.clear()
        return False

    def _keep(self, part: bytes) -> None:
        if len(self.body) + len(part) <= self.max_bytes:
            self.body += part
            return
        if self.message is not None:
            self.message.is_whole = False
        self.body += part[: max(0, LARGE_EDGE_BYTES - len(self.body))]
        self.tail += part[-LARGE_EDGE_BYTES:]
        if len(self.tail) > LARGE_EDGE_BYTES * 2:
            del self.tail[:-LARGE_EDGE_BYTES]

    def _finish(self, items: list[Item]) -> None:
        message = self.message
        if message is not None:
            body = bytes(self.body[:LARGE_EDGE_BYTES]) + bytes(self.tail) if self.tail else bytes(self.body)
            message.body = _decompress(body, message.headers.get("content-encoding", ""), self.max_bytes)
            items.append(("http", message, len(body)))
        self.phase, self.message, self.left = "head", None, 0
        self.body.clear()
        self.tail.clear()


def is_switch(content: object) -> bool:
    """Whether bytes behind this message are no HTTP: an answered upgrade or a request for a tunnel."""
    return isinstance(content, HttpMessage) and (
        content.status == 101
        or content.method == "CONNECT"
        or (bool(content.method) and content.headers.get("upgrade", "").lower() == "websocket")
    )


def is_http(data: bytes) -> bool:
    """Whether a stream that begins so is HTTP."""
    return data.startswith((*METHODS, RESPONSE))


def _find_message(data: bytes) -> int:
    if is_http(data):
        return 0
    return data.find(b"HTTP/1.1 ")


def _parse_head(head: bytes) -> HttpMessage | None:
    lines = head.decode("latin-1").split("\n")
    first = lines[0].strip().split(" ", 2)
    message = HttpMessage()
    if first[0].startswith("HTTP/1."):
        if len(first) < 2 or not (first[1].isascii() and first[1].isdigit() and len(first[1]) == 3):
            return None
        message.status = int(first[1])
    elif len(first) == 3 and first[2].startswith("HTTP/") and len(first[0]) <= 16:
        message.method, message.path = first[0], first[1][:2048]
    else:
        return None
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon and name in KEPT_HEADERS:
            message.headers[name] = value.strip()[:4096]
    return message


def _decompress(body: bytes, encoding: str, limit: int) -> bytes:
    """Return the body without its content coding, at most `limit` bytes; unchanged where that fails."""
    if encoding.strip().lower() not in {"gzip", "deflate", "x-gzip"} or not body:
        return body
    for bits in (47, -15):
        try:
            return zlib.decompressobj(bits).decompress(body, limit)
        except zlib.error:
            continue
    return body
