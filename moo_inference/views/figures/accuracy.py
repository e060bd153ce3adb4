"""Accuracy over k (paper, Fig. 5): the mean, the band of 95 % of queries, the floor, the feasible k and the choices."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from moo_inference.catalog import Limit
from moo_inference.deprecations import renamed
from moo_inference.views.figures import style
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import Trajectory, cell_figure


def shade_feasible(ax: Axes, view: Trajectory) -> None:
    """Shade the feasible k."""
    gap = float(np.diff(view.curve.k).min()) / 2 if len(view.curve) > 1 else 0.5
    k = view.curve.k
    for first, last in view.feasible_runs:
        ax.axvspan(k[first] - gap, k[last] + gap, color=style.GREEN, alpha=0.12, linewidth=0)


def span(view: Trajectory, last: int) -> tuple[float, float]:
    """From where to where an axis of k goes that ends with a given k."""
    margin = max(0.03 * last, 0.5)
    return -margin if view.curve.k.min() < 2 * margin else 0.0, last + margin


def draw_quantity(ax: Axes, view: Trajectory, column: int, size: Size, colour: str, alpha: float) -> None:
    """Draw one quantity over k: its mean, the band of 95 % of queries, the quantile that its budget is for.

    Args:
        ax: axes of matplotlib to draw on.
        view: one model in one scenario, as `trajectory` prepares it.
        column: column of the quantity in `view.values`, accuracy last.
        size: letters, lines and markers for the width of the figure.
        colour: of the line and its band.
        alpha: opacity of the band, in [0, 1].
    """
    k, quantity = view.curve.k, view.quantities[column]
    shade_feasible(ax, view)
    ax.fill_between(k, quantity.low, quantity.high, color=colour, alpha=alpha, linewidth=0)
    ax.plot(k, quantity.mean, color=colour, linewidth=size.line, marker="." if len(k) < 2 else None)
    if view.limits[column].quantile is not None:
        ax.plot(k, view.values[:, column], **style.at_quantile_style(size, colour))
    style.limit(ax, size, view.limits[column].value)
    points = [(mark.k, mark.looked_at[column]) for mark in view.chosen]
    style.place(ax, size, view.chosen, points, clip_on=False)


def quantity_handles(
    view: Trajectory, size: Size, colour: str, limits: Sequence[Limit], budgets: Sequence[Line2D]
) -> list[Any]:
    """What the legend holds of quantities over k: the choices with their k, the lines, the budgets and the shades.

    Args:
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
        colour: of the line and its band.
        limits: the limits of the quantities that are drawn.
        budgets: lines of the budgets, with their labels.
    """
    quantiles = style.quantile_words(limits)
    shade = [Patch(facecolor=style.GREEN, alpha=0.25, label="k that meet all budgets")] if view.feasible.any() else []
    return [
        *style.mark_handles(view.marks, size),
        Line2D([], [], color=colour, linewidth=size.line, label="mean"),
        *([Line2D([], [], **style.at_quantile_style(size, colour), label=quantiles)] if quantiles else []),
        Patch(facecolor=colour, alpha=0.25, label="middle 95 % of queries"),
        *budgets,
        *shade,
    ]


def draw(ax: Axes, view: Trajectory, size: Size) -> None:
    """Draw accuracy over k with the choices.

    Args:
        ax: axes of matplotlib to draw on.
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
    """
    draw_quantity(ax, view, -1, size, style.PURPLE, 0.18)
    style.dress(ax, size, "passes k", style.quantity_label(view.limits[-1], {view.keep}))
    style.numbers(ax.xaxis)
    style.numbers(ax.yaxis)
    seen = [float(view.accuracy.low.min()), float(view.values[:, -1].min())]
    lowest = min(seen if view.scenario.a_min is None else [*seen, view.scenario.a_min])
    ax.set_ylim(lowest - 0.06 * (1 - lowest) - 1e-3, 1 + 0.06 * (1 - lowest) + 1e-3)
    ax.set_xlim(*span(view, int(view.curve.k.max())))
    if view.infeasibility is not None:
        style.message(ax, size, view.infeasibility, 42)


def handles(view: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the lines and the shades."""
    floor = view.limits[-1]
    label = "" if floor.value is None else f"a_min {floor.value:g}{style.at_quantile(floor)}"
    return quantity_handles(view, size, style.PURPLE, [floor], style.budget_line(label, size))


def render(view: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """Accuracy over k of one model in one scenario."""
    size = Size(width_mm)
    height = (0.95 if size.narrow else 0.56) * width_mm
    figure, [ax] = style.framed(view.title, size, height, handles(view, size), legend_right=True)
    draw(ax, view, size)
    return figure


figure = cell_figure(render)


__getattr__ = renamed(__name__, {"sheet": "render"})
