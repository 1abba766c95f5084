"""The tracker: segments of candidate connections in, rows of mining sessions out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from paicha.packs.traffic.stratum.conversation import SYN, Conversation
from paicha.packs.traffic.stratum.rows import make_row
from paicha.packs.traffic.stratum.state import dump_state, load_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paicha.packs.traffic.policy import StratumPolicy
    from paicha.packs.traffic.segments import Connection, Segments


class Tracker:
    """All connections of one site that may speak a mining protocol.

    `state` is what `save` returned at the end of the previous run of the site.
    """

    def __init__(self, policy: StratumPolicy, site: str, state: bytes | None = None) -> None:
        self.policy = policy
        self.site = site
        self.sources: list[str] = []
        self.numbers: dict[str, int] = {}
        self.live: dict[int, Conversation] = {}
        self.rows: list[dict[str, object]] = []
        if state is not None:
            self.sources, self.live = load_state(state, policy)
            self.numbers = {key: number for number, key in enumerate(self.sources)}

    def open(self, connection: Connection) -> None:
        """Begin a connection; its segments follow."""
        self.live[connection.flow] = Conversation(connection, self.policy)

    def feed(self, segments: Segments) -> Sequence[int]:
        """Read packets; return the numbers of connections that certainly do not mine, of which no more are wanted."""
        known = [self._number(key) for key in segments.sources]
        view = segments.data
        hopeless: list[int] = []
        live = self.live
        for flow, side, time, sequence, flags, ip_bytes, packet, source, start, length, missing in zip(
            segments.flow.tolist(), segments.side.tolist(), segments.time.tolist(), segments.sequence.tolist(),
            segments.flags.tolist(), segments.ip_bytes.tolist(), segments.packet.tolist(), segments.source.tolist(),
            segments.start.tolist(), segments.length.tolist(), segments.missing.tolist(), strict=True,
        ):  # fmt: skip
            conversation = live.get(flow)
            if conversation is None:
                continue
            number = known[source]
            if length or missing or flags & SYN:
                payload = view[start : start + length].tobytes()
                conversation.take(side, sequence, flags, payload, missing, (time, packet, number))
            conversation.count(side, time, ip_bytes, packet, number)
            if conversation.is_hopeless and not conversation.session.is_proven:
                del live[flow]
                hopeless.append(flow)
        return hopeless

    def close(self, flow: int, time: int) -> None:
        """End a connection at `time`: it was closed, or is idle for too long."""
        conversation = self.live.pop(flow, None)
        if conversation is None:
            return
        conversation.finish()
        conversation.ended = max(conversation.connection.started, min(conversation.ended, time))
        if conversation.is_mining:
            self.rows.append(self._make_row(conversation, is_open=False))

    def is_mining(self, flow: int) -> bool:
        """Whether mining was spoken on a connection."""
        conversation = self.live.get(flow)
        return conversation is not None and conversation.is_mining

    def take_rows(self) -> list[dict[str, object]]:
        """Return the rows of sessions that ended since the last call."""
        rows, self.rows = self.rows, []
        return rows

    def finish(self, *, keep_open: bool) -> list[dict[str, object]]:
        """Return the rows that are left, those of connections still open among them.

        Open connections go on in the next run where `keep_open` is set, else they end here.
        """
        rows = self.take_rows()
        for flow in list(self.live):
            conversation = self.live[flow]
            conversation.finish()
            if conversation.is_mining:
                rows.append(self._make_row(conversation, is_open=True))
            if not keep_open:
                del self.live[flow]
        return rows

    def save(self) -> bytes:
        """Return the state of the open connections, for the next run of the site."""
        return dump_state(self.sources, self.live)

    def resume(self) -> list[Connection]:
        """Return the connections that the state held."""
        return [conversation.connection for conversation in self.live.values()]

    def _make_row(self, conversation: Conversation, *, is_open: bool) -> dict[str, object]:
        return make_row(conversation, self.policy, self.site, self.sources, is_open=is_open)

    def _number(self, key: str) -> int:
        """Return the number of an input among all that the tracker has seen."""
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.sources)
            self.sources.append(key)
        return number
