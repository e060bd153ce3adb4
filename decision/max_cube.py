"""Maximum cube: the greatest volume between the row and the budgets (paper, Eq. 11, 12)."""

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import SCORINGS


class MaxCube(Rule):
    """The row whose cube between itself and the budgets is largest (paper, Eq. 11, 12)."""

    id = "max-cube"
    scoring = SCORINGS["max-cube"]
    needs_scale, higher_is_better = scoring.divides, scoring.higher_is_better
    from_ideal = True
    score_name = "cube volume"

    def score(self, N: FloatArray) -> FloatArray:
        """See `cube_volume`."""
        return self.scoring.score(N)
