"""Which figures a report draws with matplotlib: those of pipelines, and all others where they are asked for."""

from collections.abc import Mapping
from typing import Literal

from moo_inference.studies.cells import Cell
from moo_inference.studies.study import Study
from moo_inference.views.confidence import by_rule
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
from moo_inference.views.figures.render import Job
from moo_inference.views.figures.trajectory import trajectory
from moo_inference.views.pipeline_parts import Picture, pipeline_picture
from moo_inference.views.study_tables import spent_words

Pictures = Literal["few", "all"]
"""How many figures: `few` draws charts alone, `all` also those of `moo_inference.views.figures`, which take long."""

OVERVIEW = "overview"

_DPI = 110

_ALTERNATIVES = {
    "cube": "Feasible cube in cost, time and accuracy",
    "accuracy": "Accuracy over k",
    "cost-and-time": "{} over k",
    "projections": "Pairwise projections of the front",
    "parallel": "The front as parallel coordinates",
    "selection": "How often each k is chosen",
}


def jobs(study: Study, pictures: Pictures) -> list[Job]:
    """The figures that are to be drawn.

    Args:
        study: the study.
        pictures: how many.
    """
    found = [*_jobs_of_models(study)] if pictures == "all" else []
    for cell in study.pipeline_cells:
        view = pipeline.prepare(study, cell.scenario, cell.pipeline)
        found.append(Job(pipeline_picture(cell), pipeline.render, (view, 190.0), ("png8",), _DPI))
    return found


def _jobs_of_models(study: Study) -> list[Job]:
    found = [Job(OVERVIEW, chosen_k.render, (chosen_k.prepare(study), 210.0), ("png8",), _DPI)]
    found += [
        Job(_of_scenario(key), across_models.render, (across_models.prepare(study, key), 190.0), ("png8",), _DPI)
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
            found.append(Job(_of_cell(cell, kind), draw, (cell_view, width), ("png8",), _DPI))
        if any(own.resamples for own in by_rule(study.assessments, cell.scenario, cell.model).values()):
            shown = selection.prepare(study, cell.scenario, cell.model)
            arguments = (shown, cell_view.title, 140.0)
            found.append(Job(_of_cell(cell, "selection"), selection.render, arguments, ("png8",), _DPI))
    return found


def pictures_of_cell(study: Study, cell: Cell, drawn: Mapping[str, str]) -> tuple[Picture, ...]:
    """Those of one model in one scenario.

    Args:
        study: the study.
        cell: of a model.
        drawn: the figures by name.
    """
    name, scenario = study.catalog.models[cell.model].name, study.catalog.scenarios[cell.scenario].name
    *first, last = spent_words(study.catalog.resources)
    spent = f"{', '.join(first)} and {last}".capitalize()
    return tuple(
        Picture(drawn[_of_cell(cell, kind)], f"{text.format(spent)}: {name}, {scenario}")
        for kind, text in _ALTERNATIVES.items()
        if _of_cell(cell, kind) in drawn
    )


def picture_of_scenario(study: Study, key: str, drawn: Mapping[str, str]) -> Picture | None:
    """That of all models in one scenario; None where it is not drawn."""
    if _of_scenario(key) not in drawn:
        return None
    name = study.catalog.scenarios[key].name
    words = f"Accuracy over cost, time and further resources of all models, {name}"
    return Picture(drawn[_of_scenario(key)], words)


def _of_cell(cell: Cell, kind: str) -> str:
    return f"{kind}\n{cell.scenario}\n{cell.model}"


def _of_scenario(key: str) -> str:
    return f"scenario\n{key}"
