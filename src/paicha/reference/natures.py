"""Natures of units as bulletins count them, and which of them are public resources."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from paicha.reference.files import read_document

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Nature:
    """A nature of units: id, names, whether its units are public resources, other words for it in filings.

    `endings` are endings of unit names that hint at it.
    """

    id: str
    name_zh: str
    name_en: str
    is_public: bool
    aliases: tuple[str, ...]
    endings: tuple[str, ...]


@cache
def list_natures() -> tuple[Nature, ...]:
    """Return the natures in the order of the sheet; the first five are public resources."""
    return tuple(
        Nature(
            row["id"],
            row["name_zh"],
            row["name_en"],
            row["is_public"],
            tuple(row["aliases"]),
            tuple(row["endings"]),
        )
        for row in read_document("natures.toml")["nature"]
    )


def find_nature(name: str | None) -> Nature | None:
    """Return the nature of this id, name in either language or alias; None where the word is not known."""
    if not name or len(name) > LONGEST_NAME:
        return None
    return _index().get(_fold(name))


def guess_nature(unit: str) -> Nature:
    """Return the nature that the ending of a unit's name hints at, `unknown` without a hint; a hint, not a fact."""
    text = unit.strip()[-LONGEST_NAME:]
    hints = [(len(ending), nature) for nature in list_natures() for ending in nature.endings if text.endswith(ending)]
    return max(hints, key=lambda hint: hint[0])[1] if hints else _index()["unknown"]


def _fold(name: str) -> str:
    return name.strip().casefold().replace("_", "-").replace(" ", "-")


@cache
def _index() -> dict[str, Nature]:
    names: dict[str, Nature] = {}
    for nature in list_natures():
        for name in (nature.id, nature.name_zh, nature.name_en, *nature.aliases):
            names.setdefault(_fold(name), nature)
    return names
