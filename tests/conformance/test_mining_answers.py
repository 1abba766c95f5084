"""What is read in public captures of mining is what was read in them by hand; ordinary captures show no mining."""

from __future__ import annotations

import csv
import os
import re
import sys
from functools import cache
from pathlib import Path

import pytest

from paicha.packs.traffic.policy import StratumPolicy
from paicha.packs.traffic.stratum.tracker import Tracker

sys.path.append(str(Path(__file__).resolve().parents[1] / "packs/traffic/stratum"))
from plain_captures import read_segments

SHARED = Path(os.environ.get("PAICHA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
CAPTURES = SHARED / "captures"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (CAPTURES / "ANSWERS.md").exists(), reason="the public captures are not beside the project"),
]


@cache
def read_rows(name: str) -> list[dict]:
    connections, segments = read_segments(CAPTURES / name)
    tracker = Tracker(StratumPolicy(), "test")
    for connection in connections:
        tracker.open(connection)
    tracker.feed(segments)
    return tracker.finish(keep_open=False)


def list_answers() -> list[dict]:
    """Return the table on CJ-Sniffer's captures."""
    path = CAPTURES / "ANSWERS.md"
    if not path.exists():
        return []
    answers = []
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 11 and re.fullmatch(r"\d{10}_\w{5}", cells[0]):
            submits, accepted, rejected = (int(part) for part in cells[6].split("/"))
            worths = {float(value): int(times) for value, times in re.findall(r"([\d.e+]+) x(\d+)", cells[8])}
            answers.append(
                {
                    "id": cells[0], "agent": cells[1], "worker": cells[2], "algorithm": cells[3],
                    "submits": submits, "accepted": accepted, "rejected": rejected, "worths": worths,
                    "rate": float(cells[9].split("+-")[0]), "error": float(cells[9].split("+-")[1]),
                }
            )  # fmt: skip
    return answers


@pytest.mark.parametrize("answer", list_answers(), ids=lambda answer: answer["id"])
def test_miner_captures_read_as_by_hand(answer):
    rows = read_rows(f"mining/cjs/{answer['id']}.pcap")
    assert rows
    assert {row["state"] for row in rows} == {"mining"}
    is_ether = answer["algorithm"] == "ethash"
    assert {row["dialect"] for row in rows} == {"ethproxy" if is_ether else "cryptonote"}
    assert {row["algorithm"] for row in rows} == {{"rx/0": "randomx"}.get(answer["algorithm"], answer["algorithm"])}
    full = [row for row in rows if not row["joined"]]
    if is_ether:
        assert all(row["software"] is None for row in rows)
    else:
        assert all(row["software"].startswith(answer["agent"]) for row in full)
        # the table shows the last twelve characters of a worker's name
        assert all(row["worker"][-12:] == answer["worker"] for row in full)
    assert sum(row["shares_submitted"] for row in rows) == answer["submits"]
    # in 1613758595_OSehe the miner's own count is 3,969, one more than was found by hand
    accepted = {answer["accepted"], find_label(answer["id"])}
    assert sum(row["shares_accepted"] for row in rows) in accepted
    assert sum(row["shares_rejected"] for row in rows) == answer["rejected"]
    assert sum(row["jobs"] for row in rows) == sum(answer["worths"].values())
    seen = {float(f"{one['value']:.6g}") for row in rows for one in row["difficulty"]}
    assert seen == {float(f"{value:.6g}") for value in answer["worths"]}


def find_label(name: str) -> int | None:
    """Return how many accepted shares the miner itself counted."""
    for row in csv.DictReader((CAPTURES / "mining/cjs/labels.csv").open()):
        counts = [value for value in row.values() if value and re.fullmatch(r"\d+/\d+", value)]
        if name in row.values() and counts:
            return int(counts[0].split("/")[0])
    return None


def test_zcash_and_monero_sessions():
    rows = sorted(read_rows("mining/ndpi/mining.pcapng"), key=lambda row: row["started"])
    assert [(row["dialect"], row["software"]) for row in rows] == [
        ("ethproxy", None),
        ("cryptonote", "xmr-stak-cpu/1.3.0-1.5.0"),
        ("zcash", "EWBF 0.3.4b"),
        ("zcash", "EWBF 0.3.4b"),
    ]
    counts = [(row["shares_submitted"], row["shares_accepted"], row["shares_rejected"]) for row in rows]
    assert counts == [(1, 1, 0), (30, 30, 0), (46, 45, 1), (1, 1, 0)]
    assert rows[2]["shares_stale"] == 1
    assert [row["difficulty"][0]["value"] for row in rows] == pytest.approx([5e9, 20000, 16000, 16000], rel=1e-5)
    assert [row["client_ip"] for row in rows[1:]] == ["192.168.2.92", "192.168.2.148", "192.168.2.148"]
    rate = rows[1]["work"] / rows[1]["connected"] * 1e6
    assert rate == pytest.approx(520, rel=0.01)
    assert rows[1]["algorithm"] == "cn/0"


def test_attempts_and_work_of_an_old_bitcoin_miner():
    rows = read_rows("mining/jsiwek/bitcoin-mining.pcap")
    assert {row["client_ip"] for row in rows} == {"10.0.2.15"}
    assert {row["software"] for row in rows} == {"bfgminer/5.2.0"}
    states = [(row["transport"], row["dialect"], row["state"]) for row in rows]
    assert states.count(("http", "getblocktemplate", "attempt")) == 3
    assert states.count(("http", "getwork", "attempt")) == 2
    assert states.count(("tcp", "stratum-v1", "mining")) == 3
    stratum = [row for row in rows if row["dialect"] == "stratum-v1"]
    assert sum(row["jobs"] for row in stratum) == 10
    assert sum(row["shares_submitted"] for row in stratum) == 0
    values = [one["value"] / 4295032833 for row in stratum for one in row["difficulty"]]
    assert set(values) == {4096.0, 64.0}


def test_browser_miners_behind_a_relay():
    rows = read_rows("mining/jsiwek/coinhive-stratum.pcap")
    assert {(row["client_ip"], row["dialect"], row["state"]) for row in rows} == {("10.0.2.15", "cryptonote", "mining")}
    assert len(rows) == 3
    assert all(row["software"] is None for row in rows)
    assert {round(one["value"]) for row in rows for one in row["difficulty"]} == {5000, 8571, 9375}
    assert sum(row["shares_submitted"] for row in rows) == 0


def list_ordinary() -> list[str]:
    paths = (path for kind in ("benign", "grey") for path in (CAPTURES / kind).rglob("*") if path.is_file())
    return sorted(str(path.relative_to(CAPTURES)) for path in paths)


def test_ordinary_and_grey_captures_hold_no_mining():
    names = list_ordinary()
    assert len(names) > 1000
    hits = {name: rows for name in names if (rows := read_rows.__wrapped__(name))}
    assert hits == {}
