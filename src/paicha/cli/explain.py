"""`paicha explain`: the evidence behind a verdict."""

from __future__ import annotations

import json as encoder
from pathlib import Path
from typing import Annotated

import typer

from paicha.cli.options import JsonOption, LanguageOption, WorkspaceOption, find_language, use_workspace

FromOption = Annotated[
    Path | None, typer.Option("--from", help="Document that `paicha screen --json` wrote.", show_default=False)
]


def explain(
    verdict: Annotated[
        str, typer.Argument(metavar="VERDICT", help="Id of a verdict, or its subject.", show_default=False)
    ],
    workspace: WorkspaceOption = None,
    document: FromOption = None,
    json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Show the evidence behind a verdict: every finding with its rule, times, figures and sources."""
    from paicha.app.evidence import explain_verdict
    from paicha.app.packs import find_pack
    from paicha.outputs.explanation_text import print_explanation

    with use_workspace(workspace) as opened:
        found = explain_verdict(verdict, opened, document)
    if json:
        content = {"verdict": found.verdict, "findings": list(found.findings)}
        typer.echo(encoder.dumps(content, ensure_ascii=False, indent=2))
        return
    print_explanation(find_pack(found.document["pack"]), found.verdict, found.findings, find_language(lang))
