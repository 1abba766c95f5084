"""`paicha demo`: the main job on a simulated province, compared with the truth."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from paicha.cli.options import LanguageOption, find_actor, find_language


def demo(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIRECTORY", help="Where to write the province (else a temporary place).", show_default=False
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed is another province.")] = 1,
    lang: LanguageOption = None,
) -> None:
    """Simulate a province with known truth, screen it, print the sheet and how it compares with the truth."""
    from paicha.app.demo import run_demo
    from paicha.cli.progress import watch
    from paicha.outputs.comparison_text import print_comparison
    from paicha.outputs.screening_text import print_screening

    language = find_language(lang)
    with tempfile.TemporaryDirectory(prefix="paicha-demo-") as temporary:
        with watch() as progress, run_demo(directory or Path(temporary), seed, progress, find_actor()) as shown:
            progress.stop()
            print_screening(shown.outcome.documents, language)
            print_comparison(shown.comparisons, language)
        if directory is not None:
            typer.echo(f"{directory}/truth.json")
    for error in shown.outcome.errors:
        typer.echo(f"paicha: {error}", err=True)
    if shown.outcome.errors:
        raise typer.Exit(1)
