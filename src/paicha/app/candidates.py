"""Finished files as candidates of a watch: named by their content, and told apart from what was taken before."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from paicha.app.sensor_names import COMPRESSED
from paicha.engine.sources import Given, describe_source
from paicha.kernel.errors import InputError
from paicha.packs.traffic.capture.heads import read_head, recognise_head
from paicha.store.watching import WatchedFile, find_alike, find_taken, find_watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from paicha.app.finished_files import Entry
    from paicha.kernel.pack import Pack
    from paicha.kernel.reader import Source
    from paicha.store.runs import RunInput

SIZE_BYTES = 4
"""A gzip file ends in the size of its content modulo 2^32 (RFC 1952, 2.3.1)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A finished file: what its watch will know of it, and the time of what it holds (UTC microseconds).

    `file.reason` is set where no reader takes it.
    """

    path: str
    size: int
    time_us: int
    order: tuple[int, int]
    is_log: bool
    is_packed: bool
    file: WatchedFile


@dataclass(frozen=True, slots=True)
class Sifted:
    """Candidates apart: `new` to take, `refused` unreadable, `told` by an earlier run (with it), and `known` ones."""

    new: tuple[Candidate, ...]
    refused: tuple[Candidate, ...]
    told: tuple[tuple[Candidate, str, RunInput], ...]
    known: tuple[Candidate, ...]


def describe_candidate(entry: Entry, site: str, pack: Pack) -> Candidate | None:
    """Return the candidate that a finished file is; None where it is gone."""
    source = describe_source(Given(Path(entry.path), site), 0)
    if not os.path.exists(entry.path):  # noqa: PTH110 -- gone since it was listed: compressed, moved or deleted
        return None
    is_readable = any(reader.recognises(source) for reader in pack.readers) if source.head else False
    time_us = read_head(source.head).first_time if recognise_head(source.head) else 0
    file = WatchedFile(
        site=source.site,
        path=write_text(entry.path),
        signature=entry.signature,
        key=source.key if source.size else None,
        head=hashlib.sha256(source.head).hexdigest()[:16] if source.head else None,
        unpacked_bytes=_find_size(source),
        reason=None if is_readable else _tell_why_unread(source),
    )
    is_packed = source.compression is not None
    time_us = time_us or entry.time_us
    return Candidate(entry.path, entry.size, time_us, entry.name.position, entry.name.is_log, is_packed, file)


def write_text(path: str) -> str:
    """Return a path as text for a database: names of files are any bytes, texts of a database are UTF-8."""
    return path.encode("utf-8", "backslashreplace").decode()


def _find_size(source: Source) -> int | None:
    """Return the size of the content modulo 2^32 where the file tells it."""
    if source.compression is None:
        return source.size % (1 << 32)
    if source.compression != "gzip":
        return None
    try:
        with source.path.open("rb") as stream:
            stream.seek(-SIZE_BYTES, os.SEEK_END)
            return int.from_bytes(stream.read(SIZE_BYTES), "little")
    except OSError:
        return None


def _tell_why_unread(source: Source) -> str:
    if source.head:
        return "is in no format that paicha reads (see `paicha formats`)"
    try:
        with source.open() as stream:
            stream.read(1)
    except InputError as error:
        return error.what
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "is empty"


def sift(connection: Connection, candidates: Sequence[Candidate]) -> Sifted:
    """Tell new files from those that were taken before: under their name, another name, or compressed since."""
    new: list[Candidate] = []
    refused: list[Candidate] = []
    told: list[tuple[Candidate, str, RunInput]] = []
    known: list[Candidate] = []
    for candidate in candidates:
        file = candidate.file
        before = find_watched(connection, file.site, file.path)
        alike = find_alike(connection, file.site, file.head) if file.head else []
        if before is not None and before.key is not None and before.key == file.key:
            known.append(replace(candidate, file=replace(file, reason=before.reason)))
        elif file.reason is not None:
            refused.append(candidate)
        elif file.key and (taken := find_taken(connection, file.site, file.path, file.key)):
            told.append((candidate, *taken))
        elif any(_is_same(candidate, other) for other in (*alike, *(one.file for one in new))):
            known.append(candidate)
        else:
            new.append(candidate)
    return Sifted(tuple(new), tuple(refused), tuple(told), tuple(known))


def _is_same(candidate: Candidate, other: WatchedFile) -> bool:
    """Return whether another file that could be read holds the same, as it is or compressed."""
    file = candidate.file
    if other.reason is not None or other.head != file.head:
        return False
    if other.key == file.key:
        return True
    sizes = {size for size in (file.unpacked_bytes, other.unpacked_bytes) if size is not None}
    return (candidate.is_packed or other.path.endswith(COMPRESSED)) and len(sizes) < 2
