"""A workspace on disk: who may write, what is under way, and where finished runs lie.

A run is written beside the others under a name that ends in `.partial` and renamed when it is whole; the request for
it stands in `pending/` until then. So a kill at any moment leaves either a request to be carried out again or a
finished run, never half of one.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError

from paicha.kernel.errors import OutputError, StoreError
from paicha.store.database import open_database, tell_cause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy import Engine

MARKER = "paicha-workspace"
DATABASE = "paicha.db"


@dataclass(frozen=True, slots=True)
class Workspace:
    """An open workspace."""

    path: Path
    engine: Engine
    lock: IO[str]

    def release(self) -> None:
        """Let other programs write, before the results are printed: whoever reads them may be slow."""
        fcntl.flock(self.lock, fcntl.LOCK_UN)

    @property
    def runs(self) -> Path:
        """The directory of finished runs."""
        return self.path / "runs"

    def find_run(self, run: str) -> Path:
        """Return the directory of a run, finished or not."""
        return self.runs / run

    def list_pending(self) -> list[Mapping[str, Any]]:
        """Return the requests that were accepted and not finished, the oldest first.

        Raises:
            StoreError: one of them is damaged.
        """
        files = sorted((self.path / "pending").glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
        return [_read_request(file) for file in files]

    def accept(self, token: str, request: Mapping[str, Any]) -> None:
        """Write a request down, on the disk when this returns."""
        write_durably(self.path / "pending" / f"{token}.json", json.dumps(request).encode())

    def dismiss(self, token: str) -> None:
        """Strike a request that was carried out or cannot be."""
        (self.path / "pending" / f"{token}.json").unlink(missing_ok=True)

    def begin_run(self, run: str) -> Path:
        """Return an empty directory to write a run to."""
        partial = self.runs / f"{run}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        return partial

    def finish_run(self, run: str) -> Path:
        """Give the run its name, durably, and return its directory.

        Raises:
            OutputError: the disk is full or cannot be written.
        """
        partial, final = self.runs / f"{run}.partial", self.find_run(run)
        try:
            for file in partial.rglob("*"):
                if file.is_file():
                    _sync(file)
            _sync(partial)
            if final.exists():  # written and renamed, but killed before the database knew of it
                shutil.rmtree(final)
            partial.rename(final)
            _sync(self.runs)
        except OSError as error:
            raise OutputError(f"the run could not be kept: {error}", where=str(final)) from error
        return final


@contextmanager
def open_workspace(
    path: Path, *, create: bool = True, on_wait: Callable[[], None] = lambda: None
) -> Iterator[Workspace]:
    """Open a workspace for writing, one program at a time; wait for the one that has it.

    Raises:
        StoreError: the directory is something else, or cannot be made or opened, or its database fails meanwhile.
    """
    try:
        os.fsencode(path).decode()  # names of files reach the database and DuckDB, which know UTF-8 only
    except UnicodeDecodeError as error:
        raise StoreError("the name is no UTF-8", where=ascii(str(path)), remedy="name another directory") from error
    try:
        if not path.exists() and create:
            path.mkdir(parents=True)
        if not path.is_dir():
            raise StoreError("no such workspace", where=str(path), remedy="check --workspace")
        if not (path / MARKER).exists():
            # A marker half written is what a kill or a full disk left of an earlier attempt.
            begun = (entry for entry in path.iterdir() if not entry.name.startswith(f".{MARKER}."))
            if any(entry.name != "lock" for entry in begun) or not create:
                raise StoreError("is not a workspace", where=str(path), remedy="name an empty or new directory")
            write_durably(path / MARKER, b"1\n")
        for name in ("runs", "pending"):
            (path / name).mkdir(exist_ok=True)
        lock = (path / "lock").open("a")
    except OSError as error:
        raise StoreError(f"the workspace cannot be used: {error.strerror}", where=str(path)) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(lock, fcntl.LOCK_EX)
        _need_database(path)
        engine = open_database(f"sqlite:///{path / DATABASE}")
        try:
            yield Workspace(path, engine, lock)
        except SQLAlchemyError as error:
            raise StoreError(
                f"the database failed: {tell_cause(error)}",
                where=str(path / "paicha.db"),
                remedy="see whether the disk is full, then run the same command again",
            ) from error
        finally:
            engine.dispose()


def _read_request(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StoreError(
            f"is damaged: {error}", where=str(file), remedy="delete it and screen its inputs again"
        ) from error
    if not isinstance(content, dict):
        raise StoreError("is no request", where=str(file), remedy="delete it and screen its inputs again")
    return content


def _need_database(path: Path) -> None:
    """Refuse a workspace whose runs are there and whose memory is not: a new ledger would hide the loss.

    Raises:
        StoreError: it is so.
    """
    database = path / DATABASE
    has_runs = any(entry.name.startswith("r-") and entry.suffix != ".partial" for entry in (path / "runs").iterdir())
    if has_runs and not (database.exists() and database.stat().st_size):
        raise StoreError("the database is gone, though runs are there", where=str(database), remedy="restore it")


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file's content in one step that survives a kill or a power cut.

    Raises:
        OutputError: the disk is full or cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"could not be written: {error.strerror}", where=str(path)) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
