"""The paper's Figures 4 to 21: for each of its nine models the feasible cubes and the accuracy over k, three panels."""

import os
from collections.abc import Callable, Iterable, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from moo_inference.documents.files import Kind, folder_in_the_way, prepare_folder, write_atomically
from moo_inference.documents.results import FIGURE
from moo_inference.errors import OutputError
from moo_inference.estimators import Progress
from moo_inference.paper.reproduce import PAPER_LABELS
from moo_inference.studies.study import Study
from moo_inference.views.figures import accuracy, cube
from moo_inference.views.figures.render import Job, render_all
from moo_inference.views.figures.style import Size, legend
from moo_inference.views.figures.trajectory import Trajectory, trajectory

_WIDTH_MM = 254.0
_FIRST = 4
"""Number of the first figure; each model has two."""

_KINDS = ("cubes", "accuracy")
_FORMATS = ("pdf", "png")

_TYPE = Size(105)
"""The letters: three panels side by side want smaller ones than a slide."""


def paper_figures(models: Iterable[str]) -> dict[str, Kind]:
    """The files that `write_paper_figures` writes for some models, by ids, by their names."""
    return {
        f"{_name(place, model, offset, kind)}.{suffix}": FIGURE
        for place, model in enumerate(models)
        for offset, kind in enumerate(_KINDS)
        for suffix in _FORMATS
    }


def _name(place: int, model: str, offset: int, kind: str) -> str:
    return f"figure_{_FIRST + 2 * place + offset:02d}_{model}_{kind}"


def write_paper_figures(
    study: Study, folder: str | os.PathLike[str], progress: Progress | None = None, *, overwrite: bool = False
) -> list[str]:
    """Write all figures of a study of the paper's models as PDF and PNG, on all cores.

    Args:
        study: a study with the paper's models and scenarios in the paper's order, such as `reproduce_paper().study`.
        folder: where they go. Figures of before are replaced.
        progress: called with the steps done and their number.
        overwrite: replace whatever is there.

    Returns:
        The names of the files.

    Raises:
        OutputError: (an OSError) other files are there by these names, or the folder cannot be written.
    """
    why = None if overwrite else folder_in_the_way(folder, paper_figures(study.catalog.models))
    if why is not None:
        raise OutputError(f"{folder}: {why}: take another folder, or overwrite=True to replace what is there")
    target = prepare_folder(folder)
    names = []
    for name, images in render_all(paper_jobs(study), progress):
        for kind, content in images.items():
            write_atomically(target / f"{name}.{kind}", content)
            names.append(f"{name}.{kind}")
    return names


def paper_jobs(study: Study) -> list[Job]:
    """What is to be drawn: two figures a model, called figure_04_gpt-5_cubes and so on."""
    jobs = []
    for place, model in enumerate(study.catalog.models):
        panels = [trajectory(study, scenario, model, PAPER_LABELS) for scenario in study.catalog.scenarios]
        for offset, (kind, draw) in enumerate(zip(_KINDS, (cubes, accuracies), strict=True)):
            jobs.append(Job(_name(place, model, offset, kind), draw, (panels,), _FORMATS, dpi=150))
    return jobs


def cubes(panels: Sequence[Trajectory]) -> Figure:
    """The feasible cubes of one model in several scenarios (paper, Fig. 4, 6, ..., 20)."""

    def draw(picture: Figure, left: float, width: float, view: Trajectory) -> Any:
        ax = picture.add_axes((left + 0.018, 0.27, width - 0.018, 0.65), projection="3d")
        cube.draw(ax, view, _TYPE)
        cube.colour_bar(picture, (left + 0.15 * width, 0.265, 0.7 * width, 0.018), view, _TYPE)
        return ax

    return _side_by_side(panels, 122, draw, cube.handles)


def accuracies(panels: Sequence[Trajectory]) -> Figure:
    """Accuracy over k of one model in several scenarios (paper, Fig. 5, 7, ..., 21)."""

    def draw(picture: Figure, left: float, width: float, view: Trajectory) -> Any:
        ax = picture.add_axes((left + 0.055, 0.36, width - 0.068, 0.52))
        accuracy.draw(ax, view, _TYPE)
        return ax

    return _side_by_side(panels, 90, draw, accuracy.handles)


def _side_by_side(
    panels: Sequence[Trajectory],
    height_mm: float,
    draw: Callable[[Figure, float, float, Trajectory], Any],
    handles: Callable[[Trajectory, Size], list[Any]],
) -> Figure:
    picture = Size(_WIDTH_MM).figure(height_mm)
    picture.suptitle(panels[0].model, fontsize=1.2 * _TYPE.font, parse_math=False, y=0.985)
    width = 1 / len(panels)
    for letter, left, view in zip(ascii_lowercase, np.arange(len(panels)) * width, panels, strict=False):
        ax = draw(picture, float(left), width, view)
        ax.set_title(f"({letter}) {view.scenario.name}", fontsize=_TYPE.font, parse_math=False)
        where = (float(left) + width / 2, 0.007)
        legend(picture, _TYPE, handles(view, _TYPE), loc="lower center", ncols=2, bbox_to_anchor=where)
    return picture
