"""Damaged captures and logs: no error but those meant for users, no hang, no growth; by mutation and by atheris."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fuzz_seeds import TARGETS
from bench.results import Bar, Report, Table, write_size

if TYPE_CHECKING:
    from bench.results import Options

TITLE = "Fuzzing"
CASE_SECONDS = 20
GROWTH_BYTES = 1 << 30
GRACE_SECONDS = 180
ERROR_TAIL = 300
ATHERIS = "PAICHA_ATHERIS_PYTHON"


def run(options: Options) -> Report:
    """Return how many damaged inputs were read, and every one that broke a reader."""
    rows, failures, notes = [], [], []
    guide = os.environ.get(ATHERIS)
    if not guide:
        notes.append(f"atheris left out: name an interpreter of the same version that has it in {ATHERIS}")
    with tempfile.TemporaryDirectory(prefix="paicha-fuzz-") as directory:
        for target in TARGETS:
            for method, python in (("mutation", sys.executable), ("bounds", sys.executable), ("atheris", guide)):
                if python is None:
                    continue
                place = Path(directory) / f"{target}-{method}"
                place.mkdir()
                done = _run_child(python, target, method, options.seconds, place)
                cases, growth, failure = _read_outcome(done, place)
                rows.append((target, method, f"{cases:,}", f"{cases / options.seconds:,.0f}", write_size(growth)))
                failures += [f"{target} ({method}): {failure}"] if failure else []
                failures += [f"{target} ({method}): memory grew"] if growth > GROWTH_BYTES else []
    about = (
        f"{options.seconds:.0f} s each. Simulated captures and logs in the readers, damaged at random (`mutation`; "
        "`bounds` with every index of the compiled loops checked) or as atheris chooses by the code reached. A case of "
        f"more than {CASE_SECONDS} s is a hang."
    )
    figure = f"{len(failures)} failures"
    bar = Bar("no error but `InputError`, no hang, memory bounded", figure, not failures)
    headings = ("readers", "method", "cases", "cases/s", "memory grown by")
    return Report(TITLE, about, [Table(headings, rows)], [bar], [*notes, *failures])


def _run_child(
    python: str, target: str, method: str, seconds: float, place: Path
) -> subprocess.CompletedProcess[str] | None:
    """Return how the fuzzer ended, None where it had to be ended."""
    command = [python, "-m", "bench.fuzz_case", target, method, str(seconds), str(place)]
    # another interpreter finds the project and its libraries where this one does
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}
    if method == "bounds":
        environment |= {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(place / "compiled")}
    try:
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False,
            timeout=seconds + GRACE_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None


def _read_outcome(done: subprocess.CompletedProcess[str] | None, place: Path) -> tuple[int, int, str | None]:
    """Return cases run, bytes of memory grown, and the failure, whose input is kept."""
    told = place / "told.json"
    facts = json.loads(told.read_text()) if told.exists() else {"cases": 0, "growth": 0}
    # libFuzzer says so when the time is over; what happens while the process is torn down says nothing of a case
    is_over = done is not None and re.search(r"^Done \d+ runs", done.stderr, re.MULTILINE)
    if done is not None and (done.returncode == 0 or is_over):
        return facts["cases"], facts["growth"], None
    kept = Path(tempfile.gettempdir()) / f"paicha-fuzz-{place.name}.bin"
    case = place / "case"
    if case.exists():
        kept.write_bytes(case.read_bytes())
    words = done.stderr if done is not None else "it hung"
    found = [line for line in words.splitlines() if re.match(r"[\w. =]*(Error|Exception|Timeout)", line)]
    last = found[0] if found else words[-ERROR_TAIL:]
    return facts["cases"], facts["growth"], f"{last.strip()} (input kept as {kept})"
