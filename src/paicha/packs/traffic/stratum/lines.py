"""JSON values from a byte stream: one per line, several per line, or back to back without line ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from paicha.packs.traffic.stratum.messages import parse_objects

Item = tuple[str, Any, int]
"""What a framing found: its kind (`json`, `http`, `junk`), its content, and how many bytes it took."""

SMALL_BYTES = 2048
"""An unfinished buffer below this is tried whenever it may be complete."""


@dataclass(slots=True)
class JsonLines:
    """The unfinished message of one direction.

    `is_lost` says that the stream was entered in the middle of a message: what precedes the next message is no junk.
    A long unfinished buffer is tried again when its braces balance, and after a failure only when it has doubled or a
    line ended, so that the work stays proportional to the bytes.
    """

    max_bytes: int
    buffer: bytearray = field(default_factory=bytearray)
    is_lost: bool = False
    retry_at: int = 0

    def push(self, data: bytes) -> list[Item]:
        """Return what is complete with `data`; an item of kind `end` where a message is too long to be one."""
        if self.is_lost:
            start = _find_start(data)
            if start < 0:
                return []
            data, self.is_lost = data[start:], False
        items: list[Item] = []
        cut = data.rfind(b"\n") + 1
        if cut:
            head = bytes(self.buffer) + data[:cut] if self.buffer else data[:cut]
            self.buffer.clear()
            self.retry_at = 0
            for line in head.split(b"\n"):
                if line and not line.isspace():
                    self._read(line, items)
            data = data[cut:]
        if data:
            self.buffer += data
            self._read_tail(items)
        if len(self.buffer) > self.max_bytes:
            items.append(("end", None, len(self.buffer)))
            self.buffer.clear()
        return items

    def skip(self) -> None:
        """Forget the unfinished message: bytes behind it were lost."""
        self.buffer.clear()
        self.is_lost, self.retry_at = True, 0

    def _read(self, line: bytes, items: list[Item]) -> None:
        """Append the values in a line; where it does not begin with one, those behind the first `{"`."""
        text = line.decode("utf-8", "replace")
        found, stop = parse_objects(text)
        if not found:
            start = text.find('{"', 1)
            if start > 0:
                items.append(("junk", None, start))
                found, stop = parse_objects(text[start:])
                stop += start
        items.extend(("json", value, size) for value, size in found)
        if stop < len(text):
            items.append(("junk", None, len(text) - stop))

    def _read_tail(self, items: list[Item]) -> None:
        """Append the values of a line that has not ended, if it seems complete, and keep the rest."""
        size = len(self.buffer)
        if size < self.retry_at or self.buffer[-1] not in b"}] \t\r\0":
            return
        if size >= SMALL_BYTES and self.buffer.count(b"{") != self.buffer.count(b"}"):
            self.retry_at = size + size // 4
            return
        text = self.buffer.decode("utf-8", "replace")
        found, stop = parse_objects(text)
        if found:
            items.extend(("json", value, length) for value, length in found)
            self.buffer = bytearray(text[stop:].encode())
        size = len(self.buffer)
        self.retry_at = 2 * size if size >= SMALL_BYTES else 0


def _find_start(data: bytes) -> int:
    """Return where the first message begins in bytes that may start inside one; -1 where none does."""
    if data[:1] in {b"{", b"["}:
        return 0
    line = data.find(b"\n")
    if line >= 0:
        return line + 1
    found = data.find(b'{"id"')
    return found if found >= 0 else data.find(b'{"jsonrpc"')
