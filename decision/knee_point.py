"""Knee points: where more accuracy begins to cost too much. Three definitions, of which one is recommended.

* `equation`: greatest curvature of the front in three dimensions (paper, Eq. 18, 19). On exact curves it is greatest at
  the first inner rows, with the paper's grid at the very first: faithful, and of little use.
* `published`: what the code behind the paper's tables computes. The cross product takes cost and time alone, and
  both are linear in k, so this curvature is Monte Carlo noise, and the knee changes with the seed.
* `chord`: the row farthest from the straight line between the front's ends. Recommended; but where the front
  ends at k_max and not at a budget, this knee moves with k_max.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.decision.base import Rule
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray

_STRAIGHT = 1e-9
_STANDSTILL = 1e-10

Variant = Literal["equation", "chord", "published"]
VARIANTS = ("equation", "chord", "published")


def curvature(N: FloatArray, *, cost_and_time_only: bool = False) -> FloatArray:
    """Curvature at each row of a path N (n, 3), in unit steps of the row's number (paper, Eq. 18).

    Args:
        N: normalised rows in the order of the path.
        cost_and_time_only: leave the third component out of the cross product, though not out of the norm.

    Returns:
        (n,) array; 0 at both ends, where it is not defined, and where the path stands still.
    """
    first = (N[2:] - N[:-2]) / 2
    second = N[2:] - 2 * N[1:-1] + N[:-2]
    if cost_and_time_only:
        cross = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    else:
        cross = np.sqrt((np.cross(first, second) ** 2).sum(axis=1))
    speed = np.sqrt((first * first).sum(axis=1))
    kappa = np.zeros(len(N))
    moving = speed > _STANDSTILL
    kappa[1:-1][moving] = cross[moving] / speed[moving] ** 3
    return kappa


def chord_distance(N: FloatArray) -> FloatArray:
    """(n,) distances of the rows of a path N (n, m) from the line between its ends, after scaling to its range."""
    spread = np.ptp(N, axis=0)
    scaled = (N - N.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    along = scaled[-1] - scaled[0]
    along /= np.sqrt((along * along).sum())
    away = scaled - scaled[0]
    away -= np.outer(away @ along, along)
    distance: FloatArray = np.sqrt((away * away).sum(axis=1))
    return distance


def sharpness(N: FloatArray, variant: Variant = "equation") -> FloatArray:
    """(n,) how sharp a knee each row of N (n, m) is; all NaN for fewer than three distinct rows or a straight line.

    The rows may come in any order and more than once; the path goes through them by cost.
    """
    order = np.lexsort(N.T[::-1])
    path = N[order]
    new = np.append(True, (path[1:] != path[:-1]).any(axis=1))
    path = path[new]
    scores = np.full(len(N), np.nan)
    if len(path) < 3:
        return scores
    along = chord_distance(path) if variant == "chord" else curvature(path, cost_and_time_only=variant == "published")
    if along.max() >= _STRAIGHT:
        scores[order] = along[np.cumsum(new) - 1]
    return scores


class KneePoint(Rule):
    """The knee of the front, sorted by cost; None for fewer than three rows or a straight line.

    Attributes:
        variant: `equation` (paper, Eq. 18; id knee-point), `chord` (recommended; id knee-chord) or `published`
            (what the code behind the paper's tables does; id knee-published).
    """

    higher_is_better = True

    def __init__(
        self,
        variant: Variant = "equation",
        *,
        nadir: ArrayLike | None = None,
    ) -> None:
        """Make the rule; see the class and `Rule`.

        Raises:
            SettingError: (a ValueError) an unknown variant.
        """
        if variant not in VARIANTS:
            raise SettingError(f"variant must be one of: {', '.join(VARIANTS)}; got {variant!r}")
        self.variant = variant
        self.needs_scale = variant != "chord"
        self.moves_with_k_max = variant == "chord"
        super().__init__(nadir=nadir)

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
            "equation": "The greatest curvature of the front in three dimensions (paper, Eq. 18, 19). On exact curves "
            "it lies at the front's beginning, whatever the model; Monte Carlo noise moves it.",
            "chord": "The row farthest from the straight line between the front's ends (recommended). Where the front "
            "ends at k_max and not at a budget, it moves with k_max.",
            "published": "What the code behind the paper's tables computes: the curvature of cost and time alone. Both "
            "are linear in k, so this is Monte Carlo noise, and it changes with the seed.",
        }[self.variant]

    @property
    def score_name(self) -> str:  # type: ignore[override]
        """What the variant looks at."""
        return "distance from the chord" if self.variant == "chord" else "curvature"

    def score(self, N: FloatArray) -> FloatArray:
        """See `sharpness`."""
        return sharpness(N, self.variant)
