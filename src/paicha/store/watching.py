"""What a watch keeps: the files that it has taken, and the verdicts that it has yet to tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from paicha.store.runs import RunInput
from paicha.store.schema import ANNOUNCEMENTS, INPUTS, WATCHED_FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class WatchedFile:
    """A file that a watch is done with.

    `signature` changes when the file does (size, times, inode). `key` names its content and `head` how it begins once
    unpacked; `unpacked_bytes` is its unpacked size modulo 2^32, None where the file does not tell. `reason` is why
    nothing (more) could be read of it.
    """

    site: str
    path: str
    signature: str
    key: str | None
    head: str | None
    unpacked_bytes: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Announcement:
    """A verdict that a watch's run made new or raised: the grade before (None where it is new) and the grade now."""

    run: str
    site: str
    subject: str
    before: int | None
    grade: int


def list_signatures(connection: Connection, site: str) -> Iterator[tuple[str, str]]:
    """Yield path and signature of every file of a site that a watch is done with."""
    query = select(WATCHED_FILES.c.path, WATCHED_FILES.c.signature).where(WATCHED_FILES.c.site == site)
    for row in connection.execution_options(yield_per=1000).execute(query):
        yield row.path, row.signature


def find_watched(connection: Connection, site: str, path: str) -> WatchedFile | None:
    """Return what is known of a file by its path."""
    where = (WATCHED_FILES.c.site == site) & (WATCHED_FILES.c.path == path)
    row = connection.execute(select(*_FILE).where(where)).first()
    return WatchedFile(*row) if row else None


def find_alike(connection: Connection, site: str, head: str) -> list[WatchedFile]:
    """Return the files of a site that begin alike once unpacked."""
    where = (WATCHED_FILES.c.site == site) & (WATCHED_FILES.c.head == head)
    return [WatchedFile(*row) for row in connection.execute(select(*_FILE).where(where))]


def find_taken(connection: Connection, site: str, path: str, key: str) -> tuple[str, RunInput] | None:
    """Return the newest run that had a file of this path and content among its inputs, and what it counted."""
    where = (INPUTS.c.key == key) & (INPUTS.c.site == site) & (INPUTS.c.path == path)
    query = select(INPUTS.c.run, *(INPUTS.c[name] for name in RunInput.__slots__)).where(where)
    row = connection.execute(query.order_by(INPUTS.c.number.desc()).limit(1)).first()
    return (row.run, RunInput(*row[1:])) if row else None


def write_watched(connection: Connection, files: Iterable[WatchedFile]) -> None:
    """Write that a watch is done with these files, in place of what was known of their paths."""
    for file in files:
        same = (WATCHED_FILES.c.site == file.site) & (WATCHED_FILES.c.path == file.path)
        connection.execute(delete(WATCHED_FILES).where(same))
        connection.execute(insert(WATCHED_FILES).values(**asdict(file)))


def add_announcements(connection: Connection, watch: str, announcements: Iterable[Announcement]) -> None:
    """Write verdicts that a watch has yet to tell."""
    rows = [asdict(item) | {"watch": watch} for item in announcements]
    if rows:
        connection.execute(insert(ANNOUNCEMENTS), rows)


def list_announcements(connection: Connection, watch: str) -> list[tuple[int, Announcement]]:
    """Return what a watch has yet to tell, with numbers for `strike_announcements`, in the order of its runs."""
    query = select(ANNOUNCEMENTS.c.number, *(ANNOUNCEMENTS.c[name] for name in Announcement.__slots__))
    query = query.where(ANNOUNCEMENTS.c.watch == watch).order_by(ANNOUNCEMENTS.c.number)
    return [(row.number, Announcement(*row[1:])) for row in connection.execute(query)]


def strike_announcements(connection: Connection, watch: str, last: int) -> None:
    """Strike what a watch has told, up to this number."""
    where = (ANNOUNCEMENTS.c.watch == watch) & (ANNOUNCEMENTS.c.number <= last)
    connection.execute(delete(ANNOUNCEMENTS).where(where))


_FILE = tuple(WATCHED_FILES.c[name] for name in WatchedFile.__slots__)
