"""All models of a scenario on charts of accuracy over cost, time and further resources, each with its choices."""

import re
from collections.abc import Mapping, Sequence
from textwrap import fill

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter

from moo_inference.deprecations import renamed
from moo_inference.errors import unknown_name
from moo_inference.formatting.keepers import keeper
from moo_inference.studies.study import Study
from moo_inference.views.families import in_families, short_name
from moo_inference.views.figures import style
from moo_inference.views.figures.families import line_styles
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import Trajectory, trajectory

_MANY = 10
"""From so many models on, markers are smaller."""


def prepare(study: Study, scenario: str, labels: Mapping[str, str] | None = None) -> list[Trajectory]:
    """The trajectories of all models of a scenario.

    Args:
        study: the study.
        scenario: id of the scenario.
        labels: what to call a rule instead of its id.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario.
    """
    if scenario not in study.catalog.scenarios:
        raise unknown_name("scenario", scenario, list(study.catalog.scenarios))
    return [trajectory(study, scenario, model, labels) for model in in_families(study.catalog.models)]


def draw(axes: Sequence[Axes], views: Sequence[Trajectory], size: Size) -> None:
    """Draw accuracy over cost, over time and over each further resource, on an axes of its own.

    Thick where all budgets are met, thin where not. Colours and dashes mean models, or families, whose colour is
    lighter where there is less effort; shapes of markers mean rules.

    Args:
        axes: one for cost, one for time, and one for each further resource.
        views: one trajectory per model.
        size: letters, lines and markers for the width of the figure.
    """
    *spent, floor = views[0].limits
    keeps = {one.keep for one in views}
    lines = _lines(views)
    for column, (ax, budget) in enumerate(zip(axes, spent, strict=True)):
        for one, (colour, dash) in zip(views, lines, strict=True):
            amounts, accuracy = one.values[:, column], one.values[:, -1]
            ax.plot(amounts, accuracy, color=colour, linewidth=0.5 * size.line, alpha=0.6, zorder=1)
            met = np.where(one.feasible, accuracy, np.nan)
            ax.plot(amounts, met, color=colour, linestyle=dash, linewidth=1.4 * size.line, zorder=2)
        for one, (colour, _) in zip(views, lines, strict=True):
            points = [(mark.looked_at[column], mark.looked_at[-1]) for mark in one.chosen]
            style.place(ax, size, one.chosen, points, scale=0.65 if len(views) < _MANY else 0.45, colour=colour)
        style.limit(ax, size, budget.value, vertical=True)
        style.limit(ax, size, floor.value)
        style.dress(ax, size, f"{style.quantity_label(budget)}, logarithmic", style.quantity_label(floor, keeps))
        ax.set_xscale("log")
        low, high = ax.get_xlim()
        # Within a few tens of each other, powers of ten alone would be one number or none.
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high > 60 * low else (1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter(style.Amounts(style.quantity_unit(budget.quantity), alike=False))
        ax.xaxis.set_minor_formatter(NullFormatter())
        style.numbers(ax.yaxis)
        if not any(one.feasible.any() for one in views):
            style.message(ax, size, "no k of any of these models meets all budgets", 30)


def handles(views: Sequence[Trajectory], size: Size) -> list[Line2D]:
    """What the legend holds: the models, the rules and the budgets."""
    several = len({one.keep for one in views}) > 1
    models = [
        Line2D([], [], color=colour, linestyle=dash, linewidth=1.4 * size.line, label=_name(one, size, several=several))
        for one, (colour, dash) in zip(views, _lines(views), strict=True)
    ]
    rules = style.mark_handles(views[0].marks, size, with_k=False, colour="#BBBBBB")
    budgets = style.budget_words("budgets", views[0].limits, size)
    if views[0].family is not None:
        # A number stays with its unit.
        budgets = fill(re.sub(r"(?<=\d) (?=[^\W\d])", "\u00a0", budgets), _legend_letters(views[0], size))
    return [*models, *rules, *style.budget_line(budgets, size)]


def figure(
    study: Study, scenario: str, *, width_mm: float = PAPER_MM, labels: Mapping[str, str] | None = None
) -> Figure:
    """Accuracy over cost, time and further resources of all models of a scenario, each with its choices.

    Args:
        study: the study.
        scenario: id of the scenario.
        width_mm: width of the figure; 85 fits a paper's column, 254 a slide.
        labels: what to call a rule instead of its id.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario.
    """
    return render(prepare(study, scenario, labels), width_mm)


def render(views: Sequence[Trajectory], width_mm: float = PAPER_MM) -> Figure:
    """See `figure`; from data that are prepared already."""
    size = Size(width_mm)
    shown = handles(views, size)
    panels = len(views[0].limits) - 1
    columns = size.columns(panels)
    entries = sum(1 + str(line.get_label()).count("\n") for line in shown)
    legend_mm = 0.48 * size.font * (-(-entries // _legend_columns(size)) + 1)
    height = (0.62 if size.narrow else 0.4) * -(-panels // columns) * width_mm + legend_mm + 1.2 * size.font
    title = f"{views[0].scenario.name}: thick where all budgets are met"
    figure, axes = style.framed(title, size, height, shown, panels=panels, columns=columns, sharey=True)
    draw(axes, views, size)
    for index, ax in enumerate(axes):
        if index % columns:
            ax.set_ylabel("")
    return figure


def _lines(views: Sequence[Trajectory]) -> list[tuple[str, style.Dash]]:
    return line_styles([one.kin for one in views])


def _legend_columns(size: Size) -> int:
    return 2 if size.narrow else 3


def _legend_letters(view: Trajectory, size: Size) -> int:
    """Letters in the width of a column of the legend; of long names of families, all lines are full."""
    points = 2.834 * size.width_mm / _legend_columns(size)
    return int(points / ((0.55 if view.family is None else 0.63) * 0.9 * size.font)) - 7


def _name(view: Trajectory, size: Size, *, several: bool) -> str:
    """The name of a model, in the width of a column of the legend, in two lines if necessary, of families in three."""
    width = _legend_letters(view, size)
    what = [*([keeper(view.keep)] if several else []), *([] if view.feasible.any() else ["infeasible"])]
    end = f" ({', '.join(what)})" if what else ""
    return fill(short_name(view.model, view.kin, (2 if view.family is None else 3) * width - len(end)) + end, width)


__getattr__ = renamed(__name__, {"sheet": "render"})
