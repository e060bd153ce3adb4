"""pymoo's own decision makers and decompositions as rules, with their traps repaired.

pymoo 0.6.2 divides by zero on a constant column and on one row (and then answers row 0), fails on one or two rows or
on equal ones, answers several rows or none, changes the warning filters of the process, and divides by the
weights of some decompositions while it multiplies by those of others.
"""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pymoo.decomposition.aasf import AASF
from pymoo.decomposition.asf import ASF
from pymoo.decomposition.pbi import PBI
from pymoo.decomposition.tchebicheff import Tchebicheff

from moo_inference.decision.base import Rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import levelled, varying

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from pymoo.mcdm.high_tradeoff import HighTradeoffPoints as PymooHighTradeoffPoints


class Weighted(Rule):
    """A rule with weights.

    Attributes:
        weights: (m,) importance of each objective, positive; larger is more important. None weighs all alike.
    """

    def __init__(
        self,
        weights: ArrayLike | None = None,
        *,
        zero_to_one: bool | None = None,
        ideal: ArrayLike | None = None,
        nadir: ArrayLike | None = None,
    ) -> None:
        """Make the rule; see the class and `Rule`.

        Raises:
            SettingError: (a ValueError) the weights are not positive and finite.
        """
        self.weights = None if weights is None else np.asarray(weights, dtype=float)
        if self.weights is not None and not (
            self.weights.ndim == 1 and np.isfinite(self.weights).all() and (self.weights > 0).all()
        ):
            raise SettingError(f"weights must be positive, finite numbers, one per objective; got {weights!r}")
        super().__init__(zero_to_one=zero_to_one, ideal=ideal, nadir=nadir)

    def options(self) -> dict[str, Any]:
        """See `Rule.options`."""
        return {"weights": self.weights}

    def importance(self, m: int) -> FloatArray:
        """The weights of m objectives, which sum to 1.

        Raises:
            SettingError: (a ValueError) there are more or fewer weights than objectives.
        """
        weights = np.ones(m) if self.weights is None else self.weights
        if len(weights) != m:
            raise SettingError(f"there must be one weight per objective, got {len(weights)} for {m} objectives")
        share: FloatArray = weights / weights.sum()
        return share


class PseudoWeights(Weighted):
    """The row whose pseudo-weights (how near it is to the best of each objective) are nearest to the weights.

    Objectives that do not vary over the front are left out, since pymoo's pseudo-weights are not defined there.
    """

    id = "pseudo-weights"
    needs_scale = False
    score_name = "distance from the weights"

    def do(self, F: ArrayLike, *args: Any, return_pseudo_weights: bool = False, **kwargs: Any) -> Any:
        """See `Rule.do`.

        Args:
            F: (n, m) the front.
            *args: of pymoo's; nothing.
            return_pseudo_weights: give the row and the (n, m) pseudo-weights, as pymoo does.
            **kwargs: of pymoo's; nothing.
        """
        row = super().do(F)
        if not return_pseudo_weights or row is None:
            return row
        return row, self.pseudo_weights(self.normalised(F))

    def pseudo_weights(self, N: FloatArray) -> FloatArray:
        """(n, m) how near each row is to the best of each objective; rows sum to 1, and what does not vary is 0."""
        low, high = N.min(axis=0), N.max(axis=0)
        near = (high - N) / np.where(varying(low, high), high - low, np.inf)
        total = near.sum(axis=1, keepdims=True)
        return np.asarray(np.divide(near, total, out=np.zeros(N.shape), where=total > 0))

    def score(self, N: FloatArray) -> FloatArray:
        """(n,) sums of absolute differences between pseudo-weights and weights."""
        weights = self.importance(N.shape[1])
        varies = varying(N.min(axis=0), N.max(axis=0))
        if not varies.any():
            return np.zeros(len(N))
        weights = weights[varies] / weights[varies].sum()
        distance: FloatArray = np.abs(self.pseudo_weights(N)[:, varies] - weights).sum(axis=1)
        return distance


class HighTradeoffPoints(Rule):
    """The rows where a little gain in one objective costs much in others; of several, the cheapest.

    Not defined for fewer than three distinct rows, for one objective, nor where no row stands out.
    """

    id = "high-tradeoff"
    needs_scale = False
    least_rows = 3
    noun = "knee"
    score_name = ""

    def score(self, N: FloatArray) -> FloatArray:
        """(n,) 1 for the rows that pymoo names, NaN for the others."""
        distinct, place = np.unique(levelled(N), axis=0, return_inverse=True)
        scores = np.full(len(distinct), np.nan)
        low, high = distinct.min(axis=0), distinct.max(axis=0)
        varies = varying(low, high)
        if len(distinct) >= 3 and N.shape[1] > 1:
            # pymoo's radius of neighbourhood is in the units of F, so F has to be normalised by its own range.
            scaled = (distinct - low) / np.where(varies, high - low, np.inf)
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                named = PymooHighTradeoffPoints().do(scaled)
            if named is not None:
                scores[named] = 1.0
        return scores[place.reshape(-1)]


class Decomposition(Weighted):
    """The row with the least value of a scalarising function, seen from the utopia point.

    Weights express importance. pymoo's ASF, AASF and PBI divide by theirs or take them as a direction, so they are
    given the inverse; Tchebycheff multiplies.
    """

    kind: Any
    divides = True
    from_ideal = True

    def score(self, N: FloatArray) -> FloatArray:
        """(n,) values of the scalarising function."""
        weights = self.importance(N.shape[1])
        if self.divides:
            weights = 1 / weights
            weights /= weights.sum()
        value: FloatArray = self.kind().do(N, weights, utopian_point=np.zeros(N.shape[1])).reshape(-1)
        return value


class AchievementScalarizing(Decomposition):
    """The achievement scalarising function: the worst weighted distance from utopia."""

    id = "asf"
    kind = ASF
    score_name = "ASF"


class AugmentedAchievementScalarizing(Decomposition):
    """The achievement scalarising function, augmented by a small part of the sum (rho = 1e-4)."""

    id = "aasf"
    score_name = "augmented ASF"

    @staticmethod
    def kind() -> AASF:
        """The AASF of pymoo, which requires rho."""
        return AASF(rho=1e-4)


class PenaltyBoundaryIntersection(Decomposition):
    """Distance along the weights' direction, plus five times the distance from it."""

    id = "pbi"
    kind = PBI
    score_name = "PBI"


class Tchebycheff(Decomposition):
    """The largest of the weighted objectives."""

    id = "tchebycheff"
    kind = Tchebicheff
    divides = False
    score_name = "Tchebycheff value"
