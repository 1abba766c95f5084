"""Patterns of STIX taken apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.indicators.stix_patterns import Comparison, parse_pattern


def test_and_binds_closer_than_or_and_brackets_bind_closest():
    a, b, c = (Comparison(f"x:{name}", name) for name in "abc")
    text = {"a": "x:a = 'a'", "b": "x:b = 'b'", "c": "x:c = 'c'"}
    assert parse_pattern(f"[{text['a']} OR {text['b']} AND {text['c']}]") == [(a,), (b, c)]
    assert parse_pattern(f"[({text['a']} OR {text['b']}) AND {text['c']}]") == [(a, c), (b, c)]
    assert parse_pattern(f"[{text['a']}] AND [{text['b']}] WITHIN 5 SECONDS") == [(a,), (b,)]
    assert parse_pattern(f"([{text['a']}]) START t'2021-01-01T00:00:00Z' STOP t'2022-01-01T00:00:00Z'") == [(a,)]


def test_values_are_texts_numbers_and_lists():
    assert parse_pattern(r"[x:a = 'it\'s \\ []']") == [(Comparison("x:a", "it's \\ []"),)]
    assert parse_pattern("[x:a IN (1,'b')]") == [(Comparison("x:a", "1"),), (Comparison("x:a", "b"),)]
    assert parse_pattern("[file:hashes.'SHA-256' = 'f']") == [(Comparison("file:hashes.'SHA-256'", "f"),)]
    assert parse_pattern("[x:list[*].y NOT = 'f']") == [(Comparison("x:list[*].y", "f", is_other=True),)]
    assert parse_pattern("[x:a LIKE 'f%']") == [(Comparison("x:a", "f%", is_other=True),)]


@pytest.mark.parametrize(
    "pattern",
    ["", "[", "[]", "x:a = 'b'", "[x:a = 'b'", "[x:a 'b']", "[x:a = ]", "[x:a = 'b' AND]", "[x:a IN ('b']", "[x:a = 'b",
     "[(((x:a = 'b')]", "[" + "(" * 100 + "x:a = 'b'" + ")" * 100 + "]", "[x:a = 'b']" * 10_000,
     "[" + " AND ".join("(x:a = 1 OR x:a = 2)" for _ in range(40)) + "]"],
)  # fmt: skip
def test_what_is_no_pattern_is_told_why(pattern: str):
    assert isinstance(parse_pattern(pattern), str)


@given(st.text("[]()x:a='bANDORIN ,1\\", max_size=60))
def test_any_text_is_answered(text: str):
    parse_pattern(text)
