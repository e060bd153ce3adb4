"""Maximum cube: the greatest volume between the row and the budgets (paper, Eq. 11, 12)."""

from typing import Any

import numpy as np

from moo_inference.decision.base import Rule, cheapest_of_best
from moo_inference.estimators.curve import FloatArray


def cube_volume(N: FloatArray) -> FloatArray:
    """(n,) products over the columns of N (n, m) of what each leaves of its budget, none of it negative."""
    volume: FloatArray = np.maximum(0.0, 1.0 - N).prod(axis=1)
    return volume


def max_cube(N: FloatArray) -> int:
    """The row with the greatest cube volume."""
    return cheapest_of_best(-cube_volume(N), N)


class MaxCube(Rule):
    """The row whose cube between itself and the budgets is largest (paper, Eq. 11, 12)."""

    id = "max-cube"

    def _do(self, F: FloatArray, *args: Any, **kwargs: Any) -> int:
        return max_cube(F)
