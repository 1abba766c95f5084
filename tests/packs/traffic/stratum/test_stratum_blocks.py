"""Blocks that jobs announce, by height or by hash, in every dialect that tells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stratum_talk import POLICY, SECOND, START, ask, connect, feed, make_packets, read_talk, tell

from paicha.packs.traffic.stratum.chain import (
    MAX_BLOCKS,
    Chain,
    read_blob_previous,
    read_coinbase_height,
    read_height,
    read_previous,
)
from paicha.packs.traffic.stratum.tracker import Tracker

WALLET = "41ymEBmviWTgohYvVCSYzjgH9JsdY98243VeBz9SwrCrheVDVW4JWp4anzVnjMvAgkjBdCK5zB7RFHdGKynV7THLAiNrmY4"
HASHES = [f"{number:02x}" * 32 for number in range(17, 25)]
COINBASE = "01000000" + "01" + "00" * 32 + "ffffffff" + "4b" + "03" + (700_000).to_bytes(3, "little").hex() + "04abcd"


def blob(number):
    return "0e0eb8fc928106" + HASHES[number] + "11" * 37


def login(**job):
    params = {"login": WALLET, "pass": "x", "agent": "XMRig/6.8.1"}
    first = {"blob": blob(0), "job_id": "a0", "target": "b88d0600", "algo": "rx/0"} | job
    return [
        ask(id=1, method="login", params=params),
        tell(id=1, error=None, result={"id": "s", "job": first, "status": "OK"}),
    ]


def push(number, **job):
    return tell(method="job", params={"blob": blob(number), "job_id": f"a{number}", "target": "b88d0600"} | job)


def test_the_first_job_on_each_new_block_tells_its_time():
    talk = [*login(height=100), push(0, height=100), push(1, height=101), push(1, height=101), push(2, height=102)]
    row = read_talk(talk)
    assert [(block["time"], block["height"]) for block in row["blocks"]] == [
        (START + 4 * SECOND, 100),
        (START + 6 * SECOND, 101),
    ]
    assert row["blocks"][0]["previous"] == HASHES[1][:32]


def test_without_heights_the_hash_of_the_block_before_tells_them():
    row = read_talk([*login(), push(0), push(1), push(0), push(2), push(1)])
    assert [block["time"] for block in row["blocks"]] == [START + 4 * SECOND, START + 6 * SECOND]
    assert all(block["height"] is None for block in row["blocks"])


def notify(number, first=COINBASE):
    params = [f"j{number}", HASHES[number], first, "02" * 40, ["03" * 32], "20000000", "17034219", "6553f100", True]
    return tell(id=None, method="mining.notify", params=params)


def test_jobs_of_bitcoin_tell_their_height_in_the_coinbase():
    subscribe = ask(id=1, method="mining.subscribe", params=["cgminer/4.12.1"])
    after = COINBASE.replace("60ae0a", "61ae0a")
    row = read_talk([subscribe, notify(0), notify(0), notify(1, after)])
    assert [block["height"] for block in row["blocks"]] == [700_000]
    assert row["coin"] == "BTC"


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("kawpow", ["1", "aa" * 32, "bb" * 32, "00ff" + "f" * 60, False, 1000, "1d00ffff"], {5: 1001}),
        ("ethereumstratum-2", ["1", "3e8", "aa" * 32, "0"], {1: "3e9"}),
        ("ergo", ["1", 1000, "aa" * 32, "", "", 2, str(1 << 230), "", True], {1: 1001}),
        ("conflux", ["1", "1000", "aa" * 32, "00ff" + "f" * 60], {1: "1001"}),
    ],
)
def test_other_jobs_tell_their_height(name, first, second):
    changed = [second.get(place, value) for place, value in enumerate(first)]
    jobs = [tell(id=None, method="mining.notify", params=params) for params in (first, first, changed)]
    row = read_talk([ask(id=1, method="mining.subscribe", params=["m"]), *jobs])
    assert [(block["height"], block["time"]) for block in row["blocks"]] == [(1000, START + 4 * SECOND)], name


def test_work_of_ethproxy_tells_its_height_where_it_has_one():
    talk = [ask(id=1, method="eth_submitLogin", params=["0x" + "ab" * 20])]
    work = ["0x" + "aa" * 32, "0x" + "bb" * 32, "0x00ff" + "f" * 60]
    talk += [tell(id=0, result=[*work, height]) for height in ("0x3e8", "0x3e8", "0x3e9")]
    assert [block["height"] for block in read_talk(talk)["blocks"]] == [1000]


def test_blocks_go_on_over_a_saved_state():
    talk = [*login(height=100), push(1, height=101), push(2, height=102), push(3, height=103)]
    packets = make_packets(talk)
    first = Tracker(POLICY, "site")
    first.open(connect())
    feed(first, packets[:6])
    second = Tracker(POLICY, "site", (first.finish(keep_open=True), first.save())[1])
    feed(second, packets[6:], source="b" * 16)
    (row,) = second.finish(keep_open=False)
    assert [block["height"] for block in row["blocks"]] == [100, 101, 102]


def test_a_job_after_a_loss_tells_no_time():
    chain = Chain()
    for time, height in enumerate((5, 6)):
        chain.see(time, height)
    chain.lose()
    for time, height in enumerate((8, 9), start=2):
        chain.see(time, height)
    assert chain.seen == [[1, 5, None], [3, 8, None]]


@given(st.lists(st.tuples(st.integers(-5, 50), st.sampled_from([None, *HASHES])), max_size=60))
def test_no_block_is_told_twice_in_a_row_and_none_before_the_second(jobs):
    chain = Chain()
    for time, (height, previous) in enumerate(jobs):
        chain.see(time, height, previous)
    assert len(chain.seen) <= max(0, len(jobs) - 1) <= MAX_BLOCKS
    assert [block[0] for block in chain.seen] == sorted(block[0] for block in chain.seen)
    assert len(chain.recent) <= 16


@given(st.one_of(st.text(max_size=200), st.text("0123456789abcdefx", max_size=200), st.integers(), st.none()))
def test_hostile_fields_are_read_or_left(value):
    for read in (read_height, read_coinbase_height, read_previous, read_blob_previous):
        answer = read(value)
        assert answer is None or isinstance(answer, int | str)
    answer = read_coinbase_height("00" * 37 + "ffffffff" + str(value)[:50])
    assert answer is None or 0 < answer < 1 << 40
