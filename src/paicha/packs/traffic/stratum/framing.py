"""How a connection cuts its bytes into messages: JSON, HTTP, WebSocket inside HTTP, or nothing that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.http import METHODS, RESPONSE, HttpMessage, HttpStream, is_http, is_switch
from paicha.packs.traffic.stratum.lines import JsonLines
from paicha.packs.traffic.stratum.websocket import WebSocketStream

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.lines import Item

DECIDING_BYTES = 8


class Framing:
    """The framing of both directions of one connection.

    `modes` are, by side, undecided, json, http, ws, raw or dead (no message can follow). Bytes before a tunnel's or a
    proxy's first message are raw; messages behind them are found.
    """

    __slots__ = ("is_joined", "is_tunnel", "max_bytes", "modes", "parsers", "waiting")

    def __init__(self, max_bytes: int, *, is_joined: bool) -> None:
        self.max_bytes = max_bytes
        self.is_joined = is_joined
        self.is_tunnel = False
        self.modes = ["undecided", "undecided"]
        self.parsers: list[Any] = [None, None]
        self.waiting = [b"", b""]

    def push(self, side: int, data: bytes) -> list[Item]:
        """Return what is complete with `data` on `side`: items of kind json, http, raw, junk or end."""
        mode = self.modes[side]
        if mode == "json":
            items: list[Item] = self.parsers[side].push(data)
        elif mode == "undecided" or mode == "raw":
            items = self._decide(side, data)
        elif mode == "http":
            items = self._push_http(side, data)
        elif mode == "ws":
            items = self._push_http(side, data) if self._leaves_websocket(side, data) else self.parsers[side].push(data)
        else:
            return []
        if items and items[-1][0] == "end":
            self.modes[side], self.parsers[side] = "dead", None
        return items

    def skip(self, side: int, lost: int) -> list[Item]:
        """Pass over `lost` bytes of `side`."""
        mode = self.modes[side]
        items: list[Item] = []
        if mode == "http":
            items = self.parsers[side].skip(lost)
        elif mode == "ws":
            self.parsers[side].skip(lost)
        elif mode == "json":
            self.parsers[side].skip()
        else:
            self.waiting[side] = b""
            self.is_joined = True
        return items

    def close(self, side: int) -> list[Item]:
        """Return what ends with the connection."""
        return list(self.parsers[side].close()) if self.modes[side] == "http" else []

    @property
    def transport(self) -> str:
        """The transport by which messages came: tcp, ws or http."""
        if "ws" in self.modes:
            return "ws"
        return "http" if "http" in self.modes else "tcp"

    def _decide(self, side: int, data: bytes) -> list[Item]:
        data = self.waiting[side] + data if self.waiting[side] else data
        self.waiting[side] = b""
        start = data.lstrip(b" \t\r\n\0")[:2]
        if start[:1] == b"{" or start[:1] == b"[":
            return self._begin_json(side, data, is_lost=False)
        if is_http(data):
            self.modes[side], self.parsers[side] = "http", HttpStream(self.max_bytes, is_tunnel=self.is_tunnel)
            return self._push_http(side, data)
        is_short = len(data) < DECIDING_BYTES and self.modes[side] == "undecided"
        if is_short and any(token.startswith(data) for token in (*METHODS, RESPONSE)):
            self.waiting[side] = data
            return []
        if self.is_joined and (b'\n{"' in data or data.endswith(b"}\n")):
            return self._begin_json(side, data, is_lost=True)
        self.modes[side] = "raw"
        return [("raw", data, len(data))]

    def _begin_json(self, side: int, data: bytes, *, is_lost: bool) -> list[Item]:
        self.modes[side] = "json"
        self.parsers[side] = JsonLines(self.max_bytes, is_lost=is_lost)
        return list(self.parsers[side].push(data))

    def _leaves_websocket(self, side: int, data: bytes) -> bool:
        """Whether HTTP goes on after an upgrade that was asked for and not granted."""
        if not is_http(data):
            return False
        self.modes[side], self.parsers[side] = "http", HttpStream(self.max_bytes)
        return True

    def _push_http(self, side: int, data: bytes) -> list[Item]:
        items: list[Item] = self.parsers[side].push(data)
        if not items or not is_switch(items[-1][1]):
            return items
        message: HttpMessage = items[-1][1]
        rest = bytes(self.parsers[side].buffer)
        if message.method == "CONNECT":
            self.modes[side], self.parsers[side] = "undecided", None
            if not message.status:
                self.is_tunnel = True
                if self.modes[1 - side] == "http":
                    self.parsers[1 - side].is_tunnel = True
        else:
            self.modes[side], self.parsers[side] = "ws", WebSocketStream(self.max_bytes)
        return items + (self.push(side, rest) if rest else [])
