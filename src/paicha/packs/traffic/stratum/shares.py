"""Counting shares: what was sent for which job, how it was answered, and what a capture with holes still tells."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from paicha.packs.traffic.stratum.worths import Counts, Worth

MAX_JOBS = 256
MAX_NONCE_JOBS = 64
MAX_NONCES = 4096
MAX_PENDING = 4096
MAX_SAME_ID = 64
MAX_ORPHANS = 256
ANSWER_US = 120_000_000
"""An answer that comes later belongs to another request with the same id."""
HOLE_US = 60_000_000
"""Answers to shares that a hole swallowed come within this time."""

ACCEPTED, STALE, DUPLICATE, REJECTED = "accepted", "stale", "duplicate", "rejected"

_STALE_WORDS = (
    "stale",
    "not found",
    "late",
    "expired",
    "old ",
    "unknown job",
    "invalid job",
    "no such job",
    "outdated",
)
_STALE_CODES = frozenset({21, -32503, 404})


def judge_refusal(text: str, code: int | None = None) -> str:
    """Return why a pool refused a share: stale (valid work that came too late), duplicate or rejected."""
    words = text.lower()
    if "duplicate" in words or "already" in words:
        return DUPLICATE
    if code in _STALE_CODES or any(word in words for word in _STALE_WORDS):
        return STALE
    return DUPLICATE if code in {22, 409} else REJECTED


@dataclass(slots=True)
class Requests:
    """Requests of one connection that wait for an answer, by side and id, the oldest forgotten first.

    An entry is [kind, time, worth, is_repeat]; kind `share` or another word.
    """

    waiting: OrderedDict[str, list[list[Any]]] = field(default_factory=OrderedDict)
    count: int = 0

    def put(self, side: int, number: str, entry: list[Any]) -> None:
        """Remember a request."""
        queue = self.waiting.setdefault(f"{side}{number}", [])
        queue.append(entry)
        self.count += 1
        if len(queue) > MAX_SAME_ID:
            del queue[0]
            self.count -= 1
        elif self.count > MAX_PENDING:
            _, forgotten = self.waiting.popitem(last=False)
            self.count -= len(forgotten)

    def take(self, side: int, number: str, time: int) -> list[Any] | None:
        """Return the oldest request of `side` with this id that an answer at `time` can belong to."""
        key = f"{side}{number}"
        queue = self.waiting.get(key)
        if not queue:
            return None
        while len(queue) > 1 and time - queue[0][1] > ANSWER_US:
            del queue[0]
            self.count -= 1
        entry = queue.pop(0)
        self.count -= 1
        if not queue:
            del self.waiting[key]
        return entry


@dataclass(slots=True)
class ShareBook:
    """The shares of one session.

    Valid work is what was accepted, what was refused as stale, and what has no visible answer: all of it was
    computed. A share that was refused otherwise, or sent twice, is none. `worth` is the one in force.
    """

    counts: Counts = field(default_factory=Counts)
    submitted: int = 0
    accepted: int = 0
    rejected: int = 0
    stale: int = 0
    duplicate: int = 0
    unvalued: int = 0
    worth: Worth | None = None
    jobs: dict[str, Worth | None] = field(default_factory=dict)
    nonces: dict[str, dict[str, None]] = field(default_factory=dict)
    orphans: list[list[Any]] = field(default_factory=list)
    share_bytes: int = 0
    other_bytes: int = 0
    expected_lost: int = 0
    expected_until: int = 0

    def give_job(self, job: str | None, worth: Worth | None) -> None:
        """Remember what shares for a job are worth."""
        if job is None:
            return
        self.jobs.pop(job, None)
        self.jobs[job] = worth
        if len(self.jobs) > MAX_JOBS:
            del self.jobs[next(iter(self.jobs))]

    def send(self, job: str | None, nonce: str, size: int, worth: Worth | None = None) -> tuple[Worth | None, bool]:
        """Count a share; return its worth and whether the same nonce was sent for the job before."""
        self.share_bytes = size
        if worth is None and job is not None:
            worth = self.jobs.get(job)
        worth = worth or self.worth
        is_repeat = self._has_seen(job or "", nonce)
        if is_repeat:
            self.duplicate += 1
        else:
            self._count(worth, 1)
        return worth, is_repeat

    def settle(self, worth: Worth | None, verdict: str, *, is_repeat: bool) -> None:
        """Count the answer to a share that was sent."""
        if is_repeat:
            # the pool knows better than the nonce whether a share was new
            if verdict == ACCEPTED:
                self.duplicate -= 1
                self._count(worth, 1)
                self._accept(worth)
            return
        if verdict == ACCEPTED:
            self._accept(worth)
        elif verdict == DUPLICATE:
            self._count(worth, -1)
            self.duplicate += 1
        else:
            self.rejected += 1
            if verdict == STALE:
                self.stale += 1
            elif worth is not None:
                self.counts.add(worth, -1, 0)
            else:
                self.unvalued -= 1

    def hear_orphan(self, verdict: str, time: int) -> None:
        """Take an answer to a share that was not seen: of use where bytes of the client were lost."""
        if self.expected_lost > 0 and time <= self.expected_until:
            self.expected_lost -= 1
            self._recover(verdict, self.worth)
            return
        self.orphans.append([time, verdict, self.worth])
        if len(self.orphans) > MAX_ORPHANS:
            del self.orphans[0]

    def lose(self, since: int, time: int, lost: int) -> None:
        """Count the shares in `lost` bytes of the client between two times, as far as their answers were seen."""
        if not self.share_bytes:
            return
        room = round(lost / self.share_bytes)
        if self.other_bytes and lost < 1.5 * max(self.share_bytes, self.other_bytes):
            room = min(room, int(abs(lost - self.share_bytes) <= abs(lost - self.other_bytes)))
        rest = []
        for orphan in self.orphans:
            if room > 0 and since <= orphan[0] <= time:
                room -= 1
                self._recover(orphan[1], orphan[2])
            else:
                rest.append(orphan)
        self.orphans = rest
        self.expected_lost, self.expected_until = room, time + HOLE_US

    def _recover(self, verdict: str, worth: Worth | None) -> None:
        if verdict == DUPLICATE:
            self.duplicate += 1
            return
        self._count(worth, 1)
        self.settle(worth, verdict, is_repeat=False)

    def _count(self, worth: Worth | None, number: int) -> None:
        self.submitted += number
        if worth is None:
            self.unvalued += number
        else:
            self.counts.add(worth, number, 0)

    def _accept(self, worth: Worth | None) -> None:
        self.accepted += 1
        if worth is not None:
            self.counts.add(worth, 0, 1)

    def _has_seen(self, job: str, nonce: str) -> bool:
        seen = self.nonces.get(job)
        if seen is None:
            seen = self.nonces[job] = {}
            if len(self.nonces) > MAX_NONCE_JOBS:
                del self.nonces[next(iter(self.nonces))]
        if nonce in seen:
            return True
        seen[nonce] = None
        if len(seen) > MAX_NONCES:
            del seen[next(iter(seen))]
        return False
