"""Odd names, odd streams, odd homes and damaged workspaces: one line for an error, and never a traceback."""

import json
import os
import shutil
import subprocess
import sys

import pytest

PROGRAM = "from paicha.cli.main import run; run()"


@pytest.fixture
def log(province, tmp_path):
    """A log under a name that is no UTF-8, steers terminals, and is markup."""
    path = tmp_path / "a[/b]" / "sur\udcff\x1b[2J:b:\n.log"
    path.parent.mkdir(parents=True)
    shutil.copy(province[0] / "zeek" / "dns.log", path)
    return path


def test_a_file_may_have_any_name(paicha, log):
    done = paicha("screen", "traffic", log, "--json")
    assert json.loads(done.stdout)["inputs"][0]["path"] == str(log)
    assert "[/b]" in paicha("screen", "traffic", log, COLUMNS="400").stdout
    assert "\x1b" not in paicha("screen", "traffic", log).stdout
    kept = paicha("screen", "traffic", log, "--separate", "--json", "--workspace", "office")
    assert json.loads(kept.stdout)["inputs"][0]["records"] > 0
    gone = log.with_name("gone\n\udcff")
    assert paicha("screen", "traffic", gone, "--workspace", "office", status=1).stderr.count("\n") == 1


def test_bounds_that_leave_nothing_are_refused(paicha, province):
    arguments = ("screen", "traffic", province[0] / "lists", "--since", "2025-06-02", "--until", "2025-06-02")
    assert "--until" in paicha(*arguments, status=2).stderr


def test_json_is_utf_8_whatever_the_terminal_is(paicha, province):
    arguments = ("screen", "traffic", province[0] / "lists", "--units", province[0] / "units.csv", "--json")
    assert "大学" in paicha(*arguments, PYTHONIOENCODING="ascii").stdout


@pytest.mark.parametrize("cache", ["", "a file"])
def test_a_cache_that_cannot_be_is_done_without(province, tmp_path, cache):
    (tmp_path / "a file").write_text("")
    values = {k: v for k, v in os.environ.items() if k not in {"HOME", "XDG_CACHE_HOME"}}
    values |= {"XDG_CACHE_HOME": str(tmp_path / cache)} if cache else {"HOME": "/proc/nowhere"}
    command = [sys.executable, "-c", PROGRAM, "screen", "traffic", str(province[0] / "lists"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=values, timeout=120, check=True)
    assert json.loads(done.stdout)["verdicts"]


def test_streams_may_be_closed(province):
    command = f'{sys.executable} -c "{PROGRAM}" screen traffic {province[0] / "lists"} <&- >&- 2>&-'
    assert subprocess.run(["/bin/sh", "-c", command], timeout=120, check=False).returncode == 0


@pytest.mark.parametrize("name", ["pending/a.json", "pending/b.json", "owners.parquet", "indicators.parquet"])
def test_what_is_damaged_in_a_workspace_is_told(paicha, province, tmp_path, name):
    arguments = ("screen", "traffic", province[0] / "lists", "--workspace", "office")
    paicha(*arguments)
    (tmp_path / "office" / name).write_text("{}" if "b.json" in name else "junk")
    said = paicha(*arguments, status=1).stderr
    assert said.count("\n") == 1
    assert name.partition("/")[0] in said


def test_a_run_that_somebody_deleted_is_made_again(paicha, province, tmp_path):
    arguments = ("screen", "traffic", province[0] / "lists", "--workspace", "office", "--json")
    first = paicha(*arguments).stdout
    (run,) = (tmp_path / "office" / "runs").iterdir()
    shutil.rmtree(run)
    assert json.loads(paicha(*arguments).stdout)["run"] == json.loads(first)["run"]
    assert paicha(*arguments).stdout


@pytest.mark.parametrize("content", ["[1, 2]", "{}", "7", "{"])
def test_what_is_no_document_is_told(paicha, tmp_path, content):
    (tmp_path / "result.json").write_text(content)
    for command in (("explain", "10.0.0.1"), ("slice", "f-1", "-o", "out.pcap")):
        said = paicha(*command, "--from", "result.json", status=1).stderr
        assert "is no document of a screening" in said
