"""Grin's Stratum: login, getjobtemplate, job, submit with a cycle of 42 edges, keepalive, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import judge_answer, take_answer
from paicha.packs.traffic.stratum.chain import read_height
from paicha.packs.traffic.stratum.messages import is_hex, name_job
from paicha.packs.traffic.stratum.shares import ACCEPTED
from paicha.packs.traffic.stratum.worths import Worth, of_hashes
from paicha.reference.work import work_of_cycle

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "grin"
EDGE_BITS = 32
"""Size of the graphs since the last one that GPUs could mine besides it was phased out in January 2021."""
CYCLE_LENGTH = 42
MAX_UNSIZED = 64
"""Jobs before the first share that are valued again when it comes."""
GRAPHS = {32: "cuckatoo32", 31: "cuckatoo31", 29: "cuckaroo29"}


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read a message with a method; its answers carry the method too. False where its form is another's."""
    method, params = message["method"], message.get("params")
    if method in {"job", "getjobtemplate"}:
        job = params if method == "job" else message.get("result")
        if isinstance(job, dict) and is_job(job):
            if "result" in message:
                session.take_answer(side, message.get("id"), mark[0])
            return _give_job(session, job, side, mark)
        if method == "getjobtemplate" and "result" not in message and "error" not in message:
            session.speak(side, DIALECT, is_client=True)
            session.ask(side, message.get("id"), "work", mark[0])
            return True
    if method == "submit" and _is_share(params):
        return _read_share(session, message, params, side, mark, size)
    if "result" in message or "error" in message:
        return _read_answer(session, message, side, mark)
    if session.dialects.get(DIALECT) and method in {"keepalive", "status"}:
        session.ask(side, message.get("id"), "other", mark[0], size)
        return True
    return False


def is_job(value: object) -> bool:
    """Whether a value is a Grin job."""
    return (
        isinstance(value, dict)
        and is_hex(value.get("pre_pow"), 128, 4096)
        and isinstance(value.get("job_id"), int | str)
        and isinstance(value.get("difficulty"), int)
    )


def _is_share(value: object) -> bool:
    return isinstance(value, dict) and "edge_bits" in value and isinstance(value.get("pow"), list)


def _give_job(session: Session, job: dict[str, Any], side: int, mark: Mark) -> bool:
    session.speak(side, DIALECT, 10, is_client=False)
    session.hint(coin="GRIN", weight=0)
    session.chain.see(mark[0], read_height(job.get("height")))
    bits = int(session.notes.get("edge_bits", EDGE_BITS))
    session.notes["difficulty"] = job["difficulty"]
    name = name_job(job["job_id"])
    if "edge_bits" not in session.notes:
        waiting: list[list[Any]] = session.notes.setdefault("unsized", [])
        waiting.append([mark[0], name, job["difficulty"]])
        del waiting[:-MAX_UNSIZED]
    session.give_job(name, mark, _value(job["difficulty"], bits))
    return True


def _read_share(session: Session, message: dict[str, Any], params: Any, side: int, mark: Mark, size: int) -> bool:
    session.speak(side, DIALECT, 10, is_client=True)
    bits = params["edge_bits"]
    worth = None
    if isinstance(bits, int) and 10 <= bits <= 63:
        session.hint(GRAPHS.get(bits))
        waiting = session.notes.pop("unsized", [])
        if bits != session.notes.get("edge_bits", EDGE_BITS) and "difficulty" in session.notes:
            worth = _value(session.notes["difficulty"], bits)
            # before the first share nothing tells the size of the graphs
            if waiting:
                session.value_again([[time, name, _value(difficulty, bits)] for time, name, difficulty in waiting])
        session.notes["edge_bits"] = bits
    nonce = str(params.get("nonce"))[:64] + "|" + ",".join(str(edge)[:16] for edge in params["pow"][:2])
    session.send_share(side, message.get("id"), name_job(params.get("job_id")), nonce, mark[0], size, worth)
    return True


def _read_answer(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    method = message["method"]
    if session.dialects.get(DIALECT):
        if method == "submit":
            entry = session.take_answer(side, message.get("id"), mark[0])
            session.settle(entry, judge_answer(message), mark[0])
            return True
        if method in {"keepalive", "status", "getjobtemplate"}:
            session.take_answer(side, message.get("id"), mark[0])
            return True
    if method != "login":
        return False
    entry = take_answer(session, message, side, mark)
    if entry is not None and session.notes.get("login_is_miner"):
        session.speak(side, DIALECT, is_client=False)
    if judge_answer(message) == ACCEPTED and entry is not None:
        session.dialects.setdefault(DIALECT, 1)
    return entry is not None


def _value(difficulty: float, edge_bits: int) -> Worth | None:
    return of_hashes(work_of_cycle(difficulty, edge_bits))
