"""JSON documents of any shape, read without trusting it."""

from __future__ import annotations

import json
from typing import Any

from paicha.kernel.errors import InputError
from paicha.reference.texts import parse_moment

LARGEST_DOCUMENT = 64 * 1024 * 1024
"""Characters of the longest JSON document that is read at once; it takes some twenty times as much memory."""

LONGEST_EPOCH_SECONDS = 7_258_118_400
"""Seconds up to the year 2200."""


def load_json(text: str, where: str) -> Any:
    """Return the parsed document.

    Raises:
        InputError: it is no JSON, nested too deeply, or too long.
    """
    if len(text) > LARGEST_DOCUMENT:
        raise InputError("the JSON document is too long", where=where, remedy="split it, e.g. one file per event")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise InputError("the JSON document is nested too deeply", where=where) from error
    except ValueError as error:
        raise InputError(f"no JSON: {error}", where=where) from error


def list_field(document: Any, name: str) -> list[dict[str, Any]]:
    """Return the objects in a list, empty where there is no such list."""
    value = document.get(name) if isinstance(document, dict) else None
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_field(document: Any, name: str) -> str:
    """Return a text or number as text, empty where there is none."""
    value = document.get(name) if isinstance(document, dict) else None
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return value if isinstance(value, str) else str(value)[:40]


def time_field(document: Any, name: str) -> int | None:
    """Return UTC microseconds from ISO 8601 text, a date, or seconds since 1970."""
    text = text_field(document, name)
    if text.isascii() and text.isdigit() and len(text) > 8:
        seconds = int(text[:20])
        return seconds * 1_000_000 if 0 < seconds < LONGEST_EPOCH_SECONDS else None
    return parse_moment(text)
