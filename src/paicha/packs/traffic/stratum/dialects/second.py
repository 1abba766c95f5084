"""Stratum V2 from outside: the sizes of its Noise handshake, then those of its encrypted frames.

Sizes: a frame is 22 bytes of sealed header and the payload with 16 bytes of authentication (Stratum V2
specification 4.5 and 5.3); shares, acknowledgements, targets and jobs have payloads of fixed length.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from paicha.packs.traffic.stratum.reassembly import Mark
    from paicha.packs.traffic.stratum.session import Session

DIALECT = "stratum-v2"
INITIATOR_BYTES, RESPONDER_BYTES = 64, 234
LEAST_DISTINCT = {INITIATOR_BYTES: 44, RESPONDER_BYTES: 120}
"""Different byte values among random ones, at least (56.7 and 153 are expected; these bounds lie 4 sigma below)."""
SHARE, SHARE_LONGEST = 62, 95
ACCEPTED, TARGET, PREVIOUS = 58, 74, 86
JOBS = (83, 87)
SETUP_FRAMES = 2
"""Frames with which a client sets up its connection and opens a channel."""


def is_handshake(first: bytes, second: bytes) -> bool:
    """Whether a client's first bytes and the server's answer have the sizes and the look of the handshake."""
    return all(
        len(part) == size and len(set(part)) >= LEAST_DISTINCT[size]
        for part, size in ((first, INITIATOR_BYTES), (second, RESPONDER_BYTES))
    )


def begin(session: Session, side: int) -> None:
    """Note a handshake that `side` began."""
    session.speak(side, DIALECT, is_client=True)
    # the frame that showed that the handshake was over
    session.notes["frames"] = 1


def read(session: Session, size: int, side: int, mark: Mark) -> None:
    """Count what a segment of `size` bytes after the handshake holds, judging by frame sizes."""
    if session.clients[side] > session.clients[1 - side]:
        session.notes["frames"] = min(1 << 30, int(session.notes.get("frames", 0)) + 1)
        if session.notes["frames"] <= SETUP_FRAMES:
            return
        number = size // SHARE if size % SHARE == 0 else int(SHARE < size <= SHARE_LONGEST)
        for share in range(min(number, 64)):
            session.send_share(side, DIALECT, None, f"{mark[1]}.{share}", mark[0], size)
        return
    jobs, answers = _split_frames(size)
    if session.notes.get("frames", 0) < SETUP_FRAMES and not jobs:
        return
    for _ in range(jobs):
        session.give_job(None, mark)
    for _ in range(answers):
        entry = session.take_answer(side, DIALECT, mark[0])
        if entry is not None:
            session.settle(entry, "accepted", mark[0])


def _split_frames(size: int) -> tuple[int, int]:
    """Return how many jobs and acknowledgements make up a segment of the server."""
    return _index_sizes().get(size, (0, 0))


@cache
def _index_sizes() -> dict[int, tuple[int, int]]:
    sizes: dict[int, tuple[int, int]] = {}
    for number in (1, 2, 3, 4):
        for frames in combinations_with_replacement((ACCEPTED, TARGET, *JOBS, PREVIOUS), number):
            jobs = sum(frame in JOBS for frame in frames)
            sizes.setdefault(sum(frames), (jobs, frames.count(ACCEPTED)))
    return sizes
