"""Which files of a directory count as finished."""

import os
import time
from pathlib import Path

import pytest

from paicha.app.finished_files import Patience, choose_finished, find_written, list_directories
from paicha.store.workspace import MARKER

HOUR = 3600


@pytest.fixture
def place(tmp_path):
    """A function that writes a file so many seconds old."""

    def make(name, age=0.0, content=b"x"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        at = time.time() - age
        os.utime(path, (at, at))
        return path

    return make


@pytest.fixture
def choose(tmp_path):
    """A function that returns the names of the finished files."""

    def run(settle=60.0, patience=None, done=()):
        patience = patience or Patience(settle, time.time_ns(), time.monotonic())
        complaints = []
        chosen = [
            os.path.relpath(entry.path, tmp_path)
            for files in list_directories(tmp_path, lambda path, error: complaints.append(path))
            for entry in choose_finished(files, lambda e: Path(e.path).name not in done, patience)
        ]
        assert not complaints
        return sorted(chosen)

    return run


def test_a_file_is_finished_when_it_rests(place, choose):
    place("a.pcap", 59)
    place("b.pcap", 61)
    assert choose() == ["b.pcap"]
    assert choose(settle=0) == ["a.pcap", "b.pcap"]


def test_a_newer_one_of_the_series_finishes_the_older(place, choose):
    place("exit-20211110120000.pcap", 2)
    place("exit-20211110120500.pcap", 1)
    place("exit.pcap", 2)
    place("exit.pcap1", 1)
    place("sensor1-001.pcap", 2)
    place("sensor2-001.pcap", 1)
    assert choose() == ["exit-20211110120000.pcap", "exit.pcap"]


def test_a_ring_that_begins_anew_finishes_by_rest_only(place, choose):
    place("exit.pcap0", 1)
    place("exit.pcap1", 5)
    assert choose() == []


def test_nfcapd_says_it_by_its_names(place, choose):
    place("2021/nfcapd.202111101200")
    place("2021/nfcapd.current.99", 99 * HOUR)
    assert choose() == ["2021/nfcapd.202111101200"]


def test_zeek_archives_are_taken_and_its_spool_is_not(place, choose, tmp_path):
    place("spool/conn.log", 0, b"#separator \\x09\n1\n")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "current").symlink_to(tmp_path / "spool")
    place("logs/2021-11-10/conn.2021-11-10-00-00-00-01-00-00.log.gz", HOUR)
    place("logs/2021-11-10/ssl.2021-11-10-00-00-00-01-00-00.log", 0, b"#separator \\x09\n1\n#close\t2021\n")
    assert [name for name in choose() if name.startswith("logs")] == [
        "logs/2021-11-10/conn.2021-11-10-00-00-00-01-00-00.log.gz",
        "logs/2021-11-10/ssl.2021-11-10-00-00-00-01-00-00.log",
    ]


def test_logs_of_one_hour_wait_for_each_other(place, choose):
    place("conn.2021-11-10-00-00-00.log", HOUR)
    place("ssl.2021-11-10-00-00-00.log", 1)
    assert choose() == []
    assert choose(settle=0.5) == ["conn.2021-11-10-00-00-00.log", "ssl.2021-11-10-00-00-00.log"]


def test_the_log_that_is_written_is_not_finished_by_rest(place, choose):
    place("conn.log", HOUR, b"#separator \\x09\n1\n")
    place("dns.log", HOUR, b"#separator \\x09\n1\n#close\t2021-11-10\n")
    place("eve.json", HOUR)
    place("eve.json.1", HOUR)
    place("http.log", HOUR, b'{"ts":1}')
    assert choose() == ["dns.log", "eve.json.1", "http.log"]


def test_a_clock_behind_the_sensors_delays_and_does_not_hinder(place, choose):
    place("exit.pcap", -HOUR)
    first = Patience(60, time.time_ns(), 1000.0)
    assert choose(patience=first) == []
    assert choose(patience=Patience(60, time.time_ns(), 1059.0, first.seen)) == []
    assert choose(patience=Patience(60, time.time_ns(), 1061.0, first.seen)) == ["exit.pcap"]


def test_empty_files_links_in_circles_and_workspaces_are_left_out(place, choose, tmp_path):
    place("empty.pcap", HOUR, b"")
    place("sub/a.pcap", HOUR)
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "dangling").symlink_to(tmp_path / "nothing")
    place(f"work/{MARKER}", HOUR)
    place("work/runs/r-1/tables/flows.parquet", HOUR)
    os.mkfifo(tmp_path / "pipe")
    assert choose() == ["sub/a.pcap"]


def test_a_link_to_itself_is_complained_of(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    complaints = []
    assert list(list_directories(tmp_path, lambda path, error: complaints.append(Path(path).name))) in ([[]], [[]])
    assert complaints in ([], ["loop"])
    assert list(list_directories(tmp_path / "gone", lambda path, error: complaints.append(path))) == []
    assert complaints[-1] == str(tmp_path / "gone")


def test_a_file_that_another_process_writes_is_found(place, tmp_path):
    import subprocess

    path = place("exit.pcap", HOUR)
    (files,) = list_directories(tmp_path, lambda path, error: None)
    with path.open("ab") as stream, subprocess.Popen(["sleep", "60"], stdout=stream) as writer:
        try:
            assert find_written(files) == {str(path)}
        finally:
            writer.kill()
    assert find_written(files) == set()
