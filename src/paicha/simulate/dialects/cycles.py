"""Cuckoo cycles: Grin's own Stratum, and Aeternity's in the form of Stratum V1."""

from __future__ import annotations

from typing import Any

from paicha.simulate.dialects.contract import (
    GRAPHS_PER_CYCLE,
    Dialect,
    Job,
    Line,
    MinerSpec,
    Share,
    Wire,
    quantise_cycle_target,
)
from paicha.simulate.dialects.equihash import answer_plain, set_target

GRIN_WEIGHT = 16384.0
"""Weight of a 32-bit Cuckatoo graph: 2^(32 − 24 + 1) × 32; Grin's share difficulty is scaled by it."""


def _quantise_grin(_: MinerSpec, work: float) -> tuple[str, float]:
    """Return Grin's scaled difficulty of a share that takes `work` graphs."""
    value = max(1, round(work / GRAPHS_PER_CYCLE)) * int(GRIN_WEIGHT)
    return str(value), value / GRIN_WEIGHT * GRAPHS_PER_CYCLE


def _describe_grin(wire: Wire, job: Job) -> dict[str, Any]:
    number = int(job.id, 16)
    return {"difficulty": int(job.value), "height": job.height, "job_id": number, "pre_pow": wire.draw_hex(246)}


def _greet_grin(wire: Wire, job: Job) -> list[Line]:
    spec = wire.spec
    params = {"login": spec.account, "pass": spec.password, "agent": spec.software or ""}
    ask = wire.ask({"id": "0", "jsonrpc": "2.0", "method": "login", "params": params})
    head = {"id": "0", "jsonrpc": "2.0", "method": "login"}
    if wire.is_login_refused:
        error = {"code": -32501, "message": "Login failed"}
        return [ask, wire.tell({**head, "result": None, "error": error})]
    template = {"id": "0", "jsonrpc": "2.0", "method": "getjobtemplate"}
    return [
        ask,
        wire.tell({**head, "result": "ok", "error": None}),
        wire.ask({**template, "params": None}),
        wire.tell({**template, "result": _describe_grin(wire, job), "error": None}),
    ]


def _push_grin(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"id": "Stratum", "jsonrpc": "2.0", "method": "job", "params": _describe_grin(wire, job)})]


def _submit_grin(wire: Wire, job: Job, share: Share) -> list[Line]:
    params = {
        "edge_bits": 32, "height": job.height, "job_id": int(job.id, 16),
        "nonce": int.from_bytes(share.nonce, "big"), "pow": _draw_cycle(wire),
    }  # fmt: skip
    return [wire.ask({"id": str(share.number), "jsonrpc": "2.0", "method": "submit", "params": params})]


def _draw_cycle(wire: Wire) -> list[int]:
    return sorted(wire.rng.getrandbits(31) for _ in range(42))


def _answer_grin(wire: Wire, _: Job, share: Share) -> list[Line]:
    head = {"id": str(share.number), "jsonrpc": "2.0", "method": "submit"}
    if share.verdict == "accepted":
        return [wire.tell({**head, "result": "ok", "error": None})]
    code, words = {"stale": (-32503, "Solution submitted too late")}.get(
        share.verdict, (-32501, "Share rejected due to low difficulty")
    )
    return [wire.tell({**head, "result": None, "error": {"code": code, "message": words}})]


def _chatter_grin(wire: Wire, _: Job) -> list[Line]:
    head = {"id": str(wire.count()), "jsonrpc": "2.0", "method": "keepalive"}
    return [wire.ask({**head, "params": None}), wire.tell({**head, "result": "ok", "error": None})]


GRIN = Dialect(
    "grin", _quantise_grin, _greet_grin, lambda wire, job: [], _push_grin, _submit_grin, _answer_grin,  # noqa: ARG005
    _chatter_grin, greets_with_job=True, rate_unit="g/s",
)  # fmt: skip


def _greet_cuckoo(wire: Wire, _: Job) -> list[Line]:
    spec, number, second = wire.spec, wire.count(), wire.count()
    wire.extranonce = wire.draw_hex(3)
    params = [spec.software or "", None, spec.host, spec.server_port]
    lines = [
        wire.ask({"id": number, "method": "mining.subscribe", "params": params}),
        wire.tell({"id": number, "result": [wire.draw_hex(4), wire.extranonce], "error": None}),
        wire.ask({"id": second, "method": "mining.authorize", "params": [spec.account, spec.password]}),
    ]
    if wire.is_login_refused:
        return [*lines, wire.tell({"id": second, "result": None, "error": [24, "Unauthorized worker", None]})]
    return [*lines, wire.tell({"id": second, "result": True, "error": None})]


def _push_cuckoo(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"id": None, "method": "mining.notify", "params": [job.id, wire.draw_hex(32), job.is_clean]})]


def _submit_cuckoo(wire: Wire, job: Job, share: Share) -> list[Line]:
    cycle = [f"{edge:x}" for edge in _draw_cycle(wire)]
    params = [wire.spec.account, job.id, share.nonce[:5].hex(), cycle]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


CUCKOO = Dialect(
    "cuckoo",
    quantise_cycle_target,
    _greet_cuckoo,
    set_target,
    _push_cuckoo,
    _submit_cuckoo,
    answer_plain,
    rate_unit="g/s",
)
