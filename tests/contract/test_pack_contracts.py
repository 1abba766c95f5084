"""What every pack promises: rules and derivations that are complete, named, documented and fit for both engines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ibis
import pytest
from ibis.config import Config

from paicha.app.packs import PACKS, find_pack
from paicha.kernel.derivation import order_derivations
from paicha.kernel.grades import CAPS
from paicha.kernel.rule import FIXED_COLUMNS, OPTIONAL_COLUMNS
from paicha.reference.documents import find_document

if TYPE_CHECKING:
    from paicha.kernel.derivation import Derivation
    from paicha.kernel.pack import Pack
    from paicha.kernel.rule import Rule

PACK_LIST = [find_pack(name) for name in PACKS]
RULES = [(pack, rule) for pack in PACK_LIST for rule in pack.rules]
EXPRESSIONS = [(pack, d) for pack in PACK_LIST for d in pack.derivations if d.form == "expression"]
MEASURE_FIELDS = ("low", "best", "high", "unit", "algorithm")


class PySparkOptions(Config):
    """What the compiler for Spark reads; the backend itself, which needs Java, would set it."""

    treat_nan_as_null: bool = False


if ibis.options.pyspark is None:
    ibis.options.pyspark = PySparkOptions()


def name_rule(value: Any) -> str:
    return getattr(value, "id", None) or getattr(value, "name", None) or value.table.name


def list_tables(pack: Pack) -> dict[str, Any]:
    specs = (*pack.tables, *pack.given, *(d.table for d in pack.derivations))
    return {spec.name: ibis.table(ibis.Schema.from_pyarrow(spec.arrow), name=spec.name) for spec in specs}


def ask(pack: Pack, rule: Rule) -> Any:
    known = list_tables(pack) | {"policy": pack.policy_model()}
    return rule.ask(*(known[parameter] for parameter in rule.parameters))


def derive(pack: Pack, derivation: Derivation) -> Any:
    known = list_tables(pack) | {"policy": pack.policy_model()}
    return derivation.derive(*(known[parameter] for parameter in derivation.parameters))


@pytest.mark.parametrize("pack", PACK_LIST, ids=name_rule)
def test_names_are_unique(pack: Pack) -> None:
    ids = [rule.id for rule in pack.rules]
    assert len(ids) == len(set(ids))
    assert all(rule_id.startswith(f"{pack.name}.") for rule_id in ids)
    tables = [spec.name for spec in (*pack.tables, *pack.given, *(d.table for d in pack.derivations))]
    assert len(tables) == len(set(tables))
    readers = [reader.name for reader in pack.readers]
    assert len(readers) == len(set(readers))
    for reader in pack.readers:
        assert set(reader.tables) <= set(pack.tables)


@pytest.mark.parametrize("pack", PACK_LIST, ids=name_rule)
def test_derivations_can_be_ordered(pack: Pack) -> None:
    given = frozenset(spec.name for spec in (*pack.tables, *pack.given))
    assert len(order_derivations(pack.derivations, given)) == len(pack.derivations)
    known = given | {d.table.name for d in pack.derivations}
    assert pack.observed in known
    assert known.issuperset(pack.summary_tables)
    assert {"site", "subject", "first_seen", "last_seen", "hours", "records", "sampling"} <= set(
        list_tables(pack)[pack.observed].columns
    )


@pytest.mark.parametrize(("pack", "rule"), RULES, ids=name_rule)
def test_rule_is_complete(pack: Pack, rule: Rule) -> None:
    assert rule.title.en
    assert re.search(r"[一-龥]", rule.title.zh)
    assert len(rule.text) > 80
    assert rule.remedy
    assert rule.false_positives
    assert rule.grade <= CAPS[rule.evidence]
    assert rule.basis
    for document in rule.basis:
        assert find_document(document) is not None, document
    known = {*list_tables(pack), "policy"}
    assert known.issuperset(rule.parameters)


@pytest.mark.parametrize(("pack", "rule"), RULES, ids=name_rule)
def test_rule_answers_with_findings(pack: Pack, rule: Rule) -> None:
    schema = ask(pack, rule).schema()
    assert set(FIXED_COLUMNS) <= set(schema)
    for column in ("site", "subject", "key"):
        assert schema[column].is_string()
    for column in ("first_seen", "last_seen"):
        assert schema[column] == ibis.expr.datatypes.int64
    for column in rule.measures:
        assert schema[column].names == MEASURE_FIELDS
    if "grade" in schema:
        assert schema["grade"] == ibis.expr.datatypes.int64
    evidence = set(schema) - {*FIXED_COLUMNS, *OPTIONAL_COLUMNS, *rule.measures}
    assert evidence
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column) for column in evidence)


@pytest.mark.parametrize(("pack", "rule"), RULES, ids=name_rule)
def test_rule_compiles_for_both_engines(pack: Pack, rule: Rule) -> None:
    for dialect in ("duckdb", "pyspark"):
        assert "SELECT" in str(ibis.to_sql(ask(pack, rule), dialect=dialect))


@pytest.mark.parametrize(("pack", "derivation"), EXPRESSIONS, ids=name_rule)
def test_derivation_compiles_for_both_engines(pack: Pack, derivation: Derivation) -> None:
    expression = derive(pack, derivation)
    assert set(derivation.table.names) <= set(expression.columns)
    for dialect in ("duckdb", "pyspark"):
        assert "SELECT" in str(ibis.to_sql(expression, dialect=dialect))


@pytest.mark.parametrize("pack", PACK_LIST, ids=name_rule)
def test_evidence_forms_are_used(pack: Pack) -> None:
    columns = {column for rule in pack.rules for column in ask(pack, rule).columns}
    assert columns.issuperset(pack.evidence_forms)


@pytest.mark.parametrize("pack", PACK_LIST, ids=name_rule)
def test_policy_values_are_documented(pack: Pack) -> None:
    for name, field in pack.policy_model.model_fields.items():
        section = field.annotation
        if hasattr(section, "model_fields"):
            for key, value in section.model_fields.items():
                assert value.description, f"{name}.{key}"
        else:
            assert field.description, name
