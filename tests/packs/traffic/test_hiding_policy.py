"""Values of the policy that would leave nothing to judge, or make likely easier than possible."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from paicha.packs.traffic.policy import TrafficPolicy


@pytest.mark.parametrize(
    "values",
    [
        {"blocks": {"windows_seconds": ()}},
        {"blocks": {"windows_seconds": (1.0,) * 17}},
        {"blocks": {"likely_chance": 1e-2}},
        {"blocks": {"likely_excess": 0.1}},
        {"behaviour": {"likely_score": -1.0}},
    ],
)
def test_absurd_values_are_refused(values):
    with pytest.raises(ValidationError):
        TrafficPolicy.model_validate(values)


def test_equal_thresholds_are_allowed():
    policy = TrafficPolicy.model_validate({"behaviour": {"likely_score": 0.0}, "blocks": {"likely_chance": 1e-3}})
    assert policy.behaviour.likely_score == policy.behaviour.possible_score
