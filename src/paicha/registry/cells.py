"""The cells of a filing table beside its ranges: read, checked, and refused with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from paicha.kernel.owners import LEVELS
from paicha.reference.credit_code import is_credit_code
from paicha.reference.industries import find_industry, list_industries
from paicha.reference.natures import find_nature
from paicha.reference.regions import find_region, find_region_by_name
from paicha.reference.texts import parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_NAME = 200
"""Characters of the longest name of a unit that is kept."""

YES = frozenset({"1", "true", "yes", "y", "t", "是", "有", "nat"})
NO = frozenset({"", "0", "false", "no", "n", "f", "否", "无", "-"})

LEVEL_WORDS = {
    "": "filed", "备案": "filed", "已备案": "filed", "运营商": "operator", "rir": "rir", "注册机构": "rir",
    "地理": "geo", "地理位置": "geo",
}  # fmt: skip

INDUSTRY_WORDS = {
    "电信": "I", "互联网": "I", "通信": "I", "网吧": "R", "互联网上网服务": "R", "医疗": "Q", "医院": "Q", "科研": "M",
    "银行": "J", "政府": "S", "机关": "S", "能源": "D", "供电": "D", "学校": "P", "高校": "P",
}  # fmt: skip
"""Words of filings that are no name of a section, with their sections (GB/T 4754-2017: 网吧活动 is class 9013 in R)."""


class CellError(Exception):
    """A cell that cannot be accepted: a short code and the reason."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(slots=True)
class CellReader:
    """Checks by kind of cell, every distinct text being checked once; dates without zone are `hours` ahead of UTC."""

    hours: float = 8.0
    _known: dict[tuple[str, str], object] = field(default_factory=dict)

    def read(self, column: str, text: str) -> object:
        """Return what the cell says.

        Raises:
            CellError: it cannot be accepted.
        """
        key = (column, text)
        if key not in self._known:
            try:
                self._known[key] = self._check(column, text.strip())
            except CellError as error:
                self._known[key] = error
        answer = self._known[key]
        if isinstance(answer, CellError):
            raise answer
        return answer

    def _check(self, column: str, text: str) -> object:
        if column in {"valid_from", "valid_to"}:
            return self._read_date(text, is_end=column == "valid_to")
        return CHECKS[column](text)

    def _read_date(self, text: str, *, is_end: bool) -> int | None:
        if not text:
            return None
        moment = parse_moment(text, hours=self.hours, is_end=is_end)
        if moment is None:
            raise CellError("bad-date", f"no date: {text[:40]!r}")
        return moment


def read_unit(text: str) -> str:
    """Return the unit's name."""
    if not text:
        raise CellError("no-unit", "the name of the unit is missing")
    if len(text) > LONGEST_NAME:
        raise CellError("bad-unit", f"the name of the unit has {len(text)} characters")
    return text


def read_credit_code(text: str) -> str | None:
    """Return the code in capitals; a missing one is accepted."""
    if not text:
        return None
    if not is_credit_code(text):
        raise CellError("bad-credit-code", f"no credit code, or its check character is wrong (GB 32100): {text[:40]!r}")
    return text.upper()


def read_nature(text: str) -> str:
    """Return the id of the nature, `unknown` for a missing one."""
    nature = find_nature(text or "unknown")
    if nature is None:
        raise CellError("bad-nature", f"unknown nature of a unit: {text[:40]!r}")
    return nature.id


def read_industry(text: str) -> str | None:
    """Return the letter of the section: of a code, a name, a part of one section's name, or a usual word."""
    if not text:
        return None
    industry = find_industry(text)
    if industry is not None:
        return industry.code
    if text in INDUSTRY_WORDS:
        return INDUSTRY_WORDS[text]
    named = [known.code for known in list_industries() if len(text) > 1 and text in known.name_zh]
    if len(named) != 1:
        raise CellError("bad-industry", f"unknown industry (GB/T 4754): {text[:40]!r}")
    return named[0]


def read_region(text: str) -> str | None:
    """Return the six-digit code of a code or name."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        if find_region(text) is None:
            raise CellError("bad-region", f"unknown region (GB/T 2260): {text[:40]!r}")
        return text[:6].ljust(6, "0")
    region = find_region_by_name(text)
    if region is None:
        raise CellError("bad-region", f"unknown region (GB/T 2260): {text[:40]!r}")
    return region.code


def read_nat(text: str) -> bool:
    """Return whether many hosts stand behind the range."""
    word = text.lower()
    if word not in YES | NO:
        raise CellError("bad-nat", f"neither yes nor no: {text[:40]!r}")
    return word in YES


def read_level(text: str) -> str:
    """Return the attribution level, `filed` where none is said."""
    word = LEVEL_WORDS.get(text.lower(), text.lower())
    if word not in LEVELS:
        raise CellError("bad-level", f"unknown attribution level: {text[:40]!r}")
    return word


def read_site(text: str) -> str | None:
    """Return the site, None for all."""
    return text[:LONGEST_NAME] or None


CHECKS: dict[str, Callable[[str], object]] = {
    "unit": read_unit,
    "credit_code": read_credit_code,
    "nature": read_nature,
    "industry": read_industry,
    "region": read_region,
    "nat": read_nat,
    "level": read_level,
    "site": read_site,
}
"""The check of each column whose cells stand for themselves."""
