"""What single conversations amount to: states, shares, work, time, units."""

import pytest
from stratum_talk import CLIENT, SECOND, SERVER, START, ask, make_packets, read_packets, read_talk, tell

from paicha.kernel.schema import parse_kind
from paicha.packs.traffic.tables import MINING_SESSIONS

WALLET = "41ymEBmviWTgohYvVCSYzjgH9JsdY98243VeBz9SwrCrheVDVW4JWp4anzVnjMvAgkjBdCK5zB7RFHdGKynV7THLAiNrmY4"
BLOB = "0e0e" + "ab" * 74
SUBSCRIBE = [
    ask(id=1, method="mining.subscribe", params=["cgminer/4.12.1"]),
    tell(id=1, result=[[["mining.notify", "ae"]], "08000002", 4], error=None),
    ask(id=2, method="mining.authorize", params=["farm.rig7", "x"]),
]
ALLOW = tell(id=2, result=True, error=None)
NOTIFY = tell(
    id=None, method="mining.notify",
    params=["j1", "00" * 32, "01" * 40, "02" * 40, ["03" * 32], "20000000", "1c04219e", "6553f100", True],
)  # fmt: skip
BITCOIN_NOTIFY = (SERVER, NOTIFY[1].replace(b"1c04219e", b"17034219"))


def set_difficulty(value):
    return tell(id=None, method="mining.set_difficulty", params=[value])


def submit(number, nonce="00000001", job="j1"):
    return ask(id=number, method="mining.submit", params=["farm.rig7", job, "00000000", "6553f100", nonce])


def job(name="a1", target="b88d0600", **more):
    return tell(jsonrpc="2.0", method="job", params={"blob": BLOB, "job_id": name, "target": target, **more})


def send(number, name="a1", nonce="0000beef"):
    params = {"id": "s", "job_id": name, "nonce": nonce, "result": "cd" * 32}
    return ask(id=number, jsonrpc="2.0", method="submit", params=params)


def accept(number):
    return tell(id=number, jsonrpc="2.0", error=None, result={"status": "OK"})


LOGIN = [
    ask(id=1, jsonrpc="2.0", method="login", params={"login": WALLET + ".zoey", "pass": "x", "agent": "XMRig/6.8.1"}),
    tell(
        id=1, jsonrpc="2.0", error=None,
        result={"id": "s", "job": {"blob": BLOB, "job_id": "a1", "target": "b88d0600", "algo": "rx/0"}, "status": "OK"},
    ),
]  # fmt: skip


def test_a_row_has_the_columns_of_the_table():
    import pyarrow as pa

    row = read_talk([*LOGIN, send(2), accept(2)])
    assert set(row) == set(MINING_SESSIONS.names)
    for column in MINING_SESSIONS.columns:
        pa.array([row[column.name]], type=parse_kind(column.kind))
        assert column.nullable or row[column.name] is not None


def test_shares_answered_stale_duplicate_and_unanswered():
    talk = [
        *SUBSCRIBE, ALLOW, set_difficulty(2), BITCOIN_NOTIFY,
        submit(3, "00000001"), tell(id=3, result=True, error=None),
        submit(4, "00000002"), tell(id=4, result=None, error=[21, "Job not found", None]),
        submit(5, "00000003"), tell(id=5, result=False, error=[23, "Low difficulty share", None]),
        submit(6, "00000001"), tell(id=6, result=None, error=[22, "Duplicate share", None]),
        submit(7, "00000004"),
    ]  # fmt: skip
    row = read_talk(talk)
    assert (row["dialect"], row["software"], row["state"]) == ("stratum-v1", "cgminer/4.12.1", "mining")
    assert row["logins"] == [{"value": "farm", "kind": "account", "valid": None}]
    assert row["worker"] == "rig7"
    counts = ("shares_submitted", "shares_accepted", "shares_rejected", "shares_stale", "shares_duplicate")
    assert [row[name] for name in counts] == [4, 1, 2, 1, 1]
    one = 2 * 4295032833.0
    # valid: the accepted one, the stale one, and the one without an answer
    assert row["work_shares"] == 3
    assert row["work"] == pytest.approx(3 * one)
    assert row["work_squared"] == pytest.approx(3 * one**2)
    assert row["work_accepted"] == pytest.approx(one)
    assert (row["coin"], row["algorithm"], row["work_low"], row["work_high"]) == ("BTC", "sha256d", 1.0, 1.0)


def test_a_repeated_nonce_that_the_pool_accepts_is_a_share():
    row = read_talk([*LOGIN, send(2), accept(2), send(3), accept(3), send(4)])
    assert (row["shares_submitted"], row["shares_accepted"], row["shares_duplicate"]) == (2, 2, 1)


def test_shares_are_worth_the_difficulty_of_their_job():
    talk = [
        *LOGIN,
        job("a2", "ffff0100"),
        send(2, "a1", "00000001"),
        send(3, "a2", "00000002"),
        send(4, "zz", "00000003"),
    ]
    row = read_talk([*talk, accept(2), accept(3), accept(4)])
    easy, hard = 2**32 / 0x00068DB8, 2**32 / 0x0001FFFF
    assert row["work"] == pytest.approx(easy + 2 * hard)
    assert [one["value"] for one in row["difficulty"]] == pytest.approx([easy, hard])
    assert row["jobs"] == 2


def test_time_runs_from_the_first_work_to_the_close():
    packets = make_packets([*LOGIN, send(2), accept(2)])
    last = packets[-1][1]
    row = read_packets([*packets, (CLIENT, last + 40 * SECOND, 5, 16, b"")])[0]
    assert row["connected"] == last + 40 * SECOND - (START + 2 * SECOND)
    assert (row["started"], row["ended"]) == (START, last + 40 * SECOND)


@pytest.mark.parametrize(
    ("talk", "state"),
    [
        ([SUBSCRIBE[0]], "attempt"),
        ([*SUBSCRIBE], "attempt"),
        ([*SUBSCRIBE, tell(id=2, result=False, error=[24, "Unauthorized worker", None])], "attempt"),
        ([*SUBSCRIBE, set_difficulty(8), NOTIFY, tell(id=2, result=False, error=None)], "attempt"),
        ([*SUBSCRIBE, ALLOW, set_difficulty(8), NOTIFY], "mining"),
        ([*SUBSCRIBE, ALLOW, NOTIFY, submit(3), tell(id=3, result=False, error=[24, "no", None])], "refused"),
        ([*LOGIN, send(2), tell(id=2, error={"code": -1, "message": "Low difficulty share"})], "refused"),
        (LOGIN[:1], "attempt"),
        ([LOGIN[0], tell(id=1, error={"code": -1, "message": "Invalid address"})], "attempt"),
        (LOGIN, "mining"),
        ([ask(id=1, method="eth_submitLogin", params=["0x" + "ab" * 20])], "attempt"),
        ([submit(3), submit(4, "00000002")], "mining"),
    ],
)  # fmt: skip
def test_attempts_refusals_and_mining_are_told_apart(talk, state):
    assert read_talk(talk)["state"] == state


def test_a_login_that_any_application_could_send_proves_nothing():
    login = {"login": "zhang.wei", "pass": "secret", "agent": "CRM/2.4"}
    talk = [ask(id=1, method="login", params=login), tell(id=1, result={"id": "7", "status": "OK"})]
    assert read_talk(talk) is None
    assert read_talk(talk[:1]) is None
    assert read_talk([talk[0], tell(id=1, error={"code": 1, "message": "no"})]) is None


def test_sides_are_told_by_what_they_say_not_by_who_opened():
    swapped = [(1 - side, data) for side, data in [*LOGIN, send(2), accept(2)]]
    row = read_talk(swapped)
    assert (row["client_ip"], row["server_ip"]) == ("192.0.2.9", "10.0.0.7")
    assert row["bytes_out"] == sum(one["out"] for one in row["volume"])


def test_a_session_joined_in_the_middle_counts_what_it_cannot_value():
    talk = [
        submit(8, "00000001"),
        tell(id=8, result=True, error=None),
        NOTIFY,
        set_difficulty(16),
        submit(9, "00000002"),
    ]
    packets = make_packets([*talk, tell(id=9, result=True, error=None)])[2:]
    row = read_packets(packets, opened_by=-1)[0]
    assert row["joined"]
    assert (row["shares_submitted"], row["shares_accepted"], row["work_shares"]) == (2, 2, 1)
    assert row["connected"] == 2 * SECOND
    assert row["logins"] == [{"value": "farm", "kind": "account", "valid": None}]


def test_a_share_lost_by_the_capture_is_counted_by_its_answer():
    talk = [
        *LOGIN,
        send(2, nonce="00000001"),
        accept(2),
        send(3, nonce="00000002"),
        accept(3),
        send(4, nonce="00000003"),
    ]
    packets = make_packets([*talk, accept(4), send(5, nonce="00000004"), accept(5)])
    hidden = next(packet for packet in packets if b'"id": 4' in packet[4] and packet[0] == CLIENT)
    row = read_packets([packet for packet in packets if packet is not hidden])[0]
    assert row["bytes_lost"] == len(hidden[4])
    assert (row["shares_submitted"], row["shares_accepted"], row["work_shares"]) == (4, 4, 4)


def test_a_gap_of_the_capture_is_taken_out_of_the_time():
    talk = [*LOGIN]
    for number in range(200):
        talk += [send(number + 2, nonce=f"{number:08x}"), accept(number + 2)]
    packets = make_packets(talk, step=10 * SECOND)
    low, high = START + 1500 * SECOND, START + 2500 * SECOND
    row = read_packets([packet for packet in packets if not low <= packet[1] <= high])[0]
    whole = read_packets(packets)[0]
    assert whole["connected"] - row["connected"] == pytest.approx(1010 * SECOND, abs=11 * SECOND)
    assert whole["work"] / whole["connected"] == pytest.approx(row["work"] / row["connected"], rel=0.01)


def test_raw_hashes_where_others_send_a_difficulty():
    job = ["j1", "ab" * 32, "cd" * 32, True]
    talk = [
        ask(id=1, method="mining.subscribe", params=["lolMiner 1.5", "EthereumStratum/1.0.0"]),
        tell(id=1, result=[["mining.notify", "x", "EthereumStratum/1.0.0"], "00ab"], error=None),
        set_difficulty(8589934592.0),
        tell(id=None, method="mining.notify", params=job),
        ask(id=2, method="mining.submit", params=["w", "j1", "00ff00ff00ff"]),
    ]
    row = read_talk(talk)
    assert (row["dialect"], row["work"], row["work_high"]) == ("ethereumstratum-1", 8589934592.0, 1.0)
    usual = [(side, data.replace(b"8589934592.0", b"0.5")) for side, data in talk]
    assert read_talk(usual)["work"] == pytest.approx(0.5 * 2**32, rel=1e-4)


def test_the_client_s_own_rate_decides_between_units():
    talk = [*SUBSCRIBE, ALLOW, set_difficulty(4), NOTIFY]
    for number in range(20):
        talk += [submit(number + 3, f"{number:08x}"), tell(id=number + 3, result=True, error=None)]
    guessed = read_talk(talk)
    assert (guessed["work_low"], guessed["work_high"]) == (1 / 65536, 1.0)
    rate = 4 * 65536 / 2
    told = read_talk([*talk, ask(id=99, method="eth_submitHashrate", params=[hex(int(rate)), "0x" + "1" * 64])])
    assert told["work"] == pytest.approx(20 * 4 * 65537, rel=1e-3)
    assert told["reported_rate"] == pytest.approx(rate)


def test_solo_mining_on_one_s_own_node_is_mining_and_wallet_calls_are_not():
    def post(**body):
        import json

        data = json.dumps(body).encode()
        return CLIENT, b"POST / HTTP/1.1\r\nUser-Agent: x\r\nContent-Length: %d\r\n\r\n" % len(data) + data

    def reply(**body):
        import json

        data = json.dumps(body).encode()
        return SERVER, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(data) + data

    work = ["0x" + "ab" * 32, "0x" + "cd" * 32, "0x" + "00" * 4 + "ff" * 28]
    row = read_talk([post(id=1, method="eth_getWork", params=[]), reply(id=1, result=work)])
    assert (row["transport"], row["dialect"], row["jobs"], row["state"]) == ("http", "ethproxy", 1, "mining")
    assert read_talk([post(id=1, method="eth_blockNumber", params=[]), reply(id=1, result="0x10")]) is None
    assert read_talk([post(id=1, method="getbalance", params=[]), reply(id=1, result=1.5)]) is None
    template = {"previousblockhash": "00" * 32, "target": "00" * 8 + "ff" * 24, "height": 5, "bits": "1903a30c"}
    talk = [post(id=1, method="getblocktemplate", params=[{}]), reply(id=1, result=template)]
    assert read_talk(talk)["dialect"] == "getblocktemplate"


def test_mining_in_no_known_dialect():
    work = {"jobId": "9f", "header": "ab" * 80, "target": "0000ffff" + "f" * 56}
    talk = [
        ask(id=1, method="client.login", params={"wallet": "me", "worker": "r1"}),
        tell(id=1, result={"status": "OK"}),
        tell(method="new_work", params=work),
        ask(id=2, method="client.submitShare", params={"jobId": "9f", "nonce": "0102030405060708"}),
        tell(id=2, result={"status": "OK"}),
    ]
    row = read_talk(talk)
    assert (row["dialect"], row["state"], row["shares_accepted"]) == ("other", "mining", 1)
    assert row["logins"][0]["value"] == "me"
    unrelated = [*talk[:3], ask(id=2, method="client.submitShare", params={"jobId": "other", "nonce": "01"})]
    assert read_talk(unrelated) is None


def test_a_challenge_against_robots_is_no_mining():
    challenge = {"id": "99", "challenge": "ab" * 32, "difficulty": 20}
    answer = (CLIENT, b'{"type": "solution", "id": "99", "nonce": 12345}\n')
    assert read_talk([tell(type="challenge", **challenge), answer, tell(type="ok")]) is None
    block = tell(method="block", params={"id": "5", "hash": "cd" * 32, "difficulty": 1234})
    sent = ask(id=3, method="submitTransaction", params={"id": "5", "nonce": 3, "from": "0xab"})
    assert read_talk([block, sent, tell(id=3, result=True)]) is None


def test_messages_that_end_in_nul_alone():
    def end(part):
        side, data = part
        return side, data.rstrip(b"\n") + b"\0"

    row = read_talk([end(part) for part in [*SUBSCRIBE, ALLOW, set_difficulty(2), BITCOIN_NOTIFY]])
    assert (row["software"], row["worker"], row["jobs"]) == ("cgminer/4.12.1", "rig7", 1)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ([23, 23, 23, None], "refused"),
        ([22, 22], "refused"),
        ([23, None, None, None], "mining"),
        ([22, 0], "mining"),
    ],
)
def test_shares_that_are_all_refused(answers, state):
    talk = [*SUBSCRIBE, ALLOW, set_difficulty(2), BITCOIN_NOTIFY]
    for number, code in enumerate(answers, 3):
        # a duplicate to the pool though its nonce is new
        talk.append(submit(number, f"{number:08x}"))
        if code is not None:
            talk.append(tell(id=number, result=not code, error=[code, "refused", None] if code else None))
    assert read_talk(talk)["state"] == state


def test_verus_is_told_from_equihash_by_jobs_or_by_shares():
    work = ["j1", "04000100", *["ab" * 32] * 3, "aabbccdd", "1d00ffff", True]
    give = tell(id=None, method="mining.notify", params=[*work, "07000000" + "00" * 68])

    def solve(head):
        shares = [
            ask(id=n, method="mining.submit", params=["u.w", "j1", "aabbccdd", f"{n:056x}", head]) for n in (7, 8)
        ]
        return [part for share in shares for part in (share, tell(id=7 + shares.index(share), result=True, error=None))]

    random, filled = "fd4005" + "ab" * 1344, "fd400507000000" + "ab" * 1340
    plain = tell(id=None, method="mining.notify", params=work)
    assert read_talk([*SUBSCRIBE, ALLOW, give, *solve(random)])["algorithm"] == "verushash"
    assert read_talk([*SUBSCRIBE, ALLOW, plain, *solve(filled)])["algorithm"] == "verushash"
    row = read_talk([*SUBSCRIBE, ALLOW, plain, *solve(random)])
    assert (row["dialect"], row["algorithm"]) == ("zcash", "equihash-200-9")


def test_a_long_nonce_is_no_worker_of_the_second_version():
    talk = [ask(id=n, method="mining.submit", params=["u.w", "0000161a", f"{n:024x}"]) for n in (1, 2, 3)]
    row = read_talk(talk)
    assert (row["dialect"], row["shares_submitted"], row["worker"]) == ("stratum-v1", 3, "w")
    second = [ask(id=n, method="mining.submit", params=["bf0488aa", f"{n:012x}", "w-123"]) for n in (1, 2, 3)]
    assert read_talk(second)["dialect"] == "ethereumstratum-2"


def test_the_older_login_of_ethproxy():
    wallet = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    login = ask(id=2, method="eth_login", params=[wallet + ".rig", "x"])
    row = read_talk([login, tell(id=2, result=None, error={"code": -1, "message": "Invalid login"})])
    assert (row["dialect"], row["state"], row["worker"]) == ("ethproxy", "attempt", "rig")
    assert row["logins"] == [{"value": wallet, "kind": "wallet", "valid": True}]
    assert read_talk([ask(id=2, method="app_login", params=["bob", "x"]), tell(id=2, result=True)]) is None


def test_shares_without_an_id_are_answered_in_their_order():
    talk = [*LOGIN]
    for number in range(3):
        talk += [send(None, nonce=f"0000beef{number}"[-8:]), accept(None)]
    talk.append(tell(id=None, jsonrpc="2.0", error={"code": -1, "message": "Low difficulty share"}, result=None))
    row = read_talk(talk)
    assert (row["shares_submitted"], row["shares_accepted"], row["shares_rejected"]) == (3, 3, 0)


@pytest.mark.parametrize("edge_bits", [31, 32])
def test_work_of_grin_is_valued_by_the_graphs_of_the_first_share(edge_bits):
    params = {"pre_pow": "ab" * 100, "job_id": 0, "difficulty": 40_000, "height": 9}
    share = {"edge_bits": edge_bits, "height": 9, "job_id": 0, "pow": list(range(42))}
    talk = [ask(id="0", method="getjobtemplate", params=None), tell(id="Stratum", method="job", params=params)]
    talk += [ask(id="0", method="submit", params=share | {"nonce": nonce}) for nonce in (5, 6)]
    row = read_talk(talk)
    one = 42 * 40_000 / (2 ** (edge_bits - 23) * edge_bits)
    assert row["work"] == pytest.approx(2 * one)
    assert [entry["value"] for entry in row["difficulty"]] == [pytest.approx(one)]
