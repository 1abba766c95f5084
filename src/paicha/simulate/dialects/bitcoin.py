"""Stratum V1 as Bitcoin's and its relatives' miners speak it: SHA-256d, scrypt and others by a power of two."""

from __future__ import annotations

from typing import Any

from paicha.simulate.dialects.contract import (
    Dialect,
    Job,
    Line,
    MinerSpec,
    Share,
    Wire,
    draw_error,
    format_difficulty,
    read_difficulty,
    round_difficulty,
)

DIFFICULTY_ONE = 2.0**48 / 0xFFFF
"""Hashes per share at difficulty 1 of Bitcoin: 2^256 / (0xffff × 2^208)."""

_MULTIPLIERS = {"scrypt": 65536.0, "sha256d": 1.0}
"""By how much a coin's difficulty 1 is easier than Bitcoin's."""


def _quantise(spec: MinerSpec, work: float) -> tuple[str, float]:
    unit = DIFFICULTY_ONE / _MULTIPLIERS.get(spec.algorithm, 1.0)
    value = round_difficulty(work / unit)
    return format_difficulty(value), value * unit


def _configure(wire: Wire) -> list[Line]:
    number = wire.count()
    names = ["version-rolling"]
    extra: dict[str, Any] = {"version-rolling.mask": "1fffe000", "version-rolling.min-bit-count": 2}
    if "subscribe-extranonce" in wire.spec.options:
        names.append("subscribe-extranonce")
    result = {"version-rolling": True, "version-rolling.mask": "1fffe000"}
    return [
        wire.ask({"id": number, "method": "mining.configure", "params": [names, extra]}),
        wire.tell({"id": number, "result": result, "error": None}),
        wire.tell({"id": None, "method": "mining.set_version_mask", "params": ["1fffe000"]}),
    ]


def _greet(wire: Wire, _: Job) -> list[Line]:
    spec = wire.spec
    wire.extranonce, wire.session = wire.draw_hex(4), wire.draw_hex(4)
    lines = _configure(wire) if "version-rolling" in spec.options else []
    number = wire.count()
    agent = [] if spec.software is None else [spec.software]
    topics = [["mining.set_difficulty", wire.session], ["mining.notify", wire.session]]
    lines += [
        wire.ask({"id": number, "method": "mining.subscribe", "params": agent}),
        wire.tell({"id": number, "result": [topics, wire.extranonce, 4], "error": None}),
    ]
    if "suggest-difficulty" in spec.options:
        ask = {"id": wire.count(), "method": "mining.suggest_difficulty", "params": [1024]}
        lines.append(wire.ask(ask))
    number = wire.count()
    lines.append(wire.ask({"id": number, "method": "mining.authorize", "params": [spec.account, spec.password]}))
    if wire.is_login_refused:
        return [*lines, wire.tell({"id": number, "result": False, "error": [24, "Unauthorized worker", None]})]
    lines.append(wire.tell({"id": number, "result": True, "error": None}))
    if "extranonce" in spec.options:
        number = wire.count()
        lines += [
            wire.ask({"id": number, "method": "mining.extranonce.subscribe", "params": []}),
            wire.tell({"id": number, "result": True, "error": None}),
        ]
    return lines


def _retarget(wire: Wire, job: Job) -> list[Line]:
    lines = [wire.tell({"id": None, "method": "mining.set_difficulty", "params": [read_difficulty(job.value)]})]
    if "extranonce" in wire.spec.options and wire.rng.random() < 0.3:
        wire.extranonce = wire.draw_hex(4)
        lines.append(wire.tell({"id": None, "method": "mining.set_extranonce", "params": [wire.extranonce, 4]}))
    return lines


BITS = {"LTC": "1930a0be", "DOGE": "1a00c4a5", "BCH": "1803a8b2"}
"""Compact targets of the size that each network had in 2025; Bitcoin's for the others."""


def _push(wire: Wire, job: Job) -> list[Line]:
    if job.is_clean or "branches" not in wire.notes:
        # a new block: the previous hash changes, and the merkle branch with it
        wire.notes["previous"] = wire.draw_hex(32) if wire.spec.algorithm == "scrypt" else wire.draw_hex(24) + "0" * 16
        wire.notes["branches"] = [wire.draw_hex(32) for _ in range(wire.rng.randint(6, 12))]
    coinbase = "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff" + wire.draw_hex(20)
    params = [
        job.id, wire.notes["previous"], coinbase, wire.draw_hex(90), wire.notes["branches"],
        "20000000", BITS.get(wire.spec.coin, "17034219"), f"{1700000000 + job.height:08x}", job.is_clean,
    ]  # fmt: skip
    return [wire.tell({"id": None, "method": "mining.notify", "params": params})]


def _submit(wire: Wire, job: Job, share: Share) -> list[Line]:
    moment = f"{1700000000 + job.height:08x}"
    params = [wire.spec.account, job.id, share.nonce[:4].hex(), moment, share.nonce[4:8].hex()]
    if "version-rolling" in wire.spec.options:
        params.append(f"{int.from_bytes(share.nonce[1:3], 'big') << 13 & 0x1FFFE000:08x}")
    return [wire.ask({"params": params, "id": share.number, "method": "mining.submit"})]


def _answer(wire: Wire, _: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [wire.tell({"id": share.number, "result": True, "error": None})]
    return [wire.tell({"id": share.number, "result": None, "error": draw_error(wire, share.verdict)})]


def _chatter(wire: Wire, job: Job) -> list[Line]:
    """Return what else may be said: the pool's ping and words to the user, the miner's wish for the transactions."""
    options, lines = wire.spec.options, []
    if "ping" in options:
        number = wire.rng.randint(1000, 9999)
        lines += [
            wire.tell({"id": number, "method": "mining.ping", "params": []}),
            wire.ask({"id": number, "result": "pong", "error": None}),
        ]
    if "message" in options:
        lines.append(wire.tell({"id": None, "method": "client.show_message", "params": ["Maintenance at noon"]}))
    if "transactions" in options:
        number = wire.count()
        lines += [
            wire.ask({"id": number, "method": "mining.get_transactions", "params": [job.id]}),
            wire.tell({"id": number, "result": [], "error": None}),
        ]
    return lines


def _farewell(wire: Wire, _: Job) -> list[Line]:
    if "reconnect" not in wire.spec.options:
        return []
    params = [wire.spec.host, wire.spec.server_port, 5]
    return [wire.tell({"id": None, "method": "client.reconnect", "params": params})]


STRATUM_V1 = Dialect("stratum-v1", _quantise, _greet, _retarget, _push, _submit, _answer, _chatter, farewell=_farewell)
