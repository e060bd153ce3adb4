"""Utopia-closest: the row nearest to no cost, no time and no error (paper, Eq. 15-17)."""

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import SCORINGS


class UtopiaClosest(Rule):
    """The row nearest to the utopia point (paper, Eq. 15-17)."""

    id = "utopia-closest"
    scoring = SCORINGS["utopia-closest"]
    needs_scale, higher_is_better = scoring.divides, scoring.higher_is_better
    from_ideal = True
    score_name = "distance from utopia"

    def score(self, N: FloatArray) -> FloatArray:
        """See `utopia_distance`."""
        return self.scoring.score(N)
