"""Zeek logs (conn, dns, ssl, http, x509) of simulated flows, as TSV or JSON lines."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from paicha.simulate.truth import FlowTruth

_ENDS = (
    ("ts", "time"), ("uid", "string"), ("id.orig_h", "addr"), ("id.orig_p", "port"), ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
)  # fmt: skip

FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    "conn": (
        *_ENDS, ("proto", "enum"), ("service", "string"), ("duration", "interval"), ("orig_bytes", "count"),
        ("resp_bytes", "count"), ("conn_state", "string"), ("local_orig", "bool"), ("local_resp", "bool"),
        ("missed_bytes", "count"), ("history", "string"), ("orig_pkts", "count"), ("orig_ip_bytes", "count"),
        ("resp_pkts", "count"), ("resp_ip_bytes", "count"), ("tunnel_parents", "set[string]"), ("ip_proto", "count"),
    ),
    "dns": (
        *_ENDS, ("proto", "enum"), ("trans_id", "count"), ("rtt", "interval"), ("query", "string"), ("qclass", "count"),
        ("qclass_name", "string"), ("qtype", "count"), ("qtype_name", "string"), ("rcode", "count"),
        ("rcode_name", "string"), ("AA", "bool"), ("TC", "bool"), ("RD", "bool"), ("RA", "bool"), ("Z", "count"),
        ("answers", "vector[string]"), ("TTLs", "vector[interval]"), ("rejected", "bool"),
    ),
    "ssl": (
        *_ENDS, ("version", "string"), ("cipher", "string"), ("curve", "string"), ("server_name", "string"),
        ("resumed", "bool"), ("last_alert", "string"), ("next_protocol", "string"), ("established", "bool"),
        ("ssl_history", "string"), ("cert_chain_fps", "vector[string]"), ("client_cert_chain_fps", "vector[string]"),
        ("sni_matches_cert", "bool"), ("validation_status", "string"),
    ),
    "http": (
        *_ENDS, ("trans_depth", "count"), ("method", "string"), ("host", "string"), ("uri", "string"),
        ("referrer", "string"), ("version", "string"), ("user_agent", "string"), ("origin", "string"),
        ("request_body_len", "count"), ("response_body_len", "count"), ("status_code", "count"),
        ("status_msg", "string"), ("info_code", "count"), ("info_msg", "string"), ("tags", "set[enum]"),
        ("username", "string"), ("password", "string"), ("proxied", "set[string]"), ("orig_fuids", "vector[string]"),
        ("orig_filenames", "vector[string]"), ("orig_mime_types", "vector[string]"), ("resp_fuids", "vector[string]"),
        ("resp_filenames", "vector[string]"), ("resp_mime_types", "vector[string]"),
    ),
    "x509": (
        ("ts", "time"), ("fingerprint", "string"), ("certificate.version", "count"), ("certificate.serial", "string"),
        ("certificate.subject", "string"), ("certificate.issuer", "string"), ("certificate.not_valid_before", "time"),
        ("certificate.not_valid_after", "time"), ("certificate.key_alg", "string"), ("certificate.sig_alg", "string"),
        ("certificate.key_type", "string"), ("certificate.key_length", "count"), ("certificate.exponent", "string"),
        ("certificate.curve", "string"), ("san.dns", "vector[string]"), ("san.uri", "vector[string]"),
        ("san.email", "vector[string]"), ("san.ip", "vector[addr]"), ("basic_constraints.ca", "bool"),
        ("basic_constraints.path_len", "count"), ("host_cert", "bool"), ("client_cert", "bool"),
    ),
}  # fmt: skip
"""Columns and types of each log as Zeek 6 and later write them."""

SINCE_ZEEK_8 = frozenset({"ip_proto"})
"""Columns that older versions do not have."""


def name_connection(flow: FlowTruth) -> str:
    """Return the uid of a flow, the same in every log."""
    key = f"{flow.start_us} {flow.client} {flow.client_port} {flow.server} {flow.server_port}"
    return "C" + hashlib.sha256(key.encode()).hexdigest()[:17]


def _describe_ends(flow: FlowTruth) -> dict[str, Any]:
    return {
        "ts": flow.start_us, "uid": name_connection(flow), "id.orig_h": flow.client, "id.orig_p": flow.client_port,
        "id.resp_h": flow.server, "id.resp_p": flow.server_port,
    }  # fmt: skip


def _build_conn(flow: FlowTruth) -> dict[str, Any]:
    is_tcp = flow.protocol == "tcp"
    return {
        **_describe_ends(flow), "proto": flow.protocol, "service": flow.service,
        "duration": (flow.end_us - flow.start_us) / 1e6, "orig_bytes": flow.payload_out, "resp_bytes": flow.payload_in,
        "conn_state": "SF", "local_orig": True, "local_resp": False, "missed_bytes": 0,
        "history": "ShADadFf" if is_tcp else "Dd", "orig_pkts": flow.packets_out, "orig_ip_bytes": flow.bytes_out,
        "resp_pkts": flow.packets_in, "resp_ip_bytes": flow.bytes_in, "ip_proto": 6 if is_tcp else 17,
    }  # fmt: skip


def _build_dns(flow: FlowTruth) -> dict[str, Any] | None:
    names = dict(flow.names)
    if "dns" not in names:
        return None
    answer = names.get("answer")
    is_v6 = answer is not None and ":" in answer
    return {
        **_describe_ends(flow), "proto": "udp", "trans_id": flow.client_port ^ 0x5AA5,
        "rtt": (flow.end_us - flow.start_us) / 1e6, "query": names["dns"], "qclass": 1, "qclass_name": "C_INTERNET",
        "qtype": 28 if is_v6 else 1, "qtype_name": "AAAA" if is_v6 else "A", "rcode": 0 if answer else 3,
        "rcode_name": "NOERROR" if answer else "NXDOMAIN", "AA": False, "TC": False, "RD": True, "RA": True, "Z": 0,
        "answers": [answer] if answer else None, "TTLs": [300.0] if answer else None, "rejected": False,
    }  # fmt: skip


def _fingerprint(flow: FlowTruth) -> str | None:
    name = dict(flow.names).get("certificate")
    return None if name is None else hashlib.sha256(name.encode()).hexdigest()


def _build_ssl(flow: FlowTruth) -> dict[str, Any] | None:
    names, mark = dict(flow.names), _fingerprint(flow)
    if flow.service != "ssl":
        return None
    return {
        **_describe_ends(flow), "version": "TLSv12" if mark else "TLSv13",
        "cipher": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" if mark else "TLS_AES_128_GCM_SHA256", "curve": "x25519",
        "server_name": names.get("sni"), "resumed": False, "next_protocol": "h2", "established": True,
        "ssl_history": "CsxknGIi" if mark else "CsiI", "cert_chain_fps": [mark] if mark else None,
        "client_cert_chain_fps": [] if mark else None, "sni_matches_cert": True if mark else None,
        "validation_status": "unable to get local issuer certificate" if mark else None,
    }  # fmt: skip


def _build_http(flow: FlowTruth) -> dict[str, Any] | None:
    names = dict(flow.names)
    if "host" not in names:
        return None
    return {
        **_describe_ends(flow), "trans_depth": 1, "method": "GET", "host": names["host"].rsplit(":", 1)[0],
        "uri": names.get("uri", "/"), "version": "1.1", "user_agent": names.get("agent"), "request_body_len": 0,
        "response_body_len": flow.payload_in, "status_code": 200, "status_msg": "OK", "tags": [],
    }  # fmt: skip


def _build_x509(flow: FlowTruth) -> dict[str, Any] | None:
    name = dict(flow.names).get("certificate")
    if name is None:
        return None
    return {
        "ts": flow.start_us, "fingerprint": _fingerprint(flow), "certificate.version": 3,
        "certificate.serial": (_fingerprint(flow) or "")[:16].upper(), "certificate.subject": f"CN={name}",
        "certificate.issuer": "CN=Example CA", "certificate.not_valid_before": 1735689600_000000,
        "certificate.not_valid_after": 1798761600_000000, "certificate.key_alg": "rsaEncryption",
        "certificate.sig_alg": "sha256WithRSAEncryption", "certificate.key_type": "rsa", "certificate.key_length": 2048,
        "certificate.exponent": "65537", "san.dns": [name, "www." + name], "basic_constraints.ca": False,
        "host_cert": True, "client_cert": False,
    }  # fmt: skip


_BUILDERS = {"conn": _build_conn, "dns": _build_dns, "ssl": _build_ssl, "http": _build_http, "x509": _build_x509}


def _write_value(value: Any, kind: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ",".join(_write_value(one, kind[kind.find("[") + 1 : -1]) for one in value) or "(empty)"
    if kind == "bool":
        return "T" if value else "F"
    if kind == "time":
        return f"{value // 1_000_000}.{value % 1_000_000:06d}"
    if kind == "interval":
        return f"{value:.6f}"
    return str(value).replace("\t", "\\x09")


def _write_text(path: Path, log: str, rows: Iterable[dict[str, Any]], fields: Sequence[tuple[str, str]]) -> None:
    names, kinds = zip(*fields, strict=True)
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n")
        stream.write(f"#path\t{log}\n#open\t2025-06-01-00-00-00\n")
        stream.write("\t".join(("#fields", *names)) + "\n" + "\t".join(("#types", *kinds)) + "\n")
        for row in rows:
            stream.write("\t".join(_write_value(row.get(name), kind) for name, kind in fields) + "\n")
        stream.write("#close\t2025-06-02-00-00-00\n")


def _write_json(
    path: Path, log: str, rows: Iterable[dict[str, Any]], fields: Sequence[tuple[str, str]], iso: bool
) -> None:
    times = [name for name, kind in fields if kind == "time"]
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for row in rows:
            body = {name: row[name] for name, _ in fields if row.get(name) is not None}
            for name in times:
                if name in body:
                    moment = datetime.fromtimestamp(body[name] / 1e6, UTC)
                    body[name] = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if iso else body[name] / 1e6
            stream.write(json.dumps({"_path": log, **body} if iso else body, separators=(",", ":")) + "\n")


def write_zeek_logs(
    directory: Path, flows: Sequence[FlowTruth], *, form: str = "tsv", is_zeek_8: bool = True
) -> list[Path]:
    """Return the paths of the logs written: `form` is tsv, json (times as numbers) or json-iso.

    Raises:
        ValueError: the form is unknown.
    """
    if form not in {"tsv", "json", "json-iso"}:
        raise ValueError(f"no such form of Zeek logs: {form!r}")
    paths = []
    ordered = sorted(flows, key=lambda flow: flow.start_us)
    for log, fields in FIELDS.items():
        chosen = [field for field in fields if is_zeek_8 or field[0] not in SINCE_ZEEK_8]
        rows = [row for flow in ordered if (row := _BUILDERS[log](flow)) is not None]
        path = directory / f"{log}.log"
        if form == "tsv":
            _write_text(path, log, rows, chosen)
        else:
            _write_json(path, log, rows, chosen, form == "json-iso")
        paths.append(path)
    return paths
