"""A list of indicators in any known format, recognised by content, into the table `indicators`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from paicha.kernel.errors import InputError
from paicha.packs.traffic.indicators.entries import Entry, Record, make_table
from paicha.packs.traffic.indicators.hosting import (
    are_shared_addresses,
    is_shared_name,
    refuse_addresses,
    refuse_name,
)
from paicha.packs.traffic.indicators.json_fields import load_json
from paicha.packs.traffic.indicators.lists import (
    is_hosts,
    is_maltrail,
    is_plain,
    is_wallets,
    read_hosts,
    read_maltrail,
    read_plain,
    read_wallets,
)
from paicha.packs.traffic.indicators.merging import merge_entries
from paicha.packs.traffic.indicators.misp import is_misp, read_misp
from paicha.packs.traffic.indicators.pools_json import is_pools, read_pools
from paicha.packs.traffic.indicators.spreadsheets import is_pool_domains, is_spreadsheet, read_spreadsheet
from paicha.packs.traffic.indicators.stix import is_bundle, read_bundle
from paicha.reference.texts import read_text, split_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FORMATS = (
    "mining-pool-domain-intel", "maltrail", "mempool pools", "hosts", "MISP", "STIX 2.1", "CSV", "wallets",
    "plain list",
)  # fmt: skip
"""The formats that are understood."""


@dataclass(frozen=True, slots=True)
class RejectedRecord:
    """A record that gives no indicator: where it stands and why."""

    position: str
    reason: str

    def __str__(self) -> str:
        return f"{self.position}: {self.reason}"


@dataclass(frozen=True, slots=True)
class IndicatorImport:
    """What a list gave: the table, how many records were accepted, and the others with their reasons.

    A record is a line, a row, an attribute, an indicator object, a link or an address; the accepted and the rejected
    ones are all. The table has one row per distinct host and port, so repeated records make it shorter.
    """

    table: pa.Table
    accepted: int
    rejected: tuple[RejectedRecord, ...]
    format: str


def import_indicators(path: Path, *, source: str | None = None) -> IndicatorImport:
    """Return the indicators of a list; `source` names it in the table, by default its file name.

    Raises:
        InputError: the file cannot be read, is of no known format, or holds no usable record.
    """
    where = str(path)
    form, records = _read(read_text(path), where)
    name = source or path.name
    accepted, rejected = _accept(records, name)
    if not accepted:
        first = f", the first at {rejected[0]}" if rejected else ""
        raise InputError(f"none of {len(rejected)} records can be used{first}", where=where)
    entries = merge_entries(entry for record in accepted for entry in record.entries)
    return IndicatorImport(make_table(entries), len(accepted), tuple(rejected), form)


def _read(text: str, where: str) -> tuple[str, Iterator[Record]]:
    """Return the name of the format and its records."""
    if text.lstrip()[:1] in {"{", "["} and not text.lstrip().startswith("[::"):
        document = load_json(text, where)
        if is_bundle(document):
            return "STIX 2.1", read_bundle(document)
        if is_misp(document):
            return "MISP", read_misp(document)
        if is_pools(document):
            return "mempool pools", read_pools(document)
    else:
        lines = split_lines(text, where)
        if is_maltrail(lines):
            return "maltrail", read_maltrail(lines)
        if is_pool_domains(text):
            return "mining-pool-domain-intel", read_spreadsheet(text, where)
        if is_spreadsheet(text):
            return "CSV", read_spreadsheet(text, where)
        for form, is_form, read in (
            ("hosts", is_hosts, read_hosts),
            ("wallets", is_wallets, read_wallets),
            ("plain list", is_plain, read_plain),
        ):
            if is_form(lines):
                return form, read(lines)
    raise InputError("no known list of indicators", where=where, remedy="known are: " + ", ".join(FORMATS))


def _accept(records: Iterable[Record], source: str) -> tuple[list[Record], list[RejectedRecord]]:
    """Part the records into those with a usable entry, its hosting told and its source named, and the others."""
    accepted, rejected = [], []
    held = list(records)
    addresses = sorted({e.value for record in held for e in record.entries if e.kind == "address"})
    column = pa.array(addresses, pa.string())
    refused = dict(zip(addresses, refuse_addresses(column), strict=True))
    shared = dict(zip(addresses, are_shared_addresses(column), strict=True))
    for record in held:
        reason = record.reason
        usable: list[Entry] = []
        for entry in record.entries:
            refusal = refused[entry.value] if entry.kind == "address" else None
            if entry.kind == "domain":
                refusal = refuse_name(entry.value)
            if refusal is not None:
                reason = reason or refusal
                continue
            is_shared = shared[entry.value] if entry.kind == "address" else False
            if entry.kind == "domain":
                is_shared = is_shared_name(entry.value)
            usable.append(
                dataclasses.replace(
                    entry,
                    is_shared_hosting=entry.is_shared_hosting or is_shared,
                    source=f"{source} {record.position}",
                )
            )
        if usable:
            accepted.append(dataclasses.replace(record, entries=tuple(usable)))
        else:
            rejected.append(RejectedRecord(record.position, reason or "names nothing"))
    return accepted, rejected
