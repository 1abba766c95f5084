"""What is known of one mining session while its messages are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum.chain import Chain
from paicha.packs.traffic.stratum.messages import MAX_SOFTWARE, clean_text, name_id
from paicha.packs.traffic.stratum.shares import Requests, ShareBook
from paicha.packs.traffic.stratum.worths import Worth, is_plain

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark

MAX_LOGINS = 64
MAX_CHANGES = 10_000
MAX_REPORTS = 2048
MAX_HINTS = 32
TOLERANCE_BYTES = 6
UNNAMED = ""
"""Shares whose id is null wait under this name, which no id has: their answers bear null too, in their order."""


@dataclass(slots=True)
class Session:
    """The accumulator of one connection's mining messages.

    `dialects`, `algorithms` and `coins` count what each message speaks for; `clients` how often each side spoke as a
    miner. `is_proven` says that what was read is mining and nothing else; a mere `login` is not. `known_since` is the
    time since which shares can be valued, `known_us` the time of earlier such spans, `gone_us` that of gaps in them.
    """

    dialects: dict[str, int] = field(default_factory=dict)
    algorithms: dict[str, int] = field(default_factory=dict)
    coins: dict[str, int] = field(default_factory=dict)
    clients: list[int] = field(default_factory=lambda: [0, 0])
    is_proven: bool = False
    software: str | None = None
    logins: dict[str, str | None] = field(default_factory=dict)
    worker: str | None = None
    jobs: int = 0
    logins_accepted: int = 0
    logins_refused: int = 0
    first_work: int | None = None
    requests: Requests = field(default_factory=Requests)
    book: ShareBook = field(default_factory=ShareBook)
    has_targets: bool = False
    is_separate: bool = False
    changes: list[list[Any]] = field(default_factory=list)
    reported: list[float] = field(default_factory=list)
    known_since: int | None = None
    known_us: int = 0
    gone_us: int = 0
    retargets: int = 0
    retarget_bytes: dict[str, int] = field(default_factory=dict)
    other_ids: dict[str, int] = field(default_factory=dict)
    chain: Chain = field(default_factory=Chain)
    notes: dict[str, Any] = field(default_factory=dict)

    def speak(self, side: int, dialect: str, weight: int = 1, *, is_client: bool) -> None:
        """Note that `side` said something of `dialect` as a miner or as a pool."""
        self.is_proven = True
        self.clients[side if is_client else 1 - side] += 1
        self.dialects[dialect] = self.dialects.get(dialect, 0) + weight

    def hint(self, algorithm: str | None = None, coin: str | None = None, weight: int = 1) -> None:
        """Note that a message speaks for an algorithm or a coin."""
        if algorithm and (algorithm in self.algorithms or len(self.algorithms) < MAX_HINTS):
            self.algorithms[algorithm] = self.algorithms.get(algorithm, 0) + weight
        if coin and (coin in self.coins or len(self.coins) < MAX_HINTS):
            self.coins[coin] = self.coins.get(coin, 0) + weight

    def name_software(self, value: object) -> None:
        """Keep what the client calls itself, the first time."""
        if self.software is None:
            self.software = clean_text(value, MAX_SOFTWARE)

    def log_in(self, value: object, worker: object = None) -> None:
        """Keep a login as sent, with the worker where it stood apart."""
        text = clean_text(value)
        name = clean_text(worker)
        if text is not None and (text in self.logins or len(self.logins) < MAX_LOGINS):
            self.logins[text] = name or self.logins.get(text)
        if name is not None and self.worker is None:
            self.worker = name

    def ask(self, side: int, number: object, kind: str, time: int, size: int = 0) -> None:
        """Remember a request that is no share."""
        if kind == "other" and size:
            self.book.other_bytes = size
        name = name_id(number)
        if name is not None:
            self.requests.put(side, name, [kind, time, None, False])
            if kind == "other" and (name in self.other_ids or len(self.other_ids) < MAX_HINTS):
                self.other_ids[name] = self.other_ids.get(name, 0) + 1

    def answer_login(self, *, is_accepted: bool) -> None:
        """Count the answer to a login."""
        if is_accepted:
            self.logins_accepted += 1
        else:
            self.logins_refused += 1

    def set_worth(self, worth: Worth | None, time: int, *, size: int = 0) -> None:
        """Put a difficulty or target in force for the jobs that follow, sent apart from them in `size` bytes."""
        if worth is None:
            return
        self.is_separate = True
        if size:
            self.retargets += 1
            if str(size) in self.retarget_bytes or len(self.retarget_bytes) < MAX_HINTS:
                self.retarget_bytes[str(size)] = 1
        if not is_plain(worth):
            self.has_targets = True
        elif self.has_targets:
            # pools that send targets send a difficulty beside them that means nothing
            return
        self._use(worth, time)

    def give_job(self, job: str | None, mark: Mark, worth: Worth | None = None) -> None:
        """Count a piece of work, with what its shares are worth where the job itself says so."""
        self.jobs += 1
        if self.first_work is None:
            self.first_work = mark[0]
        if worth is not None:
            self.has_targets = self.has_targets or not is_plain(worth)
            self._use(worth, mark[0])
        self.book.give_job(job, self.book.worth)

    def send_share(
        self, side: int, number: object, job: str | None, nonce: str, time: int, size: int, worth: Worth | None = None
    ) -> None:
        """Count a share and wait for its answer."""
        worth, is_repeat = self.book.send(job, nonce[:512], size, worth)
        if self.first_work is None:
            self.first_work = time
        name = UNNAMED if number is None else name_id(number)
        if name is not None:
            self.requests.put(side, name, ["share", time, worth, is_repeat])

    def take_answer(self, side: int, number: object, time: int) -> list[Any] | None:
        """Return the request of the other side that an answer of `side` belongs to."""
        name = name_id(number)
        return None if name is None else self.requests.take(1 - side, name, time)

    def take_unnamed(self, side: int, time: int) -> list[Any] | None:
        """Return the oldest share without an id of the other side that an answer without one belongs to."""
        return self.requests.take(1 - side, UNNAMED, time)

    def is_fixed_id(self, number: object) -> bool:
        """Whether a client uses an id again and again for requests that are no shares."""
        return self.other_ids.get(name_id(number) or "", 0) > 1

    def settle(self, entry: list[Any] | None, verdict: str, time: int) -> None:
        """Count a pool's word on a share; `entry` is None where the share itself was not seen."""
        if entry is None:
            self.book.hear_orphan(verdict, time)
        elif entry[0] == "share":
            self.book.settle(entry[2], verdict, is_repeat=entry[3])

    def report_rate(self, rate: float | None) -> None:
        """Keep a hash rate that the client claims."""
        if rate is not None and rate > 0:
            self.reported.append(rate)
            if len(self.reported) > MAX_REPORTS:
                self.reported = self.reported[::2]

    def lose(self, *, is_client: bool, since: int, time: int, lost: int, gone_us: int, is_silent: bool) -> None:
        """Account for `lost` bytes between two times; `gone_us` is what neither side was captured of that time."""
        self.gone_us += gone_us
        if not is_client:
            self.chain.lose()
        if is_client:
            if not is_silent:
                self.book.lose(since, time, lost)
        elif self.is_separate and (self.retargets > 1 if is_silent else self._fits_retarget(lost)):
            # a lost change of difficulty: shares have no known worth until the next one
            self.forget_worth(time)

    def overlap_known(self, since: int, until: int) -> int:
        """Return how much of a span lies in the time during which shares can be valued."""
        return 0 if self.known_since is None else max(0, until - max(since, self.known_since))

    def forget_worth(self, time: int) -> None:
        """Note that the difficulty in force is unknown from now on."""
        if self.known_since is not None:
            self.known_us += time - self.known_since
            self.known_since = None
        self.book.worth = None
        self.book.jobs.clear()

    def value_again(self, jobs: list[list[Any]]) -> None:
        """Value the jobs so far ([time, name, worth] of each) by what was learnt since."""
        self.changes.clear()
        for time, job, worth in jobs:
            self._use(worth, time)
            self.book.give_job(job, worth)

    def measure(self, ended: int) -> int:
        """Return the time in us during which shares could be sent and valued, gaps taken out."""
        known = self.known_us + (ended - self.known_since if self.known_since is not None else 0)
        return max(0, known - self.gone_us)

    def _use(self, worth: Worth, time: int) -> None:
        if self.known_since is None:
            self.known_since = time
        self.book.worth = worth
        if not self.changes or self.changes[-1][1] != worth:
            self.changes.append([time, worth])
            if len(self.changes) > MAX_CHANGES:
                # every second one goes, the newest stays
                self.changes = self.changes[:-1:2] + self.changes[-1:]

    def _fits_retarget(self, lost: int) -> bool:
        """Whether so many lost bytes are a change of difficulty, by the length that earlier ones had."""
        return self.retargets > 1 and any(abs(lost - int(size)) <= TOLERANCE_BYTES for size in self.retarget_bytes)
