"""Seats in use at a site, by spans of time: what a till or a billing program of an internet café knows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from paicha.registry.timed_rows import RowRefusal, TimedRows, read_moment, read_timed_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADINGS: dict[str, tuple[str, ...]] = {
    "site": ("site", "place", "location", "地点", "站点", "网络", "场所", "门店", "所属网络"),
    "start": ("start", "started", "from", "begin", "start_time", "开始", "开始时间", "起始时间", "起"),
    "end": ("end", "ended", "to", "until", "end_time", "结束", "结束时间", "终止时间", "止"),
    "used": (
        "seats_used", "used", "seats", "in_use", "occupied", "occupancy", "在用座位", "在用座位数", "使用座位",
        "上座数", "在用机位", "使用机位", "上机数", "在线台数", "使用台数",
    ),
}  # fmt: skip
"""Accepted headings, in lower case; the first of a column that is there is used."""

LONGEST_NAME = 200


def read_seats(path: Path, site: str, *, hours: float) -> TimedRows:
    """Return (site, start, end, seats in use on average) of each row of a CSV file or workbook; times in UTC us.

    Rows without a site are of `site`. Times without a zone are `hours` ahead of UTC; a bare date at the end counts in
    full. Lines that begin with # are left out.

    Raises:
        InputError: the file cannot be read, or its headings are missing.
    """

    def read_row(cells: Mapping[str, str]) -> tuple[object, ...]:
        start, end = read_moment(cells["start"], hours), read_moment(cells["end"], hours, is_end=True)
        if end <= start:
            raise RowRefusal("the span ends before it begins")
        return cells.get("site", "")[:LONGEST_NAME] or site, start, end, _read_used(cells["used"])

    return read_timed_rows(path, HEADINGS, ("start", "end", "used"), read_row)


def _read_used(text: str) -> float:
    try:
        used = float(text) if len(text) <= 20 else math.nan
    except ValueError:
        used = math.nan
    if not 0 <= used < 1e6:
        raise RowRefusal(f"no number of seats: {text[:20]!r}")
    return used
