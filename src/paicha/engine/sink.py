"""Where readers put what they read: Parquet files per table, and a count of every record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from paicha.engine.duck_types import name_type
from paicha.kernel.errors import InputError, OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from paicha.kernel.reader import Source
    from paicha.kernel.schema import TableSpec

BUFFERED_ROWS = 65_536
BUFFERED_BYTES = 8 << 20
"""Rows or bytes that wait before they are written: rows with lists in them weigh kilobytes."""

DICTIONARY_BYTES = 65_536
"""A dictionary that grows beyond this costs more than the repetition in its column saves."""

COPY_OPTIONS = "FORMAT parquet, COMPRESSION lz4_raw, DICTIONARY_SIZE_LIMIT 1000"
"""The same for what DuckDB writes, not in version 2 of Parquet, which Spark reads in part; the limit counts values."""

LISTED_REJECTS = 1000
"""Places of rejects kept per input; the counts are complete."""


@dataclass(slots=True)
class Count:
    """What became of one input's records."""

    accepted: int = 0
    rejected: int = 0
    rejects: list[tuple[str, str, int]] = field(default_factory=list)
    """Position, reason and count of the first rejects, equal reasons in a row added up."""
    error: InputError | None = None


class ParquetSink:
    """A sink that writes one Parquet file per table and reader under a directory."""

    def __init__(self, directory: Path, prefix: str, tables: Iterable[TableSpec], duck: Any) -> None:
        self._directory = directory
        self._prefix = prefix
        self._schemas = {table.name: table.arrow for table in tables}
        self._duck = duck
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._waiting: dict[str, list[pa.Table]] = {}
        self._parts = 0
        self.counts: dict[int, Count] = {}

    def write(self, table: str, batch: Any) -> None:
        """Keep an Arrow record batch or table, its columns cast to the schema by name."""
        schema = self._schemas[table]
        rows = pa.Table.from_batches([batch]) if isinstance(batch, pa.RecordBatch) else batch
        if rows.num_rows == 0:
            return
        rows = pa.table([rows.column(name).cast(schema.field(name).type) for name in schema.names], schema=schema)
        waiting = self._waiting.setdefault(table, [])
        waiting.append(rows)
        rows_held = sum(part.num_rows for part in waiting)
        if rows_held >= BUFFERED_ROWS or sum(part.nbytes for part in waiting) >= BUFFERED_BYTES:
            self._flush(table)

    def copy(self, table: str, query: str) -> int:
        """Keep the answer of a DuckDB query, its columns cast to the schema by name; return the number of rows."""
        import duckdb

        schema = self._schemas[table]
        relation = self._duck.sql(query)
        types = {column.name: name_type(column.type) for column in schema}
        # an enumeration is text in the file, too, and written in a third of the time
        texts = {c for c, kind in zip(relation.columns, relation.types, strict=True) if kind.id == "enum"}
        texts = {name for name in texts if types[name] == "VARCHAR"}
        columns = ", ".join(
            f'"{name}"' if name in texts else f'CAST("{name}" AS {types[name]}) AS "{name}"' for name in schema.names
        )
        self._parts += 1
        path = self._directory / f"{self._prefix}-{table}-{self._parts:04d}.parquet"
        statement = f"COPY (SELECT {columns} FROM ({relation.sql_query()})) TO '{_quote(path)}'"  # noqa: S608 -- own names
        try:
            counted = self._duck.execute(f"{statement} ({COPY_OPTIONS})").fetchone()
        except duckdb.Error:
            path.unlink(missing_ok=True)  # what stands there is no whole file
            raise
        return int(counted[0])

    def accept(self, source: Source, records: int) -> None:
        """Count records that were read and understood."""
        self._count(source).accepted += records

    def reject(self, source: Source, position: str, reason: str, count: int = 1) -> None:
        """Count records that were not, and keep the places of the first ones."""
        counted = self._count(source)
        counted.rejected += count
        if len(counted.rejects) < LISTED_REJECTS:
            counted.rejects.append((position, reason, count))
        elif counted.rejects[-1][1] == "further rejects":
            counted.rejects[-1] = (counted.rejects[-1][0], "further rejects", counted.rejects[-1][2] + count)
        else:
            counted.rejects.append((position, "further rejects", count))

    def fail(self, source: Source, error: InputError) -> None:
        """Remember that nothing (more) of one source can be read."""
        self._count(source).error = error

    def close(self) -> None:
        """Write what waits and finish the files.

        Raises:
            OutputError: the disk is full or cannot be written.
        """
        for table in list(self._waiting):
            self._flush(table)
        for table, writer in self._writers.items():
            try:
                writer.close()
            except OSError as error:
                raise OutputError(f"table {table} could not be written: {error}", where=str(self._directory)) from error
        self._writers.clear()

    def _count(self, source: Source) -> Count:
        return self.counts.setdefault(source.position, Count())

    def _flush(self, table: str) -> None:
        waiting = self._waiting.pop(table, None)
        if not waiting:
            return
        try:
            writer = self._writers.get(table)
            if writer is None:
                path = self._directory / f"{self._prefix}-{table}-0000.parquet"
                writer = _open_writer(path, self._schemas[table])
                self._writers[table] = writer
            writer.write_table(pa.concat_tables(waiting))
        except OSError as error:
            raise OutputError(
                f"table {table} could not be written: {error}",
                where=str(self._directory),
                remedy="free space on this disk; nothing was lost, run the command again",
            ) from error


def _open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Return a writer for tables that are read once or twice: speed counts for more than size.

    Texts repeat (sites, sources) and get dictionaries, as far as these stay small; whole numbers are written as their
    differences, which no compression makes much smaller.
    """
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    whole = [field.name for field in schema if pa.types.is_integer(field.type)]
    return pq.ParquetWriter(
        path,
        schema,
        compression={leaf: "none" if leaf in whole else "lz4" for leaf in _list_leaves(schema)},
        use_dictionary=texts,
        dictionary_pagesize_limit=DICTIONARY_BYTES,
        column_encoding=dict.fromkeys(whole, "DELTA_BINARY_PACKED"),
        write_statistics=False,
    )


def _list_leaves(fields: Iterable[pa.Field], above: str = "") -> Iterator[str]:
    """Yield the paths of the columns that Parquet makes of fields, nested ones included."""
    for column in fields:
        path = above + column.name
        if pa.types.is_struct(column.type):
            yield from _list_leaves(column.type, f"{path}.")
        elif pa.types.is_list(column.type):
            yield from _list_leaves((column.type.value_field.with_name("element"),), f"{path}.list.")
        else:
            yield path


def _quote(path: Path) -> str:
    return str(path).replace("'", "''")
