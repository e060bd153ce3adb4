"""A study as tables: one a scenario, models down, rules across."""

from collections.abc import Mapping
from typing import Any

from moo_inference.catalog import Scenario
from moo_inference.decision.choice import Choice
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.studies import Study
from moo_inference.views.amounts import seconds, usd
from moo_inference.views.table import Table

_MARKS = "†‡§¶#"


def study_tables(study: Study) -> list[Table]:
    """The choices of a study, with the budgets above, and below what has to be known before betting on them."""
    tables = [_scenario_table(study, key, scenario) for key, scenario in study.catalog.scenarios.items()]
    last = tables[-1]
    tables[-1] = Table(last.title, last.columns, last.rows, (*last.notes, _caption(study.options)))
    return tables


def budget_text(scenario: Scenario) -> str:
    """The budgets of a scenario in one line."""
    cost = "any cost" if scenario.c_max is None else f"at most {usd(scenario.c_max)}"
    time = "any time" if scenario.t_max is None else f"at most {seconds(scenario.t_max)}"
    return f"{cost}, {time}, accuracy at least {scenario.a_min:g}"


def choice_text(choice: Choice, curve: ScalingCurve) -> str:
    """One choice in two lines: k and accuracy, cost and time."""
    if choice.row is None:
        return choice.status.replace("-", " ")
    cost, time, accuracy = curve.means[choice.row]
    return f"k={choice.k}  {accuracy:.4f}\n{usd(cost)}  {seconds(time)}"


def _scenario_table(study: Study, key: str, scenario: Scenario) -> Table:
    marks: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for cell in (cell for cell in study.cells if cell.scenario == key):
        texts = []
        for choice in cell.choices:
            text = choice_text(choice, cell.front.curve)
            if choice.status == "ok":
                for warning in choice.warnings:
                    mark = marks.setdefault(warning, _MARKS[len(marks) % len(_MARKS)])
                    text = text.replace("\n", f" {mark}\n", 1)
            elif choice.status == "no-knee":
                notes.extend(f"{cell.model}, {choice.rule}: {warning}." for warning in choice.warnings)
            texts.append(text)
        if cell.front.infeasibility is not None:
            notes.append(f"{cell.model}: {cell.front.infeasibility}.")
        rows.append((cell.model, *texts))
    notes[:0] = [f"{mark} {warning}." for warning, mark in marks.items()]
    columns = ("model", *(choice.rule for choice in study.cells[0].choices))
    return Table(f"{scenario.name} ({key}): {budget_text(scenario)}", columns, tuple(rows), tuple(notes))


def _caption(options: Mapping[str, Any]) -> str:
    estimator = dict(options["estimator"])
    name = estimator.pop("estimator")
    settings = ", ".join(f"{key}={value}" for key, value in estimator.items())
    grid = f"k = {options['k_min']}, {options['k_min'] + options['k_step']}, ..., {options['k_max']}"
    return f"A cell: passes k, accuracy, cost and time a query (means). {name}({settings}); {grid}."
