"""Maximum cube: the greatest volume between the row and the budgets (paper, Eq. 11, 12)."""

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import cube_volume


class MaxCube(Rule):
    """The row whose cube between itself and the budgets is largest (paper, Eq. 11, 12)."""

    id = "max-cube"
    from_ideal = True
    score_name = "cube volume"
    higher_is_better = True

    def score(self, N: FloatArray) -> FloatArray:
        """See `cube_volume`."""
        return cube_volume(N)
