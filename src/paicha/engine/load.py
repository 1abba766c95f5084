"""Loading: every input goes to the reader that recognises it, and ends in Parquet."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

from paicha.engine.sink import Count, ParquetSink
from paicha.engine.sources import hash_file
from paicha.kernel.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from paicha.kernel.pack import Pack
    from paicha.kernel.reader import Reader, Reading, Source


PROBE = "127.0.0.1"
"""An address that any network may be asked about."""


@dataclass(frozen=True, slots=True)
class Input:
    """What became of one input: which reader took it, and how many records it held."""

    source: Source
    sha256: str
    reader: str | None
    count: Count
    same_as: str | None = None
    """Path of the input with the same content that was read in its place."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """All inputs in the order given, the Parquet files of each table, and each site's and reader's state."""

    inputs: tuple[Input, ...]
    tables: Mapping[str, tuple[Path, ...]]
    states: Mapping[tuple[str, str], bytes]


def load(
    pack: Pack,
    sources: Sequence[Source],
    directory: Path,
    reading: Reading,
    states: Mapping[tuple[str, str], bytes],
    on_file: Callable[[Source], None] = lambda _: None,
) -> Loaded:
    """Read the sources into Parquet files under `directory` and return what became of each.

    Files are hashed on another thread meanwhile. `states` maps site and reader to what the run before returned.

    Raises:
        OutputError: the disk is full.
    """
    chosen = {source.position: _choose_reader(pack.readers, source) if source.head else None for source in sources}
    with ThreadPoolExecutor(max_workers=1) as hasher:
        hashes = {s.position: hasher.submit(_try_hash, s.path) for s in sources}
        # what tells addresses apart is loaded at its first use: now, while files are read, and not after them
        hasher.submit(reading.is_inside, [PROBE])
        distinct, same_as = _drop_repeated(sources, lambda s: hashes[s.position].result())
        counts: dict[int, Count] = {}
        kept: dict[tuple[str, str], bytes] = {}
        for reader, site, group in _group(distinct, chosen):
            for source in group:
                on_file(source)
            prefix = f"{reader.name}-{hashlib.sha256(site.encode()).hexdigest()[:12]}"
            sink = ParquetSink(directory, prefix, pack.tables, reading.duck)
            try:
                told = replace(reading, state=states.get((site, reader.name)))
                state = reader.read(group, sink, told)
                if state is not None:
                    kept[site, reader.name] = state
            except InputError as error:
                for source in group:
                    sink.fail(source, error)
            finally:
                sink.close()
            counts |= sink.counts
        renamed = {source.position: source for source in distinct}
        inputs = tuple(
            _report(renamed.get(s.position, s), hashes[s.position].result(), chosen[s.position], counts, same_as)
            for s in sources
        )
    tables = {table.name: tuple(sorted(directory.glob(f"*-{table.name}-*.parquet"))) for table in pack.tables}
    return Loaded(inputs, tables, kept)


def _choose_reader(readers: Iterable[Reader], source: Source) -> Reader | None:
    return next((reader for reader in readers if reader.recognises(source)), None)


def _try_hash(path: Path) -> str | InputError:
    try:
        return hash_file(path)
    except InputError as error:
        return error


def _drop_repeated(
    sources: Sequence[Source], find_hash: Callable[[Source], str | InputError]
) -> tuple[list[Source], dict[int, Source]]:
    """Leave out inputs whose content was given before for the same site; tell keys of different contents apart."""
    distinct: list[Source] = []
    same_as: dict[int, Source] = {}
    seen: dict[str, list[Source]] = {}
    for source in sources:
        alike = seen.setdefault(source.key, [])
        # Only inputs of one key wait for their hashes: all others are read while they are hashed.
        hashes = [find_hash(other) for other in alike]
        own = find_hash(source) if alike else None
        twins = (s for s, other in zip(alike, hashes, strict=True) if s.site == source.site and other == own)
        twin = next(twins, None) if isinstance(own, str) else None
        if twin is not None:
            same_as[source.position] = twin
            continue
        differs = any(other != own for other in hashes)
        alike.append(source)
        distinct.append(replace(source, key=f"{source.key}-{len(alike)}") if differs else source)
    return distinct, same_as


def _group(sources: Sequence[Source], chosen: Mapping[int, Reader | None]) -> list[tuple[Reader, str, list[Source]]]:
    """Return the sources by reader and site, each group in the order given."""
    taken = [(reader, source) for source in sources if (reader := chosen[source.position]) is not None]

    def order(item: tuple[Reader, Source]) -> tuple[str, str]:
        return item[0].name, item[1].site

    return [
        (group[0][0], site, [source for _, source in group])
        for (_, site), members in groupby(sorted(taken, key=order), key=order)
        for group in [list(members)]
    ]


def _report(
    source: Source,
    sha256: str | InputError,
    reader: Reader | None,
    counts: Mapping[int, Count],
    same_as: Mapping[int, Source],
) -> Input:
    count = counts.get(source.position, Count())
    if isinstance(sha256, InputError):
        count.error = count.error or sha256
        sha256 = ""
    twin = same_as.get(source.position)
    if reader is None and twin is None and count.error is None:
        count.error = _tell_why_unread(source)
    return Input(source, sha256, reader.name if reader else None, count, str(twin.path) if twin else None)


def _tell_why_unread(source: Source) -> InputError:
    """Return why no reader recognises a source."""
    what = "is in no format that paicha reads"
    if not source.head:
        try:
            with source.open() as stream:
                stream.read(1)
        except InputError as error:  # compressed, and cut before anything could be unpacked
            return error
        what = "is empty"
    return InputError(what, where=str(source.path), remedy="see `paicha formats`")
