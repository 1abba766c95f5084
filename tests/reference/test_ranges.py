"""The index of ranges against a search through all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paicha.kernel.errors import RegistryError
from paicha.reference import ranges
from paicha.reference.addresses import Addresses, parse_addresses, parse_networks
from paicha.reference.ranges import EARLIEST, LATEST, RangeIndex

EDGES = st.one_of(
    st.integers(0, 12),
    st.integers(2**64 - 3, 2**64 + 3),
    st.integers(2**128 - 6, 2**128 - 1),
)


@dataclass
class Row:
    first: int
    last: int
    order: int
    valid_from: int
    valid_to: int


ROWS = st.lists(
    st.builds(
        Row,
        EDGES,
        EDGES,
        st.integers(0, 2),
        st.sampled_from([EARLIEST, 0, 1, 5]),
        st.sampled_from([LATEST, 2, 5, 9]),
    ),
    max_size=14,
)


def to_addresses(numbers: list[int]) -> Addresses:
    high = np.array([n >> 64 for n in numbers], np.uint64)
    low = np.array([n & (2**64 - 1) for n in numbers], np.uint64)
    return Addresses(high, low, np.ones(len(numbers), np.bool_))


def build_index(rows: list[Row]) -> RangeIndex:
    return RangeIndex(
        to_addresses([r.first for r in rows]),
        to_addresses([r.last for r in rows]),
        order=np.array([r.order for r in rows], np.int64),
        valid_from=np.array([r.valid_from for r in rows], np.int64),
        valid_to=np.array([r.valid_to for r in rows], np.int64),
    )


def find_naively(rows: list[Row], number: int, time: int | None) -> int:
    holding = [
        (r.last - r.first, r.order, index)
        for index, r in enumerate(rows)
        if r.first <= number <= r.last and (time is None or r.valid_from <= time < r.valid_to)
    ]
    return min(holding)[2] if holding else -1


@settings(deadline=None)
@given(ROWS, st.lists(st.tuples(EDGES, st.integers(-1, 10)), max_size=12))
def test_the_index_finds_what_a_search_through_all_ranges_finds(rows: list[Row], asked: list[tuple[int, int]]):
    index = build_index(rows)
    addresses = to_addresses([number for number, _ in asked])
    times = np.array([time for _, time in asked], np.int64)
    assert index.find(addresses, times).tolist() == [find_naively(rows, *a) for a in asked]
    assert index.find(addresses).tolist() == [find_naively(rows, number, None) for number, _ in asked]


def test_the_narrowest_of_nested_networks_answers():
    first, last = parse_networks(["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "bad", "2001:db8::/32", "::/0"])
    index = RangeIndex(first, last)
    asked = parse_addresses(["10.1.2.3", "10.1.9.9", "10.9.9.9", "11.0.0.1", "2001:db8::1", "nothing"])
    assert index.find(asked).tolist() == [2, 1, 0, 5, 4, -1]


def test_no_ranges_hold_nothing():
    nothing = parse_addresses([])
    assert RangeIndex(nothing, nothing).find(parse_addresses(["1.1.1.1"])).tolist() == [-1]
    assert RangeIndex(*parse_networks(["x"])).find(parse_addresses(["1.1.1.1"])).tolist() == [-1]


def test_a_hostile_register_is_refused_and_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ranges, "MOST_NODES", 10_000)
    numbers = list(range(1000))
    with pytest.raises(RegistryError, match="overlap"):
        RangeIndex(to_addresses(numbers), to_addresses([n + 1000 for n in numbers]))
