"""Watching: each finished file of a sensor is taken once, and verdicts are told as they arise.

Nothing depends on the watch staying alive. A file is taken when the run with it among its inputs is recorded, in one
transaction with the states of open sessions and the verdicts to be told; these are struck off, and the file is
remembered with its size and times, once they were told. So a kill may repeat a line and loses none.
"""

from __future__ import annotations

import gc
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from paicha.app.candidates import Candidate, Sifted, describe_candidate, sift, write_text
from paicha.app.evidence import read_documents
from paicha.app.finished_files import Patience, choose_finished, find_written, list_directories
from paicha.app.given import find_given_of
from paicha.app.history import DOCUMENTS
from paicha.app.packs import find_pack
from paicha.app.recovery import complete_interrupted
from paicha.app.screening import NothingRead, run_screening
from paicha.engine.policy import load_policy
from paicha.kernel.errors import EngineError, InputError, OutputError, RegistryError, UsageError
from paicha.kernel.grades import Grade
from paicha.kernel.identifiers import name_by_hash
from paicha.outputs.watching_text import Event, FileRefused, FileTaken, VerdictRaised
from paicha.store.watching import list_announcements, list_signatures, strike_announcements, write_watched
from paicha.store.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from paicha.app.finished_files import Entry
    from paicha.app.progress import Progress
    from paicha.app.request import ScreenRequest
    from paicha.engine.load import Input
    from paicha.store.watching import WatchedFile
    from paicha.store.workspace import Workspace

PASSING = (EngineError, InputError, OutputError, RegistryError)
"""Errors that may pass: a full disk, a register that is just being replaced."""

BATCH_FILES = 64
BATCH_BYTES = 1 << 30
"""Files that wait are taken together in one run, up to so many and so large: that bounds memory and a stop's delay."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched: `request` is what is asked of each run, without inputs."""

    directory: Path
    site: str
    request: ScreenRequest
    workspace: Path
    settle_seconds: float
    progress: Progress
    actor: str

    @property
    def name(self) -> str:
        """What its announcements are kept under."""
        return name_by_hash("w", str(self.directory), self.site)


@dataclass(slots=True)
class _Memory:
    """What one look leaves for the next: hashes of files done with, first looks at unfinished ones, complaints told."""

    done: set[int] = field(default_factory=set)
    resting: Mapping[str, tuple[str, float]] = field(default_factory=dict)
    complaints: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Taken:
    """What came of a batch: events to tell, what to remember then, and the last announcement among them."""

    events: tuple[Event, ...]
    files: tuple[WatchedFile, ...]
    last: int | None


def watch_directory(
    watch: Watch, *, is_once: bool, pause: Callable[[], None], is_stopped: Callable[[], bool]
) -> Iterator[Event]:
    """Yield what happens, until `is_stopped`, or until all that is finished now has been taken.

    `pause` waits between two looks. The workspace is open only while files are taken, not while an event is told.

    Raises:
        PaichaError: wrong usage or a workspace that cannot be used; what may pass only where `is_once`, else it is
            told and tried again.
    """
    if not watch.directory.is_dir():
        raise UsageError("no such directory", where=str(watch.directory), remedy="name the sensor's directory")
    policy = load_policy(find_pack(watch.request.pack), watch.request.policy)
    find_given_of(watch.request, watch.workspace, policy.values)
    memory = _Memory()
    with open_workspace(watch.workspace) as workspace, workspace.engine.connect() as connection:
        memory.done = {hash(pair) for pair in list_signatures(connection, watch.site)}
    trouble = None
    is_first = True
    while not is_stopped():
        try:
            yield from _look(watch, memory, is_stopped, must_recover=is_first)
            is_first, trouble = False, None
        except PASSING as error:
            if is_once:
                raise
            if str(error) != trouble:
                watch.progress.say(f"{error}; it is tried again")
            trouble = str(error)
        if is_once:
            return
        pause()


def _look(watch: Watch, memory: _Memory, is_stopped: Callable[[], bool], *, must_recover: bool) -> Iterator[Event]:
    """Take what is finished now, and yield what came of it."""
    complaints: dict[tuple[str, str], None] = {}
    waiting = _list_waiting(watch, memory, complaints)
    for path, error in complaints:
        if (path, error) not in memory.complaints:
            yield FileRefused(path, error)
    memory.complaints = set(complaints)
    while (waiting or must_recover) and not is_stopped():
        count = cut_batch(waiting)
        batch, waiting = waiting[:count], waiting[count:]
        with open_workspace(watch.workspace) as workspace:
            taken = _take(watch, workspace, batch)
        yield from taken.events
        if taken.files or taken.last is not None:
            with open_workspace(watch.workspace) as workspace, workspace.engine.begin() as connection:
                write_watched(connection, taken.files)
                if taken.last is not None:
                    strike_announcements(connection, watch.name, taken.last)
        memory.done.update(hash((file.path, file.signature)) for file in taken.files)
        must_recover = False
        gc.collect()  # tables of a run hang in cycles: left to itself, the collector waits for ten runs


def _list_waiting(watch: Watch, memory: _Memory, complaints: dict[tuple[str, str], None]) -> list[Candidate]:
    """Return the new files that are finished, in the order of their time; forget what is no more there."""
    pack = find_pack(watch.request.pack)
    patience = Patience(watch.settle_seconds, time.time_ns(), time.monotonic(), memory.resting)
    present: set[int] = set()
    finished: list[Entry] = []

    def is_new(entry: Entry) -> bool:
        mark = hash((write_text(entry.path), entry.signature))
        if mark in memory.done:
            present.add(mark)
        return mark not in memory.done

    def complain(path: str, error: OSError) -> None:
        complaints[write_text(path), f"cannot be read: {error.strerror}"] = None

    for files in list_directories(watch.directory, complain):
        finished += choose_finished(files, is_new, patience)
    memory.done, memory.resting = present, patience.seen
    if finished:
        written = find_written(finished)
        finished = [entry for entry in finished if entry.path not in written]
    found = (describe_candidate(entry, watch.site, pack) for entry in finished)
    return sorted((one for one in found if one is not None), key=lambda one: (one.time_us, one.order, one.path))


def cut_batch(waiting: list[Candidate]) -> int:
    """Return how many of the files to take together: a bounded number, logs of one time not parted."""
    count = size = 0
    for candidate in waiting:
        is_full = count >= BATCH_FILES or size + candidate.size > BATCH_BYTES
        is_tied = candidate.is_log and count and candidate.time_us == waiting[count - 1].time_us
        if count and is_full and not (is_tied and count < 2 * BATCH_FILES):
            break
        count += 1
        size += candidate.size
    return count


def _take(watch: Watch, workspace: Workspace, batch: list[Candidate]) -> _Taken:
    """Screen what is new in a batch, after what an earlier stop left, and collect what is to be told."""
    complete_interrupted(workspace, watch.progress, watch.request)
    with workspace.engine.connect() as connection:
        sifted = sift(connection, batch)
    events: list[Event] = [FileRefused(one.file.path, one.file.reason or "") for one in sifted.refused]
    events += [_tell_input(run, counted) for _, run, counted in sifted.told]
    files = [one.file for one in (*sifted.refused, *(told for told, _, _ in sifted.told), *sifted.known)]
    if sifted.new:
        for candidate, event in _screen(watch, workspace, sifted):
            events.append(event)
            reason = event.error if candidate.file.reason is None else candidate.file.reason
            files.append(replace(candidate.file, reason=reason))
    with workspace.engine.connect() as connection:
        waiting = list_announcements(connection, watch.name)
    raised: list[VerdictRaised] = []
    for run in dict.fromkeys(item.run for _, item in waiting):
        before = {(item.site, item.subject): item.before for _, item in waiting if item.run == run}
        raised += _find_verdicts(workspace, run, before)
    events += raised
    return _Taken(tuple(events), tuple(files), waiting[-1][0] if waiting else None)


def _screen(watch: Watch, workspace: Workspace, sifted: Sifted) -> Iterator[tuple[Candidate, FileTaken | FileRefused]]:
    """Screen files in one run and yield what became of each; nothing of one that went away meanwhile."""
    paths = {candidate.path: candidate for candidate in sifted.new}
    request = replace(watch.request, inputs=tuple((watch.site, path) for path in paths), watch=watch.name)
    try:
        with run_screening(request, workspace, watch.progress, watch.actor) as outcome:
            run, inputs = outcome.documents.parent.name, outcome.inputs
    except NothingRead as error:
        run, inputs = None, error.inputs
    for item in inputs:
        candidate = paths.get(str(item.source.path))
        is_gone = item.count.error is not None and not os.path.exists(item.source.path)  # noqa: PTH110
        if candidate is not None and not is_gone:
            yield candidate, _tell_taken(item, run)


def _tell_taken(item: Input, run: str | None) -> FileTaken | FileRefused:
    path = write_text(str(item.source.path))
    error = str(item.count.error) if item.count.error else None
    if run is None:
        return FileRefused(path, error or "nothing could be read")
    records = item.count.accepted + item.count.rejected
    return FileTaken(path, run, item.sha256, item.source.site, item.reader, records, item.count.rejected, error)


def _tell_input(run: str, counted: Any) -> FileTaken:
    return FileTaken(
        counted.path, run, counted.sha256, counted.site, counted.reader, counted.records, counted.rejected, None
    )


def _find_verdicts(workspace: Workspace, run: str, before: Mapping[tuple[str, str], int | None]) -> list[VerdictRaised]:
    """Return the verdicts of a run on these subjects, the surest first."""
    file = workspace.find_run(run) / DOCUMENTS
    if not file.is_file():  # the run was deleted before it was told
        return []
    raised = []
    for document in read_documents(None, file):
        for verdict in document["verdicts"]:
            subject = (verdict["site"], verdict["subject"])
            if subject in before:
                grade = before[subject]
                raised.append(VerdictRaised(run, None if grade is None else Grade(grade), verdict))
    return raised
