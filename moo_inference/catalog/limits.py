"""Budgets that a user names one by one, in place of a scenario or over one."""

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moo_inference.catalog.catalog import Catalog
from moo_inference.catalog.resource import ResourceBudget
from moo_inference.catalog.scenario import Scenario
from moo_inference.catalog.servers import Load
from moo_inference.errors import ErrorCollector

OWN_SCENARIO = "my-use"
"""The id of the scenario that budgets alone make."""

QUANTILES = {"p95": 0.95, "p99": 0.99}
"""Limits of a quantile of time, by name."""

UNLIMITED = Scenario(name="My use", c_max=None, t_max=None, a_min=None)
"""What limits alone begin with."""

LOADS = Load._fields
"""What may be named beside limits: the load that a scenario states."""

_OF_LOADS = {"queries_per_second": "queries per second", "concurrency": "queries at the same time"}
_TIMES = ("time", *QUANTILES)
_PERCENT = 100.0


def with_limits(
    catalog: Catalog,
    limits: Mapping[str, float | None],
    scenarios: Sequence[str] | None = None,
    *,
    called: Callable[[str], str] = str,
) -> Catalog:
    """A catalog whose budgets are those that were named.

    Without scenarios the limits make one of their own, `my-use`, in place of all that are there: what is not named has
    no limit. With scenarios they replace the budgets of those; what is not named stays.

    Args:
        catalog: of models and scenarios.
        limits: `cost` in USD and `time`, `p95` or `p99` in seconds per query, `accuracy` in [0, 1], and the budgets of
            further resources by unit; None stands for no budget. Unchanged where it is empty. Also the load, either
            `queries_per_second` or `concurrency`.
        scenarios: ids of scenarios; None or none of them: in place of all.
        called: how a name is written in messages.

    Raises:
        SettingError: (a ValueError) a limit is out of its range, two are for the same thing, the models do not use such
            a resource, or a limit for the mean would replace a quantile; all are named.
    """
    if not limits:
        return catalog
    check_limits(limits, catalog.resources, called)
    if not scenarios and limits.keys() <= set(LOADS):
        # A load alone is no budget: the scenarios that are there hold under it.
        scenarios = list(catalog.scenarios)
    if not scenarios:
        return catalog.replace(scenarios={OWN_SCENARIO: _limited(UNLIMITED, limits)})
    errors = ErrorCollector()
    chosen = catalog.scenarios
    if "time" in limits and limits["time"] is not None:
        errors.add(
            *(
                f"{called('time')} limits the mean, and scenario {key!r} a quantile of time (t_quantile "
                f"{chosen[key].t_quantile:g}): give {called('p95')} or {called('p99')}, or leave the scenario out"
                for key in scenarios
                if key in chosen and chosen[key].t_quantile is not None
            )
        )
    errors.check()
    return catalog.replace(
        scenarios={key: _limited(one, limits) if key in scenarios else one for key, one in chosen.items()}
    )


def check_limits(
    limits: Mapping[str, float | None], resources: Sequence[str] | None, called: Callable[[str], str] = str
) -> None:
    """Refuse limits that no query could be held to; all of them are named.

    Args:
        limits: see `with_limits`.
        resources: units of what the models use besides money and time; None where that is not known yet.
        called: how a name is written in messages.

    Raises:
        SettingError: (a ValueError) see `with_limits`.
    """
    errors = ErrorCollector()
    timed = [name for name in _TIMES if limits.get(name) is not None]
    if len(timed) > 1:
        errors.add(f"{' and '.join(map(called, timed))} must not both be given: time has one budget")
    loads = [name for name in LOADS if limits.get(name) is not None]
    if len(loads) > 1:
        errors.add(f"{' and '.join(map(called, loads))} must not both be given: there is one load")
    for name, value in limits.items():
        if name in LOADS:
            if value is not None and not (_is_number(value) and 0 < value < math.inf):
                errors.add(f"{called(name)} must be a positive number of {_OF_LOADS[name]}, or none; got {value!r}")
        elif name == "accuracy":
            errors.add(*_wrong_accuracy(called(name), value))
        elif name in ("cost", *_TIMES) or resources is None or name in resources:
            if value is not None and not (_is_number(value) and 0 < value < math.inf):
                unit = "USD" if name == "cost" else "seconds" if name in _TIMES else name
                errors.add(f"{called(name)} must be a positive number of {unit} per query, or none; got {value!r}")
        else:
            used = ", ".join(resources) or "nothing"
            errors.add(f"{called(name)} must be for what the models use besides money and time: {used}")
    errors.check()


def _wrong_accuracy(name: str, value: Any) -> list[str]:
    if value is None or (_is_number(value) and 0 <= value <= 1):
        return []
    percent = _is_number(value) and 1 < value <= _PERCENT
    meant = f" ({value / 100:g} is {value:g} %)" if percent else ""
    return [f"{name} must be a share in [0, 1], or none; got {value!r}{meant}"]


def _is_number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _limited(scenario: Scenario, limits: Mapping[str, float | None]) -> Scenario:
    """The scenario with other budgets, which were checked; a quantile goes with its budget."""
    changed: dict[str, Any] = {}
    resources = dict(scenario.resources)
    for name, value in limits.items():
        if name == "cost":
            changed |= {"c_max": value, "c_quantile": None if value is None else scenario.c_quantile}
        elif name == "accuracy":
            changed |= {"a_min": value, "a_quantile": None if value is None else scenario.a_quantile}
        elif name in LOADS:
            changed |= {**dict.fromkeys(LOADS), **{one: limits[one] for one in LOADS if one in limits}}
        elif name not in _TIMES:
            quantile = resources[name].quantile if name in resources else None
            resources[name] = ResourceBudget(max=value, quantile=None if value is None else quantile)
    timed = {name: limits[name] for name in _TIMES if name in limits}
    if timed:
        name = next((name for name, value in timed.items() if value is not None), "time")
        changed |= {"t_max": timed.get(name), "t_quantile": QUANTILES.get(name)}
    return scenario.replace(**changed, resources=resources)
