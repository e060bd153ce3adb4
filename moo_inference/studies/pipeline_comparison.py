"""Pipelines as problems for searches, and their exact fronts by merging, timed."""

import time
from typing import Any

from moo_inference.catalog import Catalog
from moo_inference.estimators import Estimator
from moo_inference.pareto.front import Front
from moo_inference.pipelines.merging import MOST_ROWS, merged_front
from moo_inference.pipelines.plan import plan_of
from moo_inference.problems import PipelineProblem
from moo_inference.solvers import grid_size

MERGE = "merge"
"""What stands in the place of exhaustive search, which no pipeline's grid allows: as exact, by merging fronts."""

SEARCHES_OF_PIPELINES = ("nsga2",)
"""Those that are compared unless others are asked for: one run looks at many thousand points."""

PIPELINE_EVALUATIONS = 20_000
"""At most so many a run unless told otherwise: a tenth of a pipeline's grid would be millions."""


def pipeline_problems(
    catalog: Catalog, *, estimator: Estimator | None, k_max: int | None, k_step: int, named: bool
) -> dict[str, Any]:
    """Every pipeline of a catalog in each of its scenarios, by name.

    Args:
        catalog: where they are.
        estimator: None means the default one.
        k_max: None means 64.
        k_step: the distance of the grid.
        named: the pipelines were asked for by name. Else those of a scenario with budgets for quantiles are left out.

    Raises:
        SettingError: (a ValueError) a grid is empty, or a budget is for a quantile where pipelines were named.
    """
    most = 64 if k_max is None else k_max
    problems = {}
    for scenario_id, scenario in catalog.scenarios.items():
        if scenario.has_quantiles and not named:
            continue
        for key, pipeline in catalog.pipelines.items():
            plan = plan_of(pipeline, catalog.models)
            problems[f"{scenario_id}/pipeline {key}"] = PipelineProblem(
                plan, scenario, estimator=estimator, k_max=most, k_step=k_step
            )
    return problems


def merged(problem: PipelineProblem) -> tuple[Front, dict[str, Any]]:
    """The exact front of a pipeline, and what a run of it counts: evaluations, distinct and seconds.

    Evaluations are the rows of parts and of the whole that were compared; `distinct` is their share of the grid.

    Raises:
        SettingError: (a ValueError) a merge is too large.
    """
    start = time.perf_counter()
    front = merged_front(problem.plan, problem.tables, problem.scenario, MOST_ROWS)
    taken = time.perf_counter() - start
    share = front.looked_at / grid_size(problem)
    return front, {"evaluations": front.looked_at, "distinct": share, "seconds": taken}
