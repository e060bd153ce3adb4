"""What the page's sliders and lists offer."""

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from moo_inference.catalog import Load, Model
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.pass_distribution import cost_distribution, resource_distributions, time_distribution
from moo_inference.estimators.under_load import models_under_load
from moo_inference.formatting.amounts import percentile

_MANTISSAS = (*(10 + n for n in range(10)), *(20 + 2 * n for n in range(15)), *(50 + 5 * n for n in range(10)))
"""Steps of 2 to 10 percent over a decade."""
_BELOW, _ABOVE = 50, 5
SMALLEST_BUDGET = 1e-12
"""USD, seconds or the unit of a resource: the least that can be entered."""
LARGEST_BUDGET = 1e9
"""The most that a catalog takes."""
_USUAL_PASSES = 16
QUANTILES = ("t_quantile", "c_quantile", "a_quantile")
MEAN = 0.0
"""Stands for the mean in the list of quantiles."""

BUDGETS = ("c_max", "t_max", "a_min")
"""The budgets that have a slider; those for further resources have a number alone."""
_USUAL_QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99)


def usual_budgets(model: Model) -> dict[str, float]:
    """What to begin with where a scenario has no budget, by its name, in its unit: what some passes take."""
    if model.servers is not None:
        [model] = models_under_load(model, np.array([1]), Conditions(), Load(None, 1.0))
    passes = {
        "c_max": (cost_distribution(model), 0.01),
        "t_max": (time_distribution(model), 1.0),
        **{
            f"{unit}_max": (distribution, 1.0)
            for unit, distribution in zip(model.resources, resource_distributions(model), strict=True)
        },
    }
    return {
        name: _rounded(distribution.mean * _USUAL_PASSES, otherwise)
        for name, (distribution, otherwise) in passes.items()
    }


def slider_options(name: str, own: float, current: float) -> tuple[float, list[float]]:
    """The step of the number, and the stops of the slider, in ascending order.

    Money and seconds have stops in even ratios, from a fiftieth of the scenario's own budget to five times as much.

    Args:
        name: `c_max`, `t_max` or `a_min`.
        own: the scenario's own budget.
        current: where the knob stands; it and `own` are stops as well.
    """
    if name == "a_min":
        return 0.001, sorted({*(round(n / 200, 3) for n in range(201)), own, current})
    middle = min(max(own, SMALLEST_BUDGET), LARGEST_BUDGET)
    lowest, highest = middle / _BELOW, min(middle * _ABOVE, LARGEST_BUDGET)
    stops = {own, current}
    for exponent in range(math.floor(math.log10(lowest)) - 1, math.ceil(math.log10(highest)) + 1):
        stops.update(
            stop for mantissa in _MANTISSAS if lowest <= (stop := float(f"{mantissa}e{exponent - 1}")) <= highest
        )
    return 10.0 ** math.floor(math.log10(middle) - 1), sorted(stops)


def slider_labels(stops: list[float], text: Callable[[float], str]) -> dict[float, str]:
    """What each stop is called: all differ, since Streamlit distinguishes stops by their labels."""
    labels = {stop: text(stop) for stop in stops}
    counts = Counter(labels.values())
    return {stop: label if counts[label] == 1 else f"{label} ({stop!r})" for stop, label in labels.items()}


def quantile_options(name: str, current: float) -> list[float]:
    """What a budget may hold for: MEAN, and quantiles; the one that is set is among them."""
    usual = {round(1 - q, 4) if name == "a_quantile" else q for q in _USUAL_QUANTILES}
    return [MEAN, *sorted(usual | ({current} - {MEAN}), reverse=name == "a_quantile")]


def quantile_text(quantile: float) -> str:
    """What a quantile is called in the list of a budget: mean, p95; of accuracy p5, which 95 of 100 queries reach."""
    return "mean" if quantile == MEAN else percentile(quantile)


def _rounded(value: float, otherwise: float) -> float:
    return float(f"{value:.1g}") if SMALLEST_BUDGET <= value <= LARGEST_BUDGET else otherwise
