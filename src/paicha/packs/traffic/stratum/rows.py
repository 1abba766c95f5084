"""From what is known of a session to its row in the table `mining_sessions`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.kernel.identifiers import name_by_hash
from paicha.packs.traffic.stratum.conversation import SLOT_US
from paicha.packs.traffic.stratum.identity import Identity, identify
from paicha.packs.traffic.stratum.units import resolve_unit
from paicha.packs.traffic.stratum.worths import is_plain, read_worth

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.packs.traffic.policy import StratumPolicy
    from paicha.packs.traffic.stratum.conversation import Conversation
    from paicha.packs.traffic.stratum.session import Session
    from paicha.packs.traffic.stratum.shares import ShareBook

CYCLES = {"cuckoo": 42.0}
"""Graphs behind each solution that a target counts: one graph in 42 has a cycle of 42 edges."""

WORKLESS = frozenset({"chia", "stratum-v2"})
"""Dialects whose shares stand for no known number of hashes: space is farmed, or the difficulty is encrypted."""


def make_row(
    conversation: Conversation, policy: StratumPolicy, site: str, sources: Sequence[str], *, is_open: bool
) -> dict[str, object]:
    """Return the row of a connection on which mining was spoken."""
    session, connection = conversation.session, conversation.connection
    ends = ((connection.a_ip, connection.a_port), (connection.b_ip, connection.b_port))
    client = _find_client(conversation)
    (client_ip, client_port), (server_ip, server_port) = ends[client], ends[1 - client]
    transport = conversation.framing.transport
    identity = identify(session)
    book = session.book
    spans = {sources[number]: span for number, span in conversation.packets.items()}
    return {
        "site": site,
        "session": name_by_hash(
            "session", site, client_ip, str(client_port), server_ip, str(server_port), transport,
            str(connection.started),
        ),
        "sources": list(spans),
        "client_ip": client_ip,
        "client_port": client_port,
        "server_ip": server_ip,
        "server_port": server_port,
        "transport": transport,
        "dialect": identity.dialect,
        "coin": identity.coin,
        "algorithm": identity.algorithm.id if identity.algorithm else None,
        "is_algorithm_shown": identity.is_algorithm_shown,
        "software": session.software,
        "logins": [{"value": one.value, "kind": one.kind, "valid": one.valid} for one in identity.logins],
        "worker": identity.worker,
        "state": _judge_state(conversation, policy),
        "started": connection.started,
        "ended": conversation.ended,
        "joined": conversation.is_joined,
        "is_open": is_open,
        "jobs": session.jobs,
        "shares_submitted": book.submitted,
        "shares_accepted": book.accepted,
        "shares_rejected": book.rejected,
        "shares_stale": book.stale,
        "shares_duplicate": book.duplicate,
        **_sum_work(session, identity, conversation),
        "reported_rate": _find_median(session.reported),
        "blocks": [
            {"time": time, "height": height, "previous": previous} for time, height, previous in session.chain.seen
        ],
        "packets": [{"input": key, "first": span[0], "last": span[1]} for key, span in spans.items()],
        "volume": [
            {"time": slot * SLOT_US, "out": both[client], "in": both[1 - client]}
            for slot, both in sorted(conversation.volume.items())
        ],
        "bytes_out": sum(both[client] for both in conversation.volume.values()),
        "bytes_in": sum(both[1 - client] for both in conversation.volume.values()),
        "bytes_lost": conversation.bytes_lost,
    }  # fmt: skip


def _find_client(conversation: Conversation) -> int:
    """Return the side that mines: who asks for work and sends shares, whoever opened the connection."""
    first, second = conversation.session.clients
    if first != second:
        return int(second > first)
    return max(0, conversation.connection.opened_by)


def _judge_state(conversation: Conversation, policy: StratumPolicy) -> str:
    """Return mining, refused (work was exchanged and every share refused) or attempt.

    Work handed out to a login that was refused is none. A pool that was not captured at all refused nothing.
    """
    session = conversation.session
    book = session.book
    if not book.accepted and _is_all_refused(book):
        return "refused"
    if book.accepted >= policy.min_exchanges:
        return "mining"
    is_refused = session.logins_refused > 0 and session.logins_accepted == 0
    if session.jobs + book.accepted >= policy.min_exchanges and (not is_refused or book.submitted > 0):
        return "mining"
    client = _find_client(conversation)
    is_one_sided = conversation.framing.modes[1 - client] == "undecided"
    return "mining" if book.submitted and is_one_sided else "attempt"


def _is_all_refused(book: ShareBook) -> bool:
    """Whether shares were answered and none of the answers is good.

    A pool that drops such a client leaves its last shares without an answer. Where most have none, the pool's side was
    not captured well enough to say so.
    """
    unanswered = book.submitted - book.rejected
    return book.rejected > unanswered or (book.duplicate > 0 and book.submitted == 0)


def _sum_work(session: Session, identity: Identity, conversation: Conversation) -> dict[str, object]:
    """Return the columns on work: sums over valid shares, the unit, the difficulty over time, and the time it took."""
    counts = session.book.counts.by_worth
    plain = {float(worth[1:]): pair[0] for worth, pair in counts.items() if is_plain(worth) and pair[0] > 0}
    if not plain and not session.has_targets:
        plain = {float(worth[1:]): 0 for _, worth in session.changes if is_plain(worth)}
    connected = session.measure(conversation.ended)
    unit = resolve_unit(session, identity.dialect, identity.algorithm, plain, connected / 1e6)
    graphs = CYCLES.get(identity.dialect, 1.0)
    values = [
        (value * graphs, valid, accepted)
        for worth, (valid, accepted) in counts.items()
        if (value := read_worth(worth, unit.hashes)) is not None
    ]
    difficulty = [
        {"time": time, "value": value * graphs}
        for time, worth in session.changes
        if not (is_plain(worth) and session.has_targets) and (value := read_worth(worth, unit.hashes)) is not None
    ]
    is_known = session.known_since is not None or session.known_us > 0
    has_unit = unit.hashes is not None or session.has_targets
    has_work = is_known and has_unit and identity.dialect not in WORKLESS and (bool(values) or not counts)
    if not has_work and connected == 0 and session.first_work is not None:
        connected = max(0, conversation.ended - session.first_work - session.gone_us)
    # the greatest worth that a share could have had, whether or not one was found
    possible = [value for value, valid, _ in values if valid > 0] + [one["value"] for one in difficulty]
    return {
        "connected": connected,
        "work": sum((value * valid for value, valid, _ in values), 0.0) if has_work else None,
        "work_squared": sum((value * value * valid for value, valid, _ in values), 0.0) if has_work else None,
        "work_largest": max(possible, default=None) if has_work else None,
        "work_shares": sum(valid for _, valid, _ in values) if has_work else 0,
        "work_accepted": sum((value * accepted for value, _, accepted in values), 0.0) if has_work else None,
        "work_low": unit.low,
        "work_high": unit.high,
        "work_unit": unit.words,
        "hashes_per_difficulty": None if session.has_targets else unit.hashes,
        "difficulty": difficulty,
    }


def _find_median(values: list[float]) -> float | None:
    ranked = sorted(values)
    return ranked[len(ranked) // 2] if ranked else None
