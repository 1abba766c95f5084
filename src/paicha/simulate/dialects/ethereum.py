"""The dialects of Ethereum's relatives: EthereumStratum 1 and 2, ethproxy and its clones, and KawPow."""

from __future__ import annotations

from paicha.simulate.dialects.bitcoin import DIFFICULTY_ONE
from paicha.simulate.dialects.contract import (
    Dialect,
    Job,
    Line,
    MinerSpec,
    Share,
    Wire,
    draw_error,
    format_difficulty,
    quantise_cycle_target,
    quantise_target,
    read_difficulty,
)


def _quantise_nicehash(spec: MinerSpec, work: float) -> tuple[str, float]:
    """Return a difficulty in units of 2^32 hashes, or in raw hashes where the pool has the option `raw-hashes`."""
    if "raw-hashes" in spec.options:
        value = float(round(work))
        return repr(value), value
    value = float(f"{work / DIFFICULTY_ONE:.6g}")
    return format_difficulty(value), value * DIFFICULTY_ONE


def _authorize(wire: Wire) -> list[Line]:
    spec, number = wire.spec, wire.count()
    ask = wire.ask({"id": number, "method": "mining.authorize", "params": [spec.account, spec.password]})
    if wire.is_login_refused:
        return [ask, wire.tell({"id": number, "result": False, "error": [24, "Unauthorized worker", None]})]
    return [ask, wire.tell({"id": number, "result": True, "error": None})]


def _greet_nicehash(wire: Wire, _: Job) -> list[Line]:
    wire.extranonce, wire.session = wire.draw_hex(3), wire.draw_hex(16)
    number = wire.count()
    params = [wire.spec.software or "", "EthereumStratum/1.0.0"]
    result = [["mining.notify", wire.session, "EthereumStratum/1.0.0"], wire.extranonce]
    return [
        wire.ask({"id": number, "method": "mining.subscribe", "params": params}),
        wire.tell({"id": number, "result": result, "error": None}),
        *_authorize(wire),
    ]


def _set_difficulty(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"id": None, "method": "mining.set_difficulty", "params": [read_difficulty(job.value)]})]


def _notify_nicehash(wire: Wire, job: Job) -> list[Line]:
    params = [job.id, wire.draw_hex(32), wire.draw_hex(32), job.is_clean]
    return [wire.tell({"id": None, "method": "mining.notify", "params": params})]


def _submit_nicehash(wire: Wire, job: Job, share: Share) -> list[Line]:
    params = [wire.spec.account, job.id, share.nonce[:5].hex()]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


def _answer_stratum(wire: Wire, _: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [wire.tell({"id": share.number, "result": True, "error": None})]
    return [wire.tell({"id": share.number, "result": False, "error": draw_error(wire, share.verdict)})]


ETHEREUM_STRATUM_1 = Dialect(
    "ethereumstratum-1", _quantise_nicehash, _greet_nicehash, _set_difficulty, _notify_nicehash, _submit_nicehash,
    _answer_stratum,
)  # fmt: skip


def _greet_second(wire: Wire, _: Job) -> list[Line]:
    """EIP-1571: hello, subscribe, authorize; numbers are hexadecimal, answers carry no error unless there is one."""
    spec = wire.spec
    wire.extranonce, wire.session = wire.draw_hex(2), "s-" + wire.draw_hex(4)
    worker = "w-" + str(wire.rng.randint(100, 999))
    wire.notes["worker"] = worker
    hello = {"agent": spec.software or "", "host": spec.host, "port": f"{spec.server_port:x}"}
    welcome = {"encoding": "plain", "resume": "0", "timeout": "b4", "maxerrors": "5", "node": "Geth/v1.8.18"}
    ask = wire.ask({"id": 2, "method": "mining.authorize", "params": [spec.account, spec.password]})
    refusal = {"id": 2, "error": {"code": 300, "message": "Unauthorized"}}
    return [
        wire.ask({"id": 0, "method": "mining.hello", "params": hello | {"proto": "EthereumStratum/2.0.0"}}),
        wire.tell({"id": 0, "result": {"proto": "EthereumStratum/2.0.0"} | welcome}),
        wire.ask({"id": 1, "method": "mining.subscribe"}),
        wire.tell({"id": 1, "result": wire.session}),
        ask,
        wire.tell(refusal if wire.is_login_refused else {"id": 2, "result": worker}),
    ]


def _set_second(wire: Wire, job: Job) -> list[Line]:
    params = {"epoch": "dc", "target": job.value, "algo": "ethash", "extranonce": wire.extranonce}
    return [wire.tell({"method": "mining.set", "params": params})]


def _notify_second(wire: Wire, job: Job) -> list[Line]:
    params = [job.id, f"{job.height:x}", wire.draw_hex(32), "1" if job.is_clean else "0"]
    return [wire.tell({"method": "mining.notify", "params": params})]


def _submit_second(wire: Wire, job: Job, share: Share) -> list[Line]:
    params = [job.id, share.nonce[:6].hex(), wire.notes["worker"]]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


def _answer_second(wire: Wire, _: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [wire.tell({"id": share.number})]
    code, words = {"stale": (404, "Job not found"), "duplicate": (409, "Duplicate")}.get(
        share.verdict, (406, "Bad nonce")
    )
    return [wire.tell({"id": share.number, "error": {"code": code, "message": words}})]


def _report_second(wire: Wire, _: Job) -> list[Line]:
    number = wire.count()
    params = [f"{int(wire.spec.hash_rate):x}", wire.notes["worker"]]
    return [
        wire.ask({"id": number, "method": "mining.hashrate", "params": params}),
        wire.tell({"id": number}),
    ]


ETHEREUM_STRATUM_2 = Dialect(
    "ethereumstratum-2", quantise_target, _greet_second, _set_second, _notify_second, _submit_second, _answer_second,
    _report_second,
)  # fmt: skip


def _quantise_ethproxy(spec: MinerSpec, work: float) -> tuple[str, float]:
    """Return a target; Cortex mines cycles in graphs."""
    return (quantise_cycle_target if spec.algorithm == "cuckoocycle" else quantise_target)(spec, work)


def _prefix(wire: Wire) -> str:
    """Return the prefix of the methods: that of the coin for ethproxy's clones."""
    return {"CTXC": "ctxc", "SERO": "sero"}.get(wire.spec.coin, "eth")


def _work_ethproxy(wire: Wire, job: Job) -> list[str]:
    if "seed" not in wire.notes:
        wire.notes["seed"] = "0x" + wire.draw_hex(32)
    wire.notes.setdefault("headers", {})[job.id] = header = "0x" + wire.draw_hex(32)
    work = [header, wire.notes["seed"], "0x" + job.value]
    return [*work, hex(job.height)] if "height" in wire.spec.options else work


def _greet_ethproxy(wire: Wire, job: Job) -> list[Line]:
    spec, prefix = wire.spec, _prefix(wire)
    wire.next_number = 1
    login = {"id": 1, "jsonrpc": "2.0", "method": f"{prefix}_submitLogin", "params": [spec.login, spec.password]}
    if spec.worker:
        login["worker"] = spec.worker
    if wire.is_login_refused:
        error = {"code": -1, "message": "Invalid login"}
        return [wire.ask(login), wire.tell({"id": 1, "jsonrpc": "2.0", "result": None, "error": error})]
    return [
        wire.ask(login),
        wire.tell({"id": 1, "jsonrpc": "2.0", "result": True}),
        wire.ask({"id": 3, "jsonrpc": "2.0", "method": f"{prefix}_getWork", "params": []}),
        wire.tell({"id": 3, "jsonrpc": "2.0", "result": _work_ethproxy(wire, job)}),
    ]


def _push_ethproxy(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"id": 0, "jsonrpc": "2.0", "result": _work_ethproxy(wire, job)})]


def _submit_ethproxy(wire: Wire, job: Job, share: Share) -> list[Line]:
    params = ["0x" + share.nonce.hex(), wire.notes["headers"][job.id], "0x" + wire.draw_hex(32)]
    body = {"id": share.number, "method": f"{_prefix(wire)}_submitWork", "params": params}
    if wire.spec.worker:
        body["worker"] = wire.spec.worker
    return [wire.ask(body)]


def _answer_ethproxy(wire: Wire, _: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [wire.tell({"jsonrpc": "2.0", "id": share.number, "result": True})]
    words = {"stale": "Stale share", "duplicate": "Duplicate share"}.get(share.verdict, "Invalid share")
    return [wire.tell({"jsonrpc": "2.0", "id": share.number, "result": False, "error": {"code": 23, "message": words}})]


def _report_ethproxy(wire: Wire, _: Job) -> list[Line]:
    if _prefix(wire) != "eth":
        return []
    number = 9
    identity = wire.notes.setdefault("identity", "0x" + wire.draw_hex(32))
    params = [hex(int(wire.notes.get("rate", wire.spec.hash_rate))), identity]
    return [
        wire.ask({"id": number, "jsonrpc": "2.0", "method": "eth_submitHashrate", "params": params}),
        wire.tell({"id": number, "jsonrpc": "2.0", "result": True}),
    ]


ETHPROXY = Dialect(
    "ethproxy", _quantise_ethproxy, _greet_ethproxy, lambda wire, job: [], _push_ethproxy, _submit_ethproxy,  # noqa: ARG005
    _answer_ethproxy, _report_ethproxy, greets_with_job=True,
)  # fmt: skip


def _greet_kawpow(wire: Wire, _: Job) -> list[Line]:
    wire.extranonce = wire.draw_hex(2)
    number = wire.count()
    params = (
        [wire.spec.software or "", "EthereumStratum/1.0.0"]
        if "protocol" in wire.spec.options
        else [wire.spec.software or ""]
    )
    return [
        wire.ask({"id": number, "method": "mining.subscribe", "params": params}),
        wire.tell({"id": number, "result": [None, wire.extranonce], "error": None}),
        *_authorize(wire),
    ]


def _target_kawpow(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"id": None, "method": "mining.set_target", "params": [job.value]})]


def _notify_kawpow(wire: Wire, job: Job) -> list[Line]:
    wire.notes.setdefault("headers", {})[job.id] = header = wire.draw_hex(32)
    params = [job.id, header, wire.draw_hex(32), job.value, job.is_clean, job.height, "1b00c4a5"]
    return [wire.tell({"id": None, "method": "mining.notify", "params": params})]


def _submit_kawpow(wire: Wire, job: Job, share: Share) -> list[Line]:
    nonce = "0x" + wire.extranonce + share.nonce[:6].hex()
    params = [wire.spec.account, job.id, nonce, "0x" + wire.notes["headers"][job.id], "0x" + wire.draw_hex(32)]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


KAWPOW = Dialect(
    "kawpow", quantise_target, _greet_kawpow, _target_kawpow, _notify_kawpow, _submit_kawpow, _answer_stratum
)
