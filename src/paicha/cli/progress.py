"""Progress on standard error: bars where a person watches, nothing where none does."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from paicha.outputs.printable import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as Bars

    from paicha.kernel.reader import Source


class Watch:
    """The course of a screening as a bar of bytes read, then the step at work."""

    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._task = bars.add_task("", total=None)

    def start(self, size: int) -> None:
        """Reading begins; so many bytes lie ahead."""
        self._bars.update(self._task, total=max(size, 1), completed=0)

    def advance(self, size: int) -> None:
        """So many bytes more were read."""
        self._bars.advance(self._task, size)

    def name_file(self, source: Source) -> None:
        """This file comes next."""
        self._bars.update(self._task, description=make_printable(source.path.name)[-40:])

    def name_step(self, step: str) -> None:
        """This derivation or rule comes next."""
        self._bars.update(self._task, description=step)

    def say(self, message: str) -> None:
        """Something the user should know."""
        self._bars.console.print(make_printable(message), highlight=False)

    def stop(self) -> None:
        """The results come now."""
        self._bars.stop()


@contextmanager
def watch() -> Iterator[Watch]:
    """Show progress on standard error while the block runs."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True, markup=False, emoji=False)
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TransferSpeedColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        yield Watch(bars)
