"""The block that a job builds on: when a session first heard of it, by height or by the block before."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from paicha.packs.traffic.stratum.messages import is_hex

MAX_BLOCKS = 16_384
"""Blocks kept of one session, the newest: more than three weeks of a chain with a block every two minutes."""

RECENT = 16
"""Tips remembered, so that pools whose nodes disagree for a while, or forks, make no new block twice."""

PREVIOUS_DIGITS = 32
"""Hexadecimal digits kept of the hash of a block: 128 bits, zeros of its beginning left out."""

LARGEST_HEIGHT = 1 << 40
NO_INPUT = "0" * 64 + "ffffffff"
"""What the input of a coinbase refers to: no transaction, and the greatest index (Bitcoin's rules)."""

_ZEROS = re.compile("^0+|0+$")


@dataclass(slots=True)
class Chain:
    """The blocks that one session heard of.

    `seen` are [time, height, previous]: the first job on a new tip; `height` is that of the block found, one less than
    the job's. `recent` are the last tips. The tip of the first job, and of the first one after a loss, is older than
    that job: its time is not known and it is left out.
    """

    seen: list[list[Any]] = field(default_factory=list)
    recent: list[list[Any]] = field(default_factory=list)

    def see(self, time: int, height: int | None = None, previous: str | None = None) -> None:
        """Note a job of a height that builds on a block; what says neither is left out."""
        if height is not None and not 0 < height < LARGEST_HEIGHT:
            height = None
        found = None if height is None else height - 1
        if found is None and previous is None:
            return
        if any(_is_same(tip, found, previous) for tip in self.recent):
            return
        if self.recent:
            self.seen.append([time, found, previous])
            if len(self.seen) > MAX_BLOCKS:
                del self.seen[0]
        self.recent.append([found, previous])
        del self.recent[:-RECENT]

    def lose(self) -> None:
        """Forget the tip: a job may have been missed."""
        self.recent.clear()


def _is_same(tip: list[Any], height: int | None, previous: str | None) -> bool:
    """Whether a tip is this one: by height where both tell it, else by hash."""
    if height is not None and tip[0] is not None:
        return bool(height == tip[0])
    return previous is not None and bool(previous == tip[1])


def read_previous(value: object) -> str | None:
    """Return the kept digits of the hash of a block as it was sent; None where the value is none."""
    if not isinstance(value, str) or not is_hex(value, 64):
        return None
    digits = value.removeprefix("0x").lower()
    return _ZEROS.sub("", digits)[:PREVIOUS_DIGITS] or None


def read_height(value: object) -> int | None:
    """Return a height sent as a number, or as decimal or 0x text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) <= 14:
        try:
            value = int(value, 16 if value[:2] == "0x" else 10)
        except ValueError:
            return None
    return value if isinstance(value, int) and 0 < value < LARGEST_HEIGHT else None


def read_coinbase_height(first_part: object) -> int | None:
    """Return the height at the beginning of a coinbase's script (BIP 34), of the part before the extra nonce."""
    if not isinstance(first_part, str) or len(first_part) > 4096:
        return None
    place = first_part.lower().find(NO_INPUT)
    if place < 0:
        return None
    # the length of the script takes one byte; then a push of one to four bytes, the least first
    script = first_part[place + len(NO_INPUT) + 2 :]
    if not is_hex(script[:2], 2) or not 1 <= int(script[:2], 16) <= 4:
        return None
    digits = script[2 : 2 + 2 * int(script[:2], 16)]
    if not is_hex(digits, 2 * int(script[:2], 16)) or digits[:2].lower() == "0x":
        return None
    return read_height(int.from_bytes(bytes.fromhex(digits), "little"))


def read_blob_previous(blob: object) -> str | None:
    """Return the kept digits of the hash in a CryptoNote block's head: behind three numbers of seven bits a byte."""
    if not isinstance(blob, str) or not is_hex(blob, 76, 4096):
        return None
    place = 0
    for _ in range(3):
        while place + 2 <= 24 and blob[place] in "89abcdefABCDEF":
            place += 2
        place += 2
    return read_previous(blob[place : place + 64])
