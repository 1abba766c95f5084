"""Dialects of younger chains: Kaspa, Alephium, Ergo and Iron Fish."""

from __future__ import annotations

from paicha.simulate.dialects.contract import (
    POW256,
    Dialect,
    Job,
    Line,
    MinerSpec,
    Share,
    Wire,
    draw_error,
    format_difficulty,
    quantise_target,
    read_difficulty,
    round_difficulty,
)
from paicha.simulate.dialects.equihash import answer_plain

KASPA_ONE = POW256 / (2**224 - 1)
"""Hashes per share at difficulty 1 of Kaspa."""

ALEPHIUM_ONE = 16.0 * 2**30
"""Hashes per share at difficulty 1 of Alephium: 30 leading zero bits, and one of 16 chains fits each hash."""

ERGO_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Order of secp256k1, which Autolykos divides by the difficulty to get its bound b."""


def _authorize(wire: Wire) -> list[Line]:
    spec, number = wire.spec, wire.count()
    ask = wire.ask({"id": number, "method": "mining.authorize", "params": [spec.account, spec.password]})
    if wire.is_login_refused:
        return [ask, wire.tell({"id": number, "result": False, "error": [24, "Unauthorized worker", None]})]
    return [ask, wire.tell({"id": number, "result": True, "error": None})]


def _set_difficulty(wire: Wire, job: Job) -> list[Line]:
    return [wire.tell({"id": None, "method": "mining.set_difficulty", "params": [read_difficulty(job.value)]})]


def _quantise_kaspa(_: MinerSpec, work: float) -> tuple[str, float]:
    value = round_difficulty(work / KASPA_ONE)
    return format_difficulty(value), value * KASPA_ONE


def _greet_kaspa(wire: Wire, _: Job) -> list[Line]:
    number = wire.count()
    wire.extranonce = wire.draw_hex(2)
    params = [wire.spec.software or "", "EthereumStratum/1.0.0"]
    return [
        wire.ask({"id": number, "method": "mining.subscribe", "params": params}),
        wire.tell({"id": number, "result": [True, "EthereumStratum/1.0.0"], "error": None}),
        wire.tell({"id": None, "method": "mining.set_extranonce", "params": [wire.extranonce]}),
        *_authorize(wire),
    ]


def _push_kaspa(wire: Wire, job: Job) -> list[Line]:
    words = [wire.rng.getrandbits(63) for _ in range(4)]
    params = [job.id, words, 1_700_000_000_000 + job.height]
    return [wire.tell({"id": None, "method": "mining.notify", "params": params})]


def _submit_kaspa(wire: Wire, job: Job, share: Share) -> list[Line]:
    params = [wire.spec.account, job.id, "0x" + share.nonce.hex()]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


KASPA = Dialect("kaspa", _quantise_kaspa, _greet_kaspa, _set_difficulty, _push_kaspa, _submit_kaspa, answer_plain)


def _quantise_alephium(_: MinerSpec, work: float) -> tuple[str, float]:
    value = round_difficulty(work / ALEPHIUM_ONE)
    return format_difficulty(value), value * ALEPHIUM_ONE


def _greet_alephium(wire: Wire, _: Job) -> list[Line]:
    number = wire.count()
    wire.extranonce = wire.draw_hex(2)
    return [
        wire.ask({"id": number, "method": "mining.subscribe", "params": [wire.spec.software or ""]}),
        wire.tell({"id": number, "result": None, "error": None}),
        wire.tell({"id": None, "method": "mining.set_extranonce", "params": [wire.extranonce]}),
        *_authorize(wire),
    ]


def _push_alephium(wire: Wire, job: Job) -> list[Line]:
    jobs = [
        {
            "jobId": f"{job.id}{group:x}", "fromGroup": group, "toGroup": wire.rng.randrange(4),
            "headerBlob": wire.draw_hex(301), "txsBlob": "", "targetBlob": "ff" * 28, "height": job.height,
        }
        for group in range(4)
    ]  # fmt: skip
    return [wire.tell({"jsonrpc": "2.0", "id": None, "method": "mining.notify", "params": jobs})]


def _submit_alephium(wire: Wire, job: Job, share: Share) -> list[Line]:
    group = share.nonce[0] & 3
    params = {
        "jobId": f"{job.id}{group:x}", "fromGroup": group, "toGroup": share.nonce[1] & 3,
        "nonce": wire.extranonce + (share.nonce * 3)[:22].hex(), "worker": wire.spec.account,
    }  # fmt: skip
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


ALEPHIUM = Dialect(
    "alephium", _quantise_alephium, _greet_alephium, _set_difficulty, _push_alephium, _submit_alephium, answer_plain
)


def _quantise_ergo(_: MinerSpec, work: float) -> tuple[str, float]:
    bound = max(1, int(ERGO_ORDER / max(work, 1.0)))
    return str(bound), POW256 / bound


def _greet_ergo(wire: Wire, _: Job) -> list[Line]:
    number = wire.count()
    wire.extranonce = wire.draw_hex(4)
    topics = [["mining.set_difficulty", wire.draw_hex(4)], ["mining.notify", wire.draw_hex(4)]]
    return [
        wire.ask({"id": number, "method": "mining.subscribe", "params": [wire.spec.software or ""]}),
        wire.tell({"id": number, "result": [topics, wire.extranonce, 4], "error": None}),
        *_authorize(wire),
        wire.tell({"id": None, "method": "mining.set_difficulty", "params": [1]}),
    ]


def _push_ergo(wire: Wire, job: Job) -> list[Line]:
    params = [job.id, job.height, wire.draw_hex(32), "", "", 2, job.value, "", job.is_clean]
    return [wire.tell({"id": None, "method": "mining.notify", "params": params})]


def _submit_ergo(wire: Wire, job: Job, share: Share) -> list[Line]:
    second = share.nonce[:4].hex()
    params = [wire.spec.account, job.id, second, "", wire.extranonce + second]
    return [wire.ask({"id": share.number, "method": "mining.submit", "params": params})]


ERGO = Dialect(
    "ergo", _quantise_ergo, _greet_ergo, lambda wire, job: [], _push_ergo, _submit_ergo, answer_plain,  # noqa: ARG005
)  # fmt: skip


def _greet_iron(wire: Wire, _: Job) -> list[Line]:
    spec, number = wire.spec, wire.count()
    wire.notes["pool"] = 23_000
    body = {"version": 2, "agent": spec.software or "", "publicAddress": spec.login, "name": spec.worker or ""}
    ask = wire.ask({"id": number, "method": "mining.subscribe", "body": body})
    if wire.is_login_refused:
        return [ask, wire.tell({"id": 1, "error": {"id": number, "message": "Invalid public address"}})]
    result = {"clientId": wire.rng.randint(2, 900), "xn": wire.draw_hex(2)}
    return [ask, _tell_iron(wire, "mining.subscribed", result)]


def _tell_iron(wire: Wire, method: str, body: dict[str, object]) -> Line:
    wire.notes["pool"] += 1
    return wire.tell({"id": wire.notes["pool"], "method": method, "body": body})


def _target_iron(wire: Wire, job: Job) -> list[Line]:
    return [_tell_iron(wire, "mining.set_target", {"target": job.value})]


def _push_iron(wire: Wire, job: Job) -> list[Line]:
    return [_tell_iron(wire, "mining.notify", {"miningRequestId": int(job.id, 16), "header": wire.draw_hex(180)})]


def _submit_iron(wire: Wire, job: Job, share: Share) -> list[Line]:
    body = {"miningRequestId": int(job.id, 16), "randomness": share.nonce.hex(), "graffiti": wire.draw_hex(32)}
    return [wire.ask({"id": share.number, "method": "mining.submit", "body": body})]


def _answer_iron(wire: Wire, _: Job, share: Share) -> list[Line]:
    if share.verdict == "accepted":
        return [_tell_iron(wire, "mining.submitted", {"id": share.number, "result": True})]
    words = str(draw_error(wire, share.verdict)[1])
    return [_tell_iron(wire, "mining.submitted", {"id": share.number, "result": False, "message": words})]


IRONFISH = Dialect("ironfish", quantise_target, _greet_iron, _target_iron, _push_iron, _submit_iron, _answer_iron)
