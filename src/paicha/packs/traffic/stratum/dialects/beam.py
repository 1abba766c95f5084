"""Beam's Stratum: login with an API key, job, solution, and results with a code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.chain import read_height
from paicha.packs.traffic.stratum.messages import is_hex, name_job
from paicha.packs.traffic.stratum.shares import ACCEPTED, judge_refusal
from paicha.packs.traffic.stratum.worths import of_hashes
from paicha.reference.work import work_of_packed

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "beam"
LOGIN_OK, SHARE_OK = 0, 1
CODES = {2: "rejected", 3: "stale", 4: "duplicate"}


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read one message; False where its form is another's."""
    method = message["method"]
    if method == "login" and isinstance(message.get("api_key"), str):
        session.log_in(message["api_key"])
        session.name_software(message.get("agent"))
        session.dialects.setdefault(DIALECT, 0)
        session.notes["login_side"] = side
        session.ask(side, message.get("id"), "login", mark[0])
        return True
    if method == "job" and is_hex(message.get("input"), 64, 128) and isinstance(message.get("difficulty"), int):
        session.speak(side, DIALECT, 10, is_client=False)
        session.chain.see(mark[0], read_height(message.get("height")))
        session.give_job(name_job(message.get("id")), mark, of_hashes(work_of_packed(message["difficulty"])))
        return True
    if method == "solution" and is_hex(message.get("nonce"), 2, 64) and is_hex(message.get("output"), 32, 4096):
        session.speak(side, DIALECT, 10, is_client=True)
        job = name_job(message.get("id"))
        # the answer bears the job's id, as requests have none of their own
        session.send_share(side, message.get("id"), job, str(message["nonce"]), mark[0], size)
        return True
    return method == "result" and DIALECT in session.dialects and _read_result(session, message, side, mark)


def _read_result(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    code, words = message.get("code"), str(message.get("description", ""))[:256]
    if not isinstance(code, int):
        return False
    entry = session.take_answer(side, message.get("id"), mark[0])
    session.speak(side, DIALECT, 5, is_client=False)
    if (entry is not None and entry[0] == "login") or "nonceprefix" in message:
        session.answer_login(is_accepted=code == LOGIN_OK)
        return True
    verdict = ACCEPTED if code == SHARE_OK else judge_refusal(words)
    if verdict == "rejected":
        verdict = CODES.get(code, verdict)
    session.settle(entry, verdict, mark[0])
    return True
