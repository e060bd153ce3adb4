"""The cells of a study: a model or a pipeline in a scenario."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moo_inference.decision.base import Rule
from moo_inference.decision.choice import Choice, decide
from moo_inference.deprecations import renamed
from moo_inference.errors import ErrorCollector, prefix_errors
from moo_inference.pareto.front import Front
from moo_inference.studies.baselines import BaselineChoice, choose_baseline
from moo_inference.studies.cell_fronts import CellCurves, Fronts


@dataclass(frozen=True)
class Cell:
    """One model, or one pipeline, in one scenario: its front and what each rule takes from it.

    Attributes:
        scenario: id of the scenario.
        model: id of the model; empty for a pipeline.
        front: the nondominated feasible configurations.
        choices: one for each rule.
        baselines: one for each baseline; none for a pipeline.
        pipeline: id of the pipeline; empty for a model.
    """

    scenario: str
    model: str
    front: Front
    choices: tuple[Choice, ...]
    baselines: tuple[BaselineChoice, ...] = ()
    pipeline: str = ""


def cells_of(
    fronts: Fronts,
    rules: Mapping[str, Sequence[Rule]],
    curves: CellCurves | None = None,
    baselines: Sequence[str] = (),
) -> tuple[Cell, ...]:
    """What each rule and each baseline takes of each model, or each rule of each pipeline.

    Args:
        fronts: by scenario and model, or pipeline.
        rules: by scenario, scaled to its budgets.
        curves: by scenario and model; None where the fronts are of pipelines.
        baselines: names of the baselines.

    Raises:
        SettingError: (a ValueError) a rule cannot take anything; all such choices are named.
    """
    errors = ErrorCollector()
    cells = []
    for (scenario, subject), front in fronts.items():
        choices = []
        for rule in rules[scenario]:
            with errors.collecting(), prefix_errors(f"{subject}, {scenario}"):
                choices.append(decide(front, rule))
        if curves is None:
            cells.append(Cell(scenario, "", front, tuple(choices), pipeline=subject))
        else:
            curve = curves[scenario][subject]
            taken = tuple(choose_baseline(name, curve, front.scenario) for name in baselines)
            cells.append(Cell(scenario, subject, front, tuple(choices), taken))
    errors.check()
    return tuple(cells)


__getattr__ = renamed(__name__, {"PipelineCell": "Cell"})
