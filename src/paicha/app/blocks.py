"""Times of blocks out of mining read in clear text: what one network heard, to look for on another."""

from __future__ import annotations

import csv
import io
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from paicha.app.packs import find_pack
from paicha.app.times import format_time
from paicha.engine.backend import open_duck
from paicha.engine.load import load
from paicha.engine.policy import load_policy
from paicha.engine.sources import Given, describe_source, find_inputs
from paicha.kernel.errors import InputError, OutputError
from paicha.kernel.reader import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from paicha.app.progress import Progress

SESSIONS = "mining_sessions"
COLUMNS = ("coin", "time", "height")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of a chain: when the first session that could tell heard of it (UTC microseconds), and its height."""

    coin: str
    time: int
    height: int | None


@dataclass(frozen=True, slots=True)
class BlocksFound:
    """The blocks in order of coin and time; how many sessions told of some, and how many of no coin's.

    `errors` are inputs of which nothing (more) could be read.
    """

    blocks: tuple[Block, ...]
    sessions: int
    nameless: int
    errors: tuple[str, ...]


def find_blocks(paths: Sequence[Path], policy: str, coin: str | None, progress: Progress) -> BlocksFound:
    """Return the blocks that jobs in clear text announced; `coin` is that of sessions which do not show theirs.

    Raises:
        InputError: no input could be read.
        PolicyError: there is no such policy.
    """
    pack = find_pack("traffic")
    values = load_policy(pack, policy).values
    found = find_inputs(Given(path, "blocks") for path in paths)
    sources = [describe_source(item, position) for position, item in enumerate(found)]
    if not sources:
        raise InputError("no file in what was given", remedy="name captures, or directories with captures")
    progress.start(sum(source.size for source in sources))
    with tempfile.TemporaryDirectory(prefix="paicha-") as directory, open_duck(Path(directory) / "spill") as duck:
        reading = Reading(
            values, duck, lambda addresses: [True] * len(addresses), advance=progress.advance, say=progress.say
        )
        loaded = load(pack, sources, Path(directory), reading, {}, progress.name_file)
        rows = [
            row
            for file in loaded.tables[SESSIONS]
            for row in pq.read_table(file, columns=["coin", "blocks"]).to_pylist()
        ]
    unread = [item.count.error for item in loaded.inputs if item.count.error and not item.count.accepted]
    if len(unread) == len(loaded.inputs):
        raise unread[0]
    telling = [(row["coin"] or coin, row["blocks"]) for row in rows if row["blocks"]]
    named = [(name, blocks) for name, blocks in telling if name is not None]
    errors = tuple(str(item.count.error) for item in loaded.inputs if item.count.error)
    return BlocksFound(tuple(merge_blocks(named)), len(named), len(telling) - len(named), errors)


def merge_blocks(sessions: Iterable[tuple[str, Sequence[Mapping[str, Any]]]]) -> Iterator[Block]:
    """Yield every block once, at its earliest sight, by coin and time; equal are those of one height or one hash."""
    told = list(sessions)
    heights = {(coin, b["previous"]): b["height"] for coin, blocks in told for b in blocks if b["height"] is not None}
    earliest: dict[tuple[str, object], Block] = {}
    for coin, blocks in told:
        for block in blocks:
            height = block["height"] if block["height"] is not None else heights.get((coin, block["previous"]))
            key = (coin, height if height is not None else block["previous"])
            known = earliest.get(key)
            if known is None or block["time"] < known.time:
                earliest[key] = Block(coin, block["time"], height)
    yield from sorted(earliest.values(), key=lambda block: (block.coin, block.time))


def write_blocks(blocks: Iterable[Block]) -> str:
    """Return blocks as CSV that `--blocks` takes: coin, time (ISO 8601, UTC) and height."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((block.coin, format_time(block.time), block.height) for block in blocks)
    return stream.getvalue()


def save_blocks(blocks: Iterable[Block], path: Path) -> None:
    """Write blocks to a file.

    Raises:
        OutputError: it cannot be written.
    """
    try:
        path.write_text(write_blocks(blocks), encoding="utf-8")
    except OSError as error:
        raise OutputError(error.strerror or "cannot be written", where=str(path)) from error
