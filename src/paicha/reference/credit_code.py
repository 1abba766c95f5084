"""Unified social credit codes (GB 32100-2015) and citizens' identity numbers (GB 11643-1999)."""

from __future__ import annotations

from datetime import date

CHARSET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(3**place % 31 for place in range(17))
LENGTH = 18

IDENTITY_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
IDENTITY_CHECKS = "10X98765432"


def is_credit_code(text: str | None) -> bool:
    """Return whether a text is an 18-character credit code with the right check character.

    Letters are allowed in all places that the standard allows, the region's digits among them.
    """
    code = (text or "").strip().upper()
    if len(code) != LENGTH or any(char not in CHARSET for char in code):
        return False
    return compute_check(code[:17]) == code[17]


def compute_check(head: str) -> str:
    """Return the check character of the first 17 characters.

    Raises:
        ValueError: these are not 17 characters of the standard's set.
    """
    if len(head) != LENGTH - 1:
        raise ValueError("a check character is computed from 17 characters")
    total = sum(weight * CHARSET.index(char) for weight, char in zip(WEIGHTS, head, strict=True))
    return CHARSET[-total % 31]


def is_identity_number(text: str | None) -> bool:
    """Return whether a text is an 18-digit identity number with a possible birthday and the right check digit."""
    number = (text or "").strip().upper()
    if len(number) != LENGTH or not number.isascii() or not number[:17].isdigit():
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(weight * int(digit) for weight, digit in zip(IDENTITY_WEIGHTS, number, strict=False))
    return IDENTITY_CHECKS[total % 11] == number[17]
