"""The parts of the report on pipelines."""

from dataclasses import dataclass
from math import prod

from moo_inference.pipelines.plan import Part, Stage, has_branches, parts_of, plan_of, stages_of
from moo_inference.studies.cells import Cell
from moo_inference.studies.study import Study
from moo_inference.views.marks import Mark, marks
from moo_inference.views.study_tables import INDEPENDENT, LOWER_BOUND, budget_text


@dataclass(frozen=True)
class Picture:
    """A figure inside the report.

    Attributes:
        source: a data URL.
        alternative: text for readers who cannot see it.
    """

    source: str
    alternative: str


@dataclass(frozen=True)
class Drawn:
    """A stage or a group as the report draws it.

    Attributes:
        kind: `stage`, `series` or `parallel`.
        name: of a stage, else empty.
        models: of a stage, by name and id.
        passes: which k a stage may take.
        parts: what is inside a group.
    """

    kind: str
    name: str = ""
    models: tuple[str, ...] = ()
    passes: str = ""
    parts: "tuple[Drawn, ...]" = ()


@dataclass(frozen=True)
class StagesInScenario:
    """The part of the report on one pipeline in one scenario."""

    name: str
    budgets: str
    rows: int
    looked_at: int
    stages: tuple[str, ...]
    marks: tuple[Mark, ...]
    nothing: str | None
    picture: Picture


@dataclass(frozen=True)
class StagesPart:
    """The part of the report on one pipeline."""

    name: str
    drawn: Drawn
    choices: int
    notes: tuple[str, ...]
    scenarios: tuple[StagesInScenario, ...]


def pipeline_picture(cell: Cell) -> str:
    """What the figure of a cell is called."""
    return f"pipeline\n{cell.scenario}\n{cell.pipeline}"


def pipeline_parts(study: Study, pictures: dict[str, str]) -> list[StagesPart]:
    """One part a pipeline, from the figures by name."""
    parts = []
    for key, entry in study.catalog.pipelines.items():
        plan = plan_of(entry, study.catalog.models)
        choices = prod(len(stage.models) * len(_grid(study, stage)) for stage in stages_of(plan))
        notes = (*((LOWER_BOUND,) if has_branches(plan) else ()), INDEPENDENT)
        cells = [cell for cell in study.pipeline_cells if cell.pipeline == key]
        scenarios = tuple(_scenario(study, cell, pictures) for cell in cells)
        parts.append(StagesPart(f"{entry.name} ({key})", _drawn(study, plan), choices, notes, scenarios))
    return parts


def _scenario(study: Study, cell: Cell, pictures: dict[str, str]) -> StagesInScenario:
    scenario, front = study.catalog.scenarios[cell.scenario], cell.front
    pipeline = study.catalog.pipelines[cell.pipeline].name
    return StagesInScenario(
        scenario.name,
        budget_text(scenario),
        len(front),
        front.looked_at,
        front.stages,
        marks(study, cell),
        None if len(front) else cell.choices[0].reason,
        Picture(pictures[pipeline_picture(cell)], f"Front of the pipeline: {pipeline}, {scenario.name}"),
    )


def _drawn(study: Study, part: Part) -> Drawn:
    if isinstance(part, Stage):
        names = tuple(f"{model.name} ({key})" for key, model in part.models.items())
        grid = _grid(study, part)
        passes = f"k = {grid[0]}" if len(grid) == 1 else f"k = {grid[0]} to {grid[-1]}" if len(grid) else "no k"
        return Drawn("stage", part.name, names, passes + (f" in steps of {grid.step}" if grid.step > 1 else ""))
    inner, at_once = parts_of(part)
    return Drawn("parallel" if at_once else "series", parts=tuple(_drawn(study, each) for each in inner))


def _grid(study: Study, stage: Stage) -> range:
    options = study.options
    first, last, step = (
        getattr(options, name) if own is None else own
        for name, own in (("k_min", stage.k_min), ("k_max", stage.k_max), ("k_step", stage.k_step))
    )
    return range(first, last + 1, step)
