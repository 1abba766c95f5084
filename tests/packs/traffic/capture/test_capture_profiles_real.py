"""Profiles of real mining captures: shares and jobs counted by sizes alone, as their payload or their notes say."""

from __future__ import annotations

from pathlib import Path

import pytest
from capture_frames import read

MINING = Path(__file__).resolve().parents[5] / "shared" / "captures" / "mining"
pytestmark = [pytest.mark.shared, pytest.mark.skipif(not MINING.exists(), reason="no real captures beside this tree")]


def count_sizes(row, side, sizes):
    return sum(one["count"] for one in row[f"sizes_{side}"] if one["bytes"] in sizes)


@pytest.mark.parametrize(
    ("name", "jobs", "counted"),
    [("42b9ec9a2257", {420, 422}, 78), ("7029b7bf7611", {379}, 12), ("5bae25736a09", {406, 408}, 33)],
)
def test_jobs_without_payload(tmp_path, name, jobs, counted):
    (row,) = read(tmp_path, (MINING / "headeronly" / f"ifip_{name}.pcap").read_bytes()).rows("profiles")
    assert count_sizes(row, "in", jobs) == counted
    shares = [one for one in row["sizes_out"] if one["bytes"] in (233, 234)]
    expected = [(233, 63), (234, 64)] if name == "42b9ec9a2257" else []
    assert [(one["bytes"], one["reply"]) for one in shares] == expected
    assert sum(one["count"] for one in shares) == (13 if expected else 0)
    assert all(one["answered"] == one["count"] for one in shares)


@pytest.mark.parametrize("name", ["1588049082_Dn6z5", "1613759102_1bM5i", "1617847135_GP9jX", "1619812647_8alcB"])
def test_shares_beside_payload(tmp_path, name):
    kept = read(tmp_path, (MINING / "cjs" / f"{name}.pcap").read_bytes())
    sessions = {row["session"]: row for row in kept.rows("mining_sessions")}
    for row in kept.rows("profiles"):
        submitted = sessions[row["session"]]["shares_submitted"]
        assert abs(count_sizes(row, "out", range(180, 190)) - submitted) <= 0.02 * submitted
