"""The command line: commands are listed here, errors end here."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated

import typer

from paicha import __version__
from paicha.cli import blocks, check, demo, explain, indicators, inspect, screen, slices, units, watch
from paicha.kernel.errors import PaichaError, find_exit_status
from paicha.outputs.printable import make_printable

LAST_STANDARD_STREAM = 2

app = typer.Typer(
    name="paicha",
    help="Screen a population by rules, give notice, wait, check again, close, and account for all of it. 排查",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("screen")(screen.screen)
app.command("demo")(demo.demo)
app.command("rules")(inspect.rules)
app.command("policy")(inspect.policy)
app.command("formats")(inspect.formats)
app.command("explain")(explain.explain)
app.command("slice")(slices.slice_packets)
app.command("check")(check.check)
app.command("watch")(watch.watch)
app.command("blocks")(blocks.blocks)
app.add_typer(indicators.app, name="indicators")
app.add_typer(units.app, name="units")


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"paicha {__version__}\n")
        raise typer.Exit


@app.callback()
def _set_out(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Take the options that every command has."""


def _open_closed() -> None:
    """Lead standard streams that were closed nowhere: a file of ours that got their number would get their text."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= LAST_STANDARD_STREAM:
        os.set_inheritable(number, True)
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def run() -> None:
    """Run the command line; a user sees one line for an error and never a traceback."""
    _open_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that lacks a character shows its number
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except PaichaError as error:
        sys.stderr.write(f"paicha: {make_printable(str(error))}\n")
        sys.exit(find_exit_status(error))
    except KeyboardInterrupt:
        sys.stderr.write("paicha: interrupted; nothing was lost, run the same command again\n")
        sys.exit(130)
    except BrokenPipeError:
        # The reader of our output went away (`| head`): that is its right, and no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except MemoryError:
        sys.stderr.write("paicha: out of memory; nothing was lost, screen fewer inputs at once\n")
        sys.exit(1)
    except OSError as error:
        sys.stderr.write(f"paicha: {make_printable(str(error.filename or 'system'))}: {error.strerror or error}\n")
        sys.exit(1)
