"""Budgets as constraints: one definition for every path that asks whether a k is allowed."""

import numpy as np

from moo_inference.catalog import TOLERANCE, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray, ScalingCurve

BUDGETS = ("c_max", "t_max", "a_min")


def measured(curve: ScalingCurve, scenario: Scenario) -> FloatArray:
    """What a scenario's budgets look at: (n, 3) cost in USD, time in seconds and accuracy, in the order of BUDGETS.

    Raises:
        SettingError: (a ValueError) a budget is for a quantile, and the curve was estimated without the scenario.
    """
    view = curve.views.get(scenario)
    if view is not None:
        return view.values
    if any(quantile is not None for quantile in scenario.quantiles):
        raise SettingError(
            f"scenario {scenario.name!r} has a budget for a quantile: the curve must be estimated with "
            "scenarios=[scenario]"
        )
    return curve.means


def constraints(values: FloatArray, scenario: Scenario) -> FloatArray:
    """G of the paper's Eq. 8, dimensionless; a row is feasible where all of it is <= 0.

    Args:
        values: (n, 3) array from `measured`.
        scenario: the budgets. One that is None is met by any amount (G = -1).

    Returns:
        (n, 3) array of cost/c_max - 1, time/t_max - 1, a_min - accuracy, each less TOLERANCE.
    """
    G = np.empty_like(values)
    G[:, :2] = values[:, :2] / (scenario.c_max or np.inf, scenario.t_max or np.inf) - 1
    G[:, 2] = scenario.a_min - values[:, 2]
    G -= TOLERANCE
    return G
