"""What a workspace remembers of earlier runs: states of sensors, subjects, and the run just finished.

The database is imported where a workspace is used: a screening without one does not wait for it.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING

from paicha.kernel.errors import StoreError
from paicha.kernel.grades import Grade

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    import pyarrow as pa

    from paicha.engine.load import Input
    from paicha.store.runs import Run, RunInput, Subject
    from paicha.store.watching import Announcement
    from paicha.store.workspace import Workspace

STATES = "states"
DOCUMENTS = "documents.jsonl"


def read_states(workspace: Workspace, pack: str) -> dict[tuple[str, str], bytes]:
    """Return the newest state of every site and reader that the runs of a pack left.

    Raises:
        StoreError: one of them is damaged.
    """
    from paicha.store.runs import read_states as find_states

    with workspace.engine.connect() as connection:
        runs = find_states(connection, pack)
    states: dict[tuple[str, str], bytes] = {}
    for (site, reader), run in runs.items():
        file = workspace.find_run(run) / STATES / _name_state(site, reader)
        try:
            states[site, reader] = json.loads(file.read_text(encoding="utf-8"))["state"].encode()
        except FileNotFoundError:  # the run was deleted: what it left open begins anew
            continue
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise StoreError(
                f"the state of open sessions is damaged: {error}",
                where=str(file),
                remedy="delete it; sessions that were open begin anew",
            ) from error
    return states


def _name_state(site: str, reader: str) -> str:
    return hashlib.sha256(f"{reader}|{site}".encode()).hexdigest()[:20] + ".json"


def write_states(directory: Path, states: Mapping[tuple[str, str], bytes]) -> None:
    """Write the states that this run leaves."""
    (directory / STATES).mkdir(exist_ok=True)
    for (site, reader), state in states.items():
        content = {"site": site, "reader": reader, "state": state.decode()}
        text = json.dumps(content, ensure_ascii=False)
        (directory / STATES / _name_state(site, reader)).write_text(text, encoding="utf-8")


def has_run(workspace: Workspace, run: str) -> bool:
    """Return whether a run was finished and recorded, and its result still lies there."""
    from paicha.store.runs import find_run

    with workspace.engine.connect() as connection:
        is_recorded = find_run(connection, run) is not None
    return is_recorded and (workspace.find_run(run) / DOCUMENTS).is_file()


def list_documents(workspace: Workspace) -> list[Path]:
    """Return the files of documents of all runs, the newest first."""
    from paicha.store.runs import list_runs

    with workspace.engine.connect() as connection:
        runs = list_runs(connection)
    return [workspace.find_run(run.run) / DOCUMENTS for run in reversed(runs)]


def find_inputs(workspace: Workspace | None, keys: Iterable[str]) -> dict[str, RunInput]:
    """Return the inputs of earlier runs that these keys name."""
    if workspace is None:
        return {}
    from paicha.store.runs import find_inputs as find

    with workspace.engine.connect() as connection:
        return find(connection, keys)


def read_known(workspace: Workspace, pack: str) -> dict[tuple[str, str], Subject]:
    """Return the subjects that earlier runs found something on."""
    from paicha.store.runs import read_subjects

    with workspace.engine.connect() as connection:
        return read_subjects(connection, pack)


def record(
    workspace: Workspace,
    run: Run,
    inputs: tuple[Input, ...],
    states: Iterable[tuple[str, str]],
    verdicts: pa.Table,
    actor: str,
    *,
    is_unmasked: bool,
    watch: str | None,
) -> None:
    """Write a finished run, the states it left, what it says of each subject, and the ledger's event: one transaction.

    `watch` names the watch whose run it is: the verdicts that are new or raised wait there to be told.
    """
    from paicha.store.ledger import append_event
    from paicha.store.runs import RunInput, Subject, read_subjects, record_run, update_states, update_subjects
    from paicha.store.watching import add_announcements

    rows = [
        RunInput(
            item.source.key, write_path(item.source.path), item.sha256, item.source.site, item.reader,
            item.count.accepted + item.count.rejected, item.count.rejected,
        )
        for item in inputs
    ]  # fmt: skip
    columns = verdicts.select(["site", "subject", "first_seen", "last_seen", "grade", "is_cleared"]).to_pylist()
    subjects = [
        Subject(
            row["site"], row["subject"], row["first_seen"], row["last_seen"], row["grade"],
            run.run if row["is_cleared"] else None,
        )
        for row in columns
        if row["grade"] >= Grade.POSSIBLE or row["is_cleared"]
    ]  # fmt: skip
    with workspace.engine.begin() as connection:
        if not record_run(connection, run, rows):
            return
        update_states(connection, run, states)
        if watch is not None:
            raised = _list_raised(run, subjects, read_subjects(connection, run.pack))
            add_announcements(connection, watch, raised)
        update_subjects(connection, run.pack, subjects)
        content = {"run": run.run, "pack": run.pack, "inputs": len(rows), "verdicts": run.verdicts}
        content |= {"unmasked": is_unmasked}
        append_event(connection, actor, "screened", content)


def _list_raised(
    run: Run, subjects: Iterable[Subject], known: Mapping[tuple[str, str], Subject]
) -> Iterator[Announcement]:
    """Yield what the run says of subjects that nothing was found on before, or less."""
    from paicha.store.watching import Announcement

    for item in subjects:
        before = known.get((item.site, item.subject))
        if item.grade >= Grade.POSSIBLE and (before is None or item.grade > before.grade):
            yield Announcement(run.run, item.site, item.subject, before.grade if before else None, item.grade)


def write_path(path: Path) -> str:
    """Return a path as text for a database: names of files are any bytes, texts of a database are UTF-8."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def make_run(name: str, pack: str, as_of: int, policy: tuple[str, str], engine: str, counts: tuple[int, int]) -> Run:
    """Return the record of a run that is finished now."""
    from paicha.store.runs import Run

    return Run(name, pack, as_of, time.time_ns() // 1000, *policy, engine, *counts)
