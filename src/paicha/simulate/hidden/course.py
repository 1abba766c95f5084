"""How a mining session in JSON unfolds: work at blocks and timers, shares without memory, retargets, chatter."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.simulate.dialects.catalogue import DIALECTS
from paicha.simulate.dialects.contract import Job, Line, MinerSpec, Share, Wire

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Pace:
    """What decides the course beside the specification.

    `jobs` are (seconds after the start, block or not). `think_s` is what the pool takes to answer, `poll_s` how often
    work is asked for (0: never), `refused_part` and `stale_part` the parts of shares that are refused. A follower's
    shares are `given`: (time, answer's time), each accepted.
    """

    jobs: Sequence[tuple[float, bool]]
    think_s: float = 0.01
    poll_s: float = 0.0
    refused_part: float = 0.0
    stale_part: float = 0.0
    given: Sequence[tuple[float, float]] | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """A line with its time in seconds after the start, and its role."""

    time_s: float
    line: Line
    role: str


class Course:
    """One session: what is said, in seconds after its start."""

    def __init__(self, spec: MinerSpec, pace: Pace, seed: int) -> None:
        self.spec, self.pace, self.rng = spec, pace, random.Random(seed)
        self.dialect, self.wire = DIALECTS[spec.dialect], Wire(spec, self.rng)
        self.told: list[Told] = []
        self.rtt = spec.latency_ms / 1000
        self.height = self.rng.randint(800_000, 2_900_000)
        self.number = self.rng.randrange(1 << 12, 1 << 20)
        self.recent = 0
        self.job = self.previous = self.make_job(spec.work or spec.hash_rate * spec.share_interval_s, True)

    def make_job(self, work: float, is_clean: bool) -> Job:
        """Return the next job, at the difficulty nearest to `work`."""
        value, exact = self.dialect.quantise(self.spec, work)
        self.height += is_clean
        self.number += 1
        return Job(f"{self.number:x}", value, exact, self.height, is_clean)

    def tell(self, now: float, lines: Sequence[Line], role: str, answer_role: str | None = None) -> float:
        """Say lines from `now` on, a round trip and a thought at each answer; return when that is done."""
        side: bool | None = None
        for line in lines:
            if side is not None and line.to_server != side:
                now += 0.002 if line.to_server else self.rtt + self.pace.think_s * self.rng.lognormvariate(0, 0.4)
            is_answer = answer_role is not None and not line.to_server
            self.told.append(Told(now, line, answer_role if is_answer and answer_role else role))
            side, now = line.to_server, now + 0.00005
        return now

    def run(self) -> list[Told]:
        """Play the session; return what is said in order of time."""
        now = self.tell(1.2 * self.rtt + 0.002, self.dialect.greet(self.wire, self.job), "greeting")
        now = self.tell(now + 0.0002, self.dialect.retarget(self.wire, self.job), "target")
        if not self.dialect.greets_with_job:
            now = self.tell(now, self.dialect.push(self.wire, self.job), "job")
        self.unfold(now)
        return sorted(self.told, key=lambda one: one.time_s)

    def unfold(self, now: float) -> None:
        """Play what is planned, and between it find shares without memory and follow the pool's policy."""
        spec, end = self.spec, self.spec.duration_s - 1.0
        planned = [*sorted(self.plan(now), key=lambda one: one[0]), (end, "end", 0.0)]
        next_target = now + spec.retarget_s if spec.policy == "vardiff" and self.pace.given is None else 1e18
        at = 0
        while True:
            rate = spec.hash_rate if self.pace.given is None else 0.0
            found = now + self.rng.expovariate(rate / self.job.work) if rate else 1e18
            # without memory: a share not found before the next event is drawn anew after it
            now = min(found, planned[at][0], next_target)
            if now == found:
                self.recent += 1
                self.submit(now)
            elif now == next_target:
                next_target = now + spec.retarget_s
                self.adjust(now)
            elif planned[at][1] == "end":
                return
            else:
                self.act(*planned[at])
                at += 1

    def act(self, now: float, what: str, detail: float) -> None:
        """Do what was planned."""
        if what == "job":
            self.push(now, self.job.work, detail > 0)
        elif what == "chatter":
            self.wire.notes["rate"] = self.spec.hash_rate
            self.tell(now, self.dialect.chatter(self.wire, self.job), "chatter", "chatter")
        elif what == "poll":
            self.poll(now)
        elif what == "given":
            self.submit(now, detail)

    def plan(self, now: float) -> list[tuple[float, str, float]]:
        """Return what happens by the clock from `now` on: jobs, chatter, polls, and a follower's shares."""
        pace, end = self.pace, self.spec.duration_s - 1.0
        events = [(at, "job", float(is_block)) for at, is_block in pace.jobs]
        if pace.given is not None:
            events += [(at, "given", answer) for at, answer in pace.given]
        at = now + self.dialect.chatter_s * self.rng.uniform(0.8, 1.0)
        while at < end:
            events.append((at, "chatter", 0.0))
            at += self.dialect.chatter_s + self.rng.uniform(0.0, 0.02)
        at = now + pace.poll_s
        while pace.poll_s and at < end:
            events.append((at, "poll", 0.0))
            at += pace.poll_s + self.rng.uniform(0.0, 0.02)
        return [event for event in events if now < event[0] < end]

    def push(self, now: float, work: float, is_clean: bool) -> None:
        """Send new work at the same or another difficulty."""
        self.previous, self.job = self.job, self.make_job(work, is_clean)
        self.tell(now, self.dialect.push(self.wire, self.job), "job")

    def retarget(self, now: float, work: float) -> None:
        """Send another difficulty, and work at it."""
        self.previous, self.job = self.job, self.make_job(work, False)
        now = self.tell(now, self.dialect.retarget(self.wire, self.job), "target")
        self.tell(now, self.dialect.push(self.wire, self.job), "retarget")

    def poll(self, now: float) -> None:
        """Ask for work as ethproxy's clients do; the answer is the job in force."""
        ask = self.wire.ask({"id": 5, "jsonrpc": "2.0", "method": "eth_getWork", "params": []})
        self.tell(now, [ask, *self.dialect.push(self.wire, self.job)], "poll", "poll")

    def submit(self, now: float, answer_s: float | None = None) -> None:
        """Send a share; its answer comes after a round trip, or at the time given."""
        chance, verdict, job = self.rng.random(), "accepted", self.job
        if answer_s is None and chance < self.pace.refused_part:
            verdict = "low"
        elif answer_s is None and chance < self.pace.refused_part + self.pace.stale_part:
            verdict, job = "stale", self.previous
        share = Share(self.wire.count(), self.rng.randbytes(8), verdict)
        asked, answer = self.dialect.submit(self.wire, job, share), self.dialect.answer(self.wire, job, share)
        role = "accepted" if verdict == "accepted" else "refused"
        if answer_s is None:
            self.tell(now, [*asked, *answer], "share", role)
        else:
            self.tell(now, asked, "share")
            self.tell(max(answer_s, now + self.rtt), answer, role)

    def adjust(self, now: float) -> None:
        """Change the difficulty where shares came too fast or too slowly."""
        expected = self.spec.retarget_s / self.spec.share_interval_s
        found, self.recent = self.recent, 0
        if 0.6 * expected <= found <= 1.6 * expected:
            return
        work = self.job.work * min(4.0, max(0.25, (found + 0.5) / expected))
        if self.dialect.quantise(self.spec, work)[0] != self.job.value:
            self.retarget(now, work)
