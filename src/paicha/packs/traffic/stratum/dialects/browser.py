"""Miners in web pages (Coinhive's kind and its successors): CryptoNote work in messages of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.dialects.cryptonote import DIALECT, give_job, is_job
from paicha.packs.traffic.stratum.messages import clean_text, is_hex, name_job
from paicha.packs.traffic.stratum.shares import ACCEPTED, judge_refusal

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
        return give_job(session, body, side, mark)
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
