"""Knee points: where more accuracy begins to cost too much. Three definitions, of which one is recommended.

* `equation`: greatest curvature of the front in three dimensions (paper, Eq. 18, 19). Where cost and time grow evenly
  with k it is greatest at the first inner rows, and where time has steps it is greatest at one of these: faithful, and
  of little use.
* `published`: what the code behind the paper's tables computes. The cross product takes cost and time alone. Where both
  are linear in k, this curvature is Monte Carlo noise, and the knee changes with the seed.
* `chord`: the row farthest from the straight line between the front's ends, towards the ideal. Recommended; but where
  the front ends at k_max and not at a budget, this knee moves with k_max.
"""

from typing import Any

from numpy.typing import ArrayLike

from moo_inference.decision.base import Rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray
from moo_inference.policy.scores import SCORINGS, Variant, chord_distance, curvature, sharpness

__all__ = ["VARIANTS", "KneePoint", "Variant", "chord_distance", "curvature", "sharpness"]

VARIANTS = ("equation", "chord", "published")


class KneePoint(Rule):
    """The knee of the front; None for fewer than three rows, a straight line, or no row on the better side of it.

    Attributes:
        variant: `equation` (paper, Eq. 18; id knee-point), `chord` (recommended; id knee-chord) or `published`
            (what the code behind the paper's tables does; id knee-published).
    """

    least_rows = 3
    noun = "knee"

    def __init__(
        self,
        variant: Variant = "equation",
        *,
        zero_to_one: bool | None = None,
        ideal: ArrayLike | None = None,
        nadir: ArrayLike | None = None,
    ) -> None:
        """Make the rule; see the class and `Rule`.

        Raises:
            SettingError: (a ValueError) an unknown variant.
        """
        if variant not in VARIANTS:
            raise SettingError(f"variant must be one of: {', '.join(VARIANTS)}; got {variant!r}")
        self.variant = variant
        scoring = SCORINGS[self.id]
        self.needs_scale, self.higher_is_better = scoring.divides, scoring.higher_is_better
        super().__init__(zero_to_one=zero_to_one, ideal=ideal, nadir=nadir)

    @property
    def id(self) -> str:
        """`knee-point`, `knee-chord` or `knee-published`."""
        return {"equation": "knee-point", "chord": "knee-chord", "published": "knee-published"}[self.variant]

    def options(self) -> dict[str, Any]:
        """See `Rule.options`."""
        return {"variant": self.variant}

    @property
    def picks(self) -> str:
        """See `Rule.picks`."""
        return {
            "equation": "The greatest curvature of the front, in all objectives (paper, Eq. 18, 19). On exact curves "
            "it lies at the front's beginning where cost and time grow evenly with k, and at a step where time has "
            "steps; Monte Carlo noise moves it.",
            "chord": "The row farthest from the straight line between the front's ends, towards the ideal "
            "(recommended). Where the front ends at k_max and not at a budget, it moves with k_max.",
            "published": "What the code behind the paper's tables computes: the curvature of cost and time alone. "
            "Where both are linear in k, this is Monte Carlo noise, and it changes with the seed.",
        }[self.variant]

    @property
    def score_name(self) -> str:  # type: ignore[override]
        """What the variant looks at."""
        return "distance from the chord" if self.variant == "chord" else "curvature"

    def score(self, N: FloatArray) -> FloatArray:
        """See `sharpness`."""
        return sharpness(N, self.variant)
