"""The engines that rules run on: the only place that knows which one it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from paicha.engine.duck_types import name_type, select_nothing
from paicha.engine.statements import Statements
from paicha.kernel.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa

    from paicha.kernel.schema import TableSpec


ROWS = "_rows"
"""Ending of the tables in which DuckDB keeps what was given or derived; views bear the names themselves."""


class Backend(Protocol):
    """What the engine asks of DuckDB and of Spark alike.

    Expressions stand on unbound tables (`name_table`), found by their name where they run.
    """

    name: str

    def give_files(self, spec: TableSpec, files: Sequence[Path]) -> None:
        """Make a table of Parquet files known; it is empty where there are none."""

    def give_rows(self, spec: TableSpec, rows: pa.Table) -> None:
        """Make a table of Arrow rows known."""

    def give_answer(self, spec: TableSpec, build: Callable[[], Any]) -> int:
        """Make the rows of the expression that `build` returns known as a table; return their number."""

    def fetch(self, label: str, build: Callable[[], Any]) -> pa.Table:
        """Return the rows of the expression that `build` returns; `label` names it among those of the pack."""

    def fetch_table(self, spec: TableSpec) -> pa.Table:
        """Return the rows of a table that was given."""

    def close(self) -> None:
        """Give everything back."""


def name_table(spec: TableSpec) -> Any:
    """Return the unbound Ibis table of a spec."""
    import ibis

    return ibis.table(ibis.Schema.from_pyarrow(spec.arrow), name=spec.name)


class DuckBackend:
    """DuckDB in this process, on a connection with bounded memory."""

    name = "duckdb"

    def __init__(self, duck: Any, statements: Statements) -> None:
        self._duck = duck
        self._statements = statements

    def give_files(self, spec: TableSpec, files: Sequence[Path]) -> None:
        """Make a table of Parquet files known; it is empty where there are none."""
        if not files:
            self.give_rows(spec, spec.arrow.empty_table())
            return
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in files)
        self._duck.execute(
            f'CREATE OR REPLACE TEMP VIEW "{spec.name}" AS SELECT * FROM read_parquet([{names}])'  # noqa: S608 -- own files
        )

    def give_rows(self, spec: TableSpec, rows: pa.Table) -> None:
        """Make a table of Arrow rows known."""
        keep_rows(self._duck, spec.name, rows)

    def give_answer(self, spec: TableSpec, build: Callable[[], Any]) -> int:
        """Make the rows of the expression that `build` returns known as a table; return their number."""
        sql = self._statements.find(spec.name, lambda: _compile(build()))
        columns = ", ".join(
            f'CAST("{field.name}" AS {name_type(field.type)}) AS "{field.name}"' for field in spec.arrow
        )
        count = self._run(f'CREATE OR REPLACE TEMP TABLE "{spec.name}{ROWS}" AS SELECT {columns} FROM ({sql})')  # noqa: S608 -- own names
        _show_rows(self._duck, spec.name)
        return int(count.column(0)[0].as_py())

    def fetch(self, label: str, build: Callable[[], Any]) -> pa.Table:
        """Return the rows of the expression that `build` returns, its SQL taken from the cache where it is known."""
        return self._run(self._statements.find(label, lambda: _compile(build())))

    def fetch_table(self, spec: TableSpec) -> pa.Table:
        """Return the rows of a table that was given."""
        return self._run(f'SELECT * FROM "{spec.name}"')  # noqa: S608 -- own name

    def close(self) -> None:
        """Keep the compiled statements; the connection belongs to the caller."""
        self._statements.keep()

    def _run(self, sql: str) -> pa.Table:
        import duckdb

        try:
            return self._duck.execute(sql).to_arrow_table()
        except duckdb.Error as error:
            raise EngineError(f"the query failed: {error}", sql=sql) from error


def keep_rows(duck: Any, name: str, rows: pa.Table) -> None:
    """Make Arrow rows known to DuckDB as a table of its own.

    Joins push filters down to the scans of their sides, among them kinds that a scan of Arrow data refuses. Without
    rows it is a view of nothing, which takes a tenth of the time: many tables of a screening have none.
    """
    if rows.num_rows == 0:
        duck.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {select_nothing(rows.schema)}')
        return
    duck.register(f"{name}_arrow", rows)
    duck.execute(f'CREATE OR REPLACE TEMP TABLE "{name}{ROWS}" AS SELECT * FROM "{name}_arrow"')  # noqa: S608 -- own name
    duck.unregister(f"{name}_arrow")
    _show_rows(duck, name)


def _show_rows(duck: Any, name: str) -> None:
    """Make what is kept of a table what its name stands for."""
    duck.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS SELECT * FROM "{name}{ROWS}"')  # noqa: S608 -- own name


def _compile(expression: Any) -> str:
    import ibis

    return str(ibis.to_sql(expression, dialect="duckdb"))


def open_duck(directory: Path, memory: str = "300MB") -> Any:
    """Return a DuckDB connection with bounded memory that spills to `directory` and never fetches extensions."""
    import duckdb

    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": str(directory),
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    duck = duckdb.connect(config=settings)
    duck.execute("SET TimeZone = 'UTC'")
    return duck


def open_backend(engine: str, duck: Any, directory: Path, *program: str) -> Backend:
    """Return the backend that `--engine` names: `duckdb`, or Spark as `local[N]` or `spark://HOST:PORT`.

    `program` (pack, policy) tells compiled statements apart.

    Raises:
        UsageError: no such engine.
        EngineError: Spark is not installed or does not start.
    """
    if engine == "duckdb":
        return DuckBackend(duck, Statements(engine, *program))
    if engine.startswith(("local", "spark://")):
        from paicha.engine.spark import SparkBackend

        return SparkBackend(engine, directory)
    raise UsageError(f"no such engine: {engine!r}", remedy="duckdb, local[2] or spark://HOST:PORT")
