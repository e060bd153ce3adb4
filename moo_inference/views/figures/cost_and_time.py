"""Cost and time over k, each with its budget, the band of 95 % of queries, the feasible k and the choices."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from moo_inference.estimators.curve import Quantity
from moo_inference.texts.amounts import seconds, usd
from moo_inference.views.figures.accuracy import shade_feasible, span
from moo_inference.views.figures.style import (
    BLUE,
    GREEN,
    PAPER_MM,
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


def draw(cost: Axes, time: Axes, found: Trajectory, size: Size) -> None:
    """Draw cost over k on one axes and time over k on another."""
    scenario = found.scenario
    panels = (
        (cost, found.cost, scenario.c_max, [mark.cost for mark in found.marks], "cost of a query (USD)", "$"),
        (time, found.time, scenario.t_max, [mark.time for mark in found.marks], "time of a query (s)", ""),
    )
    tops = [_top(amount, budget) for _, amount, budget, *_ in panels]
    shown = (found.cost.mean <= tops[0]) | (found.time.mean <= tops[1])
    last = int(found.curve.k[shown].max())
    for (ax, amount, budget, chosen, label, unit), top in zip(panels, tops, strict=True):
        k = found.curve.k
        shade_feasible(ax, found)
        ax.fill_between(k, amount.low, amount.high, color=BLUE, alpha=0.2, linewidth=0)
        ax.plot(k, amount.mean, color=BLUE, linewidth=size.line, marker="." if len(k) < 2 else None)
        limit(ax, size, budget)
        made = [(mark, (mark.k, value)) for mark, value in zip(found.marks, chosen, strict=True) if value is not None]
        place(ax, size, [mark for mark, _ in made], [point for _, point in made], clip_on=False)
        dress(ax, size, "passes k", label)
        numbers(ax.xaxis)
        numbers(ax.yaxis, unit, 5)
        ax.set(xlim=span(found, last), ylim=(0, 1.02 * top))
        if found.infeasibility is not None:
            say(ax, size, "no k meets all budgets", 46)


def _top(amount: Quantity, budget: float | None) -> float:
    """Far beyond a budget there is nothing to decide."""
    highest = float(amount.high.max())
    return highest if budget is None else max(1.15 * budget, min(highest, 2.5 * budget), 1.1 * float(amount.mean.min()))


def handles(found: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the lines and the shades."""
    scenario = found.scenario
    budgets = [
        text
        for value, text in ((scenario.c_max, usd(scenario.c_max or 0)), (scenario.t_max, seconds(scenario.t_max or 0)))
        if value is not None
    ]
    shade = [Patch(facecolor=GREEN, alpha=0.25, label="k that meet all budgets")] if found.feasible.any() else []
    line = Line2D([], [], color=RED, linestyle=(0, (4, 2)), linewidth=size.line, label=f"budget: {', '.join(budgets)}")
    return [
        *mark_handles(found.marks, size),
        Line2D([], [], color=BLUE, linewidth=size.line, label="mean"),
        Patch(facecolor=BLUE, alpha=0.25, label="95 % of queries"),
        *([line] if budgets else []),
        *shade,
    ]


def sheet(found: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """Cost and time over k of one model in one scenario."""
    size = Size(width_mm)
    whole = size.sheet((1.35 if size.narrow else 0.56) * width_mm, layout="constrained")
    cost, time = whole.subplots(*((2, 1) if size.narrow else (1, 2)))
    draw(cost, time, found, size)
    whole.suptitle(heading(found.title, size), fontsize=1.05 * size.font, parse_math=False)
    legend(whole, size, handles(found, size), loc="outside lower center", ncols=2 if size.narrow else 3)
    return whole


figure = of_a_cell(sheet)
