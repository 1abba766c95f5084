"""Which frames of a capture belong to one conversation."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import numpy as np

from paicha.packs.traffic.capture.compiling import entry
from paicha.packs.traffic.capture.decoding import NOTHING, WHOLE, decode_internet
from paicha.packs.traffic.capture.framing import MAXIMUM_FRAME
from paicha.packs.traffic.capture.layout import PACKET, SIX, TCP
from paicha.packs.traffic.capture.links import find_internet

if TYPE_CHECKING:
    from paicha.packs.traffic.capture.frames import Frame
    from paicha.packs.traffic.capture.slicing import Conversation

HELD_DATAGRAMS = 64
HELD_BYTES = 1 << 20
"""Fragments of one datagram that wait for the one that tells the ports; more are left out."""

_LOW = (1 << 64) - 1


@entry
def locate_packet(data: Any, end: int, wire_end: int, link: int, packets: Any) -> int:
    """Decode the frame data[:end] of this link type into packets[0]; return what it is: NOTHING, WHOLE or PART."""
    place = find_internet(data, 0, end, link)
    if place < 0:
        return NOTHING
    return decode_internet(data, place, end, max(wire_end, end), packets[0])


@dataclass(slots=True)
class _Datagram:
    """Fragments of one datagram: whether it is the conversation's (None: not known yet), and those that wait."""

    is_ours: bool | None = None
    size: int = 0
    frames: list[Frame] = field(default_factory=list)


class Matcher:
    """Picks the frames of one conversation from `first` on, fragments of its packets that came earlier included."""

    def __init__(self, conversation: Conversation, first: int) -> None:
        client, server = ip_address(conversation.client), ip_address(conversation.server)
        self._first = first
        # addresses stand side by side in every IP header: frames without them need no decoding
        self._marks = (client.packed + server.packed, server.packed + client.packed)
        self._protocol = TCP | (SIX if client.version == 6 else 0)
        one = (int(client) >> 64, int(client) & _LOW)
        two = (int(server) >> 64, int(server) & _LOW)
        self._ends = ((one, two), (two, one))
        ports = (conversation.client_port, conversation.server_port)
        self._ports = (ports, ports[::-1])
        self._packets = np.zeros(1, PACKET)
        self._held: OrderedDict[tuple[int, int], _Datagram] = OrderedDict()

    def take(self, frame: Frame) -> list[Frame]:
        """Return the frames that are now known to belong to the conversation: mostly this one, or none."""
        data = frame.data
        if self._marks[0] not in data and self._marks[1] not in data:
            return []
        size = len(data)
        wire_end = max(size, min(frame.wire, MAXIMUM_FRAME))
        found = locate_packet(np.frombuffer(data, np.uint8), size, wire_end, frame.link, self._packets)
        packet = self._packets[0]
        ends = (
            (int(packet["from_high"]), int(packet["from_low"])),
            (int(packet["to_high"]), int(packet["to_low"])),
        )
        if found == NOTHING or packet["protocol"] != self._protocol or ends not in self._ends:
            return []
        side = self._ends.index(ends)
        if found == WHOLE:
            ports = (int(packet["from_port"]), int(packet["to_port"]))
            is_ours = bool(packet["has_ports"]) and ports == self._ports[side]
            return [frame] if is_ours and frame.number >= self._first else []
        return self._take_part(frame, side)

    def _take_part(self, frame: Frame, side: int) -> list[Frame]:
        """Return the fragments of the datagram that this one belongs to, as soon as it is known to be ours."""
        packet = self._packets[0]
        key = (side, int(packet["sequence"]))
        begin, is_first = int(packet["start"]), int(packet["weight"]) >> 1 == 0
        if is_first and int(packet["length"]) >= 4:
            ports = (int.from_bytes(frame.data[begin : begin + 2]), int.from_bytes(frame.data[begin + 2 : begin + 4]))
            known = self._held.get(key)
            if known is None or known.is_ours is not None:  # identities come again
                self._held[key] = known = _Datagram()
            known.is_ours = ports == self._ports[side]
        datagram = self._held.setdefault(key, _Datagram())
        self._held.move_to_end(key)
        if len(self._held) > HELD_DATAGRAMS:
            self._held.popitem(last=False)
        if datagram.is_ours is False:
            datagram.frames.clear()
            return []
        if datagram.size + len(frame.data) <= HELD_BYTES:
            datagram.frames.append(frame)
            datagram.size += len(frame.data)
        if not datagram.is_ours or frame.number < self._first:
            return []
        frames, datagram.frames, datagram.size = datagram.frames, [], 0
        return frames
