"""Quick questions about hosts, addresses and wallets."""

import dataclasses
import random

import pyarrow as pa
import pytest

from paicha.app.checking import check_value, find_indicators, list_ends, name_parents, spell_wallet
from paicha.app.indicators import import_lists
from paicha.app.request import ScreenRequest
from paicha.kernel.errors import UsageError
from paicha.outputs.checking_text import gather_ports, print_answer
from paicha.packs.traffic.indicators.entries import Entry, make_table
from paicha.simulate.captures import write_capture
from paicha.simulate.miners import plan_miner, simulate_session
from paicha.simulate.wallets import make_wallet
from paicha.store.workspace import open_workspace

RNG = random.Random(11)
EVM, OTHER_EVM, BTC = (make_wallet(kind, RNG) for kind in ("ETC", "ETHW", "BTC"))
CLIENT, SERVER = "10.20.0.7", "203.0.113.44"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with two lists."""
    directory = tmp_path_factory.mktemp("checking")
    (directory / "wallets.txt").write_text(f"{EVM}\n{BTC}\n")
    rows = "".join(
        f"pool.mine.test,{port},domain,Mine,{coin},2025-06-01\n"
        for port, coin in ((3333, "BTC"), (443, "BTC"), (8888, "LTC"))
    )
    (directory / "pools.csv").write_text("host,port,kind,pool,coin,last_seen\n" + rows)
    with open_workspace(directory / "w") as opened:
        list(import_lists(opened, [directory / "wallets.txt", directory / "pools.csv"], "tester"))
        yield opened


@pytest.mark.parametrize("text", [EVM, EVM.lower(), EVM[2:], "0x" + EVM[2:].upper(), EVM + ".rig7", BTC, BTC.upper()])
def test_a_wallet_on_a_list_is_found_however_it_is_written(workspace, text):
    answer = check_value(text, workspace)
    assert answer["kind"] == "wallet"
    (row,) = answer["indicators"]
    assert (row["kind"], row["value"].lower()) == ("wallet", (BTC if text[:2].lower() == "bc" else EVM).lower())
    assert row["source"].startswith("wallets.txt")


def test_a_wallet_on_no_list(workspace):
    assert check_value(OTHER_EVM, workspace)["indicators"] == []
    assert check_value(make_wallet("XMR", RNG), None)["indicators"] == []


@pytest.mark.parametrize(
    "text",
    ["pool.mine.test", "POOL.mine.test.", "eu.pool.mine.test", "stratum+tcp://pool.mine.test:3333", "pool.mine.test:1"],
)
def test_a_host_is_found_by_the_names_above_it(workspace, text):
    answer = check_value(text, workspace)
    assert answer["kind"] == "host"
    assert {row["port"] for row in answer["indicators"]} == {3333, 443, 8888}


def test_kinds_are_kept_apart():
    table = make_table([Entry(kind, "10.0.0.1", None, "pool", 1.0) for kind in ("domain", "address", "wallet")])
    for kind, wanted in (("host", "domain"), ("address", "address"), ("wallet", "wallet")):
        assert [row["kind"] for row in find_indicators(table, {"10.0.0.1"}, kind)] == [wanted]
    assert find_indicators(pa.Table.from_batches([], table.schema), {"x"}, "host") == []


def test_only_forms_without_case_are_written_otherwise():
    monero = make_wallet("XMR", RNG)
    assert spell_wallet(monero) == {monero}
    assert spell_wallet(EVM) >= {EVM, EVM.lower(), EVM[2:].lower()}
    assert name_parents("A.b.Test.") == {"a.b.test", "b.test", "test"}


def test_names_and_ends_of_evidence_of_any_kind():
    evidence = {"name": "a.test", "server": None, "names": ["b.test", None], "connections": [[1, "c", 2, "d", 3]]}
    assert list_ends(evidence) == {"a.test", "b.test", "c", "d"}
    assert list_ends({}) == set()


def test_verdicts_that_concern_a_wallet_an_address_or_a_host(workspace, screen_it, tmp_path):
    spec = plan_miner("ethproxy", RNG, client=CLIENT, server=SERVER, start_us=1_748_829_600_000_000)
    packets, _ = simulate_session(dataclasses.replace(spec, login=OTHER_EVM, worker="rig1"), 4)
    write_capture(tmp_path / "one.pcap", packets)
    (tmp_path / "dns.log").write_text(
        "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto"
        "\tquery\tanswers\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tvector[string]\n"
        "1748829600.000000\tC1\t10.20.0.8\t50000\t10.0.0.53\t53\tudp\teu.pool.mine.test\t203.0.113.9\n"
    )
    names = [("default", str(tmp_path / name)) for name in ("one.pcap", "dns.log")]
    screen_it(ScreenRequest("traffic", tuple(names)), workspace)
    for text in (OTHER_EVM, OTHER_EVM.lower(), OTHER_EVM[2:].upper() + ".rig1", SERVER, CLIENT):
        assert [verdict["subject"] for verdict in check_value(text, workspace)["verdicts"]] == [CLIENT], text
    for text in ("eu.pool.mine.test", "pool.mine.test", "MINE.test"):
        assert [verdict["subject"] for verdict in check_value(text, workspace)["verdicts"]] == ["10.20.0.8"], text
    for text in (EVM, "203.0.113.45", "pool", "ool.mine.test"):
        assert check_value(text, workspace)["verdicts"] == [], text


@pytest.mark.parametrize("text", ["", "  ", "x" * 513])
def test_nothing_and_too_much_are_refused(text):
    with pytest.raises(UsageError):
        check_value(text, None)


def test_ports_of_one_pool_stand_on_one_line(workspace, capsys):
    answer = check_value("pool.mine.test", workspace)
    (row,) = gather_ports(answer["indicators"])
    assert row["coins"] == "BTC :443 :3333, LTC :8888"
    print_answer(answer, "en")
    lines = capsys.readouterr().out.splitlines()
    assert sum("pool.mine.test" in line and ":443" in line for line in lines) == 1


@pytest.mark.parametrize(("language", "word"), [("zh", "（钱包）"), ("en", "(wallet)")])
def test_a_wallet_on_a_list_is_printed_with_the_list(workspace, capsys, language, word):
    print_answer(check_value(EVM, workspace), language)
    out = capsys.readouterr().out
    assert word in out
    assert "wallets.txt" in out
    print_answer(check_value(OTHER_EVM, None), language)
    assert ("不在任何名单中" if language == "zh" else "on no list") in capsys.readouterr().out
