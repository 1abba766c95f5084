"""Which fields of which Zeek logs are read, under which names they stand, and how a log is told from another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field: our name, what it holds, and the names it has had (renamed and flattened ones included)."""

    name: str
    kind: str
    aliases: tuple[str, ...]


_ENDPOINTS = (
    Wanted("ts", "double", ("ts",)),
    Wanted("orig_h", "varchar", ("id.orig_h", "id_orig_h", "orig_h", "src", "src_ip")),
    Wanted("orig_p", "bigint", ("id.orig_p", "id_orig_p", "orig_p", "src_port")),
    Wanted("resp_h", "varchar", ("id.resp_h", "id_resp_h", "resp_h", "dst", "dst_ip")),
    Wanted("resp_p", "bigint", ("id.resp_p", "id_resp_p", "resp_p", "dst_port")),
)


def _plain(name: str, kind: str) -> Wanted:
    return Wanted(name, kind, (name,))


FIELDS: dict[str, tuple[Wanted, ...]] = {
    "conn": (
        *_ENDPOINTS,
        _plain("proto", "varchar"),
        _plain("ip_proto", "bigint"),
        _plain("duration", "double"),
        _plain("orig_bytes", "bigint"),
        _plain("resp_bytes", "bigint"),
        _plain("orig_pkts", "bigint"),
        _plain("resp_pkts", "bigint"),
        _plain("orig_ip_bytes", "bigint"),
        _plain("resp_ip_bytes", "bigint"),
    ),
    "dns": (*_ENDPOINTS, _plain("query", "varchar"), _plain("answers", "list")),
    "ssl": (
        *_ENDPOINTS,
        _plain("server_name", "varchar"),
        _plain("subject", "varchar"),
        _plain("cert_chain_fps", "list"),
        _plain("cert_chain_fuids", "list"),
    ),
    "http": (*_ENDPOINTS, _plain("host", "varchar")),
    "x509": (
        _ENDPOINTS[0],
        _plain("id", "varchar"),
        _plain("fingerprint", "varchar"),
        Wanted("subject", "varchar", ("certificate.subject", "certificate_subject")),
        Wanted("san_dns", "list", ("san.dns", "san_dns")),
    ),
}
"""The logs that are used; records of all others are accepted and give no rows."""

SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("conn", ("conn_state", "missed_bytes")),
    ("dns", ("trans_id", "qtype_name", "rcode_name")),
    ("ssl", ("cipher", "established", "cert_chain_fuids", "cert_chain_fps", "ssl_history")),
    ("http", ("trans_depth",)),
    ("x509", ("certificate.subject", "certificate.serial")),
)
"""Fields that only one log has, for logs that do not name themselves; the first match wins."""

REQUIRED = {log: ("ts", "orig_h", "resp_h") if log != "x509" else ("ts",) for log in FIELDS}


def find_log(path: str | None, fields: frozenset[str]) -> str | None:
    """Return the kind of log that `path` or else its fields name, None where it is not one of `FIELDS`.

    A filtered log has its kind before a hyphen: `conn-long` holds what `conn` holds.
    """
    if path:
        kind = path.partition("-")[0]
        return kind if kind in FIELDS else None
    return next((log for log, signs in SIGNS if not fields.isdisjoint(signs)), None)
