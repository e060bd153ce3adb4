"""The pipelines of a study: each in every scenario under every rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.catalog import Catalog, Model, Scenario
from moo_inference.decision import Rule
from moo_inference.errors import SettingError, told_of
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.conditions import Conditions
from moo_inference.execution.curves import estimate_in_tasks
from moo_inference.execution.tasks import Arrays, Packing, Runner, Task, has_arrays
from moo_inference.formatting.amounts import amount
from moo_inference.formatting.markers import Marker, markers
from moo_inference.pareto.evaluated import Found, looked_up
from moo_inference.pipelines.front import (
    MOST_ROWS,
    PipelineChoice,
    PipelineFront,
    choose,
    front_of,
    merge,
)
from moo_inference.pipelines.merging import finite_tables
from moo_inference.pipelines.plan import Series, StageTable, plan_of, refuse_quantiles, stage_tables, values_of
from moo_inference.studies.solving import looked_at_by

if TYPE_CHECKING:
    import pandas as pd

    from moo_inference.studies.study import Study

REFUSED = "refused"
"""The status of a question that means of stages cannot answer, such as one with a budget for a quantile."""


@dataclass(frozen=True)
class PipelineCell:
    """One pipeline in one scenario: its front and what each rule takes from it.

    Attributes:
        scenario: id of the scenario.
        pipeline: id of the pipeline.
        front: the nondominated feasible choices, or None where the question was refused.
        choices: one for each rule; a refused one has the status `refused` and says why.
    """

    scenario: str
    pipeline: str
    front: PipelineFront | None
    choices: tuple[PipelineChoice, ...]


@dataclass(frozen=True)
class PipelineMark:
    """One choice of a pipeline, ready to be shown.

    Attributes:
        rule: id of the rule.
        marker: the sign of the rule.
        choice: what it chose, and why.
        values: cost in USD, time in seconds, further resources and accuracy a query, or None where nothing was chosen.
        resources: units of the further resources.
    """

    rule: str
    marker: Marker
    choice: PipelineChoice
    values: tuple[float, ...] | None
    resources: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """The rule, and why it chose nothing where it did."""
        return self.rule if self.values is not None else f"{self.rule}, {self.choice.status.replace('-', ' ')}"

    @property
    def amounts(self) -> str:
        """Accuracy, cost and time, or the status."""
        if self.values is None:
            return self.choice.status.replace("-", " ")
        return ", ".join([f"accuracy {self.values[-1]:.4f}", *self.spent])

    @property
    def spent(self) -> list[str]:
        """Cost, time and further resources in words; none where nothing was chosen."""
        return list(map(amount, ("cost", "time", *self.resources), (self.values or ())[:-1]))


def solve_pipelines(
    catalog: Catalog,
    rules: Mapping[str, Sequence[Rule]],
    curves: Mapping[str, ScalingCurve],
    conditions: Conditions,
    estimator: Any,
    solver: Any,
    runner: Runner,
) -> tuple[PipelineCell, ...]:
    """Solve every pipeline of a catalog in each of its scenarios, scenario by scenario; each is a task.

    Args:
        catalog: where they are.
        rules: the rules of each scenario, scaled to its budgets.
        curves: of each model over the grid, as far as its evaluation tells.
        conditions: which k, and how passes run; a stage may have its own k_min, k_max and k_step.
        estimator: what estimates the stages that have a grid of their own.
        solver: None merges the fronts of the stages, which is exact. Else as for `run_study`.
        runner: who does the work.
    """
    ids = {model: key for key, model in catalog.models.items()}

    def curves_of(models: Sequence[Model], own: Conditions) -> Sequence[ScalingCurve]:
        named = {ids[model]: model for model in models}
        found = curves if own.grid == conditions.grid else estimate_in_tasks(estimator, named, own, (), runner)
        return [found[key] for key in named]

    def tables_of(plan: Series) -> list[StageTable] | SettingError:
        try:
            found = stage_tables(plan, conditions, curves_of=curves_of)
        except SettingError as error:
            return error
        return finite_tables(found) if solver is None else found

    plans = {key: plan_of(pipeline, catalog.models) for key, pipeline in catalog.pipelines.items()}
    tables = {key: tables_of(plan) for key, plan in plans.items()}
    cells = [(scenario, key) for scenario in catalog.scenarios for key in plans]
    parts = [(plans[key], tables[key], catalog.scenarios[scenario]) for scenario, key in cells]
    tasks = [
        Task(f"front of pipeline {cell}", _find, (*part, solver), Packing(_packed, _unpacked, partial(_fits, part[1])))
        for cell, part in zip(cells, parts, strict=True)
    ]
    results = runner.run(tasks) if tasks else []
    cells_found = []
    for (scenario, key), part, found in zip(cells, parts, results, strict=True):
        front = _front(*part, found)
        with told_of(f"{key}, {scenario}"):
            choices = tuple(_choice(front, rule) for rule in rules[scenario])
        cells_found.append(PipelineCell(scenario, key, front if isinstance(front, PipelineFront) else None, choices))
    return tuple(cells_found)


def _find(
    plan: Series, tables: list[StageTable] | SettingError, scenario: Scenario, solver: Any
) -> Found | SettingError:
    """The rows of the front; or why there are none."""
    try:
        refuse_quantiles(scenario)
        if isinstance(tables, SettingError):
            raise tables
        return merge(plan, tables, scenario, MOST_ROWS) if solver is None else _search(plan, tables, scenario, solver)
    except SettingError as error:
        return SettingError(error.faults)


def _packed(found: Found | SettingError) -> Arrays:
    if isinstance(found, SettingError):
        return {"refused": np.array(found.faults)}
    arrays: Arrays = {"rows": found.rows, "looked_at": np.array([found.looked_at])}
    if found.grid_size is not None:
        # It may exceed 64 bits.
        arrays["grid_size"] = np.array([str(found.grid_size)])
    return arrays if found.least is None else {**arrays, "least": found.least}


def _unpacked(arrays: Arrays) -> Found | SettingError:
    if "refused" in arrays:
        return SettingError(arrays["refused"].tolist())
    size = int(arrays["grid_size"][0]) if "grid_size" in arrays else None
    return Found(arrays["rows"], int(arrays["looked_at"][0]), arrays.get("least"), size)


def _fits(tables: list[StageTable] | SettingError, arrays: Arrays) -> bool:
    """Whether arrays could be what `_find` gives of some tables, packed."""
    if "refused" in arrays:
        return arrays.keys() == {"refused"} and arrays["refused"].dtype.kind == "U" and arrays["refused"].ndim == 1
    if isinstance(tables, SettingError) or "rows" not in arrays:
        return False
    rows = arrays["rows"]
    dtypes: dict[str, Any] = {"rows": np.int32 if rows.dtype == np.int32 else np.int64, "looked_at": np.int64}
    shapes: dict[str, tuple[int | None, ...]] = {"rows": (None, len(tables)), "looked_at": (1,)}
    if "least" in arrays:
        dtypes["least"], shapes["least"] = np.float64, (tables[0].F.shape[1],)
    if "grid_size" in arrays:
        dtypes["grid_size"], shapes["grid_size"] = arrays["grid_size"].dtype, (1,)
        if arrays["grid_size"].shape != (1,) or not str(arrays["grid_size"][0]).isdecimal():
            return False
    most = np.array([len(table.F) for table in tables])
    return (
        has_arrays(arrays, dtypes, shapes)
        and bool(((rows >= 0) & (rows < most)).all())
        and (len(rows) > 0 or "least" in arrays)
    )


def _search(plan: Series, tables: list[StageTable], scenario: Scenario, solver: Any) -> Found:
    from moo_inference.problems import PipelineProblem  # noqa: PLC0415 (only where a solver is given)

    problem = PipelineProblem.of_tables(plan, tables, scenario)
    return replace(looked_up(problem, looked_at_by(problem, solver)), evaluated=None)


def _front(
    plan: Series, tables: list[StageTable] | SettingError, scenario: Scenario, found: Found | SettingError
) -> PipelineFront | SettingError:
    if isinstance(found, SettingError):
        return found
    return tables if isinstance(tables, SettingError) else front_of(plan, tables, scenario, found)


def _choice(front: PipelineFront | SettingError, rule: Rule) -> PipelineChoice:
    if isinstance(front, PipelineFront):
        return choose(front, rule)
    why = "; ".join(front.faults)
    return PipelineChoice(rule.id, REFUSED, None, {}, None, why, (why,))


def pipelines_frame(cells: Sequence[PipelineCell], models: Mapping[str, Model]) -> "pd.DataFrame":
    """See `Study.pipelines`."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    quantities = _quantities(cells)
    rows = []
    for cell in cells:
        for choice in cell.choices:
            what: tuple[Any, ...] = (None,) * (1 + len(quantities))
            if cell.front is not None and choice.row is not None:
                what = (cell.front.describe(choice.row), *_numbers(cell.front)[choice.row])
            key = (cell.scenario, cell.pipeline, choice.rule, choice.status)
            rows.append((*key, *what, "; ".join(choice.warnings), _keep(cell.front, choice.row, models)))
    columns = ["scenario", "pipeline", "decision", "status", "stages", *quantities, "warning", "keep"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(quantities, float))


def pipeline_fronts_frame(cells: Sequence[PipelineCell], models: Mapping[str, Model]) -> "pd.DataFrame":
    """See `Study.pipeline_fronts`."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    rows = [
        (cell.scenario, cell.pipeline, cell.front.describe(row), *numbers, _keep(cell.front, row, models))
        for cell in cells
        if cell.front is not None
        for row, numbers in enumerate(_numbers(cell.front))
    ]
    return pd.DataFrame(rows, columns=["scenario", "pipeline", "stages", *_quantities(cells), "keep"])


def _keep(front: PipelineFront | None, row: int | None, models: Mapping[str, Model]) -> str | None:
    """Which of the passes of a stage is kept, by stage where they differ; None where nothing was chosen."""
    if front is None or row is None:
        return None
    keeps = [models[model].accuracy.keep for model in front.models[row]]
    if len(set(keeps)) == 1:
        return keeps[0]
    return ", ".join(f"{stage} {keep}" for stage, keep in zip(front.stages, keeps, strict=True))


def pipeline_marks(cell: PipelineCell) -> tuple[PipelineMark, ...]:
    """The choices of one pipeline in one scenario, in the order of the rules."""
    signs = markers([choice.rule for choice in cell.choices])
    numbers = [] if cell.front is None else _numbers(cell.front)
    resources = () if cell.front is None else cell.front.resources
    return tuple(
        PipelineMark(
            choice.rule,
            signs[choice.rule],
            choice,
            None if choice.row is None else numbers[choice.row],
            resources,
        )
        for choice in cell.choices
    )


def find_pipeline_cell(study: "Study", scenario: str, pipeline: str) -> PipelineCell:
    """The cell of a study.

    Raises:
        KeyError: the study has no such cell.
    """
    for cell in study.pipeline_cells:
        if (cell.scenario, cell.pipeline) == (scenario, pipeline):
            return cell
    raise KeyError((scenario, pipeline))


def _quantities(cells: Sequence[PipelineCell]) -> tuple[str, ...]:
    """What a choice costs, takes, uses and achieves: the names of the columns."""
    resources = next((cell.front.resources for cell in cells if cell.front is not None), ())
    return ("cost", "time", *resources, "accuracy")


def _numbers(front: PipelineFront) -> list[tuple[float, ...]]:
    """Cost, time, further resources and accuracy of each row."""
    return [tuple(row) for row in values_of(front.F).tolist()]
