"""Suricata EVE JSON of simulated flows: flow, netflow, dns, tls, http and alert records."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from paicha.simulate.truth import FlowTruth

KINDS = ("flow", "netflow", "dns", "tls", "http", "alert")


def _write_time(time_us: int) -> str:
    return datetime.fromtimestamp(time_us / 1e6, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


def _describe(flow: FlowTruth, kind: str, time_us: int, *, is_back: bool = False) -> dict[str, Any]:
    key = f"{flow.start_us}{flow.client}{flow.client_port}{flow.server}{flow.server_port}"
    there, back = (flow.client, flow.client_port), (flow.server, flow.server_port)
    source, target = (back, there) if is_back else (there, back)
    return {
        "timestamp": _write_time(time_us), "flow_id": int(hashlib.sha256(key.encode()).hexdigest()[:13], 16),
        "in_iface": "eth0", "event_type": kind, "src_ip": source[0], "src_port": source[1], "dest_ip": target[0],
        "dest_port": target[1], "proto": flow.protocol.upper(),
    }  # fmt: skip


def _count(flow: FlowTruth) -> dict[str, Any]:
    return {
        "pkts_toserver": flow.packets_out, "pkts_toclient": flow.packets_in, "bytes_toserver": flow.bytes_out,
        "bytes_toclient": flow.bytes_in, "start": _write_time(flow.start_us),
    }  # fmt: skip


def _list_dns(flow: FlowTruth, name: str, answer: str | None) -> Iterator[dict[str, Any]]:
    kind = "AAAA" if answer and ":" in answer else "A"
    head = {"version": 2, "id": flow.client_port ^ 0x5AA5, "rrname": name, "rrtype": kind}
    ask = head | {"type": "query", "tx_id": 0, "opcode": 0}
    yield {**_describe(flow, "dns", flow.start_us), "dns": ask}
    reply: dict[str, Any] = head | {"type": "answer", "flags": "8180", "qr": True, "rd": True, "ra": True, "opcode": 0}
    reply["rcode"] = "NOERROR" if answer else "NXDOMAIN"
    if answer:
        reply["answers"] = [{"rrname": name, "rrtype": kind, "ttl": 300, "rdata": answer}]
        reply["grouped"] = {kind: [answer]}
    yield {**_describe(flow, "dns", flow.end_us), "dns": reply}


def _list_records(flow: FlowTruth, kinds: frozenset[str]) -> Iterator[dict[str, Any]]:
    names = dict(flow.names)
    application = {"ssl": "tls"}.get(flow.service or "", flow.service or "failed")
    if "dns" in names and "dns" in kinds:
        yield from _list_dns(flow, names["dns"], names.get("answer"))
    if flow.service == "ssl" and "tls" in kinds:
        body: dict[str, Any] = {"version": "TLS 1.2" if "certificate" in names else "TLS 1.3"}
        if "sni" in names:
            body["sni"] = names["sni"]
        if "certificate" in names:
            mark = hashlib.sha1(names["certificate"].encode(), usedforsecurity=False).hexdigest()
            body |= {
                "subject": f"CN={names['certificate']}", "issuerdn": "CN=Example CA", "serial": "01:02:03",
                "fingerprint": ":".join(mark[at : at + 2] for at in range(0, 40, 2)),
                "notbefore": "2025-01-01T00:00:00", "notafter": "2027-01-01T00:00:00",
            }  # fmt: skip
        yield {**_describe(flow, "tls", flow.start_us + 90_000), "tls": body}
    if "host" in names and "http" in kinds:
        host = names["host"].rsplit(":", 1)[0]
        request = {"hostname": host, "url": names.get("uri", "/"), "http_user_agent": names.get("agent", "")}
        more = {"http_method": "GET", "protocol": "HTTP/1.1", "status": 200, "length": flow.payload_in}
        yield {**_describe(flow, "http", flow.start_us + 90_000), "tx_id": 0, "http": request | more}
    if flow.nature == "mining" and "alert" in kinds and flow.label == "cryptonote":
        alert = {
            "action": "allowed", "gid": 1, "signature_id": 2024792, "rev": 5, "severity": 1,
            "signature": "ET POLICY Cryptocurrency Miner Checkin",
            "category": "Potential Corporate Privacy Violation",
        }  # fmt: skip
        yield {
            **_describe(flow, "alert", flow.start_us + 120_000), "alert": alert, "app_proto": "failed",
            "flow": _count(flow),
        }  # fmt: skip
    if "flow" in kinds:
        body = {**_count(flow), "end": _write_time(flow.end_us), "age": (flow.end_us - flow.start_us) // 1_000_000}
        body |= {"state": "closed", "reason": "timeout", "alerted": flow.nature == "mining"}
        yield {**_describe(flow, "flow", flow.end_us), "app_proto": application, "flow": body}
    if "netflow" in kinds:
        for is_back in (False, True):
            counts = (flow.packets_in, flow.bytes_in) if is_back else (flow.packets_out, flow.bytes_out)
            body = {
                "pkts": counts[0], "bytes": counts[1], "start": _write_time(flow.start_us),
                "end": _write_time(flow.end_us), "age": (flow.end_us - flow.start_us) // 1_000_000,
                "min_ttl": 52 if is_back else 64, "max_ttl": 52 if is_back else 64,
            }  # fmt: skip
            record = _describe(flow, "netflow", flow.end_us, is_back=is_back)
            yield {**record, "app_proto": application, "netflow": body}


def write_eve(path: Path, flows: Sequence[FlowTruth], *, kinds: Sequence[str] = KINDS) -> int:
    """Return the number of EVE records written to `path`, in the order of their times."""
    chosen = frozenset(kinds)
    records = [record for flow in flows for record in _list_records(flow, chosen)]
    records.sort(key=lambda record: str(record["timestamp"]))
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        for record in records:
            stream.write(json.dumps(record, separators=(",", ":")) + "\n")
    return len(records)
