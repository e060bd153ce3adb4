"""The front as three pairwise projections, which is what can be read exactly of three dimensions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moo_inference.texts.amounts import seconds, usd
from moo_inference.views.figures.style import (
    PAPER_MM,
    PURPLE,
    RED,
    Size,
    dress,
    heading,
    legend,
    limit,
    mark_handles,
    numbers,
    place,
    say,
)
from moo_inference.views.figures.trajectory import Trajectory, of_a_cell

PAIRS = ((0, 2), (1, 2), (0, 1))
"""Which of cost, time and accuracy stand across and up in each panel."""

_LABELS = ("cost of a query (USD)", "time of a query (s)", "accuracy")


def draw(axes: Sequence[Axes], found: Trajectory, size: Size) -> None:
    """Draw the three projections on three axes, with budgets and choices."""
    means = found.curve.means
    scenario = found.scenario
    budgets = (scenario.c_max, scenario.t_max, scenario.a_min)
    limits = _limits(found)
    chosen = [mark for mark in found.marks if mark.k is not None]
    values = [(mark.cost, mark.time, mark.accuracy) for mark in chosen]
    for ax, (across, up) in zip(axes, PAIRS, strict=True):
        ax.plot(means[:, across], means[:, up], color="#BBBBBB", linewidth=size.line / 2, zorder=1)
        for rows, colour, points in ((~found.on_front, "#BBBBBB", 0.1), (found.on_front, PURPLE, 0.2)):
            ax.scatter(means[rows, across], means[rows, up], s=points * size.font**2, color=colour, zorder=2)
        limit(ax, size, budgets[across], vertical=True)
        limit(ax, size, budgets[up])
        place(ax, size, chosen, [(value[across], value[up]) for value in values], clip_on=False)
        dress(ax, size, _LABELS[across], _LABELS[up])
        for axis, column, most in ((ax.xaxis, across, 4), (ax.yaxis, up, 5)):
            numbers(axis, "$" if column == 0 else "", most)
        ax.set(xlim=limits[across], ylim=limits[up])
        if found.infeasibility is not None:
            say(ax, size, "no k meets all budgets", 24)


def _limits(found: Trajectory) -> list[tuple[float, float]]:
    """From the front's surroundings up to a little beyond the budgets."""
    limits = []
    for amount, budget in ((found.cost.mean, found.scenario.c_max), (found.time.mean, found.scenario.t_max)):
        front = amount[found.on_front]
        top = front.max() if front.size else amount.min()
        shown = amount.max() if budget is None else budget if top > budget / 3 or not front.size else top
        limits.append((0.0, 1.12 * max(float(shown), 1.1 * float(amount.min()))))
    accuracy = found.accuracy.mean
    seen = accuracy[(found.cost.mean <= limits[0][1]) & (found.time.mean <= limits[1][1])]
    lowest = min(found.scenario.a_min, float(seen.min()))
    highest = max(found.scenario.a_min, float(seen.max()))
    margin = 0.1 * max(highest - lowest, 1e-3)
    return [*limits, (lowest - margin, min(highest + margin, 1 + margin))]


def handles(found: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the kinds of points and the budgets."""
    scenario = found.scenario
    budgets = [
        *([] if scenario.c_max is None else [usd(scenario.c_max)]),
        *([] if scenario.t_max is None else [seconds(scenario.t_max)]),
        f"accuracy {scenario.a_min:g}",
    ]
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 0.45 * size.font}
    front = [Line2D([], [], color=PURPLE, **dot, label="Pareto front")] if found.on_front.any() else []
    others = [] if np.all(found.on_front) else [Line2D([], [], color="#BBBBBB", **dot, label="other k")]
    line = {"color": RED, "linestyle": (0, (4, 2)), "linewidth": size.line}
    return [
        *mark_handles(found.marks, size),
        *front,
        *others,
        Line2D([], [], **line, label=f"budgets: {', '.join(budgets)}"),  # type: ignore[arg-type]
    ]


def sheet(found: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """The front of one model in one scenario as three projections."""
    size = Size(width_mm)
    whole = size.sheet((1.9 if size.narrow else 0.5) * width_mm, layout="constrained")
    draw(whole.subplots(*((3, 1) if size.narrow else (1, 3))), found, size)
    whole.suptitle(heading(found.title, size), fontsize=1.05 * size.font, parse_math=False)
    legend(whole, size, handles(found, size), loc="outside lower center", ncols=2 if size.narrow else 3)
    return whole


figure = of_a_cell(sheet)
