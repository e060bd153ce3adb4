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
    ids = sorted(key for key, front in fronts.items() if len(front))
    if not ids:
        return []
    # All rows by cost, then id and place: the first that is as accurate is the match.
    cost, error = (np.concatenate([fronts[key].F[:, column] for key in ids]) for column in (0, -1))
    owner = np.repeat(np.arange(len(ids)), [len(fronts[key]) for key in ids])
    places = np.concatenate([np.arange(len(fronts[key])) for key in ids])
    order = np.argsort(cost, kind="stable")
    error, owner, places = error[order], owner[order], places[order]
    number = {key: place for place, key in enumerate(ids)}
    matches = []
    for model, front in fronts.items():
        if not len(front):
            continue
        row = int(front.F[:, -1].argmin())
        as_accurate = (error <= front.F[row, -1] + ALIKE) & (owner != number[model])
        best = int(as_accurate.argmax())
        own = (model, int(front.k[row]), float(front.F[row, 0]), float(front.curve.means[row, -1]))
        if not as_accurate[best]:
            matches.append(Match(*own, None, None, float("nan"), float("nan")))
        else:
            by, place = ids[owner[best]], int(places[best])
            theirs = fronts[by]
            spent, right = float(theirs.F[place, 0]), float(theirs.curve.means[place, -1])
            matches.append(Match(*own, by, int(theirs.k[place]), spent, right))
    return matches
