"""A chart of the report as a template draws it: every place in units of its viewBox, every text as it is shown."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.estimators.curve import FloatArray
from moo_inference.views.figures.style import Dash
from moo_inference.views.markers import Marker
from moo_inference.views.report.axis import Axis
from moo_inference.views.report.shapes import path_of

WIDTH, HEIGHT = 340.0, 226.0
LEFT, RIGHT, TOP, BOTTOM = 47.0, 8.0, 17.0, 36.0
_LETTER, _BOLD = 6.2, 8.0
"""About the width of a letter in a wide font, of budgets and of names."""

_APART = 3.0
"""Points of a line that are closer to each other are one."""


@dataclass(frozen=True)
class Curve:
    """A line of a chart.

    Attributes:
        x: (n,) amounts on the x axis.
        y: (n,) amounts on the y axis.
        met: (n,) whether all budgets are met: drawn thick.
        titles: what is shown over a point, by its row.
        colour: of the line.
        dash: of the line.
    """

    x: FloatArray
    y: FloatArray
    met: NDArray[np.bool_]
    titles: dict[int, str]
    colour: str
    dash: Dash = "-"


@dataclass(frozen=True)
class Sign:
    """A marker of a choice.

    Attributes:
        x: amount on the x axis.
        y: amount on the y axis.
        marker: the shape.
        colour: of its face; empty for none.
        title: what is shown over it.
        radius: in units of the viewBox.
        label: what stands next to it.
    """

    x: float
    y: float
    marker: Marker
    colour: str
    title: str
    radius: float = 4.5
    label: str = ""


@dataclass(frozen=True)
class Budget:
    """A budget on one of the axes.

    Attributes:
        value: the budget.
        words: how it is called.
        floor: at least so much is needed; otherwise at most.
        upright: it is on the x axis.
    """

    value: float
    words: str
    floor: bool = False
    upright: bool = False


@dataclass(frozen=True)
class Text:
    """A text of a chart: where, which end of it is there, and what."""

    x: float
    y: float
    anchor: str
    words: str


@dataclass(frozen=True)
class Stroke:
    """A line as a path; `dashes` as SVG has them, empty for none."""

    path: str
    colour: str
    dashes: str
    thick: bool


@dataclass(frozen=True)
class Points:
    """Points of one look: x, y and the text that is shown over each."""

    colour: str
    met: bool
    places: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True)
class Drawn:
    """A marker as a path at a place."""

    x: float
    y: float
    path: str
    colour: str
    title: str


@dataclass(frozen=True)
class Panel:
    """A chart that a template can draw.

    Attributes:
        alternative: what it shows, for readers who cannot see it.
        x_label: under the x axis.
        y_label: above the y axis.
        x_ticks: where a number stands under the axis, and which.
        y_ticks: where a number stands left of the axis, and which.
        shaded: left, top, width and height of what breaks a budget.
        limits: x1, y1, x2, y2 of the lines of budgets.
        strokes: the lines.
        points: the points with a text.
        signs: the choices, the one to be seen above all as the last.
        texts: the words of budgets.
        labels: the names of choices.
    """

    alternative: str
    x_label: str
    y_label: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    shaded: tuple[tuple[float, ...], ...]
    limits: tuple[tuple[float, ...], ...]
    strokes: tuple[Stroke, ...]
    points: tuple[Points, ...]
    signs: tuple[Drawn, ...]
    texts: tuple[Text, ...]
    labels: tuple[Text, ...]


def panel(
    alternative: str,
    axes: tuple[Axis, Axis],
    curves: Sequence[Curve],
    signs: Sequence[Sign],
    budgets: Sequence[Budget],
) -> Panel:
    """Lay out a chart.

    Args:
        alternative: what it shows, in words.
        axes: x and y.
        curves: the lines.
        signs: the choices; those with a label are above all others.
        budgets: on either axis.
    """
    x, y = axes
    across, up = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def place(of_x: float, of_y: float) -> tuple[float, float]:
        return round(LEFT + across * x.share(of_x), 1), round(TOP + up * (1 - y.share(of_y)), 1)

    shown = [sign for sign in signs if _seen(x, sign.x) and _seen(y, sign.y)]
    named = [sign for sign in shown if sign.label]
    shaded, limits, texts = [], [], []
    for budget in budgets:
        share = min(1.0, max(0.0, (x if budget.upright else y).share(budget.value)))
        if budget.upright:
            at = LEFT + across * share
            shaded.append((at, TOP, LEFT + across - at, up))
            limits.append((at, TOP - 3, at, TOP + up))
            half = _LETTER * len(budget.words) / 2
            texts.append(Text(min(max(at, LEFT + half), WIDTH - half), TOP - 6, "middle", budget.words))
        else:
            at = TOP + up * (1 - share)
            shaded.append((LEFT, at, across, TOP + up - at) if budget.floor else (LEFT, TOP, across, at - TOP))
            limits.append((LEFT, at, LEFT + across, at))
            # Next to the line where its side is shaded, and away from the name of a choice.
            below = at + 12 if budget.floor else at - 4
            left = any(x.share(sign.x) > 0.4 for sign in named) or not named
            start = LEFT + 4 if left else LEFT + across - 4
            height = below if below < TOP + up - 2 else at - 4
            texts.append(Text(start, height, "start" if left else "end", budget.words))
    strokes, points = [], []
    for curve in curves:
        strokes += _strokes(curve, place)
        points += _points(curve, axes, place)
    ordered = [*(sign for sign in shown if not sign.label), *named]
    return Panel(
        alternative,
        x.label,
        y.label,
        tuple((round(LEFT + across * share, 1), words) for share, words in x.ticks()),
        tuple((round(TOP + up * (1 - share), 1), words) for share, words in y.ticks()),
        tuple(_rounded(*box) for box in shaded if min(box[2:]) > 0),
        tuple(_rounded(*line) for line in limits),
        tuple(strokes),
        tuple(points),
        tuple(
            Drawn(*place(sign.x, sign.y), path_of(sign.marker, sign.radius), sign.colour, sign.title)
            for sign in ordered
        ),
        tuple(texts),
        tuple(_label(sign, *place(sign.x, sign.y)) for sign in named),
    )


def _rounded(*numbers: float) -> tuple[float, ...]:
    return tuple(round(number, 1) for number in numbers)


def _seen(axis: Axis, amount: float) -> bool:
    return math.isfinite(amount) and -1e-9 <= axis.share(amount) <= 1 + 1e-9


def _label(sign: Sign, x: float, y: float) -> Text:
    """The name of a choice above it, or below where there is no space; within the chart."""
    half, gap = _BOLD / 2 * len(sign.label), sign.radius + 5
    height = y - gap if y - gap > TOP + 10 else y + gap + 8
    return Text(min(max(x, LEFT + 3 + half), WIDTH - RIGHT - half), round(height, 1), "middle", sign.label)


def _strokes(curve: Curve, place: Callable[[float, float], tuple[float, float]]) -> list[Stroke]:
    """The whole line thin, and its parts that meet all budgets thick."""
    all_places = [place(x, y) for x, y in zip(curve.x.tolist(), curve.y.tolist(), strict=True)]
    finite = np.isfinite(all_places).all(axis=1)
    found = []
    for kept, thick in ((finite, False), (finite & curve.met, True)):
        paths = []
        for first, last in _runs(np.asarray(kept)):
            places = all_places[first : last + 1]
            if len(places) > 1:
                paths.append("M" + "L".join(f"{x:g} {y:g}" for x, y in _thinned(places)))
        if paths:
            found.append(Stroke("".join(paths), curve.colour, dashes_of(curve.dash) if thick else "", thick))
    return found


def _points(
    curve: Curve, axes: tuple[Axis, Axis], place: Callable[[float, float], tuple[float, float]]
) -> list[Points]:
    """The points of a line that have a text and are in the chart, by whether they meet all budgets."""
    x, y = axes
    rows = [row for row in curve.titles if _seen(x, float(curve.x[row])) and _seen(y, float(curve.y[row]))]
    found = []
    for met in (False, True):
        places = tuple(
            (*place(float(curve.x[row]), float(curve.y[row])), curve.titles[row])
            for row in rows
            if bool(curve.met[row]) == met
        )
        if places:
            found.append(Points(curve.colour, met, places))
    return found


def _runs(kept: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last of each unbroken run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], kept, [False]]).astype(int)))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def _thinned(places: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places without those that are as good as the last one before; the ends stay."""
    thin = [places[0]]
    for here in places[1:-1]:
        if math.dist(here, thin[-1]) >= _APART:
            thin.append(here)
    return [*thin, places[-1]]


def dashes_of(dash: Dash) -> str:
    """A dash as SVG has it; empty for none."""
    return "" if dash == "-" else " ".join(f"{2 * part:g}" for part in dash[1])
