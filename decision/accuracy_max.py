"""Accuracy maximisation: the most accurate row, whatever it costs (paper, Eq. 10)."""

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import SCORINGS


class AccuracyMax(Rule):
    """The most accurate row of the front (paper, Eq. 10)."""

    id = "accuracy-max"
    scoring = SCORINGS["accuracy-max"]
    needs_scale, higher_is_better = scoring.divides, scoring.higher_is_better
    score_name = "error"

    def score(self, N: FloatArray) -> FloatArray:
        """The last column."""
        return self.scoring.score(N)
