"""Chia's pool protocol over clear HTTP: /pool_info, /farmer, /partial. Partials are shares; there is no hash rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.messages import is_hex, parse_objects
from paicha.packs.traffic.stratum.shares import ACCEPTED, judge_refusal
from paicha.packs.traffic.stratum.worths import of_hashes

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.http import HttpMessage
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "chia"
PATHS = ("/pool_info", "/farmer", "/partial", "/login")


def is_request(message: HttpMessage) -> bool:
    """Whether a request goes to a path of the protocol; what it says has to prove it."""
    return message.path.split("?", 1)[0].rstrip("/").endswith(PATHS)


def read_request(session: Session, message: HttpMessage, side: int, mark: Mark) -> str | None:
    """Read a request and return what its answer will be to: info, farmer, login or partial; None for another's."""
    path = message.path.split("?", 1)[0].rstrip("/").rsplit("/", 1)[-1]
    body = _read_object(message.body)
    payload = body.get("payload")
    if path == "pool_info":
        session.notes["chia_agent"] = message.headers.get("user-agent", "")[:256]
        return "info" if message.method == "GET" else None
    is_named = "launcher_id=" in message.path and path in {"farmer", "login"}
    if not is_named and not (isinstance(payload, dict) and is_hex(payload.get("launcher_id"), 64)):
        return None
    session.speak(side, DIALECT, is_client=True)
    session.hint(coin="XCH")
    session.name_software(message.headers.get("user-agent"))
    if isinstance(payload, dict):
        session.log_in(payload.get("payout_instructions"))
        session.notes["launcher"] = str(payload["launcher_id"])[:66]
        if path == "partial":
            nonce = f"{payload.get('sp_hash')}|{_read_proof(payload)}"
            session.send_share(side, "chia", None, nonce, mark[0], len(message.body))
            return "partial"
    elif is_named:
        launcher = message.path.partition("launcher_id=")[2][:66]
        if is_hex(launcher, 64):
            session.notes["launcher"] = launcher
    return "login" if path == "login" else "farmer"


def read_response(session: Session, message: HttpMessage, kind: str, side: int, mark: Mark) -> None:
    """Read the answer to one of the requests."""
    body = _read_object(message.body)
    if kind == "info":
        if "target_puzzle_hash" in body and "minimum_difficulty" in body:
            session.speak(side, DIALECT, is_client=False)
            session.hint(coin="XCH")
            session.name_software(session.notes.get("chia_agent"))
        return
    code = body.get("error_code")
    is_good = code is None and message.status < 400
    if kind == "partial":
        verdict = ACCEPTED if is_good else judge_refusal(str(body.get("error_message", ""))[:128])
        session.settle(session.take_answer(side, "chia", mark[0]), verdict, mark[0])
    elif kind == "farmer":
        session.answer_login(is_accepted=is_good)
    difficulty = body.get("new_difficulty", body.get("current_difficulty"))
    if isinstance(difficulty, int) and 0 < difficulty < 1 << 63:
        if session.jobs == 0:
            session.give_job(None, mark)
        session.set_worth(of_hashes(float(difficulty)), mark[0])


def _read_proof(payload: dict[str, Any]) -> str:
    proof = payload.get("proof_of_space")
    return str(proof.get("challenge", proof.get("proof")))[:128] if isinstance(proof, dict) else str(proof)[:128]


def _read_object(body: bytes) -> dict[str, Any]:
    found, _ = parse_objects(body.decode("utf-8", "replace")) if body[:1] == b"{" else ([], 0)
    value = found[0][0] if found else None
    return value if isinstance(value, dict) else {}
