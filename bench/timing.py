"""Whole commands, timed: seconds, processor time and peak memory of fresh processes."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WATCHER = Path(__file__).with_name("watched.py")
PAICHA = str(Path(sys.executable).with_name("paicha"))
ERROR_TAIL = 2000


class FailedCommandError(Exception):
    """A timed command ended with an error: a figure of it would be no figure."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one run of a command took."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


def run_command(command: Sequence[str | Path], *, output: Path | None = None, statuses: Sequence[int] = (0,)) -> Usage:
    """Return what a command took, its standard output in `output` or nowhere.

    Raises:
        FailedCommandError: it ended with another status than these.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryDirectory(prefix="paicha-bench-") as directory:
        result = Path(directory) / "result.json"
        with Path(output or "/dev/null").open("wb") as stream:
            done = subprocess.run(
                [sys.executable, "-I", "-S", str(WATCHER), str(result), *words],
                stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.PIPE, check=False,
            )  # fmt: skip
        used = json.loads(result.read_text()) if result.exists() else {"status": done.returncode}
    if used["status"] not in statuses:
        errors = done.stderr.decode(errors="replace")[-ERROR_TAIL:]
        raise FailedCommandError(f"`{' '.join(words)}` ended with status {used['status']}: {errors.strip()}")
    return Usage(used["seconds"], used["cpu_seconds"], used["peak_bytes"])


def screen(*arguments: str | Path, output: Path | None = None, statuses: Sequence[int] = (0,)) -> Usage:
    """Return what `paicha screen traffic … --json` took as a whole command."""
    return run_command([PAICHA, "screen", "traffic", *arguments, "--json"], output=output, statuses=statuses)


def compare(commands: Mapping[str, Sequence[str | Path]], repeats: int) -> dict[str, Usage]:
    """Return the median of `repeats` runs of each command; the commands take turns, after one unmeasured run each.

    Turns rather than one after the other: what else the machine does meanwhile burdens all alike.
    """
    for command in commands.values():
        run_command(command)
    runs: dict[str, list[Usage]] = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            runs[name].append(run_command(command))
    return {name: find_median(usages) for name, usages in runs.items()}


def find_median(usages: Sequence[Usage]) -> Usage:
    """Return median times and the greatest peak."""
    return Usage(
        statistics.median(one.seconds for one in usages),
        statistics.median(one.cpu_seconds for one in usages),
        max(one.peak_bytes for one in usages),
    )
