"""Patterns of STIX 2.1 indicators, taken apart into alternatives of comparisons (OASIS STIX 2.1, section 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_PATTERN = 65_536
DEEPEST_NESTING = 16
MOST_ALTERNATIVES = 4096
"""Bounds on a pattern; those in use name a handful of hosts."""

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<path>[A-Za-z][A-Za-z0-9-]*:(?:[A-Za-z0-9_.-]|'[^'\\]*'|\[(?:\*|[0-9]+)\])+)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9_-]*)|(?P<number>-?[0-9]+(?:\.[0-9]+)?)|(?P<sign>!=|<=|>=|[\[\](),=<>]))"
)


class _Refused(Exception):
    """The pattern says something that a list of hosts cannot."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A path and one value that it must equal; `is_other` where it is compared otherwise."""

    path: str
    value: str
    is_other: bool = False


def parse_pattern(pattern: str) -> list[tuple[Comparison, ...]] | str:
    """Return the alternatives of all observations, each the comparisons that hold together; or why there are none."""
    if len(pattern) > LONGEST_PATTERN:
        return "the pattern is too long"
    try:
        tokens = _split_tokens(pattern)
        alternatives: list[tuple[Comparison, ...]] = []
        position = 0
        while position < len(tokens):
            if tokens[position] == ("sign", "["):
                found, position = _parse_any(tokens, position + 1, 0)
                _expect(tokens, position, "]")
                alternatives += found
            position += 1
    except _Refused as error:
        return str(error)
    return alternatives or "the pattern names nothing"


def _split_tokens(pattern: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    stripped = pattern.rstrip()
    while position < len(stripped):
        match = TOKEN.match(stripped, position)
        if match is None or match.lastgroup is None:
            raise _Refused(f"the pattern is not understood at character {position + 1}")
        tokens.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return tokens


def _parse_any(tokens: list[tuple[str, str]], position: int, depth: int) -> tuple[list[tuple[Comparison, ...]], int]:
    """Return the alternatives of a chain of OR, and the position after it."""
    alternatives, position = _parse_all(tokens, position, depth)
    while _peek(tokens, position) == "OR":
        more, position = _parse_all(tokens, position + 1, depth)
        alternatives = alternatives + more
    return alternatives, position


def _parse_all(tokens: list[tuple[str, str]], position: int, depth: int) -> tuple[list[tuple[Comparison, ...]], int]:
    """Return the alternatives of a chain of AND, which binds closer than OR, and the position after it."""
    alternatives, position = _parse_one(tokens, position, depth)
    while _peek(tokens, position) == "AND":
        more, position = _parse_one(tokens, position + 1, depth)
        if len(alternatives) * len(more) > MOST_ALTERNATIVES:
            raise _Refused("the pattern has too many alternatives")
        alternatives = [(*left, *right) for left in alternatives for right in more]
    return alternatives, position


def _parse_one(tokens: list[tuple[str, str]], position: int, depth: int) -> tuple[list[tuple[Comparison, ...]], int]:
    """Return the alternatives of a comparison or of a bracketed expression, and the position after it."""
    if depth > DEEPEST_NESTING:
        raise _Refused("the pattern is nested too deeply")
    if _peek(tokens, position) == "(":
        alternatives, position = _parse_any(tokens, position + 1, depth + 1)
        _expect(tokens, position, ")")
        return alternatives, position + 1
    if position >= len(tokens) or tokens[position][0] != "path":
        raise _Refused("the pattern is not understood")
    path, position = tokens[position][1], position + 1
    is_other = _peek(tokens, position) == "NOT"
    position += is_other
    operator = _peek(tokens, position)
    if operator == "IN":
        _expect(tokens, position + 1, "(")
        return _parse_values(tokens, position + 2, path, is_other=is_other)
    value = _read_value(tokens, position + 1)
    return [(Comparison(path, value, is_other or operator != "="),)], position + 2


def _parse_values(
    tokens: list[tuple[str, str]], position: int, path: str, *, is_other: bool
) -> tuple[list[tuple[Comparison, ...]], int]:
    """Return one alternative per value of a list, and the position after its bracket."""
    alternatives: list[tuple[Comparison, ...]] = []
    while True:
        alternatives.append((Comparison(path, _read_value(tokens, position), is_other),))
        if _peek(tokens, position + 1) != ",":
            _expect(tokens, position + 1, ")")
            return alternatives, position + 2
        position += 2


def _read_value(tokens: list[tuple[str, str]], position: int) -> str:
    if position >= len(tokens) or tokens[position][0] not in {"text", "number", "word"}:
        raise _Refused("the pattern is not understood")
    kind, text = tokens[position]
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if kind == "text" else text


def _peek(tokens: list[tuple[str, str]], position: int) -> str:
    """Return a word in capitals or a sign, empty for texts, numbers, paths and at the end."""
    kind, text = tokens[position] if position < len(tokens) else ("", "")
    return text.upper() if kind in {"word", "sign"} else ""


def _expect(tokens: list[tuple[str, str]], position: int, sign: str) -> None:
    if _peek(tokens, position) != sign:
        raise _Refused("the pattern is not understood")
