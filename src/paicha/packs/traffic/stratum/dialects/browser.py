"""Miners in web pages (Coinhive's kind and its successors): CryptoNote work in messages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.chain import read_blob_previous, read_height
from paicha.packs.traffic.stratum.dialects.cryptonote import DIALECT, is_job
from paicha.packs.traffic.stratum.messages import clean_text, is_hex, name_job
from paicha.packs.traffic.stratum.shares import ACCEPTED, judge_refusal
from paicha.packs.traffic.stratum.worths import of_hashes
from paicha.reference import algorithms
from paicha.reference.work import work_of_cryptonote_target

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

ANSWER_ID = "share"
"""Answers bear no id: they come in the order of the shares."""


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read a message that names itself by `type` (Coinhive) or `identifier`; False where its form is another's."""
    kind = message.get("type", message.get("identifier"))
    if not isinstance(kind, str):
        return False
    body = message.get("params") if isinstance(message.get("params"), dict) else message
    assert isinstance(body, dict)
    if kind in {"auth", "handshake"} and isinstance(body.get("site_key", body.get("login")), str):
        session.log_in(body.get("site_key", body.get("login")), body.get("user"))
        session.dialects.setdefault(DIALECT, 0)
        return True
    if kind == "job" and is_job(body):
        return _give_job(session, body, side, mark)
    if kind in {"submit", "solved"} and is_hex(body.get("nonce"), 8, 16) and is_hex(body.get("result"), 64):
        session.speak(side, DIALECT, 10, is_client=True)
        session.send_share(side, ANSWER_ID, name_job(body.get("job_id")), body["nonce"], mark[0], size)
        return True
    if kind in {"hash_accepted", "hashsolved"} and session.is_proven:
        session.settle(session.take_answer(side, ANSWER_ID, mark[0]), ACCEPTED, mark[0])
        return True
    if kind in {"error", "banned"} and session.is_proven:
        words = clean_text(body.get("error")) or kind
        session.settle(session.take_answer(side, ANSWER_ID, mark[0]), judge_refusal(words), mark[0])
        return True
    return False


def _give_job(session: Session, job: dict[str, Any], side: int, mark: Mark) -> bool:
    session.speak(side, DIALECT, 10, is_client=False)
    named = algorithms.find_algorithm(clean_text(job.get("algo"), 64))
    if named is not None:
        session.hint(named.id)
    session.chain.see(mark[0], read_height(job.get("height")), read_blob_previous(job["blob"]))
    target = job.get("target")
    worth = of_hashes(work_of_cryptonote_target(target)) if isinstance(target, str) else None
    session.give_job(name_job(job["job_id"]), mark, worth)
    return True
