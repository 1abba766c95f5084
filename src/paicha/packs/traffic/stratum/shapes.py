"""The shapes of `mining.notify` and `mining.submit`, which tell dialects apart that share their method names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from paicha.packs.traffic.stratum.chain import read_coinbase_height, read_height, read_previous
from paicha.packs.traffic.stratum.epochs import find_algorithm
from paicha.packs.traffic.stratum.messages import is_hex, name_job
from paicha.packs.traffic.stratum.worths import Worth, of_hashes
from paicha.reference import algorithms
from paicha.reference.work import work_of_boundary, work_of_target_be

SHAPE_WEIGHT = 100
"""A shape that belongs to one dialect outweighs what a client calls its protocol when it subscribes."""

CYCLE = 42


@dataclass(frozen=True, slots=True)
class Shape:
    """What a job or share says by its form: dialect and how surely, job, nonce, worth, algorithm and coin.

    Of a job also its height, and digits of the hash of the block that it builds on.
    """

    dialect: str
    weight: int = SHAPE_WEIGHT
    job: str | None = None
    nonce: str = ""
    worth: Worth | None = None
    algorithm: str | None = None
    coin: str | None = None
    height: int | None = None
    previous: str | None = None


def read_notify(params: object) -> Shape | None:
    """Return the shape of a job's parameters; None where they are no job's."""
    if isinstance(params, dict):
        return _read_named_job(params)
    if not isinstance(params, list) or not params:
        return None
    if isinstance(params[0], dict):
        return _read_named_job(params[0])
    job = name_job(params[0])
    if job is None or len(params) < 2:
        return None
    for read in (_read_bitcoin, _read_zcash, _read_kawpow, _read_ethereum, _read_ergo, _read_kaspa, _read_short):
        shape = read(job, params)
        if shape is not None:
            return shape
    return Shape("stratum-v1", 1, job)


def _read_named_job(params: dict[str, Any]) -> Shape | None:
    job = name_job(params.get("jobId", params.get("job_id", params.get("id"))))
    if "headerBlob" in params and ("fromGroup" in params or "targetBlob" in params):
        return Shape("alephium", job=job, algorithm="blake3-alephium", coin="ALPH")
    if job is None:
        return None
    target = params.get("target")
    worth = of_hashes(work_of_target_be(str(target))) if is_hex(target, 48, 64) else None
    return Shape("other", 10, job, worth=worth)


def _read_bitcoin(job: str, p: list[Any]) -> Shape | None:
    if len(p) < 8 or not isinstance(p[4], list) or not is_hex(p[1], 64) or not isinstance(p[2], str):
        return None
    height, previous = read_coinbase_height(p[2]), read_previous(p[1])
    algorithm, coin = judge_chain(p[1], p[6]) if is_hex(p[6], 8) else (None, None)
    return Shape("stratum-v1", job=job, algorithm=algorithm, coin=coin, height=height, previous=previous)


def judge_chain(previous: str, bits: str) -> tuple[str | None, str | None]:
    """Return algorithm and coin where the network's difficulty is one that only SHA-256d chains ever reached.

    A compact target of 0x17… means 2^76 hashes a block: Bitcoin alone. 0x18… with a block hash of 56 leading zero
    bits, which is itself the double SHA-256, is one of its forks.
    """
    exponent = int(bits[-8:-6], 16)
    if exponent <= 0x17:
        return "sha256d", "BTC"
    words = previous[-64:]
    is_small = int("".join(words[start : start + 8] for start in range(56, -8, -8)), 16) < 1 << 200
    return ("sha256d", None) if exponent == 0x18 and is_small else (None, None)


def _read_zcash(job: str, p: list[Any]) -> Shape | None:
    if len(p) < 8 or not is_hex(p[1], 8) or not all(is_hex(part, 64) for part in p[2:5]) or not is_hex(p[5], 8):
        return None
    if len(p) > 8 and is_hex(p[8], 16, 4096):
        # Verus hands out the head of its solution, which holds no Equihash at all
        return Shape("zcash", job=job, algorithm="verushash", coin="VRSC", previous=read_previous(p[2]))
    named = algorithms.find_algorithm(f"equihash{p[8]}") if len(p) > 8 and isinstance(p[8], str) else None
    return Shape("zcash", job=job, algorithm=named.id if named else None, previous=read_previous(p[2]))


def _read_kawpow(job: str, p: list[Any]) -> Shape | None:
    if len(p) < 6 or not all(is_hex(part, 64) for part in p[1:4]) or isinstance(p[4], str | list):
        return None
    height = p[5] if isinstance(p[5], int) else 0
    found = find_algorithm(p[2], height, ("kawpow", "firopow", "evrprogpow", "ethash"))
    algorithm = {"ethash": "progpow"}.get(found or "", found)
    worth = of_hashes(work_of_target_be(p[3]))
    return Shape("kawpow", job=job, worth=worth, algorithm=algorithm, height=read_height(p[5]))


def _read_ethereum(job: str, p: list[Any]) -> Shape | None:
    if len(p) < 4:
        return None
    if is_hex(p[1], 64) and is_hex(p[2], 64) and isinstance(p[3], bool):
        return Shape("ethereumstratum-1", job=job)
    if not isinstance(p[1], str) or len(p[1]) > 12 or not is_hex(p[2], 64):
        return None
    if p[3] in ("0", "1") or isinstance(p[3], bool):
        # EIP-1571 writes numbers in hexadecimal, without 0x
        height = read_height(f"0x{p[1].removeprefix('0x')}")
        return Shape("ethereumstratum-2", job=job, height=height)
    if is_hex(p[3], 48, 64):
        # Conflux: job, height, hash and boundary
        worth = of_hashes(work_of_target_be(p[3]))
        return Shape("stratum-v1", job=job, worth=worth, algorithm="octopus", coin="CFX", height=read_height(p[1]))
    named = algorithms.find_algorithm(p[3]) if isinstance(p[3], str) else None
    return Shape("stratum-v1", job=job, algorithm=named.id) if named else None


def _read_ergo(job: str, p: list[Any]) -> Shape | None:
    if len(p) < 7 or isinstance(p[1], bool) or not isinstance(p[1], int) or not is_hex(p[2], 64):
        return None
    if not isinstance(p[6], str | int):
        return None
    worth = of_hashes(work_of_boundary(p[6]))
    if worth is None:
        return None
    return Shape("ergo", job=job, worth=worth, algorithm="autolykos2", coin="ERG", height=read_height(p[1]))


def _read_kaspa(job: str, p: list[Any]) -> Shape | None:
    if isinstance(p[1], list) and len(p[1]) == 4 and all(isinstance(part, int) for part in p[1]):
        return Shape("kaspa", job=job)
    is_big = is_hex(p[1], 80, 160) and len(p) <= 3 and not (len(p) == 3 and isinstance(p[2], bool))
    return Shape("kaspa", job=job) if is_big else None


def _read_short(job: str, p: list[Any]) -> Shape | None:
    """Read jobs of a hash and little else."""
    if len(p) == 5 and is_hex(p[1], 64) and isinstance(p[2], int) and is_hex(p[3], 64):
        return Shape("stratum-v1", job=job, algorithm="eaglesong", coin="CKB")
    is_cycle = len(p) <= 4 and (is_hex(p[1], 64) or (len(p) > 2 and is_hex(p[2], 64))) and isinstance(p[-1], bool)
    if is_cycle:
        return Shape("cuckoo", 3, job)
    is_header = is_hex(p[1], 400, 1200)
    return Shape("alephium", 10, job, algorithm="blake3-alephium", coin="ALPH") if is_header else None


def read_submit(params: object, *, has_job_first: bool) -> Shape | None:
    """Return the shape of a share's parameters; None where they are no share's.

    `has_job_first` says that this session's jobs are known and the first parameter is one.
    """
    if isinstance(params, dict):
        return _read_named_share(params)
    if not isinstance(params, list) or len(params) < 3:
        return None
    if len(params) == 3 and (has_job_first or (is_hex(params[1], 8, 16) and not is_hex(params[2], 4, 64))):
        return Shape("ethereumstratum-2", 3, name_job(params[0]), str(params[1]))
    dialect, weight, algorithm = _judge_share(params)
    nonce = "|".join(str(part)[:256] for part in params[2:8])
    return Shape(dialect, weight, name_job(params[1]), nonce, algorithm=algorithm)


def _judge_share(p: list[Any]) -> tuple[str, int, str | None]:
    """Return the dialect of a share in list form, how surely, and the algorithm."""
    last = p[-1]
    if isinstance(last, list) and len(last) == CYCLE:
        return "cuckoo", SHAPE_WEIGHT, "cuckoocycle"
    if len(p) >= 5 and isinstance(p[4], str) and len(p[4]) > 80 and is_hex(p[4], 80, 8192):
        return "zcash", SHAPE_WEIGHT, _name_solution(p[4].removeprefix("0x"))
    if len(p) >= 5 and is_hex(p[3], 64) and is_hex(p[4], 64):
        return "kawpow", SHAPE_WEIGHT, None
    if len(p) == 3 and is_hex(p[2], 4, 18):
        return ("kaspa", 2, None) if str(p[2]).startswith("0x") and len(p[2]) >= 18 else ("ethereumstratum-1", 2, None)
    if len(p) == 5 and is_hex(p[4], 16) and p[3] == "":
        return "ergo", 5, None
    if len(p) >= 5 and is_hex(p[2], 2, 64) and is_hex(p[3], 8) and is_hex(p[4], 8, 16):
        return "stratum-v1", 10, None
    return "stratum-v1", 1, None


_SOLUTIONS = {
    2694: "equihash-200-9", 2688: "equihash-200-9", 202: "equihash-144-5", 200: "equihash-144-5",
    106: "equihash-125-4", 104: "equihash-125-4", 806: "equihash-192-7", 800: "equihash-192-7",
    2182: "equihash-210-9", 138: "equihash-96-5", 2690: "verushash",
}  # fmt: skip
"""Algorithm by the digits of an Equihash solution with its length: 2^k indices of n/(k+1)+1 bits."""


def _name_solution(digits: str) -> str | None:
    """Return the algorithm of a solution: Verus fills one of Equihash's length, its version first (4 bytes, small)."""
    head = digits[6:14] if digits.startswith("fd") else digits[:8]
    return "verushash" if len(digits) > 2600 and head[:1] + head[2:] == "0000000" else _SOLUTIONS.get(len(digits))


def _read_named_share(params: dict[str, Any]) -> Shape | None:
    job = name_job(params.get("jobId", params.get("job_id", params.get("miningRequestId", params.get("id")))))
    nonce = params.get("nonce", params.get("randomness", params.get("proof", params.get("plain_proof"))))
    if nonce is None:
        return None
    if "fromGroup" in params or "toGroup" in params:
        return Shape("alephium", job=job, nonce=str(nonce)[:256])
    return Shape("other", 10, job, str(nonce)[:256])
