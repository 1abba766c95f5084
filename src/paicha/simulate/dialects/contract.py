"""What a dialect of a mining protocol says, and what it needs to know to say it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from paicha.simulate.conversations import DIRECT, NO_FAULTS, Faults

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from paicha.simulate.frames import Link


@dataclass(frozen=True, slots=True)
class MinerSpec:
    """A miner and its pool, as they are to be simulated.

    `rate_steps` are (seconds after the start, rate) and replace `hash_rate` from then on. `policy` is `constant`,
    `vardiff` (the pool aims at one share per `share_interval_s` every `retarget_s`) or `steps`, where `work_steps`
    are (seconds, work per share). `work` is the work per share at the start, by default rate × `share_interval_s`.
    `outcome` is `mining`, `refused` (every share refused), `refused-login` or `unanswered` (attempts).
    """

    dialect: str
    coin: str
    algorithm: str
    client: str
    client_port: int
    server: str
    server_port: int
    start_us: int
    duration_s: float
    hash_rate: float
    login: str
    worker: str | None = None
    login_kind: str = "wallet"
    password: str = "x"  # noqa: S105 -- what miners send where a pool wants none
    software: str | None = None
    host: str = "pool.example"
    rate_steps: tuple[tuple[float, float], ...] = ()
    work: float | None = None
    policy: str = "constant"
    share_interval_s: float = 10.0
    retarget_s: float = 90.0
    work_steps: tuple[tuple[float, float], ...] = ()
    job_interval_s: float = 30.0
    latency_ms: float = 35.0
    reject_rate: float = 0.0
    stale_rate: float = 0.0
    duplicate_rate: float = 0.0
    outcome: str = "mining"
    transport: str = "tcp"
    is_spaced: bool = False
    options: frozenset[str] = frozenset()
    link: Link = DIRECT
    faults: Faults = NO_FAULTS

    @property
    def account(self) -> str:
        """The login with its worker, as most dialects send it."""
        return f"{self.login}.{self.worker}" if self.worker else self.login


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work: what the pool calls it, the difficulty as on the wire, and the true work per share."""

    id: str
    value: str
    work: float
    height: int
    is_clean: bool


@dataclass(frozen=True, slots=True)
class Share:
    """A submitted share: the request's number, the nonce, and what the pool makes of it."""

    number: int
    nonce: bytes
    verdict: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message, complete with its delimiter, in one direction."""

    to_server: bool
    data: bytes


@dataclass(slots=True)
class Wire:
    """The changing state of one session while its messages are made."""

    spec: MinerSpec
    rng: random.Random
    extranonce: str = ""
    session: str = ""
    next_number: int = 1
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def is_login_refused(self) -> bool:
        """Whether the pool refuses the login."""
        return self.spec.outcome == "refused-login"

    @property
    def is_long_polling(self) -> bool:
        """Whether new work is waited for on a second connection."""
        return "long-poll" in self.spec.options

    def count(self) -> int:
        """Return the number of the next request."""
        self.next_number += 1
        return self.next_number - 1

    def draw_hex(self, size: int) -> str:
        """Return `size` random bytes in hexadecimal."""
        return self.rng.randbytes(size).hex()

    def say(self, to_server: bool, body: dict[str, Any]) -> Line:
        """Return `body` as one line of JSON in the spacing of this session."""
        separators = (", ", ": ") if self.spec.is_spaced else (",", ":")
        return Line(to_server, json.dumps(body, separators=separators).encode() + b"\n")

    def ask(self, body: dict[str, Any]) -> Line:
        """Return a line that the miner sends."""
        return self.say(True, body)

    def tell(self, body: dict[str, Any]) -> Line:
        """Return a line that the pool sends."""
        return self.say(False, body)


def say_nothing(wire: Wire, job: Job) -> list[Line]:  # noqa: ARG001 -- a dialect's hook
    """Return no messages: the dialect has none for this."""
    return []


@dataclass(frozen=True, slots=True)
class Dialect:
    """A dialect: how difficulties are written, and the messages of every step.

    `quantise` gives the difficulty as on the wire and the exact work per share nearest to the one asked for.
    `greet` is the exchange up to the answered login; `retarget` announces a difficulty, `push` a job, `submit` a share
    and `answer` the pool's word on it; `chatter` is what is said every `chatter_s` seconds, `farewell` before the end.
    Where `is_sequential`, nothing is asked before the last answer (HTTP).
    """

    name: str
    quantise: Callable[[MinerSpec, float], tuple[str, float]]
    greet: Callable[[Wire, Job], list[Line]]
    retarget: Callable[[Wire, Job], list[Line]]
    push: Callable[[Wire, Job], list[Line]]
    submit: Callable[[Wire, Job, Share], list[Line]]
    answer: Callable[[Wire, Job, Share], list[Line]]
    chatter: Callable[[Wire, Job], list[Line]] = say_nothing
    chatter_s: float = 60.0
    farewell: Callable[[Wire, Job], list[Line]] = say_nothing
    greets_with_job: bool = False
    is_sequential: bool = False
    rate_unit: str = "H/s"


POW256 = 1 << 256

GRAPHS_PER_CYCLE = 42.0
"""A random graph has a 42-cycle once in 42 (J. Tromp, Cuckoo Cycle)."""


def quantise_target(_: MinerSpec, work: float) -> tuple[str, float]:
    """Return a 256-bit big-endian target in 64 hexadecimal digits, and the work it stands for."""
    target = min(POW256 - 1, int(POW256 / max(work, 1.0)))
    return f"{target:064x}", POW256 / target


def quantise_cycle_target(spec: MinerSpec, work: float) -> tuple[str, float]:
    """Return the target that a 42-cycle's hash must meet where `work` graphs are searched for a share."""
    value, cycles = quantise_target(spec, work / GRAPHS_PER_CYCLE)
    return value, cycles * GRAPHS_PER_CYCLE


def round_difficulty(value: float) -> float:
    """Return `value` with the few digits that pools use: whole from 16 on, else six significant ones."""
    return float(round(value)) if value >= 16 else float(f"{value:.6g}")


def format_difficulty(value: float) -> str:
    """Return a difficulty as JSON writes it, whole numbers without a point."""
    return str(int(value)) if value == int(value) and value < 1e15 else repr(value)


def read_difficulty(text: str) -> float | int:
    """Return the number that `format_difficulty` wrote, whole where it was."""
    return int(text) if text.isdigit() else float(text)


def draw_error(wire: Wire, verdict: str) -> list[Any]:
    """Return the Stratum error of a verdict: number, words, no data."""
    code, words = {
        "stale": (21, "Job not found"),
        "duplicate": (22, "Duplicate share"),
    }.get(verdict, (23, wire.rng.choice(("Low difficulty share", "Above target"))))
    return [code, words, None]
