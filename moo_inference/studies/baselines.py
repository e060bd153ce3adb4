"""The one- and two-dimensional baselines that the paper argues against: they use the full curve, not the front."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.catalog import TOLERANCE, Limit, Model, Scenario
from moo_inference.errors import SettingError, unknown_name
from moo_inference.estimators.base import k_limit
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.formatting.amounts import apart, exactly
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.policy.scores import best_rows

NAMES = ("fixed-K", "accuracy-within-cost", "accuracy-per-dollar")

_FORMER = {"cost-only": "accuracy-within-cost"}


@dataclass(frozen=True)
class BaselineChoice:
    """What a baseline takes, and what that breaks or wastes.

    Attributes:
        baseline: its name.
        status: `ok`, or `over-budget` where a budget is broken.
        row: the row of the curve that it takes.
        violates: the budgets that it breaks, separated by blanks.
        warning: by how much it breaks them, or what it spends beyond the cheapest k that meets all budgets.
    """

    baseline: str
    status: str
    row: int
    violates: str
    warning: str


def named_now(name: str) -> str:
    """The name of a baseline, where a former one is given."""
    return _FORMER.get(name, name)


def check_baseline(name: str, grid: range) -> None:
    """Refuse a name that is no baseline, or a fixed k that is not looked at.

    Raises:
        UnknownNameError: (a LookupError) there is no such baseline.
        SettingError: (a ValueError) the k of fixed-K is not on the grid.
    """
    fixed = re.fullmatch(r"fixed-(\d{1,9})", name)
    if fixed is None and name not in NAMES[1:]:
        raise unknown_name("baseline", name, NAMES)
    if fixed is not None and int(fixed[1]) not in grid:
        raise SettingError(f"{name} must be on the grid of k, {grid[0]}, ... {grid[-1]} in steps of {grid.step}")


def refuse_unknown_k(name: str, models: Mapping[str, Model], estimator: Any) -> None:
    """Refuse a fixed k that is beyond the samples of a model's evaluation, where the estimator knows no more.

    Raises:
        SettingError: (a ValueError) the evaluation has fewer samples.
    """
    if name.startswith("fixed-"):
        k = int(name.removeprefix("fixed-"))
        limits = {key: k_limit(model, estimator) for key, model in models.items()}
        short = [f"{key} ({limit})" for key, limit in limits.items() if limit is not None and limit < k]
        if short:
            raise SettingError(
                f"{name} must be within the samples of every evaluation, too few have {', '.join(short)}"
            )


def choose_baseline(name: str, curve: ScalingCurve, scenario: Scenario) -> BaselineChoice:
    """The row of a scaling curve that a baseline takes.

    * `fixed-K`: k = K, whatever it costs and gives (one dimension).
    * `accuracy-within-cost`: the most accurate k under c_max alone (two dimensions).
    * `accuracy-per-dollar`: the greatest ratio of accuracy to cost (two dimensions).

    Args:
        name: of the baseline, checked by `check_baseline`.
        curve: one model over the grid.
        scenario: the budgets, for c_max and for what is broken.
    """
    cost, accuracy = curve.cost.mean, curve.accuracy.mean
    if name.startswith("fixed-"):
        row = int(np.flatnonzero(curve.k == int(name.removeprefix("fixed-")))[0])
    elif name == "accuracy-within-cost":
        allowed = np.ones(len(curve), bool) if scenario.c_max is None else cost <= scenario.c_max * (1 + TOLERANCE)
        rows = np.flatnonzero(allowed) if allowed.any() else best_rows(curve.F, cost, higher_is_better=False)
        row = int(rows[best_rows(curve.F[rows], curve.error[rows], higher_is_better=False)[0]])
    else:
        ratio = accuracy / np.maximum(cost, np.finfo(float).tiny)
        row = int(best_rows(curve.F, ratio, higher_is_better=True)[0])
    values = measured(curve, scenario)
    G = constraints(values, scenario, curve.resources)
    limits = scenario.limits(curve.resources)
    broken = [column for column in range(len(limits)) if G[row, column] > 0]
    if broken:
        parts = [_breach(limits[column], values[row, column]) for column in broken]
        violates = " ".join(limits[column].budget for column in broken)
        return BaselineChoice(name, "over-budget", row, violates, "breaks " + ", ".join(parts))
    feasible = np.flatnonzero((G <= 0).all(axis=1))
    least = int(feasible[best_rows(curve.F[feasible], cost[feasible], higher_is_better=False)[0]])
    usd, seconds, *others = (curve.means[row] - curve.means[least])[:-1]
    used = "".join(f" and {exactly(*more)}" for more in zip(curve.resources, others, strict=True))
    warning = (
        f"spends ${usd:.4g} and {seconds:.4g} s{used} more than k = {curve.k[least]}, the cheapest that meets all "
        "budgets"
    )
    return BaselineChoice(name, "ok", row, "", warning if row != least else "")


def _breach(limit: Limit, value: float) -> str:
    """How a budget is broken, with four significant digits or as many as it takes."""
    has, bound = apart(limit.quantity, value, limit.value or 0.0, 4)
    return f"{limit.budget} ({has} where {bound} is {'least' if limit.budget == 'a_min' else 'most'})"
