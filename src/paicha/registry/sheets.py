"""Tables that people keep in spreadsheets, CSV or XLSX, as rows of texts."""

from __future__ import annotations

import csv
import zipfile
from datetime import date, datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from paicha.kernel.errors import InputError
from paicha.reference.texts import LARGEST_FILE_BYTES, find_encoding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ZIP_MAGIC = b"PK\x03\x04"
DELIMITERS = ",;\t"
LARGEST_UNPACKED_BYTES = 4 * LARGEST_FILE_BYTES
"""Bound on what a workbook may unpack to."""

MOST_CELLS = 1000
"""Bound on the cells of one row."""


def read_rows(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield the number (the first row is 1) and the cells of every row of a CSV file or of a workbook's first sheet.

    Raises:
        InputError: the file cannot be read, is neither, or is damaged; rows before the damage are yielded.
    """
    try:
        with path.open("rb") as stream:
            is_workbook = stream.read(4) == ZIP_MAGIC
    except OSError as error:
        raise InputError(error.strerror or "cannot be read", where=str(path)) from error
    return _read_workbook(path) if is_workbook else _read_csv(path)


def _read_csv(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    encoding = find_encoding(path)
    with path.open(encoding=encoding, newline="") as stream:
        head = stream.readline(1 << 16)
        stream.seek(0)
        reader = csv.reader(stream, delimiter=max(DELIMITERS, key=head.count))
        try:
            yield from enumerate(reader, start=1)
        except csv.Error as error:
            where = f"{path} line {reader.line_num}"
            raise InputError(f"no CSV: {error}", where=where, remedy="check the quotes") from error


def _read_workbook(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > LARGEST_UNPACKED_BYTES:
            raise InputError("the workbook unpacks to too much", where=str(path), remedy="save it as CSV")
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_CELLS), start=1):
                yield number, [_write_cell(value) for value in row]
        finally:
            book.close()
    except (
        zipfile.BadZipFile,
        InvalidFileException,
        ParseError,
        OSError,
        KeyError,
        ValueError,
        IndexError,
        TypeError,
        EOFError,
        AttributeError,
    ) as error:  # what openpyxl raises on workbooks that are cut or forged
        raise InputError(f"no workbook that can be read: {error}", where=str(path), remedy="save it as CSV") from error


def _write_cell(value: object) -> str:
    """Return a cell as the text that a CSV file would hold."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return (
            value.isoformat(" ", "seconds")
            if (value.hour, value.minute, value.second) != (0, 0, 0)
            else value.date().isoformat()
        )
    return value.isoformat() if isinstance(value, date) else str(value)
