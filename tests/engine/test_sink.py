"""What readers write comes back from Parquet as it was, whoever wrote it and whoever reads it."""

from __future__ import annotations

from types import SimpleNamespace

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from paicha.engine.sink import ParquetSink, _list_leaves
from paicha.kernel.schema import Column, TableSpec

SPEC = TableSpec(
    "things",
    "one thing",
    (
        Column("site", "string", "where"),
        Column("time", "int64", "when", unit="us"),
        Column("port", "int32", "which", nullable=True),
        Column("share", "float64", "how much", nullable=True),
        Column("is_open", "bool", "or not"),
        Column("texts", "list<string>", "several", nullable=True),
        Column("slots", "list<struct<time: int64, name: string>>", "nested", nullable=True),
    ),
)
ROWS = pa.table(
    {
        "site": [f"s{number % 7}" for number in range(9000)],
        "time": [(number * 7919) % 100_003 - 5 for number in range(9000)],
        "port": [None if number % 5 == 0 else number for number in range(9000)],
        "share": [None if number % 3 == 0 else number / 7 for number in range(9000)],
        "is_open": [number % 2 == 0 for number in range(9000)],
        "texts": [None if number % 4 == 0 else [f"t{number}"] * (number % 3) for number in range(9000)],
        "slots": [[{"time": number, "name": str(number)}] * (number % 3) for number in range(9000)],
    },
    schema=SPEC.arrow,
)


def _sort(table):
    return sorted(map(repr, table.to_pylist()))


def test_written_rows_come_back(tmp_path):
    sink = ParquetSink(tmp_path, "x", (SPEC,), None)
    for start in range(0, 9000, 1000):
        sink.write("things", ROWS.slice(start, 1000))
    sink.close()
    (file,) = tmp_path.glob("*.parquet")
    assert pq.read_table(file).equals(ROWS)
    assert _sort(duckdb.sql(f"SELECT * FROM read_parquet('{file}')").to_arrow_table()) == _sort(ROWS)
    leaves = [pq.ParquetFile(file).schema.column(index).path for index in range(8)]
    assert leaves == list(_list_leaves(SPEC.arrow))


def test_copied_rows_come_back_and_enumerations_are_text(tmp_path):
    duck = duckdb.connect()
    duck.register("given", ROWS)
    sink = ParquetSink(tmp_path, "x", (SPEC,), duck)
    constant = "'it''s'::ENUM('it''s') AS site, port::VARCHAR::ENUM('1', '2') AS port"
    assert sink.copy("things", f"SELECT * REPLACE ({constant}) FROM given WHERE port < 3") == 2
    (file,) = tmp_path.glob("*.parquet")
    read = pq.read_table(file)
    assert read.schema.types == SPEC.arrow.types
    assert sorted(zip(read["site"].to_pylist(), read["port"].to_pylist(), strict=True)) == [("it's", 1), ("it's", 2)]


def test_files_are_written_as_spark_reads_them(tmp_path):
    duck = duckdb.connect()
    duck.register("given", ROWS)
    sink = ParquetSink(tmp_path, "x", (SPEC,), duck)
    sink.write("things", ROWS)
    sink.copy("things", "SELECT * FROM given")
    sink.close()
    for path in tmp_path.glob("*.parquet"):
        group = pq.ParquetFile(path).metadata.row_group(0)
        found = {code for index in range(group.num_columns) for code in group.column(index).encodings}
        # Spark 4.0 refuses BYTE_STREAM_SPLIT, which DuckDB's version 2 of Parquet uses for doubles
        assert found <= {"PLAIN", "RLE", "RLE_DICTIONARY", "PLAIN_DICTIONARY", "BIT_PACKED", "DELTA_BINARY_PACKED"}


def test_rejects_are_counted_beyond_those_that_are_listed(tmp_path):
    sink = ParquetSink(tmp_path, "x", (SPEC,), None)
    for number in range(1500):
        sink.reject(SimpleNamespace(position=0), f"line {number}", "bad", 2)
    count = sink.counts[0]
    assert (count.rejected, len(count.rejects), count.rejects[-1]) == (
        3000,
        1001,
        ("line 1000", "further rejects", 1000),
    )
