"""Screening: derivations in order, every rule asked, findings counted once and graded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from paicha.engine.findings import COUNT_ONCE, FINDINGS, form_findings, tell_hashes
from paicha.engine.grading import grade_findings
from paicha.kernel.derivation import order_derivations
from paicha.kernel.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from paicha.engine.backend import Backend
    from paicha.engine.grading import Asked
    from paicha.kernel.derivation import Derivation
    from paicha.kernel.pack import Pack
    from paicha.kernel.rule import Rule


@dataclass(frozen=True, slots=True)
class Screening:
    """What a screening found: findings (with `counted_in`, `set_aside`), verdicts, and the tables of the summary.

    `failures` are rules and derivations that failed while the rest was screened.
    """

    findings: pa.Table
    verdicts: pa.Table
    tables: Mapping[str, pa.Table]
    failures: tuple[EngineError, ...]

    def with_verdicts(self, verdicts: pa.Table) -> Screening:
        """Return the screening with verdicts that the caller added columns to."""
        return replace(self, verdicts=verdicts)


def screen(
    pack: Pack,
    backend: Backend,
    duck: Any,
    files: Mapping[str, Sequence[Path]],
    given: Mapping[str, pa.Table],
    policy: Any,
    asked: Asked,
    hashes: Mapping[str, str],
    on_step: Callable[[str], None] = lambda _: None,
) -> Screening:
    """Ask every rule of the pack and return findings, verdicts and the tables that the summary needs.

    `files` are the Parquet files of the pack's tables, `given` the rows of the tables that the app provides, `asked`
    the subjects that get a verdict whatever is found, `hashes` the SHA-256 behind the keys of inputs.
    """
    known: dict[str, Any] = {t.name: backend.give_files(t, files.get(t.name, ())) for t in pack.tables}
    known |= {t.name: backend.give_rows(t, given.get(t.name, t.arrow.empty_table())) for t in pack.given}
    known["policy"] = policy
    tell_hashes(duck, hashes)
    failures: list[EngineError] = []
    for derivation in order_derivations(pack.derivations, frozenset(known)):
        on_step(derivation.table.name)
        known[derivation.table.name] = _derive(backend, derivation, known, failures)
    answers = []
    for rule in pack.rules:
        on_step(rule.id)
        answers.append(_ask(backend, duck, pack, rule, known, failures))
    findings = pa.concat_tables([FINDINGS.empty_table(), *answers])
    duck.register("findings", findings)
    counted = duck.execute(COUNT_ONCE).to_arrow_table()
    counted = counted.append_column("set_aside", pa.nulls(counted.num_rows, pa.string()))
    observed = backend.fetch(known[pack.observed])
    verdicts = grade_findings(duck, pack, policy, counted, observed, asked)
    tables = {name: backend.fetch(known[name]) for name in pack.summary_tables if name != pack.observed}
    return Screening(counted, verdicts, tables | {pack.observed: observed}, tuple(failures))


def _derive(backend: Backend, derivation: Derivation, known: Mapping[str, Any], failures: list[EngineError]) -> Any:
    table = derivation.table
    try:
        if derivation.form == "expression":
            answer = backend.fetch(derivation.derive(*(known[name] for name in derivation.parameters)))
        else:
            answer = derivation.derive(
                *(known[n] if n == "policy" else backend.fetch(known[n]) for n in derivation.parameters)
            )
        rows = pa.table([answer.column(n).cast(table.arrow.field(n).type) for n in table.names], schema=table.arrow)
    except (EngineError, pa.ArrowException, KeyError, ValueError) as error:
        failures.append(_place(error, f"derivation {table.name}"))
        rows = table.arrow.empty_table()
    return backend.give_rows(table, rows)


def _ask(
    backend: Backend, duck: Any, pack: Pack, rule: Rule, known: Mapping[str, Any], failures: list[EngineError]
) -> pa.Table:
    try:
        answer = backend.fetch(rule.ask(*(known[name] for name in rule.parameters)))
        return form_findings(duck, pack, rule, answer)
    except (EngineError, pa.ArrowException, ValueError) as error:
        failures.append(_place(error, f"rule {rule.id}"))
        return FINDINGS.empty_table()


def _place(error: Exception, where: str) -> EngineError:
    if isinstance(error, EngineError):
        return EngineError(error.what, where=where, remedy=error.remedy, sql=error.sql)
    return EngineError(str(error), where=where)
