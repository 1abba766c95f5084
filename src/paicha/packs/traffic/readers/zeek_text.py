r"""Zeek logs as text: fields separated by tabs, told by header lines that may come again in the middle of a file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from paicha.kernel.errors import InputError
from paicha.packs.traffic.readers.blocks import Block, make_block, read_blocks
from paicha.packs.traffic.readers.delimited import Field, Layout, number_lines, parse_lines
from paicha.packs.traffic.readers.zeek_fields import FIELDS, REQUIRED, find_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from paicha.packs.traffic.readers.rows import Target

MAX_HEADERS = 10_000
"""Stretches of records between header lines; a file with more is no log, and each costs more than a record."""

_HEX = re.compile(r"\\x([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Header:
    """What the header lines said last (Zeek's ASCII writer; the defaults are its own)."""

    separator: str = "\t"
    set_separator: str = ","
    empty: str = "(empty)"
    unset: str = "-"
    path: str | None = None
    fields: tuple[str, ...] = ()

    def follow(self, line: str) -> Header:
        """Return the header after one more line that begins with #."""
        if line.startswith("#separator"):
            text = _HEX.sub(lambda m: chr(int(m[1], 16)), line.removeprefix("#separator").strip(" \t"))
            return replace(self, separator=text) if text else self
        name, _, rest = line[1:].partition(self.separator)
        match name:
            case "set_separator":
                return replace(self, set_separator=_HEX.sub(lambda m: chr(int(m[1], 16)), rest) or ",")
            case "empty_field":
                return replace(self, empty=rest)
            case "unset_field":
                return replace(self, unset=rest)
            case "path":
                return replace(self, path=rest.strip())
            case "fields":
                return replace(self, fields=tuple(rest.split(self.separator)))
        return self


def split_text_log(target: Target) -> Iterator[Callable[[Target], Iterator[tuple[str, pa.Table]]]]:
    """Yield for each stretch of records the function that yields the kind of log and its wanted columns.

    It is given a target, where it rejects the lines that cannot be read.
    """
    header, stretches = Header(), 0
    for block in read_blocks(target.source, target.sink, target.reading):
        for part in _split_block(block):
            if isinstance(part, str):
                header = header.follow(part)
                continue
            stretches += 1
            if stretches > MAX_HEADERS:
                error = InputError(f"more than {MAX_HEADERS} headers, this is no log", where=str(target.source.path))
                target.sink.fail(target.source, error)
                return
            yield partial(_read_stretch, part, header)


def _split_block(block: Block) -> Iterator[str | Block]:
    """Yield the header lines of a block as text and what lies between them as blocks, in their order."""
    data, start, line = block.data, 0, block.first_line
    while start < len(data):
        mark = _find_header(data, start)
        if mark > start:
            part = make_block(data[start:mark], line)
            yield part
        if mark < len(data):
            line += data.count(b"\n", start, mark)
            end = data.find(b"\n", mark)
            yield data[mark:end].decode()
            mark, line = end + 1, line + 1
        start = mark


def _find_header(data: bytes, start: int) -> int:
    """Return where the next header line begins, the end of the data where none does."""
    # one byte is found much sooner than two, and most records hold none
    sign = data.find(b"#", start)
    if sign <= start:
        return start if sign == start else len(data)
    place = data.find(b"\n#", sign - 1)
    return place + 1 if place >= 0 else len(data)


def _read_stretch(block: Block, header: Header, target: Target) -> Iterator[tuple[str, pa.Table]]:
    if block.data.startswith(b"\n") and not block.data.strip(b"\n"):
        return
    log = find_log(header.path, frozenset(header.fields))
    if not header.fields:
        reason = "stands before any #fields line"
    elif log is None:
        target.sink.accept(target.source, len(number_lines(block)))
        return
    else:
        layout = _lay_out(header, log)
        missing = sorted(set(REQUIRED[log]) - {field.name for field in layout.fields})
        if not missing:
            yield log, _split_sets(parse_lines(block, layout, target), header, log)
            return
        reason = f"the log has no field {missing[0]}"
    lines = number_lines(block)
    target.sink.reject(target.source, f"line {lines[0]}", reason, len(lines))


def _lay_out(header: Header, log: str) -> Layout:
    """Return where the wanted fields stand; the first of several fields of a name counts."""
    fields = []
    for wanted in FIELDS[log]:
        index = next((header.fields.index(alias) for alias in wanted.aliases if alias in header.fields), None)
        if index is not None:
            fields.append(Field(wanted.name, index, wanted.kind))
    return Layout(header.separator, len(header.fields), tuple(fields), (header.unset, header.empty))


def _split_sets(table: pa.Table, header: Header, log: str) -> pa.Table:
    """Return the table with its sets and vectors as lists."""
    for wanted in FIELDS[log]:
        if wanted.kind == "list" and wanted.name in table.column_names:
            index = table.column_names.index(wanted.name)
            lists = pc.split_pattern(table.column(index), header.set_separator)
            table = table.set_column(index, wanted.name, lists)
    return table
