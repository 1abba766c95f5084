"""JSON as hostile peers send it: values from bytes within bounds, and text that is safe to keep."""

from __future__ import annotations

import json
import re
from typing import Any

MAX_TEXT = 512
"""Characters kept of any text that a peer sent."""

MAX_SOFTWARE = 256
"""Characters kept of what a program calls itself."""

MAX_ID = 64
"""Characters of a request's id; longer ids are not matched with answers."""

_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_HEXADECIMAL = re.compile("[0-9a-fA-F]*")


def parse_objects(text: str) -> tuple[list[tuple[Any, int]], int]:
    """Return the JSON objects and arrays at the beginning of `text` with their lengths, and where reading stopped.

    Values may follow each other with or without white space. Deep nesting and numbers of thousands of digits end
    the reading like any other error.
    """
    found: list[tuple[Any, int]] = []
    position, size = 0, len(text)
    while position < size:
        if text[position].isspace() or text[position] == "\0":
            position += 1
            continue
        if text[position] not in "{[":
            break
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        found.append((value, end - position))
        position = end
    return found, position


def clean_text(value: object, limit: int = MAX_TEXT) -> str | None:
    """Return `value` without control characters, lone surrogates and outer blanks, cut at `limit`; None if empty."""
    if not isinstance(value, str):
        return None
    text = value[: limit * 2]
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return text.strip()[:limit] or None


def is_hex(value: object, low: int, high: int | None = None) -> bool:
    """Whether `value` is text of `low` (to `high`) hexadecimal digits, with or without 0x."""
    if not isinstance(value, str):
        return False
    start = 2 if value[:2] in {"0x", "0X"} else 0
    return low <= len(value) - start <= (high or low) and _HEXADECIMAL.fullmatch(value, start) is not None


def name_id(value: object) -> str | None:
    """Return a request's id as text, equal for 7 and "7"; None where it cannot be matched."""
    if isinstance(value, str):
        return value if 0 < len(value) <= MAX_ID else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 1 << 64 else None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return str(int(value))
    return None


def name_job(value: object) -> str | None:
    """Return a job's id as text; ids are texts in most dialects, numbers in some."""
    if isinstance(value, str):
        return value[:128] if value else None
    return name_id(value)


def read_number(value: object) -> float | None:
    """Return a number sent as a number or as decimal text; None for anything else, the infinite and the negative."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        if len(value) > 40:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int):
        return float(value) if 0 <= value < 1 << 256 else None
    if isinstance(value, float):
        return value if 0 <= value < float("inf") else None
    return None


def read_hex_number(value: object) -> float | None:
    """Return a number in hexadecimal, with or without 0x, or sent plainly."""
    if isinstance(value, str) and is_hex(value, 1, 64):
        return float(int(value, 16))
    return read_number(value) if not isinstance(value, str) else None
