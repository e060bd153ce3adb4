"""A study as tables: one a scenario, models down, rules across."""

import math
from collections.abc import Mapping
from typing import Any

from moo_inference.catalog import Scenario
from moo_inference.decision.choice import Choice
from moo_inference.fronts import Front
from moo_inference.studies import Study
from moo_inference.studies.choices import unsure
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
    cost = "any cost" if scenario.c_max is None else f"at most {usd(scenario.c_max)}{_share(scenario.c_quantile)}"
    time = "any time" if scenario.t_max is None else f"at most {seconds(scenario.t_max)}{_share(scenario.t_quantile)}"
    reached = None if scenario.a_quantile is None else 1 - scenario.a_quantile
    return f"{cost}, {time}, accuracy at least {scenario.a_min:g}{_share(reached)}"


def _share(of_queries: float | None) -> str:
    return "" if of_queries is None else f" for {100 * of_queries:.4g}% of queries"


def choice_text(choice: Choice, front: Front) -> str:
    """One choice in two lines: k, accuracy and SLO attainment; cost and time."""
    if choice.row is None:
        return choice.status.replace("-", " ")
    cost, time, accuracy = front.curve.means[choice.row]
    attainment = front.attainment[choice.row]
    slo = "" if math.isnan(attainment) else f"  {attainment:.0%}"
    return f"k={choice.k}  {accuracy:.4f}{slo}\n{usd(cost)}  {seconds(time)}"


def _scenario_table(study: Study, key: str, scenario: Scenario) -> Table:
    marks: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for cell in (cell for cell in study.cells if cell.scenario == key):
        texts = []
        for choice in cell.choices:
            text = choice_text(choice, cell.front)
            if choice.status == "ok":
                for warning in (*choice.warnings, *unsure(study, key, cell.model, choice.rule)):
                    mark = marks.setdefault(warning, _MARKS[len(marks) % len(_MARKS)])
                    text = text.replace("\n", f" {mark}\n", 1)
            elif choice.status == "no-knee":
                notes.extend(f"{cell.model}, {choice.rule}: {warning}." for warning in choice.warnings)
            texts.append(text)
        if cell.front.infeasibility is not None:
            notes.append(f"{cell.model}: {cell.front.infeasibility}.")
        curve = study.model_curves[cell.model]
        for taken in cell.baselines:
            cost, time, accuracy = curve.means[taken.row]
            over = "  over budget" if taken.status == "over-budget" else ""
            texts.append(f"k={curve.k[taken.row]}  {accuracy:.4f}{over}\n{usd(cost)}  {seconds(time)}")
            if taken.warning:
                notes.append(f"{cell.model}, {taken.baseline}: {taken.warning}.")
        rows.append((cell.model, *texts))
    notes[:0] = [f"{mark} {warning}." for warning, mark in marks.items()]
    first = study.cells[0]
    columns = ("model", *(choice.rule for choice in first.choices), *(taken.baseline for taken in first.baselines))
    return Table(f"{scenario.name} ({key}): {budget_text(scenario)}", columns, tuple(rows), tuple(notes))


def _caption(options: Mapping[str, Any]) -> str:
    estimator = dict(options["estimator"])
    name = estimator.pop("estimator")
    settings = ", ".join(f"{key}={value}" for key, value in estimator.items())
    grid = range(options["k_min"], options["k_max"] + 1, options["k_step"])
    shown = [*map(str, grid)] if len(grid) < 4 else [str(grid[0]), str(grid[1]), "...", str(grid[-1])]
    return (
        "A cell: passes k, accuracy, share of queries that meet all budgets; cost and time a query. All but the share "
        f"are means. {name}({settings}); k = {', '.join(shown)}."
    )
