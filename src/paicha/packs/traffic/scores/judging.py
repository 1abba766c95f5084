"""Which connections have points enough to look like mining: asked once, for whoever needs the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paicha.packs.traffic.expressions import _
from paicha.packs.traffic.scores.scorecard import load_card, score

if TYPE_CHECKING:
    from paicha.packs.traffic.policy import BehaviourPolicy, FlowShapePolicy

BEHAVIOUR, FLOWS = "behaviour", "flows"
"""Names of the packaged scorecards."""


def judge_shapes(shapes: Any, policy: BehaviourPolicy) -> Any:
    """Return the rows of `shapes` that are possible or more, with their score and `is_likely`."""
    scored = score(shapes, load_card(BEHAVIOUR)).filter(_.score >= policy.possible_score)
    return scored.mutate(is_likely=_.score >= policy.likely_score)


def judge_flow_shapes(flow_shapes: Any, policy: FlowShapePolicy) -> Any:
    """Return the rows of `flow_shapes` of which enough was seen, and that look like mining, with their score."""
    return score(flow_shapes.filter(_.is_enough), load_card(FLOWS)).filter(_.score >= policy.min_score)
