"""The cube: cost, time and accuracy of each k in three dimensions, with the budgets as planes."""

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from moo_inference.catalog import Scenario
from moo_inference.estimators.curve import IntArray
from moo_inference.formatting.amounts import seconds, usd
from moo_inference.views.explore.charts import (
    GREY,
    GRID,
    INK,
    RED,
    hover,
    layout,
    mark_hover,
    marker_of,
    plain,
    title_of,
    with_sizes,
)
from moo_inference.views.figures.style import at_quantile
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.markers import UTOPIA
from moo_inference.views.marks import Mark

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CAMERA = {"eye": {"x": 1.5, "y": -1.72, "z": 0.64}, "center": {"x": 0, "y": 0, "z": -0.08}}
_ROOM = 1.35
"""How far the cube's axes go beyond a budget."""


def cube_figure(view: Trajectory) -> "go.Figure":
    """Cost, time and accuracy of each k, coloured by cube volume, with the budgets as planes and as a cube.

    What lies far beyond the budgets is not drawn; the cube's ends are the utopia point and the three budgets. A
    budget that is null has no plane, and the cube ends with the drawing.
    """
    import plotly.graph_objects as go  # noqa: PLC0415 (of the extra `explore`)

    rows = _rows_near_the_budgets(view)
    ends = _ends(view, rows)
    figure = go.Figure()
    for trace in (*_planes(view.scenario, ends), _edges(view.scenario, ends), *_path(view, rows)):
        figure.add_trace(trace)
    for trace in _markers(view.marks):
        figure.add_trace(trace)
    best = {"x": [0], "y": [0], "z": [1], "mode": "text", "text": [UTOPIA.symbol], "textposition": "middle center"}
    hint = {"hoverinfo": "text", "hovertext": ["utopia: no cost, no time, no error"], "showlegend": False}
    for size, colour in ((32, INK), (22, UTOPIA.colour)):
        figure.add_trace(go.Scatter3d(**best, **hint, textfont={"size": size, "color": colour}))
    figure.add_traces(_legend(view.marks))
    titles = [title_of(view.limits[place], view) for place in (0, 1, -1)]
    axes = {
        f"{letter}axis": {
            "title": {"text": title},
            "range": span,
            "backgroundcolor": "white",
            "gridcolor": GRID,
            "zerolinecolor": GRID,
            "color": INK,
            "tickprefix": "$" if letter == "x" else "",
            "nticks": 6,
        }
        for letter, title, span in zip("xyz", titles, _spans(view, rows, ends), strict=True)
    }
    figure.update_layout(
        **layout(640, below=-0.16, left=10),
        # The legend's own axes: nowhere, so that they do not take the mouse from the cube.
        xaxis={"visible": False, "domain": [0, 0.001]},
        yaxis={"visible": False, "domain": [0, 0.001]},
        scene={
            **axes,
            "aspectmode": "cube",
            "camera": _CAMERA,
        },
        uirevision=view.model,
    )
    return figure


def drawn_up_to(view: Trajectory) -> int | None:
    """The largest k in the cube where others lie too far beyond the budgets to be drawn, else None."""
    rows = _rows_near_the_budgets(view)
    return None if len(rows) == len(view.curve) else int(view.curve.k[rows].max())


def _rows_near_the_budgets(view: Trajectory) -> IntArray:
    """The rows up to the last one within the margin around the budgets, and on to the first one that is accurate."""
    budgets = np.array([view.scenario.c_max or np.inf, view.scenario.t_max or np.inf])
    near = np.flatnonzero((view.values[:, :2] <= budgets * _ROOM).all(axis=1))
    accurate = np.flatnonzero(view.values[:, -1] >= (view.scenario.a_min or 0.0))
    return np.arange(min(len(view.curve), 1 + max([2, *near[-1:].tolist(), *accurate[:1].tolist()])))


def _ends(view: Trajectory, rows: IntArray) -> tuple[float, float, float]:
    """Where the cube ends away from utopia: at the budgets, or with the drawing."""
    farthest = view.values[rows, :2].max(axis=0)
    budgets = (view.scenario.c_max, view.scenario.t_max)
    cost, time = (float(far) if budget is None else budget for budget, far in zip(budgets, farthest, strict=True))
    lowest = float(view.values[rows, -1].min())
    return cost, time, lowest if view.scenario.a_min is None else view.scenario.a_min


def _spans(view: Trajectory, rows: IntArray, ends: tuple[float, float, float]) -> list[list[float]]:
    values = view.values[rows]
    highest = [max(float(values[:, column].max()), ends[column]) * 1.08 or 1.0 for column in (0, 1)]
    lowest = min(float(values[:, -1].min()), ends[2])
    margin = max(0.08 * (1 - lowest), 1e-6)
    return [[0.0, highest[0]], [0.0, highest[1]], [lowest - margin, 1 + margin]]


def _corner(axis: int, value: float, a: float, b: float) -> tuple[float, ...]:
    point = [a, b]
    point.insert(axis, value)
    return tuple(point)


def _planes(scenario: Scenario, ends: tuple[float, float, float]) -> list[Any]:
    import plotly.graph_objects as go  # noqa: PLC0415

    limits = (scenario.c_max, scenario.t_max, scenario.a_min)
    tails = [at_quantile(limit) for limit in scenario.limits()]
    words = (
        None if scenario.c_max is None else f"cost at most {usd(scenario.c_max)}{tails[0]}",
        None if scenario.t_max is None else f"time at most {seconds(scenario.t_max)}{tails[1]}",
        None if scenario.a_min is None else f"accuracy at least {scenario.a_min:g}{tails[-1]}",
    )
    spans = ((0.0, ends[0]), (0.0, ends[1]), (ends[2], 1.0))
    planes = []
    for axis, (limit, word, colour) in enumerate(zip(limits, words, ("#E69F00", "#56B4E9", RED), strict=True)):
        if limit is None:
            continue
        others = [spans[other] for other in range(3) if other != axis]
        corners = np.array([_corner(axis, limit, a, b) for a, b in product(*others)])
        planes.append(
            go.Mesh3d(
                x=corners[:, 0],
                y=corners[:, 1],
                z=corners[:, 2],
                i=[0, 1],
                j=[1, 2],
                k=[2, 3],
                color=colour,
                opacity=0.22,
                hoverinfo="skip",
                name=word,
                showlegend=True,
            )
        )
    return planes


def _edges(scenario: Scenario, ends: tuple[float, float, float]) -> Any:
    import plotly.graph_objects as go  # noqa: PLC0415

    spans = ((0.0, ends[0]), (0.0, ends[1]), (ends[2], 1.0))
    points: list[tuple[float | None, ...]] = []
    for axis in range(3):
        others = [spans[other] for other in range(3) if other != axis]
        for a, b in product(*others):
            points += [_corner(axis, end, a, b) for end in spans[axis]]
            points.append((None, None, None))
    x, y, z = zip(*points, strict=True)
    line = {"color": INK, "width": 2}
    return go.Scatter3d(
        x=x, y=y, z=z, mode="lines", line=line, hoverinfo="skip", name="cube of the budgets", showlegend=False
    )


def _path(view: Trajectory, rows: IntArray) -> list[Any]:
    import plotly.graph_objects as go  # noqa: PLC0415

    values = view.values[:, [0, 1, -1]]
    path = dict(zip("xyz", values[rows].T, strict=True))
    line = go.Scatter3d(
        **path,
        mode="lines",
        line={"color": GREY, "width": 3},
        hoverinfo="skip",
        name="trajectory over k",
        showlegend=False,
    )
    traces = [line]
    for name, selected in (
        ("meet all budgets", rows[view.feasible[rows]]),
        ("break a budget", rows[~view.feasible[rows]]),
    ):
        if not len(selected):
            continue
        inside = name == "meet all budgets"
        marker: dict[str, Any] = {"size": 5, "color": GREY, "symbol": "x" if not inside else "circle"}
        if inside:
            volume = view.volume[selected]
            marker |= {
                "color": volume,
                "colorscale": "Viridis",
                "cmin": 0.0,
                "cmax": float(volume.max()) or 1.0,
                "colorbar": {
                    "title": {"text": "cube volume", "side": "top"},
                    "orientation": "h",
                    "thickness": 10,
                    "len": 0.6,
                    "y": -0.02,
                    "yanchor": "top",
                    "tickformat": ".2g",
                },
            }
        else:
            marker["size"] = 2.5
        traces.append(
            go.Scatter3d(
                **dict(zip("xyz", values[selected].T, strict=True)),
                mode="markers",
                marker=marker,
                hoverinfo="text",
                hovertext=hover(view, selected),
                name=f"k that {name}",
            )
        )
    return traces


def _markers(marks: tuple[Mark, ...]) -> list[Any]:
    """The choices as characters, since plotly has few of the markers in three dimensions."""
    import plotly.graph_objects as go  # noqa: PLC0415

    return [
        go.Scatter3d(
            x=[mark.looked_at[0]],
            y=[mark.looked_at[1]],
            z=[mark.looked_at[-1]],
            mode="text",
            text=[mark.marker.symbol],
            textposition="middle center",
            textfont={"size": size, "color": INK},
            hoverinfo="text",
            hovertext=[mark_hover(mark)],
            legendgroup=mark.rule,
            showlegend=False,
        )
        for mark, size in with_sizes(marks, 28, 8)
    ]


def _legend(marks: tuple[Mark, ...]) -> list[Any]:
    """Entries of the legend with the markers themselves: those of text in three dimensions would all read "Aa"."""
    import plotly.graph_objects as go  # noqa: PLC0415

    nowhere: dict[str, Any] = {"x": [None], "y": [None], "mode": "markers"}
    utopia = {"symbol": UTOPIA.plotly, "size": 13, "color": UTOPIA.colour, "line": {"color": INK, "width": 1}}
    return [
        *(
            go.Scatter(**nowhere, marker=marker_of(mark, 11), legendgroup=mark.rule, name=plain(mark.label))
            for mark, _ in with_sizes(marks, 1, 0)
        ),
        go.Scatter(**nowhere, marker=utopia, name="utopia"),
    ]
