"""Zeek logs, text and JSON, Bro 2 to Zeek 8: `conn` to flows; `dns`, `ssl`, `http` and `x509` to names.

Other logs of a walked directory are recognised and accepted, and give no rows.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from paicha.kernel.reader import Reader
from paicha.kernel.rule import Title
from paicha.packs.traffic.readers.certificates import Certificates
from paicha.packs.traffic.readers.ordered import work_in_order
from paicha.packs.traffic.readers.rows import (
    Target,
    accept_valid,
    canonicalise,
    clean_names,
    find_common_names,
    find_negative,
    flatten,
    is_no_port,
    is_no_time,
    nulls,
    split_hosts,
    to_microseconds,
    unescape,
    write_rows,
)
from paicha.packs.traffic.readers.zeek_json import find_first_record, split_json_log
from paicha.packs.traffic.readers.zeek_text import split_text_log
from paicha.packs.traffic.tables import FLOWS, NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from paicha.kernel.reader import Reading, Sink, Source
    from paicha.packs.traffic.readers.ordered import Notes

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
ICMP, ICMPV6 = 1, 58
"""IANA protocol numbers; Zeek calls both `icmp` and keeps type and code in the ports."""


def recognises(source: Source) -> bool:
    """Return whether the content begins as a Zeek log, text or JSON."""
    return _is_text(source.head) or _is_json(source.head)


def _is_text(head: bytes) -> bool:
    lines = head.removeprefix(b"\xef\xbb\xbf")[:8192].splitlines()[:10]
    return any(line.startswith((b"#separator ", b"#fields\t")) for line in lines)


def _is_json(head: bytes) -> bool:
    record = find_first_record(head.removeprefix(b"\xef\xbb\xbf"))
    if "event_type" in record:
        return False
    if isinstance(record.get("_path"), str):
        return True
    return "ts" in record and ("uid" in record or "id.orig_h" in record or _is_certificate(record))


def _is_certificate(record: dict[str, Any]) -> bool:
    return "certificate.subject" in record or "certificate.serial" in record


def read(sources: Sequence[Source], sink: Sink, reading: Reading) -> None:
    """Read the logs of a site; certificates are joined with the connections that showed them at the end."""
    certificates = Certificates(reading)
    for source in sources:
        _read_log(Target(source, sink, reading), certificates)
    certificates.write(sink)


def _read_log(target: Target, certificates: Certificates) -> None:
    split = split_text_log if _is_text(target.source.head) else split_json_log

    def find_tasks(ahead: Target) -> Iterator[Callable[[Target, Notes], None]]:
        for read_part in split(ahead):
            yield partial(write_part, read_part)

    def write_part(read_part: Callable[[Target], Iterator[tuple[str, pa.Table]]], own: Target, notes: Notes) -> None:
        for log, records in read_part(own):
            if log == "conn":
                _write_conn(records, own)
            elif log == "x509":
                notes.defer(partial(_keep_certificates, records, target, certificates))
            else:
                notes.defer(partial(_write_names, log, records, target, certificates))

    work_in_order(find_tasks, target)


def _take(records: pa.Table, name: str, kind: pa.DataType) -> Any:
    """Return a column, nulls where the log does not have it."""
    return records.column(name) if name in records.column_names else nulls(records.num_rows, kind)


def _find_endpoints(records: pa.Table) -> tuple[dict[str, Any], list[tuple[Any, str]]]:
    """Return the columns that all logs of connections share, and the checks that they must pass."""
    columns = {
        "client_ip": _read_addresses(records.column("orig_h")),
        "client_port": _take(records, "orig_p", pa.int64()),
        "server_ip": _read_addresses(records.column("resp_h")),
        "server_port": _take(records, "resp_p", pa.int64()),
    }
    checks = [
        (pc.is_null(columns["client_ip"]), "the originator is not an address"),
        (pc.is_null(columns["server_ip"]), "the responder is not an address"),
        (is_no_port(columns["client_port"]), "the originator's port is not a port"),
        (is_no_port(columns["server_port"]), "the responder's port is not a port"),
    ]
    return columns, checks


def _read_addresses(column: Any) -> pa.Array:
    """Return canonical addresses, null where the text is none."""
    addresses = canonicalise(column)
    # a text with an escape is no address: most columns need not be looked through for any
    return addresses if addresses.null_count == column.null_count else canonicalise(unescape(column))


def _write_conn(records: pa.Table, target: Target) -> None:
    columns, checks = _find_endpoints(records)
    started = to_microseconds(records.column("ts"))
    duration = pc.fill_null(to_microseconds(_take(records, "duration", pa.float64())), 0)
    protocol = _find_protocol(records, columns["server_ip"])
    is_icmp = pc.is_in(protocol, pa.array([ICMP, ICMPV6]))
    for side in ("client_port", "server_port"):
        columns[side] = pc.if_else(is_icmp, pa.scalar(None, pa.int64()), flatten(columns[side]))
    columns |= {
        "sensor": "zeek",
        "protocol": protocol,
        "started": started,
        "ended": pc.add(started, duration),
        "packets_out": _take(records, "orig_pkts", pa.int64()),
        "packets_in": _take(records, "resp_pkts", pa.int64()),
        "bytes_out": _count_bytes(records, "orig"),
        "bytes_in": _count_bytes(records, "resp"),
        "sampling": 1.0,
    }
    time = (is_no_time(started), "the time is missing or outside 1970 to 2100")
    keep = accept_valid(target, records.column("line").to_numpy(), [time, *checks, *find_negative(columns)])
    write_rows(target, "flows", columns, keep, "started", "ended")


def _find_protocol(records: pa.Table, server: pa.Array) -> Any:
    """Return IP protocol numbers, 0 where the log does not say."""
    names = flatten(_take(records, "proto", pa.string()))
    known = pc.index_in(names, pa.array(list(PROTOCOLS)))
    numbers = pc.take(pa.array(list(PROTOCOLS.values()), pa.int64()), known)
    numbers = pc.coalesce(flatten(_take(records, "ip_proto", pa.int64())), numbers, pa.scalar(0, pa.int64()))
    if not pc.any(pc.equal(numbers, ICMP)).as_py():
        return numbers
    is_six = pc.and_(pc.equal(numbers, ICMP), pc.fill_null(pc.match_substring(server, ":"), False))
    return pc.if_else(is_six, pa.scalar(ICMPV6, pa.int64()), numbers)


def _count_bytes(records: pa.Table, side: str) -> Any:
    """Return IP bytes of a side, payload bytes where the log has no others."""
    return pc.coalesce(_take(records, f"{side}_ip_bytes", pa.int64()), _take(records, f"{side}_bytes", pa.int64()))


def _write_names(log: str, records: pa.Table, target: Target, certificates: Certificates) -> None:
    columns, checks = _find_endpoints(records)
    started = to_microseconds(records.column("ts"))
    columns |= {"first_seen": started, "last_seen": started, "count": 1}
    checks = [(is_no_time(started), "the time is missing or outside 1970 to 2100"), *checks]
    keep = pa.array(accept_valid(target, records.column("line").to_numpy(), checks))
    no_answer = nulls(records.num_rows, pa.string())
    if log == "dns":
        names = clean_names(unescape(_take(records, "query", pa.string())))
        _write_answers(columns | {"kind": "dns", "name": names}, records, keep, target)
        return
    if log == "http":
        names = clean_names(split_hosts(unescape(_take(records, "host", pa.string()))))
        rows = columns | {"kind": "host", "name": names, "answer": no_answer}
    else:
        names = clean_names(unescape(_take(records, "server_name", pa.string())))
        rows = columns | {"kind": "sni", "name": names, "answer": no_answer}
        common = find_common_names(unescape(_take(records, "subject", pa.string())))
        certificate = columns | {"kind": "certificate", "name": common, "answer": no_answer}
        write_rows(target, "names", certificate, pc.and_(keep, pc.is_valid(common)), "first_seen", "last_seen")
        shown = _find_leaf(records)
        certificates.add_connections(
            target, columns | {"shown": shown, "common": common}, pc.and_(keep, shown.is_valid())
        )
    write_rows(target, "names", rows, pc.and_(keep, pc.is_valid(names)), "first_seen", "last_seen")


def _find_leaf(records: pa.Table) -> pa.Array:
    """Return fingerprint or file id of the first certificate that the server showed: its own."""
    kind = pa.list_(pa.string())
    leaves = []
    for name in ("cert_chain_fps", "cert_chain_fuids"):
        chain = flatten(_take(records, name, kind))
        filled = pc.if_else(
            pc.fill_null(pc.greater(pc.list_value_length(chain), 0), False), chain, pa.scalar([""], kind)
        )
        leaves.append(pc.list_element(filled, 0))
    best = pc.if_else(pc.equal(leaves[0], ""), leaves[1], leaves[0])
    return pc.if_else(pc.equal(best, ""), pa.scalar(None, pa.string()), best)


def _write_answers(columns: dict[str, Any], records: pa.Table, keep: pa.Array, target: Target) -> None:
    """Write one row per address that a name resolved to, and one row where it resolved to none."""
    keep = pc.and_(keep, pc.is_valid(columns["name"]))
    lists = flatten(_take(records, "answers", pa.list_(pa.string())))
    parents = pc.list_parent_indices(lists)
    answers = canonicalise(pc.list_flatten(lists))
    is_address = answers.is_valid()
    answers, parents = answers.filter(is_address), parents.filter(is_address)
    rows = {name: c if isinstance(c, str | int) else flatten(c).take(parents) for name, c in columns.items()}
    write_rows(target, "names", rows | {"answer": answers}, keep.take(parents), "first_seen", "last_seen")
    answered = pc.is_in(pa.array(range(records.num_rows), pa.int64()), parents.cast(pa.int64()))
    rest = columns | {"answer": nulls(records.num_rows, pa.string())}
    write_rows(target, "names", rest, pc.and_(keep, pc.invert(answered)), "first_seen", "last_seen")


def _keep_certificates(records: pa.Table, target: Target, certificates: Certificates) -> None:
    lines = records.column("line").to_numpy()
    keep = accept_valid(target, lines, [])
    certificates.add_certificates(
        flatten(_take(records, "fingerprint", pa.string())),
        flatten(_take(records, "id", pa.string())),
        find_common_names(unescape(_take(records, "subject", pa.string()))),
        flatten(_take(records, "san_dns", pa.list_(pa.string()))),
        keep,
    )


ZEEK_READER = Reader("zeek", Title("Zeek logs", "Zeek 日志"), (FLOWS, NAMES), recognises, read)
"""Reads the Zeek logs conn, dns, ssl, http and x509, as text or JSON lines."""
