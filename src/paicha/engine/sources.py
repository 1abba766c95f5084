"""The inputs of a run: found on disk, recognised as compressed or not, and named by their content."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import pyarrow as pa

from paicha.kernel.errors import InputError
from paicha.kernel.reader import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

HEAD_BYTES = 65_536
PORTION_BYTES = 65_536
_MAGIC = ((b"\x1f\x8b", "gzip"), (b"\x28\xb5\x2f\xfd", "zstd"))
_SKIPPABLE_FRAME = range(0x184D2A50, 0x184D2A60)


@dataclass(frozen=True, slots=True)
class Given:
    """An input as the user named it: a file or a directory, and the site it belongs to."""

    path: Path
    site: str


class _CheckedStream(io.RawIOBase):
    """A decompressed stream whose errors are `InputError` with the file and the byte where it broke."""

    def __init__(self, inner: Any, path: Path) -> None:
        self._inner = inner
        # In small portions, and what is there at once: a cut loses what a larger read had already unpacked.
        self._read = getattr(inner, "read1", inner.read)
        self._path = path
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # the buffer protocol has no type before Python 3.12
        try:
            block = self._read(min(len(view), PORTION_BYTES))
        except (EOFError, OSError, zlib.error, pa.ArrowInvalid) as error:
            raise InputError(
                f"the compressed data are cut or damaged after {self._position} bytes",
                where=str(self._path),
                remedy="what precedes was used; fetch the file again",
            ) from error
        view[: len(block)] = block
        self._position += len(block)
        return len(block)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()


def find_inputs(given: Iterable[Given]) -> Iterator[Given]:
    """Yield the files behind what was given: directories walked in the order of their names, anything else as it is.

    Links are followed, into each directory once. What cannot be read (a directory, a link to nothing) is yielded too:
    it is an error where it is opened, and not left out in silence.
    """
    for item in given:
        if item.path.is_dir():
            yield from (replace(item, path=path) for path in _walk(item.path))
        else:
            yield item


def _walk(top: Path) -> Iterator[Path]:
    closed: list[Path] = []
    walked: set[tuple[int, int]] = set()
    for directory, subdirectories, names in os.walk(
        top, followlinks=True, onerror=lambda error: closed.append(Path(os.fsdecode(error.filename)))
    ):
        status = Path(directory).stat()
        if (status.st_dev, status.st_ino) in walked:
            subdirectories.clear()
            continue
        walked.add((status.st_dev, status.st_ino))
        subdirectories.sort()
        for name in sorted(names):
            path = Path(directory, name)
            if (path.is_file() or not path.exists()) and not name.startswith("."):
                yield path
    yield from sorted(closed)


def describe_source(item: Given, position: int) -> Source:
    """Return the source of one file, with its head decompressed.

    One that cannot be read has an empty head, and `InputError` is raised where it is opened.
    """
    # A site may be named by a path, and that may be any bytes; tables hold UTF-8.
    item = replace(item, site=item.site.encode("utf-8", "backslashreplace").decode())
    try:
        size, beginning, end = _read_ends(item.path)
    except InputError as error:
        return Source(item.path, "unreadable", item.site, 0, None, b"", position, _refuse(error))
    compression = next((name for magic, name in _MAGIC if beginning.startswith(magic)), None)
    if compression is None and int.from_bytes(beginning[:4], "little") in _SKIPPABLE_FRAME:
        compression = "zstd"
    key = hashlib.sha256(b"%d|" % size + beginning + b"|" + end).hexdigest()[:16]

    def open_stream() -> BinaryIO:
        return _open(item.path, compression)

    head = beginning if compression is None else _read_head(open_stream)
    return Source(item.path, key, item.site, size, compression, head, position, open_stream)


def _read_ends(path: Path) -> tuple[int, bytes, bytes]:
    """Return a file's size, its first and its last bytes.

    Raises:
        InputError: it is missing, no regular file, or may not be read.
    """
    try:
        if not path.is_file():
            what = "is no regular file" if path.exists() else "no such file or directory"
            raise InputError(what, where=str(path), remedy="check the path")
        with path.open("rb") as stream:
            size = path.stat().st_size
            beginning = stream.read(HEAD_BYTES)
            stream.seek(max(0, size - HEAD_BYTES))
            return size, beginning, stream.read(HEAD_BYTES)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _refuse(error: InputError) -> Callable[[], BinaryIO]:
    def refuse() -> BinaryIO:
        raise error

    return refuse


def _open(path: Path, compression: str | None) -> BinaryIO:
    if compression is None:
        return path.open("rb")
    # opened here: Arrow takes no name that is not UTF-8
    inner: Any = gzip.GzipFile(path) if compression == "gzip" else pa.CompressedInputStream(path.open("rb"), "zstd")
    return io.BufferedReader(_CheckedStream(inner, path), PORTION_BYTES)


def _read_head(open_stream: Callable[[], BinaryIO]) -> bytes:
    parts: list[bytes] = []
    missing = HEAD_BYTES
    with open_stream() as opened:
        stream = cast("io.BufferedReader", opened)
        try:
            while missing and (block := stream.read1(missing)):  # no more at once: what precedes a cut counts
                parts.append(block)
                missing -= len(block)
        except InputError:
            pass  # the reader meets the same break and reports it with its place
    return b"".join(parts)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes as they lie on disk.

    Raises:
        InputError: the file cannot be read to its end.
    """
    _read_ends(path)
    try:
        with path.open("rb", buffering=0) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
