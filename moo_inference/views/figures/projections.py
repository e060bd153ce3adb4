"""The front as pairwise projections, which is what can be read exactly of three dimensions and more."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moo_inference.views.figures.style import (
    PAPER_MM,
    PURPLE,
    Size,
    budget_handles,
    dress,
    heading,
    legend,
    limit,
    mark_handles,
    numbers,
    place,
    quantity_label,
    quantity_unit,
    say,
)
from moo_inference.views.figures.trajectory import Trajectory, of_a_cell

_LONG, _MANY = 10_000, 6
"""From which amount on, and in more than how many panels, there is room for two numbers across only."""


def pairs(quantities: int) -> list[tuple[int, int]]:
    """Which of so many quantities stand across and up in each panel: accuracy, the last, over each; then the others."""
    last = quantities - 1
    return [*((spent, last) for spent in range(last)), *combinations(range(last), 2)]


def draw(axes: Sequence[Axes], found: Trajectory, size: Size) -> None:
    """Draw each projection on an axes of its own, with budgets and choices; see `pairs`."""
    values = found.values
    limits, spans = found.limits, found.spans
    chosen = [mark for mark in found.marks if mark.k is not None]
    for ax, (across, up) in zip(axes, pairs(len(limits)), strict=True):
        ax.plot(values[:, across], values[:, up], color="#BBBBBB", linewidth=size.line / 2, zorder=1)
        for rows, colour, points in ((~found.on_front, "#BBBBBB", 0.1), (found.on_front, PURPLE, 0.2)):
            ax.scatter(values[rows, across], values[rows, up], s=points * size.font**2, color=colour, zorder=2)
        limit(ax, size, limits[across].value, vertical=True)
        limit(ax, size, limits[up].value)
        place(ax, size, chosen, [(mark.looked_at[across], mark.looked_at[up]) for mark in chosen], clip_on=False)
        crowded = len(axes) > _MANY
        name = heading(quantity_label(limits[across]), size, size.width_mm / (6 if crowded else 1))
        dress(ax, size, name, quantity_label(limits[up], {found.keep}))
        long = spans[across][1] >= _LONG or crowded
        for axis, column, most in ((ax.xaxis, across, 2 if long else 4), (ax.yaxis, up, 5)):
            numbers(axis, quantity_unit(limits[column].quantity), most)
        ax.set(xlim=spans[across], ylim=spans[up])
        if found.infeasibility is not None:
            say(ax, size, found.infeasibility.split(";")[0], 24)


def handles(found: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the kinds of points and the budgets."""
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 0.45 * size.font}
    front = [Line2D([], [], color=PURPLE, **dot, label="Pareto front")] if found.on_front.any() else []
    others = [] if np.all(found.on_front) else [Line2D([], [], color="#BBBBBB", **dot, label="other k")]
    return [
        *mark_handles(found.marks, size),
        *front,
        *others,
        *budget_handles("budgets", found.limits, size),
    ]


def sheet(found: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """The front of one model in one scenario as pairwise projections of all quantities."""
    size = Size(width_mm)
    panels = len(pairs(len(found.limits)))
    # The first row has accuracy over everything else, where there is the room for it.
    columns = (1 if panels < 4 else 2) if size.narrow else max(3, len(found.limits) - 1)
    rows = -(-panels // columns)
    across = 1.9 / 3 * rows if columns == 1 else 0.2 + 0.45 * rows
    height = (across if size.narrow else 0.08 + 1.26 / columns * rows) * width_mm
    whole = size.sheet(height, layout="constrained")
    grid = whole.subplots(rows, columns, squeeze=False)
    draw(list(grid.flat[:panels]), found, size)
    for ax in grid.flat[panels:]:
        ax.remove()
    whole.suptitle(heading(found.title, size), fontsize=1.05 * size.font, parse_math=False)
    legend(whole, size, handles(found, size), loc="outside lower center", ncols=2 if size.narrow else 3)
    return whole


figure = of_a_cell(sheet)
