"""The front of each model in each scenario: from its curve, or by a search."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.estimators import ScalingCurve, Tabulated
from moo_inference.execution.tasks import Arrays, Packing, Runner, Task
from moo_inference.pareto.evaluated import Evaluated
from moo_inference.pareto.front import Front
from moo_inference.studies.solving import arrays_of, evaluated_fits, evaluated_in, looked_at_by

Fronts = dict[tuple[str, str], Front]
"""By scenario and model, scenario after scenario."""


def fronts_from_curves(catalog: Catalog, curves: Mapping[str, ScalingCurve]) -> Fronts:
    """The exact front of each cell."""
    return {
        (scenario_id, model_id): Front.from_curve(curve, scenario)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, curve in curves.items()
    }


def fronts_by_search(
    catalog: Catalog, curves: Mapping[str, ScalingCurve], solver: Any, grid: range, runner: Runner
) -> Fronts:
    """What `minimize` found in each cell, a task a cell.

    Args:
        catalog: models and scenarios.
        curves: by model.
        solver: a pymoo algorithm, or a callable that makes one from a problem.
        grid: numbers of passes.
        runner: who does the work.
    """
    cells = {
        (scenario_id, model_id): (model, scenario, curves[model_id], grid)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, model in catalog.models.items()
    }
    tasks = [
        Task(f"front of {key}", _search, (*cell, solver), Packing(arrays_of, evaluated_in, partial(_fits, *cell)))
        for key, cell in cells.items()
    ]
    return {
        key: Front.from_evaluated(_problem(*cell), evaluated)
        for (key, cell), evaluated in zip(cells.items(), runner.run(tasks), strict=True)
    }


def _search(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range, solver: Any) -> Evaluated:
    return looked_at_by(_problem(model, scenario, curve, grid), solver).distinct


def _fits(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range, arrays: Arrays) -> bool:
    return evaluated_fits(_problem(model, scenario, curve, grid), arrays)


def _problem(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range) -> Any:
    from moo_inference.problems import InferenceScalingProblem  # noqa: PLC0415 (only where a solver is given)

    return InferenceScalingProblem(
        model, scenario, estimator=Tabulated(curve), k_min=grid[0], k_max=int(curve.k[-1]), k_step=grid.step
    )
