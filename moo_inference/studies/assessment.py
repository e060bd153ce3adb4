"""How sure a choice is: what a rule chooses with other random numbers, in the terms of ranking and selection."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.catalog.loading import catalog_to_dict
from moo_inference.decision import DEFAULT_RULES, Rule, make_rule
from moo_inference.deprecations import renamed_keyword
from moo_inference.errors import ErrorCollector, SettingError, listed, whole_number
from moo_inference.estimators import (
    ClosedForm,
    Empirical,
    Estimator,
    MonteCarlo,
    Progress,
    ScalingCurve,
    default_estimator,
)
from moo_inference.estimators.base import curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import IntArray
from moo_inference.execution.checkpoint import Checkpoint
from moo_inference.execution.tasks import Runner
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.pareto.front import Front
from moo_inference.studies.margins import good_margins
from moo_inference.studies.replications import ScaledRule, chosen_place, replicated_choices
from moo_inference.studies.rules import applicable_rules
from moo_inference.versions import versions


@dataclass(frozen=True)
class Assessment:
    """How a rule's choice varies with the seed, against the choice on exact curves.

    Attributes:
        rule: id of the rule.
        exact_k: what the rule chooses on the exact curve, or None where it chooses nothing.
        replications: how often the estimate was repeated.
        selection_frequency: share of the replications for each chosen k, most frequent first; None: no choice.
        pcs: probability of correct selection, the share in which k is the exact choice; NaN where no k is feasible on
            the exact curve, so that there is none to select, and so for the next.
        pgs: probability of good selection, the share in which accuracy, dollars and seconds (all by the exact curve)
            are within `delta` of those of the exact choice, and each further resource within a twentieth of its budget.
            It covers seeds alone, not the questions of an evaluation.
        delta: what counts as good: (accuracy, USD, seconds).
        eoc_accuracy: expected opportunity cost, the mean loss of accuracy against the exact choice; a replication
            that is better counts as 0, and so for the next two. NaN where there is no exact choice to compare with.
        eoc_usd: the mean extra cost, USD per query.
        eoc_seconds: the mean extra time, seconds per query.
        eoc_usd_per_month: eoc_usd times the volume, or None where no volume is given.
        p_feasible: share in which the chosen k really meets all budgets.
        eoc_used: the mean extra amount of each further resource, by unit.
    """

    rule: str
    exact_k: int | None
    replications: int
    selection_frequency: Mapping[int | None, float]
    pcs: float
    pgs: float
    delta: tuple[float, float, float]
    eoc_accuracy: float
    eoc_usd: float
    eoc_seconds: float
    eoc_usd_per_month: float | None
    p_feasible: float
    eoc_used: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The assessment as plain values, ready for JSON; None where a measure is not defined."""
        values: dict[str, Any] = {name: None if _undefined(value) else value for name, value in vars(self).items()}
        del values["eoc_used"]
        values |= {f"eoc_{unit}": None if _undefined(lost) else lost for unit, lost in self.eoc_used.items()}
        values["selection_frequency"] = [{"k": k, "frequency": share} for k, share in self.selection_frequency.items()]
        return values


def _undefined(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


@dataclass(frozen=True)
class AssessmentSettings:
    """How choices are assessed. What is not possible is refused when they are made, all at once.

    Attributes:
        replications: how often the estimate is repeated.
        delta: what counts as good, in accuracy, USD and seconds per query; None means half an accuracy point and a
            twentieth of each budget.
        queries_per_month: volume, for `eoc_usd_per_month`.

    Raises:
        SettingError: (a ValueError) a number is out of its range.
    """

    replications: int = 200
    delta: tuple[float, float, float] | None = None
    queries_per_month: float | None = None

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        errors.attempt(whole_number, "replications", self.replications, 1, 1_000_000)
        if self.delta is not None and not (len(self.delta) == 3 and all(value >= 0 for value in self.delta)):
            errors.add(f"delta must be three numbers of at least 0 (accuracy, USD, seconds), got {self.delta!r}")
        if self.queries_per_month is not None and not 0 <= self.queries_per_month < float("inf"):
            errors.add(f"queries_per_month must be finite and at least 0, got {self.queries_per_month!r}")
        errors.check()


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
    """How sure is a rule's choice of k, if the curve is estimated with so many trials?

    Args:
        model: the model.
        scenario: the budgets.
        rule: anything that `decide` takes.
        estimator: whose noise is assessed; None means `MonteCarlo()`. Replication r has its seed + r (k_max + 1), so
            that no two share a generator. A model with measured passes is estimated from them alone, and is refused.
        replications: see `AssessmentSettings`.
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
        SettingError: (a ValueError) an option is out of its range, or a model has measured passes.
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
    estimator: Estimator | None,
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
        runner: runs the replications.

    Raises:
        SettingError: (a ValueError) an argument is of the wrong kind, or the estimator has no noise to assess.
    """
    for what, entries, kind in (("models", models, Model), ("scenarios", scenarios, Scenario)):
        if not isinstance(entries, Mapping) or not all(isinstance(entry, kind) for entry in entries.values()):
            raise SettingError(f"{what} must be a {kind.__name__} by id, got {entries!r:.60}")
    noisy = _simulation(estimator, models)
    made = [make_rule(rule) for rule in listed("rules", DEFAULT_RULES if rules is None else rules)]
    if runner.checkpoint is not None:
        # Within a study the checkpoint already holds the settings of the study.
        runner.checkpoint.expect_once(_recorded(models, scenarios, made, noisy, settings, conditions))
    budgets = list(scenarios.values())
    curves = curves_within_samples(ClosedForm(), list(models.values()), conditions, scenarios=budgets)
    exact = dict(zip(models, curves, strict=True))
    cells = [
        _Cell((scenario_id, model_id, rule.id), rule.scaled_by(scenario, curve.resources), scenario, curve)
        for scenario_id, scenario in scenarios.items()
        for model_id, curve in exact.items()
        for rule in applicable_rules(made, scenario.limits(curve.resources), named=rules is not None)[0]
    ]
    ids = list(models)
    rows = replicated_choices(
        list(models.values()),
        budgets,
        [ScaledRule(ids.index(cell.key[1]), cell.scenario, cell.rule, len(cell.exact)) for cell in cells],
        noisy,
        settings.replications,
        conditions,
        runner,
    )
    return {cell.key: cell.assessed(rows[:, place], conditions.grid, settings) for place, cell in enumerate(cells)}


def _simulation(estimator: Estimator | None, models: Mapping[str, Model]) -> MonteCarlo:
    """Whose noise is assessed.

    Raises:
        SettingError: (a ValueError) the estimator has none, or none that other seeds would show.
    """
    if estimator is None:
        default = default_estimator(models.values())
        estimator = MonteCarlo() if isinstance(default, ClosedForm) else default
    if isinstance(estimator, Empirical):
        names = ", ".join(key or model.name for key, model in models.items() if model.passes is not None)
        raise SettingError(
            f"assess draws the queries of other seeds from distributions, and {names or 'Empirical'} has measured "
            "passes, of which there are no others: leave it out"
        )
    if not isinstance(estimator, MonteCarlo):
        raise SettingError(f"estimator must be a MonteCarlo, whose noise is assessed, got {type(estimator).__name__}")
    return estimator


def _recorded(
    models: Mapping[str, Model],
    scenarios: Mapping[str, Scenario],
    rules: Sequence[Rule],
    noisy: MonteCarlo,
    settings: AssessmentSettings,
    conditions: Conditions,
) -> dict[str, Any]:
    """What shapes the replications, as plain values."""
    grid = conditions.grid
    return {
        "run": "assessment",
        "estimator": noisy.settings(),
        "replications": settings.replications,
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
        rows, counts = np.unique(chosen, return_counts=True)
        order = np.lexsort((rows, -counts))
        frequency = {
            (grid[row] if row >= 0 else None): count / len(chosen)
            for row, count in zip(rows[order].tolist(), counts[order].tolist(), strict=True)
        }
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
        return Assessment(
            rule=self.key[2],
            exact_k=grid[truth] if truth >= 0 else None,
            replications=len(chosen),
            selection_frequency=frequency,
            pcs=float(correct),
            pgs=float(as_good),
            delta=(float(margins[-1]), float(margins[0]), float(margins[1])),
            eoc_accuracy=float(worse),
            eoc_usd=float(costlier),
            eoc_seconds=float(slower),
            eoc_usd_per_month=None
            if settings.queries_per_month is None
            else float(costlier * settings.queries_per_month),
            p_feasible=float(feasible / some.sum()) if some.any() else float("nan"),
            eoc_used=dict(zip(self.exact.resources, map(float, more), strict=True)),
        )

    def _feasible(self) -> NDArray[np.bool_]:
        G = constraints(measured(self.exact, self.scenario), self.scenario, self.exact.resources)
        return np.asarray((G <= 0).all(axis=1))
