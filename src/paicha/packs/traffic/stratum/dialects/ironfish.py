"""Iron Fish's Stratum: `mining.*` methods whose content is an object `body`, and answers that are methods too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import describe_error
from paicha.packs.traffic.stratum.messages import is_hex, name_id, name_job
from paicha.packs.traffic.stratum.shares import ACCEPTED, judge_refusal
from paicha.packs.traffic.stratum.worths import of_hashes
from paicha.reference.work import work_of_target_be

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "ironfish"


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read one message with a `body`; False where its form is another's."""
    method, body = message["method"], message["body"]
    if not isinstance(body, dict):
        return False
    if method == "mining.subscribe" and isinstance(body.get("publicAddress"), str):
        session.log_in(body["publicAddress"], body.get("name"))
        session.name_software(body.get("agent"))
        session.speak(side, DIALECT, is_client=True)
        session.ask(side, message.get("id"), "login", mark[0])
        session.ask(side, "subscribe", "login", mark[0])
    elif method == "mining.subscribed":
        session.take_answer(side, "subscribe", mark[0])
        session.speak(side, DIALECT, is_client=False)
        session.answer_login(is_accepted=True)
    elif method == "mining.set_target" and is_hex(body.get("target"), 16, 64):
        session.speak(side, DIALECT, is_client=False)
        session.set_worth(of_hashes(work_of_target_be(body["target"])), mark[0], size=size)
    elif method == "mining.notify" and is_hex(body.get("header"), 128, 1024):
        session.speak(side, DIALECT, is_client=False)
        session.give_job(name_job(body.get("miningRequestId")), mark)
    elif method == "mining.submit" and "miningRequestId" in body:
        session.speak(side, DIALECT, is_client=True)
        nonce = f"{body.get('randomness')}|{body.get('graffiti')}"[:256]
        session.send_share(side, message.get("id"), name_job(body["miningRequestId"]), nonce, mark[0], size)
    elif method == "mining.submitted" and "result" in body:
        session.speak(side, DIALECT, is_client=False)
        entry = session.take_answer(side, body.get("id"), mark[0])
        verdict = ACCEPTED if body["result"] is True else judge_refusal(str(body.get("message", ""))[:256])
        session.settle(entry, verdict, mark[0])
    else:
        return session.is_proven and method.startswith("mining.")
    return True


def read_error(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    """Read an error that names the request it belongs to; False where there is none."""
    error = message.get("error")
    if not isinstance(error, dict) or name_id(error.get("id")) is None or DIALECT not in session.dialects:
        return False
    entry = session.take_answer(side, error["id"], mark[0])
    if entry is not None and entry[0] == "login":
        session.answer_login(is_accepted=False)
    elif entry is not None:
        session.settle(entry, judge_refusal(*describe_error(error)), mark[0])
    return True
