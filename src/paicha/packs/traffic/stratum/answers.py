"""A pool's answers: whether a JSON-RPC response accepts or refuses, and what it belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.shares import ACCEPTED, REJECTED, judge_refusal

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

_GOOD_WORDS = frozenset({"ok", "accepted", "true", "success", "keepalived", "yes"})
_BAD_WORDS = ("reject", "error", "invalid", "stale", "low diff", "duplicate", "fail", "denied", "bad")


def judge_answer(message: dict[str, Any]) -> str:
    """Return `accepted`, or why the answer refuses."""
    error = message.get("error")
    if error:
        text, code = describe_error(error)
        return judge_refusal(text, code)
    result = message.get("result")
    if result is False:
        return judge_refusal(str(message.get("reject-reason", ""))[:128])
    if isinstance(result, dict):
        status = result.get("status")
        if isinstance(status, str):
            result = status
        elif result.get("accepted") is False or result.get("valid") is False:
            return REJECTED
    if isinstance(result, str) and len(result) < 256:
        words = result.lower()
        if words not in _GOOD_WORDS and any(word in words for word in _BAD_WORDS):
            return judge_refusal(words)
    return ACCEPTED


def describe_error(error: object) -> tuple[str, int | None]:
    """Return the words and the code of a JSON-RPC error, in whichever form it came."""
    words: object
    code: object = None
    if isinstance(error, dict):
        words, code = error.get("message", error.get("reason", "")), error.get("code")
    elif isinstance(error, list) and error:
        words, code = next((part for part in error if isinstance(part, str)), ""), error[0]
    else:
        words = error
    return str(words)[:256], code if isinstance(code, int) else None


def is_answer(message: dict[str, Any]) -> bool:
    """Whether a message answers a request."""
    return "id" in message and ("result" in message or "error" in message)


def take_answer(session: Session, message: dict[str, Any], side: int, mark: Mark) -> list[Any] | None:
    """Settle the request that a message answers and return it; None where none is known.

    Answers without a known request that look like the answer to a share may belong to one that the capture lost.
    """
    entry = session.take_answer(side, message.get("id"), mark[0])
    if message.get("id") is None and looks_like_share_answer(message):
        entry = session.take_unnamed(side, mark[0])
    if entry is None:
        is_apart = message.get("id") is None or session.is_fixed_id(message["id"])
        if not is_apart and looks_like_share_answer(message):
            session.settle(None, judge_answer(message), mark[0])
        return None
    if entry[0] == "share":
        session.settle(entry, judge_answer(message), mark[0])
    elif entry[0] == "login" and not _says_nothing(message):
        session.answer_login(is_accepted=judge_answer(message) == ACCEPTED)
    return entry


def _says_nothing(message: dict[str, Any]) -> bool:
    """Whether an answer has null for both result and error, which is neither yes nor no."""
    return not message.get("error") and "result" in message and message["result"] is None


def looks_like_share_answer(message: dict[str, Any]) -> bool:
    """Whether an answer could be a pool's word on a share: true, false, a status, or an error."""
    result = message.get("result")
    if isinstance(result, bool):
        return True
    if isinstance(result, dict):
        return str(result.get("status", "")).upper() == "OK" and "job" not in result
    return result is None and bool(message.get("error"))
