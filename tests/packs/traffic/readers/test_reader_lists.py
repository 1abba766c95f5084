"""Lists handed down: encodings, headings, cells as people write them, spreadsheets that want to be too large."""

from __future__ import annotations

import gzip
import io
import zipfile
from contextlib import suppress
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.policy import ReportListPolicy, TrafficPolicy
from paicha.packs.traffic.readers.report_cells import read_endpoints, read_peer, read_port, read_time
from paicha.packs.traffic.readers.report_list import REPORT_LIST_READER

LIST = """关于虚拟货币挖矿线索的通报
序号,IP地址,端口,开始时间,结束时间,矿池,证据类型,下发单位,批次
1,１０．０．０．５：8333,,2021年11月10日 08:30,2021/11/10,stratum+tcp://Pool.Example:3333,流量,省局,第3批
2,10.0.0.0/24,,,,,,,
3,"10.0.0.6
10.0.0.7",80,44510.5,,203.0.113.9,,,
4,没有,,,,,,,
,,,,,,,,

5,2001:DB8::1,443,20211110083000,,,,,
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_csv_in_every_encoding(bench, encoding):
    sink = bench.read(REPORT_LIST_READER, LIST.encode(encoding))
    assert (sink.accepted[0], sink.rejected[0]) == (3, 2)
    assert [(place, reason) for place, reason, _ in sink.rejects] == [
        ("line 4", "it is a range of addresses: list the addresses"),
        ("line 7", "it is not an address"),
    ]
    first, second, third, last = sink.rows("reports")
    assert first == {
        "site": "here", "source": first["source"], "address": "10.0.0.5", "port": 8333,
        "first_seen": 1_636_504_200_000_000, "last_seen": 1_636_559_999_999_999, "peer": "pool.example",
        "peer_port": 3333, "kind": "流量", "issuer": "省局", "batch": "第3批", "count": 1,
    }  # fmt: skip
    assert [(row["address"], row["port"], row["peer"]) for row in (second, third)] == [
        ("10.0.0.6", 80, "203.0.113.9"),
        ("10.0.0.7", 80, "203.0.113.9"),
    ]
    assert (last["address"], last["first_seen"], last["issuer"]) == ("2001:db8::1", 1_636_504_200_000_000, "input0")


def test_a_cut_list_gives_what_precedes_the_cut(bench):
    lines = "ip\n" + "".join(f"10.{n % 256}.{n * 7919 % 256}.{n * 104729 % 251}\n" for n in range(3000))
    packed = gzip.compress(lines.encode())
    sink = bench.read(REPORT_LIST_READER, packed[: len(packed) * 3 // 4])
    assert 1000 < sink.accepted[0] < 3000
    assert len(sink.errors) == 1


def test_a_quote_that_is_not_closed_costs_one_row(bench):
    sink = bench.read(REPORT_LIST_READER, 'ip,note\n10.0.0.1,"open\n' + "10.0.0.2,x\n" * 50)
    assert sink.accepted[0] == 51


def test_headings_are_policy(bench):
    policy = TrafficPolicy(report_list=ReportListPolicy(columns={"address": ("Wer",), "peer": ("Pool",)}))
    table = "Pool,wer\npool.example,10.0.0.1\n"
    (row,) = bench.read(REPORT_LIST_READER, table, policy=policy).rows("reports")
    assert (row["address"], row["peer"]) == ("10.0.0.1", "pool.example")
    (error,) = bench.read(REPORT_LIST_READER, table).errors
    assert "report_list.columns" in str(error)


def test_times_asked_for(bench):
    rows = "ip,from,to\n10.0.0.1,2021-01-01,2021-01-02\n10.0.0.2,2021-03-01,2021-03-02\n10.0.0.3,,\n"
    sink = bench.read(REPORT_LIST_READER, rows, since=1_612_000_000_000_000)
    assert sink.accepted[0] == 3
    assert [row["address"] for row in sink.rows("reports")] == ["10.0.0.2", "10.0.0.3"]


def write_book(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_spreadsheets(bench, pack):
    notes = [["nothing here"]]
    listed = [
        ["通报"],
        ["IP", "端口", "发现时间"],
        ["10.0.0.1", 80.0, datetime(2021, 11, 10, 8, 30)],
        ["10.0.0.2", None, 44510],
        ["x"],
    ]
    sink = bench.read(REPORT_LIST_READER, pack(write_book(notes, listed)))
    assert (sink.accepted[0], sink.errors) == (2, [])
    assert sink.rejects == [("sheet Sheet1 row 5", "it is not an address", 1)]
    one, two = sink.rows("reports")
    assert (one["port"], one["first_seen"]) == (80, 1_636_504_200_000_000)
    assert two["first_seen"] == 1_636_473_600_000_000


def test_spreadsheets_without_addresses_damaged_or_too_large(bench):
    book = write_book([["IP"], ["10.0.0.1"]])
    (error,) = bench.read(REPORT_LIST_READER, write_book([["a"], ["b"]])).errors
    assert "no sheet has a column of addresses" in str(error)
    (error,) = bench.read(REPORT_LIST_READER, book[: len(book) // 2]).errors
    assert "damaged spreadsheet" in str(error)
    bomb = io.BytesIO(book)
    with (
        zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/sharedStrings.xml", "w") as member,
    ):
        for _ in range(129):
            member.write(bytes(1 << 20))
    (error,) = bench.read(REPORT_LIST_READER, bomb.getvalue()).errors
    assert "too large" in str(error)


def test_a_row_far_down_and_a_cell_far_right_cost_no_time(bench):
    sheet = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1" t="inlineStr"><is><t>IP</t></is></c><c r="XFD1" t="inlineStr"><is><t>z</t></is></c></row>'
        '<row r="999999999"><c r="A999999999" t="inlineStr"><is><t>10.0.0.1</t></is></c></row></sheetData></worksheet>'
    )
    source, target = zipfile.ZipFile(io.BytesIO(write_book([["IP"]]))), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, sheet if name.endswith("sheet1.xml") else source.read(name))
    sink = bench.read(REPORT_LIST_READER, target.getvalue())
    assert sink.accepted[0] == 0
    assert "rows" in str(sink.errors[0])


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("1.2.3.4", [("1.2.3.4", None)]),
        ("1[.]2.3.4:80", [("1.2.3.4", 80)]),
        ("1。2。3。4", [("1.2.3.4", None)]),
        ("[2001:db8::1]:443", [("2001:db8::1", 443)]),
        ("::ffff:1.2.3.4", [("1.2.3.4", None)]),
        ("1.2.3.4/32；5.6.7.8", [("1.2.3.4", None), ("5.6.7.8", None)]),
    ],
)
def test_endpoints(cell, expected):
    assert read_endpoints(cell) == expected


@pytest.mark.parametrize("cell", ["", None, "1.2.3.4-1.2.3.9", "1.2.3.0/24", "1.2.3", "pool.example", "1.2.3.4 x"])
def test_what_is_no_address(cell):
    with pytest.raises(ValueError, match="address"):
        read_endpoints(cell)


def test_peers_and_ports():
    assert read_peer("https://u:p@Pool.Example.:444/x?y") == ("pool.example", 444)
    assert read_peer("[2001:DB8::1]:3333") == ("2001:db8::1", 3333)
    assert read_peer("  ") == (None, None)
    assert [read_port(cell) for cell in (80, 80.0, "８０", "80,81", "0", 99999, None)] == [
        80,
        80,
        80,
        None,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    "cell",
    [
        "2021-11-10 08:30", "2021-11-10T08:30:00", "2021/11/10 8:30:00", "2021.11.10 08:30", "2021年11月10日 08:30",
        "2021年11月10日8时30分", "2021 年 11 月 10 日 8 点 30 分 00 秒", "2021-11-10T00:30:00Z",
        "2021-11-10T01:30:00+01:00", "20211110083000", "1636504200", 1636504200000, 44510.354166666664,
        datetime(2021, 11, 10, 8, 30),
    ],
)  # fmt: skip
def test_times(cell):
    assert read_time(cell, 8) == 1_636_504_200_000_000


@pytest.mark.parametrize(
    "cell", ["", None, "soon", "2021-13-01", "2021-11-31", "99999999999999", "2021-11-10 25:00", 5]
)
def test_what_is_no_time(cell):
    assert read_time(cell, 8) is None


def test_a_day_ends_with_its_last_microsecond():
    assert read_time("2021-11-10", 8, is_end=True) - read_time("2021-11-10", 8) == 86_400_000_000 - 1


@given(st.one_of(st.text(), st.integers(), st.floats(), st.datetimes(), st.none()), st.floats(-14, 14))
def test_cells_never_fail(cell, hours):
    read_time(cell, hours)
    read_port(cell)
    read_peer(cell)
    with suppress(ValueError):
        read_endpoints(cell)
