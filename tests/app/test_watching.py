"""A watch over the files of a sensor: each once, sessions carried on, verdicts told when they arise."""

import gzip
import os
import random
import shutil
from pathlib import Path

import pytest

from paicha.app import watching
from paicha.app.evidence import explain_verdict
from paicha.app.progress import Silence
from paicha.app.request import ScreenRequest
from paicha.app.watching import Watch, watch_directory
from paicha.kernel.errors import OutputError, UsageError
from paicha.kernel.grades import Grade
from paicha.outputs.watching_text import FileRefused, FileTaken, VerdictRaised
from paicha.simulate.captures import write_rotated
from paicha.simulate.miners import plan_miner, simulate_session
from paicha.store.runs import Subject, list_runs, update_subjects
from paicha.store.watching import list_announcements
from paicha.store.workspace import open_workspace

START_US = 1_748_829_600_000_000
MINER = "10.0.0.7"


class Heard(Silence):
    """Progress that keeps what was said."""

    def __init__(self):
        self.messages = []

    def say(self, message):
        self.messages.append(message)


@pytest.fixture(scope="module")
def rotated(tmp_path_factory):
    """One mining session over five files, and its truth."""
    directory = tmp_path_factory.mktemp("rotated")
    spec = plan_miner("monero", random.Random(8), client=MINER, server="203.0.113.9", start_us=START_US)
    packets, truth = simulate_session(spec, 8)
    return write_rotated(directory, "exit", packets, 5), truth


@pytest.fixture
def sensor(tmp_path):
    """The directory that is watched."""
    directory = tmp_path / "sensor"
    directory.mkdir()
    return directory


@pytest.fixture
def watch(sensor, tmp_path):
    """What is watched, with no time to settle."""
    request = ScreenRequest("traffic", ())
    return Watch(sensor, "default", request, tmp_path / "w", 0.0, Heard(), "tester")


def look(watch):
    """Everything that one look tells."""
    return list(watch_directory(watch, is_once=True, pause=lambda: None, is_stopped=lambda: False))


def list_taken(events):
    return [Path(event.path).name for event in events if isinstance(event, FileTaken)]


def list_raised(events):
    return [(e.verdict["subject"], e.before, e.verdict["grade"]) for e in events if isinstance(e, VerdictRaised)]


def count_shares(watch):
    with open_workspace(watch.workspace) as workspace:
        findings = explain_verdict(MINER, workspace, None).findings
    return [
        (f["evidence"]["shares_submitted"], f["evidence"]["shares_accepted"], len(f["sources"]))
        for f in findings if f["rule"] == "traffic.mining-session"
    ]  # fmt: skip


def count_runs(watch):
    with open_workspace(watch.workspace) as workspace, workspace.engine.connect() as connection:
        return len(list_runs(connection))


def test_a_session_over_five_files_is_one_however_they_come(rotated, watch, sensor):
    files, truth = rotated
    coming = iter((files[:2], files[2:3], files[3:4], files[4:]))
    is_over = []

    def pause():
        group = next(coming, None)
        for file in group or ():
            shutil.copy(file, sensor)
        is_over.extend([True] if group is None else [])

    events = list(watch_directory(watch, is_once=False, pause=pause, is_stopped=lambda: bool(is_over)))
    assert list_taken(events) == [file.name for file in files]
    assert list_raised(events) == [(MINER, None, "confirmed")]
    assert count_shares(watch) == [(truth.submitted, truth.accepted, 5)]
    with open_workspace(watch.workspace) as workspace:
        (finding, *_) = explain_verdict(MINER, workspace, None).findings
    assert len(finding["evidence"]["difficulty"]) == len(truth.difficulty)
    assert {len(sha256) for sha256, _, _ in finding["evidence"]["packets"]} == {64}
    assert count_runs(watch) == 4
    assert look(watch) == []


def test_a_file_compressed_or_renamed_is_not_taken_again_and_one_that_grew_is(rotated, watch, sensor):
    files, truth = rotated
    here = sensor / "exit.pcap"
    shutil.copy(files[0], here)
    look(watch)
    (sensor / "exit.pcap.gz").write_bytes(gzip.compress(here.read_bytes()))
    assert look(watch) == []
    here.rename(sensor / "other.pcap")
    os.utime(sensor / "other.pcap")
    assert look(watch) == []
    assert count_runs(watch) == 1
    here.write_bytes(files[0].read_bytes() + b"".join(file.read_bytes()[24:] for file in files[1:]))
    assert list_taken(look(watch)) == ["exit.pcap"]
    assert [shares[:2] for shares in count_shares(watch)] == [(truth.submitted, truth.accepted)]


def test_what_cannot_be_read_is_told_once_and_again_when_it_changes(rotated, watch, sensor):
    files, _ = rotated
    packed = gzip.compress(files[0].read_bytes())
    (sensor / "notes.txt").write_text("nothing of a sensor's")
    (sensor / "stub.pcap.gz").write_bytes(packed[:7])
    told = {Path(event.path).name: event for event in look(watch)}
    assert [type(told[name]) for name in ("notes.txt", "stub.pcap.gz")] == [FileRefused, FileRefused]
    assert "no format" in told["notes.txt"].error
    assert look(watch) == []
    (sensor / "stub.pcap.gz").write_bytes(packed[:-9])
    (taken, *_) = look(watch)
    assert isinstance(taken, FileTaken)
    assert "cut or damaged" in taken.error
    assert look(watch) == []


def test_what_was_recorded_and_not_told_is_told_after_a_kill(rotated, watch, sensor):
    files, _ = rotated
    shutil.copy(files[0], sensor)
    events = watch_directory(watch, is_once=True, pause=lambda: None, is_stopped=lambda: False)
    assert isinstance(next(events), FileTaken)
    events.close()  # as if killed: the run is recorded, the verdict is not told
    again = look(watch)
    assert (list_taken(again), list_raised(again)) == ([files[0].name], [(MINER, None, "confirmed")])
    assert count_runs(watch) == 1
    assert look(watch) == []


def test_a_run_that_failed_is_completed_and_its_verdicts_told(rotated, watch, sensor, monkeypatch):
    files, _ = rotated
    shutil.copy(files[0], sensor)
    whole = watching.run_screening

    def fail(*_):
        raise OutputError("no space left")

    monkeypatch.setattr(watching, "run_screening", fail)
    pauses = []
    assert list(
        watch_directory(watch, is_once=False, pause=lambda: pauses.append(1), is_stopped=lambda: len(pauses) > 2)
    ) == []  # fmt: skip
    assert len(watch.progress.messages) == 1
    request = ScreenRequest("traffic", (("default", str(sensor / files[0].name)),), watch=watch.name)
    with open_workspace(watch.workspace) as workspace:
        workspace.accept(request.token, {"request": request.to_json(), "actor": "tester"})
    monkeypatch.setattr(watching, "run_screening", whole)
    events = look(watch)
    assert (list_taken(events), list_raised(events)) == ([files[0].name], [(MINER, None, "confirmed")])
    with open_workspace(watch.workspace) as workspace, workspace.engine.connect() as connection:
        assert workspace.list_pending() == []
        assert list_announcements(connection, watch.name) == []
    assert count_runs(watch) == 1


def test_a_directory_that_goes_away_is_told_once_each_time(watch, sensor):
    steps = iter([sensor.rmdir, lambda: None, sensor.mkdir, lambda: None, sensor.rmdir])
    is_over = []

    def pause():
        next(steps, lambda: is_over.append(True))()

    events = list(watch_directory(watch, is_once=False, pause=pause, is_stopped=lambda: bool(is_over)))
    assert [(type(event), event.path) for event in events] == [(FileRefused, str(sensor))] * 2


def test_a_raised_grade_is_told_with_the_grade_before(rotated, watch, sensor):
    with open_workspace(watch.workspace) as workspace, workspace.engine.begin() as connection:
        likely = Subject("default", MINER, START_US, START_US, int(Grade.LIKELY), None)
        update_subjects(connection, "traffic", [likely])
    shutil.copy(rotated[0][0], sensor)
    assert list_raised(look(watch)) == [(MINER, Grade.LIKELY, "confirmed")]


def test_a_batch_is_bounded_and_logs_of_one_time_are_not_parted(monkeypatch):
    from paicha.app.candidates import Candidate

    monkeypatch.setattr(watching, "BATCH_FILES", 4)
    monkeypatch.setattr(watching, "BATCH_BYTES", 100)

    def waiting(*parts):
        return [Candidate("", size, time, (0, 0), is_log, False, None) for size, time, is_log in parts]

    assert watching.cut_batch(waiting(*[(1, n, False) for n in range(9)])) == 4
    assert watching.cut_batch(waiting(*[(60, n, False) for n in range(9)])) == 1
    assert watching.cut_batch(waiting((500, 0, False), (1, 1, False))) == 1
    assert watching.cut_batch(waiting(*[(1, n // 6, True) for n in range(9)])) == 6
    assert watching.cut_batch(waiting(*[(1, 0, True) for n in range(99)])) == 8
    assert watching.cut_batch([]) == 0


def test_no_directory_is_wrong_usage(watch, sensor):
    sensor.rmdir()
    with pytest.raises(UsageError, match="no such directory"):
        look(watch)
