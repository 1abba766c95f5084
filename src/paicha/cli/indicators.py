"""`paicha indicators`: lists of names and addresses that serve mining."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paicha.cli.options import WorkspaceOption, find_actor, need_workspace, use_workspace

app = typer.Typer(help="Names and addresses known to serve mining.", no_args_is_help=True)


@app.command("import")
def import_list(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Lists in any known format.", show_default=False)],
    workspace: WorkspaceOption = None,
) -> None:
    """Import public lists into the workspace: MISP, STIX 2.1, hosts files, maltrail, CSV, plain lists.

    Every row is accepted or rejected with its place and reason; what is known already is updated, not doubled.
    """
    from paicha.app.indicators import import_lists

    with need_workspace(workspace, create=True) as opened:
        for report in import_lists(opened, files, find_actor()):
            typer.echo(f"{report.path}: {report.format}, {report.accepted} accepted, {len(report.rejected)} rejected")
            for line in report.rejected[:20]:
                typer.echo(f"  {line}", err=True)
            if len(report.rejected) > 20:
                typer.echo(f"  … {len(report.rejected) - 20} more", err=True)


@app.command("export")
def export_list(
    workspace: WorkspaceOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write (else standard output).")] = None,
) -> None:
    """Export a block list: one name or address:port per line; never anything on shared hosting."""
    from paicha.app.indicators import export_lines

    with use_workspace(workspace) as opened:
        text = "".join(f"{line}\n" for line in export_lines(opened))
    if output is None:
        typer.echo(text, nl=False)
    else:
        from paicha.store.workspace import write_durably

        write_durably(output, text.encode())
