"""Rows of XLSX files (ECMA-376), read as a stream and bounded: a small file can claim to be a very large one."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from xml.etree.ElementTree import ParseError

from paicha.kernel.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from paicha.kernel.reader import Source

MAX_FILE_BYTES = 256 << 20
MAX_UNPACKED_BYTES = 1 << 30
MAX_STRINGS_BYTES = 128 << 20
"""Of the shared strings, which are held in memory."""

MAX_ROWS = 1_048_576
"""Of all sheets together, empty ones included."""

MAX_COLUMNS = 64
"""The heading row of a list is not wider; a cell in column XFD would make every row 16,384 cells."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    EOFError,
)
"""What openpyxl raises on damaged files."""


def is_spreadsheet(head: bytes) -> bool:
    """Return whether the content begins as an XLSX file."""
    return head.startswith(b"PK\x03\x04") and b"xl/" in head


def read_sheets(source: Source) -> Iterator[tuple[str, Iterator[tuple[int, tuple[object, ...]]]]]:
    """Yield the title of each sheet and its rows with their numbers (from 1).

    Raises:
        InputError: it is damaged, protected by a password, or larger than the bounds.
    """
    import openpyxl

    where = str(source.path)
    with _open_seekable(source) as file:
        try:
            _check_size(file, where)
            book = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
            budget = iter(range(MAX_ROWS))
            for sheet in book.worksheets:
                sheet.reset_dimensions()
                yield str(sheet.title), _number_rows(sheet, budget)
            if next(budget, None) is None:
                raise InputError(f"more than {MAX_ROWS} rows", where=where, remedy="save it as CSV")
        except _BROKEN as error:
            raise InputError(f"damaged spreadsheet: {error}", where=where, remedy="save it again as XLSX") from error


def _number_rows(sheet: Any, budget: Iterator[int]) -> Iterator[tuple[int, tuple[object, ...]]]:
    """Yield the rows that are not empty; empty ones, which need not stand in the file, use up the budget too."""
    rows = sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True)
    for number, row in enumerate(rows, 1):
        if next(budget, None) is None:
            return
        if row.count(None) < len(row):
            yield number, row


def _check_size(file: BinaryIO, where: str) -> None:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        strings = sum(m.file_size for m in members if m.filename.endswith("sharedStrings.xml"))
        if sum(m.file_size for m in members) > MAX_UNPACKED_BYTES or strings > MAX_STRINGS_BYTES:
            raise InputError("the spreadsheet is too large when unpacked", where=where, remedy="save it as CSV")
        if any(m.flag_bits & 1 for m in members):
            raise InputError("the spreadsheet is protected by a password", where=where, remedy="save it without one")


@contextmanager
def _open_seekable(source: Source) -> Iterator[BinaryIO]:
    """Yield the content as a file that can be sought in."""
    if source.compression is None:
        with source.path.open("rb") as file:
            yield file
        return
    with tempfile.SpooledTemporaryFile(max_size=16 << 20) as unpacked, source.open() as packed:
        while part := packed.read(1 << 20):
            unpacked.write(part)
            if unpacked.tell() > MAX_FILE_BYTES:
                raise InputError("the spreadsheet is too large", where=str(source.path), remedy="save it as CSV")
        unpacked.seek(0)
        yield cast("Any", unpacked)
