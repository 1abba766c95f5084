"""Profiles: exact sizes, answers and gaps; nothing counted twice; the same with and without payload."""

from __future__ import annotations

import itertools
import json
from collections import Counter

import pytest
from capture_frames import ACK, FIN, PSH, START, SYN, ethernet, ipv4, pcap, read, tcp, udp
from hypothesis import example, given, settings
from hypothesis import strategies as st

from paicha.packs.traffic.policy import TrafficPolicy

SECOND = 1_000_000
A, B = "10.0.0.1", "192.0.2.9"
PUSHES = 32


class Talk:
    """A TCP connection being built: segments with right sequence numbers."""

    def __init__(self, sport=40000, dport=443, start=START, is_opened=True):
        self.ends = ((A, B, sport, dport), (B, A, dport, sport))
        self.numbers = [4_294_967_000, 5000]  # one of them wraps around
        self.frames = []
        if is_opened:
            for side, flags in ((0, SYN), (1, SYN | ACK), (0, ACK)):
                self.send(start, side, 0, flags)

    def send(self, time, side, size, flags=ACK | PSH, *, shift=0, advance=True, data=None):
        here, there, port, other = self.ends[side]
        payload = bytes(size) if data is None else data
        number = (self.numbers[side] + shift) & 0xFFFFFFFF
        self.frames.append((time, ethernet(ipv4(here, there, 6, tcp(port, other, flags, payload, number)))))
        if advance:
            self.numbers[side] += len(payload) + (1 if flags & (SYN | FIN) else 0)


def mine(talk, shares=20, start=START):
    """Fill a connection with work: jobs of 379 B every 30 s, shares of 233 B every 20 s, answers of 63 B."""
    talk.send(start + 1000, 0, 548)
    talk.send(start + 90_000, 1, 538)
    events = [(start + n * 20 * SECOND, "share") for n in range(1, shares + 1)]
    events += [(start + n * 30 * SECOND + 7 * SECOND, "job") for n in range(1, shares * 2 // 3)]
    for time, kind in sorted(events):
        if kind == "job":
            talk.send(time, 1, 379)
        else:
            talk.send(time, 0, 233)
            talk.send(time + 80_000, 1, 63)
    talk.frames.sort(key=lambda frame: frame[0])
    return talk


def find_sizes(row, side):
    return {one["bytes"]: one for one in row[f"sizes_{side}"]}


def profiles_of(kept):
    return sorted(kept.rows("profiles"), key=lambda row: row["started"])


def test_shares_answers_and_jobs_are_counted(tmp_path):
    kept = read(tmp_path, pcap(mine(Talk()).frames))
    (row,) = profiles_of(kept)
    out, back = find_sizes(row, "out"), find_sizes(row, "in")
    assert (out[233]["count"], out[233]["answered"], out[233]["reply"]) == (20, 20, 63)
    assert (back[379]["count"], back[379]["unasked"], back[63]["count"], back[63]["unasked"]) == (12, 12, 20, 0)
    assert out[233]["gap_sum"] == pytest.approx(380)
    assert out[233]["gaps"] == 19
    assert out[233]["gap_squares"] == pytest.approx(19 * 400, rel=1e-4)
    assert row["head"][:3] == [548, -538, -379] or row["head"][:3] == [548, -538, 233]
    assert (row["messages_out"], row["payload_out"], row["largest_out"]) == (21, 548 + 20 * 233, 548)
    assert sum(row["gap_counts_in"]) == row["messages_in"] - 1
    assert row["gap_counts_out"][15] == 20  # 16.384 s to 32.768 s
    assert row["active"] == sorted({time // (900 * SECOND) * 900 * SECOND for time in (START, row["ended"])})
    assert (row["client_ip"], row["server_port"], row["joined"], row["is_partial"]) == (A, 443, False, False)
    pushed = [pair for r in kept.rows("pushes") for pair in zip(r["times"], r["sizes"], strict=True)]
    assert len(pushed) == row["messages_in"]
    assert {r["session"] for r in kept.rows("pushes")} == {row["session"]}
    assert [t for t, size in pushed if size == 379] == [START + n * 30 * SECOND + 7 * SECOND for n in range(1, 13)]


@pytest.mark.parametrize("snap", [54, 66])
def test_payload_cut_off_changes_nothing(tmp_path, snap):
    frames = mine(Talk()).frames
    cut = [(time, data[:snap], len(data)) for time, data in frames]
    (whole,), (short,) = profiles_of(read(tmp_path, pcap(frames))), profiles_of(read(tmp_path, pcap(cut)))
    for row in (whole, short):
        del row["is_tls"], row["is_web"], row["sources"]
    assert whole == short


def test_segments_of_one_message_are_one(tmp_path):
    talk = Talk()
    for n in range(1, 30):
        talk.send(START + n * 10 * SECOND, 0, 50)
        talk.send(START + n * 10 * SECOND + 20_000, 1, 1448, ACK)
        talk.send(START + n * 10 * SECOND + 30_000, 1, 1448, ACK)
        talk.send(START + n * 10 * SECOND + 31_000, 1, 100)
    policy = TrafficPolicy(profiles={"max_mean_bytes": 5000})
    (row,) = profiles_of(read(tmp_path, pcap(talk.frames), policy=policy))
    assert {size: one["count"] for size, one in find_sizes(row, "in").items()} == {2996: 29}
    assert find_sizes(row, "out")[50]["reply"] == 2996


@pytest.mark.parametrize("begin", [1, 15])
def test_nothing_counts_twice(tmp_path, begin):
    """Retransmissions, probes and a lost segment that comes late, among the first messages and later on."""
    talk = Talk()
    for n in range(1, 31):
        time = START + n * 10 * SECOND
        talk.send(time, 0, 200)
        talk.send(time + 50_000, 1, 60)
        if n >= begin:
            talk.send(time + 300_000, 0, 200, shift=-200, advance=False)
            talk.send(time + 5 * SECOND, 0, 1, shift=-1, advance=False)
    if begin > 10:
        talk.send(START + 400 * SECOND, 1, 77, shift=60)
        talk.send(START + 400 * SECOND + 30_000, 1, 60, shift=-77, advance=False)
        talk.send(START + 400 * SECOND + 60_000, 1, 60, shift=-77, advance=False)
    (row,) = profiles_of(read(tmp_path, pcap(talk.frames)))
    counts = {size: one["count"] for size, one in (find_sizes(row, "out") | find_sizes(row, "in")).items()}
    assert counts == ({200: 30, 60: 31, 77: 1} if begin > 10 else {200: 30, 60: 30})


def test_two_sensors_count_once(tmp_path):
    frames = mine(Talk()).frames
    (once,) = profiles_of(read(tmp_path, pcap(frames)))
    (twice,) = profiles_of(read(tmp_path, pcap(frames), pcap([(t + 300, d) for t, d in frames])))
    for side in ("out", "in"):
        assert abs(once[f"messages_{side}"] - twice[f"messages_{side}"]) <= 1


def test_datagrams_and_tunnels_have_profiles(tmp_path):
    frames = []
    for n in range(40):
        time = START + n * 10 * SECOND
        frames.append((time, ethernet(ipv4(A, B, 17, udp(51820, 51820, bytes(148))))))
        frames.append((time + 1000, ethernet(ipv4(B, A, 17, udp(51820, 51820, bytes(92))))))
        frames.append((time + 2000, ethernet(ipv4(A, B, 50, bytes(120)))))
        frames.append((time + 3000, ethernet(ipv4(B, A, 50, bytes(104)))))
    rows = {row["protocol"]: row for row in profiles_of(read(tmp_path, pcap(frames)))}
    assert {p: (r["messages_out"], r["messages_in"], r["client_port"]) for p, r in rows.items()} == {
        17: (40, 40, 51820),
        50: (40, 40, None),
    }
    assert find_sizes(rows[50], "out")[120]["answered"] == 40


def test_busy_bulky_and_short_connections_have_none(tmp_path):
    busy, bulky, short = Talk(sport=1), Talk(sport=2), Talk(sport=3)
    for n in range(4000):
        busy.send(START + n * 50_000, n % 2, 40)
    for n in range(200):
        bulky.send(START + n * SECOND, 1, 2600)
    for n in range(50):
        short.send(START + n * SECOND, 0, 40)
    frames = sorted((f for talk in (busy, bulky, short) for f in talk.frames), key=lambda frame: frame[0])
    assert profiles_of(read(tmp_path, pcap(frames))) == []


def test_long_shares_are_not_bulk(tmp_path):
    """Solutions of Equihash: messages of 1.4 to 3 kB from the first minute on."""
    talk = Talk()
    for n in range(40):
        talk.send(START + n * 10 * SECOND, 0, 2860)
        talk.send(START + n * 10 * SECOND + 50_000, 1, 40)
    (row,) = profiles_of(read(tmp_path, pcap(talk.frames)))
    assert find_sizes(row, "out")[2860]["count"] == 40


@pytest.mark.parametrize(("size", "every"), [(1300, 20_000), (60, 50_000)])
def test_a_tunnel_that_turns_quiet_is_profiled_from_then_on(tmp_path, size, every):
    """Given up as bulky or as busy; a few minutes later it is quiet, and what came before is not its beginning."""
    frames = [
        (START + n * every, ethernet(ipv4(A, B, 17, udp(51820, 51820, bytes(size)))))
        for n in range(120 * SECOND // every)
    ]
    for n in range(80):
        time = START + 120 * SECOND + n * 10 * SECOND
        frames.append((time, ethernet(ipv4(A, B, 17, udp(51820, 51820, bytes(148))))))
        frames.append((time + 80_000, ethernet(ipv4(B, A, 17, udp(51820, 51820, bytes(92))))))
    (row,) = profiles_of(read(tmp_path, pcap(frames)))
    assert START + 240 * SECOND <= row["profiled"] <= START + 420 * SECOND
    assert {bytes_: one["answered"] for bytes_, one in find_sizes(row, "out").items()} == {148: row["messages_out"]}
    assert row["messages_out"] >= 48
    assert row["head"] == []


def test_what_was_quiet_for_moments_has_no_row(tmp_path):
    busy = Talk()
    for n in range(330 * 20):
        busy.send(START + n * 50_000, n % 2, 40)
    assert profiles_of(read(tmp_path, pcap(busy.frames))) == []


def test_silence_of_minutes_ends_no_quiet_connection(tmp_path):
    talk = mine(Talk())
    talk.send(START + 4000 * SECOND, 0, 233)
    (row,) = profiles_of(read(tmp_path, pcap(talk.frames)))
    assert find_sizes(row, "out")[233]["count"] == 21
    assert row["longest_silence"] > 3000 * SECOND


def test_lack_of_room_is_told(tmp_path):
    policy = TrafficPolicy(profiles={"max_profiles": 1024, "min_seconds": 10, "min_messages": 1})
    talks = [Talk(sport=10_000 + n, start=START + n) for n in range(1100)]
    frames = []
    for number, talk in enumerate(talks):
        for n in range(14):
            talk.send(START + n * 5 * SECOND + 2000 * (n % 7) + number + 10_000, n % 2, 100)
        frames += talk.frames
    frames.sort(key=lambda frame: frame[0])
    said = []
    rows = profiles_of(read(tmp_path, pcap(frames), policy=policy, say=said.append))
    assert len(rows) == 1100
    partial = [row for row in rows if row["is_partial"]]
    assert len(partial) == 76
    assert all(row["messages_out"] + row["messages_in"] < 14 for row in partial)
    assert len(said) == 1
    assert "max_profiles" in said[0]


def test_one_row_of_the_whole_after_five_runs(tmp_path):
    frames = mine(Talk(), shares=100).frames
    (whole,) = profiles_of(kept := read(tmp_path, pcap(frames)))
    size = len(frames) // 5 + 1
    state, rows, pushed = None, [], []
    for n in range(5):
        part = read(tmp_path, pcap(frames[n * size : (n + 1) * size]), state=state)
        state = part.state
        (row,) = profiles_of(part)
        rows.append(row)
        pushed += [pair for r in part.rows("pushes") for pair in zip(r["times"], r["sizes"], strict=True)]
    assert {row["session"] for row in rows} == {whole["session"]}
    assert all(row["is_open"] for row in rows)
    assert rows[-1] == whole
    assert set(pushed) == {pair for r in kept.rows("pushes") for pair in zip(r["times"], r["sizes"], strict=True)}


def test_a_damaged_state_is_none(tmp_path):
    frames = mine(Talk(), shares=100).frames
    state = json.loads(read(tmp_path, pcap(frames[:100])).state)
    for change in (
        {"count": 7},
        {"arrays": "AAAA"},
        {"arrays": "!"},
        {"sources": [[9]]},
        {"layout": "other"},
        {"count": 10**12},
    ):
        damaged = state | {"profiles": [state["profiles"][0] | change]}
        (row,) = profiles_of(read(tmp_path, pcap(frames[100:]), state=json.dumps(damaged).encode()))
        assert row["messages_out"] < 90


def test_mining_in_clear_text_has_one_name(tmp_path):
    talk = Talk(dport=3333)
    login = b'{"id":1,"jsonrpc":"2.0","method":"login","params":{"login":"x","pass":"x","agent":"XMRig/6.8.1"}}\n'
    job = b'{"blob":"0101","job_id":"%d","target":"b88d0600","algo":"rx/0"}'
    reply = b'{"id":1,"jsonrpc":"2.0","error":null,"result":{"id":"a","job":' + job % 0 + b',"status":"OK"}}\n'
    talk.send(START + 1000, 0, 0, data=login)
    talk.send(START + 50_000, 1, 0, data=reply)
    for n in range(1, 101):
        push = b'{"jsonrpc":"2.0","method":"job","params":' + job % n + b"}\n"
        talk.send(START + n * 10 * SECOND, 1, 0, data=push)
    kept = read(tmp_path, pcap(talk.frames))
    (session,) = kept.rows("mining_sessions")
    (row,) = profiles_of(kept)
    assert row["session"] == session["session"]
    assert {r["session"] for r in kept.rows("pushes")} == {session["session"]}
    assert sum(len(r["times"]) for r in kept.rows("pushes")) == 101


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(1, 40), st.integers(60_000, 20 * SECOND)), min_size=30, max_size=120
    )
)
@example([*((0, 1, 60_000),) * 30, (1, 1, 3 * SECOND + 1)])
def test_counts_equal_a_plain_reading(tmp_path_factory, messages):
    talk = Talk()
    time, sent = START, []
    for side, size, gap in [*messages, (0, 5, 130 * SECOND)]:
        time += gap
        talk.send(time, side, size)
        sent.append((time, side, size))
    (row,) = profiles_of(read(tmp_path_factory.mktemp("plain"), pcap(talk.frames)))
    for side, name in enumerate(("out", "in")):
        own = [(t, size) for t, s, size in sent if s == side]
        assert (row[f"messages_{name}"], row[f"payload_{name}"]) == (len(own), sum(size for _, size in own))
        counts = Counter(size for _, size in own)
        kept = {one["bytes"]: one["count"] for one in row[f"sizes_{name}"]}
        if len(counts) <= 16:
            assert kept == counts
            assert row[f"other_{name}"] == 0
        assert sum(kept.values()) + row[f"other_{name}"] == len(own)
        # a profile keeps times in milliseconds
        answered = sum(any(s != side and t < u <= t + 3 * SECOND + 10_000 for u, s, _ in sent) for t, _ in own)
        assert row[f"answered_{name}"] <= answered
    assert row["longest_silence"] // 1000 >= max(u[0] - t[0] for t, u in itertools.pairwise(sent)) // 1000 - 250
