"""The front as pairwise projections, which is what can be read exactly of three dimensions and more."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moo_inference.deprecations import renamed
from moo_inference.views.figures import style
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import Trajectory, cell_figure

_LONG, _MANY = 10_000, 6
"""From which amount on, and in more than how many panels, an axis fits two numbers only."""


def pairs(quantities: int) -> list[tuple[int, int]]:
    """Which of so many quantities stand across and up in each panel: accuracy, the last, over each; then the others."""
    last = quantities - 1
    return [*((spent, last) for spent in range(last)), *combinations(range(last), 2)]


def draw(axes: Sequence[Axes], view: Trajectory, size: Size) -> None:
    """Draw each projection on an axes of its own, with budgets and choices; see `pairs`.

    Args:
        axes: one for each pair of quantities.
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
    """
    values = view.values
    limits, spans = view.limits, view.spans
    chosen = view.chosen
    for ax, (across, up) in zip(axes, pairs(len(limits)), strict=True):
        ax.plot(values[:, across], values[:, up], color="#BBBBBB", linewidth=size.line / 2, zorder=1)
        for rows, colour, points in ((~view.on_front, "#BBBBBB", 0.1), (view.on_front, style.PURPLE, 0.2)):
            ax.scatter(values[rows, across], values[rows, up], s=points * size.font**2, color=colour, zorder=2)
        style.limit(ax, size, limits[across].value, vertical=True)
        style.limit(ax, size, limits[up].value)
        style.place(ax, size, chosen, [(mark.looked_at[across], mark.looked_at[up]) for mark in chosen], clip_on=False)
        crowded = len(axes) > _MANY
        name = style.heading(style.quantity_label(limits[across]), size, size.width_mm / (6 if crowded else 1))
        style.dress(ax, size, name, style.quantity_label(limits[up], {view.keep}))
        long = spans[across][1] >= _LONG or crowded
        for axis, column, most in ((ax.xaxis, across, 2 if long else 4), (ax.yaxis, up, 5)):
            style.numbers(axis, style.quantity_unit(limits[column].quantity), most)
        ax.set(xlim=spans[across], ylim=spans[up])
        if view.infeasibility is not None:
            style.message(ax, size, view.infeasibility.split(";")[0], 24)


def handles(view: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the kinds of points and the budgets."""
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 0.45 * size.font}
    front = [Line2D([], [], color=style.PURPLE, **dot, label="Pareto front")] if view.on_front.any() else []
    others = [] if np.all(view.on_front) else [Line2D([], [], color="#BBBBBB", **dot, label="other k")]
    budgets = style.budget_handles("budgets", view.limits, size)
    return [*style.mark_handles(view.marks, size), *front, *others, *budgets]


def render(view: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """The front of one model in one scenario as pairwise projections of all quantities."""
    size = Size(width_mm)
    panels = len(pairs(len(view.limits)))
    # The first row has accuracy over everything else, where it fits.
    columns = (1 if panels < 4 else 2) if size.narrow else max(3, len(view.limits) - 1)
    rows = -(-panels // columns)
    across = 1.9 / 3 * rows if columns == 1 else 0.2 + 0.45 * rows
    height = (across if size.narrow else 0.08 + 1.26 / columns * rows) * width_mm
    figure, axes = style.framed(view.title, size, height, handles(view, size), panels=panels, columns=columns)
    draw(axes, view, size)
    return figure


figure = cell_figure(render)


__getattr__ = renamed(__name__, {"sheet": "render"})
