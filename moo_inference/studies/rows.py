"""All points of several models together, as arrays to choose from again and again."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.estimators.curve import FloatArray, IntArray, RowIndex, ScalingCurve
from moo_inference.pareto.budgets import measured
from moo_inference.pareto.front import Front
from moo_inference.pareto.nondominated import is_nondominated
from moo_inference.policy.scores import objectives_levelled


class Rows(NamedTuple):
    """Points, n of them, in the order in which a front across models has them.

    Attributes:
        model: (n,) place of the model among the curves.
        k: (n,) passes.
        F: (n, m) objectives.
        values: (n, m) what the budgets look at, accuracy as the last.
    """

    model: IntArray
    k: IntArray
    F: FloatArray
    values: FloatArray

    def take(self, rows: RowIndex) -> "Rows":
        """The points at some places only, in that order."""
        return Rows(self.model[rows], self.k[rows], self.F[rows], self.values[rows])

    def order(self) -> IntArray:
        """The order of a front across models: by the objectives, then by k."""
        return np.lexsort((self.model, self.k, *self.F.T[::-1]))


def rows_of(curves: Mapping[str, ScalingCurve], scenario: Scenario) -> Rows:
    """The points of all curves that are finite, in the order of a front across models.

    Args:
        curves: by id of the model, each estimated with the scenario.
        scenario: the budgets.
    """
    model = np.repeat(np.arange(len(curves)), [len(curve) for curve in curves.values()])
    joined = ScalingCurve.joined(list(curves.values()))
    rows = Rows(model, joined.k, joined.F, measured(joined, scenario))
    rows = rows.take(np.isfinite(np.hstack([rows.F, rows.values])).all(axis=1))
    return rows.take(rows.order())


def undominated(rows: Rows, tails: list[int]) -> Rows:
    """What some budgets could put on the front: but for rounding, no other is as good in all that is looked at.

    Args:
        rows: the points.
        tails: columns of the budgets that are for quantiles; the others look at the objectives themselves.
    """
    if not len(rows.k):
        return rows
    looked_at = np.hstack([rows.values[:, :-1], 1 - rows.values[:, -1:]])
    levels = np.hstack([objectives_levelled(rows.F), objectives_levelled(looked_at)[:, tails]])
    return rows.take(is_nondominated(levels))


def front_across(curves: Mapping[str, ScalingCurve], scenario: Scenario) -> Front:
    """The front of several models together, the cheapest row first.

    Args:
        curves: by id of the model.
        scenario: the budgets.
    """
    names = [name for name, curve in curves.items() for _ in range(len(curve))]
    return Front.from_curve(ScalingCurve.joined(list(curves.values())), scenario, names)
