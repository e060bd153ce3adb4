"""One answer from budgets alone: which model, and how many passes."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace

from moo_inference.catalog import Catalog
from moo_inference.catalog.limits import OWN_SCENARIO, UNLIMITED, with_limits
from moo_inference.catalog.loading import as_catalog
from moo_inference.decision.choice import decide
from moo_inference.estimators import Estimator, Progress
from moo_inference.studies.contenders import without_stopping
from moo_inference.studies.route import Route, route
from moo_inference.studies.rows import front_across

MEASURED = "gpqa-diamond"
"""The catalog to choose from where none is named: real attempts of real models."""

HELD_OUT = "held_out"
"""The option of a choice that stops early only where that gains something on held-out questions."""


def choose(
    catalog: Catalog | str | os.PathLike[str] = MEASURED,
    *,
    cost: float | None = None,
    time: float | None = None,
    p95: float | None = None,
    p99: float | None = None,
    accuracy: float | None = None,
    budgets: Mapping[str, float] | None = None,
    queries_per_second: float | None = None,
    concurrency: float | None = None,
    scenario: str | None = None,
    models: Sequence[str] | None = None,
    rule: object = "cheapest",
    estimator: Estimator | None = None,
    k_min: int | None = None,
    k_max: int = 128,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    stop: str | Sequence[str] | None = None,
    assess: int | None = None,
    seed: int = 42,
    progress: Progress | None = None,
) -> Route:
    """Choose a model and its number of passes under budgets that are named one by one; all of them are inclusive.

    Args:
        catalog: its models are what there is to choose from; a path, or the name of a built-in one, is loaded.
        cost: at most so many USD per query, in the mean.
        time: at most so many seconds per query, in the mean.
        p95: 95 of 100 queries finish within so many seconds; in place of `time`, as is the next.
        p99: 99 of 100 do.
        accuracy: at least this mean accuracy, in [0, 1].
        budgets: at most so much of further resources per query, by unit.
        queries_per_second: the load, where the times of models depend on it.
        concurrency: queries at the same time, in place of the last.
        scenario: id of a scenario whose budgets hold where none is named here; None: there are no others.
        models: ids of models; None means all.
        rule: an id, a rule, a callable F -> row, or a pymoo DecisionMaking.
        estimator: see `route`, as the next six.
        k_min: see `Conditions`.
        k_max: see `Conditions`.
        k_step: see `Conditions`.
        parallel: see `Conditions`.
        latency: see `Conditions`.
        stop: a policy of stopping for all models, or several side by side: `fixed`, `first-verified`,
            `vote-until-sure`, each with a level and a batch, see `Stop`; None: each model's own.
        assess: from how many resamples the choice is assessed.
        seed: of the resamples.
        progress: called with the number of finished steps, and of all.

    Returns:
        With `model`, `k`, `cost`, `time`, `accuracy`, `keep` and `stop`; None where nothing meets the budgets. It stops
        early only where that gains something on questions that the choice has not seen, see `recommended`.

    Raises:
        UnknownNameError: (a LookupError) there is no such scenario, model or rule.
        SettingError: (a ValueError) a budget or an option is out of its range, or the rule needs a budget that is not
            there.
    """
    named = {"cost": cost, "time": time, "p95": p95, "p99": p99, "accuracy": accuracy, **(budgets or {})}
    named |= {"queries_per_second": queries_per_second, "concurrency": concurrency}
    limits = {name: value for name, value in named.items() if value is not None}
    of = as_catalog(catalog)
    if scenario is None:
        of = of.replace(scenarios={OWN_SCENARIO: UNLIMITED})
    asked = with_limits(of, limits, None if scenario is None else [scenario]).select(models)
    found = route(
        asked,
        OWN_SCENARIO if scenario is None else scenario,
        rule,
        estimator=estimator,
        k_min=k_min,
        k_max=k_max,
        k_step=k_step,
        parallel=parallel,
        latency=latency,
        stop=stop,
        assess=assess,
        seed=seed,
        progress=progress,
    )
    return recommended(found)


def recommended(found: Route) -> Route:
    """The choice, or where it stops early and gains nothing by that on held-out questions, one that runs all passes.

    The rule then chooses among the models that run all passes, or where there are none, among all without stopping.
    What is passed over stands in `Route.passed_over`. A choice stays where nothing else meets the budgets, and where
    too few questions were recorded to hold some out. `options` say where policies were judged so.

    Args:
        found: the choice of a rule.
    """
    if all(model.stop is None for model in found.models.values()):
        return found
    found = replace(found, options={**found.options, HELD_OUT: True})
    if found.held_out is None or found.held_out.gained:
        return found
    models, curves = without_stopping(found.models, found.curves, found.scenario, found.conditions)
    front = front_across(curves, found.scenario)
    choice = decide(front, found.rule)
    if choice.row is None:
        return found
    return replace(
        found,
        curves=curves,
        accuracies={key: model.accuracy for key, model in models.items()},
        front=front,
        choice=choice,
        sources={key: model.sources for key, model in models.items()},
        models=models,
        noise=None,
        passed_over=found,
    )
