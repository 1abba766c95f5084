"""`paicha watch`: take each finished file of a sensor once, and tell verdicts as they arise."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paicha.cli.options import (
    BlocksOption,
    IndicatorsOption,
    JsonOption,
    LanguageOption,
    OccupancyOption,
    PolicyOption,
    PricesOption,
    UnitsOption,
    WorkspaceOption,
    find_actor,
    find_language,
)
from paicha.cli.paths import find_absolute, find_blocks, find_policy
from paicha.kernel.errors import UsageError
from paicha.outputs.printable import make_printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from paicha.kernel.reader import Source

STOPPING = (signal.SIGINT, signal.SIGTERM)
SLICE_SECONDS = 1.0


class Stop:
    """Whether the user or the system asked to end."""

    def __init__(self) -> None:
        self._is_wanted = False

    def want(self, _number: int, _frame: FrameType | None) -> None:
        """Note the wish: a handler of signals."""
        self._is_wanted = True

    def is_wanted(self) -> bool:
        """Return whether a signal came."""
        return self._is_wanted or bool(signal.sigpending() & set(STOPPING))

    def wait(self, seconds: float) -> None:
        """Return after so many seconds, or when a signal comes."""
        end = time.monotonic() + seconds
        while not self._is_wanted and (left := end - time.monotonic()) > 0:
            if signal.sigtimedwait(STOPPING, min(left, SLICE_SECONDS)) is not None:
                self._is_wanted = True


@contextmanager
def catch_stop() -> Iterator[Stop]:
    """Hold SIGINT and SIGTERM back while the block runs.

    They are blocked, not only handled: a program that reads files for us (nfdump) inherits that, and a Ctrl-C or a
    service manager, which signal a whole group, do not cut it off in the middle of a file. A thread that was there
    before may still get one, and for it there is the handler.
    """
    stop = Stop()
    handlers = {number: signal.signal(number, stop.want) for number in STOPPING}
    masked = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield stop
    finally:
        while signal.sigtimedwait(STOPPING, 0) is not None:
            pass
        signal.pthread_sigmask(signal.SIG_SETMASK, masked)
        for number, handler in handlers.items():
            signal.signal(number, handler)


class Messages:
    """The course of a watch: what the user should know goes to standard error, steps are told by the events."""

    def start(self, size: int) -> None:
        """Reading begins."""

    def advance(self, size: int) -> None:
        """So many bytes more were read."""

    def name_file(self, source: Source) -> None:
        """This file comes next."""

    def name_step(self, step: str) -> None:
        """This derivation or rule comes next."""

    def say(self, message: str) -> None:
        """Something the user should know."""
        typer.echo(f"paicha: {make_printable(message)}", err=True)


def watch(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where the sensor's files appear.", show_default=False)
    ],
    workspace: WorkspaceOption = None,
    site: Annotated[str, typer.Option("--site", metavar="NAME", help="Name of the network.")] = "default",
    units: UnitsOption = None,
    indicators: IndicatorsOption = None,
    prices: PricesOption = None,
    blocks: BlocksOption = None,
    occupancy: OccupancyOption = None,
    policy: PolicyOption = "default",
    interval: Annotated[float, typer.Option("--interval", min=0.1, help="Seconds between two looks.")] = 10.0,
    settle: Annotated[
        float, typer.Option("--settle", min=0.0, help="Seconds without change after which a file is finished.")
    ] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Take what is finished now and exit: for cron.")] = False,
    json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Take each finished file of a sensor once, carry open sessions on, and tell new and raised verdicts.

    Knows the rotation of tcpdump (-G, -C, -W), dumpcap, Zeek, nfcapd, Suricata and logrotate. Ctrl-C or SIGTERM end it
    after the files at hand; started again, it goes on where it was.
    """
    from paicha.app.request import ScreenRequest
    from paicha.app.times import format_time
    from paicha.app.watching import Watch, watch_directory
    from paicha.outputs.watching_text import VerdictRaised, format_event, write_event
    from paicha.settings import read_settings

    language = find_language(lang)
    kept = workspace or read_settings().workspace
    if kept is None:
        raise UsageError("this needs a workspace", remedy="give --workspace DIR or set PAICHA_WORKSPACE")
    if not (site and site.isprintable()):
        raise UsageError(f"not the name of a network: {site!r}", where="--site")
    request = ScreenRequest(
        pack="traffic",
        inputs=(),
        policy=find_policy(policy),
        units=find_absolute(units) if units else None,
        indicators=tuple(find_absolute(path) for path in indicators or []),
        prices=find_absolute(prices) if prices else None,
        blocks=tuple(find_blocks(text) for text in blocks or []),
        occupancy=find_absolute(occupancy) if occupancy else None,
        engine=read_settings().engine,
    )
    watched = Watch(Path(find_absolute(directory)), site, request, kept, settle, Messages(), find_actor())
    is_damaged = False
    with catch_stop() as stop:
        events = watch_directory(watched, is_once=once, pause=lambda: stop.wait(interval), is_stopped=stop.is_wanted)
        for event in events:
            now = format_time(time.time_ns() // 1_000_000 * 1000)
            is_damaged |= not isinstance(event, VerdictRaised) and bool(event.error)
            if json:
                sys.stdout.buffer.write(write_event(event, now).encode() + b"\n")  # UTF-8, whatever the terminal is
            else:
                sys.stdout.write(make_printable(format_event(event, now, language)) + "\n")
            sys.stdout.flush()
    if once and is_damaged:
        raise typer.Exit(1)
