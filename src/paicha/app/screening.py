"""Screening: from what the user asked to a run with its documents, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from paicha.app.attribution import attribute_verdicts, place_in_history
from paicha.app.documents import make_documents, name_run
from paicha.app.given import find_given_of
from paicha.app.history import (
    DOCUMENTS,
    find_inputs,
    has_run,
    make_run,
    read_known,
    read_states,
    record,
    write_states,
)
from paicha.app.packs import find_pack
from paicha.app.subjects import ask_about
from paicha.engine.backend import open_backend, open_duck
from paicha.engine.load import load
from paicha.engine.policy import load_policy
from paicha.engine.screen import screen
from paicha.engine.sources import describe_source
from paicha.engine.sources import find_inputs as find_files
from paicha.kernel.description import DESCRIPTIONS
from paicha.kernel.errors import InputError, OutputError, PolicyError, RegistryError, StoreError, UsageError
from paicha.kernel.grades import Grade
from paicha.kernel.reader import Reading
from paicha.outputs.screening_json import write_screening

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from paicha.app.given import GivenTables
    from paicha.app.progress import Progress
    from paicha.app.request import ScreenRequest
    from paicha.engine.load import Input, Loaded
    from paicha.engine.policy import Policy
    from paicha.engine.screen import Screening
    from paicha.kernel.pack import Pack
    from paicha.kernel.reader import Source
    from paicha.store.workspace import Workspace

FINDINGS = "findings.parquet"
VERDICTS = "verdicts.parquet"
SHOWN_SITES = 5

NOTHING_TOLD: dict[str, Any] = {"hours_of_activity": None, "hints": []}


HOPELESS = (InputError, PolicyError, RegistryError, StoreError, UsageError)
"""Errors that the same request meets again: the user is told, and it is not kept for later."""


class NothingRead(InputError):
    """No input could be read; `inputs` say of each why."""

    def __init__(self, inputs: tuple[Input, ...], what: str, *, where: str | None, remedy: str | None) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.inputs = inputs


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished screening: its run, where its documents lie, and what went wrong on the way.

    `is_repeated` says that an earlier run of the workspace was the same and nothing was added. `errors` are inputs of
    which nothing (more) could be read and steps that failed; the rest was screened. `inputs` say what became of each.
    """

    run: str
    documents: Path
    errors: tuple[str, ...]
    has_found: bool
    is_repeated: bool
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class _Task:
    """What one screening works with."""

    request: ScreenRequest
    workspace: Workspace | None
    progress: Progress
    actor: str
    pack: Pack
    policy: Policy
    given: GivenTables
    duck: Any


@contextmanager
def run_screening(
    request: ScreenRequest, workspace: Workspace | None, progress: Progress, actor: str
) -> Iterator[Outcome]:
    """Carry a screening out and yield what came of it.

    In a workspace the run is kept, and a second identical run adds nothing. Without one it is gone when the block ends.

    Raises:
        PaichaError: wrong usage, or something that stops the whole of it.
    """
    if workspace is None:
        with tempfile.TemporaryDirectory(prefix="paicha-") as directory:
            yield _carry_out(request, None, Path(directory), progress, actor)
        return
    workspace.accept(request.token, {"request": request.to_json(), "actor": actor})
    work = f"work-{request.token}"
    try:
        outcome = _carry_out(request, workspace, workspace.begin_run(work), progress, actor)
    except HOPELESS:
        workspace.dismiss(request.token)
        raise
    finally:
        shutil.rmtree(workspace.find_run(f"{work}.partial"), ignore_errors=True)
    workspace.dismiss(request.token)
    yield outcome


def _carry_out(
    request: ScreenRequest, workspace: Workspace | None, work: Path, progress: Progress, actor: str
) -> Outcome:
    pack = find_pack(request.pack)
    policy = load_policy(pack, request.policy)
    given = find_given_of(request, workspace.path if workspace else None, policy.values)
    with open_duck(work / "spill") as duck:
        task = _Task(request, workspace, progress, actor, pack, policy, given, duck)
        loaded = _load(task, work)
        run = name_run(pack, policy, loaded.inputs, given, request)
        if workspace and has_run(workspace, run):
            documents = workspace.find_run(run) / DOCUMENTS
            found_before = _has_found(documents.parent)
            return Outcome(run, documents, _list_errors(loaded, None), found_before, True, loaded.inputs)
        found = _screen(task, work, loaded)
        try:
            _write(task, work, loaded, found)
        except OSError as error:
            raise OutputError(f"the run could not be written: {error}", where=str(work)) from error
    errors = _list_errors(loaded, found)
    if workspace is None:
        return Outcome(run, work / DOCUMENTS, errors, _has_found(work), False, loaded.inputs)
    # What failed may not fail again (a missing program, a bug mended): the same request is then carried out anew.
    directory = _keep(task, work, f"{run}-incomplete" if errors else run, loaded, found)
    return Outcome(run, directory / DOCUMENTS, errors, _has_found(directory), False, loaded.inputs)


def _load(task: _Task, work: Path) -> Loaded:
    request, pack = task.request, task.pack
    sources = _find_sources(request)
    task.progress.start(sum(source.size for source in sources))
    reading = Reading(
        policy=task.policy.values,
        duck=task.duck,
        is_inside=pack.tell_inside(task.given.tables, task.policy.values),
        since=request.since,
        until=request.until,
        advance=task.progress.advance,
        say=task.progress.say,
    )
    tables = work / "tables"
    tables.mkdir()
    states = read_states(task.workspace, pack.name) if task.workspace else {}
    loaded = load(pack, sources, tables, reading, states, task.progress.name_file)
    _need_something(loaded)
    write_states(work, loaded.states)
    return loaded


def _need_something(loaded: Loaded) -> None:
    """Let a screening end here where there is nothing to screen.

    Raises:
        InputError: there is none.
        NothingRead: none could be read.
    """
    unread = [item.count.error for item in loaded.inputs if item.count.error and not item.count.accepted]
    if not loaded.inputs:
        raise InputError("no file in what was given", remedy="name files, or directories with files")
    if len(unread) == len(loaded.inputs):
        first, others = unread[0], len(unread) - 1
        what = f"{first.what}, and {others} more input(s) could not be read either" if others else first.what
        raise NothingRead(loaded.inputs, what, where=first.where, remedy=first.remedy)


def _find_sources(request: ScreenRequest) -> list[Source]:
    found = find_files(request.given)
    return [
        describe_source(item if not request.is_separate else type(item)(item.path, str(item.path)), position)
        for position, item in enumerate(found)
    ]


def _screen(task: _Task, work: Path, loaded: Loaded) -> Screening:
    known = read_known(task.workspace, task.pack.name) if task.workspace else {}
    sites = dict.fromkeys(item.source.site for item in loaded.inputs)
    _warn_of_strange_seats(task, sites)
    asked = ask_about(task.request.subjects, sites, known)
    hashes = {key: item.sha256 for key, item in find_inputs(task.workspace, _list_resumed(task, loaded)).items()}
    hashes |= {item.source.key: item.sha256 for item in loaded.inputs}
    backend = open_backend(task.request.engine, task.duck, work, task.pack.name, task.policy.sha256)
    try:
        found = screen(
            task.pack, backend, task.duck, loaded.tables, task.given.tables, task.policy.values, asked,
            hashes, task.progress.name_step,
        )  # fmt: skip
    finally:
        backend.close()
    verdicts = attribute_verdicts(found.verdicts, task.given.tables["owners"])
    verdicts = place_in_history(verdicts, known, task.policy.values.stock.baseline)
    measures = task.pack.measure(found.tables, found.findings, task.policy.values)
    verdicts = add_measures(verdicts, measures)
    told = task.pack.describe(found.tables, found.findings, verdicts, task.policy.values)
    return found.with_verdicts(add_descriptions(verdicts, told))


def _warn_of_strange_seats(task: _Task, sites: Iterable[str]) -> None:
    """Say so where seats are given, and none of a site that the inputs are of."""
    named = set(task.given.tables["seats"].column("site").to_pylist())
    if named and named.isdisjoint(sites):
        shown = ", ".join(sorted(named)[:SHOWN_SITES])
        task.progress.say(f"no seats are of the site {', '.join(sites)}, only of {shown}: see --site NAME=PATH")


def _list_resumed(task: _Task, loaded: Loaded) -> set[str]:
    """Return the keys of earlier runs' inputs that showed what goes on in this run."""
    keys: set[str] = set()
    for spec in task.pack.tables:
        for file in loaded.tables[spec.name] if "sources" in spec.names else ():
            sources = pq.read_table(file, columns=["sources"]).column("sources").combine_chunks()
            keys.update(pc.unique(sources.flatten()).to_pylist())
    return keys - {item.source.key for item in loaded.inputs}


def add_measures(verdicts: Any, measures: Any) -> Any:
    """Return the verdicts with the column `measures`, JSON text, `{}` where the pack measured nothing."""
    known = {(r["site"], r["subject"]): r["measures"] for r in measures.to_pylist()}
    pairs = zip(verdicts.column("site").to_pylist(), verdicts.column("subject").to_pylist(), strict=True)
    return verdicts.append_column("measures", [[known.get(pair, "{}") for pair in pairs]])


def add_descriptions(verdicts: Any, descriptions: Any) -> Any:
    """Return the verdicts with `hours_of_activity` (null where unknown) and `hints` (empty where there are none)."""
    known = {(r["site"], r["subject"]): r for r in descriptions.to_pylist()}
    pairs = zip(verdicts.column("site").to_pylist(), verdicts.column("subject").to_pylist(), strict=True)
    rows = [known.get(pair, NOTHING_TOLD) for pair in pairs]
    for name in ("hours_of_activity", "hints"):
        kind = DESCRIPTIONS.arrow.field(name).type
        verdicts = verdicts.append_column(name, pa.array([row[name] for row in rows], kind))
    return verdicts


def _write(task: _Task, work: Path, loaded: Loaded, found: Screening) -> None:
    pq.write_table(found.findings, work / FINDINGS, compression="zstd")
    pq.write_table(found.verdicts, work / VERDICTS, compression="zstd")
    paths = {key: item.path for key, item in find_inputs(task.workspace, _list_resumed(task, loaded)).items()}
    paths |= {item.source.key: str(item.source.path) for item in loaded.inputs}
    with (work / DOCUMENTS).open("w", encoding="utf-8") as stream:
        for document in make_documents(
            task.pack, task.policy, loaded.inputs, task.given, task.request, found.tables, found.findings,
            found.verdicts, paths,
        ):  # fmt: skip
            write_screening(document, stream)


def _keep(task: _Task, work: Path, run: str, loaded: Loaded, found: Screening) -> Path:
    """Give the run its place in the workspace and write it into the database, in this order."""
    workspace = task.workspace
    if workspace is None:
        raise InputError("a run is kept in a workspace", remedy="give --workspace")
    shutil.rmtree(work / "spill", ignore_errors=True)
    work.rename(workspace.begin_run(run))
    directory = workspace.finish_run(run)
    counts = (found.findings.num_rows, found.verdicts.num_rows)
    as_of = pc.max(found.tables[task.pack.observed].column("last_seen")).as_py() or 0
    policy = (task.policy.name, task.policy.sha256)
    record(
        workspace, make_run(run, task.pack.name, as_of, policy, task.request.engine, counts), loaded.inputs,
        loaded.states, found.verdicts, task.actor, is_unmasked=task.request.is_unmasked, watch=task.request.watch,
    )  # fmt: skip
    return directory


def _list_errors(loaded: Loaded, found: Screening | None) -> tuple[str, ...]:
    unread = [str(item.count.error) for item in loaded.inputs if item.count.error]
    return (*unread, *(str(failure) for failure in (found.failures if found else ())))


def _has_found(directory: Path) -> bool:
    file = directory / VERDICTS
    try:
        grades = pq.read_table(file, columns=["grade"]).column("grade")
    except (pa.ArrowException, OSError) as error:
        raise StoreError(
            "the run is damaged", where=str(file), remedy="delete its directory; it is made anew"
        ) from error
    return bool(pc.any(pc.greater_equal(grades, int(Grade.POSSIBLE))).as_py())
