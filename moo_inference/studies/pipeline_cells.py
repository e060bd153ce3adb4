"""The pipelines of a study: each in every scenario under every rule."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moo_inference.catalog import Catalog, Scenario
from moo_inference.decision import Rule
from moo_inference.errors import SettingError
from moo_inference.estimators import Progress
from moo_inference.pipelines import MOST_ROWS, PipelineChoice, PipelineFront, choose, merged_front
from moo_inference.stages import Series, StageTable, plan_of, refuse_quantiles, stage_tables, values_of
from moo_inference.texts.amounts import amount
from moo_inference.texts.markers import Marker, markers

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
    *,
    solver: Any = None,
    progress: Progress | None = None,
    **options: Any,
) -> tuple[PipelineCell, ...]:
    """Solve every pipeline of a catalog in each of its scenarios, scenario by scenario.

    Args:
        catalog: where they are.
        rules: the rules of each scenario, scaled to its budgets.
        solver: None merges the fronts of the stages, which is exact. Else as for `run_study`.
        progress: told how many are done.
        **options: `estimator`, `k_min`, `k_max`, `k_step`, `parallel` and `latency`, as for `pipeline_front`.
    """
    plans = {key: plan_of(pipeline, catalog.models) for key, pipeline in catalog.pipelines.items()}
    tables = {key: _tables(plan, options) for key, plan in plans.items()}
    cells: list[PipelineCell] = []
    for scenario_id, scenario in catalog.scenarios.items():
        for key, plan in plans.items():
            front: PipelineFront | SettingError
            try:
                front = _front(plan, tables[key], scenario, solver, options)
            except SettingError as error:
                front = error
            judged = tuple(_choice(front, rule) for rule in rules[scenario_id])
            cells.append(PipelineCell(scenario_id, key, front if isinstance(front, PipelineFront) else None, judged))
            if progress is not None:
                progress(len(cells), len(plans) * len(catalog.scenarios))
    return tuple(cells)


def _tables(plan: Series, options: Mapping[str, Any]) -> list[StageTable] | SettingError:
    try:
        return stage_tables(plan, **options)
    except SettingError as error:
        return error


def _front(
    plan: Series, tables: list[StageTable] | SettingError, scenario: Scenario, solver: Any, options: Mapping[str, Any]
) -> PipelineFront:
    refuse_quantiles(scenario)
    if isinstance(tables, SettingError):
        raise tables
    if solver is None:
        return merged_front(plan, tables, scenario, MOST_ROWS)
    from pymoo.optimize import minimize  # noqa: PLC0415 (only where a solver is given)

    from moo_inference.problems import PipelineProblem  # noqa: PLC0415

    problem = PipelineProblem(plan, scenario, **options)
    return PipelineFront.from_result(minimize(problem, solver(problem) if callable(solver) else solver))


def _choice(front: PipelineFront | SettingError, rule: Rule) -> PipelineChoice:
    if isinstance(front, PipelineFront):
        return choose(front, rule)
    why = "; ".join(front.faults)
    return PipelineChoice(rule.id, REFUSED, None, {}, None, why, (why,))


def pipelines_frame(cells: Sequence[PipelineCell]) -> "pd.DataFrame":
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
            rows.append((*key, *what, "; ".join(choice.warnings)))
    columns = ["scenario", "pipeline", "decision", "status", "stages", *quantities, "warning"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.astype(dict.fromkeys(quantities, float))


def pipeline_fronts_frame(cells: Sequence[PipelineCell]) -> "pd.DataFrame":
    """See `Study.pipeline_fronts`."""
    import pandas as pd  # noqa: PLC0415 (slow to load)

    rows = [
        (cell.scenario, cell.pipeline, cell.front.describe(row), *numbers)
        for cell in cells
        if cell.front is not None
        for row, numbers in enumerate(_numbers(cell.front))
    ]
    return pd.DataFrame(rows, columns=["scenario", "pipeline", "stages", *_quantities(cells)])


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
