"""`paicha blocks`: times of blocks out of mining read in clear text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from paicha.outputs.printable import make_printable


def blocks(
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="Captures or directories.", show_default=False)],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File to write (CSV), else standard output.")
    ] = None,
    coin: Annotated[
        str | None, typer.Option("--coin", help="Symbol of the coin of sessions that do not show theirs.")
    ] = None,
    policy: Annotated[str, typer.Option("--policy", metavar="NAME|FILE", help="Preset or TOML file.")] = "default",
) -> None:
    """Write the times at which jobs in clear text announced new blocks, for `paicha screen --blocks`.

    Every block stands once, at its earliest sight over all sessions of its coin.
    """
    from paicha.app.blocks import find_blocks, save_blocks, write_blocks
    from paicha.cli.progress import watch

    with watch() as progress:
        found = find_blocks(inputs, policy, coin.upper() if coin else None, progress)
    if output is None:
        sys.stdout.write(write_blocks(found.blocks))
    else:
        save_blocks(found.blocks, output)
    coins = ", ".join(sorted({block.coin for block in found.blocks})) or "no coin"
    typer.echo(f"{len(found.blocks)} blocks of {coins} from {found.sessions} sessions", err=True)
    if found.nameless:
        typer.echo(f"{found.nameless} sessions do not show their coin and were left out: name it with --coin", err=True)
    for error in found.errors:
        typer.echo(f"paicha: {make_printable(error)}", err=True)
    if found.errors:
        raise typer.Exit(1)
