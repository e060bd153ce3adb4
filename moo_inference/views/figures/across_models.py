"""All models of a scenario on one chart of accuracy over cost, each with its choices."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from moo_inference.errors import unknown_name
from moo_inference.studies.study import Study
from moo_inference.views.figures.style import (
    LINES,
    PAPER_MM,
    Amounts,
    Dash,
    Size,
    brief,
    budget_handles,
    dress,
    heading,
    legend,
    limit,
    mark_handles,
    numbers,
    place,
    say,
)
from moo_inference.views.figures.trajectory import Trajectory, trajectory


def prepare(study: Study, scenario: str, labels: Mapping[str, str] | None = None) -> list[Trajectory]:
    """The trajectories of all models of a scenario.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario.
    """
    if scenario not in study.catalog.scenarios:
        raise unknown_name("scenario", scenario, list(study.catalog.scenarios))
    return [trajectory(study, scenario, model, labels) for model in study.catalog.models]


def draw(ax: Axes, found: Sequence[Trajectory], size: Size) -> None:
    """Draw accuracy over cost: thick where all budgets are met, thin where not, with the choices."""
    scenario = found[0].scenario
    for one, (colour, dash) in zip(found, _lines(len(found)), strict=True):
        cost, accuracy = one.cost.mean, one.accuracy.mean
        ax.plot(cost, accuracy, color=colour, linewidth=0.5 * size.line, alpha=0.6, zorder=1)
        met = np.where(one.feasible, accuracy, np.nan)
        ax.plot(cost, met, color=colour, linestyle=dash, linewidth=1.4 * size.line, zorder=2)
    for one in found:
        chosen = [mark for mark in one.marks if mark.k is not None]
        place(ax, size, chosen, [(mark.cost, mark.accuracy) for mark in chosen], scale=0.65)
    limit(ax, size, scenario.c_max, vertical=True)
    limit(ax, size, scenario.a_min)
    dress(ax, size, "cost of a query (USD), logarithmic", "accuracy of the kept answer")
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0,)))
    ax.xaxis.set_major_formatter(Amounts("$", alike=False))
    ax.xaxis.set_minor_formatter(NullFormatter())
    numbers(ax.yaxis)
    if not any(one.feasible.any() for one in found):
        say(ax, size, "no k of any of these models meets all budgets", 40)


def handles(found: Sequence[Trajectory], size: Size) -> list[Line2D]:
    """What the legend holds: the models, the rules and the budgets."""
    models = [
        Line2D([], [], color=colour, linestyle=dash, linewidth=1.4 * size.line, label=_name(one, size))
        for one, (colour, dash) in zip(found, _lines(len(found)), strict=True)
    ]
    cost, *_, floor = found[0].limits
    return [
        *models,
        *mark_handles(found[0].marks, size, with_k=False),
        *budget_handles("budgets", (cost, floor), size),
    ]


def figure(
    study: Study, scenario: str, *, width_mm: float = PAPER_MM, labels: Mapping[str, str] | None = None
) -> Figure:
    """Accuracy over cost of all models of a scenario, each with its choices.

    Args:
        study: the study.
        scenario: id of the scenario.
        width_mm: width of the figure; 85 fits a paper's column, 254 a slide.
        labels: what to call a rule instead of its id.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario.
    """
    return sheet(prepare(study, scenario, labels), width_mm)


def sheet(found: Sequence[Trajectory], width_mm: float = PAPER_MM) -> Figure:
    """See `figure`; from data that are prepared already."""
    size = Size(width_mm)
    shown = handles(found, size)
    rows_mm = 0.5 * size.font * (len(shown) + 1) // 2
    height = width_mm * 0.8 + rows_mm if size.narrow else max(0.56 * width_mm, 0.52 * size.font * (len(shown) + 2))
    whole = size.sheet(height, layout="constrained")
    ax = whole.subplots()
    draw(ax, found, size)
    title = heading(f"{found[0].scenario.name}: thick where all budgets are met", size)
    whole.suptitle(title, fontsize=1.05 * size.font, parse_math=False)
    where = {"loc": "outside lower center", "ncols": 2} if size.narrow else {"loc": "outside right center"}
    legend(whole, size, shown, **where)
    return whole


def _lines(count: int) -> list[tuple[str, Dash]]:
    return [LINES[place % len(LINES)] for place in range(count)]


def _name(found: Trajectory, size: Size) -> str:
    room = 20 if size.narrow else 28
    return brief(found.model, room) if found.feasible.any() else f"{brief(found.model, room - 6)} (infeasible)"
