"""Cost, time and further resources over k: budgets, the band of 95 % of queries, the feasible k and the choices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moo_inference.deprecations import renamed
from moo_inference.estimators.curve import FloatArray, Quantity
from moo_inference.views.figures import style
from moo_inference.views.figures.accuracy import draw_quantity, quantity_handles, span
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import Trajectory, cell_figure


def draw(axes: Sequence[Axes], view: Trajectory, size: Size) -> None:
    """Draw cost over k on the first axes, time on the second, and each further resource on one of the others.

    Args:
        axes: one for cost, one for time, and one for each further resource.
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
    """
    limits, amounts = view.limits[:-1], view.quantities[:-1]
    values = view.values.T[:-1]
    tops = [_top(amount, own, budget.value) for amount, own, budget in zip(amounts, values, limits, strict=True)]
    shown = np.any([own <= top for own, top in zip(values, tops, strict=True)], axis=0)
    last = int(view.curve.k[shown].max())
    crowded = len(amounts) > 2 and not size.narrow
    for column, (ax, top) in enumerate(zip(axes, tops, strict=True)):
        draw_quantity(ax, view, column, size, style.BLUE, 0.2)
        style.dress(ax, size, "passes k", style.quantity_label(limits[column]))
        style.numbers(ax.xaxis, "", 4 if crowded else 6)
        style.numbers(ax.yaxis, style.quantity_unit(limits[column].quantity), 5)
        ax.set(xlim=span(view, last), ylim=(0, 1.02 * top))
        if view.infeasibility is not None:
            style.message(ax, size, view.infeasibility.split(";")[0], 24 if crowded else 46)


def _top(amount: Quantity, looked_at: FloatArray, budget: float | None) -> float:
    """Far beyond a budget there is nothing to decide."""
    highest = max(float(amount.high.max()), float(looked_at.max())) or 1.0
    return highest if budget is None else max(1.15 * budget, min(highest, 2.5 * budget), 1.1 * float(looked_at.min()))


def handles(view: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the lines and the shades."""
    limits = view.limits[:-1]
    return quantity_handles(view, size, style.BLUE, limits, style.budget_handles("budget", limits, size))


def render(view: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """Cost, time and further resources over k of one model in one scenario."""
    size = Size(width_mm)
    panels = len(view.limits) - 1
    columns = size.columns(panels)
    rows = -(-panels // columns)
    height = (0.55 * rows + 0.25 if size.narrow else 0.44 * rows + 0.12) * width_mm
    figure, axes = style.framed(view.title, size, height, handles(view, size), panels=panels, columns=columns)
    draw(axes, view, size)
    return figure


figure = cell_figure(render)


__getattr__ = renamed(__name__, {"sheet": "render"})
