"""Screening: derivations in order, every rule asked, findings counted once and graded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from paicha.engine.backend import name_table
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
    from paicha.kernel.schema import TableSpec


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
    tell_hashes(duck, hashes)
    empty: set[str] = set()
    for spec in pack.tables:
        backend.give_files(spec, files.get(spec.name, ()))
        if not files.get(spec.name):
            empty.add(spec.name)
    for spec in pack.given:
        rows = given.get(spec.name, spec.arrow.empty_table())
        backend.give_rows(spec, rows)
        if rows.num_rows == 0:
            empty.add(spec.name)
    specs = {spec.name: spec for spec in (*pack.tables, *pack.given)}
    failures: list[EngineError] = []
    for derivation in order_derivations(pack.derivations, frozenset(specs)):
        on_step(derivation.table.name)
        if is_idle(derivation, empty) or not _derive(backend, derivation, specs, policy, failures):
            backend.give_rows(derivation.table, derivation.table.arrow.empty_table())
            empty.add(derivation.table.name)
        specs[derivation.table.name] = derivation.table
    answers = []
    for rule in pack.rules:
        on_step(rule.id)
        if not empty.issuperset(set(rule.parameters) - {"policy"}):
            answers.append(_ask(backend, duck, pack, rule, specs, policy, failures))
    findings = pa.concat_tables([FINDINGS.empty_table(), *answers])
    duck.register("findings", findings)
    counted = duck.execute(COUNT_ONCE).to_arrow_table()
    counted = counted.append_column("set_aside", pa.nulls(counted.num_rows, pa.string()))
    wanted = dict.fromkeys((pack.observed, *pack.summary_tables))
    tables = {name: backend.fetch_table(specs[name]) for name in wanted}
    verdicts = grade_findings(duck, pack, policy, counted, tables[pack.observed], asked)
    return Screening(counted, verdicts, tables, tuple(failures))


def is_idle(derivation: Derivation, empty: set[str]) -> bool:
    """Return whether a derived table is known to be empty: all that it is made from is, or what drives it."""
    return derivation.driver in empty or empty.issuperset(set(derivation.parameters) - {"policy"})


def _derive(
    backend: Backend, derivation: Derivation, specs: Mapping[str, TableSpec], policy: Any, failures: list[EngineError]
) -> int:
    """Make the derived table known to the backend; return how many rows it has, 0 where it failed."""
    table = derivation.table
    try:
        if derivation.form == "expression":
            return backend.give_answer(table, lambda: _build(derivation.derive, derivation.parameters, specs, policy))
        answer = derivation.derive(
            *(policy if name == "policy" else backend.fetch_table(specs[name]) for name in derivation.parameters)
        )
        rows = pa.table([answer.column(n).cast(table.arrow.field(n).type) for n in table.names], schema=table.arrow)
        backend.give_rows(table, rows)
    except (EngineError, pa.ArrowException, KeyError, ValueError) as error:
        failures.append(_place(error, f"derivation {table.name}"))
        return 0
    return int(rows.num_rows)


def _ask(
    backend: Backend,
    duck: Any,
    pack: Pack,
    rule: Rule,
    specs: Mapping[str, TableSpec],
    policy: Any,
    failures: list[EngineError],
) -> pa.Table:
    try:
        answer = backend.fetch(rule.id, lambda: _build(rule.ask, rule.parameters, specs, policy))
        return form_findings(duck, pack, rule, answer)
    except (EngineError, pa.ArrowException, ValueError) as error:
        failures.append(_place(error, f"rule {rule.id}"))
        return FINDINGS.empty_table()


def _build(
    function: Callable[..., Any], parameters: tuple[str, ...], specs: Mapping[str, TableSpec], policy: Any
) -> Any:
    """Return the expression that a rule or derivation makes of unbound tables."""
    return function(*(policy if name == "policy" else name_table(specs[name]) for name in parameters))


def _place(error: Exception, where: str) -> EngineError:
    if isinstance(error, EngineError):
        return EngineError(error.what, where=where, remedy=error.remedy, sql=error.sql)
    return EngineError(str(error), where=where)
