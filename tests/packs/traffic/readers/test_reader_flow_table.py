"""Flow tables in CSV and Parquet with mapped columns."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from paicha.packs.traffic.policy import FlowTablePolicy, TrafficPolicy
from paicha.packs.traffic.readers.flow_table import FLOW_TABLE_READER
from paicha.packs.traffic.readers.report_list import REPORT_LIST_READER

HEAD = "src_ip,src_port,dst_ip,dst_port,protocol,start,end,packets_out,bytes_out,note\n"
START_US = 1_636_533_000_000_000


def map_columns(**changes):
    return TrafficPolicy(flow_table=FlowTablePolicy(**changes))


def test_csv_with_names_of_protocols_zones_and_quotes(bench):
    rows = (
        '10.0.0.5,50000,203.0.113.9,3333,tcp,2021-11-10T08:30:00Z,2021-11-10T16:31:00+08:00,5,500,"a, b"\n'
        "10.0.0.5,,2001:DB8::9,,17,2021-11-10 08:30:00,,,,\n"
    )
    sink = bench.read(FLOW_TABLE_READER, HEAD + rows)
    one, two = sorted(sink.rows("flows"), key=lambda row: row["protocol"])
    assert (one["protocol"], one["started"], one["ended"]) == (6, START_US, START_US + 60_000_000)
    assert (one["packets_out"], one["bytes_out"], one["bytes_in"], one["sampling"]) == (5, 500, None, 1.0)
    assert (two["server_ip"], two["client_port"], two["started"], two["ended"]) == (
        "2001:db8::9", None, START_US, START_US
    )  # fmt: skip


def test_csv_rejects_by_line(bench):
    rows = (
        "x,1,203.0.113.9,1,6,2021-11-10T08:30:00Z,,,,\n"
        "10.0.0.5,1,203.0.113.9,1,6,never,,,,\n"
        "\n"
        "10.0.0.5,1,203.0.113.9,1,6,2021-11-10T08:30:00Z,,many,,\n"
        "10.0.0.5,1,203.0.113.9\n"
        "10.0.0.5,99999,203.0.113.9,1,6,2021-11-10T08:30:00Z,,,,\n"
        "10.0.0.5,1,203.0.113.9,1,nothing,2021-11-10T08:30:00Z,,,,\n"
        "10.0.0.5,1,203.0.113.9,1,6,2021-11-10T08:30:00Z,,1,1,\n"
    )
    sink = bench.read(FLOW_TABLE_READER, HEAD + rows)
    assert (sink.accepted[0], sink.rejected[0]) == (1, 6)
    assert {place for place, _, _ in sink.rejects} == {f"line {n}" for n in (2, 3, 5, 6, 7, 8)}


@pytest.mark.parametrize(("unit", "value"), [("s", "1636533000"), ("ms", "1636533000000"), ("us", str(START_US))])
def test_numeric_times_and_own_names(bench, unit, value):
    policy = map_columns(columns={"client_ip": "von", "server_ip": "nach", "started": "beginn"}, time_unit=unit)
    table = f"beginn;von;nach\n{value};10.0.0.5;203.0.113.9\n"
    (row,) = bench.read(FLOW_TABLE_READER, table, policy=policy).rows("flows")
    assert (row["started"], row["client_ip"], row["server_ip"]) == (START_US, "10.0.0.5", "203.0.113.9")


def test_local_times_are_shifted_unless_they_name_their_zone(bench):
    rows = "10.0.0.5,1,1.1.1.1,2,6,2021-11-10 16:30:00,2021-11-10T08:30:00Z,1,1,\n"
    (row,) = bench.read(FLOW_TABLE_READER, HEAD + rows, policy=map_columns(timezone_hours=8)).rows("flows")
    assert row["started"] == row["ended"] == START_US


def write_parquet(**columns):
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    "times",
    [
        pa.array([datetime(2021, 11, 10, 8, 30, tzinfo=UTC), None], pa.timestamp("ms", "UTC")),
        pa.array([datetime(2021, 11, 10, 8, 30), None], pa.timestamp("ns")),
        pa.array(["2021-11-10T16:30:00+08:00", "x"]),
    ],
)
def test_parquet(bench, pack, times):
    file = write_parquet(
        src_ip=pa.array(["10.0.0.5", "10.0.0.6"]).dictionary_encode(),
        dst_ip=["203.0.113.9"] * 2,
        dst_port=pa.array([3333, 3333], pa.uint16()),
        protocol=["TCP", "TCP"],
        start=times,
        bytes_out=[10.0, 20.0],
        sampling=[100, 100],
        other=["a", "b"],
    )
    sink = bench.read(FLOW_TABLE_READER, pack(file))
    (row,) = sink.rows("flows")
    assert (row["started"], row["bytes_out"], row["sampling"], row["server_port"]) == (START_US, 10, 100.0, 3333)
    assert [(place, count) for place, _, count in sink.rejects] == [("row 2", 1)]


def test_missing_columns_and_damage_are_input_errors(bench):
    sink = bench.read(FLOW_TABLE_READER, write_parquet(a=[1]), b"PAR1" + bytes(100), write_parquet(a=[1])[:-9])
    assert [str(e).split(": ", 1)[1][:20] for e in sink.errors] == [
        "no column 'src_ip' f",
        "damaged Parquet: Par",
        "damaged Parquet: Par",
    ]
    numbers = write_parquet(src_ip=["10.0.0.5"], dst_ip=["1.1.1.1"], start=[START_US])
    (error,) = bench.read(FLOW_TABLE_READER, numbers).errors
    assert "flow_table.time_unit" in str(error)


def test_which_tables_are_flows_and_which_lists(bench):
    def who(text):
        source = bench.source(text)
        return FLOW_TABLE_READER.recognises(source), REPORT_LIST_READER.recognises(source)

    assert who(HEAD) == (True, False)
    assert who("a,b,c\n10.0.0.5,203.0.113.9,1\n") == (True, False)
    assert who("源IP,目的IP,批次\n10.0.0.5,203.0.113.9,1\n") == (False, True)
    assert who("who,what\n10.0.0.5:80,x\n") == (False, True)
    assert who("10.0.0.5\n10.0.0.6\n") == (False, True)
    for other in ("", "hello\n", "a,b\n1,2\n", '{"ip": "1.2.3.4"}', "#fields\tip\n1.2.3.4\n", "\x00\x01ip,1.2.3.4"):
        assert who(other) == (False, False)


@pytest.mark.parametrize("is_parquet", [False, True])
def test_records_of_one_direction_are_paired_over_files_and_pieces(bench, is_parquet):
    def write(rows):
        if is_parquet:
            names = HEAD.split(",")[:9]
            columns = zip(*(row.split(",")[:9] for row in rows), strict=True)
            return write_parquet(**dict(zip(names, map(pa.array, columns), strict=True)))
        return HEAD + "".join(row + "\n" for row in rows)

    out, back = "10.0.0.5,50000,203.0.113.9,3333,6", "203.0.113.9,3333,10.0.0.5,50000,6"
    first = write([f"{out},2021-11-10T08:30:00Z,2021-11-10T08:35:00Z,5,500,",
                   f"{back},2021-11-10T08:30:00Z,2021-11-10T08:34:00Z,4,900,"])  # fmt: skip
    second = write([f"{back},2021-11-10T08:35:01Z,2021-11-10T08:40:00Z,6,1000,",
                    f"{out},2021-11-10T08:35:02Z,2021-11-10T08:39:00Z,7,700,"])  # fmt: skip
    sink = bench.read(FLOW_TABLE_READER, second, first)
    (row,) = sink.rows("flows")
    assert (row["client_ip"], row["client_port"], row["server_ip"], row["server_port"]) == (
        "10.0.0.5", 50000, "203.0.113.9", 3333
    )  # fmt: skip
    assert (row["packets_out"], row["packets_in"], row["bytes_out"], row["bytes_in"]) == (12, 10, 1200, 1900)
    assert (row["started"], row["ended"], row["sensor"]) == (START_US, START_US + 600_000_000, "table")
    assert sum(sink.accepted.values()) == 4
