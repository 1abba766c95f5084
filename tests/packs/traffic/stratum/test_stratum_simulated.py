"""Simulated miners of every dialect, with the faults of real captures, and conversations that only look like mining."""

import dataclasses
import random

import pytest
from plain_captures import gather_segments
from stratum_talk import POLICY

from paicha.packs.traffic.stratum.tracker import Tracker
from paicha.simulate.conversations import Faults
from paicha.simulate.dialects.catalogue import PROFILES
from paicha.simulate.lookalikes import LOOKALIKES, Place
from paicha.simulate.miners import plan_miner, run_session

START = 1_750_000_000_000_000
VALUED = [
    name for name, profile in PROFILES.items() if profile.dialect not in {"chia", "stratum-v2", "getblocktemplate"}
]
LONG_POLL = {"getwork-waiting", "solo"}
"""Their waiting requests have a connection of their own, which is a session of its own."""
FAULTS = {
    "messy": Faults(retransmitted=0.05, late=0.05, swapped=0.05, doubled=0.05, overlapped=0.05),
    "split": Faults(segment_bytes=97),
    "gathered": Faults(gather_us=300_000),
    "reset": Faults(ending="rst"),
}
COUNTS = ("submitted", "accepted", "rejected", "stale", "duplicate")


def plan(name, seed=1, **changes):
    return plan_miner(
        name, random.Random(seed), client="10.1.2.3", server="203.0.113.9", start_us=START,
        **{"duration_s": 1200.0, **changes},
    )  # fmt: skip


def read_rows(packets):
    connections, segments = gather_segments((number, 1, one.time_us, one.data) for number, one in enumerate(packets, 1))
    tracker = Tracker(POLICY, "site")
    for connection in connections:
        tracker.open(connection)
    tracker.feed(segments)
    return tracker.finish(keep_open=False)


def count(rows):
    return [sum(row[f"shares_{name}"] for row in rows) for name in COUNTS]


@pytest.mark.parametrize("name", PROFILES)
def test_every_dialect_is_recognised_and_counted(name):
    mixed = {"reject_rate": 0.05, "stale_rate": 0.05, "duplicate_rate": 0.05}
    session = run_session(plan(name, policy="vardiff", retarget_s=200.0, **mixed), 3)
    truth, rows = session.truth, read_rows(session.packets)
    row = rows[0]
    assert len(rows) == 1 + (name in LONG_POLL)
    assert {(one["dialect"], one["state"], one["transport"]) for one in rows} == {
        (truth.dialect, "mining", truth.transport)
    }
    assert (row["client_ip"], row["client_port"], row["server_ip"]) == (truth.client, truth.client_port, truth.server)
    assert (row["started"], row["ended"]) == (truth.start_us, pytest.approx(truth.end_us, abs=500_000))
    if truth.dialect == "stratum-v2":
        return
    assert row["software"] == truth.software
    assert truth.login in row["logins"][0]["value"]
    if truth.dialect == "getwork":
        # an answer over HTTP says false, and at most that the share was stale
        assert count(rows)[:2] == [truth.submitted, truth.accepted]
    else:
        assert count(rows) == [getattr(truth, name) for name in COUNTS]
    if name in VALUED and row["algorithm"] == truth.algorithm:
        assert row["work_accepted"] == pytest.approx(truth.work_accepted, rel=1e-4)
        assert row["connected"] == pytest.approx(1200e6, rel=0.01)
    if truth.dialect != "chia" and name not in LONG_POLL:
        assert sum(one["jobs"] for one in rows) == truth.jobs


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["bitcoin-asic", "monero", "ethproxy", "browser-websocket", "getwork", "beam"])
def test_faults_of_transport_change_nothing(name, fault):
    clean, broken = (
        read_rows(run_session(plan(name, faults=faults), 7).packets)[0] for faults in (Faults(), FAULTS[fault])
    )
    same = (
        "dialect",
        "software",
        "logins",
        "worker",
        "state",
        "jobs",
        "work",
        "work_squared",
        "work_shares",
        "bytes_lost",
    )
    assert {key: broken[key] for key in same} == {key: clean[key] for key in same}
    assert count([broken]) == count([clean])
    assert broken["connected"] == pytest.approx(clean["connected"], abs=1_000_000)


@pytest.mark.parametrize("name", ["monero", "ethproxy", "bitcoin-asic"])
def test_lost_segments_lose_few_shares(name):
    session = run_session(plan(name, faults=Faults(unseen=0.05), duration_s=7200.0), 5)
    rows = read_rows(session.packets)
    # what is left is where a share and its answer were both lost
    assert count(rows)[0] == pytest.approx(session.truth.submitted, rel=0.02)
    assert rows[0]["bytes_lost"] > 0


@pytest.mark.parametrize("outcome", ["refused", "refused-login", "unanswered"])
@pytest.mark.parametrize("name", [name for name in PROFILES if PROFILES[name].transport == "tcp"])
def test_refusals_and_attempts(name, outcome):
    session = run_session(plan(name, outcome=outcome), 3)
    rows = read_rows(session.packets)
    known = PROFILES[name].dialect not in {"chia", "stratum-v2"} or outcome == "refused-login"
    if not rows and (not known or outcome == "unanswered"):
        # GET /pool_info and 64 random bytes prove nothing by themselves
        assert name in {"chia", "stratum-v2", "aeternity"} or PROFILES[name].dialect in {"beam", "cryptonote"}
        return
    expected = {"attempt"} if session.truth.state == "attempt" else {"refused", "mining"}
    assert {row["state"] for row in rows} <= expected
    if outcome == "refused" and name not in {"solo", "stratum-v2", "chia"}:
        assert rows[0]["state"] == "refused"


@pytest.mark.parametrize("make", LOOKALIKES, ids=lambda make: make.__name__)
def test_what_looks_like_mining_is_none(make):
    place = Place("10.1.2.3", "203.0.113.9", START, random.Random(5))
    assert read_rows(make(place).packets) == []


def split_segments(segments, edge):
    """Return the packets before and from `edge` on, as of two inputs."""
    columns = [field.name for field in dataclasses.fields(segments) if field.name not in {"data", "sources"}]
    return [
        dataclasses.replace(segments, **{name: getattr(segments, name)[part] for name in columns}, sources=(source,))
        for part, source in ((slice(edge), "a" * 16), (slice(edge, None), "b" * 16))
    ]


@pytest.mark.parametrize("name", ["monero", "bitcoin-asic", "ethproxy", "browser-websocket", "getwork", "grin"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.9])
def test_a_session_goes_on_in_the_next_run(name, part):
    session = run_session(plan(name, policy="vardiff", retarget_s=200.0), 9)
    whole = read_rows(session.packets)[0]
    frames = [(number, 1, one.time_us, one.data) for number, one in enumerate(session.packets, 1)]
    connections, segments = gather_segments(frames)
    first, second = split_segments(segments, int(len(frames) * part))
    tracker = Tracker(POLICY, "site")
    tracker.open(connections[0])
    tracker.feed(first)
    early = tracker.finish(keep_open=True)[0]
    later = Tracker(POLICY, "site", tracker.save())
    assert later.resume() == connections
    assert later.is_mining(0)
    later.feed(second)
    late = later.finish(keep_open=False)[0]
    assert early["is_open"]
    assert early["session"] == late["session"] == whole["session"]
    assert late["sources"] == ["a" * 16, "b" * 16]
    same = whole.keys() - {"sources", "packets"}
    assert {key: late[key] for key in same} == {key: whole[key] for key in same}
