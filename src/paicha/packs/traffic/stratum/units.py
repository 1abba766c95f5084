"""The unit of a plain difficulty: what pools of an algorithm agree on, and what else the session leaves plausible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import TYPE_CHECKING

from paicha.reference.hardware import list_devices

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.session import Session
    from paicha.reference.algorithms import Algorithm

BITCOIN = 4295032833.0
"""Hashes per share of difficulty 1 in Bitcoin's unit: 2^48/65535."""

READINGS = (BITCOIN, BITCOIN / 256, BITCOIN / 4096, BITCOIN / 65536, 1.0)
"""Units in use: Bitcoin's, by 2^8, 2^12 and 2^16 easier (Miningcore's shareMultiplier), and plain hashes."""

LEAST_SHARES = 5
CLAIM_FACTOR = 4.0
"""How far a rate may lie from the one that the client claims and still agree with it."""
LEAST_OF_DEVICE, MOST_DEVICES = 0.02, 5000.0
"""A session's rate lies between this part of the slowest known device and so many of the fastest."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Hashes per share of difficulty 1, factors to the least and greatest other reading, and the reading in words."""

    hashes: float | None
    low: float = 1.0
    high: float = 1.0
    words: str | None = None


TARGETS = Unit(None, words="target: 2^256 over the target, or hashes as sent")
UNKNOWN = Unit(None)


@dataclass(frozen=True, slots=True)
class Plain:
    """What a session's plain difficulties amount to.

    `total` is the sum over valid shares, `least` the smallest difficulty, `claim` the hash rate that the client claims.
    """

    total: float
    shares: int
    least: float
    seconds: float
    claim: float | None


def resolve_unit(
    session: Session, dialect: str, algorithm: Algorithm | None, difficulties: dict[float, int], seconds: float
) -> Unit:
    """Return the unit of the plain difficulties of a session; `difficulties` counts its valid shares by difficulty."""
    if not difficulties:
        return TARGETS if session.has_targets else UNKNOWN
    total = sum(value * count for value, count in difficulties.items())
    claim = median(session.reported) if session.reported else None
    plain = Plain(total, sum(difficulties.values()), min(difficulties), seconds, claim)
    return judge_unit(dialect, algorithm, plain)


def judge_unit(dialect: str, algorithm: Algorithm | None, plain: Plain) -> Unit:
    """Return the unit of plain difficulties: what pools of the algorithm agree on, else what is plausible."""
    usual = algorithm.hashes_per_difficulty if algorithm is not None else None
    raw_from = algorithm.raw_from if algorithm is not None else None
    if raw_from is not None and plain.least >= raw_from:
        return Unit(1.0, words="difficulty in hashes: too great to be in any other unit")
    if dialect == "alephium" or (algorithm is not None and algorithm.is_unit_certain and usual):
        return Unit(usual, words=f"difficulty × {usual or 0:.10g} hashes, as all pools of this algorithm count")
    base = usual or BITCOIN
    pace = plain.total / plain.seconds if plain.seconds > 0 and plain.shares >= LEAST_SHARES else None
    claimed = _judge_claim(plain.claim, pace, base)
    if claimed is not None:
        return Unit(claimed, words=f"difficulty × {claimed:.10g} hashes, as the client's own hash rate has it")
    return _judge_devices(algorithm, pace, base)


def _judge_claim(claim: float | None, pace: float | None, base: float) -> float | None:
    """Return the reading that agrees best with the hash rate which the client claims; None where none does."""
    if not claim or not pace:
        return None
    best = min({base, *READINGS}, key=lambda unit: max(pace * unit / claim, claim / (pace * unit)))
    return best if 1 / CLAIM_FACTOR <= pace * best / claim <= CLAIM_FACTOR else None


def _judge_devices(algorithm: Algorithm | None, pace: float | None, base: float) -> Unit:
    """Return the usual reading, or the plausible one nearest to it, with the span of all plausible ones."""
    if algorithm is None:
        return Unit(
            base, 1 / 65536, 1.0, "difficulty × 2^32 hashes is assumed; some algorithms count as little as 2^16"
        )
    span = _find_rates(algorithm.id)
    if pace is None or span is None:
        return Unit(base, 1 / 65536 if base > 65537.1 else 1.0, 1.0, f"difficulty × {base:.10g} hashes is assumed")
    plausible = sorted(unit for unit in {base, *READINGS} if span[0] <= pace * unit <= span[1])
    if not plausible:
        return Unit(base, 1.0, 1.0, f"difficulty × {base:.10g} hashes is assumed; no reading fits a known device")
    best = base if base in plausible else min(plausible, key=lambda unit: abs(_distance(unit, base)))
    words = f"difficulty × {best:.10g} hashes"
    if len(plausible) > 1:
        words += ", uncertain: " + ", ".join(f"{unit:.10g}" for unit in plausible) + " are plausible"
    return Unit(best, plausible[0] / best, plausible[-1] / best, words)


def _distance(unit: float, base: float) -> float:
    return max(unit / base, base / unit)


@cache
def _find_rates(algorithm: str) -> tuple[float, float] | None:
    """Return the least and greatest plausible hash rate of a session on an algorithm, by the known devices."""
    rates = [device.rate_per_s for device in list_devices() if device.algorithm == algorithm and device.rate_per_s]
    return (min(rates) * LEAST_OF_DEVICE, max(rates) * MOST_DEVICES) if rates else None
