"""Mining sessions with known truth: a miner finds shares at its hash rate, a pool sets difficulty and answers."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from paicha.simulate.conversations import Conversation, Endpoints, Message, hold_tcp
from paicha.simulate.dialects.catalogue import DIALECTS, PROFILES
from paicha.simulate.dialects.contract import Job, Line, MinerSpec, Share, Wire
from paicha.simulate.truth import FlowTruth, SessionTruth
from paicha.simulate.wallets import make_wallet
from paicha.simulate.websockets import build_frame, build_upgrade

if TYPE_CHECKING:
    from paicha.simulate.dialects.contract import Dialect
    from paicha.simulate.frames import Packet


UNVALUED = frozenset({"chia", "stratum-v2"})
"""Dialects whose traffic does not show how many hashes a share stands for."""


@dataclass(frozen=True, slots=True)
class Session:
    """A simulated session: its packets in time order, the truth about it, and its flows."""

    packets: list[Packet]
    truth: SessionTruth
    flows: tuple[FlowTruth, ...]


def plan_miner(
    profile: str, rng: random.Random, *, client: str, server: str, start_us: int, **changes: Any
) -> MinerSpec:
    """Return the specification of a typical miner (a name in `PROFILES`), with made-up login, changed as asked.

    Raises:
        KeyError: no such profile.
    """
    base = PROFILES[profile]
    spec = MinerSpec(
        dialect=base.dialect, coin=base.coin, algorithm=base.algorithm, client=client,
        client_port=rng.randint(32768, 60999), server=server, server_port=base.port, start_us=start_us,
        duration_s=600.0, hash_rate=base.hash_rate, login=make_wallet(base.wallet, rng),
        worker=rng.choice(("rig1", "worker01", "pc-17", "lab", "x99", "s19a")), software=base.software,
        share_interval_s=base.share_interval_s, job_interval_s=base.job_interval_s, transport=base.transport,
        is_spaced=base.is_spaced, options=frozenset(base.options), latency_ms=rng.uniform(15, 120),
    )  # fmt: skip
    if base.transport == "ws" or base.dialect == "chia":
        spec = replace(spec, worker=None)
    return replace(spec, **changes)


def simulate_session(spec: MinerSpec, seed: int) -> tuple[list[Packet], SessionTruth]:
    """Return the packets of one session and the truth about it; the same seed gives the same bytes."""
    session = run_session(spec, seed)
    return session.packets, session.truth


def run_session(spec: MinerSpec, seed: int) -> Session:
    """Return one session with its packets, truth and flows."""
    rng = random.Random(seed)
    course = _Course(spec, DIALECTS[spec.dialect], Wire(spec, rng))
    course.run()
    return _deliver(course, rng)


@dataclass(slots=True)
class _Tally:
    jobs: int = 0
    submitted: int = 0
    accepted: int = 0
    rejected: int = 0
    stale: int = 0
    duplicate: int = 0
    work: float = 0.0
    difficulty: list[tuple[int, str, float]] = field(default_factory=list)


class _Course:
    """One session as it unfolds in seconds after its start."""

    def __init__(self, spec: MinerSpec, dialect: Dialect, wire: Wire) -> None:
        self.spec, self.dialect, self.wire, self.rng = spec, dialect, wire, wire.rng
        self.lines: list[tuple[float, Line]] = []
        self.waits: list[tuple[float, Line]] = []
        self.tally = _Tally()
        self.latency_s = spec.latency_ms / 1000
        self.height = wire.rng.randint(800_000, 2_900_000)
        self.job_number = wire.rng.randrange(1 << 12, 1 << 20)
        self.busy_until = 0.0
        self.recent = 0

    def rate_at(self, now: float) -> float:
        """Return the true hash rate at a time."""
        rate = self.spec.hash_rate
        for since, value in self.spec.rate_steps:
            rate = value if now >= since else rate
        return rate

    def mean_rate(self) -> float:
        """Return the true hash rate averaged over the part of the session that the capture holds."""
        spec, faults = self.spec, self.spec.faults
        begin, end = 0.0, spec.duration_s
        if faults.joined_us is not None:
            begin = max(begin, (faults.joined_us - spec.start_us) / 1e6)
        if faults.left_us is not None:
            end = min(end, (faults.left_us - spec.start_us) / 1e6)
        if not spec.rate_steps or end <= begin:
            return self.rate_at(begin)
        edges = [begin, *(since for since, _ in spec.rate_steps if begin < since < end), end]
        return sum(self.rate_at(low) * (high - low) for low, high in pairwise(edges)) / (end - begin)

    def exchange(self, now: float, lines: list[Line]) -> float:
        """Put lines on the wire from `now` on, a round trip for each change of direction; return when it is over."""
        side: bool | None = None
        for line in lines:
            if side is not None and line.to_server != side:
                now += self.latency_s
            self.lines.append((now, line))
            side, now = line.to_server, now + 0.0002
        return now

    @property
    def rate_unit(self) -> str:
        """The unit of hash rates: graphs where cycles are searched, whatever the dialect."""
        return "g/s" if self.spec.algorithm == "cuckoocycle" else self.dialect.rate_unit

    def make_job(self, work: float, *, is_clean: bool) -> Job:
        """Return the next job at the difficulty nearest to `work`."""
        value, exact = self.dialect.quantise(self.spec, work)
        self.height += is_clean
        self.job_number += 1
        return Job(f"{self.job_number:x}", value, exact, self.height, is_clean)

    def note_difficulty(self, now: float, job: Job) -> None:
        seen = self.tally.difficulty
        if not seen or seen[-1][1] != job.value:
            seen.append((self.to_us(now), job.value, job.work))

    def to_us(self, now: float) -> int:
        """Return a time of the session in UTC microseconds."""
        return self.spec.start_us + round(now * 1e6)

    def run(self) -> None:
        """Play the session: greeting, then jobs, retargets, shares and chatter until it ends."""
        spec, dialect = self.spec, self.dialect
        now = 2 * self.latency_s + 0.002
        job = self.make_job(spec.work or spec.hash_rate * spec.share_interval_s, is_clean=True)
        greeting = dialect.greet(self.wire, job)
        if spec.outcome == "unanswered":
            self.exchange(now, [line for line in greeting[:2] if line.to_server])
            return
        now = self.exchange(now, greeting)
        if spec.outcome == "refused-login":
            return
        now = self.exchange(now + self.latency_s, dialect.retarget(self.wire, job))
        if not dialect.greets_with_job:
            now = self.exchange(now, dialect.push(self.wire, job))
        self.tally.jobs += 1
        self.note_difficulty(now, job)
        self._mine(now, job)

    def _mine(self, now: float, job: Job) -> None:
        spec, rng = self.spec, self.rng
        self.busy_until = now
        next_job = now + rng.expovariate(1 / spec.job_interval_s)
        next_target = self._find_next_target(now)
        next_chatter = now + self.dialect.chatter_s * rng.uniform(0.5, 1.0)
        previous = job
        while now < spec.duration_s:
            next_change = min((since for since, _ in spec.rate_steps if since > now), default=1e18)
            rate = self.rate_at(now)
            gap = rng.expovariate(rate / job.work) if rate > 0 else 1e18
            event = min(next_job, next_target, next_chatter, next_change, now + gap)
            # without memory: a share not found before the next event is drawn anew after it
            if event >= spec.duration_s:
                break
            last, now = now, event
            if event == last + gap:
                self._find_share(now, job, previous)
            elif event == next_target:
                target = self._choose_target(now, job)
                next_target = self._find_next_target(now)
                if target is not None and self.dialect.quantise(spec, target)[0] != job.value:
                    previous, job = job, self._push(now, target, is_clean=False, retargets=True)
                    next_job = now + rng.expovariate(1 / spec.job_interval_s)
            elif event == next_job:
                is_clean = rng.random() < 0.4
                previous, job = job, self._push(now, job.work, is_clean=is_clean, retargets=False, value=job)
                next_job = now + rng.expovariate(1 / spec.job_interval_s)
            elif event == next_chatter:
                self.wire.notes["rate"] = rate
                self.exchange(now, self.dialect.chatter(self.wire, job))
                next_chatter = now + self.dialect.chatter_s
        self.exchange(max(now, spec.duration_s - 0.3), self.dialect.farewell(self.wire, job))

    def _push(self, now: float, work: float, *, is_clean: bool, retargets: bool, value: Job | None = None) -> Job:
        job = self.make_job(work, is_clean=is_clean)
        if value is not None:
            job = replace(job, value=value.value, work=value.work)
        lines = self.dialect.retarget(self.wire, job) if retargets else []
        now = self.exchange(max(now, self.busy_until) if self.dialect.is_sequential else now, lines)
        pushed = self.dialect.push(self.wire, job)
        if self.dialect.is_sequential and self.wire.is_long_polling:
            # the question was asked when the last answer came, on a connection of its own
            asked = self.waits[-1][0] if self.waits else 0.5
            self.waits += [(min(asked + 0.001, now), pushed[0]), (now, pushed[1])]
        else:
            end = self.exchange(now, pushed)
            self.busy_until = end if self.dialect.is_sequential else self.busy_until
        self.tally.jobs += 1
        self.note_difficulty(now, job)
        return job

    def _find_next_target(self, now: float) -> float:
        if self.spec.policy == "vardiff":
            return now + self.spec.retarget_s
        if self.spec.policy == "steps":
            return min((since for since, _ in self.spec.work_steps if since > now), default=1e18)
        return 1e18

    def _choose_target(self, now: float, job: Job) -> float | None:
        """Return the work per share that the pool asks for next, or None where it keeps the present one."""
        if self.spec.policy == "steps":
            return next(work for since, work in reversed(self.spec.work_steps) if since <= now)
        expected = self.spec.retarget_s / self.spec.share_interval_s
        found, self.recent = self.recent, 0
        if 0.6 * expected <= found <= 1.6 * expected:
            return None
        return job.work * min(4.0, max(0.25, (found + 0.5) / expected))

    def _find_share(self, now: float, job: Job, previous: Job) -> None:
        spec, rng, tally = self.spec, self.rng, self.tally
        self.recent += 1
        verdict = "accepted"
        if spec.outcome == "refused":
            verdict = "refused"
        elif rng.random() < spec.reject_rate:
            verdict = "low"
        elif rng.random() < spec.stale_rate:
            verdict, job = "stale", previous
        share = Share(self.wire.count(), rng.randbytes(8), verdict)
        now = max(now, self.busy_until) if self.dialect.is_sequential else now
        end = self._submit(now, job, share)
        tally.submitted += 1
        if verdict == "accepted":
            tally.accepted += 1
            tally.work += job.work
        else:
            tally.rejected += 1
            tally.stale += verdict == "stale"
        if verdict == "accepted" and rng.random() < spec.duplicate_rate:
            again = Share(self.wire.count(), share.nonce, "duplicate")
            end = self._submit(end + 0.8, job, again)
            tally.duplicate += 1
        self.busy_until = end

    def _submit(self, now: float, job: Job, share: Share) -> float:
        state = self.rng.getstate()
        if share.verdict == "duplicate":
            # the same share once more: only the number of the request differs
            self.rng.setstate(self.wire.notes["before"])
        asked = self.dialect.submit(self.wire, job, share)
        if share.verdict == "duplicate":
            self.rng.setstate(state)
        self.wire.notes["before"] = state
        return self.exchange(now, [*asked, *self.dialect.answer(self.wire, job, share)])


def _build_messages(course: _Course, lines: list[tuple[float, Line]], rng: random.Random) -> list[Message]:
    """Return lines as messages in time order, in WebSocket frames where the transport is that."""
    spec = course.spec
    ordered = sorted(lines, key=lambda pair: pair[0])
    if spec.transport != "ws":
        return [Message(course.to_us(now), line.to_server, line.data) for now, line in ordered]
    ask, answer = build_upgrade(f"{spec.host}:{spec.server_port}", "/", rng, "https://site.example")
    opening = spec.start_us + round(course.latency_s * 1e6) + 500
    messages = [Message(opening, True, ask), Message(opening + round(course.latency_s * 0.5e6), False, answer)]
    for now, line in ordered:
        data = build_frame(line.data.rstrip(b"\n"), rng if line.to_server else None)
        messages.append(Message(course.to_us(now), line.to_server, data))
    return messages


def _hold(course: _Course, lines: list[tuple[float, Line]], port: int, rng: random.Random) -> Conversation:
    spec = course.spec
    is_mining = spec.outcome in {"mining", "refused"}
    return hold_tcp(
        Endpoints(spec.client, port, spec.server, spec.server_port), _build_messages(course, lines, rng),
        start_us=spec.start_us + (port - spec.client_port) * 400_000, rng=rng, link=spec.link, faults=spec.faults,
        end_us=course.to_us(spec.duration_s) if is_mining else None, latency_us=round(course.latency_s * 1e6),
        nature="mining", label=spec.dialect, service="http" if course.dialect.is_sequential else None,
    )  # fmt: skip


def _deliver(course: _Course, rng: random.Random) -> Session:
    """Return the session's lines as TCP, over WebSocket where asked, and the truth about it."""
    spec, tally = course.spec, course.tally
    held = [_hold(course, course.lines, spec.client_port, rng)]
    if course.waits:
        held.append(_hold(course, course.waits, spec.client_port + 1, rng))
    packets = sorted((packet for one in held for packet in one.packets), key=lambda packet: packet.time_us)
    flows = tuple(one.flow for one in held)
    is_mining = spec.outcome in {"mining", "refused"}
    truth = SessionTruth(
        client=spec.client, client_port=spec.client_port, server=spec.server, server_port=spec.server_port,
        transport="http" if course.dialect.is_sequential else spec.transport, dialect=spec.dialect, coin=spec.coin,
        algorithm=spec.algorithm, software=spec.software, login=spec.login, login_kind=spec.login_kind,
        worker=spec.worker, state=("refused" if spec.outcome == "refused" else "mining") if is_mining else "attempt",
        start_us=flows[0].start_us, end_us=flows[0].end_us, jobs=tally.jobs, submitted=tally.submitted,
        accepted=tally.accepted, rejected=tally.rejected, stale=tally.stale, duplicate=tally.duplicate,
        work_accepted=tally.work, hash_rate=course.mean_rate() if is_mining else 0.0,
        rate_unit=course.rate_unit, is_rate_visible=spec.dialect not in UNVALUED, difficulty=tuple(tally.difficulty),
        payload_bytes=sum(flow.payload_out + flow.payload_in for flow in flows), packets=len(packets),
    )  # fmt: skip
    return Session(packets, truth, flows)
