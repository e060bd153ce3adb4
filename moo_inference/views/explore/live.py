"""The answer while budgets move: curves are estimated once, budgets are laid on them, and a rule takes its choice."""

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from moo_inference.catalog import Catalog, Scenario
from moo_inference.catalog.base import ReadOnly
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.errors import SettingError
from moo_inference.estimators import ScalingCurve, default_estimator
from moo_inference.estimators.base import estimator_settings
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution.curves import estimate_in_tasks
from moo_inference.execution.tasks import Runner
from moo_inference.studies.route import Route, route_from_curves
from moo_inference.views.explore.slider_stops import LARGEST_BUDGET
from moo_inference.views.explore.state import Knobs, refuse_large_work, settings_catalog

Curves = Mapping[str, ScalingCurve]
"""By id of the model."""

_KEPT = 8
"""Estimates that are kept: those of the last settings, so that the way back costs nothing."""


@dataclass
class Estimates:
    """The curves of a page's last settings. They depend on everything but the values of budgets, names and rules.

    Attributes:
        estimated: how often something was estimated.
    """

    estimated: int = 0
    _kept: OrderedDict[Hashable, Curves] = field(default_factory=OrderedDict)
    _of: Catalog | None = None

    def curves(self, catalog: Catalog, knobs: Knobs, chosen: Catalog) -> tuple[Curves, Curves]:
        """The curves under the budgets of the knobs, estimated only if something else was changed as well.

        The share of queries that meet all budgets depends on their values, and is not known here (NaN).

        Args:
            catalog: the catalog of the page.
            knobs: the settings of the page.
            chosen: the part of the catalog that they choose.

        Returns:
            What is kept, the same object as long as nothing is estimated; and the curves with these budgets.

        Raises:
            SettingError: (a ValueError) a setting is out of its range.
        """
        scenario = chosen.scenarios[knobs.scenario]
        ample = _ample(scenario, chosen.resources)
        key = (
            knobs.models,
            knobs.parallel,
            knobs.latency,
            knobs.k_max,
            knobs.k_step,
            knobs.estimator,
            ample,
        )
        if self._of is not catalog:
            self._of, self._kept = catalog, OrderedDict()
        if key not in self._kept:
            refuse_large_work(chosen, knobs)
            used = knobs.estimator or default_estimator(chosen.models.values())
            self._kept[key] = estimate_in_tasks(used, chosen.models, conditions_of(knobs), [ample], Runner())
            self.estimated += 1
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key], {model: _under(scenario, ample, curve) for model, curve in self._kept[key].items()}


@dataclass(frozen=True)
class LiveAnswer:
    """What stands beside the sliders.

    Attributes:
        catalog: the chosen models under the budgets of the page.
        scenario: these budgets.
        estimated: the curves as they are kept: the same object while budgets alone change.
        curves: the same with these budgets, by model.
        route: the choice across models; None where the rule cannot choose under these budgets.
        refused: why it cannot.
    """

    catalog: Catalog
    scenario: Scenario
    estimated: Curves
    curves: Curves
    route: Route | None
    refused: tuple[str, ...] = ()


def live_answer(catalog: Catalog, knobs: Knobs, estimates: Estimates) -> LiveAnswer:
    """The choice of the page's one rule across models, from curves that are kept.

    Args:
        catalog: the catalog of the page.
        knobs: the settings of the page.
        estimates: keeps the curves.

    Raises:
        SettingError: (a ValueError) a setting is out of its range.
    """
    chosen = settings_catalog(catalog, knobs)
    kept, curves = estimates.curves(catalog, knobs, chosen)
    scenario = chosen.scenarios[knobs.scenario]
    used = knobs.estimator or default_estimator(chosen.models.values())
    conditions = conditions_of(knobs)
    options = {"estimator": estimator_settings(used), **conditions.to_dict()}
    try:
        found = route_from_curves(chosen, knobs.scenario, knobs.chosen_by, curves, conditions, options)
    except SettingError as error:
        return LiveAnswer(chosen, scenario, kept, curves, None, tuple(error.errors))
    return LiveAnswer(chosen, scenario, kept, curves, found)


def conditions_of(knobs: Knobs) -> Conditions:
    """The grid of k; how passes run is written into the models."""
    return Conditions(k_max=knobs.k_max, k_step=knobs.k_step)


def _ample(scenario: Scenario, resources: tuple[str, ...]) -> Scenario:
    """Budgets for the same quantiles that hold nothing back: what a curve is estimated for."""
    values: dict[str, Any] = {
        limit.budget: LARGEST_BUDGET if limit.quantile is not None and limit.value is not None else None
        for limit in scenario.limits(resources)[:2]
    }
    used = {
        unit: ResourceBudget(max=LARGEST_BUDGET, quantile=own.quantile)
        for unit, own in scenario.resources.items()
        if own.quantile is not None
    }
    return scenario.replace(**values, a_min=None, resources=ReadOnly(used))


def _under(scenario: Scenario, ample: Scenario, curve: ScalingCurve) -> ScalingCurve:
    view = curve.views.get(ample)
    if view is None:
        return replace(curve, views={})
    unknown = np.full(len(curve), np.nan)
    return replace(curve, views={scenario: replace(view, attainment=unknown)})
