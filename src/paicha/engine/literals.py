"""Values written into SQL: DuckDB's own parameters import pandas, which a small screening need not wait for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = str | int | float | None


def write_literal(value: Value) -> str:
    """Return the SQL of a text, number or null."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def fill(query: str, values: Mapping[str, Value]) -> str:
    """Return the query with every `$name` replaced by the value of that name.

    Raises:
        KeyError: there is none.
    """
    return re.sub(r"\$([a-z_]+)", lambda match: write_literal(values[match[1]]), query)
