"""Measured candidates, each with one accuracy and one cost, as a front: which of them is worth a look at all."""

from dataclasses import replace

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.errors import ErrorCollector
from moo_inference.estimators.curve import MEAN, STD, ScalingCurve
from moo_inference.pareto.front import Front
from moo_inference.readers import Candidates


def candidate_front(candidates: Candidates, scenario: Scenario) -> Front:
    """The nondominated candidates that meet the budgets, the cheapest first.

    Where nothing is known of their times the scenario must have no budget for them. Nothing is known of how their
    numbers vary, so its budgets must be for means.

    Args:
        candidates: names, accuracies, USD and maybe seconds per query, as measured.
        scenario: the budgets.

    Raises:
        SettingError: (a ValueError) the scenario has a budget for times that are not known, or for a quantile.
    """
    errors = ErrorCollector()
    seconds = candidates.seconds_per_query
    if seconds is None and scenario.t_max is not None:
        errors.add(f"t_max of scenario {scenario.name!r} must be none, since no times of candidates are known")
    if scenario.has_quantiles:
        errors.add(f"budgets of scenario {scenario.name!r} must be for means, since candidates have no other numbers")
    errors.check()
    n = len(candidates.names)
    accuracy = np.asarray(candidates.accuracy, dtype=float)
    quantities = np.full((n, 3, 5), np.nan)
    # Times that are unknown are alike, so that none of them decides.
    known = np.zeros(n) if seconds is None else seconds
    quantities[:, :, MEAN] = np.column_stack([candidates.usd_per_query, known, accuracy])
    quantities[:, -1, STD] = np.sqrt(accuracy * (1 - accuracy))
    curve = ScalingCurve(np.ones(n, dtype=np.int64), quantities, 1 - accuracy)
    front = Front.from_curve(curve, scenario, candidates.names)
    # One pass each is all that there is: the front does not go on beyond a k.
    return replace(front, reaches_k_max=())
