"""ethproxy (`eth_getWork`, `eth_submitWork`) and its clones under other prefixes (`ctxc_`, `sero_`, …)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.answers import take_answer
from paicha.packs.traffic.stratum.epochs import find_algorithm
from paicha.packs.traffic.stratum.messages import is_hex, name_id, read_hex_number
from paicha.packs.traffic.stratum.worths import Worth, of_hashes
from paicha.reference.wallets import classify_login
from paicha.reference.work import work_of_target_be

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

METHOD = re.compile(r"([a-z]{2,8})_(submitLogin|getWork|submitWork|submitHashrate|login)")
DIALECT = "ethproxy"
CYCLE_LENGTH = 42
CLONES = {"ctxc": ("cuckoocycle", "CTXC"), "sero": ("progpow", "SERO")}


def read(session: Session, message: dict[str, Any], side: int, mark: Mark, size: int) -> bool:
    """Read a request of this family; False where its method or form is another's."""
    found = METHOD.fullmatch(message["method"])
    if found is None:
        return False
    prefix, verb = found.groups()
    params = message.get("params")
    values = params if isinstance(params, list) else [params] if isinstance(params, dict) else []
    if verb == "submitWork" and not (len(values) >= 2 and all(isinstance(part, str) for part in values[:2])):
        return False
    if verb == "login" and not session.is_proven and not _is_login(message, values):
        return False
    session.speak(side, DIALECT, is_client=True)
    session.notes.setdefault("prefix", prefix)
    algorithm, coin = CLONES.get(prefix, (None, None))
    session.hint(algorithm, coin)
    session.name_software(message.get("agent"))
    if verb in {"submitLogin", "login"}:
        first = values[0] if values else None
        login = first.get("login") if isinstance(first, dict) else first
        session.log_in(login, message.get("worker"))
        session.ask(side, message.get("id"), "login", mark[0])
    elif verb == "getWork":
        session.ask(side, message.get("id"), "work", mark[0])
    elif verb == "submitWork":
        session.log_in(None, message.get("worker"))
        session.send_share(side, message.get("id"), str(values[1])[:128].lower(), str(values[0]), mark[0], size)
    else:
        session.report_rate(read_hex_number(values[0]) if values else None)
        session.ask(side, message.get("id"), "other", mark[0], size)
    return True


def read_work(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    """Read an answer or push that hands out work: three or four hexadecimal numbers, the first two hashes."""
    work = message.get("result")
    if not is_work(work):
        return False
    assert isinstance(work, list)
    entry = session.take_answer(side, message.get("id"), mark[0]) if name_id(message.get("id")) else None
    if entry is not None and entry[0] == "share":
        # an id that work is pushed under may be that of a share that waits for its answer
        session.requests.put(1 - side, name_id(message["id"]) or "", entry)
    session.speak(side, DIALECT, is_client=False)
    height = read_hex_number(work[3]) if len(work) > 3 and isinstance(work[3], str) else None
    if height is not None:
        session.hint(find_algorithm(work[1], int(height), ("ethash", "etchash")))
        session.chain.see(mark[0], int(height))
    session.give_job(work[0].lower(), mark, _value(session, work[2]))
    return True


def read_answer(session: Session, message: dict[str, Any], side: int, mark: Mark) -> bool:
    """Read an answer that is no work."""
    return take_answer(session, message, side, mark) is not None


def is_work(value: object) -> bool:
    """Whether a value is what `eth_getWork` answers."""
    return (
        isinstance(value, list)
        and 3 <= len(value) <= 6
        and is_hex(value[0], 64)
        and is_hex(value[1], 64)
        and is_hex(value[2], 48, 64)
    )


def _is_login(message: dict[str, Any], values: list[Any]) -> bool:
    """Whether a `…_login` is a miner's: it gives a wallet, or names the worker beside the parameters."""
    first = values[0] if values and len(values) <= 3 else None
    return isinstance(first, str) and (isinstance(message.get("worker"), str) or classify_login(first).kind == "wallet")


def _value(session: Session, target: str) -> Worth | None:
    work = work_of_target_be(target)
    if work is not None and session.notes.get("prefix") == "ctxc":
        # one graph in 42 has a cycle, and of these the target takes its part
        work *= CYCLE_LENGTH
    return of_hashes(work)
