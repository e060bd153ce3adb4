"""Accuracy maximisation: the most accurate row, whatever it costs (paper, Eq. 10)."""

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray


class AccuracyMax(Rule):
    """The most accurate row of the front (paper, Eq. 10)."""

    id = "accuracy-max"
    needs_scale = False
    score_name = "error"

    def score(self, N: FloatArray) -> FloatArray:
        """The last column."""
        return N[:, -1]
