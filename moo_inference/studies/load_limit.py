"""Up to which load a choice holds, on servers whose times depend on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from moo_inference.catalog import Load, Model, Scenario
from moo_inference.decision.choice import Choice, decide
from moo_inference.errors import SettingError
from moo_inference.estimators import default_estimator
from moo_inference.estimators.base import curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.estimators.under_load import LoadOfPasses, load_of_passes, models_within_load, served
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.studies.route import Route
from moo_inference.studies.rows import front_across

_STEPS = 5
"""Loads above the stated one at which the choice is taken anew, before the first change is narrowed."""

_NARROW = 1.01
_JUST_WITHIN = 1 - 1e-9


@dataclass(frozen=True)
class LoadLimit:
    """The load of a choice, and how far it may rise.

    Attributes:
        load: as the scenario states it.
        passes: the load on each server that the choice makes, one entry; None where the chosen model has no servers.
        most: the largest load at which the choice is still taken, to within a hundredth; None: whatever it is.
        measured: beyond `most` nothing was measured, as far as which the choice holds.
        broken: budgets that the choice breaks right beyond `most`, as `time`.
        then: what is chosen right beyond `most`; None where nothing bears it.
        goodput: queries per second that meet all budgets at the stated load; None where that is not known.
    """

    load: Load
    passes: LoadOfPasses | None
    most: Load | None
    measured: bool
    broken: tuple[str, ...] = ()
    then: Choice | None = None
    goodput: float | None = None


def load_limit(route: Route) -> LoadLimit | None:
    """Up to which load the choice of a route holds; None where no times depend on it, or nothing was chosen.

    The rule chooses anew at loads above the stated one, among all models that bear them.

    Args:
        route: the choice.
    """
    load, chosen = route.scenario.load, route.choice
    model = None if chosen.model is None else route.models[chosen.model]
    if load is None or model is None or chosen.k is None or all(one.servers is None for one in route.models.values()):
        return None
    k = np.array([chosen.k])
    own = None if model.servers is None else load_of_passes(model, k, route.conditions, load)
    attained = float(route.front.attainment[chosen.row])
    answered = load.queries_per_second if own is None else float(own.queries_per_second[0])
    found = LoadLimit(
        load, own, None, False, goodput=None if answered is None or np.isnan(attained) else attained * answered
    )
    most = np.inf if own is None else _most_factor(model, chosen.k, route.conditions, load) * _JUST_WITHIN
    bounds = [
        _most_factor(one, int(route.conditions.grid[0]), route.conditions, load)
        for one in route.models.values()
        if one.servers is not None
    ]
    factors = np.geomspace(1.0, most if np.isfinite(most) else max(1.0, *bounds), _STEPS + 1)[1:]
    holds, fails = 1.0, None
    choose = _chooser(route, load)
    for factor in factors.tolist():
        if _same(choose(factor)[0], chosen):
            holds = factor
        else:
            fails = factor
            break
    if fails is None:
        return found if own is None else replace(found, most=load.times(holds), measured=True)
    while fails > _NARROW * holds:
        middle = float(np.sqrt(holds * fails))
        holds, fails = (middle, fails) if _same(choose(middle)[0], chosen) else (holds, middle)
    then, curves, scenario = choose(fails)
    broken = (
        () if chosen.model is None or chosen.model not in curves else _broken(curves[chosen.model], chosen.k, scenario)
    )
    return replace(found, most=load.times(holds), broken=broken, then=then)


def _most_factor(model: Model, k: int, conditions: Conditions, load: Load) -> float:
    """How many times a load the largest one is that was measured, for a number of passes."""
    servers, curve = served(model)
    together = min(k, conditions.parallel_of(model))
    if load.queries_per_second is not None:
        return curve.most_rate(together) * servers.replicas / (k * load.queries_per_second)
    return curve.most * servers.replicas / (together * (load.concurrency or 1.0))


_Chosen = tuple[Choice | None, Mapping[str, ScalingCurve], Scenario]


def _chooser(route: Route, load: Load) -> Callable[[float], _Chosen]:
    """What is chosen at so many times the load, from which curves and in which scenario."""
    estimator = default_estimator(route.models.values())

    def choose(factor: float) -> _Chosen:
        scenario = route.scenario.replace(**load.times(factor)._asdict())
        try:
            models, _ = models_within_load(route.models, scenario, route.conditions)
        except SettingError:
            return None, {}, scenario
        loaded = [key for key, model in models.items() if model.servers is not None]
        estimated = curves_within_samples(
            estimator, [models[key] for key in loaded], route.conditions, scenarios=[scenario]
        )
        curves = {key: _under(route.curves[key], route.scenario, scenario) for key in models if key not in loaded}
        curves |= dict(zip(loaded, estimated, strict=True))
        in_order = {key: curves[key] for key in models}
        return decide(front_across(in_order, scenario), route.rule), in_order, scenario

    return choose


def _under(curve: ScalingCurve, scenario: Scenario, other: Scenario) -> ScalingCurve:
    """A curve that depends on no load, as it is in a scenario with another one."""
    return replace(curve, views={other: curve.views[scenario]} if scenario in curve.views else {})


def _same(one: Choice | None, other: Choice) -> bool:
    return one is not None and (one.model, one.k) == (other.model, other.k)


def _broken(curve: ScalingCurve, k: int, scenario: Scenario) -> tuple[str, ...]:
    """The budgets that k passes break."""
    row = curve.k == k
    if not row.any():
        return ()
    G = constraints(measured(curve, scenario)[row], scenario, curve.resources)[0]
    return tuple(
        limit.quantity for limit, over in zip(scenario.limits(curve.resources), G.tolist(), strict=True) if over > 0
    )
