"""Indicator lists as CSV: those of mining-pool-domain-intel, and any table whose headings tell what they are."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError
from paicha.packs.traffic.indicators.endpoints import parse_port
from paicha.packs.traffic.indicators.entries import (
    PURPOSES,
    WEBSITE,
    Entry,
    Record,
    bound_confidence,
    enter_host,
    enter_wallet,
    guess_purpose,
)
from paicha.reference.texts import LONGEST_LINE, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFIDENCE_WORDS = {"confirmed": 0.9, "high": 0.8, "medium": 0.6, "candidate": 0.5, "low": 0.3, "unknown": 0.4}
"""Confidence behind the words that lists use; a candidate was found on a pool's page but not tried."""

TABLE_HOST = 0.5
"""Confidence in a row that says nothing about it."""

HEADINGS: dict[str, tuple[str, ...]] = {
    "host": (
        "indicator", "value", "ioc", "domain", "host", "hostname", "fqdn", "url", "pool_domain", "域名", "矿池域名",
        "主机", "网址",
    ),
    "address": ("address", "ip", "ip_address", "ip地址", "server_ip", "地址", "矿池ip", "矿池地址"),
    "wallet": ("wallet", "wallet_address", "钱包", "钱包地址"),
    "port": ("port", "server_port", "端口", "矿池端口"),
    "pool": ("pool", "pool_name", "矿池", "矿池名称"),
    "coin": ("coin", "symbol", "currency", "币种"),
    "purpose": ("purpose", "category", "类型", "用途"),
    "first_seen": ("first_seen", "firstseen", "date", "valid_from", "首次发现时间", "发现时间"),
    "last_seen": ("last_seen", "lastseen", "valid_until", "最近发现时间", "最后发现时间"),
    "confidence": ("confidence", "score", "置信度"),
    "status": ("status", "状态"),
    "notes": ("notes", "comment", "description", "备注"),
}  # fmt: skip
"""Headings, in lower case, under which each of our columns is looked for; the first that is there is used."""

TARGETS = ("host", "address", "wallet")


def find_columns(header: list[str]) -> dict[str, int]:
    """Return our columns with their places in the table."""
    names = [name.strip().lower().replace(" ", "_") for name in header]
    found = {}
    for ours, theirs in HEADINGS.items():
        place = next((names.index(name) for name in theirs if name in names), None)
        if place is not None:
            found[ours] = place
    return found


def is_spreadsheet(text: str) -> bool:
    """Return whether the first line holds two or more headings, one of them of a host, address or wallet."""
    header = _read_header(text)
    columns = find_columns(header)
    return len(header) > 1 and any(target in columns for target in TARGETS)


def is_pool_domains(text: str) -> bool:
    """Return whether the columns are those of mining-pool-domain-intel."""
    return {"domain", "port", "scheme", "pool_name", "source_type", "status"} <= set(_read_header(text))


def read_spreadsheet(text: str, where: str) -> Iterator[Record]:
    """Yield one record per row of a table; a row with a name and an address gives an entry for each.

    Raises:
        InputError: a quote is never closed, or a field is longer than any record.
    """
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=_find_delimiter(text))
    columns = find_columns(next(reader, []))
    try:
        for row in reader:
            if any(field.strip() for field in row):
                yield _read_row(f"line {reader.line_num}", row, columns)
    except csv.Error as error:
        raise InputError(str(error), where=f"{where} line {reader.line_num}", remedy="check the quotes") from error


def _read_row(position: str, row: list[str], columns: Mapping[str, int]) -> Record:
    cells = {ours: row[place].strip() for ours, place in columns.items() if place < len(row)}
    port = None
    if cells.get("port"):
        port = parse_port(cells["port"].removesuffix(".0"))
        if port is None:
            return Record(position, reason=f"no port: {cells['port'][:20]!r}")
    times: dict[str, int | None] = {}
    for name in ("first_seen", "last_seen"):
        times[name] = parse_moment(cells.get(name, ""))
        if times[name] is None and cells.get(name):
            return Record(position, reason=f"no date: {cells[name][:40]!r}")
    entry = Entry(
        "", "", port, _read_purpose(cells), _read_confidence(cells.get("confidence", "")), cells.get("pool") or None,
        _read_coin(cells.get("coin", "")), times["first_seen"], times["last_seen"],
    )  # fmt: skip
    records = [
        enter_wallet(position, cells[target], entry)
        if target == "wallet"
        else enter_host(position, cells[target], entry)
        for target in TARGETS
        if cells.get(target)
    ]
    if not records:
        return Record(position, reason="neither a name nor an address")
    refused = next((record for record in records if record.reason), None)
    entries = tuple(entry for record in records for entry in record.entries)
    return Record(position, entries) if entries else Record(position, reason=refused.reason if refused else None)


def _read_purpose(cells: Mapping[str, str]) -> str:
    given = cells.get("purpose", "").lower()
    if given in PURPOSES:
        return given
    return WEBSITE if cells.get("status", "").lower() == WEBSITE else guess_purpose(given)


def _read_coin(text: str) -> str | None:
    """Return the symbol as it stands, None for the words that lists use where they do not know."""
    return None if text.upper() in {"", "UNKNOWN", "AUTO", "MULTI", "N/A", "-"} else text.replace("/", ";")


def _read_confidence(text: str) -> float:
    """Return a word's confidence, or a number of 0 to 1 or of 0 to 100."""
    if text.lower() in CONFIDENCE_WORDS:
        return CONFIDENCE_WORDS[text.lower()]
    try:
        number = float(text)
    except ValueError:
        return TABLE_HOST
    return bound_confidence(number / 100 if number > 1 else number, TABLE_HOST)


def _find_delimiter(text: str) -> str:
    """Return the sign that most often parts the headings."""
    head = text[:LONGEST_LINE].lstrip().split("\n", 1)[0]
    return max(",;\t", key=head.count)


def _read_header(text: str) -> list[str]:
    head = text[:LONGEST_LINE].split("\n", 1)[0].strip()
    return [name.strip().strip('"').lower() for name in head.split(_find_delimiter(text))]
