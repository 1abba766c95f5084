"""A sink that collects, sources made of bytes or files, and a bench that reads them with one reader."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections import Counter
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from paicha.kernel.errors import InputError
from paicha.kernel.reader import Reading, Source
from paicha.packs.traffic.policy import TrafficPolicy
from paicha.packs.traffic.tables import INPUT_TABLES

if TYPE_CHECKING:
    from pathlib import Path


class CollectingSink:
    def __init__(self, duck):
        self.duck = duck
        self.schemas = {table.name: table.arrow for table in INPUT_TABLES}
        self.tables = {name: schema.empty_table() for name, schema in self.schemas.items()}
        self.accepted, self.rejected = Counter(), Counter()
        self.rejects, self.errors = [], []

    def write(self, table, batch):
        schema = self.schemas[table]
        rows = pa.table([batch.column(name).cast(schema.field(name).type) for name in schema.names], schema=schema)
        self.tables[table] = pa.concat_tables([self.tables[table], rows])

    def copy(self, table, query):
        rows = self.duck.sql(query).to_arrow_table()
        self.write(table, rows)
        return rows.num_rows

    def accept(self, source, records):
        self.accepted[source.position] += records

    def reject(self, source, position, reason, count=1):
        assert count > 0
        self.rejected[source.position] += count
        self.rejects.append((position, reason, count))

    def fail(self, source, error):
        assert isinstance(error, InputError)
        self.errors.append(error)

    def rows(self, table):
        return self.tables[table].to_pylist()


def _checked(stream, path):
    class Checked(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            try:
                data = stream.read(len(buffer))
            except (EOFError, OSError) as error:
                raise InputError("cut", where=str(path)) from error
            buffer[: len(data)] = data
            return len(data)

    return io.BufferedReader(Checked(), 1 << 20)


def _opener(path, compression):
    if compression == "gzip":
        return lambda: _checked(gzip.GzipFile(path), path)
    if compression == "zstd":
        return lambda: _checked(pa.CompressedInputStream(str(path), "zstd"), path)
    return lambda: path.open("rb")


def _head(opener):
    parts = []
    with opener() as stream:
        try:
            while part := stream.read1(4096) if hasattr(stream, "read1") else stream.read(4096):
                parts.append(part)
                if len(parts) == 16:
                    break
        except InputError:
            pass
    return b"".join(parts)


def make_source(path: Path, position=0, site="here"):
    data = path.read_bytes()
    compression = {b"\x1f\x8b": "gzip", b"\x28\xb5": "zstd"}.get(data[:2])
    opener = _opener(path, compression)
    key = hashlib.sha256(data).hexdigest()[:16]
    return Source(path, key, site, len(data), compression, _head(opener), position, opener)


class Bench:
    """Reads files with one reader and gives back what it wrote."""

    def __init__(self, directory):
        self.directory = directory
        self.duck = duckdb.connect(config={"preserve_insertion_order": False})
        self.duck.execute("SET TimeZone = 'UTC'")

    def source(self, content, position=0, name=None):
        if isinstance(content, str):
            content = content.encode()
        if isinstance(content, bytes):
            path = self.directory / (name or f"input{position}")
            path.write_bytes(content)
            content = path
        return make_source(content, position)

    def read(self, reader, *contents, policy=None, inside=("10.", "192.168."), **options):
        sources = [self.source(content, number) for number, content in enumerate(contents)]
        for source in sources:
            assert reader.recognises(source), source.path
        sink = CollectingSink(self.duck)

        def is_inside(addresses):
            return [a.startswith(inside) for a in addresses]

        reading = Reading(policy or TrafficPolicy(), self.duck, is_inside, **options)
        reader.read(sources, sink, reading)
        return sink
