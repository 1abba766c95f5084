"""Times of a chain's blocks, as a node's log or `paicha blocks` tells them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from paicha.registry.timed_rows import RowRefusal, TimedRows, read_moment, read_timed_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HEADINGS: dict[str, tuple[str, ...]] = {
    "time": (
        "time", "timestamp", "datetime", "date_time", "block_time", "blocktime", "received", "received_at", "arrival",
        "first_seen", "seen", "date", "时间", "出块时间", "区块时间", "接收时间", "到达时间", "时间戳",
    ),
    "height": (
        "height", "block_height", "blockheight", "block", "number", "block_number", "高度", "区块高度", "块高",
        "区块号",
    ),
    "coin": ("coin", "symbol", "currency", "币种", "币"),
}  # fmt: skip
"""Accepted headings, in lower case; the first of a column that is there is used."""

COIN = re.compile(r"[A-Z0-9][A-Z0-9.$_-]{0,15}")
LARGEST_HEIGHT = 1 << 40


def read_blocks(path: Path, coin: str | None, *, hours: float) -> TimedRows:
    """Return (coin, time in UTC microseconds, height or None) of each row of a CSV file or workbook.

    `coin` is the symbol that all rows are of; where the file has a column of coins, rows of others are left out. With
    None the column is needed. A file without headings has times in its first column, heights may stand in the second.
    Times without a zone are `hours` ahead of UTC. Lines that begin with # are left out.

    Raises:
        InputError: the file cannot be read, or its headings are missing.
    """

    def read_row(cells: Mapping[str, str]) -> tuple[object, ...] | None:
        named = cells.get("coin", coin or "").upper()
        if coin is not None and named != coin.upper():
            return None
        if not COIN.fullmatch(named):
            raise RowRefusal(f"no symbol of a coin: {named[:20]!r}")
        return named, read_moment(cells["time"], hours), _read_height(cells.get("height", ""))

    def find_bare(row: Sequence[str]) -> Mapping[str, int] | None:
        try:
            read_moment(row[0].strip() if row else "", hours)
            if len(row) > 1:
                _read_height(row[1].strip())
        except RowRefusal:
            return None
        return {"time": 0, "height": 1} if coin else None

    needed = ("time",) if coin else ("time", "coin")
    return read_timed_rows(path, HEADINGS, needed, read_row, find_bare=find_bare)


def _read_height(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 13 and int(text) < LARGEST_HEIGHT):
        raise RowRefusal(f"no height of a block: {text[:20]!r}")
    return int(text)
