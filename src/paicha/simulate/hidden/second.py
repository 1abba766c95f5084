"""How a Stratum V2 session unfolds inside Noise: every message at the size that its ciphertext has.

Message layouts: Stratum V2 specification, sections 3.5 (Noise framing), 5.3 and 8 (field sizes of the mining protocol).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INITIATOR_BYTES, RESPONDER_BYTES = 64, 234
HEADER_BYTES, MAC_BYTES, BLOCK_BYTES = 22, 16, 65_519

SETUP_SUCCESS, SET_TARGET, SET_NEW_PREV_HASH, SUBMIT_STANDARD, SUBMIT_SUCCESS, UPDATE_CHANNEL = 6, 36, 48, 24, 20, 40
_ERRORS = ("stale-share", "invalid-job-id", "difficulty-too-low")


def encrypt_size(payload: int) -> int:
    """Return the bytes on the wire of a message with so much payload: header and blocks, a MAC each."""
    blocks = -(-payload // BLOCK_BYTES)
    return HEADER_BYTES + payload + MAC_BYTES * blocks


@dataclass(frozen=True, slots=True)
class SecondPlan:
    """A Stratum V2 session: rate in hashes a second, seconds between shares that the pool aims at, and its manners.

    `batch` shares are acknowledged at once, or what has come in `batch_s` seconds where that is not 0.
    """

    duration_s: float
    rtt_s: float
    hash_rate: float
    share_s: float
    jobs: Sequence[tuple[float, bool]]
    is_extended: bool = False
    batch: int = 1
    batch_s: float = 0.0
    retarget_s: float = 60.0
    is_steady: bool = False
    refused_part: float = 0.0
    update_s: float = 0.0
    name_bytes: int = 40
    host_bytes: int = 20
    think_s: float = 0.005


@dataclass(frozen=True, slots=True)
class SecondTold:
    """A message: seconds after the start, direction, size on the wire, role, and how many shares it accepts."""

    time_s: float
    to_server: bool
    size: int
    role: str
    count: int = 0


class SecondCourse:
    """One Stratum V2 session as it unfolds."""

    def __init__(self, plan: SecondPlan, seed: int) -> None:
        self.plan, self.rng = plan, random.Random(seed)
        self.told: list[SecondTold] = []
        self.share_s = plan.share_s * (1.0 if plan.is_steady else self.rng.uniform(0.2, 5.0))
        self.waiting: list[float] = []
        self.recent = 0
        self.extranonce = self.rng.choice((2, 4, 6, 8))
        self.prefix, self.suffix = self.rng.randint(55, 130), self.rng.randint(60, 220)

    def tell(self, now: float, to_server: bool, payload: int, role: str, count: int = 0) -> None:
        """Say one message."""
        self.told.append(SecondTold(now, to_server, encrypt_size(payload), role, count))

    def run(self) -> list[SecondTold]:
        """Play the session; return its messages in order of time."""
        now = self.greet()
        events = [(at, "block" if is_block else "job") for at, is_block in self.plan.jobs if at > now]
        for every, what in ((self.plan.retarget_s, "retarget"), (self.plan.update_s, "update"),
                            (self.plan.batch_s, "acknowledge")):  # fmt: skip
            at = now + every
            while every and at < self.plan.duration_s:
                events.append((at, what))
                at += every
        for at, what in sorted([*events, (self.plan.duration_s - 0.5, "end")]):
            now = self.mine(now, at)
            if what == "end":
                break
            self.act(at, what)
        return sorted(self.told, key=lambda one: one.time_s)

    def greet(self) -> float:
        """Shake hands, set up, open a channel and get first work; return when that is done."""
        plan, rng, rtt = self.plan, self.rng, self.plan.rtt_s
        now = 1.2 * rtt + 0.002
        self.told.append(SecondTold(now, True, INITIATOR_BYTES, "handshake"))
        self.told.append(SecondTold(now + rtt + 0.001, False, RESPONDER_BYTES, "handshake"))
        now += rtt + 0.003
        # protocol, versions, flags, port; host, vendor, hardware, firmware and device as short strings
        strings = (
            5 + plan.host_bytes + rng.randint(4, 14) + rng.randint(3, 20) + rng.randint(3, 24) + rng.randint(0, 32)
        )
        self.tell(now, True, 11 + strings, "greeting")
        self.tell(now + rtt + plan.think_s, False, SETUP_SUCCESS, "greeting")
        now += rtt + plan.think_s + 0.002
        opening = 4 + 1 + plan.name_bytes + 4 + 32 + (2 if plan.is_extended else 0)
        self.tell(now, True, opening, "greeting")
        now += rtt + plan.think_s
        answer = 4 + 4 + 32 + 1 + self.extranonce + 4 + (2 if plan.is_extended else 0)
        self.tell(now, False, answer, "greeting")
        self.push_future(now + 0.0001)
        self.tell(now + 0.0002, False, SET_NEW_PREV_HASH, "job")
        return now

    def draw_job(self, is_future: bool) -> int:
        """Return the payload of a job: a standard one, or an extended one with path and coinbase."""
        time = 1 if is_future else 5
        if not self.plan.is_extended:
            return 4 + 4 + time + 4 + 32
        path = self.rng.choice((10, 11, 11, 12, 12, 13))
        return 4 + 4 + time + 4 + 1 + 1 + 32 * path + 2 + self.prefix + 2 + self.suffix

    def push_future(self, now: float) -> None:
        """Send work for after the next block."""
        self.tell(now, False, self.draw_job(is_future=True), "job")

    def act(self, now: float, what: str) -> None:
        """Do what is due."""
        if what == "block":
            self.push_future(now)
            self.tell(now + 0.0001, False, SET_NEW_PREV_HASH, "block")
        elif what == "job":
            self.tell(now, False, self.draw_job(is_future=False), "job")
        elif what == "update":
            self.tell(now, True, UPDATE_CHANNEL, "chatter")
        elif what == "acknowledge":
            self.acknowledge(now)
        else:
            self.retarget(now)

    def retarget(self, now: float) -> None:
        """Change the target where shares came too fast or too slowly."""
        expected = self.plan.retarget_s / self.plan.share_s
        found, self.recent = self.recent, 0
        if self.plan.is_steady or 0.6 * expected <= found <= 1.6 * expected:
            return
        self.share_s *= min(4.0, max(0.25, (found + 0.5) / expected))
        self.tell(now, False, SET_TARGET, "target")

    def mine(self, now: float, until: float) -> float:
        """Find shares without memory until the next event."""
        plan = self.plan
        while (now := now + self.rng.expovariate(1 / self.share_s)) < until:
            self.recent += 1
            size = SUBMIT_STANDARD + (1 + self.extranonce if plan.is_extended else 0)
            self.tell(now, True, size, "share")
            answer = now + plan.rtt_s + plan.think_s * self.rng.lognormvariate(0, 0.4)
            if self.rng.random() < plan.refused_part:
                self.tell(answer, False, 4 + 4 + 1 + len(self.rng.choice(_ERRORS)), "refused")
                continue
            self.waiting.append(answer)
            if not plan.batch_s and len(self.waiting) >= plan.batch:
                self.acknowledge(answer)
        return until

    def acknowledge(self, now: float) -> None:
        """Accept the shares that wait for it, in one message."""
        ready = [at for at in self.waiting if at <= now]
        if ready:
            self.waiting = [at for at in self.waiting if at > now]
            self.tell(now, False, SUBMIT_SUCCESS, "accepted", len(ready))
