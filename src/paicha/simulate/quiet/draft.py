"""Sessions of one class in the making: when each side says how much, drawn for all sessions at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.simulate.wire.columns import Messages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

PLAIN, TLS13, TLS12_GCM, TLS12_CHACHA, TLS12_CBC = range(5)
"""How messages are protected."""

_EXTRA = np.array([0, 22, 29, 21, 0])
RECORD_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Events:
    """Moments of many sessions, one element each: the session's number, and the time in seconds."""

    session: Ints
    time: Floats

    def __len__(self) -> int:
        return len(self.session)


@dataclass(slots=True)
class Draft:
    """`n` sessions of one class: beginnings and ends in seconds, round trips, and the messages so far.

    Every draw of a session's habits is an array of `n`; what is drawn for each event has one element per event.
    """

    rng: np.random.Generator
    start: Floats
    end: Floats
    rtt: Floats
    security: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    parts: list[tuple[Events, bool, Ints]] = field(default_factory=list)

    @property
    def n(self) -> int:
        """How many sessions there are."""
        return len(self.start)

    def between(self, low: float, high: float) -> Floats:
        """Return a number per session, even between the bounds."""
        return self.rng.uniform(low, high, self.n)

    def spread(self, low: float, high: float) -> Floats:
        """Return a number per session, even on a logarithmic scale between the bounds."""
        return np.exp(self.rng.uniform(np.log(low), np.log(high), self.n))

    def pick(self, *values: float) -> Floats:
        """Return one of the values per session, each as likely."""
        return np.asarray(values, np.float64)[self.rng.integers(0, len(values), self.n)]

    def happens(self, part: float) -> NDArray[np.bool_]:
        """Return per session whether something of this probability is so."""
        return self.rng.random(self.n) < part

    def every(self, period: Floats | float, *, jitter: Floats | float = 0.0, begin: Floats | float = 1.6) -> Events:
        """Return the ticks of a clock per session, each `jitter` × period early or late; no drift adds up."""
        periods = np.broadcast_to(np.asarray(period, np.float64), self.n)
        first = self.start + begin + periods * self.rng.random(self.n)
        counts = np.maximum(0, np.floor((self.end - first) / periods) + 1).astype(np.int64)
        session = np.repeat(np.arange(self.n), counts)
        order = np.arange(len(session)) - np.repeat(np.cumsum(counts) - counts, counts)
        shift = np.broadcast_to(np.asarray(jitter, np.float64), self.n) * periods
        moved = order * periods[session] + self.rng.uniform(-1.0, 1.0, len(session)) * shift[session]
        return Events(session, first[session] + np.maximum(moved, 0.0))

    def drift(self, period: Floats | float, *, shape: float = 60.0, begin: Floats | float = 1.6) -> Events:
        """Return events whose gaps are drawn one after the other (gamma of this shape): a timer set anew each time."""
        periods = np.broadcast_to(np.asarray(period, np.float64), self.n)
        spans = np.maximum(self.end - self.start - begin, 0.0)
        counts = (spans / periods * 1.1 + 3).astype(np.int64)
        session = np.repeat(np.arange(self.n), counts)
        gaps = self.rng.gamma(shape, 1.0 / shape, len(session)) * periods[session]
        total = np.cumsum(gaps)
        before = np.repeat(total[np.cumsum(counts) - counts] - gaps[np.cumsum(counts) - counts], counts)
        time = (self.start + begin)[session] + total - before
        return self.keep(Events(session, time))

    def poisson(self, rate: Floats | float) -> Events:
        """Return events without memory, `rate` a second, in order of session but not of time."""
        counts = self.rng.poisson(np.broadcast_to(rate, self.n) * (self.end - self.start))
        session = np.repeat(np.arange(self.n), counts)
        low = self.start[session]
        return Events(session, low + 1.6 + self.rng.random(len(session)) * np.maximum(self.end[session] - low - 1.6, 0))

    def bursts(self, rate: Floats | float, mean_count: Floats | float, gap_s: Floats | float) -> Events:
        """Return clusters: beginnings without memory, then a geometric number of events with exponential gaps."""
        heads = self.poisson(rate)
        mean = np.broadcast_to(np.asarray(mean_count, np.float64), self.n)[heads.session]
        counts = self.rng.geometric(1.0 / np.maximum(mean, 1.0))
        which = np.repeat(np.arange(len(heads)), counts)
        session = heads.session[which]
        gaps = self.rng.exponential(1.0, len(session)) * np.broadcast_to(np.asarray(gap_s, np.float64), self.n)[session]
        total = np.cumsum(gaps)
        first = np.cumsum(counts) - counts
        before = np.repeat(total[first], counts) if len(which) else total
        return self.keep(Events(session, heads.time[which] + total - before))

    def first(self) -> Events:
        """Return the beginnings of the sessions."""
        return Events(np.arange(self.n), self.start.copy())

    def ready(self) -> Events:
        """Return when the sessions can begin to talk: TCP and TLS are through."""
        late = self.rng.exponential(0.02, self.n)
        return Events(np.arange(self.n), self.start + 4.4 * self.rtt + 0.03 + late)

    def before(self, events: Events, lead_s: float) -> Events:
        """Return moments just before the events."""
        return Events(events.session, events.time - lead_s)

    def keep(self, events: Events, chosen: NDArray[np.bool_] | None = None) -> Events:
        """Return the events within their session, or the chosen ones of these."""
        inside = (events.time >= self.start[events.session]) & (events.time <= self.end[events.session])
        rows = inside if chosen is None else inside & chosen
        return Events(events.session[rows], events.time[rows])

    def some(self, events: Events, part: Floats | float) -> Events:
        """Return a random part of the events, by session."""
        chance = np.broadcast_to(np.asarray(part, np.float64), self.n)[events.session]
        return self.keep(events, self.rng.random(len(events)) < chance)

    def only(self, events: Events, sessions: NDArray[np.bool_]) -> Events:
        """Return the events of the chosen sessions."""
        return self.keep(events, sessions[events.session])

    def idle(self, events: Events, timeout: Floats | float) -> Events:
        """Return the moments at which nothing has happened for another `timeout` seconds."""
        limits = np.broadcast_to(np.asarray(timeout, np.float64), self.n)
        session = np.concatenate([np.arange(self.n), events.session, np.arange(self.n)])
        time = np.concatenate([self.start, events.time, self.end])
        order = np.lexsort((time, session))
        session, time = session[order], time[order]
        gaps = np.diff(time, append=time[-1:])
        is_last = np.append(session[1:] != session[:-1], True)
        counts = np.where(is_last, 0, np.floor(gaps / limits[session])).astype(np.int64)
        which = np.repeat(np.arange(len(session)), counts)
        nth = np.arange(len(which)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        # timers are a little late, by milliseconds
        late = self.rng.exponential(0.003, len(which))
        return self.keep(Events(session[which], time[which] + nth * limits[session[which]] + late))

    def merge(self, *parts: Events) -> Events:
        """Return all events of several kinds."""
        return Events(np.concatenate([one.session for one in parts]), np.concatenate([one.time for one in parts]))

    def after(self, events: Events, delay_s: Floats | float = 0.0, *, to_client: bool = True) -> Events:
        """Return when answers are seen: after a round trip where the server answers, and what it takes to think."""
        delay = np.broadcast_to(np.asarray(delay_s, np.float64), self.n)[events.session]
        think = delay * self.rng.lognormal(0.0, 0.35, len(events)) + 0.0003
        return Events(events.session, events.time + think + (self.rtt[events.session] if to_client else 0.0))

    def around(self, events: Events, size: Floats | float, noise: Floats | float = 0.0) -> Floats:
        """Return a size per event: the session's own, up to `noise` (in bytes, of the session) more or less."""
        base = np.broadcast_to(np.asarray(size, np.float64), self.n)[events.session]
        width = np.broadcast_to(np.asarray(noise, np.float64), self.n)[events.session]
        return np.maximum(1.0, np.rint(base + self.rng.uniform(-1.0, 1.0, len(events)) * width))

    def varied(self, events: Events, median: Floats | float, sigma: Floats | float, least: float = 1.0) -> Floats:
        """Return a log-normal size per event around the session's median."""
        middle = np.broadcast_to(np.asarray(median, np.float64), self.n)[events.session]
        width = np.broadcast_to(np.asarray(sigma, np.float64), self.n)[events.session]
        return np.maximum(least, np.rint(middle * np.exp(width * self.rng.standard_normal(len(events)))))

    def say(self, events: Events, to_server: bool, size: Any) -> None:
        """Add a message at each event; `size` (bytes before protection) is one number or one per event."""
        whole = np.maximum(1, np.broadcast_to(np.asarray(size), len(events))).astype(np.int64)
        if len(self.security):
            whole = protect(whole, self.security[events.session])
        self.parts.append((events, to_server, whole))

    def say_raw(self, events: Events, to_server: bool, size: Any) -> None:
        """Add a message of this size on the wire, as handshakes need it."""
        sizes = np.broadcast_to(np.asarray(size), len(events)).astype(np.int64)
        self.parts.append((events, to_server, sizes))

    def to_messages(self) -> Messages:
        """Return all messages as columns, times in microseconds."""
        session = np.concatenate([events.session for events, _, _ in self.parts])
        time = np.concatenate([events.time for events, _, _ in self.parts])
        side = np.concatenate([np.full(len(events), to_server) for events, to_server, _ in self.parts])
        size = np.concatenate([size for _, _, size in self.parts])
        rows = size > 0
        stamps = np.rint(time * 1e6).astype(np.int64)
        return Messages(session.astype(np.int32)[rows], stamps[rows], side[rows], size[rows])


def protect(size: Ints, security: Ints) -> Ints:
    """Return sizes on the wire of application data: records of 16 KiB with header, type or nonce, and tag or padding.

    TLS 1.3 (RFC 8446 5.2): 5 + 1 + 16; TLS 1.2 with GCM (RFC 5288): 5 + 8 + 16, with ChaCha20 (RFC 7905): 5 + 16, with
    CBC and SHA-1 (RFC 5246 6.2.3.2): 5 + 16, then data and 20 bytes of MAC padded to whole blocks.
    """
    records = -(-size // RECORD_BYTES)
    padded = 21 + (size + 20 + 16) // 16 * 16
    result: Ints = np.where(security == TLS12_CBC, padded, size + records * _EXTRA[security])
    return result
