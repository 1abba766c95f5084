"""Which family of mining protocols the sizes of shares, answers and pushes fit, and how much work its shares are."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UNKNOWN = ""
SECOND = "stratum-v2"
"""The one family that its handshake tells, not its sizes."""


class Family(BaseModel):
    """A family: sizes in clear text (spans in bytes), and the least and greatest hashes of a share, with sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    algorithm: str | None = None
    share: tuple[int, int] | None = None
    reply: tuple[int, int] | None = None
    push: tuple[int, int] | None = None
    sizes_from: str
    hashes: tuple[float, float] | None = None
    hashes_from: str | None = None


class Families(BaseModel):
    """The data file: families, and what encryption adds to a record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tls_overheads: tuple[int, ...]
    family: tuple[Family, ...]


@cache
def load_families() -> Families:
    """Return the families that come with the program."""
    text = files("paicha.packs.traffic").joinpath("data", "families.toml").read_text(encoding="utf-8")
    return Families.model_validate(tomllib.loads(text))


def guess_families(share: Floats, reply: Floats, push: Floats, is_tls: NDArray[np.bool_]) -> NDArray[np.object_]:
    """Return the one family that the main sizes fit, empty text where none or several do.

    Without a share no family is told: pushes of many protocols have the same sizes.
    """
    known = load_families()
    fits: list[Floats] = []
    for family in known.family:
        if family.share is None or family.reply is None or family.push is None:
            fits.append(np.zeros(len(share)))
            continue
        matches = np.zeros(len(share), bool)
        for overhead in (0, *known.tls_overheads):
            is_asked = is_tls if overhead else ~is_tls
            one = is_asked.copy()
            for size, span in ((share, family.share), (reply, family.reply), (push, family.push)):
                one &= (size - overhead >= span[0]) & (size - overhead <= span[1])
            matches |= one
        fits.append(matches.astype(np.float64))
    table = np.stack(fits)
    names = np.array([family.id for family in known.family], dtype=object)
    return np.where(table.sum(0) == 1, names[table.argmax(0)], UNKNOWN)


def bound_rates(
    families: NDArray[np.object_], low: Floats, high: Floats, seconds: Floats
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Return the least and greatest hash rate that so many shares in that time can stand for, and the algorithm.

    NaN and None where the family is unknown or nothing is known of its difficulties.
    """
    least, most = np.full(len(low), np.nan), np.full(len(low), np.nan)
    algorithm = np.full(len(low), None, dtype=object)
    for family in load_families().family:
        if family.hashes is None:
            continue
        rows = (families == family.id) & (seconds > 0)
        least[rows] = low[rows] * family.hashes[0] / seconds[rows]
        most[rows] = high[rows] * family.hashes[1] / seconds[rows]
        algorithm[rows] = family.algorithm
    return least, most, algorithm
