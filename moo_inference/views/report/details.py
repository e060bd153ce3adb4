"""What stands folded below the top of the report: every choice, what each model does, and how it was made."""

from collections.abc import Mapping
from dataclasses import dataclass

from moo_inference.decision.registry import RULES, make_rule
from moo_inference.formatting.amounts import unit_words
from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.formatting.table import MOST_ROWS, Table, first_rows
from moo_inference.studies.cells import Cell
from moo_inference.studies.study import Study
from moo_inference.views.choice_cells import choice_cells
from moo_inference.views.confidence import by_rule, how_sure, meaning, sure
from moo_inference.views.evidence import counted_notes
from moo_inference.views.families import cells_in_families
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.marks import Mark, marks
from moo_inference.views.pipeline_parts import Picture
from moo_inference.views.report.charts import Charts, Styles, across_models, over_k
from moo_inference.views.report.pictures import picture_of_scenario, pictures_of_cell
from moo_inference.views.study_tables import (
    budget_text,
    drawn_notes,
    estimator_name,
    estimator_text,
    scenario_tables,
    spent_words,
)

ALL_ROWS = "moo-inference solve with the same options and --format csv"

KNEE = "knee-chord"
"""The rule whose choices alone stand in the table of choices where it would be long."""

Views = Mapping[str, Mapping[str, Trajectory]]
"""The trajectories of the models, by scenario and model."""


@dataclass(frozen=True)
class CellPart:
    """The part of the report on one model in one scenario; how sure each rule's choice is, where that is known."""

    name: str
    summary: str
    infeasibility: str | None
    marks: tuple[Mark, ...]
    charts: Charts
    pictures: tuple[Picture, ...]
    sure: Mapping[str, str]


@dataclass(frozen=True)
class ScenarioPart:
    """The part of the report on one scenario.

    Its cells are of MOST_ROWS models at most, the recommended one among them; `left_out` counts the others.
    """

    key: str
    name: str
    budgets: str
    table: Table
    charts: Charts
    picture: Picture | None
    cells: tuple[CellPart, ...]
    left_out: int


def scenario_parts(
    study: Study, views: Views, styles: Styles, drawn: Mapping[str, str], recommended: Mapping[str, str | None]
) -> list[ScenarioPart]:
    """One part a scenario.

    Args:
        study: the study.
        views: what the charts show.
        styles: of the lines of models.
        drawn: the figures by name.
        recommended: id of the model that is recommended, by scenario.
    """
    parts = []
    for (key, scenario), full in zip(study.catalog.scenarios.items(), scenario_tables(study), strict=True):
        table = first_rows(full, ALL_ROWS)
        here = [cell for cell in cells_in_families(study) if cell.scenario == key]
        if len(here) > MOST_ROWS:
            here = [cell for cell in here if cell.model == recommended[key]] + [
                cell for cell in here if cell.model != recommended[key]
            ]
        cells = tuple(
            _cell_part(study, cell, over_k(views[key][cell.model], styles[cell.model][0]), drawn)
            for cell in here[:MOST_ROWS]
        )
        picture = picture_of_scenario(study, key, drawn)
        charts = across_models(views[key], styles)
        parts.append(
            ScenarioPart(
                key, scenario.name, budget_text(scenario), table, charts, picture, cells, len(here) - len(cells)
            )
        )
    return parts


def _cell_part(study: Study, cell: Cell, charts: Charts, drawn: Mapping[str, str]) -> CellPart:
    chosen = marks(study, cell)
    summary = ", ".join(f"{mark.marker.symbol} {mark.short}" for mark in chosen)
    why = None if cell.front.infeasibility is None else str(cell.front.infeasibility)
    known = by_rule(study.confidence, cell.scenario, cell.model)
    certainty = {rule: how_sure(own) for rule, own in known.items() if how_sure(own)}
    name = f"{study.catalog.models[cell.model].name} ({cell.model})"
    return CellPart(name, summary, why, chosen, charts, pictures_of_cell(study, cell, drawn), certainty)


def picks(rule: str) -> str:
    """How a rule decides, in a sentence."""
    return make_rule(rule).picks if rule in RULES else "A rule of the user's own."


def divided_by(study: Study) -> list[str]:
    """By what the rules divide each objective but the error, in words."""
    limits = next(iter(study.catalog.scenarios.values())).limits(study.catalog.resources)[:-1]
    words = spent_words(study.catalog.resources)
    return [f"{word} by {limit.budget}" for word, limit in zip(words, limits, strict=True)]


def settings_table(study: Study) -> list[tuple[str, str]]:
    """The settings of the study and the versions, a name and a text each."""
    options = study.options
    grid = options.conditions.grid
    shown = [("estimator", estimator_text(options)), ("passes k", f"{grid[0]} to {grid[-1]} in steps of {grid.step}")]
    for value, text, otherwise in (
        (options.parallel, "passes at the same time", "each model's own"),
        (options.latency, "how times add up", "each model's own"),
        (options.solver, "solver", "exhaustive"),
    ):
        shown.append((text, otherwise if value is None else str(value)))
    if options.assess is not None:
        shown.append(("replications", str(options.assess)))
    versions = ", ".join(f"{name} {version}" for name, version in study.settings["versions"].items())
    return [*shown, ("versions", versions)]


_MOST_AT_THE_TOP = 20


def chosen_table(study: Study) -> Table:
    """What was chosen, with what it costs: all rules where that is short, else the recommended one.

    Rules that take the same k share a row.
    """
    # In a scenario that lacks a budget some rules have nothing to divide by.
    applied = [{choice.rule for choice in cell.choices} for cell in study.model_cells]
    shown = [rule for rule in study.options.decisions if any(rule in own for own in applied)]
    if len(shown) * len(study.model_cells) > _MOST_AT_THE_TOP:
        everywhere = [rule for rule in shown if all(rule in own for own in applied)] or shown
        shown = [KNEE if KNEE in everywhere else everywhere[0]]
    several = len(study.catalog.scenarios) > 1
    keeps = {key: model.keep for key, model in study.catalog.models.items()}
    measured = any(curve.evidence is not None for curve in study.model_curves.values())
    more = tuple(unit_words(unit) for unit in study.catalog.resources)
    rows: list[tuple[str, ...]] = []
    cells = cells_in_families(study)
    for cell in cells:
        by_k: dict[str, list[Mark]] = {}
        for mark in marks(study, cell):
            if mark.rule in shown:
                by_k.setdefault(mark.short, []).append(mark)
        scenario = study.catalog.scenarios[cell.scenario].name
        by = f"\n{keeper(keeps[cell.model])}" if len(set(keeps.values())) > 1 else ""
        head = (*([scenario] if several else []), f"{study.catalog.models[cell.model].name}{by}")
        known = by_rule(study.confidence, cell.scenario, cell.model)
        for same in by_k.values():
            found = known.get(same[0].rule)
            amounts = ["\n".join(cell) for cell in choice_cells(same[0], found, measured=measured, units=True)]
            chosen_by = "\n".join(f"{mark.marker.symbol} {mark.rule}" for mark in same)
            # A line a rule: rules that take the same k are not equally sure of it.
            how = ["\n".join(sure(known.get(mark.rule)) for mark in same).rstrip()] if study.confidence else []
            k, *amounts = amounts or [same[0].short, *[""] * (4 + len(more))]
            rows.append((*head, chosen_by, k, *how, *amounts))
    columns = ("scenario", "model") if several else ("model",)
    how_heading = ["how sure"] if study.confidence else []
    return Table(
        f"Chosen by {', '.join(shown)}",
        (*columns, "rule", "k", *how_heading, "accuracy", "cost", "time", *more, "meet all budgets"),
        tuple(rows),
        (
            kept_of(set(keeps.values())),
            *(["Below an accuracy: its 95 % interval over the questions of the evaluation."] if measured else []),
            *meaning(study.confidence.values()),
            *drawn_notes(study, cells, shown),
            *counted_notes(study.catalog.models, estimator_name(study)),
        ),
    )
