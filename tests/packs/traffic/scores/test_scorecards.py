"""Scorecards: every summand named, bounded and monotone; the same expression on both engines."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import duckdb
import ibis
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.config import Config
from pydantic import ValidationError

from paicha.kernel.errors import PolicyError
from paicha.packs.traffic.scores.scorecard import (
    Scorecard,
    is_shaped,
    list_contributions,
    list_reasons,
    read_card,
    score,
    write_number,
)


class PySparkOptions(Config):
    treat_nan_as_null: bool = False


DUCK = duckdb.connect(config={"threads": 1})

if ibis.options.pyspark is None:
    ibis.options.pyspark = PySparkOptions()


def feature(**values: Any) -> dict[str, Any]:
    return {
        "name": "size", "title": {"en": "size", "zh": "大小"}, "unit": "B", "why": "a test", "direction": "peak",
        "reason": {"en": "{value} B each", "zh": "每个{value}字节"}, "bound": 3.0,
        "bins": [bin_of(10, -2), bin_of(20, 3), bin_of(30, 1), bin_of(math.inf, -1)],
    } | values  # fmt: skip


def bin_of(up_to: float, points: float) -> dict[str, float]:
    return {"up_to": up_to, "prior": points, "points": points}


def card(*features: dict[str, Any]) -> Scorecard:
    return Scorecard.model_validate(
        {"name": "test", "version": 1, "about": "a test", "built_with": "by hand", "base": -1.5, "built_from": [],
         "features": list(features) or [feature()]}
    )  # fmt: skip


@cache
def write(names: tuple[str, ...], of: Scorecard) -> str:
    scored = score(ibis.table(dict.fromkeys(names, "float64"), name="t"), of)
    told = scored.select("score", list=list_contributions(scored, of), reasons=list_reasons(scored, of))
    assert "SELECT" in str(ibis.to_sql(told, dialect="pyspark"))
    return str(ibis.to_sql(told, dialect="duckdb"))


def ask(rows: dict[str, Any], of: Scorecard) -> list[dict[str, Any]]:
    table = pa.table({name: pa.array(values, pa.float64()) for name, values in rows.items()})
    DUCK.register("t_arrow", table)
    DUCK.execute("CREATE OR REPLACE TABLE t AS SELECT * FROM t_arrow")
    return DUCK.execute(write(tuple(rows), of)).to_arrow_table().to_pylist()


def test_bins_include_their_upper_end_and_null_counts_nothing() -> None:
    found = ask({"size": [-5.0, 10.0, 10.1, 20.0, 30.0, 1e9, None]}, card())
    assert [row["score"] + 1.5 for row in found] == [-2, -2, 3, 3, 1, -1, 0]
    assert found[-1]["list"] == [
        {"name": "base", "value": None, "points": -1.5},
        {"name": "size", "value": None, "points": 0.0},
    ]
    assert found[-1]["reasons"] == []
    assert found[2]["reasons"] == [{"text": "10.1 B each", "text_zh": "每个10.1字节"}]


def test_uncertain_value_counts_for_its_least_points() -> None:
    rows = {"size": [15.0, 15.0, 15.0], "size_low": [12.0, 5.0, 12.0], "size_high": [18.0, 18.0, 40.0]}
    assert [row["score"] + 1.5 for row in ask(rows, card())] == [3, -2, -1]


BOTH = card(feature(), feature(name="rate", direction="rising", bins=[bin_of(5, -3), bin_of(math.inf, 2)]))
VALUES = st.floats(0, 100) | st.none()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=50))
def test_score_is_the_sum_of_what_is_listed(rows: list[tuple[float | None, float | None]]) -> None:
    sizes, rates = zip(*rows, strict=True)
    for row in ask({"size": sizes, "rate": rates}, BOTH):
        assert row["score"] == sum(one["points"] for one in row["list"])
        assert [one["name"] for one in row["list"]] == ["base", "size", "rate"]
        assert all(abs(one["points"]) <= 3 for one in row["list"])


@pytest.mark.parametrize(
    "change",
    [
        {"bins": [bin_of(10, 0)]},
        {"bins": [bin_of(10, 0), bin_of(20, 1)]},
        {"bins": [bin_of(20, 0), bin_of(10, 1), bin_of(math.inf, 0)]},
        {"bins": [bin_of(10, 0), bin_of(math.inf, 3.5)]},
        {"bins": [bin_of(10, 1), bin_of(20, 0), bin_of(math.inf, 1)]},
        {"direction": "rising"},
        {"direction": "falling"},
        {"bins": [bin_of(10, 0.25), bin_of(math.inf, 0)]},
        {"bound": 0.0},
        {"name": "Size"},
        {"note": "unknown"},
    ],
)
def test_malformed_features_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        card(feature(**change))


def test_a_feature_twice_is_refused() -> None:
    with pytest.raises(ValidationError):
        card(feature(), feature())


def test_shapes() -> None:
    assert is_shaped([0, 1, 1, 2], "rising")
    assert not is_shaped([0, 1, 0], "rising")
    assert is_shaped([2, 2, 0], "falling")
    assert is_shaped([0, 2, 2, 1], "peak")
    assert not is_shaped([2, 0, 1], "peak")


def test_malformed_file_is_told_with_its_place(tmp_path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("name = 'bad'\n")
    for wrong in (path, tmp_path / "none.toml"):
        with pytest.raises(PolicyError) as caught:
            read_card(wrong)
        assert caught.value.where == str(wrong)
    path.write_bytes(b"\xff")
    with pytest.raises(PolicyError):
        read_card(path)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (0.04, "0"), (0.05, "0.1"), (59.96, "60"), (1e12, "1000000000000")]
)
def test_numbers_are_written_with_at_most_one_decimal(value: float, text: str) -> None:
    rows = ibis.table({"x": "float64"}, name="n")
    number = rows.select(text=write_number(rows.x))
    DUCK.execute("CREATE OR REPLACE TABLE n AS SELECT ?::DOUBLE AS x", [value])
    assert DUCK.execute(str(ibis.to_sql(number, dialect="duckdb"))).fetchone() == (text,)
