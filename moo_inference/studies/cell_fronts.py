"""The front of each model and each pipeline in each scenario: from curves, by a merge or by a search."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.errors import ErrorCollector, SettingError
from moo_inference.estimators import ScalingCurve, Tabulated
from moo_inference.estimators.base import OneModelEstimator
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution.curves import estimate_in_tasks
from moo_inference.execution.tasks import Arrays, Packing, Runner, Task, has_arrays
from moo_inference.pareto.evaluated import Evaluated
from moo_inference.pareto.front import Front
from moo_inference.pipelines.merging import MOST_ROWS, Merged, finite_tables, front_of, merge
from moo_inference.pipelines.plan import Series, StageTable, plan_of, refuse_quantiles, stage_tables
from moo_inference.studies.solving import arrays_of, evaluated_fits, evaluated_in, evaluated_points

if TYPE_CHECKING:
    from moo_inference.problems.base import GridProblem

Fronts = dict[tuple[str, str], Front]
"""By scenario and model, or pipeline, scenario after scenario."""

CellCurves = Mapping[str, Mapping[str, ScalingCurve]]
"""The curves of models by scenario and model."""


def fronts_from_curves(catalog: Catalog, curves: CellCurves) -> Fronts:
    """The exact front of each model."""
    return {
        (scenario_id, model_id): Front.from_curve(curve, scenario)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, curve in curves[scenario_id].items()
    }


def fronts_by_search(catalog: Catalog, curves: CellCurves, solver: Any, grid: range, runner: Runner) -> Fronts:
    """The front that `minimize` results for each model, one task per cell.

    Args:
        catalog: models and scenarios.
        curves: by scenario and model.
        solver: a pymoo algorithm, or a callable that makes one from a problem.
        grid: numbers of passes.
        runner: runs the tasks.
    """
    problems = {
        (scenario_id, model_id): _problem(model, scenario, curves[scenario_id][model_id], grid)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, model in catalog.models.items()
    }
    tasks = [
        Task(
            f"front of {key}",
            _search,
            (problem, solver),
            Packing(arrays_of, evaluated_in, partial(evaluated_fits, problem)),
        )
        for key, problem in problems.items()
    ]
    results = zip(problems.items(), runner.run(tasks), strict=True)
    return {key: Front.from_evaluated(problem, evaluated) for (key, problem), evaluated in results}


def pipeline_fronts(
    catalog: Catalog,
    curves: Mapping[str, ScalingCurve],
    conditions: Conditions,
    estimator: OneModelEstimator,
    solver: Any,
    runner: Runner,
) -> Fronts:
    """The front of every pipeline, one task per cell; a refused one carries the reasons.

    Args:
        catalog: where they are.
        curves: of each model over the grid, as far as its evaluation has samples.
        conditions: which k, and how passes run; a stage may have its own k_min, k_max and k_step.
        estimator: what estimates the stages that have a grid of their own.
        solver: None merges the fronts of the stages, which is exact. Else as for `run_study`.
        runner: runs the tasks.
    """
    ids = {model: key for key, model in catalog.models.items()}

    def curves_of(models: Sequence[Model], own: Conditions) -> Sequence[ScalingCurve]:
        named = {ids[model]: model for model in models}
        ErrorCollector(
            f"{model.name}: its times depend on the load, which a stage of a pipeline cannot state"
            for model in models
            if model.servers is not None
        ).check()
        by_id = curves if own.grid == conditions.grid else estimate_in_tasks(estimator, named, own, (), runner)
        return [by_id[key] for key in named]

    def tables_of(plan: Series) -> _Tables:
        try:
            estimated = stage_tables(plan, conditions, curves_of=curves_of)
        except SettingError as error:
            return error
        return finite_tables(estimated) if solver is None else estimated

    plans = {key: plan_of(pipeline, catalog.models) for key, pipeline in catalog.pipelines.items()}
    tables = {key: tables_of(plan) for key, plan in plans.items()}
    questions = {
        (scenario_id, key): _Question(plan, tables[key], scenario, solver)
        for scenario_id, scenario in catalog.scenarios.items()
        for key, plan in plans.items()
    }
    tasks = [
        Task(f"front of pipeline {key}", question.answer, (), Packing(_packed, question.unpacked, question.fits))
        for key, question in questions.items()
    ]
    answers = zip(questions.items(), runner.run(tasks) if tasks else [], strict=True)
    return {key: question.front(answer) for (key, question), answer in answers}


_Tables = list[StageTable] | SettingError
"""What each stage may choose from, or why that is unknown."""

_Answer = Merged | Evaluated | SettingError
"""What was merged, or evaluated by a search; or why there is nothing."""


@dataclass(frozen=True)
class _Question:
    """One pipeline in one scenario, to be merged, or searched where there is a solver."""

    plan: Series
    tables: _Tables
    scenario: Scenario
    solver: Any

    def answer(self) -> _Answer:
        """Merge, or search."""
        try:
            refuse_quantiles(self.scenario)
            if isinstance(self.tables, SettingError):
                raise self.tables
            if self.solver is not None:
                return _search(self._problem(self.tables), self.solver)
            return merge(self.plan, self.tables, self.scenario, MOST_ROWS)
        except SettingError as error:
            return SettingError(error.errors)

    def front(self, answer: _Answer) -> Front:
        """The front of an answer."""
        if isinstance(answer, SettingError) or isinstance(self.tables, SettingError):
            return Front.refused(self.scenario, answer.errors if isinstance(answer, SettingError) else ())
        if isinstance(answer, Evaluated):
            return Front.from_evaluated(self._problem(self.tables), answer)
        return front_of(self.plan, self.tables, self.scenario, answer)

    def unpacked(self, arrays: Arrays) -> _Answer:
        """The answer of `_packed`."""
        if "refused" in arrays:
            return SettingError(arrays["refused"].tolist())
        if self.solver is not None:
            return evaluated_in(arrays)
        return Merged(arrays["rows"], int(arrays["looked_at"][0]), arrays.get("least"))

    def fits(self, arrays: Mapping[str, NDArray[Any]]) -> bool:
        """Whether arrays could be those of an answer."""
        if "refused" in arrays:
            return arrays.keys() == {"refused"} and arrays["refused"].dtype.kind == "U" and arrays["refused"].ndim == 1
        if isinstance(self.tables, SettingError) or self.scenario.has_quantiles:
            return False
        if self.solver is not None:
            return evaluated_fits(self._problem(self.tables), dict(arrays))
        if "rows" not in arrays:
            return False
        rows = arrays["rows"]
        dtypes: dict[str, Any] = {"rows": np.int32 if rows.dtype == np.int32 else np.int64, "looked_at": np.int64}
        shapes: dict[str, tuple[int | None, ...]] = {"rows": (None, len(self.tables)), "looked_at": (1,)}
        if "least" in arrays:
            dtypes["least"], shapes["least"] = np.float64, (self.tables[0].F.shape[1],)
        most = np.array([len(table.F) for table in self.tables])
        return (
            has_arrays(dict(arrays), dtypes, shapes)
            and bool(((rows >= 0) & (rows < most)).all())
            and (len(rows) > 0 or "least" in arrays)
        )

    def _problem(self, tables: list[StageTable]) -> "GridProblem":
        from moo_inference.problems import PipelineProblem  # noqa: PLC0415 (only where a solver is given)

        return PipelineProblem.of_tables(self.plan, tables, self.scenario)


def _packed(answer: _Answer) -> Arrays:
    if isinstance(answer, SettingError):
        return {"refused": np.array(answer.errors)}
    if isinstance(answer, Evaluated):
        return arrays_of(answer)
    arrays: Arrays = {"rows": answer.rows, "looked_at": np.array([answer.looked_at])}
    return arrays if answer.least is None else {**arrays, "least": answer.least}


def _search(problem: "GridProblem", solver: Any) -> Evaluated:
    return evaluated_points(problem, solver).distinct


def _problem(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range) -> "GridProblem":
    from moo_inference.problems import InferenceScalingProblem  # noqa: PLC0415 (only where a solver is given)

    return InferenceScalingProblem(
        model, scenario, estimator=Tabulated(curve), k_min=grid[0], k_max=int(curve.k[-1]), k_step=grid.step
    )
