"""A study as tables: one a scenario, models down, rules across."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from moo_inference.catalog import Scenario
from moo_inference.studies.marks import Mark, marks
from moo_inference.studies.pipeline_tables import INDEPENDENT, pipeline_table
from moo_inference.studies.study import Study
from moo_inference.texts.amounts import amount, bound, seconds, unit_words, usd
from moo_inference.texts.table import Table

_FOOTNOTES = "†‡§¶#"


def study_tables(study: Study) -> list[Table]:
    """The choices of a study, with the budgets above, and below what has to be known before betting on them.

    One table a scenario, then one a pipeline and scenario.
    """
    return [*scenario_tables(study), *pipeline_tables(study)]


def pipeline_tables(study: Study) -> list[Table]:
    """One table for each pipeline in each scenario, pipeline by pipeline."""
    cells = [cell for key in study.catalog.pipelines for cell in study.pipeline_cells if cell.pipeline == key]
    tables = [pipeline_table(study, cell, budget_text(study.catalog.scenarios[cell.scenario])) for cell in cells]
    if tables:
        last = tables[-1]
        tables[-1] = Table(last.title, last.columns, last.rows, (*last.notes, INDEPENDENT))
    return tables


def scenario_tables(study: Study) -> list[Table]:
    """The choices of the models of a study, one table a scenario."""
    tables = [_scenario_table(study, key, scenario) for key, scenario in study.catalog.scenarios.items()]
    last = tables[-1]
    tables[-1] = Table(last.title, last.columns, last.rows, (*last.notes, _caption(study)))
    return tables


def spent_words(resources: Iterable[str]) -> list[str]:
    """What a query takes: cost, time and further resources, as texts call them."""
    return ["cost", "time", *map(unit_words, resources)]


def budget_text(scenario: Scenario) -> str:
    """The budgets of a scenario in one line."""
    *spent, floor = scenario.limits()
    bounds = [
        f"any {limit.quantity}"
        if limit.value is None
        else f"at most {bound(limit.quantity, limit.value)}{_share(limit.quantile)}"
        for limit in spent
    ]
    reached = None if floor.quantile is None else 1 - floor.quantile
    least = (
        "any accuracy"
        if floor.value is None
        else f"accuracy at least {bound('accuracy', floor.value)}{_share(reached)}"
    )
    return f"{', '.join(bounds)}, {least}"


def _share(of_queries: float | None) -> str:
    return "" if of_queries is None else f" for {100 * of_queries:.4g}% of queries"


def _mark_text(mark: Mark, footnotes: str) -> str:
    """One choice in two lines: k, accuracy, SLO attainment and footnotes; cost, time; what else is used below them."""
    if mark.cost is None or mark.time is None or mark.accuracy is None or mark.attainment is None:
        return mark.status.replace("-", " ")
    slo = "" if math.isnan(mark.attainment) else f"  {mark.attainment:.0%}"
    return f"k={mark.k}  {mark.accuracy:.4f}{slo}{footnotes}\n{_spent(mark.cost, mark.time, mark.used)}"


def _spent(cost: float, time: float, used: Iterable[tuple[str, float]]) -> str:
    return "\n".join([f"{usd(cost)}  {seconds(time)}", *(amount(unit, value) for unit, value in used)])


def _scenario_table(study: Study, key: str, scenario: Scenario) -> Table:
    signs: dict[str, str] = {}
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    here = [cell for cell in study.cells if cell.scenario == key]
    for cell in here:
        texts = []
        for mark in marks(study, cell):
            footnotes = ""
            if mark.status == "ok":
                for warning in mark.warnings:
                    footnotes += f" {signs.setdefault(warning, _FOOTNOTES[len(signs) % len(_FOOTNOTES)])}"
            elif mark.status == "no-knee":
                notes.extend(f"{cell.model}, {mark.rule}: {warning}." for warning in mark.warnings)
            texts.append(_mark_text(mark, footnotes))
        limit, last = study.catalog.models[cell.model].k_limit, int(study.model_curves[cell.model].k[-1])
        if limit is not None and last + study.options["k_step"] <= study.options["k_max"]:
            notes.append(
                f"{cell.model}: known up to k = {limit}, the samples that its evaluation has of some question."
            )
        if cell.front.infeasibility is not None:
            notes.append(f"{cell.model}: {cell.front.infeasibility}.")
        curve = study.model_curves[cell.model]
        for taken in cell.baselines:
            cost, time, *others, accuracy = curve.means[taken.row].tolist()
            spent = _spent(cost, time, zip(curve.resources, others, strict=True))
            over = "  over budget" if taken.status == "over-budget" else ""
            texts.append(f"k={curve.k[taken.row]}  {accuracy:.4f}{over}\n{spent}")
            if taken.warning:
                notes.append(f"{cell.model}, {taken.baseline}: {taken.warning}.")
        rows.append((cell.model, *texts))
    if key in study.left_out:
        notes.append(f"{study.left_out[key]}.")
    notes[:0] = [f"{sign} {warning}." for warning, sign in signs.items()]
    rules = [f"{mark.marker.symbol} {mark.rule}" for mark in marks(study, here[0])]
    columns = ("model", *rules, *(taken.baseline for taken in here[0].baselines))
    return Table(f"{scenario.name} ({key}): {budget_text(scenario)}", columns, tuple(rows), tuple(notes))


def estimator_text(options: Mapping[str, Any]) -> str:
    """The estimator of a study and its settings, as it is written in Python."""
    settings = dict(options["estimator"])
    name = settings.pop("estimator")
    return f"{name}({', '.join(f'{key}={value}' for key, value in settings.items())})"


def _caption(study: Study) -> str:
    options = study.options
    grid = range(options["k_min"], options["k_max"] + 1, options["k_step"])
    shown = [*map(str, grid)] if len(grid) < 4 else [str(grid[0]), str(grid[1]), "...", str(grid[-1])]
    *spent, last = spent_words(study.catalog.resources)
    return (
        f"A cell: passes k, accuracy, share of queries that meet all budgets; {', '.join(spent)} and {last} a query. "
        f"All but the share are means. {estimator_text(options)}; k = {', '.join(shown)}."
    )
