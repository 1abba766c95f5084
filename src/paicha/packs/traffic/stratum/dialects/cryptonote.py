"""CryptoNote's dialect (XMRig, xmr-stak, browser miners behind relays): login, job, submit, keepalived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import judge_answer
from paicha.packs.traffic.stratum.chain import read_blob_previous, read_height
from paicha.packs.traffic.stratum.messages import clean_text, is_hex, name_job
from paicha.packs.traffic.stratum.shares import ACCEPTED
from paicha.packs.traffic.stratum.worths import of_hashes
from paicha.reference import algorithms
from paicha.reference.wallets import classify_login
from paicha.reference.work import work_of_cryptonote_target, work_of_target_be

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "cryptonote"
CHATTER = frozenset({"keepalived", "keepalive", "getjob", "mining.extranonce.subscribe"})
MINER_NAMES = ("xmr", "miner", "cpuminer", "srb", "stak", "bzm", "teamred", "claymore", "nanom", "rhminer", "rigel")


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read a message with a method; False where its form is another's."""
    method, params = message["method"], message.get("params")
    if method == "login":
        return _read_login(session, message, params, side, mark)
    if method == "job":
        return isinstance(params, dict) and is_job(params) and give_job(session, params, side, mark)
    if method == "submit":
        return _read_share(session, message, params, side, mark, size)
    if method in CHATTER and session.dialects.get(DIALECT):
        session.ask(side, message.get("id"), "other", mark[0], size)
        return True
    return False


def is_job(value: object) -> bool:
    """Whether a value is a CryptoNote job: a block header's blob, the job's id and a target."""
    return (
        isinstance(value, dict)
        and isinstance(value.get("job_id"), str | int)
        and is_hex(value.get("blob"), 76, 4096)
        and (is_hex(value.get("target"), 2, 64) or isinstance(value.get("difficulty"), int))
    )


def read_answer(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    """Read an answer that carries a job (to a login or to getjob), or that refuses a login."""
    result = message.get("result")
    job = result.get("job") if isinstance(result, dict) else None
    work = job if is_job(job) else result
    if not isinstance(work, dict) or not is_job(work):
        return _read_refusal(session, message, side, mark)
    entry = session.take_answer(side, message.get("id"), mark[0])
    if entry is not None and entry[0] == "login":
        session.answer_login(is_accepted=True)
    return give_job(session, work, side, mark)


def _read_login(session: Session, message: dict[str, Any], params: object, side: int, mark: Mark) -> bool:
    """Keep a login; what is an application's login just as well proves nothing before a job answers it."""
    if not isinstance(params, dict) or not isinstance(params.get("login"), str):
        return False
    session.log_in(params["login"], params.get("rigid") or params.get("worker"))
    session.name_software(params.get("agent"))
    offered = params.get("algo")
    names = [name for name in offered[:64] if isinstance(name, str)] if isinstance(offered, list) else []
    known = [found for name in names if (found := algorithms.find_algorithm(name)) is not None]
    if len(names) == 1 and known:
        session.hint(known[0].id)
    login = classify_login(params["login"])
    agent = str(params.get("agent", "")).lower()
    is_miner = bool(known) or (login.kind == "wallet" and login.valid) or "rigid" in params
    is_miner = is_miner or ("pass" in params and any(name in agent for name in MINER_NAMES))
    session.notes["login_is_miner"] = is_miner
    session.notes["login_side"] = side
    session.dialects.setdefault(DIALECT, 0)
    session.ask(side, message.get("id"), "login", mark[0])
    return True


def _read_refusal(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    """Read the answer to a login that brings no job; a refused one proves an attempt where the login was a miner's."""
    if session.dialects.get(DIALECT) is None or session.is_proven:
        return False
    entry = session.take_answer(side, message.get("id"), mark[0])
    if entry is None or entry[0] != "login":
        return entry is not None
    session.answer_login(is_accepted=judge_answer(message) == ACCEPTED)
    if session.notes.get("login_is_miner"):
        session.speak(side, DIALECT, is_client=False)
    return True


def prove_unanswered(session: Session) -> None:
    """Take a miner's login that nobody answered for the attempt that it is."""
    if session.is_proven or session.logins_accepted or "login_side" not in session.notes:
        return
    logins = [classify_login(text) for text in session.logins]
    coins = {coin for login in logins for coin in login.coins if login.kind == "wallet"}
    if "BEAM" in coins and "beam" in session.dialects:
        session.speak(int(session.notes["login_side"]), "beam", is_client=True)
    elif session.notes.get("login_is_miner"):
        dialect = "grin" if coins == {"GRIN"} else DIALECT
        session.speak(int(session.notes["login_side"]), dialect, is_client=True)


def give_job(session: Session, job: dict[str, Any], side: int, mark: Mark) -> bool:
    """Count a job, with what its shares are worth, its algorithm and its block."""
    session.speak(side, DIALECT, 10, is_client=False)
    named = algorithms.find_algorithm(clean_text(job.get("algo"), 64))
    if named is not None:
        session.hint(named.id)
    session.chain.see(mark[0], read_height(job.get("height")), read_blob_previous(job["blob"]))
    target = job.get("target")
    if isinstance(target, str):
        is_yada = named is not None and named.id == "rx/yada"
        work = work_of_cryptonote_target(target, is_big_endian=is_yada)
        if work is not None and len(target) > 16:
            # targets of 32 bytes come in either order: the easier reading has its zeros in front
            work = min(work, work_of_target_be(target) or work)
    else:
        work = float(job["difficulty"]) if 0 < job["difficulty"] < 1 << 64 else None
    session.give_job(name_job(job["job_id"]), mark, of_hashes(work))
    return True


def _read_share(session: Session, message: dict[str, Any], params: object, side: int, mark: Mark, size: int) -> bool:
    if not isinstance(params, dict):
        return False
    job, nonce = name_job(params.get("job_id")), params.get("nonce")
    names_job = session.book.jobs.get(job or "") is not None
    if job is None or not is_hex(nonce, 8, 32) or not (names_job or is_hex(params.get("result"), 64)):
        return False
    session.speak(side, DIALECT, 10, is_client=True)
    session.send_share(side, message.get("id"), job, str(nonce), mark[0], size)
    return True
