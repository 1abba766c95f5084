"""Mining in no known dialect: work that names a target, and shares that name that work and a nonce."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import take_answer
from paicha.packs.traffic.stratum.messages import is_hex, name_job, read_number
from paicha.packs.traffic.stratum.worths import Worth, of_difficulty, of_hashes
from paicha.reference.work import work_of_target_be

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "other"
SUBMIT = re.compile(r"submit|share|solution|solved|found", re.IGNORECASE)
LOGIN = re.compile(r"log_?in|auth|subscribe|register|hello", re.IGNORECASE)
JOB_KEYS = ("job_id", "jobId", "job", "work_id", "workId")
DIFFICULTY_KEYS = ("difficulty", "diff")
TARGET_KEYS = ("target", "boundary", "share_target")
NONCE_KEYS = ("nonce", "nonces", "proof", "solution", "counter")
MAX_PENDING_JOBS = 16


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read one message; nothing is proven before a share names a job that the other side gave."""
    parts = (message.get(key) for key in ("params", "result", "data", "job"))
    body = next((part for part in parts if isinstance(part, dict)), message)
    job = _name_job(body)
    if job is not None and _has_work(body):
        return _give_job(session, job, body, side, mark)
    method = message.get("method", message.get("type", message.get("command")))
    if not isinstance(method, str) or len(method) > 64:
        return _read_answer(session, message, side, mark)
    if SUBMIT.search(method) and job is not None and any(key in body for key in NONCE_KEYS):
        return _read_share(session, message, body, job, side, mark, size)
    if LOGIN.search(method) and not session.is_proven:
        value = next((body[key] for key in ("login", "wallet", "address", "user", "username") if key in body), None)
        if isinstance(value, str):
            session.notes["other_login"] = [side, value[:512], str(body.get("worker", ""))[:128]]
            session.notes["other_agent"] = str(body.get("agent", body.get("user_agent", "")))[:256]
    return False


def _name_job(body: dict[str, Any]) -> str | None:
    return next((name_job(body[key]) for key in (*JOB_KEYS, "id") if key in body), None)


def _has_work(body: dict[str, Any]) -> bool:
    """Whether an object holds bytes to hash and says how hard a share has to be.

    With no more than an `id` it needs a target: challenges against robots have an id, a hash and a difficulty too.
    """
    if not any(key in body for key in (*JOB_KEYS, *TARGET_KEYS)):
        return False
    has_bytes = any(is_hex(value, 64, 8192) for key, value in list(body.items())[:32] if key not in TARGET_KEYS)
    return has_bytes and _read_worth(body) is not None


def _read_worth(body: dict[str, Any]) -> Worth | None:
    for key in TARGET_KEYS:
        if is_hex(body.get(key), 64):
            return of_hashes(work_of_target_be(body[key]))
    for key in DIFFICULTY_KEYS:
        if key in body:
            return of_difficulty(read_number(body[key]))
    return None


def _give_job(session: Session, job: str, body: dict[str, Any], side: int, mark: Mark) -> bool:
    if session.dialects.get(DIALECT):
        session.speak(side, DIALECT, is_client=False)
        session.give_job(job, mark, _read_worth(body))
        return True
    jobs: list[list[Any]] = session.notes.setdefault("other_jobs", [])
    jobs.append([side, job, _read_worth(body), list(mark)])
    del jobs[:-MAX_PENDING_JOBS]
    return False


def _read_share(
    session: Session, message: dict[str, Any], body: dict[str, Any], job: str, side: int, mark: Mark, size: int
) -> bool:
    """Count a share; the first one that names a job of the other side proves that this is mining."""
    if not session.dialects.get(DIALECT):
        jobs: list[list[Any]] = session.notes.pop("other_jobs", [])
        if not any(one[0] == 1 - side and one[1] == job for one in jobs):
            session.notes["other_jobs"] = jobs
            return False
        session.speak(side, DIALECT, is_client=True)
        for _, name, worth, (time, packet, source) in jobs:
            session.give_job(name, (time, packet, source), worth)
        login = session.notes.pop("other_login", None)
        if login is not None and login[0] == side:
            session.log_in(login[1], login[2])
            session.name_software(session.notes.pop("other_agent", None))
    session.speak(side, DIALECT, is_client=True)
    nonce = "|".join(str(body[key])[:128] for key in NONCE_KEYS if key in body)
    session.send_share(side, message.get("id"), job, nonce, mark[0], size)
    return True


def _read_answer(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    return bool(session.dialects.get(DIALECT)) and take_answer(session, message, side, mark) is not None
