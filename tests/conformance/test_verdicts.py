"""Verdicts on public captures: every miner found, nobody else accused."""

import json
import os
from pathlib import Path

import pytest

from paicha.app.progress import Silence
from paicha.app.request import ScreenRequest
from paicha.app.screening import run_screening

SHARED = Path(os.environ.get("PAICHA_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "captures"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SHARED.exists(), reason="the public captures are not at hand"),
]

MINERS = {
    "jsiwek/bitcoin-mining.pcap": {"10.0.2.15": "bfgminer/5.2.0"},
    "jsiwek/coinhive-stratum.pcap": {"10.0.2.15": None},
    "ndpi/mining.pcapng": {
        "192.168.2.92": "xmr-stak-cpu/1.3.0-1.5.0",
        "192.168.2.148": "EWBF 0.3.4b",
        "147.229.13.222": None,
    },
}


def screen(*names):
    paths = [path for name in names for path in sorted((SHARED / name).rglob("*.pcap*"))]
    request = ScreenRequest("traffic", tuple(("default", str(path)) for path in paths), is_separate=True)
    with run_screening(request, None, Silence(), "tester") as outcome, outcome.documents.open() as stream:
        return {str(path.relative_to(SHARED)): json.loads(line) for path, line in zip(paths, stream, strict=True)}


def test_nobody_is_accused_on_ordinary_and_grey_captures():
    documents = screen("benign", "grey")
    assert len(documents) > 1600
    accused = {
        (name, verdict["subject"], verdict["grade"])
        for name, document in documents.items()
        for verdict in document["verdicts"]
        if verdict["grade"] in {"confirmed", "likely"}
    }
    assert accused == set()


@pytest.fixture(scope="module")
def mining():
    return screen("mining")


@pytest.mark.parametrize("name", sorted(MINERS))
def test_the_right_clients_are_confirmed_with_their_software(mining, name):
    document = mining[f"mining/{name}"]
    confirmed = {verdict["subject"] for verdict in document["verdicts"] if verdict["grade"] == "confirmed"}
    assert confirmed == set(MINERS[name])
    for finding in document["findings"]:
        if finding["rule"] == "traffic.mining-session":
            assert finding["evidence"]["software"] == MINERS[name][finding["subject"]]


def test_every_capture_of_a_clear_text_miner_is_confirmed(mining):
    clear = {name: document for name, document in mining.items() if "/cjs/" in name}
    assert len(clear) >= 27
    for name, document in clear.items():
        sessions = [f["evidence"] for f in document["findings"] if f["rule"] == "traffic.mining-session"]
        assert sessions, name
        assert {s["dialect"] for s in sessions} <= {"cryptonote", "ethproxy"}, name
        assert {v["grade"] for v in document["verdicts"]} == {"confirmed"}, name


def test_encrypted_miners_are_not_claimed_to_be_read(mining):
    for name, document in mining.items():
        if "/headeronly/" in name:
            assert not [v for v in document["verdicts"] if v["grade"] == "confirmed"], name
