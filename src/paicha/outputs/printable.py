"""Text that others wrote, made fit for a terminal: names of files, workers and units steer nothing there."""

from __future__ import annotations

import re
from typing import Any

# Control characters, what turns the direction of writing (Unicode TR 36), separators of lines, and lone surrogates.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def make_printable(text: str) -> str:
    r"""Return the text on one line, what would steer a terminal as an escape such as `\x1b`."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def make_all_printable(value: Any) -> Any:
    """Return a JSON value with every text in it, keys too, made printable."""
    if isinstance(value, str):
        return make_printable(value)
    if isinstance(value, dict):
        return {make_printable(key): make_all_printable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [make_all_printable(item) for item in value]
    return value
