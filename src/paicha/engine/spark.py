"""Rules on Apache Spark: the same expressions over the same Parquet files."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from paicha.kernel.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from paicha.kernel.schema import TableSpec


class SparkBackend:
    """A Spark session, local or on a cluster that sees the same files."""

    name = "spark"

    def __init__(self, master: str, directory: Path) -> None:
        try:
            import ibis
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise EngineError(
                "Spark needs pyspark and Java", where=f"--engine {master}", remedy="pip install 'paicha[spark]'"
            ) from error
        # Without this the workers take the first python3 of the path, which lacks the libraries.
        os.environ["PYSPARK_PYTHON"] = sys.executable
        builder = SparkSession.builder.master(master).appName("paicha")
        for key, value in _find_settings(master).items():
            builder = builder.config(key, value)
        try:
            self._session = builder.getOrCreate()
        except Exception as error:
            raise EngineError(f"Spark does not start: {error}", where=f"--engine {master}") from error
        self._connection = ibis.pyspark.connect(self._session)
        self._directory = directory

    def give_files(self, spec: TableSpec, files: Sequence[Path]) -> None:
        """Make a table of Parquet files known; it is empty where there are none."""
        if not files:
            self.give_rows(spec, spec.arrow.empty_table())
            return
        frame = self._session.read.parquet(*(path.resolve().as_uri() for path in files))
        frame.createOrReplaceTempView(spec.name)

    def give_rows(self, spec: TableSpec, rows: pa.Table) -> None:
        """Make a table of Arrow rows known, by way of a Parquet file."""
        path = self._directory / f"given-{spec.name}.parquet"
        pq.write_table(rows, path)
        self.give_files(spec, [path])

    def give_answer(self, spec: TableSpec, build: Callable[[], Any]) -> int:
        """Make the rows of the expression that `build` returns known as a table; return their number."""
        answer = self.fetch(spec.name, build)
        columns = [answer.column(name).cast(spec.arrow.field(name).type) for name in spec.names]
        self.give_rows(spec, pa.table(columns, schema=spec.arrow))
        return int(answer.num_rows)

    def fetch(self, label: str, build: Callable[[], Any]) -> pa.Table:
        """Return the rows of the expression that `build` returns."""
        expression = build()
        try:
            return self._connection.to_pyarrow(expression)
        except Exception as error:
            sql = str(self._connection.compile(expression))
            raise EngineError(f"the query failed: {error}", where=label, sql=sql) from error

    def fetch_table(self, spec: TableSpec) -> pa.Table:
        """Return the rows of a table that was given."""
        return self._connection.table(spec.name).to_pyarrow()

    def close(self) -> None:
        """Stop the session."""
        self._session.stop()


def _find_settings(master: str) -> dict[str, str]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.log.level": "ERROR",
    }
    if master.startswith("local"):
        settings |= {
            "spark.sql.shuffle.partitions": "1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }
    return settings
