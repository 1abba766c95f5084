"""Options that several commands share."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paicha.kernel.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paicha.store.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", help="Directory that keeps runs, registers and the ledger.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON on standard output and nothing else there.")]
LanguageOption = Annotated[
    str | None, typer.Option("--lang", help="Language of tables: zh or en (else the locale's).", show_default=False)
]
UnitsOption = Annotated[
    Path | None, typer.Option("--units", help="Register of units with their address ranges (CSV or XLSX).")
]
IndicatorsOption = Annotated[
    list[Path] | None, typer.Option("--indicators", help="List of pool names and addresses, beside our own.")
]
PricesOption = Annotated[
    Path | None, typer.Option("--prices", help="Prices and network figures by day (CSV): what mining earned.")
]
BlocksOption = Annotated[
    list[str] | None,
    typer.Option("--blocks", metavar="COIN=FILE", help="Times of a coin's blocks (CSV): whose arrivals follow them."),
]
OccupancyOption = Annotated[
    Path | None, typer.Option("--occupancy", help="Seats in use by site and time (CSV): who mines on idle ones.")
]
PolicyOption = Annotated[str, typer.Option("--policy", metavar="NAME|FILE", help="Preset or TOML file.")]


def find_language(lang: str | None) -> str:
    """Return `zh` or `en`: the option's, else the environment's.

    Raises:
        UsageError: the option names another language.
    """
    from paicha.settings import read_settings

    if lang is not None and lang not in {"zh", "en"}:
        raise UsageError(f"no such language: {lang!r}", where="--lang", remedy="zh or en")
    return lang or read_settings().language


@contextmanager
def use_workspace(path: Path | None, *, create: bool = False) -> Iterator[Workspace | None]:
    """Open the workspace that the option or `$PAICHA_WORKSPACE` names; None where neither does."""
    from paicha.settings import read_settings

    found = path or read_settings().workspace
    if found is None:
        yield None
        return
    from paicha.store.workspace import open_workspace

    with open_workspace(
        found, create=create, on_wait=lambda: typer.echo("waiting for another program to finish …", err=True)
    ) as workspace:
        yield workspace


@contextmanager
def need_workspace(path: Path | None, *, create: bool = False) -> Iterator[Workspace]:
    """Open the workspace as `use_workspace`.

    Raises:
        UsageError: none is named.
    """
    with use_workspace(path, create=create) as workspace:
        if workspace is None:
            raise UsageError("this needs a workspace", remedy="give --workspace DIR or set PAICHA_WORKSPACE")
        yield workspace


def find_actor() -> str:
    """Return who acts: the login of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
