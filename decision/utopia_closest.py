"""Utopia-closest: the row nearest to no cost, no time and no error (paper, Eq. 15-17)."""

from moo_inference.decision.base import Rule
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import utopia_distance


class UtopiaClosest(Rule):
    """The row nearest to the utopia point (paper, Eq. 15-17)."""

    id = "utopia-closest"
    from_ideal = True
    score_name = "distance from utopia"

    def score(self, N: FloatArray) -> FloatArray:
        """See `utopia_distance`."""
        return utopia_distance(N)
