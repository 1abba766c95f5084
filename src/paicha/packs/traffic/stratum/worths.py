"""What a share is worth: expected hashes, or a difficulty whose unit is resolved when the session is known."""

from __future__ import annotations

Worth = str
"""`=` and hashes per share, or `*` and a plain difficulty in the pool's unit. Text, so that equal ones are counted."""

MAX_WORTHS = 4096
"""Different worths counted apart in one session; further ones are rounded."""


def of_hashes(hashes: float | None) -> Worth | None:
    """Return the worth of a share that takes so many hashes."""
    return None if hashes is None or hashes <= 0 else f"={hashes!r}"


def of_difficulty(difficulty: float | None) -> Worth | None:
    """Return the worth of a share of a plain difficulty."""
    return None if difficulty is None or difficulty <= 0 else f"*{difficulty!r}"


def is_plain(worth: Worth) -> bool:
    """Whether the worth is a plain difficulty, whose unit has to be resolved."""
    return worth[0] == "*"


def read_worth(worth: Worth, unit: float | None) -> float | None:
    """Return the hashes of a worth, `unit` being those of difficulty 1."""
    value = float(worth[1:])
    if worth[0] == "=":
        return value
    return None if unit is None else value * unit


class Counts:
    """How many shares of each worth were sent and are valid, and how many were accepted."""

    __slots__ = ("by_worth",)

    def __init__(self, by_worth: dict[Worth, list[int]] | None = None) -> None:
        self.by_worth = by_worth or {}

    def add(self, worth: Worth, valid: int, accepted: int) -> None:
        """Count shares of a worth; negative numbers take back."""
        entry = self.by_worth.get(worth)
        if entry is None:
            if len(self.by_worth) >= MAX_WORTHS:
                worth = f"{worth[0]}{float(f'{float(worth[1:]):.1e}')!r}"
            entry = self.by_worth.setdefault(worth, [0, 0])
        entry[0] += valid
        entry[1] += accepted
