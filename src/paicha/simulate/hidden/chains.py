"""Coins: how often their chains have blocks and their pools send work, and who mines them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin: mean seconds between blocks, bounds of a pool's refresh timer, and profiles of its miners.

    Block intervals are the protocols' targets. Pools send new work at every block and when their timer of 10 to 60 s
    runs out (assumed; timers of 20 to 60 s are usual in configuration files of pool software). Where blocks come
    faster than once in ten seconds there is no timer, but pools send at most every `least_gap_s`.
    """

    symbol: str
    block_s: float
    refresh_s: tuple[float, float] | None
    profiles: tuple[str, ...]
    least_gap_s: float = 0.0


COINS: tuple[Coin, ...] = (
    Coin("BTC", 600.0, (20.0, 60.0), ("bitcoin-asic", "bitcoin-old")),
    Coin("LTC", 150.0, (15.0, 60.0), ("litecoin",)),
    Coin("XMR", 120.0, (10.0, 60.0), ("monero", "monero-wide")),
    Coin("ETC", 13.0, None, ("nicehash-etchash", "ethproxy")),
    Coin("RVN", 60.0, (10.0, 40.0), ("ravencoin",)),
    Coin("ZEC", 75.0, (15.0, 60.0), ("zcash",)),
    Coin("KAS", 1.0, None, ("kaspa",), 1.0),
    Coin("ERG", 120.0, (15.0, 60.0), ("ergo",)),
)

BY_SYMBOL = {coin.symbol: coin for coin in COINS}


def draw_blocks(coin: Coin, begin_s: float, end_s: float, rng: random.Random) -> list[float]:
    """Return the times of a chain's blocks, which come without memory."""
    blocks: list[float] = []
    now = begin_s
    while True:
        now += rng.expovariate(1 / coin.block_s)
        if now > end_s:
            return blocks
        blocks.append(now)


def schedule_jobs(
    coin: Coin, blocks: Sequence[float], begin_s: float, end_s: float, rng: random.Random
) -> list[tuple[float, bool]]:
    """Return when a pool sends work, and whether a block is the reason; the pool hears of blocks 0.1 to 3 s late."""
    refresh = rng.uniform(*coin.refresh_s) if coin.refresh_s else None
    mean_delay = rng.uniform(0.1, 1.2)
    heard = sorted(block + min(3.0, rng.lognormvariate(0.0, 0.4) * mean_delay) for block in blocks)
    jobs, last = [], begin_s
    for block in [*(one for one in heard if begin_s < one < end_s), end_s]:
        while refresh is not None and (due := last + refresh * rng.uniform(1.0, 1.02)) < block:
            last = due
            jobs.append((due, False))
        if block < end_s and block - last >= coin.least_gap_s:
            jobs.append((block, True))
            last = block
    return jobs
