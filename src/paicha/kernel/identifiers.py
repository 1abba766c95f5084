"""Stable names for findings, verdicts, sessions and runs: hashes of what makes them the same."""

from __future__ import annotations

import hashlib

SEPARATOR = "\x1f"
"""ASCII unit separator: it cannot occur in addresses, names or rule ids, so joined parts stay apart."""


def name_by_hash(prefix: str, *parts: str, digits: int = 20) -> str:
    """Return `prefix-` and the first hexadecimal `digits` of the SHA-256 of the joined parts."""
    digest = hashlib.sha256(SEPARATOR.join(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return f"{prefix}-{digest[:digits]}"
