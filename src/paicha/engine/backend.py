"""The engines that rules run on: the only place that knows which one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import ibis

from paicha.kernel.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from paicha.kernel.schema import TableSpec


class Backend(Protocol):
    """What the engine asks of DuckDB and of Spark alike."""

    name: str

    def give_files(self, spec: TableSpec, files: Sequence[Path]) -> Any:
        """Return the Ibis table over Parquet files; an empty one where there are none."""

    def give_rows(self, spec: TableSpec, rows: pa.Table) -> Any:
        """Return the Ibis table over Arrow rows."""

    def fetch(self, expression: Any) -> pa.Table:
        """Return the rows of an Ibis expression."""

    def close(self) -> None:
        """Give everything back."""


class DuckBackend:
    """DuckDB in this process, on a connection with bounded memory."""

    name = "duckdb"

    def __init__(self, duck: Any) -> None:
        self._connection = ibis.duckdb.from_connection(duck)
        self._duck = duck

    def give_files(self, spec: TableSpec, files: Sequence[Path]) -> Any:
        """Return the Ibis table over Parquet files; an empty one where there are none."""
        if not files:
            return self.give_rows(spec, spec.arrow.empty_table())
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        self._duck.execute(
            f'CREATE OR REPLACE TEMP VIEW "{spec.name}" AS SELECT * FROM read_parquet([{names}])'  # noqa: S608 -- own files
        )
        return self._connection.table(spec.name)

    def give_rows(self, spec: TableSpec, rows: pa.Table) -> Any:
        """Return the Ibis table over Arrow rows."""
        self._duck.register(spec.name, rows)
        return self._connection.table(spec.name)

    def fetch(self, expression: Any) -> pa.Table:
        """Return the rows of an Ibis expression."""
        sql = str(ibis.to_sql(expression, dialect="duckdb"))
        try:
            return self._duck.execute(sql).to_arrow_table()
        except self._duck_error() as error:
            raise EngineError(f"the query failed: {error}", sql=sql) from error

    def close(self) -> None:
        """Give everything back; the connection belongs to the caller."""

    @staticmethod
    def _duck_error() -> type[Exception]:
        import duckdb

        error: type[Exception] = duckdb.Error
        return error


def open_duck(directory: Path, memory: str = "1GB") -> Any:
    """Return a DuckDB connection with bounded memory that spills to `directory` and never fetches extensions."""
    import duckdb

    settings = {
        "memory_limit": memory,
        "temp_directory": str(directory),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    duck = duckdb.connect(config=settings)
    duck.execute("SET TimeZone = 'UTC'")
    return duck


def open_backend(engine: str, duck: Any, directory: Path) -> Backend:
    """Return the backend that `--engine` names: `duckdb`, or Spark as `local[N]` or `spark://HOST:PORT`.

    Raises:
        UsageError: no such engine.
        EngineError: Spark is not installed or does not start.
    """
    if engine == "duckdb":
        return DuckBackend(duck)
    if engine.startswith(("local", "spark://")):
        from paicha.engine.spark import SparkBackend

        return SparkBackend(engine, directory)
    raise UsageError(f"no such engine: {engine!r}", remedy="duckdb, local[2] or spark://HOST:PORT")
