"""Tables in text files as people and programs write them: their encoding, their separator, their first rows."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from paicha.kernel.reader import Source

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SEPARATORS = ",\t;|，"
_ENDPOINT = re.compile(r"\[?([0-9a-fA-F.:]{2,45}?)\]?(?::\d{1,5}|/\d{1,3})?")
SNIFFED_ROWS = 20


@dataclass(frozen=True, slots=True)
class Sniffed:
    """How a text table is written, and its first rows."""

    encoding: str
    separator: str
    rows: tuple[tuple[str, ...], ...]


def sniff_table(source: Source) -> Sniffed | None:
    """Return how the content is written where it may be a table in text, None where it is something else."""
    encoding = _find_encoding(source.head)
    if encoding is None:
        return None
    text = codecs.getincrementaldecoder(encoding)("replace").decode(source.head[:16_384])
    lines = [line for line in text.splitlines()[: SNIFFED_ROWS * 2] if line.strip()][:SNIFFED_ROWS]
    if not lines or lines[0].lstrip().startswith(("#", "{", "[", "<", "%PDF")) or _is_binary(text):
        return None
    separator = max(_SEPARATORS, key=lambda char: max(line.count(char) for line in lines[:5]))
    return Sniffed(encoding, separator, tuple(split_rows(lines, separator)))


def split_rows(lines: Iterable[str], separator: str) -> Iterable[tuple[str, ...]]:
    """Yield the cells of each line; a line that breaks the rules of CSV is one cell."""
    for line in lines:
        try:
            yield tuple(cell.strip() for cell in next(csv.reader([line], delimiter=separator)))
        except (csv.Error, StopIteration):
            yield (line,)


def _is_binary(text: str) -> bool:
    return any(unicodedata.category(char) == "Cc" and char not in "\t\r\n\f\x1a" for char in text[:4096])


def _find_encoding(head: bytes) -> str | None:
    """Return the encoding: by byte order mark, by zeros (UTF-16), else UTF-8 where that fits, else GB 18030."""
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    sample = head[:4096]
    if sample.count(0) > len(sample) // 4:
        return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
    if sample.count(0):
        return None
    for name in ("utf-8", "gb18030"):
        try:
            codecs.getincrementaldecoder(name)("strict").decode(head)
        except UnicodeDecodeError:
            continue
        return name
    return "utf-8" if head[:64].isascii() and head.isascii() else None


def count_address_columns(rows: Iterable[tuple[str, ...]]) -> int:
    """Return how many columns hold addresses (a port may follow) in most rows that hold any."""
    found: dict[int, int] = {}
    total = 0
    for row in rows:
        places = [index for index, cell in enumerate(row) if is_endpoint(cell)]
        total += bool(places)
        for index in places:
            found[index] = found.get(index, 0) + 1
    return sum(1 for count in found.values() if 2 * count > total)


def is_endpoint(cell: str) -> bool:
    """Return whether a cell is an address, with or without port."""
    text = unicodedata.normalize("NFKC", cell).strip()
    match = _ENDPOINT.fullmatch(text)
    for candidate in (text, match[1] if match else ""):
        try:
            ip_address(candidate)
        except ValueError:
            continue
        return True
    return False


def normalise_heading(text: object) -> str:
    """Return a heading in the form in which headings are compared: no blanks, half-width, lower case."""
    return "".join(unicodedata.normalize("NFKC", str(text)).split()).casefold()
