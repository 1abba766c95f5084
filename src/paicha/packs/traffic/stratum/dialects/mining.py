"""The family of `mining.*` methods: Stratum V1, EthereumStratum, Zcash, KawPow, Kaspa, Ergo, Alephium, Cuckoo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import take_answer
from paicha.packs.traffic.stratum.messages import clean_text, is_hex, read_hex_number, read_number
from paicha.packs.traffic.stratum.shapes import SHAPE_WEIGHT, read_notify, read_submit
from paicha.packs.traffic.stratum.worths import of_difficulty, of_hashes
from paicha.reference import algorithms
from paicha.reference.wallets import classify_login
from paicha.reference.work import work_of_target_be

if TYPE_CHECKING:
    from collections.abc import Callable

    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

    Handler = Callable[[Session, dict[str, Any], int, Mark, int], bool]

CLIENT_CHATTER = frozenset(
    {
        "mining.configure", "mining.extranonce.subscribe", "mining.get_transactions", "mining.multi_version",
        "mining.suggest_difficulty", "mining.suggest_target", "mining.bye", "mining.pong", "mining.get_job",
        "mining.get_upstream", "mining.capabilities",
    }
)  # fmt: skip
SERVER_CHATTER = frozenset(
    {"mining.set_extranonce", "mining.set_version_mask", "mining.ping", "mining.set_goal", "mining.reconnect"}
)
SUPPORTING = frozenset(
    {"client.reconnect", "client.show_message", "client.get_version", "client.get_log", "set_extranonce"}
)
"""Methods that say something in a mining session only: other protocols may use these names."""

FIRST = "EthereumStratum/1."
SECOND = "EthereumStratum/2."


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read one message with a method of this family; False where its form is another's."""
    method = message["method"]
    handler = HANDLERS.get(method)
    if handler is not None:
        return handler(session, message, side, mark, size)
    if method in CLIENT_CHATTER:
        session.speak(side, "stratum-v1", 0, is_client=True)
        session.ask(side, message.get("id"), "other", mark[0], size)
        if method == "mining.configure" and "version-rolling" in str(message.get("params"))[:256]:
            # BIP 320 rolls bits of a Bitcoin header's version
            session.hint("sha256d", weight=5)
        return True
    if method in SERVER_CHATTER:
        session.speak(side, "stratum-v1", 0, is_client=False)
        return True
    return method in SUPPORTING and session.is_proven


def _subscribe(session: Session, message: dict[str, Any], side: int, mark: Mark, _: int) -> bool:
    params = message.get("params")
    if params is not None and not isinstance(params, list | dict):
        return False
    dialect, weight = "stratum-v1", 1
    if isinstance(params, dict):
        session.name_software(params.get("agent", params.get("user_agent")))
    elif params:
        first = params[0]
        if isinstance(first, str) and (login := classify_login(first)).valid and login.kind == "wallet":
            session.log_in(first)
        else:
            session.name_software(first)
        if any(isinstance(part, str) and part.startswith(FIRST) for part in params[1:]):
            dialect, weight = "ethereumstratum-1", 2
        elif len(params) >= 4 and isinstance(params[2], str) and params[2]:
            # ZIP 301 names the pool's host and port
            dialect, weight = "zcash", 2
    session.speak(side, dialect, weight, is_client=True)
    session.ask(side, message.get("id"), "subscribe", mark[0])
    return True


def _authorize(session: Session, message: dict[str, Any], side: int, mark: Mark, _: int) -> bool:
    params = message.get("params")
    if isinstance(params, dict):
        named = (params.get(key) for key in ("wallet", "login", "user", "username", "address", "worker"))
        session.log_in(next((value for value in named if isinstance(value, str)), None), params.get("worker"))
    elif isinstance(params, list) and params:
        session.log_in(params[0], params[1] if len(params) == 3 and params[2] and isinstance(params[2], str) else None)
    else:
        return False
    session.speak(side, "stratum-v1", 1, is_client=True)
    session.ask(side, message.get("id"), "login", mark[0])
    return True


def _submit(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    params = message.get("params")
    first = params[0] if isinstance(params, list) and params else None
    knows_first = isinstance(first, str) and first in session.book.jobs
    shape = read_submit(params, has_job_first=knows_first)
    if shape is None:
        return False
    session.speak(side, shape.dialect, shape.weight, is_client=True)
    if "verushash" not in session.algorithms:
        # what looks like Equihash's solution is not, where the jobs are Verus's
        session.hint(shape.algorithm, shape.coin)
    if not session.logins and not knows_first and shape.dialect != "ethereumstratum-2":
        session.log_in(first if isinstance(first, str) else params.get("worker") if isinstance(params, dict) else None)
    if isinstance(message.get("worker"), str):
        session.log_in(None, message["worker"])
    session.send_share(side, message.get("id"), shape.job, shape.nonce, mark[0], size)
    return True


def _notify(session: Session, message: dict[str, Any], side: int, mark: Mark, _: int) -> bool:
    params = message.get("params")
    shape = read_notify(params)
    if shape is None:
        return False
    session.speak(side, shape.dialect, shape.weight, is_client=False)
    session.hint(shape.algorithm, shape.coin)
    session.chain.see(mark[0], shape.height, shape.previous)
    session.give_job(shape.job, mark, shape.worth)
    if isinstance(params, list):
        for other in params[1:64]:
            # Alephium hands out the work of several chains at once
            if isinstance(other, dict) and (named := read_notify(other)) is not None:
                session.book.give_job(named.job, session.book.worth)
    return True


def _set_difficulty(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    params = message.get("params")
    value = params[0] if isinstance(params, list) and params else params
    if isinstance(value, dict):
        value = value.get("difficulty")
    worth = of_difficulty(read_number(value))
    if worth is None:
        return False
    session.speak(side, "stratum-v1", 1, is_client=False)
    session.set_worth(worth, mark[0], size=size)
    return True


def _set_target(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    params = message.get("params")
    value = params[0] if isinstance(params, list) and params else params
    if not is_hex(value, 16, 64):
        return False
    assert isinstance(value, str)
    session.speak(side, "stratum-v1", 1, is_client=False)
    session.set_worth(of_hashes(work_of_target_be(value)), mark[0], size=size)
    return True


def _hello(session: Session, message: dict[str, Any], side: int, mark: Mark, _: int) -> bool:
    params = message.get("params")
    if not isinstance(params, dict):
        return False
    session.name_software(params.get("agent"))
    is_second = str(params.get("proto", SECOND)).startswith(SECOND)
    session.speak(side, "ethereumstratum-2" if is_second else "stratum-v1", SHAPE_WEIGHT, is_client=True)
    session.ask(side, message.get("id"), "subscribe", mark[0])
    return True


def _set(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    params = message.get("params")
    if not isinstance(params, dict):
        return False
    session.speak(side, "ethereumstratum-2", SHAPE_WEIGHT, is_client=False)
    named = algorithms.find_algorithm(clean_text(params.get("algo"), 64))
    # EIP-1571 writes ethash for the whole family: pools of Etchash say so too
    session.hint(named.id if named and named.id != "ethash" else None)
    if is_hex(params.get("target"), 16, 64):
        session.set_worth(of_hashes(work_of_target_be(params["target"])), mark[0], size=size)
    return True


def _hashrate(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    params = message.get("params")
    if not isinstance(params, list) or not params:
        return False
    session.speak(side, "ethereumstratum-2", 1, is_client=True)
    session.report_rate(read_hex_number(params[0]))
    session.ask(side, message.get("id"), "other", mark[0], size)
    return True


def _noop(session: Session, message: dict[str, Any], side: int, mark: Mark, _: int) -> bool:
    session.ask(side, message.get("id"), "other", mark[0])
    return session.is_proven


HANDLERS: dict[str, Handler] = {
    "mining.subscribe": _subscribe,
    "mining.authorize": _authorize,
    "mining.submit": _submit,
    "mining.notify": _notify,
    "mining.set_difficulty": _set_difficulty,
    "mining.set_target": _set_target,
    "mining.target": _set_target,
    "mining.hello": _hello,
    "mining.set": _set,
    "mining.hashrate": _hashrate,
    "mining.noop": _noop,
}


def read_answer(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    """Read an answer to a request of any family that JSON-RPC ids tie to it; False where it cannot be one."""
    if not session.is_proven and not session.requests.waiting:
        return False
    entry = take_answer(session, message, side, mark)
    if entry is None:
        return session.is_proven
    if entry[0] == "subscribe" and message.get("error"):
        session.answer_login(is_accepted=False)
    return True
