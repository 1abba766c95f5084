"""Administrative divisions of GB/T 2260: the names of provinces and cities, and which codes can be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from paicha.reference.files import read_table

MUNICIPALITIES = frozenset({"11", "12", "31", "50"})
"""Provinces that are cities: their second-level codes only group districts and counties."""

SUFFIXES = ("特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市", "地区", "盟")


@dataclass(frozen=True, slots=True)
class Region:
    """A province or city: six-digit code, names, the province's six-digit code, level `province` or `city`."""

    code: str
    name_zh: str
    name_en: str
    province: str
    level: str


@cache
def list_regions() -> tuple[Region, ...]:
    """Return all provinces and cities by code."""
    return tuple(
        Region(
            row["code"],
            row["name_zh"],
            row["name_en"],
            row["code"][:2] + "0000",
            "province" if row["code"].endswith("0000") else "city",
        )
        for row in read_table("regions.csv")
    )


def list_provinces() -> tuple[Region, ...]:
    """Return the 34 province-level divisions by code."""
    return tuple(region for region in list_regions() if region.level == "province")


def find_region(code: str | None) -> Region | None:
    """Return the province or city that a code of 2, 4, 6 or more digits stands for or lies in; None for an unknown one.

    A county's code gives its city, a district of a municipality the municipality. A code whose province is known
    and whose city is not gives None.
    """
    text = _normalise(code)
    if text is None:
        return None
    index = _index()
    if text[2:4] == "00" or text[:2] in MUNICIPALITIES:
        return index.get(text[:2] + "0000") if text[2:4] == "00" or text[:4] + "00" in index else None
    return index.get(text[:4] + "00")


def find_province(code: str | None) -> Region | None:
    """Return the province-level division in which the code lies, whatever follows its first two digits."""
    text = _normalise(code)
    return None if text is None else _index().get(text[:2] + "0000")


def find_region_by_name(name: str) -> Region | None:
    """Return the province or city of a Chinese or English name, its suffix (省, 市 …) left out or not.

    A longer text such as 江苏省南京市玄武区 gives the city it names after its province. None where nothing fits or a
    short name fits two cities.
    """
    text = name.strip()
    if not text or len(text) > 100:
        return None
    exact = _index_names().get(_shorten(text).casefold(), ())
    if exact:
        return exact[0] if len({r.code for r in exact}) == 1 or exact[0].level == "province" else None
    province = next((r for r in list_provinces() if text.startswith(_shorten(r.name_zh))), None)
    if province is None:
        return next((r for r in list_regions() if r.level == "city" and text.startswith(r.name_zh)), None)
    rest = text[len(_shorten(province.name_zh)) :]
    inside = (r for r in list_regions() if r.level == "city" and r.province == province.code)
    return next((r for r in inside if _shorten(r.name_zh) in rest[:16]), province)


def is_region(code: str | None) -> bool:
    """Return whether a code's first two digits are a province's and, where given, the next two one of its cities'."""
    return find_region(code) is not None


def _normalise(code: str | None) -> str | None:
    """Return the first six digits of a code, padded with zeros; None where it is not one."""
    text = (code or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) not in {2, 4, 6, 9, 12}:
        return None
    return text[:6].ljust(6, "0")


def _shorten(name: str) -> str:
    suffix = next((s for s in SUFFIXES if name.endswith(s) and len(name) - len(s) >= 2), "")
    return name.removesuffix(suffix)


@cache
def _index() -> dict[str, Region]:
    return {region.code: region for region in list_regions()}


@cache
def _index_names() -> dict[str, tuple[Region, ...]]:
    names: dict[str, tuple[Region, ...]] = {}
    for region in list_regions():
        if region.level == "city" and region.province[:2] in MUNICIPALITIES:
            continue
        for name in (_shorten(region.name_zh).casefold(), region.name_en.casefold()):
            names[name] = (*names.get(name, ()), region)
    return names
