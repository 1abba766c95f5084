"""Lists of suspected addresses handed down by a superior body or another tool, CSV or XLSX, as reports.

Encodings: UTF-8 with or without mark, UTF-16, GB 18030 (with GBK and GB 2312). Headings are those of the policy
(`report_list.columns`), in one of the first rows; a list of bare addresses needs none. Times or ports that cannot be
read are left empty, a row whose address cannot be read is rejected, and so is a range: a report is about one address.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from paicha.kernel.errors import InputError
from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.readers import flow_table, nfdump
from paicha.packs.traffic.readers.blocks import read_chunks
from paicha.packs.traffic.readers.report_cells import read_endpoints, read_peer, read_port, read_time, tidy
from paicha.packs.traffic.readers.report_headings import HEADING_ROWS, find_columns, has_report_headings
from paicha.packs.traffic.readers.rows import Target
from paicha.packs.traffic.readers.spreadsheets import is_spreadsheet, read_sheets
from paicha.packs.traffic.readers.text_tables import count_address_columns, is_endpoint, sniff_table
from paicha.packs.traffic.tables import REPORTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from paicha.kernel.reader import Reading, Sink, Source

BATCH_ROWS = 8192
MAX_LINE_CHARS = 1 << 20
MAX_CELL_LINES = 20
"""Lines that a cell in quotes may run over; a quote that is not closed by then stands for itself."""

_SHAPE = REPORTS.arrow


def recognises(source: Source) -> bool:
    """Return whether it is a spreadsheet, text with headings of a list, or text with one column of addresses."""
    if is_spreadsheet(source.head):
        return True
    sniffed = sniff_table(source)
    if sniffed is None or nfdump.recognises(source) or flow_table.recognises(source):
        return False
    return has_report_headings(sniffed.rows) or count_address_columns(sniffed.rows) == 1


def read(sources: Sequence[Source], sink: Sink, reading: Reading) -> None:
    """Read the lists of a site, each by itself."""
    for source in sources:
        target = Target(source, sink, reading)
        try:
            if is_spreadsheet(source.head):
                _read_spreadsheet(target)
            else:
                _read_rows(_read_text_rows(target), target)
        except InputError as error:
            sink.fail(source, error)


def _read_spreadsheet(target: Target) -> None:
    """Read the sheets that have a column of addresses.

    Raises:
        InputError: none has, or the file is damaged.
    """
    found = [
        _read_rows(((f"sheet {title} row {number}", row) for number, row in rows), target)
        for title, rows in read_sheets(target.source)
    ]
    if not any(found):
        raise InputError(
            "no sheet has a column of addresses",
            where=str(target.source.path),
            remedy="name the heading in the policy: report_list.columns",
        )
    target.reading.advance(target.source.size)


def _read_text_rows(target: Target) -> Iterator[tuple[str, Sequence[object]]]:
    sniffed = sniff_table(target.source)
    if sniffed is None:
        raise InputError("it is not text", where=str(target.source.path))
    waiting: deque[tuple[int, str]] = deque()
    lines = _read_lines(target, sniffed.encoding)
    while True:
        while len(waiting) < MAX_CELL_LINES and (line := next(lines, None)) is not None:
            waiting.append(line)
        if not waiting:
            return
        number, text = waiting.popleft()
        taken = _count_continued(text, waiting)
        text = "\n".join([text, *(waiting.popleft()[1] for _ in range(taken))])
        if text.strip() and not text.startswith("#"):
            yield f"line {number}", _split_cells(text, sniffed.separator)


def _count_continued(text: str, following: Iterable[tuple[int, str]]) -> int:
    """Return over how many of the following lines a quoted cell of `text` runs on."""
    if text.count('"') % 2 == 0:
        return 0
    for taken, (_, line) in enumerate(following, 1):
        if line.count('"') % 2:
            return taken
    return 0


def _split_cells(text: str, separator: str) -> Sequence[object]:
    try:
        return next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        return text.split(separator)


def _read_lines(target: Target, encoding: str) -> Iterator[tuple[int, str]]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    number, rest = 1, ""
    for chunk in read_chunks(target.source, target.sink, target.reading):
        lines = (rest + decoder.decode(chunk)).split("\n")
        rest = lines.pop()[:MAX_LINE_CHARS]
        for line in lines:
            yield number, line[:MAX_LINE_CHARS].rstrip("\r")
            number += 1
    if rest:
        yield number, rest


def _read_rows(rows: Iterable[tuple[str, Sequence[object]]], target: Target) -> bool:
    """Write the reports of the rows below the headings; return whether there is a column of addresses."""
    columns: dict[str, int] | None = None
    before: list[tuple[str, Sequence[object]]] = []
    batch: list[dict[str, Any]] = []
    for place, row in rows:
        if columns is None:
            columns = find_columns(row, target.reading.policy.report_list.columns)
            if columns is None and is_endpoint(tidy(row[0] if row else None)):
                columns = {"address": 0}
                batch += _read_row(place, row, columns, target)
            elif columns is None:
                before.append((place, row))
                if len(before) > HEADING_ROWS:
                    break
            continue
        batch += _read_row(place, row, columns, target)
        if len(batch) >= BATCH_ROWS:
            _write(batch, target)
            batch = []
    _write(batch, target)
    if columns is None and before and target.unit == "line" and not is_spreadsheet(target.source.head):
        raise InputError(
            "no row has a heading of a column of addresses",
            where=str(target.source.path),
            remedy="name the heading in the policy: report_list.columns",
        )
    return columns is not None


def _read_row(place: str, row: Sequence[object], columns: dict[str, int], target: Target) -> list[dict[str, Any]]:
    """Return the reports of one row, one per address in it; an empty row is no record."""
    cells = {name: row[index] for name, index in columns.items() if index < len(row)}
    if not any(tidy(cell) for cell in row):
        return []
    try:
        endpoints = read_endpoints(cells.get("address"))
    except ValueError as error:
        target.sink.reject(target.source, place, str(error))
        return []
    target.sink.accept(target.source, 1)
    hours = target.reading.policy.report_list.timezone_hours
    first = read_time(cells.get("first_seen"), hours)
    last = read_time(cells.get("last_seen"), hours, is_end=True)
    peer, peer_port = read_peer(cells.get("peer"))
    common = {
        "site": target.source.site,
        "source": target.source.key,
        "first_seen": first,
        "last_seen": first if last is None else last,
        "peer": peer,
        "peer_port": read_port(cells.get("peer_port")) or peer_port,
        "kind": tidy(cells.get("kind")) or None,
        "issuer": tidy(cells.get("issuer")) or target.source.path.name,
        "batch": tidy(cells.get("batch")) or None,
        "count": 1,
    }
    port = read_port(cells.get("port"))
    return [common | {"address": address, "port": written or port} for address, written in endpoints]


def _write(batch: list[dict[str, Any]], target: Target) -> None:
    """Write the reports that are not wholly outside the asked time; those without times are written."""
    since, until = target.reading.since, target.reading.until
    rows = [
        row
        for row in batch
        if (since is None or row["last_seen"] is None or row["last_seen"] >= since)
        and (until is None or row["first_seen"] is None or row["first_seen"] <= until)
    ]
    if rows:
        target.sink.write("reports", pa.Table.from_pylist(rows, _SHAPE))


REPORT_LIST_READER = Reader("report-list", Title("Lists handed down", "下发名单"), (REPORTS,), recognises, read)
"""Reads lists of suspected addresses in CSV and XLSX."""
