"""Who matches whom: the cheapest other model that is at least as accurate as each at its best."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.pareto.front import Front
from moo_inference.policy.scores import ALIKE


@dataclass(frozen=True)
class Match:
    """A model at its most accurate within the budgets, and the cheapest other that is at least as accurate.

    Attributes:
        model: id of the model.
        k: its most accurate feasible number of passes.
        cost: USD per query at that k.
        accuracy: at that k.
        by: id of the cheapest other model that is at least as accurate within the budgets, or None.
        by_k: its passes.
        by_cost: USD per query; NaN without one.
        by_accuracy: its accuracy.
    """

    model: str
    k: int
    cost: float
    accuracy: float
    by: str | None
    by_k: int | None
    by_cost: float
    by_accuracy: float


def cheapest_matches(curves: Mapping[str, ScalingCurve], scenario: Scenario) -> list[Match]:
    """The cheapest match of each model that has a feasible k (paper, section "Aggregate Trends").

    Args:
        curves: by id of the model.
        scenario: the budgets.
    """
    fronts = {key: Front.from_curve(curve, scenario) for key, curve in curves.items()}
    matches = []
    for model, front in fronts.items():
        if not len(front):
            continue
        row = int(front.F[:, -1].argmin())
        as_accurate = (
            (float(theirs.F[place, 0]), other, place)
            for other, theirs in fronts.items()
            if other != model
            for place in np.flatnonzero(theirs.F[:, -1] <= front.F[row, -1] + ALIKE).tolist()
        )
        best = min(as_accurate, default=None)
        own = (model, int(front.k[row]), float(front.F[row, 0]), float(front.curve.means[row, -1]))
        if best is None:
            matches.append(Match(*own, None, None, float("nan"), float("nan")))
        else:
            cost, by, place = best
            theirs = fronts[by]
            matches.append(Match(*own, by, int(theirs.k[place]), cost, float(theirs.curve.means[place, -1])))
    return matches
