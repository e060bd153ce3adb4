"""Accuracy maximisation: the most accurate row, whatever it costs (paper, Eq. 10)."""

from typing import Any

from moo_inference.decision.base import Rule, cheapest_of_best
from moo_inference.estimators.curve import FloatArray


def accuracy_max(N: FloatArray) -> int:
    """The row with the least error, the last column of N (n, m)."""
    return cheapest_of_best(N[:, -1], N)


class AccuracyMax(Rule):
    """The most accurate row of the front (paper, Eq. 10)."""

    id = "accuracy-max"
    needs_scale = False

    def _do(self, F: FloatArray, *args: Any, **kwargs: Any) -> int:
        return accuracy_max(F)
