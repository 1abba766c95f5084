"""Named, typed, documented tables: the only form in which rooms hand records to each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its Arrow type as text that `pyarrow.type_for_alias`-like parsing accepts, unit and meaning.

    `kind` is one of `string`, `int64`, `int32`, `float64`, `bool`, or a nested form of these written
    `list<T>` and `struct<name: T, …>`. Times are `int64` with unit `us` (UTC microseconds since 1970).
    """

    name: str
    kind: str
    doc: str
    unit: str | None = None
    nullable: bool = False


@dataclass(frozen=True)
class TableSpec:
    """A table: its name, what one row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @cached_property
    def arrow(self) -> pa.Schema:
        """The Arrow schema of the table, every field with its documentation as metadata."""
        import pyarrow as pa

        return pa.schema(
            [pa.field(c.name, parse_kind(c.kind), nullable=True, metadata={"doc": c.doc}) for c in self.columns]
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns in order."""
        return tuple(column.name for column in self.columns)


def parse_kind(kind: str) -> pa.DataType:
    """Return the Arrow type that a column's `kind` names.

    Raises:
        ValueError: the text names no type.
    """
    import pyarrow as pa

    simple = {
        "string": pa.string(),
        "int64": pa.int64(),
        "int32": pa.int32(),
        "float64": pa.float64(),
        "bool": pa.bool_(),
    }
    text = kind.strip()
    if text in simple:
        return simple[text]
    if text.startswith("list<") and text.endswith(">"):
        return pa.list_(parse_kind(text[5:-1]))
    if text.startswith("struct<") and text.endswith(">"):
        fields = (part.split(":", 1) for part in _split_fields(text[7:-1]))
        return pa.struct([pa.field(name.strip(), parse_kind(inner)) for name, inner in fields])
    raise ValueError(f"no such column kind: {kind!r}")


def _split_fields(text: str) -> list[str]:
    """Split `a: T, b: U` at the commas that stand outside angle brackets."""
    parts, depth, start = [], 0, 0
    for position, char in enumerate(text):
        depth += (char == "<") - (char == ">")
        if char == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [*parts, text[start:]]
