"""The filing table: what is accepted, what is refused and why."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from paicha.kernel.errors import InputError
from paicha.kernel.owners import OWNERS
from paicha.reference.credit_code import compute_check
from paicha.registry.units import UnitsImport, read_units

if TYPE_CHECKING:
    from pathlib import Path

HEADER = [
    "start",
    "end",
    "cidr",
    "unit",
    "credit_code",
    "nature",
    "industry",
    "region",
    "nat",
    "valid_from",
    "valid_to",
]
CODE = "12320100466002345" + compute_check("12320100466002345")


def write(path: Path, rows: list[list[str]], header: list[str] = HEADER, encoding: str = "utf-8-sig") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
    return path


def row(**cells: str) -> list[str]:
    given = {"unit": "江川大学", "cidr": "" if "start" in cells else "10.0.0.0/8"} | cells
    return [given.get(name, "") for name in HEADER]


def read(tmp_path: Path, *rows: list[str]) -> UnitsImport:
    return read_units(write(tmp_path / "units.csv", list(rows)))


def test_ranges_cidr_and_both_families_are_read(tmp_path: Path):
    result = read(
        tmp_path,
        row(cidr="10.0.0.0/8", credit_code=CODE.lower(), nature="高校", industry="教育", region="南京", nat="是"),
        row(start="10.1.0.0", end="10.1.0.255", valid_from="2021-03-01", valid_to="2021-03-31"),
        row(cidr="2001:DB8::/32"),
        row(cidr="10.2.0.0 - 10.2.0.9"),
        row(start="10.3.0.1"),
    )
    assert (result.accepted, result.rejected) == (5, ())
    assert result.owners.schema == OWNERS.arrow
    first, second, *rest = result.owners.to_pylist()
    assert first == {
        "site": None, "low": "10.0.0.0", "high": "10.255.255.255", "unit": "江川大学", "credit_code": CODE,
        "nature": "university", "industry": "P", "region": "320100", "level": "filed", "is_nat": True,
        "valid_from": None, "valid_to": None, "contact": None,
    }  # fmt: skip
    # dates are Beijing's, and the last day counts in full
    assert second["valid_to"] - second["valid_from"] == 31 * 86_400_000_000
    assert second["valid_from"] == 1_614_528_000_000_000
    assert [(r["low"], r["high"]) for r in rest] == [
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ("10.2.0.0", "10.2.0.9"), ("10.3.0.1", "10.3.0.1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"start": "10.0.0.9", "end": "10.0.0.1"}, "start-after-end"),
        ({"start": "10.0.0.1", "end": "2001:db8::1"}, "mixed-families"),
        ({"start": "10.0.0.300"}, "bad-address"),
        ({"cidr": "10.0.0.0/40"}, "bad-address"),
        ({"cidr": "202.113.0.0/8"}, "host-bits"),
        ({"cidr": ""}, "no-range"),
        ({"unit": " "}, "no-unit"),
        ({"unit": "x" * 300}, "bad-unit"),
        ({"credit_code": CODE[:-1] + ("0" if CODE[-1] != "0" else "1")}, "bad-credit-code"),
        ({"credit_code": "123"}, "bad-credit-code"),
        ({"nature": "外星"}, "bad-nature"),
        ({"industry": "ZZ"}, "bad-industry"),
        ({"region": "990000"}, "bad-region"),
        ({"region": "无此地"}, "bad-region"),
        ({"nat": "maybe"}, "bad-nat"),
        ({"valid_from": "tomorrow"}, "bad-date"),
        ({"valid_from": "2022-01-02", "valid_to": "2022-01-01"}, "bad-validity"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason(tmp_path: Path, cells: dict[str, str], code: str):
    result = read(tmp_path, row(cidr="192.0.2.0/24"), row(**cells))
    assert result.accepted == 1
    (error,) = result.rejected
    assert (error.row, error.code) == (3, code)
    assert error.reason


def test_a_range_is_filed_once_per_validity(tmp_path: Path):
    result = read(
        tmp_path,
        row(valid_to="2020-12-31"),
        row(valid_from="2021-01-01"),
        row(start="10.0.0.0", end="10.255.255.255", valid_from="2021-01-01"),
        row(cidr="10.0.0.0/9", valid_from="2021-01-01"),
    )
    assert result.accepted == 3
    assert [(e.row, e.code) for e in result.rejected] == [(4, "already-filed")]
    assert "row 3" in result.rejected[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headings_below_a_title_are_found(tmp_path: Path, encoding: str):
    rows = [
        ["起始IP", "终止IP", "单位名称*", "单位性质", "联系人", "联系电话"],
        ["10.0.0.0", "10.0.0.9", "某局", "机关", "张", "1"],
    ]
    rows[0][2] = "单位名称"
    result = read_units(write(tmp_path / "units.csv", rows, ["IP备案信息表"], encoding))
    assert result.accepted == 1
    assert result.owners.column("nature").to_pylist() == ["government"]
    assert result.owners.column("contact").to_pylist() == ["张 1"]


def test_a_workbook_is_read_like_a_table(tmp_path: Path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["网段", "单位", "行政区划代码", "是否NAT"])
    book.active.append(["10.0.0.0/8", "某大学", 320102.0, True])
    book.active.append([None, None, None, None])
    book.active.append(["bad", "某大学", None, None])
    book.save(tmp_path / "units.xlsx")
    result = read_units(tmp_path / "units.xlsx")
    assert (result.accepted, [e.row for e in result.rejected]) == (1, [4])
    assert result.owners.to_pylist()[0]["region"] == "320102"
    assert result.owners.to_pylist()[0]["is_nat"] is True


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\0\0", b"PK\x03\x04garbage", b"name,value\n1,2\n", b'cidr,unit\n"10.0.0.0/8,x\n' + b"y" * 200_000,
        b"\xff\xfe\xff", b"cidr,unit\n" + b"x" * 3_000_000,
    ],
)  # fmt: skip
def test_a_hostile_file_gives_one_clear_error(tmp_path: Path, data: bytes):
    path = tmp_path / "units.csv"
    path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_units(path)
    assert "units.csv" in str(caught.value)


def test_a_workbook_cut_short_gives_one_clear_error(tmp_path: Path):
    from openpyxl import Workbook

    book = Workbook()
    for number in range(500):
        book.active.append([f"10.0.{number}.0/24", "某大学"])
    book.save(tmp_path / "whole.xlsx")
    data = (tmp_path / "whole.xlsx").read_bytes()
    for size in (10, len(data) // 2, len(data) - 5):
        (tmp_path / "cut.xlsx").write_bytes(data[:size])
        with pytest.raises(InputError):
            read_units(tmp_path / "cut.xlsx")


CELL = st.one_of(
    st.sampled_from(["10.0.0.0/8", "10.0.0.1", "::/0", "x", "", "2021-01-01", "是", "高校", "A", "320100"]),
    st.text(max_size=8),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(CELL, min_size=11, max_size=11), max_size=6))
def test_every_row_is_accepted_or_refused(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]):
    path = tmp_path_factory.mktemp("units") / "units.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        csv.writer(stream).writerows([HEADER, *([c.replace("\0", "") for c in r] for r in rows)])
    blank = sum(
        not any(cell.strip() for cell in csv_row) for csv_row in csv.reader(path.open(newline="", encoding="utf-8"))
    )
    count = sum(1 for _ in csv.reader(path.open(newline="", encoding="utf-8"))) - 1
    result = read_units(path)
    assert result.accepted + len(result.rejected) == count - blank
    assert result.owners.num_rows == result.accepted
