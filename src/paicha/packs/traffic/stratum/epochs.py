"""Which of Ethash's relatives a job belongs to, by the epoch that its seed hash and height are of."""

from __future__ import annotations

from functools import cache

from Crypto.Hash import keccak

EPOCHS = 4096
"""Epochs looked up: of 30,000 blocks they last for 122 million blocks."""

LENGTHS = (
    ("ethash", 30_000, 1),
    ("etchash", 60_000, 2),
    ("kawpow", 7_500, 1),
    ("firopow", 1_300, 1),
    ("evrprogpow", 12_000, 1),
)
"""Algorithm, blocks per epoch, and rounds of Keccak per epoch in its seed (ECIP-1099 keeps 30,000 blocks a round)."""


def find_algorithm(seed: str, height: int, candidates: tuple[str, ...]) -> str | None:
    """Return the one candidate whose epochs fit a seed hash of 64 digits at a height; None if not one does."""
    rounds = _index_seeds().get(seed.removeprefix("0x").lower())
    if rounds is None or rounds == 0 or not 0 < height < 1 << 40:
        return None
    fitting = [name for name, blocks, per in LENGTHS if name in candidates and height // blocks * per == rounds]
    return fitting[0] if len(fitting) == 1 else None


@cache
def _index_seeds() -> dict[str, int]:
    seeds, seed = {}, bytes(32)
    for number in range(EPOCHS):
        seeds[seed.hex()] = number
        seed = keccak.new(digest_bits=256, data=seed).digest()
    return seeds
