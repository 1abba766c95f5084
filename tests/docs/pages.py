"""What the pages of docs/ say, as values that tests compare with the program."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r"<!-- (\w+): ([^>]+?) -->\n+((?:\|.*\n)+)")
BLOCK = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CELL = re.compile(r"\|\s*`([^`]+)`")


def read_page(name: str) -> str:
    """Return the text of a page, named from the root of the project."""
    return (ROOT / name).read_text(encoding="utf-8")


def read_tables(name: str) -> dict[tuple[str, str], list[list[str]]]:
    """Return the marked tables of a page by kind and each name of their mark: rows of cells, headings left out."""
    tables: dict[tuple[str, str], list[list[str]]] = {}
    for kind, names, text in MARK.findall(read_page(name)):
        rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in text.splitlines()[2:]]
        parts = names.split()
        prefix = parts.pop(0) if len(parts) > 1 else ""
        for part in parts:
            tables[kind, f"{prefix} {part}".strip()] = rows
    return tables


def read_first_cells(rows: list[list[str]]) -> list[str]:
    """Return what stands in backquotes in the first cells."""
    return [found[1] for row in rows if (found := CELL.match(f"|{row[0]}"))]


@dataclass(frozen=True, slots=True)
class Step:
    """A command line of a page, the exit status that it announces, and the words of the output shown below it."""

    line: str
    words: tuple[str, ...]
    target: str | None
    status: int
    output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A file that a page shows."""

    name: str
    text: str


def read_steps(text: str) -> list[Step | Shown]:
    """Return the command lines of a page's console blocks, and the files that it shows by name, in order."""
    steps: list[Step | Shown] = []
    for kind, name, block in BLOCK.findall(text):
        if kind == "console":
            steps += _read_console(block)
        elif name:
            steps.append(Shown(name, block))
    return steps


def _read_console(block: str) -> list[Step]:
    steps: list[Step] = []
    for line in block.replace("\\\n", " ").splitlines():
        if line.startswith("$ "):
            steps.append(_read_step(line[2:]))
        elif line.strip():
            steps[-1] = replace(steps[-1], output=(*steps[-1].output, *line.split()))
    return steps


def _read_step(line: str) -> Step:
    command, _, remark = line.partition("  # ")
    announced = re.search(r"exit status (\d+)", remark)
    words = shlex.split(command)
    target = None
    if ">" in words:
        target = words[words.index(">") + 1]
        words = words[: words.index(">")]
    return Step(line, tuple(words), target, int(announced[1]) if announced else 0)
