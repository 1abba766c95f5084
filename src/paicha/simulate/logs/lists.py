"""Lists of a superior body, filings of units, and indicator lists, as tables people send each other."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_CREDIT_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_REPORT_HEADER = (
    "序号",
    "IP地址",
    "端口",
    "首次发现时间",
    "最近发现时间",
    "矿池域名",
    "矿池端口",
    "证据类型",
    "下发单位",
    "批次号",
)
_UNIT_HEADER = (
    "start", "end", "cidr", "unit", "credit_code", "nature", "industry", "region", "contact", "phone", "nat",
    "valid_from", "valid_to",
)  # fmt: skip
_INDICATOR_HEADER = ("domain", "address", "port", "pool", "coin", "source", "first_seen", "last_seen")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A row of a list handed down: an inside address and what it was seen to do (times UTC microseconds)."""

    address: str
    port: int | None
    first_us: int
    last_us: int
    pool: str
    pool_port: int | None
    evidence: str
    issuer: str
    batch: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A row of the filing table: a range (`start`–`end`) or a `cidr`, and the unit that answers for it."""

    unit: str
    credit_code: str
    nature: str
    industry: str
    region: str
    contact: str
    phone: str
    cidr: str = ""
    start: str = ""
    end: str = ""
    is_nat: bool = False
    valid_from: str = "2020-01-01"
    valid_to: str = ""


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """A row of an indicator list: a pool's name and, where known, its address and port."""

    domain: str
    address: str
    port: int
    pool: str
    coin: str
    source: str = "simulated"
    first_seen: str = "2024-01-01"
    last_seen: str = "2025-06-01"


def make_credit_code(rng: random.Random, region: str, *, kind: str = "91") -> str:
    """Return a unified social credit code of 18 characters with right check characters (GB 32100, GB 11714)."""
    body = [rng.choice(_CREDIT_DIGITS[:10]) for _ in range(8)]
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    rest = 11 - sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11
    check = {10: "X", 11: "0"}.get(rest, str(rest))
    text = kind + region + "".join(body) + check
    total = sum(_CREDIT_DIGITS.index(char) * pow(3, place, 31) for place, char in enumerate(text))
    return text + _CREDIT_DIGITS[(31 - total % 31) % 31]


def _write_beijing(time_us: int) -> str:
    moment = datetime.fromtimestamp(time_us / 1e6, UTC) + timedelta(hours=8)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    if path.suffix == ".xlsx":
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("名单")
        sheet.append(list(header))
        for row in rows:
            sheet.append(list(row))
        book.save(path)
        return
    # a byte order mark, as spreadsheets need it to read Chinese
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def write_report_list(path: Path, rows: Sequence[ReportRow]) -> None:
    """Write a list handed down, CSV or (by the ending) XLSX: Chinese headings, times of Beijing."""
    table = (
        (
            number, row.address, "" if row.port is None else row.port, _write_beijing(row.first_us),
            _write_beijing(row.last_us), row.pool, "" if row.pool_port is None else row.pool_port, row.evidence,
            row.issuer, row.batch,
        )
        for number, row in enumerate(rows, 1)
    )  # fmt: skip
    _write_rows(path, _REPORT_HEADER, table)


def write_units(path: Path, rows: Sequence[UnitRow]) -> None:
    """Write the filing table as CSV, ranges and CIDR mixed."""
    table = (
        (
            row.start, row.end, row.cidr, row.unit, row.credit_code, row.nature, row.industry, row.region, row.contact,
            row.phone, "是" if row.is_nat else "否", row.valid_from, row.valid_to,
        )
        for row in rows
    )  # fmt: skip
    _write_rows(path, _UNIT_HEADER, table)


def write_indicators(path: Path, rows: Sequence[IndicatorRow]) -> None:
    """Write an indicator list as CSV."""
    table = (
        (row.domain, row.address, row.port, row.pool, row.coin, row.source, row.first_seen, row.last_seen)
        for row in rows
    )
    _write_rows(path, _INDICATOR_HEADER, table)
