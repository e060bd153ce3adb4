"""Cost, time and further resources over k: budgets, the band of 95 % of queries, the feasible k and the choices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from moo_inference.estimators.curve import FloatArray, Quantity
from moo_inference.views.figures.accuracy import shade_feasible, span
from moo_inference.views.figures.style import (
    BLUE,
    GREEN,
    PAPER_MM,
    Size,
    at_quantile_style,
    budget_handles,
    dress,
    heading,
    legend,
    limit,
    mark_handles,
    numbers,
    place,
    quantile_words,
    quantity_label,
    quantity_unit,
    say,
)
from moo_inference.views.figures.trajectory import Trajectory, of_a_cell


def draw(axes: Sequence[Axes], found: Trajectory, size: Size) -> None:
    """Draw cost over k on the first axes, time on the second, and each further resource on one of the others."""
    limits, amounts = found.limits[:-1], found.quantities[:-1]
    values = found.values.T[:-1]
    tops = [_top(amount, own, budget.value) for amount, own, budget in zip(amounts, values, limits, strict=True)]
    shown = np.any([own <= top for own, top in zip(values, tops, strict=True)], axis=0)
    last = int(found.curve.k[shown].max())
    crowded = len(amounts) > 2 and not size.narrow
    k = found.curve.k
    chosen = [mark for mark in found.marks if mark.k is not None]
    for column, (ax, amount, top) in enumerate(zip(axes, amounts, tops, strict=True)):
        shade_feasible(ax, found)
        ax.fill_between(k, amount.low, amount.high, color=BLUE, alpha=0.2, linewidth=0)
        ax.plot(k, amount.mean, color=BLUE, linewidth=size.line, marker="." if len(k) < 2 else None)
        if limits[column].quantile is not None:
            ax.plot(k, values[column], **at_quantile_style(size, BLUE))
        limit(ax, size, limits[column].value)
        place(ax, size, chosen, [(mark.k, mark.looked_at[column]) for mark in chosen], clip_on=False)
        dress(ax, size, "passes k", quantity_label(limits[column]))
        numbers(ax.xaxis, "", 4 if crowded else 6)
        numbers(ax.yaxis, quantity_unit(limits[column].quantity), 5)
        ax.set(xlim=span(found, last), ylim=(0, 1.02 * top))
        if found.infeasibility is not None:
            say(ax, size, found.infeasibility.split(";")[0], 24 if crowded else 46)


def _top(amount: Quantity, looked_at: FloatArray, budget: float | None) -> float:
    """Far beyond a budget there is nothing to decide."""
    highest = max(float(amount.high.max()), float(looked_at.max())) or 1.0
    return highest if budget is None else max(1.15 * budget, min(highest, 2.5 * budget), 1.1 * float(looked_at.min()))


def handles(found: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the lines and the shades."""
    quantiles = quantile_words(found.limits[:-1])
    shade = [Patch(facecolor=GREEN, alpha=0.25, label="k that meet all budgets")] if found.feasible.any() else []
    return [
        *mark_handles(found.marks, size),
        Line2D([], [], color=BLUE, linewidth=size.line, label="mean"),
        *([Line2D([], [], **at_quantile_style(size, BLUE), label=quantiles)] if quantiles else []),
        Patch(facecolor=BLUE, alpha=0.25, label="middle 95 % of queries"),
        *budget_handles("budget", found.limits[:-1], size),
        *shade,
    ]


def sheet(found: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """Cost, time and further resources over k of one model in one scenario."""
    size = Size(width_mm)
    panels = len(found.limits) - 1
    rows = panels if size.narrow else -(-panels // 3)
    columns = -(-panels // rows)
    height = (0.55 * rows + 0.25 if size.narrow else 0.44 * rows + 0.12) * width_mm
    whole = size.sheet(height, layout="constrained")
    grid = whole.subplots(rows, columns, squeeze=False)
    draw(list(grid.flat[:panels]), found, size)
    for ax in grid.flat[panels:]:
        ax.remove()
    whole.suptitle(heading(found.title, size), fontsize=1.05 * size.font, parse_math=False)
    legend(whole, size, handles(found, size), loc="outside lower center", ncols=2 if size.narrow else 3)
    return whole


figure = of_a_cell(sheet)
