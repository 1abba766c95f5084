"""The commands as a user meets them: what they print, how they end."""

import dataclasses
import json
import random

import pytest

from paicha.reference.masking import mask
from paicha.simulate.captures import write_capture
from paicha.simulate.miners import plan_miner, simulate_session
from paicha.store.ledger import read_events
from paicha.store.workspace import open_workspace


@pytest.fixture
def documents(paicha, province):
    directory, _ = province

    def run(*arguments, **options):
        done = paicha(
            "screen", "traffic", *arguments, "--json", "--indicators", directory / "indicators.csv", **options
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


def test_json_alone_is_printed(documents, province):
    directory, _ = province
    (document,) = documents(directory / "captures" / "exit-000.pcap")
    assert document["pack"] == "traffic"


def test_tables_speak_the_language_of_the_locale(paicha, province):
    directory, _ = province
    chinese = paicha("screen", "traffic", directory / "lists", LANG="zh_CN.UTF-8").stdout
    english = paicha("screen", "traffic", directory / "lists", LANG="en_US.UTF-8").stdout
    assert "高度疑似" in chinese
    assert "likely" in english
    assert "高度疑似" not in english


def test_something_found_is_status_three_only_where_asked(paicha, province):
    directory, _ = province
    paicha("screen", "traffic", directory / "lists", "--exit-code", status=3)
    paicha("screen", "traffic", directory / "lists")


@pytest.mark.parametrize(
    ("arguments", "status", "word"),
    [
        (["screen"], 2, "PACK"),
        (["screen", "traffic"], 2, "no input"),
        (["screen", "weather", "."], 2, "no such pack"),
        (["screen", "traffic", ".", "--site", "east"], 2, "NAME=PATH"),
        (["screen", "traffic", ".", "--since", "yesterday"], 2, "not a date"),
        (["screen", "traffic", ".", "--policy", "strict"], 2, "no such policy"),
        (["screen", "traffic", ".", "--unmask"], 2, "workspace"),
        (["screen", "traffic", ".", "--lang", "fr"], 2, "language"),
        (["explain", "v-1"], 2, "--workspace"),
        (["explain", "v-1", "--workspace", "nowhere"], 1, "no such workspace"),
        (["units", "lookup", "10.0.0.1"], 2, "workspace"),
        (["check", ""], 2, "not a host name"),
    ],
)
def test_wrong_use_is_one_clear_line(paicha, arguments, status, word):
    done = paicha(*arguments, status=status)
    assert word in done.stderr
    assert done.stdout == ""


def test_where_nothing_could_be_read_nothing_is_said(paicha, tmp_path):
    (tmp_path / "empty").mkdir()
    for inputs, word in (
        (["nowhere.pcap"], "no such file"),
        (["nowhere.pcap", "there.pcap"], "1 more input"),
        (["empty"], "no file in what was given"),
    ):
        done = paicha("screen", "traffic", *inputs, "--workspace", "w", status=1)
        assert word in done.stderr
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
    with open_workspace(tmp_path / "w") as workspace:
        assert workspace.list_pending() == []
        assert list(workspace.runs.iterdir()) == []


def test_an_unreadable_input_is_told_and_the_rest_screened(paicha, province, tmp_path):
    directory, _ = province
    (tmp_path / "odd.bin").write_bytes(b"\x00odd" * 10)
    done = paicha("screen", "traffic", tmp_path / "odd.bin", directory / "lists", "--json", status=1)
    assert "odd.bin" in done.stderr
    document = json.loads(done.stdout)
    assert len(document["verdicts"]) > 3
    assert "error" in document["inputs"][0]


def test_a_cut_capture_gives_what_precedes_the_cut(documents, province, tmp_path):
    directory, _ = province
    content = (directory / "captures" / "exit-000.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(content[: len(content) // 2])
    (document,) = documents(tmp_path / "cut.pcap")
    assert document["inputs"][0]["rejected"] == 1
    assert document["inputs"][0]["records"] > 1000
    assert document["rejects"][0]["path"].endswith("cut.pcap")


def test_a_policy_file_changes_what_it_names_and_nothing_else(documents, province, tmp_path):
    directory, _ = province
    (tmp_path / "strict.toml").write_text("[grading]\nlikely_score = 150\n")
    grades = {v["grade"] for v in documents(directory / "lists", "--policy", tmp_path / "strict.toml")[0]["verdicts"]}
    assert grades == {"possible"}


def test_the_printed_policy_loads_to_itself(paicha, tmp_path):
    text = paicha("policy").stdout
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    assert paicha("policy", "--policy", tmp_path / "mine.toml").stdout == text


def test_rules_and_formats_are_listed(paicha):
    rules = json.loads(paicha("rules", "--json").stdout)
    assert {rule["id"] for rule in rules} >= {"traffic.mining-session", "traffic.reported"}
    assert all(rule["basis"] and rule["title"]["zh"] and rule["text"] for rule in rules)
    assert "traffic.mining-session" in paicha("rules", "--lang", "zh").stdout
    assert "pcap" in paicha("formats").stdout


def test_explain_slice_and_check_answer_from_the_workspace(paicha, province, tmp_path):
    directory, truth = province
    miner = next(s for s in truth.sessions if s.state == "mining" and s.dialect == "stratum-v1")
    paicha("screen", "traffic", directory / "captures", "--workspace", "w", "--units", directory / "units.csv")
    told = json.loads(paicha("explain", miner.client, "--workspace", "w", "--json").stdout)
    assert told["verdict"]["grade"] == "confirmed"
    session = next(f for f in told["findings"] if f["rule"] == "traffic.mining-session")
    assert miner.client in paicha("explain", told["verdict"]["id"], "--workspace", "w").stdout
    assert session["id"] in paicha("explain", miner.client, "--workspace", "w", "--lang", "zh").stdout
    wallet = session["evidence"]["logins"][0]["value"]
    answer = json.loads(paicha("check", wallet, "--workspace", "w", "--json").stdout)
    assert miner.client in {verdict["subject"] for verdict in answer["verdicts"]}
    answer = json.loads(paicha("check", miner.server, "--workspace", "w", "--json").stdout)
    assert miner.client in {verdict["subject"] for verdict in answer["verdicts"]}
    paicha("slice", session["id"], "--workspace", "w", "-o", "evidence.pcap")
    paicha("slice", "f-nothing", "--workspace", "w", "-o", "nothing.pcap", status=2)
    again = paicha("screen", "traffic", tmp_path / "evidence.pcap", "--json").stdout
    (found,) = [f for f in json.loads(again)["findings"] if f["rule"] == "traffic.mining-session"]
    for name in ("client", "client_port", "shares_submitted", "shares_accepted", "difficulty"):
        assert found["evidence"][name] == session["evidence"][name]


def test_lists_and_registers_live_in_the_workspace(paicha, province):
    directory, truth = province
    paicha("indicators", "import", directory / "indicators.csv", "--workspace", "w")
    done = paicha("units", "import", directory / "units.csv", "--workspace", "w")
    assert "0 rejected" in done.stdout
    row = next(row for row in truth.addresses if row.unit)
    owner = json.loads(paicha("units", "lookup", row.address, "--json", PAICHA_WORKSPACE="w").stdout)
    assert owner["unit"] == row.unit
    host = next(line.split(",")[0] for line in (directory / "indicators.csv").read_text().splitlines()[1:])
    answer = json.loads(paicha("check", f"sub.{host}", "--workspace", "w", "--json").stdout)
    assert host in {entry["value"] for entry in answer["indicators"]}
    document = json.loads(paicha("screen", "traffic", directory / "lists", "--workspace", "w", "--json").stdout)
    assert document["owners"]
    assert all(v["unit"] for v in document["verdicts"] if v["attribution"] == "filed")


def test_e_mail_logins_are_masked_until_the_ledger_knows(paicha, tmp_path):
    spec = plan_miner(
        "bitcoin-asic", random.Random(4), client="10.0.0.7", server="203.0.113.9", start_us=1_748_829_600_000_000
    )
    packets, _ = simulate_session(dataclasses.replace(spec, login="someone@mail.example"), 4)
    write_capture(tmp_path / "mail.pcap", packets)
    hidden = paicha("screen", "traffic", "mail.pcap", "--json").stdout
    assert "someone@mail.example" not in hidden
    assert mask("email", "someone@mail.example") in hidden
    shown = paicha("screen", "traffic", "mail.pcap", "--json", "--unmask", "--workspace", "w").stdout
    assert "someone@mail.example" in shown
    with open_workspace(tmp_path / "w") as workspace, workspace.engine.connect() as connection:
        assert [event.content["unmasked"] for event in read_events(connection)] == [True]
