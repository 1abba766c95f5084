"""Files that people keep in spreadsheets and editors: their text in whatever encoding, and the dates in them."""

from __future__ import annotations

import codecs
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_FILE_BYTES = 256 * 1024 * 1024
"""A longer file is no list that was meant to be read at once."""

LONGEST_LINE = 1024 * 1024
"""Characters of the longest line that a list of records may have."""

MOST_LINES = 2_000_000
"""Lines of the longest list that is held in memory at once."""

DAY_US = 86_400_000_000
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DATE = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
TIME = re.compile(
    r"(?P<date>[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?)[T ]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)? ?(?P<zone>Z|UTC|[+-][0-9]{2}:?[0-9]{2})?"
)


def read_text(path: Path, *, largest_bytes: int = LARGEST_FILE_BYTES) -> str:
    """Return the text of a file: UTF-8 with or without a byte order mark, UTF-16 with one, else GB 18030.

    Raises:
        InputError: the file cannot be read, is too large, or is no text.
    """
    encoding = find_encoding(path, largest_bytes=largest_bytes)
    try:
        return path.read_bytes().decode(encoding)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("changed while it was read", where=str(path)) from error


def find_encoding(path: Path, *, largest_bytes: int = LARGEST_FILE_BYTES) -> str:
    """Return the encoding of a text file, see `read_text`, after having read all of it in pieces.

    Raises:
        InputError: the file cannot be read, is too large, or is no text.
    """
    try:
        if path.stat().st_size > largest_bytes:
            raise InputError(
                f"larger than {largest_bytes // 1024**2} MiB", where=str(path), remedy="split it into several files"
            )
        with path.open("rb") as stream:
            head = stream.read(2)
        is_wide = head in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}
        for encoding in ("utf-16",) if is_wide else ("utf-8-sig", "gb18030"):
            if _is_text(path, encoding):
                return encoding
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=str(path)) from error
    raise InputError(
        "not a text in UTF-8, UTF-16 or GB 18030", where=str(path), remedy="save it as UTF-8, or name another file"
    )


def _is_text(path: Path, encoding: str) -> bool:
    """Return whether all of a file is in the encoding and free of the character NUL."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream:
        while True:
            piece = stream.read(1 << 20)
            try:
                if "\0" in decoder.decode(piece, final=not piece):
                    return False
            except UnicodeDecodeError:
                return False
            if not piece:
                return True


def split_lines(text: str, where: str) -> list[str]:
    """Return the lines of a text, ended by LF, CRLF or CR.

    Raises:
        InputError: there are too many lines, or one is longer than any record.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MOST_LINES:
        raise InputError(f"more than {MOST_LINES} lines", where=where, remedy="split it into several files")
    lines = text.split("\n")
    longest = max(lines, key=len)
    if len(longest) > LONGEST_LINE:
        raise InputError(
            f"a line of {len(longest)} characters is no record", where=f"{where} line {lines.index(longest) + 1}"
        )
    return lines


def parse_moment(text: str, *, hours: float = 0.0, is_end: bool = False) -> int | None:
    """Return the UTC microseconds of a date or a date with time, None where the text is neither.

    Texts without a zone are `hours` ahead of UTC. A bare date is its first moment, or with `is_end` the first moment
    of the next day, so that a range up to a date includes that date.
    """
    stripped = text.strip()
    match = TIME.fullmatch(stripped)
    if match is not None:
        day = _parse_day(match["date"])
        hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
        if day is None or hour > 23 or minute > 59 or second > 60:
            return None
        fraction = int((match["fraction"] or "0").ljust(6, "0")[:6])
        moment = day + timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)
        return _to_microseconds(moment) - _parse_zone(match["zone"], hours)
    day = _parse_day(stripped)
    if day is None:
        return None
    return _to_microseconds(day) - _parse_zone(None, hours) + (DAY_US if is_end else 0)


def _parse_day(text: str) -> datetime | None:
    match = DATE.fullmatch(text) or COMPACT_DATE.fullmatch(text)
    if match is None or not EARLIEST_YEAR <= int(match[1]) <= LATEST_YEAR:
        return None
    try:
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
    except ValueError:
        return None


def _parse_zone(zone: str | None, hours: float) -> int:
    """Return the microseconds that a zone, or `hours` where there is none, is ahead of UTC."""
    if zone is None:
        return round(hours * 3_600_000_000)
    if zone in {"Z", "UTC"}:
        return 0
    digits = zone[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return (-minutes if zone[0] == "-" else minutes) * 60_000_000


def _to_microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)
