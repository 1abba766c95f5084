"""Parts of a source worked on by several threads, and told to the sink in their order as one thread would tell them."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import local
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from paicha.kernel.errors import InputError
    from paicha.kernel.reader import Sink, Source
    from paicha.packs.traffic.readers.rows import Target

MOST_THREADS = 4
"""The sink takes what is read on one thread: more than these would wait for it, and hold a block each."""


@dataclass(slots=True)
class Notes:
    """A sink that notes what it is told until it is passed on; `duck` answers the queries that are to be kept."""

    duck: Any
    _actions: list[Callable[[Sink], object]] = field(default_factory=list)

    def write(self, table: str, batch: Any) -> None:
        """Note a record batch or table."""
        self._actions.append(lambda sink: sink.write(table, batch))

    def copy(self, table: str, query: str) -> int:
        """Note the answer of a query; return the number of rows."""
        rows = self.duck.sql(query).to_arrow_table()
        self.write(table, rows)
        return int(rows.num_rows)

    def accept(self, source: Source, records: int) -> None:
        """Note that records were read and understood."""
        self._actions.append(lambda sink: sink.accept(source, records))

    def reject(self, source: Source, position: str, reason: str, count: int = 1) -> None:
        """Note that records were not."""
        self._actions.append(lambda sink: sink.reject(source, position, reason, count))

    def fail(self, source: Source, error: InputError) -> None:
        """Note that nothing (more) of one source can be read."""
        self._actions.append(lambda sink: sink.fail(source, error))

    def defer(self, action: Callable[[], None]) -> None:
        """Note what has to be done on the thread of the sink, between what was noted before and after."""
        self._actions.append(lambda _: action())

    def take(self) -> Notes:
        """Return what was noted as notes of its own, and forget it."""
        taken, self._actions = Notes(self.duck, self._actions), []
        return taken

    def pass_on(self, sink: Sink) -> None:
        """Tell a sink all that was noted."""
        for action in self._actions:
            action(sink)


def work_in_order(find_tasks: Callable[[Target], Iterable[Callable[[Target, Notes], None]]], target: Target) -> None:
    """Carry out the tasks that `find_tasks` yields on several threads; the sink is told of them in their order.

    A task is given a target of its own, and the notes that are this target's sink; each thread has a DuckDB connection
    of its own. What `find_tasks` itself tells its target comes between the tasks where it was told. A few parts are
    held at once: the next is asked for when the oldest is done.

    Raises:
        Exception: what a task raised, after what was noted before it.
    """
    threads = min(MOST_THREADS, os.cpu_count() or 1)
    own = local()
    zone = target.reading.duck.execute("SELECT current_setting('TimeZone')").fetchone()[0]

    def connect() -> None:
        own.duck = target.reading.duck.cursor()  # a connection of its own: settings of the other's session are not its
        own.duck.execute(f"SET TimeZone = '{zone}'")

    def carry_out(task: Callable[[Target, Notes], None]) -> Notes:
        notes = Notes(own.duck)
        task(replace(target, sink=notes, reading=replace(target.reading, duck=own.duck)), notes)
        return notes

    ahead = Notes(target.reading.duck)
    pending: deque[tuple[Notes, Future[Notes]]] = deque()

    def pass_on_oldest() -> None:
        before, working = pending.popleft()
        before.pass_on(target.sink)
        working.result().pass_on(target.sink)

    with ThreadPoolExecutor(threads, initializer=connect) as pool:
        for task in find_tasks(replace(target, sink=ahead)):
            pending.append((ahead.take(), pool.submit(carry_out, task)))
            if len(pending) > threads:
                pass_on_oldest()
        while pending:
            pass_on_oldest()
    ahead.pass_on(target.sink)
