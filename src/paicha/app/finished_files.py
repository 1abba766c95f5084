"""The files below a directory that their sensor has finished."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from paicha.app.sensor_names import SensorName, find_base, is_never_finished, read_name
from paicha.store.workspace import MARKER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LIVE_DIRECTORY = "current"
"""Zeek's name for the spool, where it writes: never read."""

NEWEST_BYTES = 512
CLOSED = b"\n#close\t"
OPENED = b"#separator"
SECOND_NS = 1_000_000_000
WRITABLE = os.O_WRONLY | os.O_RDWR


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as a listing shows it; `signature` changes when its content, its place or its rights may have."""

    path: str
    name: SensorName
    signature: str
    size: int
    modified_ns: int
    identity: tuple[int, int]

    @property
    def time_us(self) -> int:
        """The time that its name tells, else of its last change: UTC microseconds."""
        return self.name.time if self.name.time is not None else self.modified_ns // 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a file must rest: `settle_seconds` by the clock (`now_ns`), or since it was first looked at.

    `before` and `seen` map the paths of unfinished files to their signature and the monotonic time when it was first
    seen, in the look before and in this one.
    """

    settle_seconds: float
    now_ns: int
    monotonic: float
    before: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    seen: dict[str, tuple[str, float]] = field(default_factory=dict)

    def has_settled(self, entry: Entry) -> bool:
        """Return whether the file has not changed for long enough."""
        if self.now_ns - entry.modified_ns >= self.settle_seconds * SECOND_NS:
            return True
        signature, since = self.before.get(entry.path, ("", self.monotonic))
        since = since if signature == entry.signature else self.monotonic
        self.seen[entry.path] = (entry.signature, since)
        # Where the clock is behind the sensor's, a file would rest for ever.
        return entry.modified_ns > self.now_ns and self.monotonic - since >= self.settle_seconds


def list_directories(top: Path, complain: Callable[[str, OSError], None]) -> Iterator[list[Entry]]:
    """Yield the files of each directory from `top` down, directories and links to them entered once.

    Hidden ones, Zeek's `current` and workspaces are left out; `complain` is told of what cannot be listed.
    """
    waiting, entered = [str(top)], set()
    while waiting:
        directory = waiting.pop()
        files: list[Entry] = []
        try:
            status = os.stat(directory)  # noqa: PTH116 -- names may be any bytes; a str is half the price of a Path
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            below: list[str] = []
            with os.scandir(directory) as listing:
                for item in listing:
                    if item.name == MARKER:
                        files, below = [], []
                        break
                    _sort_in(item, directory, files, below, complain)
        except OSError as error:
            complain(directory, error)
            continue
        waiting += sorted(below, reverse=True)
        yield files


def _sort_in(
    item: os.DirEntry[str],
    directory: str,
    files: list[Entry],
    below: list[str],
    complain: Callable[[str, OSError], None],
) -> None:
    """Put an item of a directory where it belongs; what is gone by now belongs nowhere."""
    try:
        if item.is_dir():
            if not item.name.startswith(".") and item.name != LIVE_DIRECTORY:
                below.append(item.path)
        elif item.is_file() and not is_never_finished(item.name):
            status = item.stat()
            if status.st_size:
                signature = f"{status.st_size}-{status.st_mtime_ns}-{status.st_ctime_ns}-{status.st_ino}"
                identity = (status.st_dev, status.st_ino)
                name = read_name(item.name, directory)
                files.append(Entry(item.path, name, signature, status.st_size, status.st_mtime_ns, identity))
    except FileNotFoundError:
        return
    except OSError as error:  # a loop of links
        complain(item.path, error)


def choose_finished(files: list[Entry], is_new: Callable[[Entry], bool], patience: Patience) -> list[Entry]:
    """Return the new files of one directory that their sensor has finished.

    A file is finished when its sensor's naming says so, when a newer one of its series exists, or when it has rested.
    Logs of one time are taken together: all of them wait for the last.
    """
    new = [entry for entry in files if is_new(entry)]
    if not new:
        return []
    newest: dict[str, tuple[tuple[int, int], int]] = {}
    for entry in files:
        if entry.name.series is not None:
            mark = (entry.name.position, entry.modified_ns)
            newest[entry.name.series] = max(newest.get(entry.name.series, mark), mark)
    rotated = {find_base(os.path.basename(e.path)) for e in files if e.name.is_log and not e.name.is_bare}  # noqa: PTH119
    finished = [entry for entry in new if _is_finished(entry, newest, rotated, patience)]
    chosen = {entry.path for entry in finished}
    held = {e.name.time for e in new if e.name.is_log and e.name.time is not None and e.path not in chosen}
    return [entry for entry in finished if not (entry.name.is_log and entry.name.time in held)]


def _is_finished(
    entry: Entry, newest: dict[str, tuple[tuple[int, int], int]], rotated: set[str], patience: Patience
) -> bool:
    name = entry.name
    if name.is_whole:
        return True
    if name.series is not None:
        position, modified_ns = newest[name.series]
        if position > name.position and modified_ns >= entry.modified_ns:
            return True
    if name.is_log and name.is_bare:
        if find_base(os.path.basename(entry.path)) in rotated or _is_open_log(entry.path):  # noqa: PTH119
            return False
    elif name.is_log and _is_closed_log(entry):
        return True
    return patience.has_settled(entry)


def _is_open_log(path: str) -> bool:
    """Return whether a Zeek log in text lacks the line that Zeek ends it with."""
    return _read(path, 0, len(OPENED)) == OPENED and CLOSED not in _read(path, -NEWEST_BYTES, NEWEST_BYTES)


def _is_closed_log(entry: Entry) -> bool:
    return CLOSED in _read(entry.path, -min(NEWEST_BYTES, entry.size), NEWEST_BYTES)


def _read(path: str, start: int, size: int) -> bytes:
    """Return bytes of a file from `start`, or from so far before its end; nothing where it cannot be read."""
    try:
        with Path(path).open("rb", buffering=0) as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(start if start >= 0 else max(0, end + start))
            return stream.read(size)
    except OSError:
        return b""


def find_written(entries: Iterable[Entry]) -> set[str]:
    """Return the paths of files that a process has open for writing, as far as /proc may be read."""
    wanted = {entry.identity: entry.path for entry in entries}
    written: set[str] = set()
    own = str(os.getpid())
    for process in _list("/proc"):
        if not process.isdigit() or process == own:
            continue
        for number in _list(f"/proc/{process}/fd"):
            try:
                status = os.stat(f"/proc/{process}/fd/{number}")  # noqa: PTH116
                path = wanted.get((status.st_dev, status.st_ino))
                if path is not None and _is_writable(f"/proc/{process}/fdinfo/{number}"):
                    written.add(path)
            except OSError:  # closed or ended since
                continue
    return written


def _is_writable(information: str) -> bool:
    for line in Path(information).read_text(encoding="ascii").splitlines():
        if line.startswith("flags:"):
            return bool(int(line.split()[1], 8) & WRITABLE)
    return False


def _list(directory: str) -> list[str]:
    try:
        return os.listdir(directory)  # noqa: PTH208
    except OSError:
        return []
