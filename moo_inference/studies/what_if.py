"""What would change a route: which budget to relax for the next better choice, and at which price or floor it flips.

Choices are taken again from the curves that were estimated, so no answer rests on another estimate. A flip is bracketed
by the values at which a row becomes feasible or ceases to be, and then halved down to 1e-12 of its size.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from moo_inference.budgets import measured
from moo_inference.catalog import Scenario
from moo_inference.decision.choice import Choice, decide
from moo_inference.estimators.curve import BudgetView, ScalingCurve
from moo_inference.studies.route import Route, front_across

_FINE = 1e-12
_FACTORS = np.geomspace(1, 1000, 241)[1:]
"""Factors on a price that are tried, beside those at which a row becomes feasible or ceases to be."""

_LEAST_STEP = 1e-8
"""Feasibility has a tolerance of 1e-9, so a budget is tried this much beyond a row's own amount."""


@dataclass(frozen=True)
class Flip:
    """A value at which the choice becomes another.

    Attributes:
        what: `c_max`, `t_max`, `a_min`, that of a further resource such as `joules_max`, or the id of the model whose
            price changes.
        now: the value in force; 1 for a price, of which the value is a factor.
        at: the nearest value with the other choice, to 1e-12 of its size.
        model: of the other choice; None where nothing can be chosen any more.
        k: of the other choice.
        usd_more: what the other choice costs more than the present one, a query, at the value `at`; NaN without one.
        seconds_more: what it takes more.
        accuracy_more: by how much it is more accurate.
        used_more: what it uses more of each further resource, by unit.
    """

    what: str
    now: float
    at: float
    model: str | None
    k: int | None
    usd_more: float
    seconds_more: float
    accuracy_more: float
    used_more: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, float | int | str | None]:
        """The flip as plain values, ready for JSON: null where there is none."""
        values = {name: value for name, value in vars(self).items() if name != "used_more"}
        values |= {f"{unit}_more": more for unit, more in self.used_more.items()}
        return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in values.items()}


def relaxations(found: Route) -> list[Flip]:
    """For each budget, the least relaxation that gives a better choice; nothing for one that gives none.

    A larger budget is better where the rule then takes something more accurate, a smaller a_min where it takes
    something cheaper. Where nothing is feasible, anything is better.
    """
    scenario, present = found.scenario, found.choice
    flips = []
    values = np.concatenate([measured(curve, scenario) for curve in found.curves.values()])
    for column, (budget, _, now, _) in enumerate(scenario.limits(found.front.resources)):
        if now is None:
            continue
        amounts = np.unique(values[:, column])
        points = (
            amounts[amounts < now][::-1] * (1 - _LEAST_STEP)
            if budget == "a_min"
            else amounts[amounts > now] * (1 + _LEAST_STEP)
        )

        def better(choice: Choice, axis: int = 0 if budget == "a_min" else -1) -> bool:
            if choice.objectives is None:
                return False
            return present.objectives is None or bool(choice.objectives[axis] < present.objectives[axis])

        def at(value: float, budget: str = budget) -> Choice:
            return choice_at(found, scenario.replace(**{budget: value}))

        flip = _first(at, now, points.tolist(), better)
        if flip is not None:
            flips.append(_flip(found, budget, now, *flip))
    return flips


def break_evens(found: Route) -> list[Flip]:
    """At which a_min, and at which factor on the prices of each model, the choice becomes another.

    The floor is raised from a_min to 1; the price of the chosen model rises up to a thousandfold, those of the others
    fall to a thousandth. What does not change the choice is left out.
    """
    scenario, present = found.scenario, found.choice
    if present.k is None:
        return []
    flips = []

    def other(choice: Choice) -> bool:
        return (choice.model, choice.k) != (present.model, present.k)

    accuracies = np.unique(np.concatenate([measured(curve, scenario)[:, -1] for curve in found.curves.values()]))
    floors = accuracies[(accuracies >= scenario.a_min) & (accuracies < 1 - _LEAST_STEP)] + _LEAST_STEP
    flip = _first(lambda floor: choice_at(found, scenario.replace(a_min=floor)), scenario.a_min, floors.tolist(), other)
    if flip is not None:
        flips.append(_flip(found, "a_min", scenario.a_min, *flip))
    for model in found.curves:

        def at(factor: float, model: str = model) -> Choice:
            return _chosen(found, _repriced(found.curves, model, factor), scenario)

        factors = _FACTORS if model == present.model else 1 / _FACTORS
        flip = _first(at, 1.0, _with_feasibility(found, model, factors), other)
        if flip is not None:
            flips.append(_flip(found, model, 1.0, *flip))
    return flips


def choice_at(found: Route, scenario: Scenario) -> Choice:
    """What the rule of a route takes under other budgets, from the same curves.

    Args:
        found: the route.
        scenario: the other budgets; its quantiles must be those of the route.
    """
    curves = found.curves
    if scenario.has_quantiles:
        curves = {
            key: replace(curve, views={scenario: curve.views[found.scenario]}) for key, curve in found.curves.items()
        }
    return _chosen(found, curves, scenario)


def _chosen(found: Route, curves: Mapping[str, ScalingCurve], scenario: Scenario) -> Choice:
    return decide(front_across(curves, scenario), found.unscaled)


def _repriced(curves: Mapping[str, ScalingCurve], model: str, factor: float) -> dict[str, ScalingCurve]:
    """The curves where one model costs so many times as much: costs are proportional to prices."""
    curve = curves[model]
    table = curve.table.copy()
    table[:, :5] *= factor
    views = {}
    for scenario, view in curve.views.items():
        values = view.values.copy()
        values[:, 0] *= factor
        views[scenario] = BudgetView(values, view.attainment)
    return {**curves, model: replace(curve, table=table, views=views)}


def _with_feasibility(found: Route, model: str, factors: Iterable[float]) -> list[float]:
    """The factors in their order, and among them those at which a k of the model meets or breaks c_max."""
    tried = list(factors)
    c_max = found.scenario.c_max
    if c_max is not None:
        edges = c_max / measured(found.curves[model], found.scenario)[:, 0]
        low, high = sorted((tried[-1], 1.0))
        tried += [float(edge) * (1 + sign * _LEAST_STEP) for edge in edges if low < edge < high for sign in (-1, 1)]
    return sorted(tried, reverse=bool(tried[0] < 1))


def _first(
    at: Callable[[float], Choice], start: float, points: Iterable[float], wanted: Callable[[Choice], bool]
) -> tuple[float, Choice] | None:
    """The first value, from `start` along the points, with a choice that is wanted."""
    before = start
    for point in points:
        choice = at(point)
        if wanted(choice):
            return _bisect(at, before, point, choice, wanted)
        before = point
    return None


def _bisect(
    at: Callable[[float], Choice], low: float, high: float, choice: Choice, wanted: Callable[[Choice], bool]
) -> tuple[float, Choice]:
    while abs(high - low) > _FINE * abs(high):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        found = at(middle)
        if wanted(found):
            high, choice = middle, found
        else:
            low = middle
    return high, choice


def _flip(found: Route, what: str, now: float, at: float, choice: Choice) -> Flip:
    units = found.front.resources
    more = np.full(3 + len(units), np.nan)
    if choice.objectives is not None and found.choice.objectives is not None:
        more = choice.objectives - found.choice.objectives
    usd, seconds, *used, error = more.tolist()
    used_more = dict(zip(units, used, strict=True))
    return Flip(what, float(now), float(at), choice.model, choice.k, usd, seconds, -error, used_more)
