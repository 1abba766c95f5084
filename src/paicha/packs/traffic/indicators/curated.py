"""The project's own table of pools: facts with their sources, checked when it is read."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from paicha.kernel.errors import InputError
from paicha.packs.traffic.indicators.endpoints import parse_endpoint, parse_port
from paicha.packs.traffic.indicators.entries import PURPOSES, Entry, make_table
from paicha.packs.traffic.indicators.merging import merge_entries
from paicha.reference.texts import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

TABLE = "pools.csv"


@cache
def curated_indicators() -> pa.Table:
    """Return the table in the schema `INDICATORS`, one row per host and, where ports are named, port.

    A pool's site (`website`) stands beside the hosts and ports that speak its protocol: a visit is not mining.

    Raises:
        InputError: a row of the packaged table is wrong.
    """
    text = files("paicha.packs.traffic").joinpath("data", TABLE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return make_table(merge_entries(entry for number, row in enumerate(rows, start=2) for entry in _read(number, row)))


def _read(number: int, row: dict[str, str]) -> Iterator[Entry]:
    """Yield the entries of one row: one without a port, or one per port."""
    found = parse_endpoint(row["value"])
    ports = [parse_port(text) for text in row["ports"].split(";")] if row["ports"] else [None]
    confidence = float(row["confidence"])
    if (
        isinstance(found, str)
        or row["purpose"] not in PURPOSES
        or not row["source"]
        or not 0 < confidence <= 1
        or (row["ports"] and None in ports)
    ):
        raise InputError("a row of the table of pools is wrong", where=f"{TABLE} line {number}")
    for port in ports:
        yield Entry(
            found.kind, found.value, port, row["purpose"], confidence, row["pool"] or None, row["coins"] or None,
            _read_date(number, row["first_seen"]), _read_date(number, row["last_seen"]),
            row["is_shared_hosting"] == "true", f"paicha {TABLE} line {number} ({row['source']})",
        )  # fmt: skip


def _read_date(number: int, text: str) -> int | None:
    """Return a date's first moment; a year alone, where no more is known, is its first day."""
    if not text:
        return None
    moment = parse_moment(f"{text}-01-01" if len(text) == 4 else text)
    if moment is None:
        raise InputError(f"no date: {text!r}", where=f"{TABLE} line {number}")
    return moment
