"""Runs as the database knows them, and what all runs together say of each subject."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from paicha.store.schema import INPUTS, RUNS, STATES, SUBJECTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

KEYS_PER_QUERY = 500
"""A statement takes so many keys: SQLite bounds the number of its variables."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run; times in UTC microseconds."""

    run: str
    pack: str
    as_of: int
    finished: int
    policy: str
    policy_sha256: str
    engine: str
    findings: int
    verdicts: int


@dataclass(frozen=True, slots=True)
class RunInput:
    """An input of a run: `key` names it in the run's tables."""

    key: str
    path: str
    sha256: str
    site: str
    reader: str | None
    records: int
    rejected: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What all runs say of a subject: its span in UTC microseconds and the best grade so far.

    `cleared_in` is the run that watched it long enough and found nothing any more.
    """

    site: str
    subject: str
    first_seen: int
    last_seen: int
    grade: int
    cleared_in: str | None


def record_run(connection: Connection, run: Run, inputs: Iterable[RunInput]) -> bool:
    """Write a run and its inputs; return False, writing nothing, where it is there already."""
    if find_run(connection, run.run):
        return False
    connection.execute(insert(RUNS).values(**asdict(run)))
    rows = [asdict(item) | {"run": run.run} for item in inputs]
    if rows:
        connection.execute(insert(INPUTS), rows)
    return True


def find_run(connection: Connection, run: str) -> Run | None:
    """Return the run of this name, None where it was never finished."""
    row = connection.execute(select(*(RUNS.c[name] for name in Run.__slots__)).where(RUNS.c.run == run)).first()
    return Run(*row) if row else None


def list_runs(connection: Connection, pack: str | None = None) -> list[Run]:
    """Return the runs in the order in which they were finished."""
    query = select(*(RUNS.c[name] for name in Run.__slots__)).order_by(RUNS.c.number)
    if pack:
        query = query.where(RUNS.c.pack == pack)
    return [Run(*row) for row in connection.execute(query)]


def find_inputs(connection: Connection, keys: Iterable[str]) -> dict[str, RunInput]:
    """Return the inputs of all runs that these keys name, the newest where several share one."""
    found: dict[str, RunInput] = {}
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), KEYS_PER_QUERY):
        is_wanted = INPUTS.c.key.in_(wanted[start : start + KEYS_PER_QUERY])
        query = select(*(INPUTS.c[name] for name in RunInput.__slots__)).where(is_wanted)
        found |= {row.key: RunInput(*row) for row in connection.execute(query.order_by(INPUTS.c.number))}
    return found


def find_inputs_at(connection: Connection, site: str, paths: Iterable[str]) -> dict[str, RunInput]:
    """Return what the newest run with a file among its inputs counted of it, by the file's path."""
    found: dict[str, RunInput] = {}
    for path in paths:
        where = (INPUTS.c.site == site) & (INPUTS.c.path == path)
        query = select(*(INPUTS.c[name] for name in RunInput.__slots__)).where(where)
        row = connection.execute(query.order_by(INPUTS.c.number.desc()).limit(1)).first()
        if row:
            found[path] = RunInput(*row)
    return found


def read_states(connection: Connection, pack: str) -> dict[tuple[str, str], str]:
    """Return the run that left the newest state of each site and reader."""
    query = select(STATES.c.site, STATES.c.reader, STATES.c.run).where(STATES.c.pack == pack)
    return {(row.site, row.reader): row.run for row in connection.execute(query)}


def update_states(connection: Connection, run: Run, states: Iterable[tuple[str, str]]) -> None:
    """Write that a run left the newest state of these sites and readers."""
    for site, reader in states:
        same = (STATES.c.pack == run.pack) & (STATES.c.site == site) & (STATES.c.reader == reader)
        connection.execute(delete(STATES).where(same))
        connection.execute(insert(STATES).values(pack=run.pack, site=site, reader=reader, run=run.run))


def read_subjects(connection: Connection, pack: str) -> dict[tuple[str, str], Subject]:
    """Return every subject that a run of the pack ever found something on, by site and subject."""
    query = select(*(SUBJECTS.c[name] for name in Subject.__slots__)).where(SUBJECTS.c.pack == pack)
    return {(row.site, row.subject): Subject(*row) for row in connection.execute(query)}


def update_subjects(connection: Connection, pack: str, subjects: Iterable[Subject]) -> None:
    """Write what a run adds: spans grow, grades rise, `cleared_in` is set or taken back."""
    known = read_subjects(connection, pack)
    for item in subjects:
        values = asdict(item)
        if before := known.get((item.site, item.subject)):
            values |= {
                "first_seen": min(before.first_seen, item.first_seen),
                "last_seen": max(before.last_seen, item.last_seen),
                "grade": max(before.grade, item.grade),
            }
            same = (SUBJECTS.c.pack == pack) & (SUBJECTS.c.site == item.site) & (SUBJECTS.c.subject == item.subject)
            connection.execute(update(SUBJECTS).where(same).values(**values))
        else:
            connection.execute(insert(SUBJECTS).values(pack=pack, **values))
