"""The demonstration: a simulated province is screened, and the result compared with what is known of it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paicha.app.request import DEFAULT_SITE, ScreenRequest
from paicha.app.screening import run_screening
from paicha.outputs.comparison_text import Comparison
from paicha.simulate.province import write_province

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from paicha.app.progress import Progress
    from paicha.app.screening import Outcome
    from paicha.simulate.truth import Truth

HIDDEN = "encrypted mining"
ENCRYPTED = "stratum-v2"
FOUND_GRADES = {"mining": "confirmed", "refused": "confirmed", "attempt": "likely", HIDDEN: "likely"}
"""The grade that each thing an address does must get."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A screened province: the outcome and its comparison with the truth."""

    outcome: Outcome
    comparisons: tuple[Comparison, ...]


@contextmanager
def run_demo(directory: Path, seed: int, progress: Progress, actor: str) -> Iterator[Demonstration]:
    """Write a province to `directory`, screen it and yield what was found beside what is true.

    Raises:
        OutputError: the directory cannot be written.
    """
    progress.name_step("simulating a province")
    truth = write_province(directory, seed)
    request = ScreenRequest(
        pack="traffic",
        inputs=tuple(
            (DEFAULT_SITE, str(directory / name)) for name in ("captures", "zeek", "eve.json", "flows", "lists")
        ),
        units=str(directory / "units.csv"),
        indicators=(str(directory / "indicators.csv"),),
    )
    with run_screening(request, None, progress, actor) as outcome:
        document = json.loads(outcome.documents.read_text(encoding="utf-8"))
        yield Demonstration(outcome, tuple(compare(truth, document)))


def compare(truth: Truth, document: Mapping[str, Any]) -> Iterator[Comparison]:
    """Yield the lines that set a screening's document beside the truth of its province."""
    verdicts = {verdict["subject"]: verdict for verdict in document["verdicts"]}
    read = {session.client for session in truth.sessions if session.dialect != ENCRYPTED}
    states = {
        row.address: HIDDEN if row.verdict == "mining" and row.address not in read else row.verdict
        for row in truth.addresses
    }
    for state, grade in FOUND_GRADES.items():
        true = {address for address, does in states.items() if does == state}
        found = {a for a in true if a in verdicts and verdicts[a]["grade"] == grade}
        yield Comparison(
            f"addresses: {state} → {grade}", f"地址：{state} → {grade}", str(len(true)), str(len(found)), found == true
        )
    hinted = {r.address for r in truth.addresses if r.verdict in {"names-only", "flow-only", "listed-only"}}
    seen = {a for a in hinted if a in verdicts and verdicts[a]["grade"] in {"possible", "likely"}}
    yield Comparison(
        "addresses seen by name, flow or list only", "仅见域名、流记录或清单的地址", str(len(hinted)), str(len(seen)),
        seen == hinted,
    )  # fmt: skip
    ordinary = {row.address for row in truth.addresses if row.verdict == "ordinary"}
    accused = {a for a in ordinary if a in verdicts and verdicts[a]["grade"] in {"confirmed", "likely"}}
    yield Comparison("ordinary addresses accused", "被误判的普通地址", "0", str(len(accused)), not accused)
    yield from _compare_units(truth, verdicts)
    yield from _compare_rates(truth, document)


def _compare_units(truth: Truth, verdicts: Mapping[str, Mapping[str, Any]]) -> Iterator[Comparison]:
    owned = {row.address: row.unit for row in truth.addresses if row.verdict in FOUND_GRADES and row.unit}
    right = {a for a, unit in owned.items() if a in verdicts and verdicts[a]["unit"] == unit}
    yield Comparison(
        "addresses with their unit", "归属正确的地址", str(len(owned)), str(len(right)), len(right) == len(owned)
    )


def _compare_rates(truth: Truth, document: Mapping[str, Any]) -> Iterator[Comparison]:
    rates = document["summary"]["confirmed"]["hash_rate"]
    for algorithm, true in sorted(truth.hash_rate.items()):
        found = rates.get(algorithm)
        text = "–" if found is None else f"{found['best']:.4g} ({found['low']:.4g}–{found['high']:.4g})"
        is_right = found is not None and found["low"] <= true <= found["high"]
        yield Comparison(f"hash rate, {algorithm}", f"算力，{algorithm}", f"{true:.4g}", text, is_right)
