"""Mining algorithms: their names on the wire, their units, and the coins they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from paicha.reference.files import read_document

LONGEST_NAME = 64
"""No algorithm has a longer name; longer texts are not looked up."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One mining algorithm.

    `rate_unit` is H/s, Sol/s (Equihash) or g/s (graphs, Cuckoo Cycle). `hashes_per_difficulty` is the expected number
    of hashes (solutions, graphs) behind a share of difficulty 1 where pools send a plain number, None where they send
    targets. `is_unit_certain` is False where pools are known to use different units. A plain difficulty at or above
    `raw_from` cannot be one and is read as hashes. `family` groups algorithms that share dialects and hardware.
    """

    id: str
    title: str
    family: str
    rate_unit: str
    hashes_per_difficulty: float | None
    is_unit_certain: bool
    raw_from: float | None
    aliases: tuple[str, ...]
    coins: tuple[str, ...]
    source: str


@cache
def list_algorithms() -> tuple[Algorithm, ...]:
    """Return every known algorithm, in the order of the data file."""
    return tuple(
        Algorithm(
            id=row["id"],
            title=row["title"],
            family=row["family"],
            rate_unit=row["rate_unit"],
            hashes_per_difficulty=row.get("hashes_per_difficulty"),
            is_unit_certain=row["is_unit_certain"],
            raw_from=row.get("raw_from"),
            aliases=tuple(row["aliases"]),
            coins=tuple(row["coins"]),
            source=row["source"],
        )
        for row in read_document("algorithms.toml")["algorithm"]
    )


def find_algorithm(name: str | None) -> Algorithm | None:
    """Return the algorithm with this id or alias (case, blanks and underscores do not matter), or None."""
    if name is None or len(name) > LONGEST_NAME:
        return None
    return _index_names().get(_fold(name))


def find_algorithm_of_coin(symbol: str | None) -> Algorithm | None:
    """Return the algorithm of a coin's ticker symbol; None where it is unknown or the coin has several."""
    found = find_algorithms_of_coin(symbol)
    return found[0] if len(found) == 1 else None


def find_algorithms_of_coin(symbol: str | None) -> tuple[Algorithm, ...]:
    """Return all algorithms that a coin's ticker symbol may be mined with (DGB has several)."""
    if symbol is None or len(symbol) > LONGEST_NAME:
        return ()
    return _index_coins().get(symbol.strip().upper(), ())


def _fold(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(" ", "")


@cache
def _index_names() -> dict[str, Algorithm]:
    names: dict[str, Algorithm] = {}
    for algorithm in list_algorithms():
        for name in (algorithm.id, *algorithm.aliases):
            names.setdefault(_fold(name), algorithm)
    return names


@cache
def _index_coins() -> dict[str, tuple[Algorithm, ...]]:
    coins: dict[str, tuple[Algorithm, ...]] = {}
    for algorithm in list_algorithms():
        for symbol in algorithm.coins:
            coins[symbol] = (*coins.get(symbol, ()), algorithm)
    return coins
