"""Memory layout of the packet loop: records as numpy types, and the tables that its steps share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from paicha.packs.traffic.capture.profile_layout import (
    DRAFTS_PER_PROFILE,
    PIECES_PER_STEP,
    PUSHES_HELD,
    Drafts,
    Pool,
    make_drafts,
    make_pool,
    make_zeros,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from paicha.packs.traffic.policy import TrafficPolicy

PACKETS_PER_STEP = 4096
"""Packets decoded before they are followed: few enough for their records to stay in the second-level cache."""

SPARE_PACKETS = 320
"""Room behind them for datagrams put together from fragments."""

PACKET = np.dtype(
    [
        ("from_high", "u8"), ("from_low", "u8"), ("to_high", "u8"), ("to_low", "u8"),
        ("hash", "u8"), ("time", "i8"), ("number", "i8"), ("start", "i8"),
        ("length", "i4"), ("missing", "i4"), ("ip_bytes", "i4"), ("sequence", "u4"),
        ("from_port", "u2"), ("to_port", "u2"), ("protocol", "u2"), ("weight", "u2"),
        ("flags", "u1"), ("has_ports", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A decoded packet. IPv4 addresses stand in `low`; `protocol` has bit 8 set for IPv6. `weight`: frames it came in."""

FLOW = np.dtype(
    [
        ("a_high", "u8"), ("a_low", "u8"), ("b_high", "u8"), ("b_low", "u8"),
        ("a_port", "u2"), ("b_port", "u2"), ("protocol", "u2"), ("a_flags", "u1"), ("b_flags", "u1"),
        ("a_last", "i8"), ("b_last", "i8"),
        ("a_source", "u2"), ("b_source", "u2"), ("screen", "u1"), ("naming", "u1"), ("opened_by", "i1"),
        ("has_ports", "u1"),
        ("collector", "i4"), ("data_sides", "u1"), ("is_live", "u1"), ("was_resumed", "u1"), ("given_up", "u1"),
        ("a_packets", "u4"), ("b_packets", "u4"), ("a_bytes", "i8"), ("b_bytes", "i8"),
        ("started", "i8"), ("number", "i8"), ("hash", "u4"), ("first_source", "i4"), ("asked", "i4"), ("profile", "i4"),
    ],
    align=True,
)  # fmt: skip
"""A flow: what every packet needs in the first 64 bytes, the rest in the second.

`a_source` and `b_source` tell inputs apart that overlap in time (modulo 2^16); `asked` is 1 + the row of the last DNS
question in the window of names, 0 if none. `profile` is 1 + the place of its profile, -2 - the number of its draft, 0
where it has neither yet, -1 where it was found not to be quiet, last in the minute `given_up` (modulo 256).
"""

SEGMENT = np.dtype(
    [
        ("flow", "i8"), ("time", "i8"), ("packet", "i8"), ("start", "i8"),
        ("sequence", "u4"), ("ip_bytes", "i4"), ("source", "i4"), ("length", "i4"), ("missing", "i4"),
        ("side", "u1"), ("flags", "u1"),
    ],
    align=True,
)  # fmt: skip
"""One packet of a candidate connection."""

COLLECTOR = np.dtype(
    [
        ("slot", "i4"), ("kind", "u1"), ("side", "u1"), ("flags", "u1"),
        ("expected", "u4"), ("length", "i4"), ("ip_bytes", "i4"), ("source", "i4"),
        ("time", "i8"), ("packet", "i8"), ("a_bytes", "i8"), ("b_bytes", "i8"),
    ],
    align=True,
)  # fmt: skip
"""The first bytes of one side of one flow, kept until they can be read."""

NAME = np.dtype(
    [
        ("client_high", "u8"), ("client_low", "u8"), ("server_high", "u8"), ("server_low", "u8"),
        ("answer_high", "u8"), ("answer_low", "u8"), ("flow", "i8"), ("first", "i8"), ("last", "i8"), ("count", "i8"),
        ("hash", "u8"), ("start", "i4"), ("length", "i4"), ("source", "i4"),
        ("client_port", "u2"), ("server_port", "u2"), ("kind", "u1"), ("is_six", "u1"), ("answer_kind", "u1"),
        ("has_one_port", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A name seen; `answer_kind` is 0 without an answer, else 4 or 6."""

FRAGMENT = np.dtype(
    [
        ("from_high", "u8"), ("from_low", "u8"), ("to_high", "u8"), ("to_low", "u8"),
        ("time", "i8"), ("number", "i8"), ("id", "u4"), ("held", "i4"), ("total", "i4"), ("ip_bytes", "i4"),
        ("weight", "u2"), ("protocol", "u2"), ("is_used", "u1"),
    ],
    align=True,
)  # fmt: skip
"""A datagram of which fragments were seen; `total` is -1 until the last one is."""

COLLECTED_BYTES = 16_640
COLLECTORS = 2048
FRAGMENTED = 256
DATAGRAM_BYTES = 65_536
NAMES_PER_WINDOW = 65_536
NAME_BYTES = 4_194_304
ENDED_FLOWS = 8192
SEGMENTS_PER_STEP = 8192

LINGER_SECONDS = 10
"""A closed connection stays known for so long, so that its last acknowledgements make no new flow."""

SOURCE_MARKS = 65_536
"""Inputs that flows tell apart."""

MAXIMUM_NAME = 253

EVICTION_WINDOW = 4096
EVICTED_AT_ONCE = 64
"""Where the table is full, up to so many of the longest idle flows of a window of records are closed."""

# places in Tables.meta
LIVE, HIGH_WATER, FREE, HAND, NEXT_NUMBER, ENDED, OPENED, SEGMENTS, COLLECTOR_HAND = range(9)
NAMES, NAME_USED, NAME_WINDOW, SOURCE, IDLE_US, SESSION_IDLE_US, LINGER_US, SEED, EVICTED = range(9, 18)
PROFILE_FREE, PROFILE_HIGH, PROFILE_HAND, DRAFT_FREE, DRAFT_HIGH, DRAFT_HAND, LOST_PROFILES, PIECES = range(18, 26)
MIN_PROFILE_US, ANSWER_US, WATCH_US, PROFILE_BYTES, PROFILE_MILLIS, AGAIN_MINUTES = range(26, 32)
META_PLACES = 32

# Flow.data_sides bits beside those of the sides
LOST_PROFILE, SHOWED_TLS, SHOWED_WEB, GAVE_UP = 4, 8, 16, 32

# Flow.screen
UNDECIDED, CANDIDATE, ENCRYPTED, QUIET = range(4)

# Name.kind
DNS, SNI, HOST, CERTIFICATE = range(4)

# Flow.naming bits
HAS_SNI = 1

# Collector.kind
UNUSED, CLIENT_HELLO, SERVER_HELLO, NOISE = range(4)

NOISE_HELLO, NOISE_ANSWER = 64, 234
"""Payload lengths of the Noise NX handshake of Stratum V2: ephemeral key; key, encrypted static key, signature."""

# TCP flags
FIN, SYN, RST, ACK = 1, 2, 4, 16

TCP, UDP, GRE, ESP = 6, 17, 47, 50
SIX = 256
"""Bit of Packet.protocol that says IPv6."""


class NameWindow(NamedTuple):
    """The names seen lately: rows, an index over them, their text, and a work area for reading; `meta` as in Tables."""

    meta: Any
    rows: Any
    index: Any
    text: Any
    work: Any


class Pieces(NamedTuple):
    """Pushes handed over: their flows, the times that theirs count from (us), and times (ms) and sizes."""

    flows: Any
    first: Any
    times: Any
    sizes: Any


class Tables(NamedTuple):
    """Everything that following packets changes; `reading` marks the inputs that are open at the moment."""

    flows: Any
    index: Any
    free: Any
    meta: Any
    ended: Any
    opened: Any
    segments: Any
    collectors: Any
    collected: Any
    oldest: Any
    reading: Any
    window: NameWindow
    pool: Pool
    drafts: Drafts
    free_profiles: Any
    free_drafts: Any
    pieces: Pieces


class Fragments(NamedTuple):
    """Datagrams waiting for fragments: records, bytes, and which eight-byte units have come."""

    records: Any
    data: Any
    units: Any


def make_tables(policy: TrafficPolicy, seed: int) -> Tables:
    """Return empty tables; memory is taken from the system only as far as it is used."""
    max_live_flows = policy.capture.max_live_flows
    slots = 2048
    while slots < 2 * max_live_flows:
        slots *= 2
    profiles = policy.profiles.max_profiles
    drafts = min(max_live_flows, DRAFTS_PER_PROFILE * profiles)
    meta = _make_meta(policy, seed)
    return Tables(
        flows=make_zeros(max_live_flows, FLOW),
        index=make_zeros(slots, np.uint64),
        free=make_zeros(max_live_flows, np.int32),
        meta=meta,
        ended=make_zeros(ENDED_FLOWS, FLOW),
        opened=make_zeros(2 * PACKETS_PER_STEP, FLOW),
        segments=make_zeros(SEGMENTS_PER_STEP, SEGMENT),
        collectors=make_zeros(COLLECTORS, COLLECTOR),
        collected=make_zeros((COLLECTORS, COLLECTED_BYTES), np.uint8),
        oldest=make_zeros((EVICTED_AT_ONCE, 2), np.int64),
        reading=make_zeros(SOURCE_MARKS, np.uint8),
        window=NameWindow(
            meta=meta,
            rows=make_zeros(NAMES_PER_WINDOW + 1, NAME),
            index=make_zeros(2 * NAMES_PER_WINDOW, np.int32),
            text=make_zeros(NAME_BYTES, np.uint8),
            work=make_zeros(COLLECTED_BYTES, np.uint8),
        ),
        pool=make_pool(profiles, make_zeros),
        drafts=make_drafts(drafts),
        free_profiles=make_zeros(profiles, np.int32),
        free_drafts=make_zeros(drafts, np.int32),
        pieces=Pieces(
            flows=make_zeros(PIECES_PER_STEP, FLOW),
            first=make_zeros(PIECES_PER_STEP, np.int64),
            times=make_zeros((PIECES_PER_STEP, PUSHES_HELD), np.uint32),
            sizes=make_zeros((PIECES_PER_STEP, PUSHES_HELD), np.uint16),
        ),
    )


def _make_meta(policy: TrafficPolicy, seed: int) -> NDArray[np.int64]:
    """Return the shared numbers: what the policy says, in the units of the loop, and zeros."""
    meta = np.zeros(META_PLACES, np.int64)
    meta[SEED] = seed
    meta[IDLE_US] = policy.capture.idle_seconds * 1_000_000
    meta[SESSION_IDLE_US] = policy.capture.session_idle_seconds * 1_000_000
    meta[LINGER_US] = LINGER_SECONDS * 1_000_000
    profiles = policy.profiles
    meta[MIN_PROFILE_US] = profiles.min_seconds * 1_000_000
    meta[ANSWER_US] = round(profiles.answer_seconds * 1_000_000)
    meta[WATCH_US] = profiles.busy_after_seconds * 1_000_000
    meta[PROFILE_BYTES] = profiles.max_mean_bytes
    meta[PROFILE_MILLIS] = round(profiles.max_messages_per_second * 1000)
    meta[AGAIN_MINUTES] = profiles.again_after_minutes
    return meta


def make_fragments() -> Fragments:
    """Return an empty store of fragments."""
    return Fragments(
        records=make_zeros(FRAGMENTED, FRAGMENT),
        data=make_zeros((FRAGMENTED, DATAGRAM_BYTES), np.uint8),
        units=make_zeros((FRAGMENTED, DATAGRAM_BYTES // 8), np.uint8),
    )
