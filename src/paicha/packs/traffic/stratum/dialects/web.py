"""Mining over HTTP: getwork and getblocktemplate (BIP 22, 23), Monero's daemon, and JSON-RPC of other families."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import describe_error
from paicha.packs.traffic.stratum.chain import read_height, read_previous
from paicha.packs.traffic.stratum.dialects import chia, ethproxy
from paicha.packs.traffic.stratum.messages import is_hex, parse_objects
from paicha.packs.traffic.stratum.shapes import judge_chain
from paicha.packs.traffic.stratum.shares import ACCEPTED, REJECTED, judge_refusal
from paicha.packs.traffic.stratum.worths import of_hashes
from paicha.reference.work import work_of_target_be, work_of_target_le

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.http import HttpMessage
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

GETWORK, TEMPLATE = "getwork", "getblocktemplate"
TEMPLATE_METHODS = frozenset({"getblocktemplate", "get_block_template"})
BLOCK_METHODS = frozenset({"submitblock", "submit_block"})
MAX_QUEUE = 64
EASIEST_SHA256D = 2.0**32 * 0.99
TARGET = re.compile(rb'"target"\s*:\s*"([0-9a-fA-F]{64})"')
TEMPLATE_MARKS = (b'"previousblockhash"', b'"coinbasevalue"')


def read_request(session: Session, message: HttpMessage, side: int, mark: Mark) -> bool:
    """Read a request and remember what its answer will be to; False where it has nothing to do with mining."""
    queue: list[list[str]] = session.notes.setdefault("http", [])
    if chia.is_request(message):
        kind = chia.read_request(session, message, side, mark)
        queue.append([f"chia-{kind}" if kind else "foreign"])
    else:
        values = _read_body(message.body) if message.method == "POST" else []
        kinds = [_read_call(session, message, value, side, mark) for value in values[:64]] or ["foreign"]
        kind = next((one for one in kinds if one != "foreign"), "")
        queue.append(kinds)
    del queue[:-MAX_QUEUE]
    return bool(kind)


def read_response(session: Session, message: HttpMessage, side: int, mark: Mark) -> bool:
    """Read the answer to the oldest request that has none; False where it has nothing to do with mining."""
    queue: list[list[str]] = session.notes.get("http", [])
    if message.status < 200 or not queue:
        return False
    kinds = queue.pop(0)
    if kinds[0].startswith("chia-"):
        chia.read_response(session, message, kinds[0][5:], side, mark)
        return True
    if all(kind == "foreign" for kind in kinds):
        return False
    values = _read_body(message.body)
    for position, kind in enumerate(kinds):
        value = values[position] if position < len(values) else {}
        if kind == "foreign":
            continue
        if kind == "work" and not message.is_whole and kinds == ["work"]:
            _read_large(session, message, side, mark)
        elif kind.startswith("eth-"):
            _ = ethproxy.read_work(session, value, side, mark) or ethproxy.read_answer(session, value, side, mark)
        else:
            _read_result(session, message, kind, value, side, mark)
    return True


def _read_call(session: Session, message: HttpMessage, value: dict[str, Any], side: int, mark: Mark) -> str:
    """Read one JSON-RPC call and return what its answer will be to: work, share, eth-…, foreign."""
    method, params = value.get("method"), value.get("params")
    if not isinstance(method, str):
        return "foreign"
    if ethproxy.METHOD.fullmatch(method):
        return "eth-" if ethproxy.read(session, value, side, mark, len(message.body)) else "foreign"
    first = params[0] if isinstance(params, list) and params else None
    if method == "getwork" and (params is None or isinstance(params, list)):
        session.speak(side, GETWORK, is_client=True)
        kind = "share" if is_hex(first, 128, 1024) else "work"
    elif method in TEMPLATE_METHODS:
        session.speak(side, TEMPLATE, is_client=True)
        if isinstance(params, dict):
            session.log_in(params.get("wallet_address"))
        kind = "work"
    elif method in BLOCK_METHODS and is_hex(first, 160, 1 << 24):
        session.speak(side, TEMPLATE, is_client=True)
        kind = "share"
    else:
        return "foreign"
    session.name_software(message.headers.get("user-agent"))
    session.log_in(read_basic_user(message.headers.get("authorization", "")))
    if kind == "share":
        assert isinstance(first, str)
        session.send_share(side, "http", None, first[:512], mark[0], len(message.body))
    return kind


def _read_result(
    session: Session, message: HttpMessage, kind: str, value: dict[str, Any], side: int, mark: Mark
) -> None:
    result, error = value.get("result"), value.get("error")
    if kind == "share":
        entry = session.take_answer(side, "http", mark[0])
        if error or message.status >= 400:
            verdict = judge_refusal(*describe_error(error)) if error else REJECTED
        elif result is True or result is None or isinstance(result, dict):
            verdict = ACCEPTED
        else:
            reason = message.headers.get("x-reject-reason") or (result if isinstance(result, str) else "")
            verdict = judge_refusal(str(reason)[:128])
        session.settle(entry, verdict, mark[0])
        return
    worth = _read_work(session, result)
    if worth is not None and isinstance(result, dict):
        session.speak(side, TEMPLATE if "data" not in result else GETWORK, is_client=False)
        session.chain.see(mark[0], read_height(result.get("height")), _read_previous(result))
        session.give_job(None, mark, of_hashes(worth))
        session.answer_login(is_accepted=True)
    else:
        session.answer_login(is_accepted=False)


def _read_work(session: Session, result: Any) -> float | None:
    """Return hashes per share of what getwork or getblocktemplate answered; None where it is no work."""
    if not isinstance(result, dict):
        return None
    if is_hex(result.get("data"), 128, 1024) and is_hex(result.get("target"), 64):
        work = work_of_target_le(result["target"])
        if work is not None and work >= EASIEST_SHA256D:
            session.hint("sha256d")
        return work
    if isinstance(result.get("previousblockhash"), str) and is_hex(result.get("target"), 64):
        if is_hex(result.get("bits"), 8):
            session.hint(*judge_chain("f" * 64, result["bits"]))
        return work_of_target_be(result["target"])
    difficulty = result.get("difficulty")
    if is_hex(result.get("blocktemplate_blob"), 76, 1 << 24) and isinstance(difficulty, int) and difficulty > 0:
        return float(min(difficulty, 1 << 128))
    return None


def _read_previous(result: dict[str, Any]) -> str | None:
    """Return the hash of the block that work builds on; in getwork's data it follows the version."""
    data = result.get("data")
    return read_previous(
        data[8:72] if isinstance(data, str) else result.get("previousblockhash", result.get("prev_hash"))
    )


def _read_large(session: Session, message: HttpMessage, side: int, mark: Mark) -> None:
    """Read a template too long to be kept by what stands at its beginning and end."""
    found = TARGET.search(message.body)
    if found is None or not any(sign in message.body for sign in TEMPLATE_MARKS):
        return
    session.speak(side, TEMPLATE, is_client=False)
    session.give_job(None, mark, of_hashes(work_of_target_be(found[1].decode())))
    session.answer_login(is_accepted=True)


def _read_body(body: bytes) -> list[dict[str, Any]]:
    """Return the JSON-RPC objects of a body: one, a batch, or none."""
    if body.lstrip()[:1] not in {b"{", b"["}:
        return []
    found, _ = parse_objects(body.decode("utf-8", "replace"))
    values = found[0][0] if found else []
    return [value for value in (values if isinstance(values, list) else [values]) if isinstance(value, dict)]


def read_basic_user(header: str) -> str | None:
    """Return the user of HTTP's basic authentication, None where the header is another or broken."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "basic" or len(token) > 2048:
        return None
    try:
        decoded = base64.b64decode(token.strip(), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    return decoded.partition(":")[0] or None
