"""`paicha watch` as a program: its lines, its end, and other commands beside it."""

import json
import os
import random
import signal
import subprocess
import sys

import pytest

from paicha.cli.watch import STOPPING, catch_stop
from paicha.simulate.captures import write_rotated
from paicha.simulate.miners import plan_miner, simulate_session

PROGRAM = (sys.executable, "-c", "from paicha.cli.main import run; run()")


@pytest.fixture
def sensor(tmp_path):
    """A directory with a mining session over two files, and a file of no format."""
    directory = tmp_path / "sensor"
    directory.mkdir()
    spec = plan_miner(
        "monero", random.Random(8), client="10.0.0.7", server="203.0.113.9", start_us=1_748_829_600_000_000
    )
    write_rotated(directory, "exit", simulate_session(spec, 8)[0], 2)
    (directory / "notes.txt").write_text("?")
    return directory


def test_once_prints_a_line_per_event_and_nothing_the_second_time(paicha, sensor):
    first = paicha("watch", sensor, "-w", "w", "--once", "--settle", 0, "--json", status=1)
    events = [json.loads(line) for line in first.stdout.splitlines()]
    assert [event["event"] for event in events] == ["refused", "file", "file", "verdict"]
    assert events[1].keys() == {
        "event", "time", "path", "run", "sha256", "site", "reader", "records", "rejected", "error"
    }  # fmt: skip
    assert (events[3]["change"], events[3]["before"], events[3]["verdict"]["grade"]) == ("new", None, "confirmed")
    assert paicha("watch", sensor, "-w", "w", "--once", "--settle", 0).stdout == ""


def test_a_watch_ends_cleanly_and_leaves_the_workspace_to_others_meanwhile(paicha, sensor, tmp_path):
    command = [*PROGRAM, "watch", str(sensor), "-w", "w", "--interval", "0.2", "--settle", "0", "--lang", "zh"]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as program:
        try:
            lines = [program.stdout.readline() for _ in range(4)]
            assert "无法读取" in lines[0]
            assert "新发现 确认 10.0.0.7 [default]" in lines[3]
            assert "10.0.0.7" in paicha("explain", "10.0.0.7", "-w", "w").stdout
            program.send_signal(signal.SIGTERM)
            assert program.communicate(timeout=30)[0] == ""
        finally:
            program.kill()
    assert program.returncode == 0


def test_a_wrong_policy_is_told_before_anything_is_watched(paicha, sensor):
    assert "no such policy" in paicha("watch", sensor, "-w", "w", "--policy", "none-such", status=2).stderr


def test_programs_that_read_for_the_watch_are_not_stopped_with_it():
    blocked = "import signal; print(*(int(n) for n in signal.pthread_sigmask(signal.SIG_BLOCK, [])))"
    before = signal.getsignal(signal.SIGTERM)
    with catch_stop() as stop:
        child = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=True)
        assert {str(int(number)) for number in STOPPING} <= set(child.stdout.split())
        stop.wait(0.01)
        assert not stop.is_wanted()
        os.kill(os.getpid(), signal.SIGTERM)
        stop.wait(60)
        assert stop.is_wanted()
    assert signal.getsignal(signal.SIGTERM) == before
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & set(STOPPING)
