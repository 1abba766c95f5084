"""TCP and UDP conversations: from a script of messages to the packets a sensor sees, faults included."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paicha.simulate.frames import ACK, FIN, PSH, RST, SYN, Link, Packet, build_tcp, build_udp, fragment, wrap
from paicha.simulate.truth import FlowTruth

if TYPE_CHECKING:
    import random

TCP_OPTIONS = bytes.fromhex("020405b40402010303070101")
DIRECT = Link()


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Both ends of a conversation, the client first."""

    client: str
    client_port: int
    server: str
    server_port: int


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes that one side sends at a time (UTC microseconds)."""

    time_us: int
    to_server: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong between a conversation and its capture; rates are per data segment.

    `unseen` segments reach the other side but never the sensor; `retransmitted` ones are seen twice, 200 ms apart;
    `late` ones are lost before the sensor and seen only when sent again, over half a round trip later; `swapped` ones
    arrive just after their successor; `doubled` frames are captured twice (a mirror of both ports); `overlapped` ones
    are sent again with other boundaries. `joined_us` and `left_us` cut the capture. `segment_bytes` splits messages
    over many segments, `gather_us` puts messages of one side that are closer than this into one segment.
    `fragment_bytes` cuts IP packets into fragments. `ending` is fin, rst or none.
    """

    unseen: float = 0.0
    retransmitted: float = 0.0
    late: float = 0.0
    swapped: float = 0.0
    doubled: float = 0.0
    overlapped: float = 0.0
    joined_us: int | None = None
    left_us: int | None = None
    segment_bytes: int = 1460
    gather_us: int = 0
    fragment_bytes: int | None = None
    ending: str = "fin"


NO_FAULTS = Faults()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The packets of one conversation in time order, and the flow they sum up to."""

    packets: list[Packet]
    flow: FlowTruth


class _Wire:
    """The state of one TCP connection while its packets are made."""

    def __init__(self, ends: Endpoints, link: Link, rng: random.Random, fragment_bytes: int | None) -> None:
        self.ends, self.link, self.fragment_bytes = ends, link, fragment_bytes
        # an inside host near the sensor, a server some hops away
        self.next = {True: rng.getrandbits(32), False: rng.getrandbits(32)}
        self.ident = rng.getrandbits(16)
        self.seen: list[tuple[int, bool, int, bytes]] = []

    def send(self, time_us: int, to_server: bool, flags: int, seq: int, payload: bytes = b"") -> None:
        ends = self.ends
        source, target = (ends.client, ends.server) if to_server else (ends.server, ends.client)
        ports = (ends.client_port, ends.server_port) if to_server else (ends.server_port, ends.client_port)
        self.ident += 1
        packet = build_tcp(
            source, ports[0], target, ports[1], seq=seq, ack=self.next[not to_server] if flags & ACK else 0,
            flags=flags, payload=payload, options=TCP_OPTIONS if flags & SYN else b"", ident=self.ident,
            ttl=64 if to_server else 52,
        )  # fmt: skip
        cut = self.fragment_bytes is not None and len(packet) > self.fragment_bytes + 40
        pieces = fragment(packet, self.fragment_bytes or 8, self.ident) if cut else [packet]
        for offset, piece in enumerate(pieces):
            self.seen.append((time_us + offset, to_server, len(payload) if offset == 0 else 0, piece))

    def collect(self, faults: Faults) -> list[tuple[int, bool, int, bytes]]:
        low = faults.joined_us if faults.joined_us is not None else -1
        high = faults.left_us if faults.left_us is not None else 1 << 62
        return sorted((one for one in self.seen if low <= one[0] <= high), key=lambda one: one[0])


def _gather(messages: list[Message], gather_us: int) -> list[Message]:
    """Return the messages in time order, neighbours of one side put together."""
    ordered = sorted(messages, key=lambda message: message.time_us)
    if not gather_us:
        return ordered
    joined: list[Message] = []
    for message in ordered:
        last = joined[-1] if joined else None
        if last and last.to_server == message.to_server and message.time_us - last.time_us <= gather_us:
            joined[-1] = dataclasses.replace(last, data=last.data + message.data)
        else:
            joined.append(message)
    return joined


def _send_message(wire: _Wire, message: Message, faults: Faults, rng: random.Random, latency_us: int) -> None:
    """Send one message in segments, with their faults and one acknowledgement."""
    size, side, time_us = faults.segment_bytes, message.to_server, message.time_us
    for start in range(0, len(message.data), size):
        piece = message.data[start : start + size]
        seq = wire.next[side]
        flags = ACK | PSH if start + size >= len(message.data) else ACK
        chance = rng.random()
        if chance < (edge := faults.unseen):
            pass
        elif chance < (edge := edge + faults.late):
            # sent again at once, so before the other side can have answered
            wire.send(time_us + latency_us * 6 // 10, side, flags, seq, piece)
        elif chance < (edge := edge + faults.retransmitted):
            wire.send(time_us, side, flags, seq, piece)
            wire.send(time_us + 200_000, side, flags, seq, piece)
        elif chance < (edge := edge + faults.swapped):
            wire.send(time_us + 350, side, flags, seq, piece)
        elif chance < (edge := edge + faults.doubled):
            wire.send(time_us, side, flags, seq, piece)
            wire.seen.append((time_us + 3, *wire.seen[-1][1:]))
        elif chance < edge + faults.overlapped and len(piece) > 8:
            half = len(piece) // 2
            wire.send(time_us, side, ACK, seq, piece[: half + 3])
            wire.send(time_us + 300, side, flags, seq + half - 2, piece[half - 2 :])
            wire.send(time_us + 90_000, side, flags, seq, piece)
        else:
            wire.send(time_us, side, flags, seq, piece)
        wire.next[side] = (seq + len(piece)) & 0xFFFFFFFF
        time_us += 25
    wire.send(time_us + latency_us, not side, ACK, wire.next[not side])


def hold_tcp(
    ends: Endpoints,
    messages: list[Message],
    *,
    start_us: int,
    rng: random.Random,
    end_us: int | None = None,
    link: Link = DIRECT,
    faults: Faults = NO_FAULTS,
    latency_us: int = 30_000,
    service: str | None = None,
    names: tuple[tuple[str, str], ...] = (),
    nature: str = "ordinary",
    label: str = "",
) -> Conversation:
    """Return a TCP conversation: handshake, the messages in time order with acknowledgements, and its end."""
    wire = _Wire(ends, link, rng, faults.fragment_bytes)
    wire.send(start_us, True, SYN, wire.next[True])
    wire.next[True] = (wire.next[True] + 1) & 0xFFFFFFFF
    wire.send(start_us + latency_us, False, SYN | ACK, wire.next[False])
    wire.next[False] = (wire.next[False] + 1) & 0xFFFFFFFF
    wire.send(start_us + latency_us + 40, True, ACK, wire.next[True])
    for message in _gather(messages, faults.gather_us):
        _send_message(wire, message, faults, rng, latency_us)
    last = max((message.time_us for message in messages), default=start_us)
    finish = max(last + 3 * latency_us + 250_000, end_us or 0)
    if faults.ending == "fin":
        wire.send(finish, True, FIN | ACK, wire.next[True])
        wire.next[True] = (wire.next[True] + 1) & 0xFFFFFFFF
        wire.send(finish + latency_us, False, FIN | ACK, wire.next[False])
        wire.next[False] = (wire.next[False] + 1) & 0xFFFFFFFF
        wire.send(finish + latency_us + 40, True, ACK, wire.next[True])
    elif faults.ending == "rst":
        wire.send(finish, False, RST | ACK, wire.next[False])
    seen = wire.collect(faults)
    return _sum_up(ends, "tcp", seen, link, service, names, nature, label)


def hold_udp(
    ends: Endpoints,
    messages: list[Message],
    *,
    link: Link = DIRECT,
    service: str | None = None,
    names: tuple[tuple[str, str], ...] = (),
    nature: str = "ordinary",
    label: str = "",
) -> Conversation:
    """Return a UDP conversation, one datagram per message."""
    seen = []
    for number, message in enumerate(messages):
        there = (ends.client, ends.client_port, ends.server, ends.server_port)
        back = (ends.server, ends.server_port, ends.client, ends.client_port)
        packet = build_udp(*(there if message.to_server else back), message.data, ident=number)
        seen.append((message.time_us, message.to_server, len(message.data), packet))
    return _sum_up(ends, "udp", seen, link, service, names, nature, label)


def _sum_up(
    ends: Endpoints,
    protocol: str,
    seen: list[tuple[int, bool, int, bytes]],
    link: Link,
    service: str | None,
    names: tuple[tuple[str, str], ...],
    nature: str,
    label: str,
) -> Conversation:
    packets = [Packet(time_us, wrap(link, packet, outbound=side)) for time_us, side, _, packet in seen]
    out = [(payload, len(packet)) for _, side, payload, packet in seen if side]
    back = [(payload, len(packet)) for _, side, payload, packet in seen if not side]
    flow = FlowTruth(
        start_us=seen[0][0] if seen else 0,
        end_us=seen[-1][0] if seen else 0,
        client=ends.client,
        client_port=ends.client_port,
        server=ends.server,
        server_port=ends.server_port,
        protocol=protocol,
        packets_out=len(out),
        packets_in=len(back),
        bytes_out=sum(size for _, size in out),
        bytes_in=sum(size for _, size in back),
        payload_out=sum(payload for payload, _ in out),
        payload_in=sum(payload for payload, _ in back),
        service=service,
        names=names,
        nature=nature,
        label=label,
    )
    return Conversation(packets, flow)
