"""The contract of a reader: a function that parses one input format, recognised by content, into a pack's tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paicha.kernel.errors import InputError
    from paicha.kernel.rule import Title
    from paicha.kernel.schema import TableSpec


@dataclass(frozen=True, slots=True)
class Source:
    """One input file: where it is, its site, how it is compressed and how it begins.

    `head` is the first 64 KiB after decompression (fewer where the file is shorter or broken). `key` names the
    content: 16 hexadecimal digits in tables, mapped to path and SHA-256 by the run. `position` is the order in
    which the inputs were given.
    """

    path: Path
    key: str
    site: str
    size: int
    compression: str | None
    head: bytes
    position: int
    open: Callable[[], BinaryIO]
    """Open a stream of the decompressed content; reading it raises `InputError` where compressed data are cut."""


class Sink(Protocol):
    """Where a reader puts what it read."""

    def write(self, table: str, batch: Any) -> None:
        """Keep an Arrow record batch or table of the named table (cast to its schema, columns by name)."""

    def copy(self, table: str, query: str) -> int:
        """Keep the answer of a DuckDB query on `Reading.duck` in the named table; return the number of rows."""

    def accept(self, source: Source, records: int) -> None:
        """Count records that were read and understood."""

    def reject(self, source: Source, position: str, reason: str, count: int = 1) -> None:
        """Count records that were not, with the place of the first one (`line 17`, `packet 3`, `byte 240`)."""

    def fail(self, source: Source, error: InputError) -> None:
        """Say that nothing (more) of one source can be read, and go on with the others.

        What was written of it before stays; a reader raises `InputError` only where all of its sources are lost.
        """


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader is told beside its sources.

    `is_inside` maps address texts to whether they belong to the watched network (vectorised: a list to a list).
    `since` and `until` bound the records to use, in UTC microseconds. `state` is what `read` returned for this site
    in the run before. `duck` is a DuckDB connection with bounded memory. `advance` reports bytes read.
    """

    policy: Any
    duck: Any
    is_inside: Callable[[Sequence[str]], Sequence[bool]]
    since: int | None = None
    until: int | None = None
    state: bytes | None = None
    advance: Callable[[int], None] = field(default=lambda _: None)
    say: Callable[[str], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Reader:
    """One input format.

    `read` takes all sources of one site that it recognises, in the order of their first record, writes every record
    to the sink exactly once, and returns a state to be handed to the next run of the site, or None.
    """

    name: str
    title: Title
    tables: tuple[TableSpec, ...]
    recognises: Callable[[Source], bool]
    read: Callable[[Sequence[Source], Sink, Reading], bytes | None]
