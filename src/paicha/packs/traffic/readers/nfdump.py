"""NetFlow and IPFIX records as nfdump prints them as CSV: versions 1.6 and 1.7, one- and bidirectional.

Times are local times of the machine that printed them (policy `netflow.timezone_hours`); the summary at the end is
no record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError
from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.readers.blocks import Block, make_block, read_blocks
from paicha.packs.traffic.readers.delimited import number_lines
from paicha.packs.traffic.readers.flow_records import find_missing, lay_out, read_records
from paicha.packs.traffic.readers.pairing import Pieces
from paicha.packs.traffic.readers.rows import Target
from paicha.packs.traffic.tables import FLOWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from paicha.kernel.reader import Reading, Sink, Source
    from paicha.packs.traffic.readers.delimited import Layout

_MARK = re.compile(
    rb"^(?:Summary[ ]*|No matching flows[ ]*|(?:[A-Za-z][A-Za-z0-9-]*,)*(?:sa|srcAddr),[A-Za-z0-9,-]*)\n",
    re.MULTILINE,
)
"""A line that is no record: a header (headings only, the source address among them), or the summary's beginning."""

MAX_MARKS = 10_000


def recognises(source: Source) -> bool:
    """Return whether the first line holds headings of nfdump with both addresses."""
    first = source.head.removeprefix(b"\xef\xbb\xbf").lstrip()[:4096].partition(b"\n")[0]
    try:
        headings = first.decode("ascii").strip().split(",")
    except UnicodeDecodeError:
        return False
    return find_missing(lay_out(headings)) is None and bool({"ts", "firstSeen"} & set(headings))


def read(sources: Sequence[Source], sink: Sink, reading: Reading) -> None:
    """Read the records of a site and pair the directions over all files."""
    pieces = Pieces(reading)
    for source in sources:
        _read_file(Target(source, sink, reading), pieces)
    pieces.write(sink)


def _read_file(target: Target, pieces: Pieces) -> None:
    layout: Layout | None = None
    marks = 0
    for block in read_blocks(target.source, target.sink, target.reading):
        for part in _split_block(block):
            if isinstance(part, str):
                marks += 1
                if marks > MAX_MARKS:
                    error = InputError(f"more than {MAX_MARKS} headers, this is no log", where=str(target.source.path))
                    target.sink.fail(target.source, error)
                    return
                headings = part.split(",")
                layout = lay_out(headings) if len(headings) > 1 else None
            elif layout is not None and len(lines := number_lines(part)):
                missing = find_missing(layout)
                if missing is None:
                    read_records(part, layout, target, pieces, target.reading.policy.netflow.timezone_hours)
                else:
                    target.sink.reject(
                        target.source, f"line {lines[0]}", f"there is no column for {missing}", len(lines)
                    )


def _split_block(block: Block) -> Iterator[str | Block]:
    """Yield headers and summary marks as text, what lies between them as blocks; what follows a summary is dropped."""
    start, line = 0, block.first_line
    for mark in _MARK.finditer(block.data):
        if mark.start() > start:
            part = make_block(block.data[start : mark.start()], line)
            line += len(part.ends)
            yield part
        yield mark[0].decode("ascii").strip()
        start, line = mark.end(), line + 1
    if start < len(block.data):
        yield make_block(block.data[start:], line)


NFDUMP_READER = Reader("nfdump", Title("nfdump CSV", "nfdump CSV 流记录"), (FLOWS,), recognises, read)
"""Reads CSV written by nfdump 1.6 and 1.7."""
