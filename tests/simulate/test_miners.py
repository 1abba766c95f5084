import dataclasses
import json
import random
import re

import pytest
from simulated_reading import read_streams

from paicha.simulate.dialects.catalogue import DIALECTS, PROFILES
from paicha.simulate.frames import pack_address
from paicha.simulate.miners import plan_miner, run_session, simulate_session

START = 1_750_000_000_000_000
SUBMITS = {"mining.submit", "submit", "solution", "eth_submitWork", "ctxc_submitWork", "sero_submitWork"}
DEALT = {"accepted", "rejected"}


def plan(name, seed=1, **changes):
    return plan_miner(
        name, random.Random(seed), client="10.1.2.3", server="203.0.113.9", start_us=START,
        **{"duration_s": 1800.0, **changes},
    )  # fmt: skip


def read_sides(packets, truth):
    streams = read_streams(packets)
    ends = (pack_address(truth.client), truth.client_port, pack_address(truth.server), truth.server_port)
    return streams.get(ends, b""), streams.get((*ends[2:], *ends[:2]), b"")


def unframe(data, is_masked):
    """Return the text frames after the HTTP head of a WebSocket stream."""
    at, found = data.index(b"\r\n\r\n") + 4, []
    while at < len(data):
        size, at = data[at + 1] & 127, at + 2
        if size == 126:
            size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
        key = data[at : at + 4] if is_masked else b"\0\0\0\0"
        at += 4 if is_masked else 0
        found.append(bytes(byte ^ key[place % 4] for place, byte in enumerate(data[at : at + size])))
        at += size
    return found


LINES = [name for name, p in PROFILES.items() if p.transport == "tcp" and p.dialect not in {"stratum-v2", "chia"}]
LINES = [name for name in LINES if not name.startswith(("getwork", "solo"))]


def test_every_dialect_has_a_profile():
    assert {profile.dialect for profile in PROFILES.values()} == set(DIALECTS)


@pytest.mark.parametrize("name", LINES)
def test_lines_hold_the_shares_and_the_login(name):
    packets, truth = simulate_session(plan(name, reject_rate=0.05, stale_rate=0.05, duplicate_rate=0.05), 3)
    out, back = read_sides(packets, truth)
    asked = [json.loads(line) for line in out.splitlines()]
    told = [json.loads(line) for line in back.splitlines()]
    assert sum(line.get("method") in SUBMITS for line in asked) == truth.submitted + truth.duplicate
    assert truth.submitted == truth.accepted + truth.rejected > 20
    assert truth.stale <= truth.rejected
    assert truth.login.encode() in out
    assert truth.software is None or truth.software.encode() in out
    assert len(told) >= truth.submitted + truth.jobs
    assert truth.state == "mining"


@pytest.mark.parametrize("name", [n for n in PROFILES if n != "solo"])
def test_shares_arrive_at_the_true_rate(name):
    spec = plan(name, policy="vardiff", retarget_s=200.0)
    _, truth = simulate_session(spec, 11)
    estimate = truth.work_accepted / spec.duration_s
    assert truth.accepted > 20
    assert abs(estimate / truth.hash_rate - 1) < 4.5 / truth.accepted**0.5
    assert truth.hash_rate == spec.hash_rate


def test_changing_rates_and_difficulties():
    steps = {"rate_steps": ((600.0, 3000.0),), "policy": "steps", "work_steps": ((300.0, 5000.0), (900.0, 40000.0))}
    _, truth = simulate_session(plan("monero", hash_rate=1500.0, **steps), 5)
    assert truth.hash_rate == pytest.approx((600 * 1500 + 1200 * 3000) / 1800)
    assert len(truth.difficulty) == 3
    assert [work for _, _, work in truth.difficulty[1:]] == pytest.approx([5000.0, 40000.0], rel=1e-3)


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_seed_gives_the_same_bytes(name):
    spec = plan(name, duration_s=200.0)
    assert simulate_session(spec, 2) == simulate_session(spec, 2)
    assert simulate_session(spec, 2)[0] != simulate_session(spec, 3)[0]


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize(
    ("outcome", "state"), [("refused", "refused"), ("refused-login", "attempt"), ("unanswered", "attempt")]
)
def test_outcomes_other_than_mining(name, outcome, state):
    packets, truth = simulate_session(plan(name, outcome=outcome, duration_s=400.0), 4)
    assert (truth.state, truth.accepted, truth.work_accepted) == (state, 0, 0.0)
    assert truth.submitted == truth.rejected
    if outcome == "unanswered":
        assert b"result" not in read_sides(packets, truth)[1]


def test_difficulties_stand_for_the_works_that_public_sources_give():
    def quantise(dialect, algorithm, work, **changes):
        spec = dataclasses.replace(plan("monero"), algorithm=algorithm, **changes)
        return DIALECTS[dialect].quantise(spec, work)

    assert quantise("cryptonote", "randomx", 10_000) == ("b88d0600", pytest.approx(10_000, rel=1e-5))
    value, work = quantise("stratum-v1", "sha256d", 4096 * 2.0**32)
    assert (value, work) == ("4096", pytest.approx(4096 * 2.0**32, rel=1e-3))
    assert quantise("stratum-v1", "scrypt", 1e6)[1] == pytest.approx(
        float(quantise("stratum-v1", "scrypt", 1e6)[0]) * 65536, rel=1e-4
    )
    value, work = quantise("ethproxy", "etchash", 5e9)
    assert int(value, 16) == pytest.approx(2**256 / 5e9)
    assert int(quantise("beam", "beamhash3", 8.0)[0]) == 3 << 24
    value, work = quantise("ethereumstratum-1", "etchash", 8589934592.0, options=frozenset({"raw-hashes"}))
    assert (value, work) == ("8589934592.0", 8589934592.0)


def test_websocket_frames_hold_the_same_messages():
    packets, truth = simulate_session(plan("browser-websocket"), 6)
    out, back = read_sides(packets, truth)
    asked = [json.loads(text) for text in unframe(out, is_masked=True)]
    assert asked[0]["method"] == "login"
    assert sum(line["method"] == "submit" for line in asked) == truth.submitted
    assert b"101 Switching Protocols" in back
    assert truth.transport == "ws"


def test_getwork_waits_on_a_second_connection():
    session = run_session(plan("getwork-waiting"), 7)
    assert len(session.flows) == 2
    out, _ = read_sides(session.packets, session.truth)
    bodies = [json.loads(body) for body in re.findall(rb"\{[^}]*\}", out)]
    assert sum(len(body["params"]) == 1 for body in bodies) == session.truth.submitted
    assert session.truth.transport == "http"


def test_chia_posts_partials():
    packets, truth = simulate_session(plan("chia"), 8)
    out, _ = read_sides(packets, truth)
    assert out.count(b"POST /partial") == truth.submitted > 0
    assert out.startswith(b"GET /pool_info")


def test_stratum_v2_has_the_sizes_of_its_handshake_and_frames():
    packets, truth = simulate_session(plan("stratum-v2"), 9)
    sizes = [len(packet.data) - 54 for packet in packets if len(packet.data) > 60]
    assert sizes[2:4] == [64, 234] or sizes[:2] == [64, 234]
    assert sizes.count(62) == truth.submitted
    assert sizes.count(58) == truth.accepted


def test_other_messages_of_stratum_v1():
    options = frozenset({"ping", "message", "transactions", "reconnect", "version-rolling"})
    packets, truth = simulate_session(plan("bitcoin-asic", options=options), 10)
    out, back = read_sides(packets, truth)
    methods = {json.loads(line).get("method") for line in (*out.splitlines(), *back.splitlines())}
    assert {"mining.ping", "client.show_message", "mining.get_transactions", "client.reconnect"} <= methods
    rolled = [json.loads(line)["params"] for line in out.splitlines() if b"mining.submit" in line]
    assert all(len(params) == 6 and int(params[5], 16) & ~0x1FFFE000 == 0 for params in rolled)
