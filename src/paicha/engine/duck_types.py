"""DuckDB's names for the types of Arrow columns, and tables without rows made of them."""

from __future__ import annotations

import pyarrow as pa

SIMPLE = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
}


def name_type(kind: pa.DataType) -> str:
    """Return DuckDB's name for the type of a column.

    Raises:
        ValueError: no table of a pack has such columns.
    """
    if kind in SIMPLE:
        return SIMPLE[kind]
    if pa.types.is_list(kind):
        return f"{name_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = (f'"{field.name}" {name_type(field.type)}' for field in kind)
        return f"STRUCT({', '.join(fields)})"
    raise ValueError(f"no column is of type {kind}")


def select_nothing(schema: pa.Schema) -> str:
    """Return a query with these columns and no rows: DuckDB plans what reads it without what it would be joined to."""
    columns = (f'NULL::{name_type(field.type)} AS "{field.name}"' for field in schema)
    return f"SELECT {', '.join(columns)} WHERE false"
