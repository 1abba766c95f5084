"""Memory layout of profiles: what is kept of a quiet connection's messages, in records of fixed size."""

from __future__ import annotations

import math
import mmap
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES_KEPT = 16
"""Exact payload sizes of one side that are counted apart; rarer ones make room."""

BINS = 24
"""Gaps below 1 ms, below 2 ms, and so on by powers of two to 2^22 ms, and longer ones."""

PUSHES_HELD = 32
"""Messages of the server that are held before they are written as a piece."""

HEAD_MESSAGES = 12
HEADLESS = 255
"""In the place of the number of first messages: those counted are not the connection's first."""

SOURCES_KEPT = 12
WAITING = 4
"""Messages of a side that wait for an answer at once."""

QUARTER_US = 900_000_000
QUARTERS = 14 * 96
WORDS = QUARTERS // 64

DRAFT_MESSAGES = 10
BULK, FIRST_SIZE, FIRST_STEP = 11, 12, 22
"""Columns of the cells of a draft: payload so far in pieces of 64 B; where sizes and times of its messages begin."""

DRAFTS_PER_PROFILE = 8
PIECES_PER_STEP = 2048

PROFILE = np.dtype(
    [
        ("started", "i8"), ("first", "i8"), ("last", "i8"), ("pending_time", "i8"), ("pending_packet", "i8"),
        ("silence", "i8"), ("quarter", "i8"), ("number", "i8"), ("pending_size", "u4"), ("owner", "i4"),
        ("pending_side", "i1"), ("server", "i1"), ("heads", "u1"), ("pushes", "u1"), ("sources", "u1"),
        ("is_partial", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A profile. `owner` is the slot of its flow, -1 where that has ended; `pending_*` the message that may still grow.

`started` is the time of the connection's first packet over all runs, `first` that of the first message counted.
"""

SIDE = np.dtype(
    [
        ("payload", "i8"), ("last", "i8"), ("last_asked", "i8"), ("last_unasked", "i8"),
        ("packets_before", "i8"), ("bytes_before", "i8"),
        ("messages", "u4"), ("other", "u4"), ("answered", "u4"), ("unasked", "u4"), ("largest", "u4"),
        ("expected", "u4"), ("hole_from", "u4"), ("hole_to", "u4"),
        ("debt", "u1"), ("waiting", "u1"), ("has_expected", "u1"), ("used", "u1"),
    ],
    align=True,
)  # fmt: skip
"""One side of a profile. `debt`: messages of this side that the other one may yet answer; `used`: sizes in use."""

SIZE = np.dtype(
    [
        ("count", "u4"), ("answered", "u4"), ("unasked", "u4"), ("first", "u4"), ("last", "u4"), ("spread", "f4"),
        ("rank", "u4"), ("reply", "u2"), ("votes", "u2"),
    ]
)  # fmt: skip
"""One size. Times in ms since the profile's first message; `spread`: sum of squared deviations of gaps, s2.

`rank` is its count in the sense of the space-saving algorithm (Metwally and others 2005): a newcomer takes over the
rank of the size that made room for it, so that frequent sizes survive; `count` is its own.
"""

DRAFT = np.dtype(
    [
        ("expected_a", "u4"), ("expected_b", "u4"), ("last", "i8"), ("slot", "i4"), ("count", "u1"), ("flags", "u1"),
        ("cells", "u1", (42,)),
    ]
)  # fmt: skip
"""The first messages of a flow, 64 bytes: cells hold sizes (those of side b negative) and times since the one before.

The same memory is read as sixteen-bit cells; see FIRST_SIZE and FIRST_STEP.
"""

# Draft.flags
OPEN, KNOWS_A, KNOWS_B = 1, 2, 4


HUGE_BYTES = 4 << 20


def make_zeros(shape: int | tuple[int, ...], kind: Any) -> Any:
    """Return zeros in pages of their own: taken from the system when first written, given back as soon as unused."""
    shape = shape if isinstance(shape, tuple) else (shape,)
    kind = np.dtype(kind)
    count = math.prod(shape)
    size = max(1, count * kind.itemsize)
    if hasattr(mmap, "MAP_PRIVATE"):
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    else:
        pages = mmap.mmap(-1, size)
    if size >= HUGE_BYTES and hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)  # as numpy does: tables are read at random
    return np.frombuffer(pages, kind, count).reshape(shape)


def give_back(zeros: Any, count: int) -> None:
    """Return the pages of the first `count` entries of what `make_zeros` made to the system; they are zeros again."""
    pages = zeros.base
    while isinstance(pages, np.ndarray):
        pages = pages.base
    pages = pages.obj if isinstance(pages, memoryview) else pages
    size = count * zeros.itemsize // mmap.PAGESIZE * mmap.PAGESIZE
    if size and isinstance(pages, mmap.mmap) and hasattr(pages, "madvise"):
        pages.madvise(mmap.MADV_DONTNEED, 0, size)


class Pool(NamedTuple):
    """Profiles by place; sides at 2 * place + side, sizes and gaps by place and side."""

    profiles: Any
    sides: Any
    sizes: Any
    """Payload bytes, (place, side * SIZES_KEPT + n)."""
    counts: Any
    """Records of SIZE, (place, side * SIZES_KEPT + n)."""
    gaps: Any
    """Counts by bins, (place, 2 * side + is_unasked, bin); all halved when one is full, `shifts` times."""
    shifts: Any
    push_times: Any
    push_sizes: Any
    active: Any
    heads: Any
    sources: Any
    waiting_times: Any
    waiting_sizes: Any


def make_pool(count: int, zeros: Callable[..., Any] = np.zeros) -> Pool:
    """Return so many empty profiles."""
    return Pool(
        profiles=zeros(count, PROFILE),
        sides=zeros(2 * count, SIDE),
        sizes=zeros((count, 2 * SIZES_KEPT), np.uint16),
        counts=zeros((count, 2 * SIZES_KEPT), SIZE),
        gaps=zeros((count, 4, BINS), np.uint16),
        shifts=zeros((count, 4), np.uint8),
        push_times=zeros((count, PUSHES_HELD), np.uint32),
        push_sizes=zeros((count, PUSHES_HELD), np.uint16),
        active=zeros((count, WORDS), np.uint64),
        heads=zeros((count, HEAD_MESSAGES), np.int16),
        sources=zeros((count, SOURCES_KEPT), np.uint16),
        waiting_times=zeros((count, 2 * WAITING), np.uint32),
        waiting_sizes=zeros((count, 2 * WAITING), np.uint8),
    )


class Drafts(NamedTuple):
    """Drafts as records, and as cells of 16 bits."""

    records: Any
    cells: Any


def make_drafts(count: int) -> Drafts:
    """Return so many empty drafts, none of them across the border of a cache line."""
    raw = make_zeros(count * 64, np.uint8)
    return Drafts(raw.view(DRAFT), raw.view(np.int16).reshape(count, 32))
