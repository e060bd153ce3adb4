"""Budgets as constraints: the one definition of whether a configuration is allowed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import TOLERANCE, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray, ScalingCurve, TailEvidence


def measured(curve: ScalingCurve, scenario: Scenario) -> FloatArray:
    """What a scenario's budgets look at: means, or quantiles where a budget is for one.

    Args:
        curve: n rows.
        scenario: the budgets.

    Returns:
        (n, m) cost in USD, time in seconds, further resources in their units, accuracy as the last.

    Raises:
        SettingError: (a ValueError) a budget is for a quantile, and the curve was estimated without the scenario; or it
            is for a resource that the curve does not have.
    """
    scenario.limits(curve.resources)
    view = curve.views.get(scenario)
    if view is not None:
        return view.values
    if scenario.has_quantiles:
        raise SettingError(
            f"scenario {scenario.name!r} has a budget for a quantile: the curve must be estimated with "
            "scenarios=[scenario]"
        )
    return curve.means


def values_of(F: FloatArray) -> FloatArray:
    """What budgets for means look at: (n, m) cost, time, further resources and accuracy, from objectives F (n, m)."""
    values = F.copy()
    values[:, -1] = 1 - F[:, -1]
    return values


@dataclass(frozen=True)
class Tail:
    """A quantile that a budget is for, and its value for some k.

    Attributes:
        quantity: `cost`, `time`, the unit of a resource, or `accuracy`.
        quantile: of one query; 0.95 of the cost: 95 of 100 queries cost at most `value`.
        value: in the unit of the quantity.
        interval: 95 % interval of the value, NaN where too few observations say nothing of it; None where it rests on
            no sample.
        needed: how many measured passes, or questions, it needs for an interval.
    """

    quantity: str
    quantile: float
    value: float
    interval: tuple[float, float] | None = None
    needed: int = 0

    @property
    def unknown(self) -> bool:
        """Whether too few observations say nothing of the value."""
        return self.interval is not None and math.isnan(self.interval[0])


def tails(curve: ScalingCurve, scenario: Scenario, row: int) -> tuple[Tail, ...]:
    """The quantiles that a scenario's budgets are for, of one row; none where all of them are for means.

    Args:
        curve: estimated with the scenario.
        scenario: the budgets.
        row: of the curve.

    Raises:
        SettingError: (a ValueError) see `measured`.
    """
    if not scenario.has_quantiles:
        return ()
    values = measured(curve, scenario)[row].tolist()
    evidence = curve.views[scenario].tails
    return tuple(
        Tail(limit.quantity, limit.quantile, value, *_known(evidence, row, place))
        for place, (limit, value) in enumerate(zip(scenario.limits(curve.resources), values, strict=True))
        if limit.quantile is not None
    )


def _known(evidence: TailEvidence | None, row: int, place: int) -> tuple[tuple[float, float] | None, int]:
    """The interval of a quantile, and how many observations it needs."""
    if evidence is None or np.isnan(evidence.needed[row, place]):
        return None, 0
    interval = float(evidence.ci_low[row, place]), float(evidence.ci_high[row, place])
    return interval, int(evidence.needed[row, place])


def constraints(values: FloatArray, scenario: Scenario, resources: Sequence[str] | None = None) -> FloatArray:
    """G of the paper's Eq. 8, dimensionless; a row is feasible where all of it is <= 0.

    Args:
        values: (n, m) array from `measured`.
        scenario: the budgets. One that is None is met by any amount (G = -1).
        resources: units of the further resources in `values`; None means those that have a budget.

    Returns:
        (n, m) array of cost/c_max - 1, time/t_max - 1, amount/budget - 1 of each resource, a_min - accuracy, each less
        TOLERANCE.
    """
    G = np.empty_like(values)
    limits = scenario.limits(resources)[:-1]
    G[:, :-1] = overrun(values[:, :-1], np.array([limit.value or np.inf for limit in limits]))
    G[:, -1] = -1.0 if scenario.a_min is None else scenario.a_min - values[:, -1]
    G[:, -1] -= TOLERANCE
    return G


def overrun(amounts: FloatArray, budgets: FloatArray | float) -> FloatArray:
    """By what share amounts exceed their budgets, less TOLERANCE; an infinite budget is met by any amount."""
    with np.errstate(invalid="ignore"):  # an amount without end, where there is no budget, is no number
        return np.asarray(amounts / budgets - 1 - TOLERANCE)


def nadir_of(scenario: Scenario, resources: Sequence[str] | None = None) -> FloatArray:
    """What counts as 1 in each objective (paper, Eq. 16).

    Args:
        scenario: the budgets.
        resources: units of the further resources; None means those that have a budget.

    Returns:
        (m,) c_max in USD, t_max in seconds, the budget of each further resource, and 1 for the error; infinite where
        there is no budget.
    """
    return np.array([*(limit.value or np.inf for limit in scenario.limits(resources)[:-1]), 1.0])
