"""How sure a choice of k is: views of `assess_choices` for one model, and simulations repeated with other seeds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.catalog.loading import catalog_to_dict
from moo_inference.decision.base import Rule
from moo_inference.decision.registry import DEFAULT_RULES, make_rule
from moo_inference.deprecations import renamed_keyword
from moo_inference.errors import SettingError, listed
from moo_inference.estimators import ClosedForm, Estimator, MonteCarlo, Progress, ScalingCurve, default_estimator
from moo_inference.estimators.base import OneModelEstimator, curves_within_samples, estimator_settings
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.under_load import groups_by_load
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.execution.tasks import Runner
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.pareto.front import Front
from moo_inference.studies.confidence import Assessment, AssessmentSettings, Candidate, assess_choices
from moo_inference.studies.margins import good_margins
from moo_inference.studies.posterior import rests_on_measurements
from moo_inference.studies.replications import (
    ScaledRule,
    chosen_place,
    refuse_served,
    replicated_choices,
    replicated_deviations,
)
from moo_inference.studies.rules import applicable_rules
from moo_inference.versions import versions


@renamed_keyword("kept", "checkpoint")
def assess(
    model: Model,
    scenario: Scenario,
    rule: object,
    estimator: Estimator | None = None,
    *,
    replications: int = 200,
    k_min: int | None = None,
    k_max: int = 128,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    delta: tuple[float, float, float] | None = None,
    queries_per_month: float | None = None,
    workers: int | str = 1,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> Assessment:
    """How sure is a rule's choice of k, given what it rests on? See `Assessment`.

    Args:
        model: the model.
        scenario: the budgets.
        rule: anything that `decide` takes.
        estimator: of the curve. None means the default for models that rest on measurements, and `MonteCarlo()` for
            others, which is repeated: replication r has its seed + r (k_max + 1), so that no two share a generator.
        replications: how often what was measured is resampled, or the simulation repeated.
        k_min: see `Conditions`.
        k_max: see `Conditions`.
        k_step: see `Conditions`.
        parallel: see `Conditions`.
        latency: see `Conditions`.
        delta: see `AssessmentSettings`.
        queries_per_month: see `AssessmentSettings`.
        workers: see `Runner`.
        checkpoint: see `Runner`.
        progress: see `Runner`.

    Raises:
        SettingError: (a ValueError) an option is out of its range.
    """
    assessments = assess_cells(
        {"": model},
        {"": scenario},
        [rule],
        estimator,
        AssessmentSettings(replications, delta, queries_per_month),
        Conditions(k_min, k_max, k_step, parallel, latency),
        Runner(workers, checkpoint, progress),
    )
    return next(iter(assessments.values()))


@renamed_keyword("kept", "checkpoint")
def assess_many(
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    rules: Iterable[object] | None = None,
    estimator: Estimator | None = None,
    *,
    replications: int = 200,
    k_min: int | None = None,
    k_max: int = 128,
    k_step: int = 1,
    parallel: int | None = None,
    latency: str | None = None,
    delta: tuple[float, float, float] | None = None,
    queries_per_month: float | None = None,
    workers: int | str = 1,
    checkpoint: Checkpoint | None = None,
    progress: Progress | None = None,
) -> dict[tuple[str, str, str], Assessment]:
    """Assessments of many choices from the same replications; see `assess` for the arguments.

    Models and scenarios are given by id. Where `rules` is None, the default rules are applied where a scenario has the
    budgets for them.

    Returns:
        By (scenario, model, rule).

    Raises:
        SettingError: (a ValueError) an option is out of its range.
    """
    return assess_cells(
        models,
        scenarios,
        rules,
        estimator,
        AssessmentSettings(replications, delta, queries_per_month),
        Conditions(k_min, k_max, k_step, parallel, latency),
        Runner(workers, checkpoint, progress),
    )


def assess_cells(
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    rules: Iterable[object] | None,
    estimator: OneModelEstimator | None,
    settings: AssessmentSettings,
    conditions: Conditions,
    runner: Runner,
) -> dict[tuple[str, str, str], Assessment]:
    """`assess_many` with values in place of keywords.

    Args:
        models: by id.
        scenarios: by id.
        rules: see `assess_many`.
        estimator: see `assess`.
        settings: how choices are assessed.
        conditions: which k, and how passes run.
        runner: runs the simulations.

    Raises:
        SettingError: (a ValueError) an argument is of the wrong kind.
    """
    for what, entries, kind in (("models", models, Model), ("scenarios", scenarios, Scenario)):
        if not isinstance(entries, Mapping) or not all(isinstance(entry, kind) for entry in entries.values()):
            raise SettingError(f"{what} must be a {kind.__name__} by id, got {entries!r:.60}")
    made = [make_rule(rule) for rule in listed("rules", DEFAULT_RULES if rules is None else rules)]
    resampled = {key: model for key, model in models.items() if rests_on_measurements(model)}
    others = {key: model for key, model in models.items() if key not in resampled}
    if runner.checkpoint is not None:
        # Within a study the checkpoint already holds the settings of the study.
        noted = MonteCarlo() if estimator is None and others else estimator or default_estimator(models.values())
        runner.checkpoint.expect_once(_recorded(models, scenarios, made, noted, settings, conditions))
    found: dict[tuple[str, str, str], Assessment] = {}
    if resampled:
        found |= _resampled(resampled, scenarios, made, rules is not None, estimator, settings, conditions, runner)
    if others and isinstance(estimator, MonteCarlo | None):
        noisy = MonteCarlo() if estimator is None else estimator
        found |= _repeated(others, scenarios, made, rules is not None, noisy, settings, conditions, runner)
    elif others:
        found |= _resampled(others, scenarios, made, rules is not None, estimator, settings, conditions, runner)
    keys = [(scenario, model) for scenario in scenarios for model in models]
    return dict(sorted(found.items(), key=lambda item: keys.index(item[0][:2])))


def _resampled(
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    rules: Sequence[Rule],
    named: bool,
    estimator: OneModelEstimator | None,
    settings: AssessmentSettings,
    conditions: Conditions,
    runner: Runner,
) -> dict[tuple[str, str, str], Assessment]:
    """Choices among the k of each model, where what was measured is resampled."""
    used = default_estimator(models.values()) if estimator is None else estimator
    curves = _by_scenario(used, models, scenarios, conditions)
    noise: Sequence[FloatArray | None] = [None] * len(models)
    if isinstance(used, MonteCarlo):
        noise = replicated_deviations(list(models.values()), used, settings.resamples, conditions, runner)
    found: dict[tuple[str, str, str], Assessment] = {}
    for scenario_id, scenario in scenarios.items():
        for (key, model), curve, deviations in zip(models.items(), curves[scenario_id], noise, strict=True):
            applied = _scaled(rules, scenario, curve, named=named)
            assessed = assess_choices({"": model}, {"": curve}, scenario, applied, conditions, settings, deviations)
            found |= {(scenario_id, key, own.rule): own for own in assessed}
    return found


def _by_scenario(
    estimator: OneModelEstimator,
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    conditions: Conditions,
) -> dict[str, list[ScalingCurve]]:
    """The curves of all models for each scenario."""
    found: dict[str, list[ScalingCurve]] = {}
    for keys in groups_by_load(models.values(), scenarios):
        own = [scenarios[key] for key in keys]
        curves = curves_within_samples(estimator, list(models.values()), conditions, scenarios=own)
        found |= dict.fromkeys(keys, curves)
    return found


def _repeated(
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    rules: Sequence[Rule],
    named: bool,
    noisy: MonteCarlo,
    settings: AssessmentSettings,
    conditions: Conditions,
    runner: Runner,
) -> dict[tuple[str, str, str], Assessment]:
    """Choices among the k of each model, where a simulation is repeated with other seeds."""
    refuse_served(models.values())
    budgets = list(scenarios.values())
    curves = curves_within_samples(ClosedForm(), list(models.values()), conditions, scenarios=budgets)
    exact = dict(zip(models, curves, strict=True))
    cells = [
        _Cell((scenario_id, model_id, rule.id), rule, scenario, curve)
        for scenario_id, scenario in scenarios.items()
        for model_id, curve in exact.items()
        for rule in _scaled(rules, scenario, curve, named=named)
    ]
    ids = list(models)
    rows = replicated_choices(
        list(models.values()),
        budgets,
        [ScaledRule(ids.index(cell.key[1]), cell.scenario, cell.rule, len(cell.exact)) for cell in cells],
        noisy,
        settings.resamples,
        conditions,
        runner,
    )
    return {cell.key: cell.assessed(rows[:, place], conditions.grid, settings) for place, cell in enumerate(cells)}


def _scaled(rules: Sequence[Rule], scenario: Scenario, curve: ScalingCurve, *, named: bool) -> list[Rule]:
    """The rules that a scenario has the budgets for, scaled by them.

    Args:
        rules: as they were made.
        scenario: the budgets.
        curve: of the model, whose further resources count.
        named: whether somebody named them, so that none may be left out.
    """
    applicable = applicable_rules(rules, scenario.limits(curve.resources), named=named)[0]
    return [rule.scaled_by(scenario, curve.resources) for rule in applicable]


def _recorded(
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    rules: Sequence[Rule],
    estimator: OneModelEstimator,
    settings: AssessmentSettings,
    conditions: Conditions,
) -> dict[str, Any]:
    """What shapes the replications, as plain values."""
    grid = conditions.grid
    return {
        "run": "assessment",
        "estimator": estimator_settings(estimator),
        "replications": settings.resamples,
        "k": [grid[0], grid[-1], grid.step],
        "parallel": conditions.parallel,
        "latency": conditions.latency,
        "delta": settings.delta,
        "queries_per_month": settings.queries_per_month,
        "decisions": [rule.id for rule in rules],
        "versions": versions(),
        "catalog": catalog_to_dict(Catalog(models=dict(models), scenarios=dict(scenarios))),
    }


class _Cell:
    """One scenario, model and rule."""

    def __init__(self, key: tuple[str, str, str], rule: Rule, scenario: Scenario, exact: ScalingCurve) -> None:
        self.key = key
        self.rule = rule
        self.scenario = scenario
        self.exact = exact

    def assessed(
        self,
        chosen: IntArray,
        grid: range,
        settings: AssessmentSettings,
    ) -> Assessment:
        """The assessment of what the replications chose.

        Args:
            chosen: (replications,) rows of the grid; -1 stands for no choice.
            grid: numbers of passes.
            settings: what counts as good.
        """
        front = Front.from_curve(self.exact, self.scenario)
        truth = chosen_place(self.rule, front, grid)
        some = chosen >= 0
        rows, counts = np.unique(chosen[some], return_counts=True)
        order = np.lexsort((rows, -counts))
        # Costlier, slower, using more, less accurate than the exact choice; not defined where one side chose nothing.
        F = self.exact.F
        m = F.shape[1]
        losses = F[chosen[some]] - F[truth] if truth >= 0 else np.empty((0, m))
        margins = good_margins(
            self.scenario, self.exact.resources, F[truth] if truth >= 0 else np.zeros(m), settings.delta
        )
        good = (np.abs(losses) <= margins).all(axis=1).sum()
        nothing_to_lose = len(front) > 0 and truth < 0 and not some.any()
        correct = (chosen == truth).mean() if len(front) else np.nan
        as_good = (good if truth >= 0 else (~some).sum()) / len(chosen) if len(front) else np.nan
        costlier, slower, *more, worse = (
            np.maximum(losses, 0).mean(axis=0) if len(losses) else np.full(m, 0.0 if nothing_to_lose else np.nan)
        )
        feasible = (self._feasible()[chosen[some]]).sum()
        accuracy = float(1 - F[truth, -1]) if truth >= 0 else np.nan
        return Assessment(
            rule=self.key[2],
            model="" if truth >= 0 else None,
            k=grid[truth] if truth >= 0 else None,
            resamples=len(chosen),
            selection=tuple(
                Candidate("", grid[row], count / len(chosen))
                for row, count in zip(rows[order].tolist(), counts[order].tolist(), strict=True)
            ),
            nothing=float((~some).mean()),
            pcs=float(correct),
            pgs=float(as_good),
            feasible=float(feasible / some.sum()) if some.any() else float("nan"),
            accuracy=accuracy,
            accuracy_corrected=accuracy,
            delta=(float(margins[-1]), float(margins[0]), float(margins[1])),
            eoc_accuracy=float(worse),
            eoc_usd=float(costlier),
            eoc_seconds=float(slower),
            eoc_usd_per_month=None
            if settings.queries_per_month is None
            else float(costlier * settings.queries_per_month),
            eoc_used=dict(zip(self.exact.resources, map(float, more), strict=True)),
            seeds=len(chosen),
        )

    def _feasible(self) -> NDArray[np.bool_]:
        G = constraints(measured(self.exact, self.scenario), self.scenario, self.exact.resources)
        return np.asarray((G <= 0).all(axis=1))
