"""Text in blocks of whole lines, with the number of every line, however the input is compressed or damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from paicha.kernel.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader

    from numpy.typing import NDArray

    from paicha.kernel.reader import Reading, Sink, Source

BLOCK_BYTES = 1 << 24
"""Bytes read at once; a line longer than this is rejected, so that a file without newlines cannot fill the memory."""

NEWLINE = 10

SLICES = 4
"""Record batches of a block's lines: DuckDB scans an Arrow table with a thread per batch."""


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of UTF-8 text, each ended by one newline, the number of the first (from 1), and where they end.

    `ends` are the places of the newlines: found once, as a search takes a twentieth of the time of reading a log.
    """

    data: bytes
    first_line: int
    ends: NDArray[np.int64]


def make_block(data: bytes, first_line: int) -> Block:
    """Return whole lines as a block."""
    return Block(data, first_line, np.flatnonzero(np.frombuffer(data, np.uint8) == NEWLINE))


def read_blocks(source: Source, sink: Sink, reading: Reading) -> Iterator[Block]:
    """Yield the content in blocks; where compressed data are cut, what precedes, and the sink is told.

    Carriage returns are dropped at the ends of lines and are blanks elsewhere, bytes that are no UTF-8 become U+FFFD,
    a byte order mark is left out. A line over `BLOCK_BYTES` is rejected.
    """
    line, tail, is_skipping, is_first = 1, b"", False, True
    for data in read_chunks(source, sink, reading):
        if is_first:
            data, is_first = data.removeprefix(b"\xef\xbb\xbf"), False
        if is_skipping:
            end = data.find(b"\n")
            if end < 0:
                continue
            data, is_skipping, line = data[end + 1 :], False, line + 1
        end = data.rfind(b"\n") + 1
        if end:
            block = make_block(_clean(b"".join((tail, memoryview(data)[:end]))), line)
            yield block
            line += len(block.ends)
            tail = b""
        tail += data[end:]
        if len(tail) > BLOCK_BYTES:
            sink.reject(source, f"line {line}", f"the line is longer than {BLOCK_BYTES} bytes")
            tail, is_skipping = b"", True
    if tail:
        yield make_block(_clean(tail + b"\n"), line)


def read_chunks(source: Source, sink: Sink, reading: Reading) -> Iterator[bytes]:
    """Yield the decompressed bytes, report progress, and tell the sink where they break off."""
    read = 0
    try:
        with source.open() as stream:
            while chunk := stream.read(BLOCK_BYTES):
                yield chunk
                read += len(chunk)
                if source.compression is None:
                    reading.advance(len(chunk))
        if source.compression is not None:
            reading.advance(source.size)
    except InputError as error:
        if source.compression is not None:
            yield from _salvage(source, read)
        sink.fail(source, error)
    except OSError as error:
        sink.fail(source, InputError(f"cannot be read: {error.strerror}", where=str(source.path)))


def _salvage(source: Source, read: int) -> Iterator[bytes]:
    """Yield what lies between the `read` bytes and the break: a long step that meets a break loses what it held."""
    with source.open() as opened:
        stream = cast("BufferedReader", opened)
        parts: list[bytes] = []
        try:
            while read > 0 and (part := stream.read1(min(read, 1 << 16))):
                read -= len(part)
            while part := stream.read1(256):
                parts.append(part)
        except InputError:
            pass  # the caller reports it
    yield b"".join(parts)


def _clean(data: bytes) -> bytes:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b" ")
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError:
            data = data.decode("utf-8", "replace").encode()
    return data


def tabulate_lines(block: Block, slices: int = SLICES) -> pa.Table:
    """Return `line` (its number) and `text` (with the newline) of every line of the block, without copying the text.

    `slices` are its record batches.
    """
    ends = block.ends
    offsets = np.zeros(len(ends) + 1, np.int64)
    offsets[1:] = ends + 1
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(block.data)]
    text = pa.Array.from_buffers(pa.large_string(), len(ends), buffers)
    lines = pa.array(np.arange(block.first_line, block.first_line + len(ends), dtype=np.int64))
    batch = pa.record_batch({"line": lines, "text": text})
    step = max(1, -(-len(ends) // slices))
    return pa.Table.from_batches([batch.slice(start, step) for start in range(0, len(ends), step)], batch.schema)
