"""One self-contained HTML file on a study: to show a choice to others, and to run it again."""

import base64
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moo_inference.decision.registry import RULES, make_rule
from moo_inference.documents.files import refuse_to_replace, write_atomically
from moo_inference.documents.results import REPORT
from moo_inference.estimators import Progress
from moo_inference.formatting.amounts import unit_words
from moo_inference.formatting.keepers import keeper, kept_of
from moo_inference.formatting.table import Table, html_table
from moo_inference.records.report_file import ELEMENT_ID
from moo_inference.studies.cells import Cell
from moo_inference.studies.study import Study
from moo_inference.views.choice_cells import choice_cells
from moo_inference.views.confidence import by_rule, how_sure, meaning, sure
from moo_inference.views.evidence import counted_notes, needed_files, sources_of_attempts
from moo_inference.views.families import cells_in_families, in_families
from moo_inference.views.figures import (
    accuracy,
    across_models,
    chosen_k,
    cost_and_time,
    cube,
    parallel,
    pipeline,
    projections,
    selection,
)
from moo_inference.views.figures.render import Job, render_all
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.marks import Mark, marks
from moo_inference.views.pipeline_parts import Picture, pipeline_parts, pipeline_picture
from moo_inference.views.study_tables import (
    budget_text,
    drawn_notes,
    estimator_name,
    estimator_text,
    scenario_tables,
    spent_words,
)

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_DPI = 110

_NUMBER = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")

RECOMMENDED = "knee-chord"
"""The rule whose choices stand at the top of a long report."""


@dataclass(frozen=True)
class CellPart:
    """The part of the report on one model in one scenario; how sure each rule's choice is, where that is known."""

    name: str
    summary: str
    infeasibility: str | None
    marks: tuple[Mark, ...]
    pictures: tuple[Picture, ...]
    sure: Mapping[str, str]


@dataclass(frozen=True)
class ScenarioPart:
    """The part of the report on one scenario."""

    name: str
    budgets: str
    table: Table
    picture: Picture
    cells: tuple[CellPart, ...]


def write_report(
    study: Study,
    path: str | os.PathLike[str],
    *,
    command: str | None = None,
    progress: Progress | None = None,
    overwrite: bool = False,
) -> None:
    """Write a report atomically.

    Args:
        study: what it is about.
        path: where it goes. A report of before is replaced, and so is an empty file.
        command: what made it, as typed in a shell; None where a program did.
        progress: called with the figures drawn and their number.
        overwrite: replace whatever is there.

    Raises:
        OutputError: (an OSError) another file is there, or it cannot be written.
    """
    refuse_to_replace(path, REPORT, overwrite=overwrite)
    write_atomically(path, report_html(study, command=command, progress=progress))


def report_html(study: Study, *, command: str | None = None, progress: Progress | None = None) -> str:
    """The report as text; see `write_report`. The same study gives the same bytes.

    Args:
        study: the study.
        command: the command line that made it, as text.
        progress: called with the figures drawn and their number.
    """
    pictures = {
        name: "data:image/png;base64," + base64.b64encode(images["png8"]).decode()
        for name, images in render_all(_jobs(study), progress)
    }
    by_rule = {mark.rule: mark.marker for cell in study.model_cells for mark in marks(study, cell)}
    data = {"command": command, "settings": study.settings, "choices": [record.to_dict() for record in study.records()]}
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            study=study,
            names=[study.catalog.models[key].name for key in in_families(study.catalog.models)],
            chosen=_chosen(study),
            scenarios=_scenario_parts(study, pictures),
            pipelines=pipeline_parts(study, pictures),
            overview=Picture(pictures["overview"], "Heat map of the chosen k of every model, scenario and rule"),
            rules=[(marker, rule, _picks(rule)) for rule, marker in by_rule.items()],
            table=_table,
            spent=spent_words(study.catalog.resources),
            divided=_divided(study),
            settings=_settings(study),
            warnings=_warnings(study),
            sources=sources_of_attempts(study.catalog.models),
            attempts=needed_files(study.catalog.models),
            command=command,
            element_id=ELEMENT_ID,
            data=_embedded(data),
        )
    )


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 (only for reports)

    return Environment(
        loader=PackageLoader("moo_inference.views", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], attributes: str = "") -> "Markup":
    from markupsafe import Markup  # noqa: PLC0415 (only for reports)

    return Markup(html_table(columns, rows, attributes=attributes))  # noqa: S704 (every cell is escaped)


def _embedded(data: dict[str, Any]) -> "Markup":
    """JSON that can stand inside a script element, whatever names are in it."""
    from markupsafe import Markup  # noqa: PLC0415 (only for reports)

    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def _jobs(study: Study) -> list[Job]:
    jobs = [Job("overview", chosen_k.render, (chosen_k.prepare(study), 210.0), ("png8",), _DPI)]
    jobs += [
        Job(f"scenario\n{key}", across_models.render, (across_models.prepare(study, key), 190.0), ("png8",), _DPI)
        for key in study.catalog.scenarios
    ]
    for cell in study.model_cells:
        cell_view = trajectory(study, cell.scenario, cell.model)
        for kind, draw, width in (
            ("cube", cube.render, 105.0),
            ("accuracy", accuracy.render, 105.0),
            ("cost-and-time", cost_and_time.render, 190.0),
            ("projections", projections.render, 190.0),
            # Of three objectives the cube and its projections show all there is.
            *([("parallel", parallel.render, 190.0)] if study.catalog.resources else []),
        ):
            jobs.append(Job(_picture_name(cell, kind), draw, (cell_view, width), ("png8",), _DPI))
        if any(own.resamples for own in by_rule(study.assessments, cell.scenario, cell.model).values()):
            shown = selection.prepare(study, cell.scenario, cell.model)
            arguments = (shown, cell_view.title, 140.0)
            jobs.append(Job(_picture_name(cell, "selection"), selection.render, arguments, ("png8",), _DPI))
    for cell in study.pipeline_cells:
        view = pipeline.prepare(study, cell.scenario, cell.pipeline)
        jobs.append(Job(pipeline_picture(cell), pipeline.render, (view, 190.0), ("png8",), _DPI))
    return jobs


_ALTERNATIVES = {
    "cube": "Feasible cube in cost, time and accuracy",
    "accuracy": "Accuracy over k",
    "cost-and-time": "{} over k",
    "projections": "Pairwise projections of the front",
    "parallel": "The front as parallel coordinates",
    "selection": "How often each k is chosen",
}


def _picture_name(cell: Cell, kind: str) -> str:
    return f"{kind}\n{cell.scenario}\n{cell.model}"


def _scenario_parts(study: Study, pictures: dict[str, str]) -> list[ScenarioPart]:
    parts = []
    for (key, scenario), table in zip(study.catalog.scenarios.items(), scenario_tables(study), strict=True):
        cells = tuple(_cell_part(study, cell, pictures) for cell in cells_in_families(study) if cell.scenario == key)
        across = Picture(
            pictures[f"scenario\n{key}"],
            f"Accuracy over cost, time and further resources of all models, {scenario.name}",
        )
        parts.append(ScenarioPart(scenario.name, budget_text(scenario), table, across, cells))
    return parts


def _cell_part(study: Study, cell: Cell, pictures: dict[str, str]) -> CellPart:
    name = study.catalog.models[cell.model].name
    scenario = study.catalog.scenarios[cell.scenario].name
    chosen = marks(study, cell)
    summary = ", ".join(f"{mark.marker.symbol} {mark.short}" for mark in chosen)
    *first, last = spent_words(study.catalog.resources)
    spent = f"{', '.join(first)} and {last}".capitalize()
    shown = tuple(
        Picture(pictures[_picture_name(cell, kind)], f"{text.format(spent)}: {name}, {scenario}")
        for kind, text in _ALTERNATIVES.items()
        if _picture_name(cell, kind) in pictures
    )
    why = None if cell.front.infeasibility is None else str(cell.front.infeasibility)
    known = by_rule(study.confidence, cell.scenario, cell.model)
    sure = {rule: how_sure(own) for rule, own in known.items() if how_sure(own)}
    return CellPart(f"{name} ({cell.model})", summary, why, chosen, shown, sure)


def _picks(rule: str) -> str:
    return make_rule(rule).picks if rule in RULES else "A rule of the user's own."


def _divided(study: Study) -> list[str]:
    """By what the rules divide each objective but the error, in words."""
    limits = next(iter(study.catalog.scenarios.values())).limits(study.catalog.resources)[:-1]
    words = spent_words(study.catalog.resources)
    return [f"{word} by {limit.budget}" for word, limit in zip(words, limits, strict=True)]


def _settings(study: Study) -> list[tuple[str, str]]:
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


def _chosen(study: Study) -> Table:
    """What was chosen, with what it costs: all rules where that is short, else the recommended one.

    Rules that take the same k share a row.
    """
    rules = study.options.decisions
    shown = {rule: mark for cell in study.model_cells[:1] for rule, mark in zip(rules, marks(study, cell), strict=True)}
    if len(rules) * len(study.model_cells) > _MOST_AT_THE_TOP:
        shown = {rule: shown[rule] for rule in [RECOMMENDED if RECOMMENDED in shown else rules[0]]}
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


def _warnings(study: Study) -> list[tuple[str, Sequence[str]]]:
    """The caveats: each sentence once, with the choices it is about.

    Sentences that differ in their numbers alone are one, with a gap for each number, and each choice has its own.
    """
    grouped: dict[str, dict[str, list[str]]] = {}

    def add(sentence: str, where: str) -> None:
        places = grouped.setdefault(_NUMBER.sub("…", sentence), {}).setdefault(sentence, [])
        if where not in places:
            places.append(where)

    for cell in study.model_cells:
        where = f"{study.catalog.models[cell.model].name}, {study.catalog.scenarios[cell.scenario].name}"
        if cell.front.infeasibility is not None:
            add(str(cell.front.infeasibility), where)
            continue
        for mark in marks(study, cell):
            for warning in mark.warnings:
                add(warning, f"{where}, {mark.rule}")
    for cell in study.pipeline_cells:
        catalog = study.catalog
        where = f"{catalog.pipelines[cell.pipeline].name}, {catalog.scenarios[cell.scenario].name}"
        for choice in cell.choices:
            for warning in choice.warnings:
                # Where there is no front, all rules have the same warning.
                add(warning, f"{where}, {choice.rule}" if len(cell.front) else where)
    warnings: list[tuple[str, Sequence[str]]] = []
    for gaps, sentences in grouped.items():
        if len(sentences) == 1:
            warnings += sentences.items()
        else:
            warnings.append((gaps, [f"{'; '.join(places)}: {one}" for one, places in sentences.items()]))
    return warnings
