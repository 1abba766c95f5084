"""Real logs of Zeek, Suricata and nfdump: counts add up, and formats agree with each other."""

from __future__ import annotations

import csv
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from paicha.packs.traffic.policy import NetflowPolicy, TrafficPolicy
from paicha.packs.traffic.readers.eve import EVE_READER
from paicha.packs.traffic.readers.nfcapd import NFCAPD_READER
from paicha.packs.traffic.readers.nfdump import NFDUMP_READER
from paicha.packs.traffic.readers.zeek import ZEEK_READER

sys.path.append(str(Path(__file__).resolve().parents[1] / "packs/traffic/readers"))
from reading_bench import Bench

SHARED = Path(os.environ.get("PAICHA_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
LOGS = SHARED / "captures/logs"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not LOGS.exists(), reason="the public logs are not beside the project"),
]
needs_nfdump = pytest.mark.skipif(shutil.which("nfdump") is None, reason="the program nfdump is not installed")


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    return Bench(tmp_path_factory.mktemp("logs"))


def count_records(path):
    """Count the lines that are neither blank nor of a header, without the reader's code."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return sum(1 for line in data.split(b"\n") if line.strip() and not line.startswith(b"#"))


def count_rows(sink, table, *without):
    return Counter(
        tuple(value for name, value in row.items() if name not in {"source", *without}) for row in sink.rows(table)
    )


@pytest.mark.parametrize("form", ["zed_default", "zed_json"])
def test_every_zeek_log_is_accepted_whole(bench, form):
    paths = sorted((LOGS / "zeek" / form).iterdir())
    sink = bench.read(ZEEK_READER, *paths)
    assert (sink.rejects, sink.errors) == ([], [])
    assert [sink.accepted[n] for n in range(len(paths))] == [count_records(path) for path in paths]


def test_zeek_text_and_json_give_the_same_rows(bench):
    text, lines = (
        bench.read(ZEEK_READER, *sorted((LOGS / "zeek" / form).iterdir())) for form in ("zed_default", "zed_json")
    )
    assert count_rows(text, "names") == count_rows(lines, "names")
    assert {kind: n for kind, n in Counter(row["kind"] for row in text.rows("names")).items() if n < 1000} == {}


def test_zeek_test_baselines(bench):
    """Their times are blanked out: those are put back before they are read."""
    read = 0
    for path in sorted((LOGS / "zeek/btest_baseline").iterdir()):
        data = path.read_bytes().replace(b"XXXXXXXXXX.XXXXXX", b"1600000000.123456")
        if not ZEEK_READER.recognises(bench.source(data)):
            assert b"#fields" not in data
            continue
        sink = bench.read(ZEEK_READER, data)
        assert sink.accepted[0] + sink.rejected[0] == count_records(path)
        reasons = {reason for _, reason, _ in sink.rejects}
        assert reasons <= {"the log has no field orig_h"}, path.name
        if b"#path\tconn\n" in data and not reasons:
            assert len(sink.rows("flows")) == sink.accepted[0]
            read += 1
    assert read > 130


def test_eve(bench):
    paths = sorted((LOGS / "eve").iterdir())
    sink = bench.read(EVE_READER, *paths)
    assert (sink.rejects, sink.errors) == ([], [])
    assert [sink.accepted[n] for n in range(len(paths))] == [count_records(path) for path in paths]
    events = [json.loads(line) for path in paths for line in path.read_text().splitlines() if line.strip()]
    assert len(sink.rows("flows")) == sum(event["event_type"] == "flow" for event in events)
    (report,) = sink.rows("reports")
    assert (report["address"], report["peer"], report["batch"]) == ("192.168.1.109", "194.233.80.217", "2024792")


def test_nfdump_csv(bench):
    path = LOGS / "netflow/mining_1578463342_nfdump.csv"
    sink = bench.read(NFDUMP_READER, path)
    records = [row for row in csv.DictReader(path.read_text().splitlines()) if row["da"] and row["ibyt"]]
    assert (sink.accepted[0], sink.rejects) == (37, [])
    assert {(row["client_ip"], row["server_ip"], row["server_port"]) for row in sink.rows("flows")} == {
        ("10.185.238.78", "47.101.30.124", 13531)
    }
    for ours, theirs in (("packets", "ipkt"), ("bytes", "ibyt")):
        total = sum(row[f"{ours}_out"] + row[f"{ours}_in"] for row in sink.rows("flows"))
        assert total == sum(int(row[theirs]) for row in records)


def list_folders():
    folder = LOGS / "netflow/nfcapd_mining"
    return sorted(path.name for path in folder.iterdir() if path.name != "vic_FLUX") if folder.exists() else []


@needs_nfdump
@pytest.mark.peer
@pytest.mark.parametrize("name", list_folders())
@pytest.mark.parametrize("options", [(), ("-B",)])
def test_nfcapd_files_and_the_csv_made_of_them_agree(bench, name, options):
    paths = sorted((LOGS / "netflow/nfcapd_mining" / name).iterdir())
    environment = {"TZ": "Asia/Shanghai", "PATH": os.environ["PATH"]}
    printed = [
        subprocess.run(["nfdump", *options, "-r", path, "-o", "csv"], env=environment, stdout=-1, check=True).stdout
        for path in paths
    ]
    binary = bench.read(NFCAPD_READER, *paths)
    text = bench.read(NFDUMP_READER, *printed, policy=TrafficPolicy(netflow=NetflowPolicy(timezone_hours=8)))
    assert (binary.rejects, text.rejects, binary.errors) == ([], [], [])
    rows = [count_rows(sink, "flows", "started", "ended") for sink in (binary, text)]
    assert rows[0] == rows[1]
    starts = [sorted(row["started"] // 1_000_000 for row in sink.rows("flows")) for sink in (binary, text)]
    assert starts[0] == starts[1]
