"""How the figures look: sizes for paper and slide, colours, axes with units. Nothing here touches global settings."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any, Literal, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.ticker import Formatter, MaxNLocator

from moo_inference.catalog import Limit
from moo_inference.formatting.amounts import amount, percentile, plain, unit_words
from moo_inference.formatting.keepers import keeper
from moo_inference.views.markers import UTOPIA, Marker

PAPER_MM = 85.0
"""One column of a paper."""

SLIDE_MM = 254.0
"""A slide of 4:3."""

RED, BLUE, GREEN, PURPLE, GREY = "#C0392B", "#0072B2", "#009E73", "#5B3A8C", "#777777"


class Shown(Protocol):
    """What can be set as a marker: a choice of a model or of a pipeline."""

    @property
    def rule(self) -> str:
        """What the rule is called."""

    @property
    def marker(self) -> Marker:
        """The marker of the rule."""

    @property
    def label(self) -> str:
        """The text of the legend."""


Dash = Literal["-"] | tuple[float, tuple[float, ...]]

_DASHES: tuple[Dash, ...] = ("-", (0.0, (5.0, 1.5)), (0.0, (1.5, 1.0)))

LINES: tuple[tuple[str, Dash], ...] = tuple(
    (colour, style)
    for style in _DASHES
    for colour in ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#56B4E9", "#E69F00")
)
"""Colour and dash of the lines of several models: no two alike among twenty-one, in grey print neither."""


@dataclass(frozen=True)
class Size:
    """The sizes that go with a figure's width.

    Attributes:
        width_mm: width of the figure in millimetres.
    """

    width_mm: float

    @property
    def narrow(self) -> bool:
        """Whether panels stand one below the other."""
        return self.width_mm < 140

    @property
    def font(self) -> float:
        """Size of letters in points: 7 in a paper's column, 14 on a slide."""
        return float(np.interp(self.width_mm, (PAPER_MM, SLIDE_MM), (7.0, 14.0)))

    @property
    def line(self) -> float:
        """Width of lines in points."""
        return self.font / 6

    def figure(self, height_mm: float, **options: Any) -> Figure:
        """An empty figure of this width."""
        return Figure(figsize=(self.width_mm / 25.4, height_mm / 25.4), dpi=200, **options)

    def columns(self, panels: int) -> int:
        """In how many columns so many panels stand: one where narrow, else at most three."""
        return 1 if self.narrow else -(-panels // -(-panels // 3))


def framed(
    title: str,
    size: Size,
    height_mm: float,
    handles: Sequence[Any] = (),
    *,
    panels: int = 1,
    columns: int = 1,
    legend_right: bool = False,
    **options: Any,
) -> tuple[Figure, list[Any]]:
    """A figure with a title above, empty panels, and a legend below.

    Args:
        title: in as many lines as it needs.
        size: the sizes.
        height_mm: height of the figure in millimetres.
        handles: what the legend holds; no legend without any.
        panels: how many axes.
        columns: in how many columns they stand, row after row.
        legend_right: the legend is at the right where there is space.
        **options: for the grid of axes.

    Returns:
        The figure, and its axes.
    """
    figure = size.figure(height_mm, layout="constrained")
    axes = figure.subplots(-(-panels // columns), columns, squeeze=False, **options).flat
    for ax in axes[panels:]:
        ax.remove()
    figure.suptitle(heading(title, size), fontsize=1.05 * size.font, parse_math=False)
    if handles and legend_right and not size.narrow:
        legend(figure, size, handles, loc="outside right center")
    elif handles:
        legend(figure, size, handles, loc="outside lower center", ncols=2 if size.narrow else 3)
    return figure, list(axes[:panels])


def dress(ax: Any, size: Size, x: str, y: str) -> None:
    """Give an axes its labels, and letters and lines of the right size.

    Args:
        ax: axes of matplotlib to draw on.
        size: letters, lines and markers for the width of the figure.
        x: label of the x axis.
        y: label of the y axis.
    """
    ax.set_xlabel(x, fontsize=size.font, parse_math=False)
    ax.set_ylabel(y, fontsize=size.font, parse_math=False)
    ax.tick_params(labelsize=0.9 * size.font, width=size.line / 2, length=2.5 * size.line)
    for side in ("top", "right"):
        if side in ax.spines:
            ax.spines[side].set_visible(False)
    for spine in ax.spines.values():
        spine.set_linewidth(size.line / 2)


def dress_bar(bar: Colorbar, size: Size) -> None:
    """Give the scale of colours letters and lines of the right size."""
    bar.ax.tick_params(labelsize=0.85 * size.font, width=size.line / 2, length=2 * size.line)
    bar.outline.set_linewidth(size.line / 2)


class Amounts(Formatter):
    """Ticks without exponent, with as many decimals as all of them need, or each as many as it needs."""

    def __init__(self, before: str = "", *, alike: bool = True) -> None:
        self.before = before
        self.alike = alike

    def __call__(self, value: float, pos: int | None = None) -> str:
        """One amount alone."""
        return self.before + plain(value)

    def format_ticks(self, values: Iterable[float]) -> list[str]:
        """All ticks of an axis."""
        ticks = list(values)
        if not self.alike:
            return [self(tick) for tick in ticks]
        decimals = max((len(plain(tick).partition(".")[2]) for tick in ticks), default=0)
        return [f"{self.before}{tick:,.{decimals}f}" for tick in ticks]


def quantity_label(limit: Limit, keeps: Collection[str] = ()) -> str:
    """The label of an axis of cost, time, accuracy or a further resource, with its unit.

    Args:
        limit: its budget; the label names its quantile, if any.
        keeps: for an accuracy, what selects the best of k passes; the label names it where all have the same.
    """
    kept = f", kept by {keeper(next(iter(keeps)))}" if len(set(keeps)) == 1 else ""
    known = {
        "cost": ("cost of a query (USD)", "cost (USD)"),
        "time": ("time of a query (s)", "time (s)"),
        "accuracy": (f"accuracy{kept}",) * 2,
    }
    word = unit_words(limit.quantity)
    of_a_query, alone = known.get(limit.quantity, (f"{word} of a query", word))
    share = share_of_queries(limit)
    return of_a_query if share is None else f"{share} of queries:\n{alone}"


def share_of_queries(limit: Limit) -> str | None:
    """Of how many queries a budget has to hold: 95 %; None for a budget for the mean."""
    if limit.quantile is None:
        return None
    return f"{100 * (1 - limit.quantile if limit.quantity == 'accuracy' else limit.quantile):.6g} %"


def at_quantile(limit: Limit) -> str:
    """What stands behind a budget that is for a quantile; empty for the mean."""
    return "" if limit.quantile is None else f" ({percentile(limit.quantile)})"


def quantile_words(limits: Iterable[Limit]) -> str:
    """The quantiles that budgets are for, as a legend shows them: p99 of cost, p95 of time; empty without any."""
    return ", ".join(f"{percentile(q)} of {unit_words(what)}" for _, what, _, q in limits if q is not None)


def at_quantile_style(size: Size, colour: str) -> dict[str, Any]:
    """The line of a quantile that a budget is for, next to that of the mean."""
    return {"color": colour, "linestyle": (0, (4, 1, 1, 1)), "linewidth": 1.3 * size.line}


def quantity_unit(quantity: str) -> str:
    """What stands before each number of an axis."""
    return "$" if quantity == "cost" else ""


def budget_words(what: str, limits: Iterable[Limit], size: Size) -> str:
    """The budgets, as a legend shows them: budgets: $0.500, 60.0 s (p95), accuracy 0.93; or nothing.

    Args:
        what: word before the budgets.
        limits: the budgets, in the order of the objectives.
        size: letters, lines and markers for the width of the figure.
    """
    shown = [
        (f"accuracy {limit.value:g}" if limit.quantity == "accuracy" else amount(limit.quantity, limit.value))
        + at_quantile(limit)
        for limit in limits
        if limit.value is not None
    ]
    return fill(f"{what}: {', '.join(shown)}", 28 if size.narrow else 40, break_long_words=False) if shown else ""


def budget_handles(what: str, limits: Iterable[Limit], size: Size) -> list[Line2D]:
    """The dashed line of the budgets in a legend; none where there are no budgets. See `budget_words`."""
    return budget_line(budget_words(what, limits, size), size)


def budget_line(label: str, size: Size) -> list[Line2D]:
    """A dashed line in a legend; none without a label."""
    return [Line2D([], [], color=RED, linestyle=(0, (4, 2)), linewidth=size.line, label=label)] if label else []


def numbers(axis: Any, unit: str = "", most: int = 6, *, first: bool = True, integer: bool = False) -> None:
    """Ticks as people write them.

    Args:
        axis: one axis of an axes.
        unit: stands before each number if it is $.
        most: at most so many.
        first: whether the first is shown.
        integer: whether they are whole numbers.
    """
    prune = None if first else "lower"
    axis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 5, 10], prune=prune, integer=integer))
    axis.set_major_formatter(Amounts("$" if unit == "$" else ""))


def heading(text: str, size: Size, width_mm: float | None = None) -> str:
    """A title in as many lines as it needs in the width of the figure, or in a part of it.

    Args:
        text: the title.
        size: letters, lines and markers for the width of the figure.
        width_mm: width in mm; None means that of the figure.
    """
    letters = 2.834 * (width_mm or size.width_mm) / (0.62 * size.font)
    return fill(text, max(8, int(letters)))


def brief(name: str, most: int = 28) -> str:
    """A name, shortened to so many letters."""
    return name if len(name) <= most else name[: most - 1] + "…"


def limit(ax: Axes, size: Size, value: float | None, *, vertical: bool = False) -> None:
    """A budget as a dashed line; nothing where there is none.

    Args:
        ax: axes of matplotlib to draw on.
        size: letters, lines and markers for the width of the figure.
        value: the budget in the unit of the axis; None draws nothing.
        vertical: whether the budget is on the x axis.
    """
    if value is None:
        return
    draw = ax.axvline if vertical else ax.axhline
    draw(value, color=RED, linestyle=(0, (4, 2)), linewidth=size.line)


def place(
    ax: Any,
    size: Size,
    marks: Sequence[Shown],
    points: Sequence[Sequence[Any]],
    scale: float = 1.0,
    colour: str | None = None,
    **options: Any,
) -> None:
    """Set the markers; where several fall on one point the later ones are smaller, so that all can be seen.

    Args:
        ax: axes of two or three dimensions.
        size: the sizes.
        marks: the choices.
        points: the place of each, in the coordinates of the axes.
        scale: how much larger than usual the markers are.
        colour: of all of them where colours mean something else than rules; None gives each rule its own.
        **options: for the lines.
    """
    places = [tuple(point) for point in points]
    for index, (mark, point) in enumerate(zip(marks, places, strict=True)):
        later = places[index + 1 :].count(point)
        wide = 0.95 * scale * size.font * (1.0 if places.count(point) == 1 else 0.75 * 1.45**later)
        coordinates = [[value] for value in point]
        ax.plot(*coordinates, **marker_style(mark.marker, wide, size, colour), zorder=20 - later, **options)


def marker_style(marker: Marker, points: float, size: Size, colour: str | None = None) -> dict[str, Any]:
    """A marker as options of a line, in the colour of its rule or another.

    Args:
        marker: of the rule.
        points: diameter in points.
        size: letters, lines and markers for the width of the figure.
        colour: None means that of the rule.
    """
    return {
        "linestyle": "none",
        "marker": marker.matplotlib,
        "markersize": points,
        "markerfacecolor": (colour or marker.colour) if marker.filled else "none",
        "markeredgecolor": "black" if marker.filled or colour is None else colour,
        "markeredgewidth": size.line / 2,
    }


def mark_handles(marks: Iterable[Shown], size: Size, *, with_k: bool = True, colour: str | None = None) -> list[Line2D]:
    """What the legend shows of the choices; see `place` for the colour.

    Args:
        marks: the choices.
        size: letters, lines and markers for the width of the figure.
        with_k: whether the legend has the k of each choice.
        colour: None means that of each rule.
    """
    return [
        Line2D(
            [],
            [],
            **marker_style(mark.marker, 0.8 * size.font, size, colour),
            label=mark.label if with_k else mark.rule,
        )
        for mark in marks
    ]


def utopia_handle(size: Size) -> Line2D:
    """What the legend shows of the utopia point."""
    return Line2D([], [], **marker_style(UTOPIA, size.font, size), label="utopia")


def legend(owner: Any, size: Size, handles: Sequence[Any], **options: Any) -> Legend:
    """A legend in which names are shown as they are. See `heading` for `size`."""
    shown: Legend = owner.legend(
        handles=handles,
        fontsize=0.9 * size.font,
        frameon=False,
        handlelength=1.8,
        handletextpad=0.5,
        columnspacing=1.2,
        labelspacing=0.3,
        borderaxespad=0.1,
        **options,
    )
    for text in shown.get_texts():
        text.set_parse_math(False)
    return shown


def message(ax: Any, size: Size, text: str, width: int) -> None:
    """Write a message over the axes, such as that nothing is feasible. See `limit` for `ax` and `size`."""
    ax.annotate(
        fill(text.replace("k = ", "k\u00a0=\u00a0"), width),
        (0.5, 0.5),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontsize=0.95 * size.font,
        parse_math=False,
        zorder=100,
        bbox={"facecolor": "white", "edgecolor": RED, "alpha": 0.92, "boxstyle": "round,pad=0.5"},
    )
