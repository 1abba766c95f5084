"""One connection: its packets counted, its bytes put in order, its messages read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.stratum import reading
from paicha.packs.traffic.stratum.dialects import cryptonote, second
from paicha.packs.traffic.stratum.framing import Framing
from paicha.packs.traffic.stratum.reassembly import Stream
from paicha.packs.traffic.stratum.session import Session

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import StratumPolicy
    from paicha.packs.traffic.segments import Connection
    from paicha.packs.traffic.stratum.reassembly import Mark, Piece

FIN, SYN, RST = 1, 2, 4
SLOT_US = 300_000_000
MAX_SLOTS = 100_000
MAX_FOREIGN = 8
"""Messages that are no mining's after which a connection is given up."""
MAX_FOREIGN_BYTES = 65_536
MAX_QUEUED = 4096
SILENCE_FACTOR = 4
"""A silence is a gap of the capture only if it is so many times the usual time between segments."""
FLIGHTS = 3


class Conversation:
    """The state of one connection.

    `last_client` are the times of the last data by side; `queued` holds what can be read from one side while the other
    waits for a missing segment, so that messages are read in the order of time. `silence` is the last time for which
    no packet at all was captured for long: from, to, and whether it was taken for a gap already.
    """

    __slots__ = (
        "connection", "ended", "flights", "foreign", "foreign_bytes", "framing", "has_handshake", "is_hopeless",
        "is_joined", "last_data", "packets", "policy", "queued", "segments", "session", "silence", "streams", "volume",
    )  # fmt: skip

    def __init__(self, connection: Connection, policy: StratumPolicy) -> None:
        self.connection = connection
        self.policy = policy
        self.is_joined = connection.opened_by < 0
        self.streams = (Stream(policy.max_held_bytes), Stream(policy.max_held_bytes))
        self.framing = Framing(policy.max_message_bytes, is_joined=self.is_joined)
        self.session = Session()
        self.foreign = 0
        self.foreign_bytes = 0
        self.is_hopeless = False
        self.has_handshake = False
        self.flights: list[list[Any]] | None = None if self.is_joined else []
        self.ended = connection.started
        self.segments = 0
        self.last_data = [connection.started, connection.started]
        self.silence: list[int] | None = None
        self.queued: list[tuple[int, int, Piece]] = []
        self.volume: dict[int, list[int]] = {}
        self.packets: dict[int, list[int]] = {}
        self._add_volume(connection.started, 0, connection.bytes_a)
        self._add_volume(connection.started, 1, connection.bytes_b)

    def count(self, side: int, time: int, ip_bytes: int, packet: int, source: int) -> None:
        """Count a packet, whatever it holds."""
        slot = self.volume.get(time // SLOT_US)
        if slot is None:
            self._add_volume(time, side, ip_bytes)
        else:
            slot[side] += ip_bytes
        span = self.packets.get(source)
        if span is None:
            self.packets[source] = [packet, packet]
        else:
            span[1] = packet
        if time > self.ended:
            if time - self.ended > self.policy.max_gap_seconds * 1_000_000:
                self._note_silence(time)
            self.ended = time

    def take(self, side: int, sequence: int, flags: int, payload: bytes, missing: int, mark: Mark) -> None:
        """Take a segment that has payload or a SYN, and read what can be read."""
        stream = self.streams[side]
        if flags & SYN:
            stream.begin((sequence + 1) & 0xFFFFFFFF)
            sequence = (sequence + 1) & 0xFFFFFFFF
        if not payload and not missing:
            return
        time = mark[0]
        self.segments += 1
        pieces: list[Piece] = []
        stream.push(sequence, payload, missing, mark, pieces)
        if stream.blocked_since is None and self.streams[1 - side].blocked_since is None and not self.queued:
            for piece in pieces:
                self._read_piece(side, piece)
            return
        if pieces or self.queued:
            self._enqueue(side, pieces)
        for other, blocked in enumerate(self.streams):
            if blocked.is_overdue(time) or len(self.queued) > MAX_QUEUED:
                late: list[Piece] = []
                blocked.give_up(late)
                self._enqueue(other, late)

    def finish(self) -> None:
        """Read what is still held: no missing segment will come any more."""
        for side, stream in enumerate(self.streams):
            late: list[Piece] = []
            stream.flush(late)
            self._enqueue(side, late)
        for side in (0, 1):
            for kind, content, size in self.framing.close(side):
                self._read_item(side, kind, content, size, (self.ended, 0, -1))
        cryptonote.prove_unanswered(self.session)

    @property
    def is_mining(self) -> bool:
        """Whether mining was spoken."""
        return self.session.is_proven

    @property
    def bytes_lost(self) -> int:
        """Payload bytes of both sides that the capture did not hold."""
        return self.streams[0].lost + self.streams[1].lost

    def _add_volume(self, time: int, side: int, ip_bytes: int) -> None:
        number = time // SLOT_US
        slot = self.volume.get(number)
        if slot is None:
            if len(self.volume) >= MAX_SLOTS:
                number = next(reversed(self.volume))
            slot = self.volume.setdefault(number, [0, 0])
        slot[side] += ip_bytes

    def _enqueue(self, side: int, pieces: list[Piece]) -> None:
        """Read pieces at once where no side waits, else in the order of time as soon as that is settled."""
        blocked = [stream.blocked_since for stream in self.streams if stream.blocked_since is not None]
        if not blocked and not self.queued:
            for piece in pieces:
                self._read_piece(side, piece)
            return
        # bytes behind a late segment reach their reader only when it does
        latest = 0
        for piece in pieces:
            latest = max(latest, piece[0][0])
            self.queued.append((latest, side, piece))
        horizon = min(blocked, default=None)
        self.queued.sort(key=lambda one: one[0])
        ready = len(self.queued)
        if horizon is not None:
            ready = next((number for number, one in enumerate(self.queued) if one[0] >= horizon), ready)
        now, self.queued = self.queued[:ready], self.queued[ready:]
        for _, owner, piece in now:
            self._read_piece(owner, piece)

    def _read_piece(self, side: int, piece: Piece) -> None:
        mark, data, lost = piece
        if lost:
            self._read_gap(side, lost, mark)
            return
        if self.is_hopeless:
            return
        self.last_data[side] = mark[0]
        if self.has_handshake:
            second.read(self.session, len(data), side, mark)
            return
        if self.flights is not None:
            self._watch_handshake(side, data)
        for kind, content, size in self.framing.push(side, data):
            self._read_item(side, kind, content, size, mark)

    def _note_silence(self, time: int) -> None:
        """Remember a silence that is longer than this connection's messages are apart."""
        usual = (self.ended - self.connection.started) / max(1, self.segments)
        if time - self.ended > SILENCE_FACTOR * usual:
            self.silence = [self.ended, time, 0]

    def _read_gap(self, side: int, lost: int, mark: Mark) -> None:
        self.flights = None
        silence = self.silence
        since, until = self.last_data[side], mark[0]
        is_silent = silence is not None and since <= silence[0]
        if self.session.is_proven:
            is_client = self.session.clients[side] > self.session.clients[1 - side]
            gone = 0
            if is_silent and silence is not None and not silence[2]:
                gone, silence[2] = self.session.overlap_known(silence[0], silence[1]), 1
            self.session.lose(
                is_client=is_client, since=since, time=until, lost=lost, gone_us=gone, is_silent=is_silent
            )
        for kind, content, size in self.framing.skip(side, lost):
            self._read_item(side, kind, content, size, mark)

    def _read_item(self, side: int, kind: str, content: Any, size: int, mark: Mark) -> None:
        if kind == "json":
            is_ours = reading.read_json(self.session, content, side, mark, size)
        elif kind == "http":
            is_ours = reading.read_http(self.session, content, side, mark)
        else:
            is_ours = False
        if is_ours or self.session.is_proven:
            return
        self.foreign_bytes += size
        self.foreign += kind != "raw"
        if self.foreign >= MAX_FOREIGN or self.foreign_bytes >= MAX_FOREIGN_BYTES or kind == "end":
            self.is_hopeless = True

    def _watch_handshake(self, side: int, data: bytes) -> None:
        """Look for the sizes of Stratum V2's handshake in the first bytes of both sides."""
        flights = self.flights
        assert flights is not None
        if flights and flights[-1][0] == side:
            flights[-1][1] += data[:256]
        else:
            flights.append([side, data[:256]])
        if len(flights) < FLIGHTS and len(flights[-1][1]) < 256 and self.framing.modes[side] in {"undecided", "raw"}:
            return
        self.flights = None
        is_complete = len(flights) == FLIGHTS and flights[0][0] == max(0, self.connection.opened_by)
        if is_complete and second.is_handshake(flights[0][1], flights[1][1]):
            self.has_handshake = True
            second.begin(self.session, flights[0][0])
