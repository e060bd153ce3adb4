"""The front of each model in each scenario: from its curve, or by a search."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.estimators import ScalingCurve, Tabulated
from moo_inference.execution.tasks import Arrays, Piece, run_pieces
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
    catalog: Catalog, curves: Mapping[str, ScalingCurve], solver: Any, grid: range, where: Mapping[str, Any]
) -> Fronts:
    """What `minimize` found in each cell, a piece a cell.

    Args:
        catalog: models and scenarios.
        curves: by model.
        solver: a pymoo algorithm, or a callable that makes one from a problem.
        grid: numbers of passes.
        where: `workers`, `kept` and `progress` of `run_pieces`.
    """
    cells = {
        (scenario_id, model_id): (model, scenario, curves[model_id], grid)
        for scenario_id, scenario in catalog.scenarios.items()
        for model_id, model in catalog.models.items()
    }
    pieces = [Piece(f"front of {key}", _search, (*cell, solver), partial(_fits, *cell)) for key, cell in cells.items()]
    fronts = {}
    for (key, cell), arrays in zip(cells.items(), run_pieces(pieces, **where), strict=True):
        fronts[key] = Front.from_evaluated(_problem(*cell), evaluated_in(arrays))
    return fronts


def _search(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range, solver: Any) -> Arrays:
    return arrays_of(looked_at_by(_problem(model, scenario, curve, grid), solver).distinct)


def _fits(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range, arrays: Arrays) -> bool:
    return evaluated_fits(_problem(model, scenario, curve, grid), arrays)


def _problem(model: Model, scenario: Scenario, curve: ScalingCurve, grid: range) -> Any:
    from moo_inference.problems import InferenceScalingProblem  # noqa: PLC0415 (only where a solver is given)

    return InferenceScalingProblem(
        model, scenario, estimator=Tabulated(curve), k_min=grid[0], k_max=int(curve.k[-1]), k_step=grid.step
    )
