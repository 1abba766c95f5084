"""From a message to the family of dialects that reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import is_answer
from paicha.packs.traffic.stratum.dialects import (
    beam,
    browser,
    cryptonote,
    ethproxy,
    grin,
    ironfish,
    mining,
    other,
    web,
)

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.http import HttpMessage
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

MAX_BATCH = 256

OBJECT_DIALECTS = (beam.read, grin.read, cryptonote.read)
"""Dialects whose methods are common words: the form of each message tells them apart."""


def read_json(session: Session, value: Any, side: int, mark: Mark, size: int) -> bool:
    """Read a JSON value that `side` sent; False where it says nothing of mining."""
    if isinstance(value, list):
        # JSON-RPC batches
        parts = [part for part in value[:MAX_BATCH] if isinstance(part, dict)]
        # every part is read, whatever the first one says
        return sum(_read_object(session, part, side, mark, size // len(parts)) for part in parts) > 0
    return isinstance(value, dict) and _read_object(session, value, side, mark, size)


def _read_object(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    method = message.get("method")
    if not isinstance(method, str) or not method:
        return _read_nameless(session, message, side, mark, size)
    if "body" in message and ironfish.read(session, message, side, mark, size):
        return True
    if method.startswith("mining.") or method in mining.SUPPORTING:
        if is_answer(message) and "params" not in message:
            # some pools repeat the method in their answers
            return mining.read_answer(session, message, side, mark)
        return mining.read(session, message, side, mark, size)
    if any(read(session, message, side, mark, size) for read in OBJECT_DIALECTS):
        return True
    if ethproxy.read(session, message, side, mark, size):
        return True
    return _may_be_other(session) and other.read(session, message, side, mark, size)


def _may_be_other(session: Session) -> bool:
    return not session.is_proven or bool(session.dialects.get(other.DIALECT))


def _read_nameless(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read an answer, a push of work, or a message that names itself otherwise."""
    if ("type" in message or "identifier" in message) and browser.read(session, message, side, mark, size):
        return True
    if ethproxy.read_work(session, message, side, mark):
        return True
    if ironfish.read_error(session, message, side, mark):
        return True
    if "id" in message and cryptonote.read_answer(session, message, side, mark):
        return True
    if _may_be_other(session) and other.read(session, message, side, mark, size):
        return True
    if session.dialects.get("beam") and "code" in message:
        return beam.read(session, {**message, "method": "result"}, side, mark, size)
    return "id" in message and mining.read_answer(session, message, side, mark)


def read_http(session: Session, message: HttpMessage, side: int, mark: Mark) -> bool:
    """Read a request or response; False where it says nothing of mining."""
    if message.method and not message.status:
        return web.read_request(session, message, side, mark)
    return web.read_response(session, message, side, mark)
