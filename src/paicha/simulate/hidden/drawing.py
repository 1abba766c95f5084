"""Hidden miners drawn from a seed: who mines what, in which cover, for how long."""

from __future__ import annotations

import dataclasses
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from paicha.simulate.hidden.chains import BY_SYMBOL, COINS, draw_blocks, schedule_jobs
from paicha.simulate.hidden.course import Course, Pace
from paicha.simulate.hidden.covers import join_writes, open_tls_12, open_tls_13, seal
from paicha.simulate.hidden.second import SecondCourse, SecondPlan
from paicha.simulate.hidden.sessions import Ends, HiddenSession, HiddenTruth, Saying, draw_habits
from paicha.simulate.hidden.tunnels import TUNNELS, wrap_tunnel
from paicha.simulate.miners import plan_miner

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.simulate.dialects.contract import MinerSpec
    from paicha.simulate.hidden.chains import Coin

KINDS = ("clear", "tls13", "tls12", "wireguard", "openvpn", "esp", "stratum-v2")

START_US = 1_750_000_000_000_000
MINER_BASE, POOL_BASE = 0x0A800000, 0xC613C000
"""Miners are in 10.128.0.0/10, pools in 198.19.192.0/18 (RFC 2544), so that nobody real is meant."""

VARDIFF_SHARES = 10
"""A pool looks at so many expected shares at least before it changes the difficulty (node-stratum-pool keeps 24)."""

POOLS_PER_COIN = 24
LONGEST_S = 6 * 3600.0
TLS_PORTS = (443, 443, 443, 8443, 9999, 14444, 20128, 5555)
PLAIN_PORTS = (443, 80, 3333, 4444, 8080, 9999, 5555)


@dataclass(frozen=True, slots=True)
class World:
    """What all sessions of one capture share: its beginning, and the blocks of every chain by its seed."""

    seed: int
    start_us: int = START_US
    span_s: float = 48 * 3600.0

    def find_blocks(self, coin: Coin, begin_s: float, end_s: float) -> list[float]:
        """Return the blocks of a chain between two times in seconds after the beginning."""
        chain = _draw_chain(self.seed, coin.symbol, self.span_s)
        return list(chain[bisect_left(chain, begin_s) : bisect_right(chain, end_s)])


@lru_cache(maxsize=64)
def _draw_chain(seed: int, symbol: str, span_s: float) -> tuple[float, ...]:
    return tuple(draw_blocks(BY_SYMBOL[symbol], -3600.0, span_s, random.Random(f"{seed}/{symbol}")))


def format_address(number: int) -> str:
    """Return an IPv4 address as text."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def draw_duration(rng: random.Random) -> float:
    """Return the seconds that a session is seen: ten minutes to six hours, even on a logarithmic scale."""
    return float(600.0 * (LONGEST_S / 600.0) ** rng.random())


def draw_ends(coin: Coin, port: int, rng: random.Random) -> Ends:
    """Return a miner and one of the coin's pools, few of which have most of the miners."""
    pool = POOL_BASE + COINS.index(coin) * 256 + int(POOLS_PER_COIN * rng.random() ** 2)
    return Ends(MINER_BASE + 256 + rng.randrange(1 << 21), rng.randint(32_768, 60_999), pool, port)


def plan_session(coin: Coin, rng: random.Random, ends: Ends, start_us: int, duration_s: float) -> MinerSpec:
    """Return the specification of a miner of the coin: one in twelve so slow that shares are 15 to 90 min apart."""
    profile = rng.choice(coin.profiles)
    is_slow = rng.random() < 1 / 12
    share_s = 60 * rng.uniform(15, 90) if is_slow else 3.0 * 20.0 ** rng.random()
    spec = plan_miner(
        profile, rng, client=format_address(ends.client), server=format_address(ends.server), start_us=start_us,
        client_port=ends.client_port, server_port=ends.server_port, duration_s=duration_s,
        share_interval_s=share_s, policy="constant" if is_slow or rng.random() < 0.3 else "vardiff",
        retarget_s=max(rng.choice((60.0, 90.0, 120.0, 180.0)), VARDIFF_SHARES * share_s),
        latency_ms=min(250.0, 45 * rng.lognormvariate(0.0, 0.6)),
    )  # fmt: skip
    rate = spec.hash_rate * rng.lognormvariate(0.0, 0.9)
    # at first the pool does not know how fast the miner is
    first = rate * spec.share_interval_s * (1.0 if is_slow or spec.policy == "constant" else rng.uniform(0.2, 4.0))
    return dataclasses.replace(spec, hash_rate=rate, work=first)


def draw_pace(spec: MinerSpec, coin: Coin, world: World, rng: random.Random) -> Pace:
    """Return the pace of a session: work at the chain's blocks and the pool's timer, thinking time, refusals."""
    begin = (spec.start_us - world.start_us) / 1e6
    blocks = [block - begin for block in world.find_blocks(coin, begin, begin + spec.duration_s)]
    polls = spec.dialect == "ethproxy" and rng.random() < 0.6
    return Pace(
        schedule_jobs(coin, blocks, 0.0, spec.duration_s, rng), rng.choice((0.001, 0.005, 0.02, 0.06)),
        rng.uniform(1.0, 10.0) if polls else 0.0, rng.choice((0.0, 0.0, 0.005, 0.02)), rng.choice((0.0, 0.002, 0.01)),
    )  # fmt: skip


def tell_truth(
    spec: MinerSpec, coin: Coin, world: World, ends: Ends, sayings: Sequence[Saying], kind: str, part: str = "miner",
    relay: int | None = None,
) -> HiddenTruth:  # fmt: skip
    """Return the truth about a session of JSON from what was said in it."""
    begin = (spec.start_us - world.start_us) / 1e6
    blocks = world.find_blocks(coin, begin, begin + spec.duration_s)
    times = {
        role: tuple(one.time_us for one in sayings if one.role == role)
        for role in ("share", "accepted", "refused", "job", "retarget")
    }
    return HiddenTruth(
        kind, part, spec.dialect, coin.symbol, spec.algorithm, ends, spec.start_us,
        spec.start_us + round(spec.duration_s * 1e6), spec.hash_rate,
        "Sol/s" if spec.algorithm.startswith("equihash") else "H/s", times["share"], times["accepted"],
        (1,) * len(times["accepted"]), times["refused"], tuple(sorted((*times["job"], *times["retarget"]))),
        times["retarget"],
        tuple(world.start_us + round(block * 1e6) for block in blocks), relay,
    )  # fmt: skip


def say_course(spec: MinerSpec, pace: Pace, seed: int, shift_us: int = 0) -> list[Saying]:
    """Return what is said in a session of JSON, `shift_us` later than in clear text."""
    return [
        Saying(spec.start_us + round(told.time_s * 1e6) + shift_us, told.line.to_server, told.line.data, told.role)
        for told in Course(spec, pace, seed).run()
    ]


def cover_session(spec: MinerSpec, pace: Pace, kind: str, rng: random.Random) -> tuple[list[Saying], list[Saying]]:
    """Return what is said in a session, and how it looks on the wire in clear text or TLS."""
    rtt_us = round(spec.latency_ms * 1000)
    seed = rng.getrandbits(62)
    within = 300 if rng.random() < 0.5 else 0
    if kind == "clear":
        plain = say_course(spec, pace, seed)
        return plain, join_writes(plain, within) if within else plain
    name = spec.host if rng.random() < 0.4 else None
    opened, ready_us = (open_tls_13 if kind == "tls13" else open_tls_12)(spec.start_us, rtt_us, name, rng)
    plain = say_course(spec, pace, seed, ready_us - spec.start_us - round(1.2 * rtt_us))
    cipher = kind if kind == "tls13" or rng.random() < 0.8 else "tls12-chacha"
    sealed = seal(join_writes(plain, within) if within else plain, cipher, rng)
    return plain, [*opened, *sealed]


def hold_session(
    spec: MinerSpec, coin: Coin, kind: str, world: World, ends: Ends, rng: random.Random, unseen_us: int = 0
) -> HiddenSession:
    """Return a session of a miner of JSON in its cover."""
    pace = draw_pace(spec, coin, world, rng)
    inside = rng.choice(("clear", "tls13")) if kind in TUNNELS else kind
    plain, sayings = cover_session(spec, pace, inside, rng)
    truth = tell_truth(spec, coin, world, ends, plain, kind)
    habits = draw_habits(rng, round(spec.latency_ms * 1000))
    session = HiddenSession(truth, tuple(sayings), habits, spec.start_us + unseen_us)
    return wrap_tunnel(session, kind, rng) if kind in TUNNELS else session


def draw_miner(kind: str, world: World, seed: int, *, window_s: float, joined_part: float = 0.1) -> HiddenSession:
    """Return a miner in one of `KINDS` that begins within `window_s`; the same seed gives the same session.

    Raises:
        ValueError: the kind is unknown.
    """
    if kind not in KINDS:
        raise ValueError(f"no such kind of hidden miner: {kind!r}")
    rng = random.Random(f"{seed}/{kind}")
    start_us = world.start_us + round(rng.uniform(0.0, window_s) * 1e6)
    unseen_us = round(rng.expovariate(1 / 1200) * 1e6) if rng.random() < joined_part else 0
    duration_s = min(draw_duration(rng) + unseen_us / 1e6, world.span_s)
    if kind == "stratum-v2":
        return _draw_second(world, rng, start_us, duration_s, unseen_us)
    coin = rng.choice(COINS)
    ends = draw_ends(coin, rng.choice(TLS_PORTS if kind in {"tls13", "tls12"} else PLAIN_PORTS), rng)
    return hold_session(plan_session(coin, rng, ends, start_us, duration_s), coin, kind, world, ends, rng, unseen_us)


def draw_reconnecting_miner(kind: str, world: World, seed: int, *, pieces: int, window_s: float) -> list[HiddenSession]:
    """Return one miner's connections one after the other, each of 2 to 60 min, new ones after 3 to 90 s.

    Raises:
        ValueError: the kind is not one of JSON over TCP (clear, tls13, tls12).
    """
    if kind not in {"clear", "tls13", "tls12"}:
        raise ValueError(f"no reconnecting miners of this kind: {kind!r}")
    rng = random.Random(f"{seed}/{kind}/again")
    coin = rng.choice(COINS)
    ends = draw_ends(coin, rng.choice(PLAIN_PORTS if kind == "clear" else TLS_PORTS), rng)
    start_us = world.start_us + round(rng.uniform(0.0, window_s) * 1e6)
    first = plan_session(coin, rng, ends, start_us, 120.0)
    sessions = []
    for _ in range(pieces):
        ends = dataclasses.replace(ends, client_port=rng.randint(32_768, 60_999))
        spec = dataclasses.replace(
            first, start_us=start_us, duration_s=120.0 * 30.0 ** rng.random(), client_port=ends.client_port
        )
        sessions.append(hold_session(spec, coin, kind, world, ends, rng))
        start_us += round((spec.duration_s + rng.uniform(3.0, 90.0)) * 1e6)
    return sessions


def _draw_second(world: World, rng: random.Random, start_us: int, duration_s: float, unseen_us: int) -> HiddenSession:
    """Return a miner that speaks Stratum V2."""
    coin = BY_SYMBOL["BTC"]
    ends = draw_ends(coin, rng.choice((34254, 34254, 3336, 443)), rng)
    begin = (start_us - world.start_us) / 1e6
    blocks = world.find_blocks(coin, begin, begin + duration_s)
    is_slow = rng.random() < 1 / 12
    rtt_s = min(0.25, 0.045 * rng.lognormvariate(0.0, 0.6))
    batch, batch_s = rng.choice(((1, 0.0), (1, 0.0), (1, 0.0), (5, 0.0), (10, 0.0), (1, 1.0), (1, 5.0), (1, 10.0)))
    share_s = 60 * rng.uniform(15, 90) if is_slow else 3.0 * 20.0 ** rng.random()
    plan = SecondPlan(
        duration_s, rtt_s, 1.0e14 * rng.lognormvariate(0.0, 0.9), share_s,
        schedule_jobs(coin, [block - begin for block in blocks], 0.0, duration_s, rng), rng.random() < 0.4, batch,
        batch_s, max(rng.choice((60.0, 90.0, 120.0, 180.0)), VARDIFF_SHARES * share_s),
        is_slow or rng.random() < 0.3, rng.choice((0.0, 0.0, 0.005, 0.02)), rng.choice((0.0, 0.0, 60.0, 300.0)),
        rng.randint(8, 70), rng.randint(9, 32), rng.choice((0.001, 0.005, 0.02)),
    )  # fmt: skip
    told = SecondCourse(plan, rng.getrandbits(62)).run()
    sayings = tuple(
        Saying(start_us + round(one.time_s * 1e6), one.to_server, rng.randbytes(one.size), one.role) for one in told
    )
    times = {
        role: tuple(one.time_us for one in sayings if one.role == role)
        for role in ("share", "accepted", "refused", "job", "block", "target")
    }
    truth = HiddenTruth(
        "stratum-v2", "miner", "stratum-v2", coin.symbol, "sha256d", ends, start_us, start_us + round(duration_s * 1e6),
        plan.hash_rate, "H/s", times["share"], times["accepted"],
        tuple(one.count for one in told if one.role == "accepted"), times["refused"],
        tuple(sorted((*times["job"], *times["block"]))), times["target"],
        tuple(world.start_us + round(block * 1e6) for block in blocks),
    )  # fmt: skip
    return HiddenSession(truth, sayings, draw_habits(rng, round(rtt_s * 1e6)), start_us + unseen_us)


def draw_hidden_sessions(
    count: int,
    seed: int,
    *,
    kinds: Sequence[str] = KINDS,
    start_us: int = START_US,
    window_s: float = 6 * 3600.0,
    joined_part: float = 0.1,
) -> list[HiddenSession]:
    """Return `count` hidden miners, the kinds in turn; all mine on the same chains, and the seed decides.

    Raises:
        ValueError: a kind is unknown.
    """
    world = World(seed, start_us)
    return [
        draw_miner(kinds[n % len(kinds)], world, seed * 1_000_003 + n, window_s=window_s, joined_part=joined_part)
        for n in range(count)
    ]
