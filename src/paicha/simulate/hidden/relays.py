"""Private relays: many miners inside speak to one host, and it to a pool for all of them (as xmrig-proxy does)."""

from __future__ import annotations

import dataclasses
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.simulate.hidden.chains import BY_SYMBOL
from paicha.simulate.hidden.course import Pace
from paicha.simulate.hidden.drawing import (
    MINER_BASE,
    START_US,
    World,
    cover_session,
    draw_ends,
    draw_pace,
    format_address,
    tell_truth,
)
from paicha.simulate.hidden.sessions import Ends, HiddenSession, draw_habits
from paicha.simulate.miners import plan_miner

if TYPE_CHECKING:
    from paicha.simulate.dialects.contract import MinerSpec
    from paicha.simulate.hidden.sessions import Saying

RELAY_AGENT = "xmrig-proxy/6.22.0 (Linux x86_64) libuv/1.44.2 gcc/11.4.0"


@dataclass(frozen=True, slots=True)
class RelayPlan:
    """A relay: how many miners, over how many upstream connections, in which cover on each side.

    With `is_easier` the relay sets the miners' difficulty itself, several times easier than the pool's: it answers
    every share at once and sends up only those that meet the pool's.
    """

    clients: int
    upstreams: int = 1
    coin: str = "XMR"
    inside: str = "clear"
    outside: str = "tls13"
    is_easier: bool = False
    duration_s: float = 3600.0
    share_interval_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay's sessions: upstream ones first, then its clients'; the relay's address and the sum of hash rates."""

    address: int
    hash_rate: float
    sessions: tuple[HiddenSession, ...]


def draw_relay(plan: RelayPlan, seed: int, *, start_us: int = START_US) -> Relay:
    """Return a relay with its miners, split evenly over the upstream connections; the seed decides."""
    rng, world = random.Random(f"{seed}/relay"), World(seed, start_us)
    address = MINER_BASE + 0x300000 + rng.randrange(1 << 16)
    rates = [BASE_RATE[plan.coin] * rng.lognormvariate(0.0, 0.7) for _ in range(plan.clients)]
    upstream: list[HiddenSession] = []
    inner: list[HiddenSession] = []
    for number in range(plan.upstreams):
        own = rates[number :: plan.upstreams]
        if own:
            up, down = _draw_branch(plan, world, rng, address, own)
            upstream.append(up)
            inner += down
    return Relay(address, sum(rates), (*upstream, *inner))


BASE_RATE = {"XMR": 3000.0, "RVN": 2.5e7, "BTC": 1.0e14}
"""Hash rate of a typical client of each coin that relays are drawn for."""

_PROFILES = {"XMR": "monero", "RVN": "ravencoin", "BTC": "bitcoin-asic"}


def _draw_branch(
    plan: RelayPlan, world: World, rng: random.Random, address: int, rates: list[float]
) -> tuple[HiddenSession, list[HiddenSession]]:
    """Return one upstream connection and its miners."""
    coin = BY_SYMBOL[plan.coin]
    ends = dataclasses.replace(draw_ends(coin, rng.choice((443, 9000, 14433, 3333)), rng), client=address)
    start_us = world.start_us + rng.randint(0, 30_000_000)
    spec = plan_miner(
        _PROFILES[plan.coin], rng, client=format_address(address), server=format_address(ends.server),
        start_us=start_us, client_port=ends.client_port, server_port=ends.server_port, duration_s=plan.duration_s,
        hash_rate=sum(rates), software=RELAY_AGENT if plan.coin == "XMR" else None,
        share_interval_s=plan.share_interval_s, policy="constant", latency_ms=rng.uniform(15, 150),
    )  # fmt: skip
    plain, sayings = cover_session(spec, draw_pace(spec, coin, world, rng), plan.outside, rng)
    truth = tell_truth(spec, coin, world, ends, plain, plan.outside, "relay-upstream", address)
    habits = draw_habits(rng, round(spec.latency_ms * 1000))
    upstream = HiddenSession(truth, tuple(sayings), habits, start_us)
    return upstream, _draw_clients(plan, world, rng, spec, plain, rates)


def _draw_clients(
    plan: RelayPlan, world: World, rng: random.Random, above: MinerSpec, plain: list[Saying], rates: list[float]
) -> list[HiddenSession]:
    """Return the miners behind one upstream connection; every share that went up is one of theirs."""
    shares = [one.time_us for one in plain if one.role == "share"]
    answers = sorted(one.time_us for one in plain if one.role in {"accepted", "refused"})
    pushes = [one.time_us for one in plain if one.role == "job"]
    starts = [above.start_us + rng.randint(0, 60_000_000) for _ in rates]
    # the first is there when the relay begins: it is why it connects
    starts[0] = above.start_us
    owners = [_choose_owner(share, starts, rates, rng) for share in shares]
    port = rng.choice((3333, 443, 8080, 5555))
    sessions = []
    for number, rate in enumerate(rates):
        mine = [
            (share, answer) for share, answer, owner in zip(shares, answers, owners, strict=False) if owner == number
        ]
        easier = rng.uniform(4.0, 12.0) if plan.is_easier else 1.0
        start_us = starts[number]
        end_us = above.start_us + round(above.duration_s * 1e6)
        client = MINER_BASE + 0x200000 + rng.randrange(1 << 18)
        ends = Ends(client, rng.randint(32_768, 60_999), above_address(above), port)
        part = sum(rates) / rate
        spec = plan_miner(
            _PROFILES[plan.coin], rng, client=format_address(client), server=above.client, start_us=start_us,
            client_port=ends.client_port, server_port=port, duration_s=(end_us - start_us) / 1e6,
            hash_rate=rate, work=above.hash_rate * above.share_interval_s / easier, latency_ms=rng.uniform(0.2, 4.0),
            share_interval_s=above.share_interval_s * part / easier, policy="constant",
        )  # fmt: skip
        pace = _follow(spec, mine, pushes, easier, rng)
        said, sayings = cover_session(spec, pace, plan.inside, rng)
        coin = BY_SYMBOL[plan.coin]
        truth = tell_truth(spec, coin, world, ends, said, plan.inside, "relay-client", ends.server)
        habits = draw_habits(rng, round(spec.latency_ms * 1000))
        sessions.append(HiddenSession(truth, tuple(sayings), habits, start_us))
    return sessions


def _choose_owner(share_us: int, starts: list[int], rates: list[float], rng: random.Random) -> int:
    """Return whose a share is: one of those that were there a second before, by hash rate."""
    weights = [rate if start + 1_000_000 < share_us else 0.0 for start, rate in zip(starts, rates, strict=True)]
    return rng.choices(range(len(rates)), weights=weights)[0] if any(weights) else 0


def above_address(above: MinerSpec) -> int:
    """Return the relay's address as a number."""
    return int.from_bytes(bytes(int(part) for part in above.client.split(".")), "big")


def _follow(
    spec: MinerSpec,
    mine: list[tuple[int, int]],
    pushes: list[int],
    easier: float,
    rng: random.Random,
) -> Pace:
    """Return the pace of a relay's client: work a moment after the pool sent it, shares a moment before they go up."""

    def shift(time_us: int, by_s: float) -> float:
        return (time_us - spec.start_us) / 1e6 + by_s

    rtt = spec.latency_ms / 1000
    work = spec.work or spec.hash_rate * spec.share_interval_s
    given = [(shift(share, -rtt / 2 - 0.0004), shift(answer, rtt / 2 + 0.0004)) for share, answer in mine]
    if easier > 1.0:
        # what does not meet the pool's difficulty ends at the relay
        given = [(share, share + rtt + 0.0003) for share, _ in given]
        extra, now = spec.hash_rate / work * (1.0 - 1.0 / easier), 1.0
        while (now := now + rng.expovariate(extra)) < spec.duration_s:
            given.append((now, now + rtt + 0.0003))
    jobs = [(shift(push, rtt / 2 + rng.uniform(0.0002, 0.002)), True) for push in pushes]
    return Pace(jobs, 0.0003, given=sorted(given))
