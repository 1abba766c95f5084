"""The question that turns lines of EVE JSON into columns: one row per line, with the reason where it is no event."""

from __future__ import annotations

import json

_DNS = {
    "type": "VARCHAR",
    "rrname": "VARCHAR",
    "rdata": "VARCHAR",
    "queries": [{"rrname": "VARCHAR"}],
    "answers": [{"rdata": "VARCHAR", "rrtype": "VARCHAR"}],
    "grouped": {"A": ["VARCHAR"], "AAAA": ["VARCHAR"]},
}

_SHAPE = {
    "event_type": "VARCHAR",
    "timestamp": "VARCHAR",
    "src_ip": "VARCHAR",
    "src_port": "BIGINT",
    "dest_ip": "VARCHAR",
    "dest_port": "BIGINT",
    "proto": "VARCHAR",
    "flow": {
        "start": "VARCHAR",
        "end": "VARCHAR",
        "pkts_toserver": "BIGINT",
        "pkts_toclient": "BIGINT",
        "bytes_toserver": "BIGINT",
        "bytes_toclient": "BIGINT",
    },
    "netflow": {"start": "VARCHAR", "end": "VARCHAR", "pkts": "BIGINT", "bytes": "BIGINT"},
    "tcp": {"syn": "BOOLEAN"},
    "dns": _DNS,
    "tls": {"sni": "VARCHAR", "subject": "VARCHAR"},
    "http": {"hostname": "VARCHAR"},
    "alert": {"signature_id": "BIGINT", "signature": "VARCHAR", "category": "VARCHAR"},
}

_PROTOCOLS = {"TCP": 6, "UDP": 17, "ICMP": 1, "IPV6-ICMP": 58, "ICMPV6": 58, "SCTP": 132, "GRE": 47, "ESP": 50}


def _read_time(text: str) -> str:
    return f"epoch_us(try_cast({text} AS TIMESTAMPTZ))"


_PROTOCOL = "CASE upper(r.proto) " + " ".join(f"WHEN '{n}' THEN {v}" for n, v in _PROTOCOLS.items()) + " END"

# Version 1 writes one event per answer, 2 the answers of a reply, 3 has the name asked for in `queries`. Answers of
# CNAME records and of compressed chains are no addresses and drop out; a name without an address stays.
_NAME = "coalesce(r.dns.rrname, r.dns.queries[1].rrname)"
_ANSWERS = (
    "list_distinct(list_filter(list_concat([r.dns.rdata], list_transform(r.dns.answers, lambda a: a.rdata), "
    "r.dns.grouped.A, r.dns.grouped.AAAA), "
    "lambda t: regexp_full_match(t, '[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:.]*')))"
)
_RESOLVED = (
    f"CASE WHEN {_NAME} IS NULL THEN [] WHEN len({_ANSWERS}) = 0 THEN [{{'name': {_NAME}, 'answer': NULL::VARCHAR}}] "
    f"ELSE list_transform({_ANSWERS}, lambda t: {{'name': {_NAME}, 'answer': t}}) END"
)

QUERY = (
    "SELECT line, r.event_type AS event_type, r.src_ip AS src_ip, r.src_port AS src_port, r.dest_ip AS dest_ip, "  # noqa: S608
    f"r.dest_port AS dest_port, coalesce({_PROTOCOL}, try_cast(r.proto AS BIGINT), 0) AS protocol, "
    f"{_read_time('r.timestamp')} AS time, "
    f"{_read_time('coalesce(r.netflow.start, r.flow.start)')} AS start, "
    f"{_read_time('coalesce(r.netflow.end, r.flow.end)')} AS end, "
    "r.flow.pkts_toserver AS pkts_toserver, r.flow.pkts_toclient AS pkts_toclient, "
    "r.flow.bytes_toserver AS bytes_toserver, r.flow.bytes_toclient AS bytes_toclient, "
    "r.netflow.pkts AS pkts, r.netflow.bytes AS bytes, coalesce(r.tcp.syn, false) AS syn, "
    "r.tls.sni AS sni, r.tls.subject AS subject, r.http.hostname AS hostname, "
    f"CASE WHEN r.event_type = 'dns' THEN {_RESOLVED} ELSE [] END AS resolved, "
    "r.alert.signature_id AS signature_id, r.alert.signature AS signature, r.alert.category AS category, "
    "CASE WHEN r IS NULL THEN 'is not a JSON object' WHEN r.event_type IS NULL THEN 'has no event_type' END AS reason "
    "FROM (SELECT line, CASE WHEN json_valid(text) THEN CASE WHEN json_type(text) = 'OBJECT' "
    f"THEN from_json(text, '{json.dumps(_SHAPE)}') END END AS r FROM paicha_lines "
    "WHERE trim(text, chr(10) || chr(9) || ' ') <> '') ORDER BY line"
)
"""Asked of the table `paicha_lines` (line, text)."""
