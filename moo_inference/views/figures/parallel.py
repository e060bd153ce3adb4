"""The front as parallel coordinates: one axis a quantity, one line a row, of any number of objectives."""

from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from moo_inference.catalog import Limit
from moo_inference.deprecations import renamed
from moo_inference.estimators.curve import FloatArray
from moo_inference.formatting.amounts import amount
from moo_inference.views.figures import style
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import Trajectory, cell_figure

SHADES = ListedColormap(matplotlib.colormaps["Greys"](np.linspace(0.25, 0.8, 256)))
"""From few passes to many."""

_NEAR = 3
"""A budget is on its axis if the axis needs no more than so many times the front's own length for it."""

_TICK = 0.035
"""Half the width of a budget on its axis, where two axes are 1 apart."""

NO_BREAK = "\u00a0"


def rows_shown(view: Trajectory) -> NDArray[np.bool_]:
    """(n,) the rows that are lines: the front, or where it is empty what lies near the budgets, at least the first."""
    if view.on_front.any():
        return view.on_front
    tops = [top for _, top in view.spans[:-1]]
    near = np.all(view.values[:, :-1] <= tops, axis=1)
    return np.asarray(near | (np.arange(len(near)) == 0))


def ends(view: Trajectory) -> list[tuple[float, float]]:
    """(m,) the worst and the best end of each axis: those of the lines, and the budget where it is near."""
    return [
        _ends(values, limit, has_front=bool(view.on_front.any()))
        for values, limit in zip(view.values[rows_shown(view)].T, view.limits, strict=True)
    ]


def _ends(values: FloatArray, limit: Limit, *, has_front: bool) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if limit.value is not None:
        lower, higher = min(low, limit.value), max(high, limit.value)
        if not has_front or high == low or higher - lower <= _NEAR * (high - low):
            low, high = lower, higher
    margin = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return (low - margin, high + margin) if limit.quantity == "accuracy" else (high + margin, low - margin)


def heights(view: Trajectory, values: FloatArray) -> FloatArray:
    """Where amounts (n, m) stand on their axes: from 0, the worst end, to 1, the best."""
    worst, best = np.array(ends(view)).T
    shares: FloatArray = (values - worst) / (best - worst)
    return shares


def draw(ax: Axes, view: Trajectory, size: Size) -> None:
    """Draw one line a row, darker for more passes, the choices in their colours, and each axis with its budget.

    Args:
        ax: axes of matplotlib to draw on.
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
    """
    across = np.arange(len(view.limits))
    rows = rows_shown(view)
    lines = heights(view, view.values[rows])
    shades = SHADES(k_scale(view)(view.curve.k[rows]))
    segments = [np.column_stack([across, line]) for line in lines]
    dash = "solid" if view.on_front.any() else "dashed"
    ax.add_collection(LineCollection(segments, colors=shades, linewidths=0.6 * size.line, linestyles=dash, zorder=1))
    chosen = view.chosen
    points = [heights(view, np.array([mark.looked_at]))[0] for mark in chosen]
    ks = [mark.k for mark in chosen]
    for index, (mark, line) in enumerate(zip(chosen, points, strict=True)):
        # Where several rules take one k, the later lines are thinner, so that all can be seen.
        width = size.line * (1.3 + 1.4 * ks[index + 1 :].count(mark.k))
        ax.plot(across, line, color=mark.marker.colour, linewidth=width, zorder=2)
    ax.set(xlim=(-0.25, across[-1] + 0.25), ylim=(0, 1))
    _name_axes(ax, view, size)
    for column, (worst, best) in enumerate(ends(view)):
        _scale(ax, column, (worst, best), view.limits[column], size)
    over = ax.twinx()
    over.set(ylim=(0, 1))
    over.axis("off")
    for column in range(len(across)):
        style.place(over, size, chosen, [(column, line[column]) for line in points], scale=0.8, clip_on=False)
    if view.infeasibility is not None:
        style.message(over, size, view.infeasibility, 30 if size.narrow else 46)


def k_scale(view: Trajectory) -> Normalize:
    """From which k to which k the shades go."""
    k = view.curve.k[rows_shown(view)]
    return Normalize(k.min(), k.max()) if len(k) > 1 else Normalize(k[0] - 1, k[0] + 1)


def _name_axes(ax: Axes, view: Trajectory, size: Size) -> None:
    """Quantities above their axes, budgets below."""
    width = 0.85 * size.width_mm / len(view.limits)
    for column, limit in enumerate(view.limits):
        name = style.heading(style.quantity_label(limit, {view.keep}), size, width)
        ax.text(column, 1.03, name, ha="center", va="bottom", fontsize=size.font, parse_math=False)
        ax.text(
            column,
            -0.03,
            style.heading(_bound(limit), size, width),
            ha="center",
            va="top",
            fontsize=0.9 * size.font,
            color=style.GREY if limit.value is None else style.RED,
            parse_math=False,
        )
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)


def _bound(limit: Limit) -> str:
    if limit.value is None:
        return "no budget"
    if limit.quantity == "accuracy":
        return f"at least {limit.value:g}{style.at_quantile(limit)}"
    shown = amount(limit.quantity, limit.value)
    return f"at most {shown.replace(' ', NO_BREAK) if limit.quantity == 'time' else shown}{style.at_quantile(limit)}"


def _scale(ax: Axes, column: int, span: tuple[float, float], limit: Limit, size: Size) -> None:
    """One upright axis with its numbers, and the budget across it; the leftmost names its better end."""
    own = ax.twinx()
    own.set(ylim=span)
    for side in ("top", "right", "bottom"):
        own.spines[side].set_visible(False)
    own.spines["left"].set_position(("data", column))
    own.spines["left"].set_linewidth(size.line / 2)
    own.yaxis.set_ticks_position("left")
    style.numbers(own.yaxis, style.quantity_unit(limit.quantity), 6)
    own.tick_params(labelsize=0.85 * size.font, width=size.line / 2, length=2 * size.line)
    if column == 0:
        own.yaxis.set_label_position("left")
        own.set_ylabel("better →", fontsize=size.font, loc="top")
    for label in own.get_yticklabels():
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.4})
    if limit.value is not None:
        across = [column - _TICK, column + _TICK]
        own.plot(across, [limit.value] * 2, color=style.RED, linewidth=2 * size.line, solid_capstyle="butt")


def handles(view: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, the lines and the budgets."""
    line = {"color": "#777777", "linewidth": 0.8 * size.line}
    if view.on_front.any():
        count = int(view.on_front.sum())
        rows = Line2D([], [], **line, label=f"Pareto front, {count} row{'s' if count > 1 else ''}")  # type: ignore[arg-type]
    else:
        rows = Line2D([], [], **line, linestyle="dashed", label="k near the budgets")  # type: ignore[arg-type]
    budget = Line2D([], [], color=style.RED, linestyle="none", marker="_", markersize=size.font, label="budget")
    budget.set_markeredgewidth(2 * size.line)
    return [*style.mark_handles(view.marks, size), rows, budget]


def render(view: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """The front of one model in one scenario as parallel coordinates, better upwards on every axis."""
    size = Size(width_mm)
    height = (1.05 if size.narrow else 0.56) * width_mm
    figure, [ax] = style.framed(view.title, size, height, handles(view, size))
    draw(ax, view, size)
    if rows_shown(view).sum() > 1:
        bar = figure.colorbar(ScalarMappable(k_scale(view), SHADES), ax=ax, pad=0.02, aspect=30, shrink=0.9)
        bar.set_label("passes k", fontsize=size.font)
        style.numbers(bar.ax.yaxis, "", 5, integer=True)
        style.dress_bar(bar, size)
    return figure


figure = cell_figure(render)


__getattr__ = renamed(__name__, {"sheet": "render"})
