import random
from itertools import pairwise

import numpy as np
import pytest
from simulated_reading import is_sum_right, strip_ethernet

from paicha.simulate.frames import Packet
from paicha.simulate.hidden.capture import write_hidden_capture
from paicha.simulate.hidden.chains import BY_SYMBOL, draw_blocks, schedule_jobs
from paicha.simulate.hidden.covers import strip_padding
from paicha.simulate.hidden.drawing import KINDS, World, draw_hidden_sessions, draw_miner, draw_reconnecting_miner
from paicha.simulate.hidden.relays import RelayPlan, draw_relay
from paicha.simulate.hidden.second import SecondCourse, SecondPlan, encrypt_size
from paicha.simulate.hidden.sessions import to_columns
from paicha.simulate.hidden.tunnels import size_esp, size_wireguard
from paicha.simulate.tls import build_client_hello
from paicha.simulate.wire.segments import send_messages


def read_records(path):
    data, at = path.read_bytes(), 24
    while at < len(data):
        kept, whole = (
            int.from_bytes(data[at + 8 : at + 12], "little"),
            int.from_bytes(data[at + 12 : at + 16], "little"),
        )
        yield data[at + 16 : at + 16 + kept], whole
        at += 16 + kept


def test_sizes_are_those_of_the_specifications():
    # Stratum V2: share, its success, target, previous hash, future and present job
    assert [encrypt_size(size) for size in (24, 20, 36, 48, 45, 49)] == [62, 58, 74, 86, 83, 87]
    assert size_wireguard(52) == 32 + 64
    assert size_esp(52) == 16 + 56 + 16
    hello = build_client_hello("pool.example", random.Random(1), alpn=())
    short = strip_padding(hello)
    assert len(short) < len(hello) == 517
    assert int.from_bytes(short[3:5], "big") == len(short) - 5
    assert int.from_bytes(short[6:9], "big") == len(short) - 9


def test_work_comes_at_blocks_and_when_the_timer_runs_out():
    rng, coin = random.Random(2), BY_SYMBOL["BTC"]
    blocks = draw_blocks(coin, 0, 200_000, rng)
    assert len(blocks) == pytest.approx(200_000 / 600, rel=0.2)
    jobs = schedule_jobs(coin, blocks, 0, 200_000, rng)
    assert sum(is_block for _, is_block in jobs) == len(blocks)
    times = [at for at, _ in jobs]
    assert times == sorted(times)
    assert max(np.diff(times)) <= 60 * 1.03


def test_shares_follow_the_hash_rate_and_answers_follow_shares():
    plan = SecondPlan(20_000, 0.04, 1e14, 5.0, [(600.0, True), (630.0, False)], batch=10, is_steady=True)
    told = SecondCourse(plan, 3).run()
    shares = [one for one in told if one.role == "share"]
    assert len(shares) == pytest.approx(4000, rel=0.06)
    assert {one.size for one in shares} == {62}
    accepted = [one.count for one in told if one.role == "accepted"]
    assert len(accepted) == len(shares) // 10
    assert len(shares) - 10 < sum(accepted) <= len(shares)
    assert [one.size for one in told if one.role == "handshake"] == [64, 234]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_tells_its_truth(kind):
    session = draw_miner(kind, World(5), 5, window_s=600.0)
    truth = session.truth
    assert truth.kind == kind
    assert truth.end_us - session.seen_from_us >= 600_000_000 * 0.999
    assert len(truth.accepted) == len(truth.accepted_counts)
    assert sum(truth.accepted_counts) + len(truth.refused) <= len(truth.shares)
    assert truth.jobs
    assert draw_miner(kind, World(5), 5, window_s=600.0) == session
    if kind in {"tls13", "tls12"}:
        shares = sum(one.role == "share" for one in session.sayings)
        assert shares == len(truth.shares)
        assert all(one.data[:3] == b"\x17\x03\x03" for one in session.sayings if one.role == "share")
    if kind == "esp":
        assert truth.ends.protocol == 50
        assert not truth.ends.client_port


def test_no_kind_but_ours():
    with pytest.raises(ValueError, match="kind"):
        draw_miner("tor", World(1), 1, window_s=1.0)


def test_reconnecting_miners_keep_their_rate_and_pool():
    sessions = [one.truth for one in draw_reconnecting_miner("tls13", World(6), 6, pieces=4, window_s=10.0)]
    assert len({(one.ends.client, one.ends.server, one.hash_rate) for one in sessions}) == 1
    assert len({one.ends.client_port for one in sessions}) == 4
    assert all(a.end_us + 3_000_000 <= b.start_us for a, b in pairwise(sessions))
    with pytest.raises(ValueError, match="reconnecting"):
        draw_reconnecting_miner("esp", World(6), 6, pieces=1, window_s=1.0)


def test_relays_send_up_every_share_that_counts():
    for is_easier in (False, True):
        relay = draw_relay(RelayPlan(7, upstreams=2, is_easier=is_easier, duration_s=1800.0), 4)
        upstream = [one.truth for one in relay.sessions if one.truth.part == "relay-upstream"]
        clients = [one.truth for one in relay.sessions if one.truth.part == "relay-client"]
        assert (len(upstream), len(clients)) == (2, 7)
        assert {one.ends.client for one in upstream} == {one.ends.server for one in clients} == {relay.address}
        assert sum(one.hash_rate for one in clients) == pytest.approx(relay.hash_rate)
        up, down = sum(len(one.shares) for one in upstream), sum(len(one.shares) for one in clients)
        assert down > 3 * up if is_easier else down == pytest.approx(up, abs=3)


def test_captures_hold_headers_with_true_lengths_or_whole_packets(tmp_path):
    sessions = draw_hidden_sessions(3, 8, kinds=("clear", "tls13", "openvpn"), window_s=60.0)
    made = write_hidden_capture(tmp_path / "whole.pcap", sessions, 8, is_payload_kept=True)
    whole = list(read_records(tmp_path / "whole.pcap"))
    assert made.packets == len(whole)
    assert made.bytes == (tmp_path / "whole.pcap").stat().st_size
    assert all(len(frame) == size for frame, size in whole)
    assert all(is_sum_right(strip_ethernet(Packet(0, frame).data)) for frame, _ in whole[:600])
    hidden = write_hidden_capture(tmp_path / "heads.pcap", sessions, 8, are_ports_hidden=True)
    heads = list(read_records(tmp_path / "heads.pcap"))
    assert [size for _, size in heads] == [size for _, size in whole]
    assert max(len(frame) for frame, _ in heads) <= 14 + 20 + 36
    old, new = (made.truths[1].ends, hidden.truths[1].ends)
    assert (old.client, old.server) == (new.client, new.server)
    assert old.server_port != new.server_port
    with pytest.raises(ValueError, match="payload"):
        write_hidden_capture(tmp_path / "x", sessions, 1, is_payload_kept=True, among=to_columns(sessions))


def test_segments_carry_every_byte_once_and_acknowledge_it():
    sessions = draw_hidden_sessions(2, 3, kinds=("clear",), window_s=60.0, joined_part=0.0)
    connections, messages = to_columns(sessions)
    packets = send_messages(connections, messages, 1)
    for number in range(2):
        for side in (True, False):
            mine = (packets.connection == number) & (packets.to_server == side)
            spoken = (packets.payload > 0) & mine
            ends = (packets.seq + packets.payload)[spoken].max()
            said = messages.size[(messages.connection == number) & (messages.to_server == side)].sum()
            assert ends == said + 1
            assert np.unique(packets.seq[spoken]).size * 1460 >= said
            back = (packets.connection == number) & (packets.to_server != side)
            assert packets.ack[back].max() >= ends
