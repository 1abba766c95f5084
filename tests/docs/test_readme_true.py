"""Commands and options that the READMEs and the guide name exist; the two READMEs say the same."""

import re

import pytest
import typer
from pages import BLOCK, read_page

from paicha.cli.main import app

PAGES = ("README.md", "README.zh-CN.md", "docs/guide.md", "docs/packs/traffic.md")


def list_commands():
    """The command lines that exist, with their options."""
    found = {}

    def walk(command, path):
        options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        found[path] = {*options, "--help", "-h"}
        for name, inner in getattr(command, "commands", {}).items():
            walk(inner, (*path, name))

    walk(typer.main.get_command(app), ())
    return found


COMMANDS = list_commands()


def find_command(words):
    """The longest beginning of the words that is a command."""
    return next(tuple(words[:n]) for n in range(len(words), -1, -1) if tuple(words[:n]) in COMMANDS)


def list_lines(page):
    """The command lines in fenced blocks and in backquotes."""
    text = read_page(page)
    blocks = [block for kind, _, block in BLOCK.findall(text) if kind in {"", "sh", "console"}]
    inline = re.findall(r"`([^`\n]*paicha [^`\n]*)`", text)
    for part in (*blocks, *inline):
        for line in part.replace("\\\n", " ").splitlines():
            _, found, rest = line.partition("paicha ")
            if found and (line.startswith(("paicha", "$ paicha", ".venv/bin/paicha"))):
                yield rest.partition("  #")[0]


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_options_exist(page):
    lines = list(list_lines(page))
    assert lines
    for line in lines:
        words = line.split()
        command = find_command(words)
        assert command or words[0].startswith("-"), f"{page}: no such command: {line}"
        for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line):
            assert option in COMMANDS[command], f"{page}: {line}: no option {option}"


@pytest.mark.parametrize("page", PAGES)
def test_options_named_in_the_text_exist(page):
    known = set().union(*COMMANDS.values()) | {"--no-build-isolation"}
    for option in re.findall(r"`(--[a-z][a-z-]*)", read_page(page)):
        assert option in known, f"{page}: {option}"


def test_both_readmes_show_the_same_commands():
    first, second = ([line.split()[0] for line in list_lines(page)] for page in PAGES[:2])
    assert first == second


def test_make_targets_named_in_the_readmes_exist():
    makefile = read_page("Makefile")
    for page in PAGES[:3]:
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", read_page(page), re.MULTILINE):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {target}"
