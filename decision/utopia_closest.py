"""Utopia-closest: the row nearest to no cost, no time and no error (paper, Eq. 15-17)."""

from typing import Any

import numpy as np

from moo_inference.decision.base import Rule, cheapest_of_best
from moo_inference.estimators.curve import FloatArray


def utopia_distance(N: FloatArray) -> FloatArray:
    """(n,) Euclidean distances of the rows of N (n, m) from the origin."""
    distance: FloatArray = np.sqrt((N * N).sum(axis=1))
    return distance


def utopia_closest(N: FloatArray) -> int:
    """The row nearest to the origin."""
    return cheapest_of_best(utopia_distance(N), N)


class UtopiaClosest(Rule):
    """The row nearest to the utopia point (paper, Eq. 15-17)."""

    id = "utopia-closest"

    def _do(self, F: FloatArray, *args: Any, **kwargs: Any) -> int:
        return utopia_closest(F)
