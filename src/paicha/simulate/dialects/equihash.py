"""Equihash: Zcash's Stratum (ZIP 301) and Beam's own protocol; rates are solutions a second."""

from __future__ import annotations

import math

from paicha.simulate.dialects.contract import Dialect, Job, Line, MinerSpec, Share, Wire, draw_error, quantise_target


def _greet_zcash(wire: Wire, _: Job) -> list[Line]:
    spec = wire.spec
    wire.extranonce = wire.draw_hex(5)
    number, second = wire.count(), wire.count()
    params = [spec.software or "", None, spec.host, str(spec.server_port)]
    lines = [
        wire.ask({"id": number, "method": "mining.subscribe", "params": params}),
        wire.tell({"id": number, "result": [wire.extranonce, wire.extranonce], "error": None}),
        wire.ask({"id": second, "method": "mining.authorize", "params": [spec.account, spec.password]}),
    ]
    if wire.is_login_refused:
        return [*lines, wire.tell({"id": second, "result": False, "error": [24, "Unauthorized worker", None]})]
    number = wire.count()
    return [
        *lines,
        wire.tell({"id": second, "result": True, "error": None}),
        wire.ask({"id": number, "method": "mining.extranonce.subscribe", "params": []}),
    ]


def set_target(wire: Wire, job: Job) -> list[Line]:
    """Return the pool's `mining.set_target` with 64 hexadecimal digits."""
    return [wire.tell({"id": None, "method": "mining.set_target", "params": [job.value]})]


def _push_zcash(wire: Wire, job: Job) -> list[Line]:
    params = [
        job.id, "04000000", wire.draw_hex(28) + "00000000", wire.draw_hex(32), "0" * 64,
        wire.draw_hex(4), "09d8151c", job.is_clean,
    ]  # fmt: skip
    return [wire.tell({"id": None, "method": "mining.notify", "params": params})]


def _submit_zcash(wire: Wire, job: Job, share: Share) -> list[Line]:
    solution = "fd4005" + wire.draw_hex(1344)
    params = [wire.spec.account, job.id, wire.draw_hex(4), (share.nonce * 4)[:27].hex(), solution]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


def answer_plain(wire: Wire, _: Job, share: Share) -> list[Line]:
    """Return the pool's answer as Stratum V1 gives it."""
    if share.verdict == "accepted":
        return [wire.tell({"id": share.number, "result": True, "error": None})]
    return [wire.tell({"id": share.number, "result": False, "error": draw_error(wire, share.verdict)})]


ZCASH = Dialect(
    "zcash", quantise_target, _greet_zcash, set_target, _push_zcash, _submit_zcash, answer_plain, rate_unit="Sol/s"
)


def _quantise_beam(_: MinerSpec, work: float) -> tuple[str, float]:
    """Return Beam's packed difficulty: order × 2^24 + mantissa, standing for 2^order × (1 + mantissa / 2^24)."""
    order = max(0, math.frexp(max(work, 1.0))[1] - 1)
    mantissa = int((work / 2.0**order - 1.0) * (1 << 24)) if work > 1 else 0
    mantissa = min(max(mantissa, 0), (1 << 24) - 1)
    return str(order << 24 | mantissa), 2.0**order * (1 + mantissa / (1 << 24))


def _greet_beam(wire: Wire, _: Job) -> list[Line]:
    ask = wire.ask({"method": "login", "api_key": wire.spec.account, "id": "login", "jsonrpc": "2.0"})
    if wire.is_login_refused:
        body = {"code": -32003, "description": "Login failed", "id": "login", "jsonrpc": "2.0", "method": "result"}
    else:
        body = {"code": 0, "description": "Login successful", "id": "login", "jsonrpc": "2.0", "method": "result"}
        body["nonceprefix"] = wire.draw_hex(3)
    return [ask, wire.tell(body)]


def _push_beam(wire: Wire, job: Job) -> list[Line]:
    body = {"difficulty": int(job.value), "height": job.height, "id": job.id, "input": wire.draw_hex(32)}
    return [wire.tell({**body, "jsonrpc": "2.0", "method": "job"})]


def _submit_beam(wire: Wire, job: Job, share: Share) -> list[Line]:
    body = {"method": "solution", "id": job.id, "nonce": share.nonce.hex(), "output": wire.draw_hex(104)}
    return [wire.ask({**body, "jsonrpc": "2.0"})]


def _answer_beam(wire: Wire, job: Job, share: Share) -> list[Line]:
    code, words = {"accepted": (1, "accepted"), "stale": (3, "expired"), "duplicate": (4, "duplicate")}.get(
        share.verdict, (2, "rejected")
    )
    return [wire.tell({"code": code, "description": words, "id": job.id, "jsonrpc": "2.0", "method": "result"})]


BEAM = Dialect(
    "beam", _quantise_beam, _greet_beam, lambda wire, job: [], _push_beam, _submit_beam, _answer_beam,  # noqa: ARG005
    rate_unit="Sol/s",
)  # fmt: skip
