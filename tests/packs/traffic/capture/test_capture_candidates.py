"""Candidates: which connections the tracker is shown, from where on, and how they go on in a later run."""

from __future__ import annotations

import json
from typing import ClassVar

import numpy as np
import pytest
from capture_frames import ACK, PSH, START, SYN, ethernet, ipv4, pcap, read, talk, tcp

from paicha.packs.traffic.segments import Connection

LOGIN = b'{"id":1,"jsonrpc":"2.0","method":"login","params":{}}\n'
OPAQUE = bytes(range(160, 224))


class FakeTracker:
    """Notes what it is told."""

    made: ClassVar[list[FakeTracker]] = []
    hopeless = False

    def __init__(self, policy, site, state=None):
        self.state = json.loads(state) if state else []
        self.opened, self.segments, self.closed = [], [], []
        FakeTracker.made.append(self)

    def open(self, connection):
        self.opened.append(connection)

    def feed(self, segments):
        assert segments.flow.dtype == np.int64
        for i in range(len(segments.flow)):
            start = int(segments.start[i])
            payload = segments.data[start : start + int(segments.length[i])].tobytes()
            assert segments.sources[segments.source[i]].startswith("key")
            self.segments.append((int(segments.side[i]), payload, int(segments.ip_bytes[i]), int(segments.packet[i])))
        return sorted(set(segments.flow.tolist())) if FakeTracker.hopeless else []

    def close(self, flow, time):
        self.closed.append((flow, time))

    def is_mining(self, flow):
        return True

    def take_rows(self):
        return []

    def finish(self, *, keep_open):
        return []

    def save(self):
        going = [c for c in self.opened if c.flow not in dict(self.closed)]
        return json.dumps([[c.flow, c.a_ip, c.a_port, c.b_ip, c.b_port, c.started] for c in going]).encode()

    def resume(self):
        return [Connection(f, a, p, b, q, 0, t, 0, 0) for f, a, p, b, q, t in self.state]


@pytest.fixture
def tracker(monkeypatch):
    monkeypatch.setattr("paicha.packs.traffic.stratum.tracker.Tracker", FakeTracker)
    monkeypatch.setattr(FakeTracker, "made", [])
    monkeypatch.setattr(FakeTracker, "hopeless", False)
    return lambda: FakeTracker.made[-1]


YES = {
    "json": LOGIN,
    "array": b' [ {"id": 1}]',
    "newline first": b"\r\n" + LOGIN,
    "lone brace": b"{",
    "getwork": b'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{"',
    "json body": b'POST /rpc HTTP/1.0\r\nContent-Type: text/plain\r\n\r\n{"method": 1}',
    "head in parts": b"POST / HTTP/1.1\r\n",
    "websocket": b"GET /proxy HTTP/1.1\r\nHost: a\r\nUpgrade: WebSocket\r\n\r\n",
    "chia": b"GET /pool_info HTTP/1.1\r\nHost: a\r\n\r\n",
    "farmer": b"PUT /farmer HTTP/1.1\r\nHost: a\r\n\r\n",
}
NO = {
    "get": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "form": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=b",
    "tls": b"\x16\x03\x01\x00\x40\x01\0\0\x3c\x03\x03" + bytes(60),
    "brace of something else": b"{binary",
    "number list": b"[1, 2]",
    "text": b"220 mail.example ESMTP\r\n",
}


@pytest.mark.parametrize("name", YES)
@pytest.mark.parametrize("side", [0, 1])
def test_shown(tmp_path, tracker, name, side):
    frames = talk(payloads=((1 - side, b"junk"), (side, YES[name]), (1 - side, b"answer")))
    read(tmp_path, pcap(frames))
    (connection,) = tracker().opened
    assert (connection.a_ip, connection.b_port, connection.opened_by, connection.started) == ("10.0.0.1", 80, 0, START)
    assert (connection.bytes_a, connection.bytes_b) == ((124, 40) if side else (80, 84))
    assert [payload for _, payload, _, _ in tracker().segments] == [YES[name], b"answer", b"", b"", b""]
    assert [number for *_, number in tracker().segments] == [5, 6, 7, 8, 9]
    assert len(tracker().closed) == 1


@pytest.mark.parametrize("name", NO)
def test_not_shown(tmp_path, tracker, name):
    read(tmp_path, pcap(talk(payloads=((0, NO[name]), (1, NO[name])))))
    assert tracker().opened == []


def test_joined_in_the_middle(tmp_path, tracker):
    frames = talk(payloads=((0, b'rest of it"}\n'), (1, LOGIN), (0, LOGIN)))[3:]
    read(tmp_path, pcap(frames))
    (connection,) = tracker().opened
    assert connection.opened_by == -1
    assert [payload for _, payload, _, _ in tracker().segments][:2] == [LOGIN, LOGIN]


def test_noise_handshake_is_shown_from_its_first_byte(tmp_path, tracker):
    read(tmp_path, pcap(talk(payloads=((0, OPAQUE), (1, bytes(234)), (0, b"frame")))))
    (connection,) = tracker().opened
    assert (connection.bytes_a, connection.bytes_b) == (80, 40)
    assert [payload for _, payload, _, _ in tracker().segments][:3] == [OPAQUE, bytes(234), b"frame"]
    assert [number for *_, number in tracker().segments][:3] == [4, 5, 6]


NO_NOISE = (
    ((0, OPAQUE), (1, bytes(233))),
    ((0, b"a" * 64), (1, bytes(234))),
    ((1, OPAQUE), (0, bytes(234))),
)


@pytest.mark.parametrize("payloads", NO_NOISE)
def test_no_noise_handshake(tmp_path, tracker, payloads):
    read(tmp_path, pcap(talk(payloads=payloads)))
    assert tracker().opened == []


def test_hopeless_connections_are_left_alone(tmp_path, tracker, monkeypatch):
    monkeypatch.setattr(FakeTracker, "hopeless", True)
    frames = talk(payloads=tuple((n % 2, LOGIN + bytes(1000)) for n in range(9000)))
    read(tmp_path, pcap(frames))
    assert len(tracker().opened) == 1
    assert len(tracker().segments) < 8500
    assert tracker().closed == []


def test_second_sensor_counts_no_bytes(tmp_path, tracker):
    frames = talk(payloads=((0, LOGIN), (1, LOGIN)))
    read(tmp_path, pcap(frames), pcap(frames))
    (connection,) = tracker().opened
    counted = connection.bytes_a + connection.bytes_b + sum(size for _, _, size, _ in tracker().segments)
    assert counted == sum(len(data) - 14 for _, data in frames)
    assert [payload for _, payload, _, _ in tracker().segments].count(LOGIN) == 4


def test_goes_on_in_a_later_run(tmp_path, tracker):
    frames = talk(payloads=tuple((n % 2, LOGIN) for n in range(10)), close=False)
    first = read(tmp_path, pcap(frames[:8]))
    flow = tracker().opened[0].flow
    assert tracker().closed == []
    second = read(tmp_path, pcap(frames[8:]), state=first.state)
    assert tracker().opened == []
    assert len(tracker().segments) == 5
    (row,) = second.flows
    assert (row["client_ip"], row["started"], row["packets_out"] + row["packets_in"]) == ("10.0.0.1", frames[8][0], 5)
    third = read(tmp_path, pcap(talk(start=START + 10**9, sport=5)), state=second.state)
    assert [row["client_port"] for row in third.flows] == [5]
    later = json.loads(third.state)
    assert later["flow_serial"] > flow


def test_what_was_open_and_stays_silent_is_closed(tmp_path, tracker):
    first = read(tmp_path, pcap(talk(payloads=((0, LOGIN),), close=False)))
    late = START + 8 * 3600 * 1_000_000
    read(tmp_path, pcap(talk(start=late)), state=first.state)
    assert len(tracker().closed) == 1


@pytest.mark.parametrize("state", [b"", b"{}", b"[1]", b'{"flow_serial": "x"}', b"\xff"])
def test_a_state_that_cannot_be_read_is_none(tmp_path, tracker, state):
    assert len(read(tmp_path, pcap(talk()), state=state).flows) == 1


def test_fragmented_segments_arrive_whole(tmp_path, tracker):
    payload = LOGIN * 20
    datagram = tcp(40000, 3333, ACK | PSH, payload, 7)
    frames = [(START, ethernet(ipv4("10.0.0.1", "192.0.2.9", 6, tcp(40000, 3333, SYN))))]
    for offset in range(0, len(datagram), 256):
        piece = datagram[offset : offset + 256]
        more = offset + 256 < len(datagram)
        frames.append((START + 1 + offset, ethernet(ipv4("10.0.0.1", "192.0.2.9", 6, piece, offset=offset, more=more))))
    read(tmp_path, pcap(frames))
    ((side, seen, size, _),) = tracker().segments
    assert (side, seen, size) == (0, payload, len(datagram) + 20 * (len(frames) - 1))
