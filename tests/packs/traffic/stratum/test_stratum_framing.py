import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paicha.packs.traffic.stratum.framing import Framing
from paicha.packs.traffic.stratum.messages import parse_objects
from paicha.simulate.websockets import build_frame

MAX = 1 << 20


def cut(data, sizes):
    pieces, start, number = [], 0, 0
    while start < len(data):
        size = sizes[number % len(sizes)]
        pieces.append(data[start : start + size])
        start, number = start + size, number + 1
    return pieces


def read_side(pieces, side=0, framing=None):
    framing = framing or Framing(MAX, is_joined=False)
    return [item for piece in pieces for item in framing.push(side, piece)]


def list_values(items):
    return [content for kind, content, _ in items if kind == "json"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 60), 1 << 60) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.text(max_size=6), json_values, max_size=4)
sizes = st.lists(st.integers(1, 40), min_size=1, max_size=6)


@given(st.lists(objects, min_size=1, max_size=6), sizes, st.sampled_from(["\n", "\r\n", "", " ", "\n\n"]))
def test_objects_are_found_however_they_are_cut_and_parted(values, sizes, gap):
    data = b"".join(json.dumps(value).encode() + gap.encode() for value in values)
    assert list_values(read_side(cut(data, sizes))) == values


@given(st.binary(max_size=2000), sizes)
def test_any_bytes_are_framed_without_error(data, sizes):
    for prefix in (
        b"",
        b"{",
        b"GET ",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ):
        framing = Framing(4096, is_joined=True)
        read_side(cut(prefix + data, sizes), framing=framing)
        framing.skip(0, 10)
        read_side(cut(data, sizes), framing=framing)
        framing.close(0)


def test_requests_with_lengths_and_chunks():
    body = b'{"method":"getwork","params":[],"id":1}'
    head = b"POST / HTTP/1.1\r\nHost: a\r\nUser-Agent: x/1\r\n"
    plain = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = head + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked += b"5\r\n" + body[:5] + b"\r\n%x;q=1\r\n" % (len(body) - 5) + body[5:] + b"\r\n0\r\nT: 1\r\n\r\n"
    for size in (1, 7, 4000):
        items = read_side(cut(plain + chunked + plain, [size]))
        assert [content.body for _, content, _ in items] == [body] * 3
        assert items[0][1].headers["user-agent"] == "x/1"


def test_a_body_over_the_bound_is_kept_at_both_ends():
    framing = Framing(20_000, is_joined=False)
    body = b"A" * 30_000 + b"Z" * 30_000
    items = framing.push(1, b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + body)
    message = items[0][1]
    assert not message.is_whole
    assert message.body[:1] + message.body[-1:] == b"AZ"
    assert len(message.body) < 40_000


@pytest.mark.parametrize("size", [1, 3, 50, 5000])
def test_websocket_after_its_upgrade(size):
    import random

    framing = Framing(MAX, is_joined=False)
    upgrade = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    frames = b"".join(
        build_frame(json.dumps({"n": n, "pad": "x" * n * 40}).encode(), random.Random(n)) for n in range(6)
    )
    found = read_side(cut(upgrade + frames, [size]), 0, framing)
    assert [value["n"] for value in list_values(found)] == list(range(6))
    answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
    back = answer + b'\x01\x05{"a":' + b"\x89\x00" + b"\x80\x02" + b"1}"
    assert list_values(read_side(cut(back, [size]), 1, framing)) == [{"a": 1}]
    assert framing.transport == "ws"


def test_messages_behind_a_tunnel_are_found():
    framing = Framing(MAX, is_joined=False)
    framing.push(0, b"CONNECT pool:3333 HTTP/1.1\r\nHost: pool\r\n\r\n")
    framing.push(1, b"HTTP/1.1 200 Connection established\r\n\r\n")
    assert list_values(framing.push(0, b'{"id":1}\n')) == [{"id": 1}]
    assert list_values(framing.push(1, b'{"id":2}\n')) == [{"id": 2}]


def test_behind_lost_bytes_the_next_message_is_found():
    framing = Framing(MAX, is_joined=False)
    framing.push(0, b'{"id":1,"method":"x"')
    framing.skip(0, 30)
    assert list_values(framing.push(0, b'rest":[1,2]}\n{"id":3}\n')) == [{"id": 3}]


@pytest.mark.parametrize(
    "data", [b"[" * MAX, b'{"a":' * (MAX // 5), b'{"' + b'\\"' * (MAX // 2), b'{"x":"}' + b"{}" * 200_000]
)
def test_hostile_lines_take_little_time(data):
    started = time.perf_counter()
    read_side([*cut(data, [1460]), b"\n"])
    assert time.perf_counter() - started < 5


def test_numbers_of_any_length_do_not_raise():
    assert parse_objects('{"a":' + "9" * 5000 + "}")[0] == []
    assert parse_objects('{"a":NaN,"b":1e999}')[0][0][0]["a"] is None


def test_bytes_lost_within_a_chunk_damage_one_message_only():
    framing = Framing(MAX, is_joined=False)
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert framing.push(1, head + b"a\r\nabc") == []
    framing.skip(1, 7)
    ((_, first, _), (_, second, _)) = framing.push(1, b"\r\n2\r\nxy\r\n0\r\n\r\n" + head + b"2\r\nhi\r\n0\r\n\r\n")
    assert (first.body, first.is_whole) == (b"abcxy", False)
    assert (second.body, second.is_whole) == (b"hi", True)
