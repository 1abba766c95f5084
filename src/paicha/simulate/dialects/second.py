"""Stratum V2 as it looks from outside: the Noise handshake's sizes, then encrypted frames of known lengths."""

from __future__ import annotations

from paicha.simulate.dialects.bitcoin import DIFFICULTY_ONE
from paicha.simulate.dialects.contract import Dialect, Job, Line, MinerSpec, Share, Wire, format_difficulty

INITIATOR_BYTES, RESPONDER_BYTES = 64, 234
"""Sizes of the two handshake messages (Stratum V2 specification 4.5.2)."""

_OVERHEAD = 22 + 16
_SETUP, _SETUP_ANSWER, _OPEN, _OPEN_ANSWER = 90, 6, 60, 81
_SUBMIT, _ACCEPTED, _REFUSED, _TARGET, _PREVIOUS, _JOB = 24, 20, 37, 36, 48, 49


def _frame(wire: Wire, to_server: bool, payload: int) -> Line:
    """Return a frame: 6-byte header and payload, each with a 16-byte MAC, all looking random."""
    return Line(to_server, wire.rng.randbytes(payload + _OVERHEAD))


def _quantise(_: MinerSpec, work: float) -> tuple[str, float]:
    value = round(work / DIFFICULTY_ONE, 3)
    return format_difficulty(value), value * DIFFICULTY_ONE


def _greet(wire: Wire, _: Job) -> list[Line]:
    lines = [
        Line(True, wire.rng.randbytes(INITIATOR_BYTES)),
        Line(False, wire.rng.randbytes(RESPONDER_BYTES)),
        _frame(wire, True, _SETUP + len(wire.spec.host)),
        _frame(wire, False, _SETUP_ANSWER),
        _frame(wire, True, _OPEN + len(wire.spec.account)),
    ]
    return [*lines, _frame(wire, False, 20 if wire.is_login_refused else _OPEN_ANSWER)]


def _push(wire: Wire, job: Job) -> list[Line]:
    lines = [_frame(wire, False, _JOB)]
    return [*lines, _frame(wire, False, _PREVIOUS)] if job.is_clean else lines


def _answer(wire: Wire, _: Job, share: Share) -> list[Line]:
    return [_frame(wire, False, _ACCEPTED if share.verdict == "accepted" else _REFUSED)]


STRATUM_V2 = Dialect(
    "stratum-v2", _quantise, _greet, lambda wire, job: [_frame(wire, False, _TARGET)], _push,  # noqa: ARG005
    lambda wire, job, share: [_frame(wire, True, _SUBMIT)], _answer,  # noqa: ARG005
)  # fmt: skip
