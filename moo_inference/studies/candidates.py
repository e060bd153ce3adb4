"""Measured candidates, each with one accuracy and one cost, as a front: which of them is worth a look at all."""

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.fronts import Front
from moo_inference.readers import Candidates


def candidate_front(candidates: Candidates, scenario: Scenario) -> Front:
    """The nondominated candidates that meet the budgets of cost and accuracy, the cheapest first.

    Nothing is known of their times, which are taken for 0, so the scenario must have none to keep.

    Args:
        candidates: names, accuracies and USD a query, as measured.
        scenario: the budgets; its t_max is of no account.
    """
    n = len(candidates.names)
    accuracy = np.asarray(candidates.accuracy, dtype=float)
    table = np.full((n, 15), np.nan)
    table[:, 0], table[:, 5], table[:, 10] = candidates.usd_per_query, 0.0, accuracy
    table[:, 11] = np.sqrt(accuracy * (1 - accuracy))
    curve = ScalingCurve(np.ones(n, dtype=np.int64), table, 1 - accuracy)
    return Front.from_curve(curve, scenario, candidates.names)
