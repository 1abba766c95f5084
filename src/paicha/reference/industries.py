"""Industries: the sections of GB/T 4754-2017."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from paicha.reference.files import read_table

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Industry:
    """A section of the classification: letter, names, and its first and last division."""

    code: str
    name_zh: str
    name_en: str
    first_division: int
    last_division: int


@cache
def list_industries() -> tuple[Industry, ...]:
    """Return the twenty sections A to T."""
    return tuple(
        Industry(row["code"], row["name_zh"], row["name_en"], int(row["first_division"]), int(row["last_division"]))
        for row in read_table("industries.csv")
    )


def find_industry(text: str | None) -> Industry | None:
    """Return the section of a letter (I), a code (I65, 6510) or a name in either language; None where unknown."""
    word = (text or "").strip()
    if not 0 < len(word) <= LONGEST_NAME:
        return None
    for industry in list_industries():
        if word.casefold() in {industry.name_zh, industry.name_en.casefold()}:
            return industry
    head = word.upper()
    letter = head[0] if head[0].isascii() and head[0].isalpha() else None
    digits = head[1:] if letter else head
    if digits and not (digits.isascii() and digits.isdigit()):
        return None
    division = int(digits[:2]) if len(digits) >= 2 else None
    for industry in list_industries():
        is_division = division is None or industry.first_division <= division <= industry.last_division
        if is_division and (letter == industry.code if letter else division is not None):
            return industry
    return None
