"""Runs over the rotated files of one sensor: in order, out of order, again."""

import random

import pytest

from paicha.app.request import ScreenRequest
from paicha.simulate.captures import write_rotated
from paicha.simulate.miners import plan_miner, simulate_session
from paicha.store.workspace import open_workspace

START_US = 1_748_829_600_000_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One mining session over three files."""
    directory = tmp_path_factory.mktemp("rotated")
    spec = plan_miner(
        "monero", random.Random(8), client="10.0.0.7", server="203.0.113.9", start_us=1_748_829_600_000_000
    )
    packets, truth = simulate_session(spec, 8)
    write_rotated(directory, "exit", packets, 3)
    return sorted(directory.iterdir()), truth


@pytest.fixture
def sessions(screen_it, tmp_path):
    """A function that screens files one after the other in a workspace and returns the sessions of the last run."""

    def run(*groups):
        with open_workspace(tmp_path / "w") as workspace:
            for group in groups:
                request = ScreenRequest("traffic", tuple(("default", str(path)) for path in group))
                documents, _ = screen_it(request, workspace)
        return [f for f in documents[0]["findings"] if f["rule"] == "traffic.mining-session"]

    return run


def count(found):
    return [(f["evidence"]["shares_submitted"], f["evidence"]["shares_accepted"]) for f in found]


def test_one_file_a_run_makes_one_session(files, sessions):
    paths, truth = files
    found = sessions(*([path] for path in paths))
    assert count(found) == [(truth.submitted, truth.accepted)]
    assert len(found[0]["sources"]) == 3


def test_an_older_file_read_late_takes_nothing_from_the_younger(files, sessions):
    paths, _ = files
    (late,) = sessions([paths[2]], [paths[0]])
    (alone,) = sessions([paths[0]])
    assert count([late]) == count([alone])
    assert late["id"] == alone["id"]


def test_a_file_read_again_with_its_successor_counts_once(files, sessions):
    paths, truth = files
    found = sessions(paths[:1], paths[:2], paths)
    assert count(found) == [(truth.submitted, truth.accepted)]


def test_the_day_goes_on_after_an_older_file_was_read_in_between(files, sessions):
    paths, truth = files
    found = sessions([paths[0]], [paths[1]], [paths[0], paths[1]], [paths[2]])
    assert count(found) == [(truth.submitted, truth.accepted)]
