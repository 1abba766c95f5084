"""Whatever is sent, nothing is raised and nothing grows without bound."""

import json
import random
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stratum_talk import CLIENT, POLICY, SERVER, ask, connect, feed, make_packets, read_packets, read_talk, tell

from paicha.packs.traffic.stratum.tracker import Tracker
from paicha.packs.traffic.tables import MINING_SESSIONS

HASH = "ab" * 32
METHODS = (
    "mining.subscribe", "mining.authorize", "mining.submit", "mining.notify", "mining.set_difficulty",
    "mining.set_target", "mining.hello", "mining.set", "mining.hashrate", "mining.noop", "mining.configure",
    "mining.submitted", "mining.subscribed", "mining.x", "eth_submitLogin", "eth_getWork", "eth_submitWork",
    "eth_submitHashrate", "ctxc_submitWork", "login", "job", "submit", "keepalived", "getjobtemplate", "solution",
    "result", "status", "getwork", "getblocktemplate", "submitblock", "auth", "client.reconnect", "set_extranonce", "",
)  # fmt: skip
KEYS = (
    "id", "result", "error", "params", "body", "method", "login", "pass", "agent", "algo", "job_id", "blob", "target",
    "nonce", "difficulty", "height", "pre_pow", "pow", "edge_bits", "api_key", "input", "output", "code", "job", "type",
    "jobId", "headerBlob", "fromGroup", "miningRequestId", "publicAddress", "status", "worker", "data", "proto",
)  # fmt: skip
TEXTS = (
    HASH, "0x" + HASH, "ffff0100", "0", "1e400", "\ud800", "a" * 600, "12ab", "EthereumStratum/1.0.0", "", "OK",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2**31, -(2**70), 2**270, 0.5, -0.0, 1e308, float("nan"), float("inf"), 7, 42)


def make_value(rng, depth=0):
    """Return any JSON value, with a liking for what dialects look at."""
    kind = rng.randrange(8 if depth < 4 else 5)
    if kind < 2:
        return rng.choice(TEXTS)
    if kind < 4:
        return rng.choice(NUMBERS)
    if kind == 4:
        return rng.choice((None, True, False))
    if kind == 5:
        return {rng.choice(KEYS): make_value(rng, depth + 1) for _ in range(rng.randrange(7))}
    return [make_value(rng, depth + 1) for _ in range(rng.randrange(10))]


def make_message(rng):
    message = {rng.choice(KEYS): make_value(rng, rng.randrange(4)) for _ in range(rng.randrange(1, 12))}
    if rng.random() < 0.8:
        message["method"] = rng.choice(METHODS)
    if rng.random() < 0.6:
        message["id"] = rng.randrange(4)
    return message


def make_talk(seed, size):
    rng = random.Random(seed)
    return [(rng.choice((CLIENT, SERVER)), make_message(rng)) for _ in range(rng.randrange(1, size))]


def check_rows(rows):
    pa.Table.from_pylist([{key: row[key] for key in MINING_SESSIONS.names} for row in rows], MINING_SESSIONS.arrow)
    for row in rows:
        assert row["connected"] >= 0
        assert all(row[f"shares_{name}"] >= 0 for name in ("submitted", "accepted", "rejected", "stale", "duplicate"))
        assert len(row["logins"]) <= 64
        assert row["work"] is None or row["work"] >= 0


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 40))
def test_messages_of_any_content(seed):
    lines = [(side, json.dumps(message).encode() + b"\n") for side, message in make_talk(seed, 40)]
    check_rows(read_packets(make_packets(lines)))


@settings(deadline=None)
@given(st.integers(0, 1 << 40))
def test_messages_of_any_content_over_http(seed):
    lines = []
    for side, message in make_talk(seed, 12):
        data = json.dumps(message).encode()
        head = b"POST /partial HTTP/1.1\r\nAuthorization: Basic !!!\r\n" if side == CLIENT else b"HTTP/1.1 200 OK\r\n"
        lines.append((side, head + b"Content-Length: %d\r\n\r\n" % len(data) + data))
    check_rows(read_packets(make_packets(lines)))


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1]), st.integers(0, 1 << 50), st.integers(0, (1 << 32) - 1), st.integers(0, 31),
            st.binary(max_size=80),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_segments_of_any_content(packets):
    check_rows(read_packets(packets, opened_by=-1))


SESSION = [
    ask(id=1, method="mining.subscribe", params=["a"]),
    tell(id=None, method="mining.set_difficulty", params=[1]),
    tell(id=None, method="mining.notify", params=["j", HASH, "01", "02", [], "20000000", "1c04219e", "6553f100", True]),
]


def test_a_session_of_endless_variety_stays_small():
    tracker = Tracker(POLICY, "site")
    tracker.open(connect())
    talk = list(SESSION)
    for number in range(12_000):
        talk += [
            ask(id=f"a{number}", method="mining.authorize", params=[f"user{number}.w", "x"]),
            tell(id=None, method="mining.set_difficulty", params=[number + 0.5]),
            ask(
                id=f"s{number}", method="mining.submit", params=["u", f"job{number}", "00", "6553f100", f"{number:08x}"]
            ),
        ]
    feed(tracker, make_packets(talk, step=1000))
    state = tracker.save()
    assert len(state) < 4_000_000
    row = tracker.finish(keep_open=False)[0]
    assert row["shares_submitted"] == 12_000
    assert len(row["logins"]) == 64
    assert len(row["difficulty"]) <= 10_000
    assert row["work"] == pytest.approx(sum((n + 0.5) * 4295032833 for n in range(12_000)), rel=0.01)


def test_texts_are_cut_and_cleaned():
    login = "evil\x1b[31m\u202e" + "w" * 5000
    row = read_talk(
        [
            ask(id=1, method="mining.subscribe", params=["x\ny" * 400]),
            ask(id=2, method="mining.authorize", params=[login]),
        ]
    )
    assert len(row["software"]) <= 256
    assert all(character.isprintable() for character in row["software"] + row["logins"][0]["value"])
    assert len(row["logins"][0]["value"]) <= 512


@pytest.mark.parametrize(
    "line", [b'{"hello":1}\n', b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n", b"\x16\x03\x01" + b"\0" * 5000]
)
def test_what_is_no_mining_is_given_up_soon(line):
    tracker = Tracker(POLICY, "site")
    tracker.open(connect())
    assert feed(tracker, make_packets([(CLIENT, line)] * 14)) == [1]
    assert not tracker.is_mining(1)
    assert tracker.finish(keep_open=False) == []


def test_patience_lasts_for_getwork_on_a_kept_connection():
    foreign = (CLIENT, b"GET /a HTTP/1.1\r\nHost: b\r\n\r\n")
    body = b'{"method":"getwork","params":[],"id":1}'
    getwork = (CLIENT, b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert read_talk([*[foreign] * 5, getwork])["dialect"] == "getwork"


def test_a_held_flood_takes_little_time():
    packets = [(0, 1_000_000 + n, (5000 + 3 * (n * 7919 % 20_000)) % (1 << 32), 16, b"x") for n in range(20_000)]
    started = time.perf_counter()
    read_packets([(0, 1, 10, 2, b""), *packets])
    assert time.perf_counter() - started < 5
