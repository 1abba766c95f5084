"""`paicha units`: who answers for which addresses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paicha.cli.options import JsonOption, WorkspaceOption, find_actor, need_workspace

app = typer.Typer(help="Units and their address ranges.", no_args_is_help=True)


@app.command("import")
def import_units(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Filing table (CSV or XLSX).", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Import the filing table into the workspace, in place of the one there; errors are told by row."""
    from paicha.app.units import replace_units

    with need_workspace(workspace, create=True) as opened:
        report = replace_units(opened, file, find_actor())
    typer.echo(f"{file}: {report.accepted} accepted, {len(report.rejected)} rejected")
    for error in report.rejected:
        typer.echo(f"  row {error.row}: {error.code} {error.reason}", err=True)


@app.command("lookup")
def look_up(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="IPv4 or IPv6 address.", show_default=False)],
    at: Annotated[str | None, typer.Option("--at", help="At this time (ISO 8601), else now.")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Say which unit answers for an address at a time, and how that is known."""
    import json as encoder

    from paicha.app.units import look_up_unit

    with need_workspace(workspace) as opened:
        owner = look_up_unit(opened, address, at)
    if json:
        typer.echo(encoder.dumps(owner, ensure_ascii=False))
    else:
        for key, value in owner.items():
            typer.echo(f"{key}: {value if value is not None else '–'}")
