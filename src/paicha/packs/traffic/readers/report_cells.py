"""Cells of lists handed down: addresses, endpoints, ports and times as people write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from ipaddress import IPv6Address, ip_address

_INVISIBLE = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD])
_SPLIT = re.compile(r"[,;、\s]+")
_PORT = re.compile(r"\d{1,5}(\.0+)?")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DATE = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?\s*(?:[:分]\s*(?P<second>\d{1,2})(?P<fraction>\.\d+)?\s*秒?|分)?)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)
_COMPACT = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})(?P<hour>\d{2})?(?P<minute>\d{2})?(?P<second>\d{2})?"
)
_NUMBER = re.compile(r"\d{1,16}(\.\d{1,20})?")
_SERIAL_DAYS = (20_000, 80_000)
_SERIAL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
"""Day 0 of spreadsheets (ECMA-376 §18.17.4.1, 1900 date system, whose false leap day is behind us since 1900)."""

_DAY_US = 86_400_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_2100_US = 4_102_444_800_000_000


def tidy(cell: object) -> str:
    """Return a cell's text half-width (NFKC), without invisible characters and outer blanks; empty for none."""
    if cell is None:
        return ""
    text = unicodedata.normalize("NFKC", str(cell)[:4096]).translate(_INVISIBLE)
    return text.replace("[.]", ".").replace("(.)", ".").strip()


def read_endpoints(cell: object) -> list[tuple[str, int | None]]:
    """Return the addresses in a cell with the ports written behind them.

    Raises:
        ValueError: a part is no address, or a range of them, which no report can be about; the text says which.
    """
    parts = [part for part in _SPLIT.split(tidy(cell).replace("。", ".")) if part]
    if not parts:
        raise ValueError("there is no address")
    return [_read_endpoint(part) for part in parts]


def _read_endpoint(text: str) -> tuple[str, int | None]:
    host, port = split_port(text)
    host, slash, prefix = host.partition("/")
    if slash and prefix != ("128" if ":" in host else "32"):
        raise ValueError("it is a range of addresses: list the addresses")
    try:
        address = ip_address(host)
    except ValueError:
        is_range = "-" in host or "~" in host
        raise ValueError(
            "it is a range of addresses: list the addresses" if is_range else "it is not an address"
        ) from None
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise ValueError("it is not an address")
        return str(address.ipv4_mapped or address), port
    return str(address), port


def split_port(text: str) -> tuple[str, int | None]:
    """Return host and port of `host:port`, `[v6]:port` or a bare host."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, read_port(rest.removeprefix(":"))
    host, colon, port = text.rpartition(":")
    if colon and ":" not in host and read_port(port) is not None:
        return host, read_port(port)
    return text, None


def read_port(cell: object) -> int | None:
    """Return a port, None where the cell holds none or several."""
    text = tidy(cell)
    if not _PORT.fullmatch(text):
        return None
    port = int(float(text))
    return port if 0 < port < 65_536 else None


def read_peer(cell: object) -> tuple[str | None, int | None]:
    """Return pool, domain or address and the port behind it, out of a URL too; the text itself where it is neither."""
    text = _SCHEME.sub("", tidy(cell).replace("。", "."))
    if not text:
        return None, None
    host, port = split_port(text.split("/")[0].split("?")[0].rpartition("@")[2])
    host = host.rstrip(".").lower()
    try:
        return str(ip_address(host)), port
    except ValueError:
        return host[:253] or None, port


def read_time(cell: object, offset_hours: float, *, is_end: bool = False) -> int | None:
    """Return UTC microseconds of a date or time, None where it is none; a date alone ends with its day for `is_end`.

    Read are ISO 8601, 2021/11/10, 2021年11月10日 8时30分, 20211110083000, days of a spreadsheet, s or ms since 1970.
    """
    zone = timezone(timedelta(hours=offset_hours))
    try:
        moment, is_day = _read_moment(cell, zone)
    except (ValueError, OverflowError):
        return None
    if moment is None:
        return None
    us = (moment - _EPOCH) // timedelta(microseconds=1)
    us += _DAY_US - 1 if is_day and is_end else 0
    return us if 0 <= us < _YEAR_2100_US else None


def _read_moment(cell: object, zone: timezone) -> tuple[datetime | None, bool]:
    """Return the moment and whether only its day is known.

    Raises:
        ValueError: there is no such day or time.
        OverflowError: it is beyond all calendars.
    """
    if isinstance(cell, datetime):
        return cell if cell.tzinfo else cell.replace(tzinfo=zone), False
    if isinstance(cell, date):
        return datetime.combine(cell, time(), zone), True
    text = tidy(cell)
    match = _DATE.fullmatch(text) or _COMPACT.fullmatch(text)
    if match is not None:
        return _build_moment(match.groupdict(), zone), match["hour"] is None
    if not _NUMBER.fullmatch(text):
        return None, False
    number = float(text)
    if _SERIAL_DAYS[0] <= number < _SERIAL_DAYS[1]:
        moment = (_SERIAL_EPOCH + timedelta(seconds=round(number * 86_400))).replace(tzinfo=zone)
        return moment, number.is_integer()
    if 1e9 <= number < 4.2e9:
        return datetime.fromtimestamp(number, UTC), False
    if 1e12 <= number < 4.2e12:
        return datetime.fromtimestamp(number / 1000, UTC), False
    return None, False


def _build_moment(parts: dict[str, str | None], zone: timezone) -> datetime:
    written = parts.get("zone")
    if written == "Z":
        zone = UTC
    elif written:
        hours, minutes = int(written[1:3]), int(written[-2:])
        zone = timezone((1 if written[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    year, month, day, hour, minute, second = (
        int(parts.get(name) or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    fraction = round(float(parts.get("fraction") or 0) * 1_000_000)
    return datetime(year, month, day, hour, minute, second, tzinfo=zone) + timedelta(microseconds=fraction)
