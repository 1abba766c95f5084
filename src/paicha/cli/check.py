"""`paicha check`: a quick question about one name, address or wallet."""

from __future__ import annotations

from typing import Annotated

import typer

from paicha.cli.options import JsonOption, LanguageOption, WorkspaceOption, find_language, use_workspace


def check(
    value: Annotated[str, typer.Argument(metavar="HOST|ADDRESS|WALLET", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Say what the lists and the workspace know of a host name, an address or a wallet. Nothing is contacted."""
    import json as encoder

    from paicha.app.checking import check_value
    from paicha.outputs.checking_text import print_answer

    with use_workspace(workspace) as opened:
        answer = check_value(value, opened)
    if json:
        typer.echo(encoder.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print_answer(answer, find_language(lang))
