"""Whose an address is, at a time, in a site."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paicha.kernel.errors import InputError
from paicha.kernel.owners import LEVELS, OWNERS
from paicha.registry.attribution import TOLD, attribute
from paicha.registry.operators import read_operator_ranges

DAY = 86_400_000_000


def owner(low: str, high: str, unit: str, **cells: object) -> dict[str, object]:
    return {"low": low, "high": high, "unit": unit, "nature": "unknown", "level": "filed", "is_nat": False} | cells


def table(*rows: dict[str, object]) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in OWNERS.names} for row in rows], OWNERS.arrow)


def find_units(
    owners: pa.Table, addresses: list[str], times: list[int | None] | None = None, site: str = ""
) -> list[str]:
    return attribute(owners, [site] * len(addresses), addresses, times).column("unit").to_pylist()


def test_the_narrowest_range_answers_and_nothing_else_is_invented():
    owners = table(
        owner("10.0.0.0", "10.255.255.255", "province", level="operator"),
        owner("10.1.0.0", "10.1.255.255", "university", contact="张 1", is_nat=True),
    )
    answer = attribute(owners, ["a", "a", "a", "a"], ["10.1.2.3", "10.2.0.1", "11.0.0.1", "no address"], None)
    assert answer.column_names == [*TOLD, "row"]
    assert answer.to_pylist()[0] == {
        "unit": "university", "nature": "unknown", "region": None, "industry": None, "level": "filed", "is_nat": True,
        "credit_code": None, "contact": "张 1", "row": 1,
    }  # fmt: skip
    assert answer.column("level").to_pylist() == ["filed", "operator", "none", "none"]
    assert answer.column("row").to_pylist() == [1, 0, None, None]
    assert answer.column("is_nat").to_pylist()[2:] == [None, None]


def test_an_address_had_another_owner_in_march():
    owners = table(
        owner("10.0.0.0", "10.0.0.255", "old", valid_to=10 * DAY),
        owner("10.0.0.0", "10.0.0.255", "new", valid_from=10 * DAY),
        owner("10.0.0.0", "10.255.255.255", "always"),
    )
    times = [9 * DAY, 10 * DAY - 1, 10 * DAY, None]
    assert find_units(owners, ["10.0.0.1"] * 4, times) == ["old", "old", "new", "new"]
    expired = table(
        owner("10.0.0.0", "10.0.0.255", "old", valid_to=10 * DAY), owner("10.0.0.0", "10.0.255.255", "wide")
    )
    assert find_units(expired, ["10.0.0.1"], [11 * DAY]) == ["wide"]


def test_of_equal_ranges_the_better_level_wins_whatever_the_order():
    rows = [owner("10.0.0.0", "10.0.0.255", level, level=level) for level in reversed(LEVELS)]
    assert find_units(table(*rows), ["10.0.0.1"]) == ["filed"]
    assert find_units(table(*rows[:2]), ["10.0.0.1"]) == ["rir"]


def test_a_site_s_own_ranges_count_in_it_only():
    owners = table(
        owner("10.0.0.0", "10.0.0.255", "everywhere"),
        owner("10.0.0.0", "10.0.0.255", "in a", site="a"),
        owner("10.0.0.0", "10.0.0.3", "narrow in b", site="b"),
    )
    answer = attribute(owners, ["a", "b", "c", "b"], ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.9"], [1, 2, 3, None])
    assert answer.column("unit").to_pylist() == ["in a", "narrow in b", "everywhere", "everywhere"]


def test_chunked_columns_and_no_owners_work():
    addresses = pa.chunked_array([["10.0.0.1"], ["10.0.0.2"]])
    times = pa.chunked_array([pa.array([1], pa.int64()), pa.array([None], pa.int64())])
    answer = attribute(table(), pa.chunked_array([["a"], ["b"]]), addresses, times)
    assert answer.column("level").to_pylist() == ["none", "none"]
    assert attribute(table(owner("::", "::1", "x")), [], [], []).num_rows == 0


SPANS = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda span: (span[0], span[0] + span[1]))


@settings(deadline=None)
@given(
    st.lists(st.tuples(SPANS, st.sampled_from(LEVELS), st.sampled_from([None, "a", "b"])), max_size=10),
    st.lists(st.tuples(st.integers(0, 55), st.sampled_from(["a", "b", "c"])), max_size=8),
)
def test_a_search_through_all_owners_finds_the_same_range(
    rows: list[tuple[tuple[int, int], str, str | None]], asked: list[tuple[int, str]]
):
    def text(number: int) -> str:
        return str(ipaddress.IPv4Address(number))

    owners = table(
        *(
            owner(text(span[0]), text(span[1]), str(i), level=level, site=site)
            for i, (span, level, site) in enumerate(rows)
        )
    )
    expected = []
    for number, site in asked:
        holding = [
            (span[1] - span[0], LEVELS.index(level), own is None, index)
            for index, (span, level, own) in enumerate(rows)
            if span[0] <= number <= span[1] and own in (None, site)
        ]
        expected.append(str(min(holding)[3]) if holding else None)
    answer = attribute(owners, [site for _, site in asked], [text(number) for number, _ in asked])
    assert answer.column("unit").to_pylist() == expected


def test_an_operator_s_list_becomes_owners(tmp_path: Path):
    path = tmp_path / "net.txt"
    path.write_text("# list\n1.51.0.0/16\n\n2001:250::/30 # more\nnonsense\n", encoding="utf-8")
    result = read_operator_ranges(path, "CERNET")
    assert (result.accepted, [(e.row, e.code) for e in result.rejected]) == (2, [(5, "bad-address")])
    assert result.owners.schema == OWNERS.arrow
    assert find_units(result.owners, ["1.51.3.4", "2001:253::1", "1.52.0.0"]) == ["CERNET", "CERNET", None]
    path.write_text("nothing here\n", encoding="utf-8")
    with pytest.raises(InputError, match="no address range"):
        read_operator_ranges(path, "CERNET")


@pytest.mark.shared
@pytest.mark.parametrize(("name", "count"), [("cernet", 94), ("cernet6", 117), ("cstnet", 40)])
def test_the_public_lists_of_research_networks_are_read_whole(name: str, count: int):
    path = Path(__file__).resolve().parents[2].parent / "shared" / "regions" / f"{name}.txt"
    if not path.exists():
        pytest.skip("the public lists are not beside the project")
    result = read_operator_ranges(path, name.upper())
    assert (result.accepted, result.rejected) == (count, ())
