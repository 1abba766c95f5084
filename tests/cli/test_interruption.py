"""A kill, a full disk or a second program at any moment loses nothing and doubles nothing."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

import pytest

from paicha.app.request import ScreenRequest
from paicha.store.ledger import read_events
from paicha.store.workspace import open_workspace

PROGRAM = (sys.executable, "-c", "from paicha.cli.main import run; run()")


def arguments_for(province, workspace):
    directory, _ = province
    return [
        *PROGRAM, "screen", "traffic", str(directory / "captures"), str(directory / "lists"), "--json",
        "--indicators", str(directory / "indicators.csv"), "--workspace", str(workspace),
    ]  # fmt: skip


def read_state(workspace):
    """Everything that counts: runs, subjects, events (without times), and the documents."""
    with open_workspace(workspace, create=False) as opened:
        with opened.engine.connect() as connection:
            events = [(event.kind, dict(event.content)) for event in read_events(connection)]
        documents = {
            path.name: (path / "documents.jsonl").read_text() for path in sorted(opened.runs.iterdir()) if path.is_dir()
        }
        assert opened.list_pending() == []
    return events, documents


@pytest.fixture(scope="module")
def undisturbed(province, tmp_path_factory):
    workspace = tmp_path_factory.mktemp("undisturbed") / "w"
    begun = time.monotonic()
    subprocess.run(arguments_for(province, workspace), check=True, capture_output=True)
    return read_state(workspace), time.monotonic() - begun


@pytest.mark.parametrize("moment", [0.2, 0.5, 0.7, 0.85, 0.95])
def test_a_kill_at_any_moment_is_made_good_by_the_next_run(province, undisturbed, tmp_path, moment):
    expected, seconds = undisturbed
    workspace = tmp_path / "w"
    killed = subprocess.Popen(arguments_for(province, workspace), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(seconds * moment * random.uniform(0.9, 1.1))
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    done = subprocess.run(arguments_for(province, workspace), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert read_state(workspace) == expected


def test_an_interrupted_run_is_completed_by_a_run_on_other_inputs(province, undisturbed, tmp_path):
    (events, documents), _seconds = undisturbed
    directory, _ = province
    workspace = tmp_path / "w"
    killed = subprocess.Popen(arguments_for(province, workspace), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not list(workspace.glob("pending/*.json")) and time.monotonic() < deadline:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    other = [*PROGRAM, "screen", "traffic", str(directory / "flows"), "--workspace", str(workspace), "--json"]
    subprocess.run(other, check=True, capture_output=True)
    found_events, found_documents = read_state(workspace)
    assert len(found_events) == 2
    assert events[0] in found_events
    assert documents.items() <= found_documents.items()


def test_two_programs_at_once_do_not_disturb_each_other(province, undisturbed, tmp_path):
    expected, _ = undisturbed
    workspace = tmp_path / "w"
    both = [subprocess.Popen(arguments_for(province, workspace), stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [program.communicate(timeout=120)[0] for program in both]
    assert [program.returncode for program in both] == [0, 0]
    assert outputs[0] == outputs[1]
    assert read_state(workspace) == expected


@pytest.mark.skipif(sys.platform != "linux", reason="limits on file size are set by resource on Linux")
def test_a_full_disk_is_one_clear_line_and_the_next_run_completes(province, undisturbed, tmp_path):
    expected, _ = undisturbed
    workspace = tmp_path / "w"

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    # The database itself must exist: a disk is seldom full on the first day.
    with open_workspace(workspace):
        pass
    full = subprocess.run(
        arguments_for(province, workspace), capture_output=True, text=True, preexec_fn=limit, check=False,
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / "cache")},
    )  # fmt: skip
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert len(full.stderr.strip().splitlines()) <= 3, full.stderr
    subprocess.run(arguments_for(province, workspace), check=True, capture_output=True)
    assert read_state(workspace) == expected


def test_inputs_that_are_gone_are_struck_off_in_the_ledger(province, tmp_path):
    directory, _ = province
    workspace = tmp_path / "w"
    gone = tmp_path / "gone.pcap"
    shutil.copy(directory / "captures" / "exit-000.pcap", gone)
    request = ScreenRequest("traffic", (("default", str(gone)),))
    with open_workspace(workspace) as opened:
        opened.accept(request.token, {"request": request.to_json(), "actor": "li"})
    gone.unlink()
    command = [*PROGRAM, "screen", "traffic", str(directory / "lists"), "--workspace", str(workspace), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["verdicts"]
    events, documents = read_state(workspace)
    assert [kind for kind, _ in events] == ["abandoned", "screened"]
    assert len(documents) == 1
