"""Mining over HTTP: getwork and getblocktemplate by JSON-RPC, and Chia's pool protocol."""

from __future__ import annotations

import base64
import json
from typing import Any

from paicha.simulate.dialects.bitcoin import DIFFICULTY_ONE
from paicha.simulate.dialects.contract import POW256, Dialect, Job, Line, MinerSpec, Share, Wire

_TITLES = {200: "OK", 401: "Unauthorized", 500: "Internal Server Error"}


def build_request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    """Return an HTTP/1.1 request with its length."""
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def build_response(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> bytes:
    """Return an HTTP/1.1 response of JSON with its length."""
    lines = [f"HTTP/1.1 {status} {_TITLES.get(status, 'OK')}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    lines += [f"Content-Length: {len(body)}", "Connection: keep-alive"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _post(wire: Wire, body: dict[str, Any], path: str = "/") -> Line:
    spec = wire.spec
    token = base64.b64encode(f"{spec.account}:{spec.password}".encode()).decode()
    headers = {
        "Host": f"{spec.host}:{spec.server_port}",
        "Authorization": f"Basic {token}",
        "Accept": "*/*",
        "Content-type": "application/json",
        "X-Mining-Extensions": "longpoll midstate rollntime submitold",
        **({"User-Agent": spec.software} if spec.software else {}),
    }
    return Line(True, build_request("POST", path, headers, json.dumps(body).encode()))


def _reply(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Line:
    return Line(False, build_response(json.dumps(body).encode() + b"\n", status, headers))


def _quantise_getwork(_: MinerSpec, work: float) -> tuple[str, float]:
    """Return a target as getwork writes it (bytes reversed); the usual one is difficulty 1."""
    target = min(POW256 - 1, int(POW256 / max(work, DIFFICULTY_ONE)))
    return target.to_bytes(32, "little").hex(), POW256 / target


def _refuse(wire: Wire, method: str) -> list[Line]:
    error = {"code": -32600, "message": "Unauthorized"}
    return [_post(wire, {"id": 0, "method": method, "params": []}), _reply({"result": None, "error": error}, 401)]


def _describe_getwork(wire: Wire, job: Job) -> Line:
    work = {"data": wire.draw_hex(128), "hash1": "0" * 128, "midstate": wire.draw_hex(32), "target": job.value}
    body = {"id": 0, "result": work, "error": None}
    return _reply(body, headers={"X-Long-Polling": "/LP", "X-Roll-NTime": "expire=120"})


def _greet_getwork(wire: Wire, job: Job) -> list[Line]:
    if wire.is_login_refused:
        return _refuse(wire, "getwork")
    return [_post(wire, {"method": "getwork", "params": [], "id": 0}), _describe_getwork(wire, job)]


def _push_getwork(wire: Wire, job: Job) -> list[Line]:
    path = "/LP" if wire.is_long_polling else "/"
    return [_post(wire, {"method": "getwork", "params": [], "id": 0}, path), _describe_getwork(wire, job)]


def _submit_getwork(wire: Wire, _: Job, share: Share) -> list[Line]:
    return [_post(wire, {"method": "getwork", "params": [share.nonce.hex() + wire.draw_hex(120)], "id": 1})]


def _answer_getwork(_: Wire, __: Job, share: Share) -> list[Line]:
    is_good = share.verdict == "accepted"
    headers = None if is_good else {"X-Reject-Reason": share.verdict}
    return [_reply({"id": 1, "result": is_good, "error": None}, headers=headers)]


GETWORK = Dialect(
    "getwork", _quantise_getwork, _greet_getwork, lambda wire, job: [], _push_getwork, _submit_getwork,  # noqa: ARG005
    _answer_getwork, greets_with_job=True, is_sequential=True,
)  # fmt: skip


def _quantise_template(_: MinerSpec, work: float) -> tuple[str, float]:
    target = min(POW256 - 1, int(POW256 / max(work, 1.0)))
    return f"{target:064x}", POW256 / target


def _ask_template(wire: Wire) -> Line:
    params: dict[str, Any] = {"capabilities": ["coinbasetxn", "workid", "longpoll"], "rules": ["segwit"]}
    if wire.is_long_polling and "longpollid" in wire.notes:
        params["longpollid"] = wire.notes["longpollid"]
    return _post(wire, {"id": 0, "method": "getblocktemplate", "params": [params]})


def _describe_template(wire: Wire, job: Job) -> Line:
    wire.notes["longpollid"] = wire.draw_hex(32) + job.id
    transactions = [
        {"data": wire.draw_hex(220), "txid": wire.draw_hex(32), "hash": wire.draw_hex(32), "depends": [], "fee": 1200}
        for _ in range(3)
    ]
    result = {
        "capabilities": ["proposal"], "version": 536870912, "previousblockhash": "0" * 16 + wire.draw_hex(24),
        "transactions": transactions, "coinbaseaux": {}, "coinbasevalue": 312500000,
        "longpollid": wire.notes["longpollid"], "target": job.value, "mintime": 1700000000, "mutable": ["time"],
        "noncerange": "00000000ffffffff", "sizelimit": 4000000, "curtime": 1700000000 + job.height,
        "bits": "17034219", "height": job.height,
    }  # fmt: skip
    return _reply({"id": 0, "result": result, "error": None})


def _greet_template(wire: Wire, job: Job) -> list[Line]:
    if wire.is_login_refused:
        return _refuse(wire, "getblocktemplate")
    return [_ask_template(wire), _describe_template(wire, job)]


def _submit_template(wire: Wire, _: Job, share: Share) -> list[Line]:
    block = share.nonce.hex() + wire.draw_hex(400)
    return [_post(wire, {"id": share.number, "method": "submitblock", "params": [block]})]


def _answer_template(_: Wire, __: Job, share: Share) -> list[Line]:
    words = None if share.verdict == "accepted" else {"duplicate": "duplicate"}.get(share.verdict, "high-hash")
    return [_reply({"id": share.number, "result": words, "error": None})]


GETBLOCKTEMPLATE = Dialect(
    "getblocktemplate", _quantise_template, _greet_template, lambda wire, job: [],  # noqa: ARG005
    lambda wire, job: [_ask_template(wire), _describe_template(wire, job)], _submit_template, _answer_template,
    greets_with_job=True, is_sequential=True,
)  # fmt: skip


def _quantise_chia(_: MinerSpec, work: float) -> tuple[str, float]:
    value = max(1, round(work))
    return str(value), float(value)


def _call_chia(wire: Wire, method: str, path: str, body: dict[str, Any] | None = None) -> Line:
    headers = {"Host": f"{wire.spec.host}:{wire.spec.server_port}", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
    if wire.spec.software:
        headers["User-Agent"] = wire.spec.software
    if body is not None:
        headers["Content-Type"] = "application/json"
    return Line(True, build_request(method, path, headers, b"" if body is None else json.dumps(body).encode()))


def _greet_chia(wire: Wire, job: Job) -> list[Line]:
    """Pool info, farmer's difficulty, and where unknown its registration (pool protocol 1.0)."""
    launcher = wire.notes["launcher"] = "0x" + wire.draw_hex(32)
    info = {
        "description": "", "fee": "0.01", "logo_url": "", "minimum_difficulty": 1, "name": "pool",
        "protocol_version": 1, "relative_lock_height": 32, "target_puzzle_hash": "0x" + wire.draw_hex(32),
        "authentication_token_timeout": 5,
    }  # fmt: skip
    payload = {
        "launcher_id": launcher, "authentication_token": wire.rng.getrandbits(32),
        "authentication_public_key": "0x" + wire.draw_hex(48), "payout_instructions": wire.spec.login,
        "suggested_difficulty": int(job.value),
    }  # fmt: skip
    verb = "PUT" if "put-farmer" in wire.spec.options else "POST"
    lines = [
        _call_chia(wire, "GET", "/pool_info"),
        _reply(info),
        _call_chia(wire, verb, "/farmer", {"payload": payload, "signature": "0x" + wire.draw_hex(96)}),
    ]
    if wire.is_login_refused:
        return [*lines, _reply({"error_code": 11, "error_message": "Invalid signature"})]
    query = f"/farmer?launcher_id={launcher}&authentication_token=1&signature=0x{wire.draw_hex(96)}"
    farmer = {
        "authentication_public_key": payload["authentication_public_key"], "payout_instructions": wire.spec.login,
        "current_difficulty": int(job.value), "current_points": 0,
    }  # fmt: skip
    return [*lines, _reply({"welcome_message": "welcome"}), _call_chia(wire, "GET", query), _reply(farmer)]


def _submit_chia(wire: Wire, _: Job, share: Share) -> list[Line]:
    proof = {
        "challenge": "0x" + share.nonce.hex() + wire.draw_hex(24),
        "pool_contract_puzzle_hash": "0x" + wire.draw_hex(32),
        "plot_public_key": "0x" + wire.draw_hex(48), "pool_public_key": None, "proof": "0x" + wire.draw_hex(256),
        "size": 32,
    }  # fmt: skip
    payload = {
        "launcher_id": wire.notes["launcher"], "authentication_token": 1, "proof_of_space": proof,
        "sp_hash": "0x" + wire.draw_hex(32), "end_of_sub_slot": False, "harvester_id": "0x" + wire.draw_hex(32),
    }  # fmt: skip
    body = {"payload": payload, "aggregate_signature": "0x" + wire.draw_hex(96)}
    return [_call_chia(wire, "POST", "/partial", body)]


def _answer_chia(_: Wire, job: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [_reply({"new_difficulty": int(job.value)})]
    code, words = {"stale": (2, "Too late"), "duplicate": (1, "Duplicate")}.get(
        share.verdict, (5, "Proof not good enough")
    )
    return [_reply({"error_code": code, "error_message": words})]


CHIA = Dialect(
    "chia", _quantise_chia, _greet_chia, lambda wire, job: [], lambda wire, job: [], _submit_chia, _answer_chia,  # noqa: ARG005
    greets_with_job=True, is_sequential=True, rate_unit="point/s",
)  # fmt: skip
