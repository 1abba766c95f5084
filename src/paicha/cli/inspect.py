"""`paicha rules`, `paicha policy`, `paicha formats`: what the program asks, with which values, of which inputs."""

from __future__ import annotations

from typing import Annotated

import typer

from paicha.cli.options import JsonOption, LanguageOption, find_language

PackArgument = Annotated[str, typer.Argument(metavar="PACK", help="The domain.")]


def rules(
    pack: PackArgument = "traffic",
    policy: Annotated[str, typer.Option("--policy", metavar="NAME|FILE", help="Preset or TOML file.")] = "default",
    json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """List every rule: what it asks, on what evidence and legal basis, how far it reaches, and the policy values."""
    from paicha.app.packs import find_pack
    from paicha.engine.policy import load_policy
    from paicha.outputs.rules_text import dump_rules, print_rules

    found = find_pack(pack)
    values = load_policy(found, policy)
    if json:
        typer.echo(dump_rules(found, values.name, values.values))
    else:
        print_rules(found, values.name, values.values, find_language(lang))


def policy(
    pack: PackArgument = "traffic",
    name: Annotated[str, typer.Option("--policy", metavar="NAME|FILE", help="Preset or TOML file.")] = "default",
) -> None:
    """Print a policy as TOML, each value with its unit, range and why: the beginning of a policy file of your own."""
    from paicha.app.packs import find_pack
    from paicha.engine.policy import load_policy
    from paicha.outputs.policy_toml import write_policy

    found = find_pack(pack)
    typer.echo(write_policy(load_policy(found, name).values), nl=False)


def formats(pack: PackArgument = "traffic", lang: LanguageOption = None) -> None:
    """List the input formats that are recognised."""
    from paicha.app.packs import find_pack
    from paicha.outputs.rules_text import print_formats

    print_formats(find_pack(pack), find_language(lang))
