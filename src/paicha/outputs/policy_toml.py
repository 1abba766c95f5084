"""A policy as a commented TOML file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel


def write_policy(values: BaseModel) -> str:
    """Return TOML text that loads to the same values, every value under a comment with what it is and its range."""
    return "\n".join(_write_section(values, "")) + "\n"


def _write_section(section: BaseModel, name: str) -> Iterator[str]:
    from pydantic import BaseModel

    if name:
        yield ""
        yield f"# {(section.__doc__ or '').strip()}"
        yield f"[{name}]"
    nested = []
    for key, field in type(section).model_fields.items():
        value = getattr(section, key)
        if isinstance(value, BaseModel):
            nested.append((f"{name}.{key}" if name else key, value))
            continue
        yield f"# {field.description}{_describe_range(field.metadata)}"
        yield f"{key} = {_write_value(value)}"
    for key, value in nested:
        yield from _write_section(value, key)


def _describe_range(metadata: list[Any]) -> str:
    signs = (("gt", ">"), ("ge", "≥"), ("lt", "<"), ("le", "≤"))
    bounds = [f"{sign} {getattr(m, name)}" for m in metadata for name, sign in signs if hasattr(m, name)]
    return f" ({', '.join(bounds)})" if bounds else ""


def _write_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_write_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_write_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)
