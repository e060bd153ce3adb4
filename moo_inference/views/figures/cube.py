"""The feasible cube in three dimensions (paper, Fig. 4): cost, time and accuracy of k passes between the budgets."""

from itertools import combinations, product
from typing import Any

import matplotlib
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from moo_inference.deprecations import renamed
from moo_inference.estimators.curve import FloatArray
from moo_inference.formatting.amounts import seconds, unit_words, usd
from moo_inference.views.figures import style
from moo_inference.views.figures.style import PAPER_MM, Size
from moo_inference.views.figures.trajectory import Trajectory, cell_figure
from moo_inference.views.markers import UTOPIA

Bounds = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]

VOLUMES = ListedColormap(matplotlib.colormaps["Purples"](np.linspace(0.3, 1, 256)))


def bounds(view: Trajectory) -> Bounds:
    """What the axes have to hold: the budgets, and at least the first k; money, seconds, accuracy."""
    axes = []
    cost, time, accuracy = shown(view)
    for amount, budget in ((cost, view.scenario.c_max), (time, view.scenario.t_max)):
        axes.append((0.0, 1.04 * (amount.max() if budget is None else max(budget, 1.1 * amount.min()))))
    seen = float(accuracy[within(view, axes[0][1], axes[1][1])].min())
    lowest = seen if view.scenario.a_min is None else min(view.scenario.a_min, seen)
    return axes[0], axes[1], (lowest - 0.1 * (1 - lowest) if lowest < 1 else 0.99, 1.0)


def within(view: Trajectory, cost: float, time: float) -> Any:
    """(n,) whether k is inside the axes.

    Args:
        view: one model in one scenario, as `trajectory` prepares it.
        cost: end of the cost axis, USD per query.
        time: end of the time axis, seconds per query.
    """
    x, y, _ = shown(view)
    return (x <= cost) & (y <= time)


def shown(view: Trajectory) -> FloatArray:
    """(3, n) cost, time and accuracy as the budgets look at them."""
    return view.values[:, [0, 1, -1]].T


def draw(ax: Axes3D, view: Trajectory, size: Size) -> None:
    """Draw one cube: the trajectory over k coloured by cube volume, budgets, edges, utopia and the choices.

    Args:
        ax: axes of three dimensions.
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
    """
    cost, time, accuracy = box = bounds(view)
    seen = within(view, cost[1], time[1])
    x, y, z = shown(view)
    ax.plot(x[seen], y[seen], z[seen], color="#999999", linewidth=size.line / 2, zorder=1)
    off = seen & ~view.on_front
    ax.scatter(x[off], y[off], z[off], s=0.12 * size.font**2, color="#BBBBBB", depthshade=False, zorder=2)
    on = view.on_front
    ax.scatter(
        x[on],
        y[on],
        z[on],
        s=0.22 * size.font**2,
        c=view.volume[on],
        cmap=VOLUMES,
        norm=volume_scale(view),
        depthshade=False,
        zorder=3,
    )
    _planes(ax, view, box)
    _edges(ax, view, box, size)
    ax.plot([0], [0], [1], **style.marker_style(UTOPIA, 1.4 * size.font, size), zorder=9, clip_on=False)
    chosen = view.chosen
    style.place(ax, size, chosen, [(*mark.looked_at[:2], mark.looked_at[-1]) for mark in chosen])
    money, latency, *_, floor = view.limits
    style.dress(ax, size, style.quantity_label(money), style.quantity_label(latency))
    ax.set_zlabel(style.quantity_label(floor, {view.keep}), fontsize=size.font)
    for axis, unit in ((ax.xaxis, "$"), (ax.yaxis, ""), (ax.zaxis, "")):
        # At the corner the first ticks of cost and time would touch.
        style.numbers(axis, unit, 5, first=axis is not ax.yaxis)
        axis.set_pane_color("#FAFAFA")
        axis._axinfo["grid"].update(color="#E4E4E4", linewidth=size.line / 3)
        # Distances in three dimensions come on top of fixed ones: 21 points for labels, 8 for ticks.
        axis.labelpad = 2.6 * size.font - 21
        axis.set_tick_params(pad=0.8 * size.font - 8, labelsize=0.85 * size.font)
    ax.set(xlim=cost, ylim=time, zlim=accuracy)
    ax.view_init(elev=22, azim=-125)
    ax.set_box_aspect((1, 1, 0.82), zoom=0.88)
    if view.infeasibility is not None:
        style.message(ax, size, view.infeasibility, 40)


def volume_scale(view: Trajectory) -> Normalize:
    """From what volume to what volume the colours go."""
    volumes = view.volume[view.on_front]
    return Normalize(volumes.min(), volumes.max()) if len(np.unique(volumes)) > 1 else Normalize(0, 1)


def handles(view: Trajectory, size: Size) -> list[Any]:
    """What the legend holds: the choices with their k, utopia, and the budgets."""
    money, time, *_, floor = view.limits
    planes = [
        Patch(facecolor=colour, alpha=0.35, label=f"{limit.budget} {text(limit.value)}{style.at_quantile(limit)}")
        for colour, limit, text in (
            (style.BLUE, money, usd),
            (style.GREEN, time, seconds),
            (style.RED, floor, "{:g}".format),
        )
        if limit.value is not None
    ]
    return [*style.mark_handles(view.marks, size), *planes, style.utopia_handle(size)]


def colour_bar(figure: Figure, box: tuple[float, float, float, float], view: Trajectory, size: Size) -> None:
    """The scale of the cube volumes, lying.

    Args:
        figure: the figure.
        box: left, bottom, width and height, as shares of the figure.
        view: one model in one scenario, as `trajectory` prepares it.
        size: letters, lines and markers for the width of the figure.
    """
    ax = figure.add_axes(box)
    bar = figure.colorbar(ScalarMappable(volume_scale(view), VOLUMES), cax=ax, orientation="horizontal")
    text = "cube volume: shares of the budgets left, multiplied"
    bar.set_label(text if size.narrow else text.replace(": ", ":\n"), fontsize=0.9 * size.font)
    style.numbers(bar.ax.xaxis, "", 4)
    style.dress_bar(bar, size)


def render(view: Trajectory, width_mm: float = PAPER_MM) -> Figure:
    """The feasible cube of one model in one scenario."""
    size = Size(width_mm)
    figure = size.figure((1.22 if size.narrow else 0.58) * width_mm)
    figure.suptitle(style.heading(_title(view), size), fontsize=1.05 * size.font, parse_math=False, y=0.985)
    if size.narrow:
        draw(figure.add_axes((-0.02, 0.29, 1.04, 0.70), projection="3d"), view, size)
        colour_bar(figure, (0.12, 0.27, 0.76, 0.018), view, size)
        style.legend(figure, size, handles(view, size), loc="lower center", ncols=2, bbox_to_anchor=(0.5, 0.005))
    else:
        draw(figure.add_axes((0.03, 0.0, 0.56, 0.98), projection="3d"), view, size)
        style.legend(figure, size, handles(view, size), loc="lower left", bbox_to_anchor=(0.62, 0.3))
        colour_bar(figure, (0.62, 0.17, 0.34, 0.025), view, size)
    return figure


figure = cell_figure(render)


def _title(view: Trajectory) -> str:
    """The title; with more than three objectives it names those that are shown."""
    units = [unit_words(unit) for unit in view.curve.resources]
    if not units:
        return view.title
    return f"{view.title}: cost, time and accuracy ({', '.join(units)} not drawn, but in the volume)"


def _planes(ax: Axes3D, view: Trajectory, box: Bounds) -> None:
    (c0, c1), (t0, t1), (a0, a1) = box
    c_max, t_max, a_min = view.scenario.c_max, view.scenario.t_max, view.scenario.a_min
    planes: list[tuple[str, list[tuple[float, float, float]]]] = []
    if a_min is not None:
        planes.append((style.RED, [(c0, t0, a_min), (c1, t0, a_min), (c1, t1, a_min), (c0, t1, a_min)]))
    if c_max is not None:
        planes.append((style.BLUE, [(c_max, t0, a0), (c_max, t1, a0), (c_max, t1, a1), (c_max, t0, a1)]))
    if t_max is not None:
        planes.append((style.GREEN, [(c0, t_max, a0), (c1, t_max, a0), (c1, t_max, a1), (c0, t_max, a1)]))
    for colour, corners in planes:
        ax.add_collection3d(Poly3DCollection([corners], facecolor=colour, alpha=0.12, edgecolor="none"))


def _edges(ax: Axes3D, view: Trajectory, box: Bounds, size: Size) -> None:
    scenario = view.scenario
    ends = (
        (0.0, box[0][1] if scenario.c_max is None else scenario.c_max),
        (0.0, box[1][1] if scenario.t_max is None else scenario.t_max),
        (box[2][0] if scenario.a_min is None else scenario.a_min, 1.0),
    )
    for one, other in combinations(product(*ends), 2):
        if sum(a != b for a, b in zip(one, other, strict=True)) == 1:
            ax.plot(*zip(one, other, strict=True), color="#444444", linewidth=size.line / 2, linestyle=(0, (3, 2)))


__getattr__ = renamed(__name__, {"sheet": "render"})
