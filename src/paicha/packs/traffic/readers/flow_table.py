"""Flow tables of other tools, CSV or Parquet, with the column names that the policy maps (`flow_table.columns`)."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from paicha.kernel.errors import InputError
from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.readers import nfdump
from paicha.packs.traffic.readers.blocks import Block, make_block, read_blocks
from paicha.packs.traffic.readers.delimited import Field, Layout, parse_lines
from paicha.packs.traffic.readers.flow_columns import REQUIRED, write_flow_columns
from paicha.packs.traffic.readers.flow_query import copy_flows
from paicha.packs.traffic.readers.pairing import Pieces
from paicha.packs.traffic.readers.report_headings import has_report_headings
from paicha.packs.traffic.readers.rows import COUNTS, Target
from paicha.packs.traffic.readers.text_tables import count_address_columns, sniff_table, split_rows
from paicha.packs.traffic.tables import FLOWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from paicha.kernel.reader import Reading, Sink, Source

_MAGIC = b"PAR1"
_BATCH_ROWS = 131_072
_UNIT_SEPARATOR = "\x1f"
_EMPTY = ("", "null", "NULL", "None", "nan", "NaN", "-")


def recognises(source: Source) -> bool:
    """Return whether it is Parquet, or text with the default policy's headings or with two columns of addresses."""
    if source.head.startswith(_MAGIC):
        return True
    sniffed = sniff_table(source)
    if sniffed is None or nfdump.recognises(source):
        return False
    if _has_columns(sniffed.rows[0], TrafficPolicy.model_validate({}).flow_table.columns):
        return True
    return not has_report_headings(sniffed.rows) and count_address_columns(sniffed.rows[1:]) >= 2


def _has_columns(headings: Sequence[str], columns: dict[str, str]) -> bool:
    return all(columns.get(name) in headings for name in REQUIRED)


def read(sources: Sequence[Source], sink: Sink, reading: Reading) -> None:
    """Read the tables of a site, each by itself; records of one direction are paired over all of them."""
    pieces = Pieces(reading)
    for source in sources:
        is_parquet = source.head.startswith(_MAGIC)
        target = Target(source, sink, reading, "row" if is_parquet else "line")
        try:
            if is_parquet:
                _read_parquet(target, pieces)
            else:
                _read_csv(target, pieces)
        except InputError as error:
            sink.fail(source, error)
    pieces.write(sink)


def _is_one_way(mapped: Iterable[str]) -> bool:
    """Return whether a row is a record of one direction: it counts what the first side sent, and nothing back."""
    counts = set(mapped) & set(COUNTS)
    return bool(counts) and counts <= {"packets_out", "bytes_out"}


def _map_columns(theirs: Sequence[str], target: Target) -> dict[str, str]:
    """Return which of their columns is which of ours.

    Raises:
        InputError: one that is needed is not there.
    """
    columns = target.reading.policy.flow_table.columns
    missing = [name for name in REQUIRED if columns.get(name) not in theirs]
    if missing:
        raise InputError(
            f"no column {columns.get(missing[0])!r} for {missing[0]} among {', '.join(theirs[:20])}",
            where=str(target.source.path),
            remedy="map the columns in the policy: flow_table.columns",
        )
    return {ours: name for ours, name in columns.items() if name in theirs and ours in FLOWS.names}


def _read_parquet(target: Target, pieces: Pieces) -> None:
    source = target.source
    if source.compression is None:
        _read_parquet_file(source.path, target, pieces)
        return
    with tempfile.NamedTemporaryFile(suffix=".parquet") as unpacked, source.open() as packed:
        while part := packed.read(1 << 20):
            unpacked.write(part)
        unpacked.flush()
        _read_parquet_file(Path(unpacked.name), target, pieces)


def _read_parquet_file(path: Path, target: Target, pieces: Pieces) -> None:
    try:
        with pq.ParquetFile(path) as parquet:
            mapped = _map_columns(parquet.schema_arrow.names, target)
            if _is_one_way(mapped):
                _read_parquet_rows(parquet, mapped, target, pieces)
                return
            others = copy_flows(path, parquet, mapped, target)
            if others is None:
                _read_parquet_rows(parquet, mapped, target, None)
                return
            for part in others:
                write_flow_columns(part, target)
            target.reading.advance(target.source.size)
    except (pa.ArrowException, OSError) as error:
        first = str(error).partition("\n")[0]
        raise InputError(f"damaged Parquet: {first}", where=str(target.source.path)) from error


def _read_parquet_rows(
    parquet: pq.ParquetFile, mapped: Mapping[str, str], target: Target, pieces: Pieces | None
) -> None:
    """Read the rows one batch after the other, whatever types their columns have."""
    total, row = parquet.metadata.num_rows, 1
    for batch in parquet.iter_batches(_BATCH_ROWS, columns=list(dict.fromkeys(mapped.values()))):
        lines = pa.array(np.arange(row, row + batch.num_rows, dtype=np.int64))
        columns = {ours: batch.column(theirs) for ours, theirs in mapped.items()}
        write_flow_columns(pa.table({"line": lines, **columns}), target, pieces)
        row += batch.num_rows
        target.reading.advance(target.source.size * batch.num_rows // max(total, 1))


def _read_csv(target: Target, pieces: Pieces) -> None:
    sniffed = sniff_table(target.source)
    if sniffed is None or not sniffed.encoding.startswith("utf-8"):
        raise InputError("a flow table in CSV must be UTF-8", where=str(target.source.path), remedy="convert it")
    layout: Layout | None = None
    for block in read_blocks(target.source, target.sink, target.reading):
        if layout is None:
            start = len(block.data) - len(block.data.lstrip(b"\n"))
            end = block.data.find(b"\n", start) + 1
            (headings,) = split_rows([block.data[start:end].decode()], sniffed.separator)
            layout = _lay_out(headings, sniffed.separator, target)
            block = make_block(block.data[end:], block.first_line + block.data[:end].count(b"\n"))
        if b'"' in block.data:
            quoted = Layout(_UNIT_SEPARATOR, layout.width, layout.fields, layout.empty)
            table = parse_lines(_unquote(block, layout.separator), quoted, target)
        else:
            table = parse_lines(block, layout, target)
        if table.num_rows:
            is_one_way = _is_one_way(field.name for field in layout.fields)
            write_flow_columns(table, target, pieces if is_one_way else None)


def _lay_out(headings: Sequence[str], separator: str, target: Target) -> Layout:
    mapped = _map_columns(headings, target)
    fields = tuple(Field(ours, headings.index(theirs), "varchar") for ours, theirs in mapped.items())
    return Layout(separator, len(headings), fields, _EMPTY)


def _unquote(block: Block, separator: str) -> Block:
    """Return the block with its cells separated by U+001F, so that quotes mean nothing any more; a line is a record."""
    lines = []
    for line in block.data.decode().split("\n")[:-1]:
        try:
            cells = next(csv.reader([line], delimiter=separator), [])
        except csv.Error:
            cells = [line]
        lines.append(_UNIT_SEPARATOR.join(cells).replace("\n", " "))
    return make_block(("\n".join(lines) + "\n").encode(), block.first_line)


FLOW_TABLE_READER = Reader("flow-table", Title("Flow tables", "流量表"), (FLOWS,), recognises, read)
"""Reads flow tables in CSV and Parquet."""
