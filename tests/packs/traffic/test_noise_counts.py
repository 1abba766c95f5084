"""Encrypted Stratum V2 counted by sizes of frames."""

from __future__ import annotations

import random

import pytest
from profile_messages import ANSWER_SECONDS, arrive, profile, tabulate

from paicha.packs.traffic.derivations.noise_counts import count_noise
from paicha.packs.traffic.derivations.shapes import measure_shapes
from paicha.packs.traffic.policy import BehaviourPolicy

GREETING = [(0.0, 0, 64), (0.1, 1, 234), (0.2, 0, 150), (0.3, 1, 44), (0.4, 0, 110)]


def talk(seed, seconds=7200.0, batch=4, share=62, job=87):
    """Return messages and the truth: acknowledgements may be batched, several frames share a segment."""
    draw = random.Random(seed)
    truth = {"shares": 0, "answers": 0, "jobs": 1, "blocks": 1, "retargets": 0}
    told = [*GREETING, (0.5, 1, 93), (0.6, 1, job - 4 if job > 100 else job), (0.7, 1, 86)]
    for number, time in enumerate(arrive(draw, 6.0, seconds)):
        truth["shares"] += 1
        told.append((time, 0, share))
        if number % batch == batch - 1:
            truth["answers"] += 1
            told.append((time + 0.05, 1, 58))
    for time in arrive(draw, 30.0, seconds):
        truth["jobs"] += 1
        told.append((time, 1, job))
    for time in arrive(draw, 600.0, seconds):
        truth["jobs"] += 1
        truth["blocks"] += 1
        told.append((time, 1, job + 86))
    for time in arrive(draw, 300.0, seconds):
        truth["retargets"] += 1
        told.append((time, 1, 74))
    return sorted(told), truth


@pytest.mark.parametrize(("batch", "share", "job"), [(1, 62, 87), (5, 62, 83), (3, 71, 87), (1, 71, 412)])
def test_counts_are_within_two_percent(batch, share, job):
    messages, truth = talk(batch, batch=batch, share=share, job=job)
    row = measure_shapes(tabulate(profile(messages)), ANSWER_SECONDS, BehaviourPolicy()).to_pylist()[0]
    assert row["is_noise"]
    assert row["family"] == "stratum-v2"
    for name, number in truth.items():
        assert row["frames"][name]["best"] == pytest.approx(number, abs=max(1, 0.02 * number)), name
    assert row["shares_from_sizes"]["best"] == row["frames"]["shares"]["best"]


def test_a_sum_that_several_ways_lead_to_is_read_by_what_else_was_seen():
    def count(alone):
        sizes = [{"bytes": 174, "count": 10}, {"bytes": alone, "count": 500}]
        return {name: one.best for name, one in count_noise([], sizes, [], 0, 3).items()}

    assert count(58)["answers"] == 530
    assert count(87)["jobs"] == 520


def test_unlisted_sizes_may_each_be_one_more():
    counts = count_noise([{"bytes": 62, "count": 100}], [], [], 7, 3)
    assert (counts["shares"].low, counts["shares"].high, counts["jobs"].high) == (100, 107, 3)


def test_several_shares_share_a_segment():
    out = [{"bytes": 62, "count": 100}, {"bytes": 124, "count": 5}, {"bytes": 150, "count": 1}]
    assert count_noise(out, [], [], 0, 0)["shares"].best == 110


def test_extended_jobs_of_any_number_of_branches_are_told_from_what_comes_with_them():
    back = [{"bytes": 586 + 32 * n, "count": 10} for n in range(4)]
    back += [{"bytes": 586 - 4 + 86, "count": 3}, {"bytes": 618 + 58, "count": 2}, {"bytes": 86, "count": 5}]
    counts = {name: one.best for name, one in count_noise([], back, [], 0, 0).items()}
    assert counts == {"shares": 0, "answers": 2, "jobs": 45, "blocks": 8, "retargets": 0}


def test_what_opens_a_channel_and_changes_its_rate_is_no_share():
    out = [{"bytes": 78, "count": 40}, {"bytes": 67, "count": 11}, {"bytes": 64, "count": 1}, {"bytes": 93, "count": 1}]
    assert count_noise(out, [], [64, -234, 93], 0, 0)["shares"].best == 11
