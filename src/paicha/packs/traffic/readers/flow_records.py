"""Records of nfdump, whatever its output format: which columns are used, and how they become pieces to be paired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.packs.traffic.readers.delimited import Field, Layout, ask, parse_lines
from paicha.packs.traffic.readers.rows import accept_valid, canonicalise, is_no_port, is_no_time, to_mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from paicha.packs.traffic.readers.blocks import Block
    from paicha.packs.traffic.readers.pairing import Pieces
    from paicha.packs.traffic.readers.rows import Target

COLUMNS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "started": ("varchar", ("ts", "firstSeen")),
    "ended": ("varchar", ("te", "lastSeen")),
    "duration": ("varchar", ("td", "duration")),
    "protocol": ("varchar", ("pr", "proto")),
    "src": ("varchar", ("sa", "srcAddr")),
    "dst": ("varchar", ("da", "dstAddr")),
    "sport": ("varchar", ("sp", "srcPort")),
    "dport": ("varchar", ("dp", "dstPort")),
    "flags": ("varchar", ("flg", "flags")),
    "packets": ("varchar", ("ipkt", "pkt", "packets", "inPackets")),
    "bytes": ("varchar", ("ibyt", "byt", "bytes", "inBytes")),
    "back_packets": ("varchar", ("opkt", "outPackets")),
    "back_bytes": ("varchar", ("obyt", "outBytes")),
    "sampling": ("varchar", ("sampling", "samplingInterval")),
}
"""What is read, under the headings of nfdump 1.6 (`-o csv`) and 1.7 (`-o csv`, `csv-fast` and `csv:` formats)."""

REQUIRED = ("started", "protocol", "src", "dst", "packets", "bytes")

_PROTOCOLS = {"ICMP": 1, "IGMP": 2, "TCP": 6, "UDP": 17, "IPv6": 41, "GRE": 47, "ESP": 50, "AH": 51, "ICMP6": 58}
_PORTLESS = (1, 2, 41, 47, 50, 51, 58)
"""Protocols without ports; nfdump keeps type and code of ICMP in the port."""


def lay_out(headings: Sequence[str]) -> Layout:
    """Return where the used columns stand under these headings."""
    fields = []
    for name, (kind, aliases) in COLUMNS.items():
        index = next((headings.index(alias) for alias in aliases if alias in headings), None)
        if index is not None:
            fields.append(Field(name, index, kind))
    return Layout(",", len(headings), tuple(fields), ("",))


def find_missing(layout: Layout) -> str | None:
    """Return the first column that is needed and not there."""
    names = {field.name for field in layout.fields}
    return next((name for name in REQUIRED if name not in names), None)


def read_records(block: Block, layout: Layout, target: Target, pieces: Pieces, timezone_hours: float) -> None:
    """Keep the records of a block as pieces; those that cannot be understood are rejected."""
    lines = parse_lines(block, layout, target)
    for name in COLUMNS:
        if name not in lines.column_names:
            lines = lines.append_column(name, pa.nulls(lines.num_rows, pa.string()))
    records = ask(target, _write_query(timezone_hours, target.reading.policy.netflow.sampling), paicha_records=lines)
    for side in ("src", "dst"):
        index = records.column_names.index(side)
        records = records.set_column(index, side, canonicalise(records.column(side)))
    checks: list[tuple[Any, str]] = [
        (
            is_no_time(pc.if_else(pc.equal(records.column("started"), 0), None, records.column("started"))),
            "the time is missing or outside 1970 to 2100",
        ),
        (pc.is_null(records.column("src")), "the source is not an address"),
        (pc.is_null(records.column("dst")), "the destination is not an address"),
        (pc.is_null(records.column("protocol")), "the protocol is not known"),
        (is_no_port(pc.fill_null(records.column("sport"), 0)), "the source port is not a port"),
        (is_no_port(pc.fill_null(records.column("dport"), 0)), "the destination port is not a port"),
        *[
            (pc.less(pc.fill_null(records.column(name), -1), 0), f"{name} is not a count")
            for name in ("packets", "bytes")
        ],
        *[(pc.less(records.column(name), 0), f"{name} is not a count") for name in ("back_packets", "back_bytes")],
    ]
    good = accept_valid(target, records.column("line").to_numpy(), checks)
    rows = records.filter(pa.array(to_mask(good))).drop_columns(["line"])
    constant = {"site": target.source.site, "source": target.source.key, "sensor": "netflow"}
    for name, text in constant.items():
        rows = rows.append_column(name, pa.repeat(text, rows.num_rows))
    pieces.add(rows)


def _read_time(column: str, timezone_hours: float) -> str:
    """Return the SQL for a time: epoch milliseconds, epoch seconds, or a local time to the second or finer."""
    shift = round(timezone_hours * 3_600_000_000)
    return (
        f"CASE WHEN regexp_full_match(trim({column}), '[0-9]{{12,14}}') THEN try_cast({column} AS BIGINT) * 1000 "
        f"WHEN regexp_full_match(trim({column}), '[0-9]{{1,11}}([.][0-9]+)?') "
        f"THEN round(try_cast({column} AS DECIMAL(20, 6)) * 1000000)::BIGINT "
        f"ELSE epoch_us(try_cast(trim({column}) AS TIMESTAMP)) - {shift} END"
    )


def _write_query(timezone_hours: float, sampling: float) -> str:
    """Return the question that makes typed columns of the texts in `paicha_records`."""
    names = " ".join(f"WHEN '{name}' THEN {number}" for name, number in _PROTOCOLS.items())
    portless = ", ".join(map(str, _PORTLESS))
    ports = {
        side: f"if(protocol IN ({portless}) OR {side} IS NULL, NULL, coalesce(try_cast(trim({side}) AS BIGINT), -1))"
        for side in ("sport", "dport")
    }
    counts = ", ".join(f"try_cast(trim({name}) AS BIGINT) AS {name}" for name in ("packets", "bytes"))
    back = ", ".join(
        f"nullif(try_cast(trim({name}) AS BIGINT), 0) AS {name}" for name in ("back_packets", "back_bytes")
    )
    return (
        f"WITH numbered AS (SELECT * REPLACE (CASE trim(protocol) {names} ELSE "  # noqa: S608 -- own words
        f"try_cast(trim(protocol) AS BIGINT) END AS protocol, {_read_time('started', timezone_hours)} AS started, "
        f"{_read_time('ended', timezone_hours)} AS ended, try_cast(trim(duration) AS DOUBLE) AS duration) "
        "FROM paicha_records) SELECT line, trim(src) AS src, trim(dst) AS dst, "
        f"{ports['sport']} AS sport, {ports['dport']} AS dport, if(protocol BETWEEN 0 AND 255, protocol, NULL) AS "
        "protocol, started, greatest(started, if(duration BETWEEN 0 AND 1e9, "
        f"started + round(duration * 1e6)::BIGINT, ended)) AS ended, {counts}, {back}, "
        "coalesce(contains(flags, 'S'), false) AS syn, "
        f"greatest(1.0, coalesce(try_cast(trim(sampling) AS DOUBLE), {sampling})) AS sampling "
        "FROM numbered ORDER BY line"
    )
