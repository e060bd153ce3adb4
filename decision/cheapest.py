"""The least that meets all limits: of cost, or of time."""

from moo_inference.decision.base import Rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import SCORINGS


class Cheapest(Rule):
    """The row that costs the least; of equal cost the fastest, then the most accurate."""

    id = "cheapest"
    scoring = SCORINGS["cheapest"]
    needs_scale, higher_is_better = scoring.divides, scoring.higher_is_better
    score_name = "cost"
    saves = 0

    def score(self, N: FloatArray) -> FloatArray:
        """The first column."""
        return self.scoring.score(N)


class Fastest(Rule):
    """The row that takes the least time; of equal time the cheapest, then the most accurate."""

    id = "fastest"
    scoring = SCORINGS["fastest"]
    needs_scale, higher_is_better = scoring.divides, scoring.higher_is_better
    score_name = "time"
    saves = 1

    def score(self, N: FloatArray) -> FloatArray:
        """The second column.

        Raises:
            SettingError: (a ValueError) there are fewer than three columns, so that the second is no time.
        """
        if N.shape[1] < 3:
            raise SettingError(f"{self.id} needs the columns cost, time, ... and error; got {N.shape[1]} of them")
        return self.scoring.score(N)
