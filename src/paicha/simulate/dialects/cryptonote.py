"""CryptoNote's dialect (XMRig, xmr-stak, browser miners): login, job, submit, keepalived."""

from __future__ import annotations

from typing import Any

from paicha.simulate.dialects.contract import Dialect, Job, Line, MinerSpec, Share, Wire

_ALGORITHMS = ("cn/1", "cn/2", "cn/r", "cn/half", "cn-lite/1", "cn-pico", "rx/0", "rx/wow", "rx/arq", "argon2/chukwav2")

_WIRE_NAMES = {"randomx": "rx/0"}


def _quantise(spec: MinerSpec, work: float) -> tuple[str, float]:
    """Return a target of 4 bytes, or of 8 with the option `wide-target`, little-endian in hexadecimal."""
    if "wide-target" in spec.options:
        wide = max(1, int(2**64 / max(work, 1.0)))
        return wide.to_bytes(8, "little").hex(), 2.0**64 / wide
    narrow = max(1, int(0xFFFFFFFF / max(work, 1.0)))
    return narrow.to_bytes(4, "little").hex(), 2.0**32 / narrow


def _describe(wire: Wire, job: Job) -> dict[str, Any]:
    seed = wire.notes.setdefault("seed", wire.draw_hex(32))
    blob = "0e0e" + wire.draw_hex(37) + "00000000" + wire.draw_hex(33)
    body: dict[str, Any] = {"blob": blob, "job_id": job.id, "target": job.value}
    if "bare" not in wire.spec.options:
        algorithm = _WIRE_NAMES.get(wire.spec.algorithm, wire.spec.algorithm)
        body = {"algo": algorithm, **body, "height": job.height, "seed_hash": seed}
    return body


def _greet(wire: Wire, job: Job) -> list[Line]:
    spec = wire.spec
    wire.session = wire.draw_hex(8)
    params: dict[str, Any] = {"login": spec.account, "pass": spec.password}
    if spec.software is not None:
        params["agent"] = spec.software
        params["algo"] = list(_ALGORITHMS)
    if "rigid" in spec.options:
        params["rigid"] = spec.worker or ""
    number = wire.count()
    ask = wire.ask({"id": number, "jsonrpc": "2.0", "method": "login", "params": params})
    if wire.is_login_refused:
        error = {"code": -1, "message": "Invalid payment address provided"}
        return [ask, wire.tell({"id": number, "jsonrpc": "2.0", "error": error})]
    result = {"id": wire.session, "job": _describe(wire, job), "status": "OK"}
    return [ask, wire.tell({"id": number, "jsonrpc": "2.0", "error": None, "result": result})]


def _push(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"jsonrpc": "2.0", "method": "job", "params": _describe(wire, job)})]


def _submit(wire: Wire, job: Job, share: Share) -> list[Line]:
    params = {"id": wire.session, "job_id": job.id, "nonce": share.nonce[:4].hex(), "result": wire.draw_hex(32)}
    return [wire.ask({"id": share.number, "jsonrpc": "2.0", "method": "submit", "params": params})]


def _answer(wire: Wire, _: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [wire.tell({"id": share.number, "jsonrpc": "2.0", "error": None, "result": {"status": "OK"}})]
    words = {"stale": "Block expired", "duplicate": "Duplicate share"}.get(share.verdict, "Low difficulty share")
    return [wire.tell({"id": share.number, "jsonrpc": "2.0", "error": {"code": -1, "message": words}})]


def _chatter(wire: Wire, _: Job) -> list[Line]:
    if "bare" in wire.spec.options:
        return []
    number = wire.count()
    ask = {"id": number, "jsonrpc": "2.0", "method": "keepalived", "params": {"id": wire.session}}
    return [
        wire.ask(ask),
        wire.tell({"id": number, "jsonrpc": "2.0", "error": None, "result": {"status": "KEEPALIVED"}}),
    ]


CRYPTONOTE = Dialect(
    "cryptonote", _quantise, _greet, lambda wire, job: [], _push, _submit, _answer, _chatter, greets_with_job=True,  # noqa: ARG005
)  # fmt: skip
