"""The state of open sessions as JSON, so that a session goes on in the next run of its site."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from paicha.kernel.errors import InputError
from paicha.packs.traffic.segments import Connection
from paicha.packs.traffic.stratum.chain import Chain
from paicha.packs.traffic.stratum.conversation import Conversation
from paicha.packs.traffic.stratum.http import HttpStream
from paicha.packs.traffic.stratum.lines import JsonLines
from paicha.packs.traffic.stratum.reassembly import Stream
from paicha.packs.traffic.stratum.session import Session
from paicha.packs.traffic.stratum.shares import Requests, ShareBook
from paicha.packs.traffic.stratum.websocket import WebSocketStream
from paicha.packs.traffic.stratum.worths import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paicha.packs.traffic.policy import StratumPolicy

VERSION = 1
PLAIN = ("foreign", "foreign_bytes", "has_handshake", "ended", "segments", "last_data", "silence")


def dump_state(sources: list[str], live: dict[int, Conversation]) -> bytes:
    """Return the open conversations, and the inputs that showed them, as JSON; unfinished messages in hexadecimal."""
    used = sorted({number for conversation in live.values() for number in conversation.packets})
    places = {number: place for place, number in enumerate(used)}
    document = {
        "version": VERSION,
        "sources": [sources[number] for number in used],
        "conversations": [_dump_conversation(conversation, places) for conversation in live.values()],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def load_state(state: bytes, policy: StratumPolicy) -> tuple[list[str], dict[int, Conversation]]:
    """Return the inputs and the conversations that `dump_state` wrote.

    Raises:
        InputError: the state is of another version or broken.
    """
    try:
        document = json.loads(state)
        if document["version"] != VERSION:
            raise ValueError(f"version {document['version']}")
        conversations = [_load_conversation(one, policy) for one in document["conversations"]]
        return list(document["sources"]), {one.connection.flow: one for one in conversations}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"the state of open mining sessions cannot be read ({error}): start a new workspace"
        ) from error


def _dump_conversation(conversation: Conversation, places: Mapping[int, int]) -> dict[str, Any]:
    """Return a conversation, its packets by the places of their inputs in the state."""
    framing = conversation.framing
    return {
        "connection": dataclasses.asdict(conversation.connection),
        "streams": [stream.to_state() for stream in conversation.streams],
        "modes": framing.modes,
        "is_tunnel": framing.is_tunnel,
        "buffers": [bytes(getattr(parser, "buffer", b"")).hex() for parser in framing.parsers],
        "session": _dump_session(conversation.session),
        "volume": conversation.volume,
        "packets": {places[number]: span for number, span in conversation.packets.items()},
        **{name: getattr(conversation, name) for name in PLAIN},
    }


def _load_conversation(state: dict[str, Any], policy: StratumPolicy) -> Conversation:
    conversation = Conversation(Connection(**state["connection"]), policy)
    first, second = (Stream.from_state(one, policy.max_held_bytes) for one in state["streams"])
    conversation.streams = (first, second)
    framing = conversation.framing
    framing.modes = list(state["modes"])
    framing.is_tunnel = bool(state["is_tunnel"])
    for side, (mode, buffer) in enumerate(zip(framing.modes, state["buffers"], strict=True)):
        framing.parsers[side] = _make_parser(mode, bytes.fromhex(buffer), policy.max_message_bytes)
    conversation.session = _load_session(state["session"])
    conversation.flights = None
    conversation.volume = {int(slot): list(both) for slot, both in state["volume"].items()}
    conversation.packets = {int(source): list(span) for source, span in state["packets"].items()}
    for name in PLAIN:
        setattr(conversation, name, state[name])
    return conversation


def _make_parser(mode: str, buffer: bytes, max_bytes: int) -> JsonLines | HttpStream | WebSocketStream | None:
    """Return a parser in the middle of a stream; an unfinished body of HTTP is given up."""
    if mode == "json":
        return JsonLines(max_bytes, bytearray(buffer))
    if mode == "http":
        return HttpStream(max_bytes, "head" if not buffer else "lost")
    if mode == "ws":
        return WebSocketStream(max_bytes, bytearray(buffer))
    return None


def _dump_session(session: Session) -> dict[str, Any]:
    """Return the fields of a session, its request and share books by field too."""
    state = {field.name: getattr(session, field.name) for field in dataclasses.fields(session)}
    state["requests"] = {"waiting": session.requests.waiting, "count": session.requests.count}
    book = {field.name: getattr(session.book, field.name) for field in dataclasses.fields(session.book)}
    book["counts"] = session.book.counts.by_worth
    state["book"] = book
    state["chain"] = {"seen": session.chain.seen, "recent": session.chain.recent}
    return state


def _load_session(state: dict[str, Any]) -> Session:
    book = dict(state["book"])
    counts = Counts({worth: list(pair) for worth, pair in book.pop("counts").items()})
    requests = state["requests"]
    chain = state.get("chain", {})
    rest = {name: value for name, value in state.items() if name not in {"requests", "book", "chain"}}
    return Session(
        **rest,
        requests=Requests(OrderedDict(requests["waiting"]), int(requests["count"])),
        book=ShareBook(counts=counts, **book),
        chain=Chain(**chain),
    )
