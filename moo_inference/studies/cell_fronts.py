"""The front of each model and each pipeline in each scenario: from curves, by a merge or by a search."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators import ScalingCurve, Tabulated
from moo_inference.execution.curves import curves_in_pieces
from moo_inference.execution.tasks import Arrays, Piece, has_arrays, run_pieces
from moo_inference.pareto.front import Front
from moo_inference.pipelines.merging import MOST_ROWS, Merged, finite_tables, front_of, merge
from moo_inference.pipelines.plan import Series, StageTable, plan_of, refuse_quantiles, stage_tables
from moo_inference.studies.solving import arrays_of, evaluated_fits, evaluated_in, looked_at_by

Fronts = dict[tuple[str, str], Front]
"""By scenario and model, or pipeline, scenario after scenario."""


def fronts_from_curves(catalog: Catalog, curves: Mapping[str, ScalingCurve]) -> Fronts:
    """The exact front of each model."""
    return {
        (scenario_id, model_id): Front.from_curve(curve, scenario)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, curve in curves.items()
    }


def fronts_by_search(
    catalog: Catalog, curves: Mapping[str, ScalingCurve], solver: Any, grid: range, where: Mapping[str, Any]
) -> Fronts:
    """What `minimize` found of each model, a piece a cell.

    Args:
        catalog: models and scenarios.
        curves: by model.
        solver: a pymoo algorithm, or a callable that makes one from a problem.
        grid: numbers of passes.
        where: `workers`, `kept` and `progress` of `run_pieces`.
    """
    problems = {
        (scenario_id, model_id): _problem(model, scenario, curves[model_id], grid)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, model in catalog.models.items()
    }
    pieces = [
        Piece(f"front of {key}", _search, (problem, solver), partial(evaluated_fits, problem))
        for key, problem in problems.items()
    ]
    found = zip(problems.items(), run_pieces(pieces, **where), strict=True)
    return {key: Front.from_evaluated(problem, evaluated_in(arrays)) for (key, problem), arrays in found}


def pipeline_fronts(
    catalog: Catalog,
    curves: Mapping[str, ScalingCurve],
    grid: range,
    *,
    k_max: int,
    estimator: Any,
    solver: Any,
    parallel: int | None,
    latency: str | None,
    where: Mapping[str, Any],
) -> Fronts:
    """The front of every pipeline, a piece a cell; one that is refused says why.

    Args:
        catalog: where they are.
        curves: of each model over the grid, as far as its evaluation tells.
        grid: numbers of passes of the stages that have none of their own.
        k_max: the largest k of stages that have a step of their own, but no k_max.
        estimator: what estimates the stages that have a grid of their own.
        solver: None merges the fronts of the stages, which is exact. Else as for `run_study`.
        parallel: passes at the same time, in place of each model's own number.
        latency: how times add up, in place of each model's own rule.
        where: `workers`, `kept` and `progress` of `run_pieces`.
    """
    ids = {model: key for key, model in catalog.models.items()}

    def curves_of(models: Sequence[Model], own: range) -> Sequence[ScalingCurve]:
        named = {ids[model]: model for model in models}
        found = (
            curves
            if own == grid
            else curves_in_pieces(estimator, named, own, (), parallel=parallel, latency=latency, **where)
        )
        return [found[key] for key in named]

    def tables_of(plan: Series) -> list[StageTable] | SettingError:
        options: dict[str, Any] = {"parallel": parallel, "latency": latency, "curves_of": curves_of}
        try:
            found = stage_tables(plan, k_min=grid[0], k_max=k_max, k_step=grid.step, **options)
        except SettingError as error:
            return error
        return finite_tables(found) if solver is None else found

    plans = {key: plan_of(pipeline, catalog.models) for key, pipeline in catalog.pipelines.items()}
    tables = {key: tables_of(plan) for key, plan in plans.items()}
    cells = {
        (scenario_id, key): (plan, tables[key], scenario)
        for scenario_id, scenario in catalog.scenarios.items()
        for key, plan in plans.items()
    }
    pieces = [
        Piece(f"front of pipeline {key}", _find, (*cell, solver), partial(_fits, *cell, solver))
        for key, cell in cells.items()
    ]
    results = run_pieces(pieces, **where) if pieces else []
    found = zip(cells.items(), results, strict=True)
    return {key: _front(*cell, arrays, exact=solver is None) for (key, cell), arrays in found}


def _search(problem: Any, solver: Any) -> Arrays:
    return arrays_of(looked_at_by(problem, solver).distinct)


def _problem(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range) -> Any:
    from moo_inference.problems import InferenceScalingProblem  # noqa: PLC0415 (only where a solver is given)

    return InferenceScalingProblem(
        model, scenario, estimator=Tabulated(curve), k_min=grid[0], k_max=int(curve.k[-1]), k_step=grid.step
    )


def _pipeline_problem(plan: Series, tables: list[StageTable], scenario: Scenario) -> Any:
    from moo_inference.problems import PipelineProblem  # noqa: PLC0415 (only where a solver is given)

    return PipelineProblem.of_tables(plan, tables, scenario)


def _find(plan: Series, tables: list[StageTable] | SettingError, scenario: Scenario, solver: Any) -> Arrays:
    """What a search evaluated, or what was merged where there is no solver; or `refused`, why there is nothing."""
    try:
        refuse_quantiles(scenario)
        if isinstance(tables, SettingError):
            raise tables
        if solver is not None:
            return _search(_pipeline_problem(plan, tables, scenario), solver)
        merged = merge(plan, tables, scenario, MOST_ROWS)
    except SettingError as error:
        return {"refused": np.array(error.faults)}
    arrays: Arrays = {"rows": merged.rows, "looked_at": np.array([merged.looked_at])}
    return arrays if merged.least is None else {**arrays, "least": merged.least}


def _fits(
    plan: Series, tables: list[StageTable] | SettingError, scenario: Scenario, solver: Any, arrays: Arrays
) -> bool:
    """Whether arrays could be what `_find` gives of some tables."""
    if "refused" in arrays:
        return arrays.keys() == {"refused"} and arrays["refused"].dtype.kind == "U" and arrays["refused"].ndim == 1
    if isinstance(tables, SettingError) or scenario.has_quantiles:
        return False
    if solver is not None:
        return evaluated_fits(_pipeline_problem(plan, tables, scenario), arrays)
    if "rows" not in arrays:
        return False
    rows = arrays["rows"]
    dtypes: dict[str, Any] = {"rows": np.int32 if rows.dtype == np.int32 else np.int64, "looked_at": np.int64}
    shapes: dict[str, tuple[int | None, ...]] = {"rows": (None, len(tables)), "looked_at": (1,)}
    if "least" in arrays:
        dtypes["least"], shapes["least"] = np.float64, (tables[0].F.shape[1],)
    most = np.array([len(table.F) for table in tables])
    return (
        has_arrays(arrays, dtypes, shapes)
        and bool(((rows >= 0) & (rows < most)).all())
        and (len(rows) > 0 or "least" in arrays)
    )


def _front(
    plan: Series, tables: list[StageTable] | SettingError, scenario: Scenario, arrays: Arrays, *, exact: bool
) -> Front:
    if isinstance(tables, SettingError) or "refused" in arrays:
        return Front.refused(scenario, arrays["refused"].tolist())
    if not exact:
        return Front.from_evaluated(_pipeline_problem(plan, tables, scenario), evaluated_in(arrays))
    return front_of(plan, tables, scenario, Merged(arrays["rows"], int(arrays["looked_at"][0]), arrays.get("least")))
