"""Suricata EVE JSON: `flow` and `netflow` to flows; `dns`, `tls` and `http` to names; mining alerts to reports.

Events of other types are accepted and give no rows. Formats: Suricata 2 to 8, DNS logs of version 1 to 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.readers.blocks import read_blocks, tabulate_lines
from paicha.packs.traffic.readers.delimited import ask, reject_reasons
from paicha.packs.traffic.readers.eve_alerts import write_alerts
from paicha.packs.traffic.readers.eve_fields import QUERY
from paicha.packs.traffic.readers.pairing import Pieces
from paicha.packs.traffic.readers.rows import (
    Target,
    accept_valid,
    canonicalise,
    clean_names,
    find_common_names,
    flatten,
    is_no_port,
    is_no_time,
    nulls,
    split_hosts,
    to_mask,
    write_rows,
)
from paicha.packs.traffic.readers.zeek_json import find_first_record
from paicha.packs.traffic.tables import FLOWS, NAMES, REPORTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.kernel.reader import Reading, Sink, Source

USED = ("flow", "netflow", "dns", "tls", "http", "alert")
_NO_TIME = "the time is missing or outside 1970 to 2100"


def recognises(source: Source) -> bool:
    """Return whether the content begins with an EVE event."""
    record = find_first_record(source.head.removeprefix(b"\xef\xbb\xbf"))
    return isinstance(record.get("event_type"), str) and "timestamp" in record


def read(sources: Sequence[Source], sink: Sink, reading: Reading) -> None:
    """Read the events of a site; events of type `netflow` are paired over all files at the end."""
    pieces = Pieces(reading)
    for source in sources:
        target = Target(source, sink, reading)
        for block in read_blocks(source, sink, reading):
            events = reject_reasons(ask(target, QUERY, paicha_lines=tabulate_lines(block)), target)
            _write_events(_check(events, target), target, pieces)
    pieces.write(sink)


def _check(events: pa.Table, target: Target) -> pa.Table:
    """Return the valid events of used types, endpoints in canonical form; count all of them."""
    is_used = pc.is_in(events.column("event_type"), pa.array(USED))
    for side in ("src_ip", "dest_ip"):
        index = events.column_names.index(side)
        events = events.set_column(index, side, canonicalise(events.column(side)))
    started = pc.if_else(
        pc.is_in(events.column("event_type"), pa.array(["flow", "netflow"])),
        events.column("start"),
        events.column("time"),
    )
    checks: list[tuple[Any, str]] = [
        (is_no_time(started), _NO_TIME),
        (pc.is_null(events.column("src_ip")), "src_ip is not an address"),
        (pc.is_null(events.column("dest_ip")), "dest_ip is not an address"),
        (pc.fill_null(is_no_port(events.column("src_port")), False), "src_port is not a port"),
        (pc.fill_null(is_no_port(events.column("dest_port")), False), "dest_port is not a port"),
    ]
    checks = [(pc.and_(is_used, bad), reason) for bad, reason in checks]
    good = accept_valid(target, events.column("line").to_numpy(), checks)
    return events.filter(pa.array(good & to_mask(is_used)))


def _write_events(events: pa.Table, target: Target, pieces: Pieces) -> None:
    for kind in USED:
        chosen = events.filter(pc.equal(events.column("event_type"), kind)).combine_chunks()
        if chosen.num_rows == 0:
            continue
        if kind == "flow":
            _write_flows(chosen, target)
        elif kind == "netflow":
            pieces.add(_to_pieces(chosen, target))
        elif kind == "alert":
            write_alerts(chosen, target)
        else:
            _write_names(kind, chosen, target)


def _end(events: pa.Table) -> Any:
    """Return the end of flows, their beginning where the end is missing or before it."""
    return pc.max_element_wise(events.column("start"), events.column("end"))


def _write_flows(events: pa.Table, target: Target) -> None:
    columns = {
        "sensor": "eve",
        "client_ip": events.column("src_ip"),
        "client_port": events.column("src_port"),
        "server_ip": events.column("dest_ip"),
        "server_port": events.column("dest_port"),
        "protocol": events.column("protocol"),
        "started": events.column("start"),
        "ended": _end(events),
        "packets_out": events.column("pkts_toserver"),
        "packets_in": events.column("pkts_toclient"),
        "bytes_out": events.column("bytes_toserver"),
        "bytes_in": events.column("bytes_toclient"),
        "sampling": 1.0,
    }
    write_rows(target, "flows", columns, pa.repeat(True, events.num_rows), "started", "ended")


def _to_pieces(events: pa.Table, target: Target) -> pa.Table:
    count = events.num_rows
    unknown = nulls(count, pa.int64())
    return pa.table(
        {
            "site": pa.repeat(target.source.site, count),
            "source": pa.repeat(target.source.key, count),
            "sensor": pa.repeat("eve", count),
            "src": events.column("src_ip"),
            "sport": events.column("src_port"),
            "dst": events.column("dest_ip"),
            "dport": events.column("dest_port"),
            "protocol": events.column("protocol"),
            "started": events.column("start"),
            "ended": _end(events),
            "packets": events.column("pkts"),
            "bytes": events.column("bytes"),
            "back_packets": unknown,
            "back_bytes": unknown,
            "syn": events.column("syn"),
            "sampling": pa.repeat(1.0, count),
        }
    )


def _write_names(kind: str, events: pa.Table, target: Target) -> None:
    columns: dict[str, Any] = {
        "client_ip": events.column("src_ip"),
        "client_port": events.column("src_port"),
        "server_ip": events.column("dest_ip"),
        "server_port": events.column("dest_port"),
        "first_seen": events.column("time"),
        "last_seen": events.column("time"),
        "count": 1,
        "answer": nulls(events.num_rows, pa.string()),
    }
    if kind == "dns":
        _write_answers(columns, events, target)
        return
    names = {
        "tls": (
            ("sni", clean_names(events.column("sni"))),
            ("certificate", find_common_names(events.column("subject"))),
        ),
        "http": (("host", clean_names(split_hosts(events.column("hostname")))),),
    }
    for place, found in names[kind]:
        write_rows(
            target, "names", {**columns, "kind": place, "name": found}, found.is_valid(), "first_seen", "last_seen"
        )


def _write_answers(columns: dict[str, Any], events: pa.Table, target: Target) -> None:
    """Write one row per name asked for and address it resolved to; a reply is turned, so that the asker is client."""
    is_reply = pc.fill_null(
        pc.and_(pc.equal(columns["client_port"], 53), pc.not_equal(columns["server_port"], 53)), False
    )
    for ours, theirs in (("client_ip", "server_ip"), ("client_port", "server_port")):
        first, second = columns[ours], columns[theirs]
        columns[ours], columns[theirs] = pc.if_else(is_reply, second, first), pc.if_else(is_reply, first, second)
    lists = flatten(events.column("resolved"))
    parents = pc.list_parent_indices(lists)
    pairs = pc.list_flatten(lists)
    names = clean_names(pc.struct_field(pairs, "name"))
    columns |= {"kind": "dns", "name": names, "answer": canonicalise(pc.struct_field(pairs, "answer"))}
    own = {"kind", "name", "answer", "count"}
    rows = {name: column if name in own else flatten(column).take(parents) for name, column in columns.items()}
    write_rows(target, "names", rows, names.is_valid(), "first_seen", "last_seen")


EVE_READER = Reader("eve", Title("Suricata EVE JSON", "Suricata EVE 日志"), (FLOWS, NAMES, REPORTS), recognises, read)
"""Reads Suricata's events flow, netflow, dns, tls, http and alert."""
