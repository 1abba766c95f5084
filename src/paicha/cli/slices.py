"""`paicha slice`: the packets behind a finding."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from paicha.cli.explain import FromOption
from paicha.cli.options import WorkspaceOption, use_workspace


def slice_packets(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Id of a finding.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Capture to write (pcap).", show_default=False)],
    workspace: WorkspaceOption = None,
    document: FromOption = None,
) -> None:
    """Write the packets behind a finding, as they were captured, after checking that the inputs are unchanged."""
    from paicha.app.slicing import slice_finding

    with use_workspace(workspace) as opened:
        count = slice_finding(finding, output, opened, document)
    typer.echo(f"{output}: {count} packets")
