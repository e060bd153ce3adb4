"""Accuracy over k as a plotly figure, and what all figures of the page have in common."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.catalog import Limit
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.formatting.amounts import amount, unit_words
from moo_inference.pareto.budgets import Tail
from moo_inference.views.figures.style import at_quantile, quantile_words, quantity_label
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.marks import Mark, tail_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

CONFIG = {
    "displaylogo": False,
    "typesetMath": False,
    "modeBarButtonsToRemove": ["sendDataToCloud", "resetCameraLastSave3d"],
}
"""Of every figure: no link to plotly's site, and no text is taken for mathematics."""

INK = "#222222"
GREY = "#9a9a9a"
GRID = "#e3e3e3"
_BLUE = "#0072B2"
RED = "#B22222"
_LONGEST_NAME = 60


def plain(text: str, longest: int = _LONGEST_NAME) -> str:
    """Text that plotly draws as it is: its pseudo-HTML is escaped, and what is too long is cut."""
    text = " ".join(text.split())
    text = text if len(text) <= longest else f"{text[: longest - 1]}…"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def accuracy_figure(view: Trajectory) -> "go.Figure":
    """Accuracy over k with the band in which 95 % of queries fall, a_min, the k that meet all budgets, the choices."""
    import plotly.graph_objects as go  # noqa: PLC0415 (of the extra `explore`)

    figure = go.Figure()
    _draw_accuracy(figure, view)
    floor = view.limits[-1]
    if view.scenario.a_min is not None:
        figure.add_hline(
            y=view.scenario.a_min,
            line={"color": RED, "dash": "dash", "width": 1.5},
            name=f"a_min = {view.scenario.a_min:g}{at_quantile(floor)}",
            showlegend=True,
        )
    for mark, size in with_sizes(view.marks, 24, 9):
        figure.add_trace(
            go.Scatter(
                x=[mark.k],
                y=[mark.looked_at[-1]],
                mode="markers",
                marker=marker_of(mark, size),
                hoverinfo="text",
                hovertext=[mark_hover(mark)],
                name=plain(mark.label),
            )
        )
    figure.update_layout(
        **layout(430),
        xaxis={
            "title": {"text": "k, passes per query"},
            "gridcolor": GRID,
            "zeroline": False,
            "color": INK,
            "range": _k_span(view.curve.k),
        },
        yaxis={"title": {"text": title_of(floor, view)}, "gridcolor": GRID, "zeroline": False, "color": INK},
        hovermode="closest",
    )
    return figure


def _draw_accuracy(figure: "go.Figure", view: Trajectory) -> None:
    """The k that meet all budgets, the band, the mean over k, and the quantile that a floor is for."""
    import plotly.graph_objects as go  # noqa: PLC0415 (of the extra `explore`)

    k, accuracy = view.curve.k, view.accuracy
    for number, (first, last) in enumerate(view.feasible_runs):
        figure.add_vrect(
            x0=_edge(k, first, -1),
            x1=_edge(k, last, 1),
            fillcolor="#009E73",
            opacity=0.13,
            line_width=0,
            layer="below",
            name="k that meet all budgets",
            showlegend=number == 0,
        )
    band = {"x": np.concatenate([k, k[::-1]]), "y": np.concatenate([accuracy.high, accuracy.low[::-1]])}
    figure.add_trace(
        go.Scatter(
            **band,
            fill="toself",
            fillcolor="rgba(0,114,178,0.16)",
            mode="lines",
            line={"width": 0},
            hoverinfo="skip",
            name="middle 95 % of queries",
        )
    )
    several = len(k) > 1
    figure.add_trace(
        go.Scatter(
            x=k,
            y=accuracy.mean,
            mode="lines" if several else "markers",
            line={"color": _BLUE, "width": 2},
            hoverinfo="text",
            hovertext=hover(view, np.arange(len(k))),
            name="mean accuracy",
        )
    )
    floor = view.limits[-1]
    if floor.quantile is not None:
        figure.add_trace(
            go.Scatter(
                x=k,
                y=view.values[:, -1],
                mode="lines" if several else "markers",
                line={"color": _BLUE, "width": 2, "dash": "dashdot"},
                hoverinfo="skip",
                name=quantile_words([floor]),
            )
        )


def title_of(limit: Limit, view: Trajectory) -> str:
    """The title of an axis; plotly breaks lines by <br>."""
    return quantity_label(limit, {view.keep}).replace("\n", "<br>")


def layout(height: int, below: float = -0.24, left: int = 70) -> dict[str, Any]:
    """What all figures have in common.

    Args:
        height: in pixels.
        below: top of the legend, as a share of the plot below its lower edge.
        left: margin at the left, in pixels.
    """
    return {
        "height": height,
        "margin": {"l": left, "r": 10, "t": 10, "b": 10},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "font": {"family": "sans-serif", "size": 13, "color": INK},
        "hoverlabel": {"align": "left"},
        "legend": {
            "orientation": "h",
            "y": below,
            "yanchor": "top",
            "x": 0,
            "itemsizing": "trace",
            "font": {"size": 13},
        },
    }


def with_sizes(marks: tuple[Mark, ...], largest: int, step: int) -> list[tuple[Mark, int]]:
    """The marks with a k, those of one k in falling sizes so that all of them are seen.

    Args:
        marks: the choices.
        largest: size of the first marker at a k, in pixels.
        step: by how much each later one is smaller, in pixels.
    """
    seen: Counter[int] = Counter()
    sized = []
    for mark in marks:
        if mark.k is not None:
            sized.append((mark, max(largest - step * seen[mark.k], largest // 3)))
            seen[mark.k] += 1
    return sized


def marker_of(mark: Mark, size: int) -> dict[str, Any]:
    """The marker of a choice: its shape means the rule, and no colour does, since colours mean models."""
    return {
        "symbol": mark.marker.plotly,
        "size": size,
        "color": INK,
        "line": {
            "color": "white" if mark.marker.filled else INK,
            "width": 1 if mark.marker.filled else 2,
        },
    }


def hover(view: Trajectory, rows: IntArray) -> list[str]:
    """The hover texts of some rows."""
    *spent, accuracy = view.curve.means[rows].T.tolist()
    names = ("cost", "time", *map(unit_words, view.curve.resources))
    quantities = [limit.quantity for limit in view.limits[:-1]]
    amounts = [
        "".join(f"<br>{name} {amount(what, value)}" for name, what, value in zip(names, quantities, row, strict=True))
        for row in zip(*spent, strict=True)
    ]
    tailed = [(place, what, q) for place, (_, what, _, q) in enumerate(view.limits) if q is not None]
    ends = zip(view.accuracy.low[rows].tolist(), view.accuracy.high[rows].tolist(), strict=True)
    quantiles = [
        "".join(f"<br>{tail_text(Tail(what, q, values[place]))}" for place, what, q in tailed)
        for values in view.values[rows].tolist()
    ]
    return [
        f"<b>k = {k}</b><br>accuracy {a:.4f} (middle 95 % of queries: {low:.4f} to {high:.4f})"
        f"{used}{more}<br>cube volume {volume:.3g}"
        f"<br>{'meets all budgets' if met else 'breaks a budget'}"
        for k, used, more, a, (low, high), volume, met in zip(
            view.curve.k[rows].tolist(),
            amounts,
            quantiles,
            accuracy,
            ends,
            view.volume[rows].tolist(),
            view.feasible[rows].tolist(),
            strict=True,
        )
    ]


def mark_hover(mark: Mark) -> str:
    """The hover text of a choice."""
    return f"<b>{plain(mark.label)}</b><br>{plain(mark.amounts, 200)}"


def _edge(k: IntArray, row: int, side: int) -> float:
    """Halfway to the neighbour, so that a run of one k is seen."""
    neighbour = row + side
    if 0 <= neighbour < len(k):
        return float(k[row] + k[neighbour]) / 2
    return float(k[row]) + side * (float(k[1] - k[0]) / 2 if len(k) > 1 else 0.5)


def _k_span(k: FloatArray | IntArray) -> list[float]:
    margin = max(0.035 * float(k[-1] - k[0]), 0.6)
    return [float(k[0]) - margin, float(k[-1]) + margin]
