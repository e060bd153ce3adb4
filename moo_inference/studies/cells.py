"""The cells of a study: a model or a pipeline in a scenario."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moo_inference.decision import Choice, Rule, decide
from moo_inference.deprecations import renamed
from moo_inference.errors import ErrorCollector, prefix_errors
from moo_inference.estimators import ScalingCurve
from moo_inference.pareto.front import Front
from moo_inference.studies.baselines import BaselineChoice, choose_baseline
from moo_inference.studies.cell_fronts import Fronts


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


def model_cells(
    fronts: Fronts,
    rules: Mapping[str, Sequence[Rule]],
    curves: Mapping[str, ScalingCurve],
    baselines: Sequence[str],
) -> tuple[Cell, ...]:
    """What each rule and each baseline takes of each model.

    Args:
        fronts: by scenario and model.
        rules: by scenario, scaled to its budgets.
        curves: by model.
        baselines: names of the baselines.

    Raises:
        SettingError: (a ValueError) a rule cannot take anything; all such choices are named.
    """
    choices = _choices(fronts, rules)
    return tuple(
        Cell(
            scenario,
            model,
            front,
            choices[scenario, model],
            tuple(choose_baseline(name, curves[model], front.scenario) for name in baselines),
        )
        for (scenario, model), front in fronts.items()
    )


def pipeline_cells(fronts: Fronts, rules: Mapping[str, Sequence[Rule]]) -> tuple[Cell, ...]:
    """What each rule takes of each pipeline; see `model_cells`."""
    choices = _choices(fronts, rules)
    return tuple(Cell(key[0], "", front, choices[key], pipeline=key[1]) for key, front in fronts.items())


def _choices(fronts: Fronts, rules: Mapping[str, Sequence[Rule]]) -> dict[tuple[str, str], tuple[Choice, ...]]:
    errors = ErrorCollector()
    choices: dict[tuple[str, str], list[Choice]] = {key: [] for key in fronts}
    for (scenario, name), front in fronts.items():
        for rule in rules[scenario]:
            with errors.collecting(), prefix_errors(f"{name}, {scenario}"):
                choices[scenario, name].append(decide(front, rule))
    errors.check()
    return {key: tuple(own) for key, own in choices.items()}


__getattr__ = renamed(__name__, {"PipelineCell": "Cell"})
