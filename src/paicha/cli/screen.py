"""`paicha screen`: inputs in, verdicts out."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

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
    use_workspace,
)
from paicha.cli.paths import find_absolute, find_blocks, find_policy
from paicha.kernel.errors import UsageError
from paicha.outputs.printable import make_printable

FOUND_STATUS = 3


def screen(
    pack: Annotated[str, typer.Argument(metavar="PACK", help="The domain: traffic.")],
    inputs: Annotated[
        list[Path] | None, typer.Argument(metavar="INPUT", help="Files or directories.", show_default=False)
    ] = None,
    site: Annotated[
        list[str] | None,
        typer.Option("--site", metavar="NAME=PATH", help="An input of a named network, where ranges overlap."),
    ] = None,
    separate: Annotated[
        bool, typer.Option("--separate", help="Every input is a network of its own; one document per line.")
    ] = False,
    units: UnitsOption = None,
    indicators: IndicatorsOption = None,
    prices: PricesOption = None,
    blocks: BlocksOption = None,
    occupancy: OccupancyOption = None,
    policy: PolicyOption = "default",
    since: Annotated[str | None, typer.Option("--since", help="Use records from then on (ISO 8601).")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Use records before then (ISO 8601).")] = None,
    subjects: Annotated[
        Path | None, typer.Option("--subjects", help="File with one address per line: each gets a verdict.")
    ] = None,
    workspace: WorkspaceOption = None,
    engine: Annotated[
        str | None, typer.Option("--engine", help="duckdb, local[N] or spark://HOST:PORT.", show_default="duckdb")
    ] = None,
    json: JsonOption = False,
    unmask: Annotated[
        bool, typer.Option("--unmask", help="Show personal data; needs a workspace, whose ledger records it.")
    ] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with status 3 when something was found.")] = False,
    lang: LanguageOption = None,
) -> None:
    """Screen inputs: who is found, on what evidence, how much, and whose it is.

    Reads captures (pcap, pcapng), Zeek and Suricata logs, NetFlow (nfdump), flow tables and lists handed down, each
    plain, .gz or .zst, recognised by content. Without a workspace nothing is kept.
    """
    from paicha.app.recovery import complete_interrupted
    from paicha.app.request import ScreenRequest
    from paicha.app.screening import run_screening
    from paicha.app.times import parse_time
    from paicha.cli.progress import watch
    from paicha.outputs.screening_text import print_screening
    from paicha.settings import read_settings

    language = find_language(lang)
    request = ScreenRequest(
        pack=pack,
        inputs=_find_inputs(inputs or [], site or []),
        policy=find_policy(policy),
        units=find_absolute(units) if units else None,
        indicators=tuple(find_absolute(path) for path in indicators or []),
        subjects=find_absolute(subjects) if subjects else None,
        prices=find_absolute(prices) if prices else None,
        blocks=tuple(find_blocks(text) for text in blocks or []),
        occupancy=find_absolute(occupancy) if occupancy else None,
        since=parse_time(since, "--since") if since else None,
        until=parse_time(until, "--until") if until else None,
        is_separate=separate,
        engine=engine or read_settings().engine,
        is_unmasked=unmask,
    )
    if request.since is not None and request.until is not None and request.since >= request.until:
        raise UsageError("--until is not after --since", remedy="exchange them")
    with use_workspace(workspace, create=True) as opened, watch() as progress:
        if unmask and opened is None:
            raise UsageError("--unmask needs a workspace, whose ledger records it", remedy="give --workspace DIR")
        if opened is not None:
            complete_interrupted(opened, progress, request)
        with run_screening(request, opened, progress, find_actor()) as outcome:
            progress.stop()
            if opened is not None:
                opened.release()
            if json:
                with outcome.documents.open("rb") as stream:
                    shutil.copyfileobj(stream, sys.stdout.buffer)  # JSON is UTF-8, whatever the terminal is
            else:
                print_screening(outcome.documents, language, is_repeated=outcome.is_repeated)
            sys.stdout.flush()
    for error in outcome.errors:
        typer.echo(f"paicha: {make_printable(error)}", err=True)
    if outcome.errors:
        raise typer.Exit(1)
    if exit_code and outcome.has_found:
        raise typer.Exit(FOUND_STATUS)


def _find_inputs(plain: list[Path], named: list[str]) -> tuple[tuple[str, str], ...]:
    from paicha.app.request import DEFAULT_SITE

    pairs = [(DEFAULT_SITE, find_absolute(path)) for path in plain]
    for text in named:
        name, separator, path = text.partition("=")
        if not (name and separator and path and name.isprintable()):
            raise UsageError(f"not NAME=PATH: {text!r}", where="--site", remedy="for example --site east=captures/")
        pairs.append((name, find_absolute(Path(path))))
    if not pairs:
        raise UsageError("no input", remedy="name files or directories, or --site NAME=PATH")
    return tuple(pairs)
