"""The ledger: every event, append-only, each bound to the one before by its hash."""

from __future__ import annotations

import hashlib
import json
import time as clock
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from paicha.kernel.errors import StoreError
from paicha.store.schema import EVENTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

GENESIS = "0" * 64
"""What the first event of a ledger names as the one before it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: who did what, when (UTC microseconds); `sha256` covers all of it and the entry before."""

    number: int
    time: int
    actor: str
    kind: str
    content: Mapping[str, Any]
    previous: str
    sha256: str


def append_event(connection: Connection, actor: str, kind: str, content: Mapping[str, Any]) -> Event:
    """Write an event within the caller's transaction and return it."""
    # The lock on the last row (PostgreSQL) or on the whole database (SQLite, by the transaction) keeps one chain.
    last = connection.execute(
        select(EVENTS.c.number, EVENTS.c.sha256).order_by(EVENTS.c.number.desc()).limit(1).with_for_update()
    ).first()
    number, previous = (last.number + 1, last.sha256) if last else (1, GENESIS)
    time = clock.time_ns() // 1000
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    text = text.encode("utf-8", "backslashreplace").decode()  # names of files are any bytes: an escape in JSON
    sha256 = _hash(number, time, actor, kind, text, previous)
    connection.execute(
        insert(EVENTS).values(
            number=number, time=time, actor=actor, kind=kind, content=text, previous=previous, sha256=sha256
        )
    )
    return Event(number, time, actor, kind, content, previous, sha256)


def read_events(connection: Connection) -> Iterator[Event]:
    """Yield all events in order, checking the chain.

    Raises:
        StoreError: an event was changed, removed or inserted.
    """
    previous, expected = GENESIS, 1
    for row in connection.execute(select(EVENTS).order_by(EVENTS.c.number)):
        sha256 = _hash(row.number, row.time, row.actor, row.kind, row.content, row.previous)
        if row.number != expected or row.previous != previous or row.sha256 != sha256:
            raise StoreError("the chain of the ledger is broken", where=f"event {row.number}")
        yield Event(row.number, row.time, row.actor, row.kind, json.loads(row.content), row.previous, row.sha256)
        previous, expected = row.sha256, expected + 1


def _hash(number: int, time: int, actor: str, kind: str, content: str, previous: str) -> str:
    parts = json.dumps([number, time, actor, kind, content, previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(parts.encode()).hexdigest()
