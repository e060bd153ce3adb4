"""Maximum cube: the greatest volume between the row and the budgets (paper, Eq. 11, 12)."""

import numpy as np

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray


def cube_volume(N: FloatArray) -> FloatArray:
    """(n,) products over the columns of N (n, m) of what each leaves of its budget, none of it negative."""
    volume: FloatArray = np.maximum(0.0, 1.0 - N).prod(axis=1)
    return volume


class MaxCube(Rule):
    """The row whose cube between itself and the budgets is largest (paper, Eq. 11, 12)."""

    id = "max-cube"
    score_name = "cube volume"
    higher_is_better = True

    def score(self, N: FloatArray) -> FloatArray:
        """See `cube_volume`."""
        return cube_volume(N)
