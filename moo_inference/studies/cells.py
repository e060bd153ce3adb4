"""The cells of a study: a model or a pipeline in a scenario."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moo_inference.decision import Choice, Rule, decide
from moo_inference.errors import SettingError
from moo_inference.pareto.front import Front
from moo_inference.studies.baselines import BaselineChoice
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


def choices_of(fronts: Fronts, rules: Mapping[str, Sequence[Rule]]) -> dict[tuple[str, str], tuple[Choice, ...]]:
    """What each rule takes from each front.

    Args:
        fronts: by scenario, and model or pipeline.
        rules: by scenario, scaled to its budgets.

    Raises:
        SettingError: (a ValueError) rules fail; all of them are named.
    """
    found: dict[tuple[str, str], tuple[Choice, ...]] = {}
    faults: list[str] = []
    for (scenario, name), front in fronts.items():
        choices = []
        for rule in rules[scenario]:
            try:
                choices.append(decide(front, rule))
            except SettingError as error:
                faults += [f"{name}, {scenario}: {fault}" for fault in error.faults]
        found[scenario, name] = tuple(choices)
    if faults:
        raise SettingError(faults)
    return found
