"""Accuracy over k (paper, Fig. 5): the mean, the band of 95 % of queries, the floor, the feasible k and the choices."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from moo_inference.views.figures.style import (
    GREEN,
    PAPER_MM,
    PURPLE,
    RED,
    Size,
    at_quantile,
    at_quantile_style,
    dress,
    heading,
    legend,
    limit,
    mark_handles,
    numbers,
    place,
    quantile_words,
    quantity_label,
    say,
)
from moo_inference.views.figures.trajectory import Trajectory, of_a_cell


def shade_feasible(ax: Axes, found: Trajectory) -> None:
    """Shade the feasible k."""
    gap = float(np.diff(found.curve.k).min()) / 2 if len(found.curve) > 1 else 0.5
    k = found.curve.k
    for first, last in found.feasible_runs:
        ax.axvspan(k[first] - gap, k[last] + gap, color=GREEN, alpha=0.12, linewidth=0)


def span(found: Trajectory, last: int) -> tuple[float, float]:
    """From where to where an axis of k goes that ends with a given k."""
    margin = max(0.03 * last, 0.5)
    return -margin if found.curve.k.min() < 2 * margin else 0.0, last + margin


def draw(ax: Axes, found: Trajectory, size: Size) -> None:
    """Draw accuracy over k with the choices."""
    k, accuracy = found.curve.k, found.accuracy
    shade_feasible(ax, found)
    ax.fill_between(k, accuracy.low, accuracy.high, color=PURPLE, alpha=0.18, linewidth=0)
    ax.plot(k, accuracy.mean, color=PURPLE, linewidth=size.line, marker="." if len(k) < 2 else None)
    if found.limits[-1].quantile is not None:
        ax.plot(k, found.values[:, -1], **at_quantile_style(size, PURPLE))
    limit(ax, size, found.scenario.a_min)
    chosen = [mark for mark in found.marks if mark.k is not None]
    place(ax, size, chosen, [(mark.k, mark.looked_at[-1]) for mark in chosen], clip_on=False)
    dress(ax, size, "passes k", quantity_label(found.limits[-1], {found.keep}))
    numbers(ax.xaxis)
    numbers(ax.yaxis)
    seen = [float(accuracy.low.min()), float(found.values[:, -1].min())]
    lowest = min(seen if found.scenario.a_min is None else [*seen, found.scenario.a_min])
    ax.set_ylim(lowest - 0.06 * (1 - lowest) - 1e-3, 1 + 0.06 * (1 - lowest) + 1e-3)
    ax.set_xlim(*span(found, int(k.max())))
    if found.infeasibility is not None:
        say(ax, size, found.infeasibility, 42)


def handles(found: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the lines and the shades."""
    quantiles = quantile_words(found.limits[-1:])
    a_min = found.scenario.a_min
    line: dict[str, Any] = {"color": RED, "linestyle": (0, (4, 2)), "linewidth": size.line}
    floor = [] if a_min is None else [Line2D([], [], **line, label=f"a_min {a_min:g}{at_quantile(found.limits[-1])}")]
    shade = [Patch(facecolor=GREEN, alpha=0.25, label="k that meet all budgets")] if found.feasible.any() else []
    return [
        *mark_handles(found.marks, size),
        Line2D([], [], color=PURPLE, linewidth=size.line, label="mean"),
        *([Line2D([], [], **at_quantile_style(size, PURPLE), label=quantiles)] if quantiles else []),
        Patch(facecolor=PURPLE, alpha=0.25, label="middle 95 % of queries"),
        *floor,
        *shade,
    ]


def sheet(found: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """Accuracy over k of one model in one scenario."""
    size = Size(width_mm)
    whole = size.sheet((0.95 if size.narrow else 0.56) * width_mm, layout="constrained")
    ax = whole.subplots()
    draw(ax, found, size)
    whole.suptitle(heading(found.title, size), fontsize=1.05 * size.font, parse_math=False)
    where = {"loc": "outside lower center", "ncols": 2} if size.narrow else {"loc": "outside right center"}
    legend(whole, size, handles(found, size), **where)
    return whole


figure = of_a_cell(sheet)
