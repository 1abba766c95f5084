"""Answers of rules become findings: one form, stable ids, each event counted once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from paicha.engine.literals import Value, fill, write_literal
from paicha.kernel.errors import EngineError
from paicha.kernel.rule import FIXED_COLUMNS, OPTIONAL_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from paicha.kernel.pack import Pack
    from paicha.kernel.rule import Rule

IDENTITIES = pa.list_(pa.struct([("kind", pa.string()), ("value", pa.string())]))

FINDINGS = pa.schema(
    [
        ("id", pa.string()),
        ("rule", pa.string()),
        ("version", pa.int64()),
        ("subject", pa.string()),
        ("subject_kind", pa.string()),
        ("site", pa.string()),
        ("key", pa.string()),
        ("sources", pa.list_(pa.string())),
        ("first_seen", pa.int64()),
        ("last_seen", pa.int64()),
        ("evidence_kind", pa.string()),
        ("grade", pa.int64()),
        ("outcome", pa.string()),
        ("evidence", pa.string()),
        ("measures", pa.string()),
        ("identities", IDENTITIES),
        ("counted_with", pa.string()),
    ]
)
"""One row per finding; `evidence` and `measures` are JSON objects as text, times int64 UTC microseconds."""


HASHES = "hashes"
"""DuckDB variable: map from keys of inputs to their SHA-256."""


def tell_hashes(duck: Any, hashes: Mapping[str, str]) -> None:
    """Make the SHA-256 of the inputs known to `form_findings`."""
    pairs = ", ".join(f"{write_literal(key)}: {write_literal(sha256)}" for key, sha256 in hashes.items())
    duck.execute(f"SET VARIABLE {HASHES} = MAP {{{pairs}}}::MAP(VARCHAR, VARCHAR)")


def form_findings(duck: Any, pack: Pack, rule: Rule, answer: pa.Table) -> pa.Table:
    """Return a rule's answer as rows of `FINDINGS`.

    Raises:
        EngineError: the answer lacks a fixed column, or holds the same site, subject and key twice.
    """
    missing = [name for name in FIXED_COLUMNS if name not in answer.column_names]
    if missing:
        raise EngineError(f"rule {rule.id} answers without {', '.join(missing)}")
    if answer.num_rows == 0:
        return FINDINGS.empty_table()
    given = set(answer.column_names)
    known = {*FIXED_COLUMNS, *OPTIONAL_COLUMNS, *rule.measures}
    evidence = [name for name in answer.column_names if name not in known]
    duck.register("answer", answer)
    query = f"""
        SELECT 'f-' || left(sha256(concat_ws(chr(31), $pack, $rule, $version::VARCHAR, site, subject, key)), 20) AS id,
               $rule AS rule, $version AS version, subject, $kind AS subject_kind, site, key,
               {"sources" if "sources" in given else "[]::VARCHAR[]"} AS sources,
               first_seen, last_seen,
               {_or_default("evidence_kind", given, "$evidence")} AS evidence_kind,
               {_or_default("grade", given, "$grade")} AS grade,
               {_or_default("outcome", given, "$outcome")} AS outcome,
               {_write_object(evidence, pack.evidence_forms)} AS evidence,
               {_write_measures(rule.measures)} AS measures,
               {"identities" if "identities" in given else "[]::STRUCT(kind VARCHAR, value VARCHAR)[]"} AS identities,
               {_or_default("counted_with", given, "NULL::VARCHAR")} AS counted_with
        FROM answer ORDER BY site, subject, key"""  # noqa: S608 -- column names of own rules
    parameters: dict[str, Value] = {
        "pack": pack.name, "rule": rule.id, "version": rule.version, "kind": rule.subject_kind,
        "evidence": str(rule.evidence), "grade": int(rule.grade), "outcome": rule.outcome,
    }  # fmt: skip
    rows = duck.execute(fill(query, parameters)).to_arrow_table().cast(FINDINGS)
    if len(rows.column("id").unique()) != rows.num_rows:
        raise EngineError(f"rule {rule.id} answers twice for the same site, subject and key")
    return rows


def _or_default(name: str, given: set[str], default: str) -> str:
    return f"coalesce({name}, {default})" if name in given else default


def _write_object(names: Iterable[str], forms: Mapping[str, str | tuple[str, ...]]) -> str:
    """Return the SQL of a JSON object with the named columns as keys, formed as the pack says."""
    parts = [f"'{name}', {_write_value(name, forms.get(name))}" for name in names]
    return f"json_object({', '.join(parts)})::VARCHAR"


def _write_measures(names: Iterable[str]) -> str:
    """Return the SQL of a JSON object of intervals; `algorithm` stands only where there is one."""
    ends = "'low', {0}.low, 'best', {0}.best, 'high', {0}.high, 'unit', {0}.unit"
    form = (
        f"CASE WHEN {{0}} IS NULL THEN NULL WHEN {{0}}.algorithm IS NULL THEN json_object({ends}) "
        f"ELSE json_object({ends}, 'algorithm', {{0}}.algorithm) END"
    )
    parts = ", ".join(f"'{name}', " + form.format(f'"{name}"') for name in names)
    return f"json_object({parts})::VARCHAR"


def _write_value(name: str, form: str | tuple[str, ...] | None) -> str:
    column = f'"{name}"'
    if form is None:
        return column
    if form == "us":
        return write_time(column)
    items = ", ".join(_write_field(*part.partition(":")) for part in form)
    return f"list_transform({column}, lambda x: json_array({items}))"


def _write_field(name: str, _: str, kind: str) -> str:
    field = f'x."{name}"'
    if kind == "us":
        return write_time(field)
    if kind == "sha256":
        return f"coalesce(getvariable('{HASHES}')[{field}], {field})"
    return field


def write_time(column: str) -> str:
    """Return the SQL that turns int64 UTC microseconds into ISO 8601 text with a Z, null staying null."""
    return f"strftime(make_timestamp({column}), '%Y-%m-%dT%H:%M:%S.%fZ')"


COUNT_ONCE = """
    SELECT *, CASE WHEN counted_with IS NULL THEN NULL ELSE nullif(first_value(id) OVER best, id) END AS counted_in
    FROM findings
    WINDOW best AS (
        PARTITION BY site, subject, coalesce(counted_with, id)
        ORDER BY grade DESC, (measures <> '{}') DESC, first_seen, id
    )
    ORDER BY site, subject, grade DESC, first_seen, id
"""
"""Findings of one event (`counted_with`) are counted in the best of them."""
