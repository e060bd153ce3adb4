"""The curves of all models as HTML in two layers: what stays while budgets move, and what moves with them.

Places are shares of the plot in percent, so that a panel fits any width while its letters keep their size.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

import numpy as np

from moo_inference.catalog import Limit, Scenario
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.curve import FloatArray
from moo_inference.formatting.amounts import amount, bound, interval_text, percentile, plain, unit_words
from moo_inference.formatting.keepers import keeper
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.views.explore.live import LiveAnswer
from moo_inference.views.families import in_families, kin_of, short_name
from moo_inference.views.figures.families import line_styles
from moo_inference.views.markers import markers
from moo_inference.views.marks import interval_of

_NEAR = 1.1
"""Of dots of one curve that are nearer, in percent of the plot, one is drawn."""
_NEAR_MOUSE = 1.8
"""The same of texts on hover."""
_MARGIN = 0.06
_MOST_TICKS = 6
_SAFE = " =:;,./()'"
_SVG_STYLE = (
    "*{fill:none;vector-effect:non-scaling-stroke;stroke-linecap:round;stroke-width:1.3px}.pale{opacity:.3}"
    ".met{stroke-width:2.4px}.dashed{stroke-dasharray:6 4}.dots{stroke-width:4px}.met.dots{stroke-width:6.5px}"
)


@dataclass(frozen=True)
class _Axis:
    """From an amount to its place, in percent of the plot."""

    low: float
    high: float
    logarithmic: bool

    def place(self, values: FloatArray) -> FloatArray:
        """(n,) places in [0, 100]; what lies beyond an end is at it."""
        low, high = self._scaled(np.array([self.low, self.high]))
        return np.asarray(100 * np.clip((self._scaled(values) - low) / (high - low), 0.0, 1.0))

    def holds(self, value: float) -> bool:
        """Whether a value lies between the ends."""
        return self.low <= value <= self.high

    @property
    def ticks(self) -> list[float]:
        """Round amounts between the ends, six at most."""
        if self.logarithmic:
            return _log_ticks(self.low, self.high)
        rough = (self.high - self.low) / _MOST_TICKS
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [round(step * n, 12) for n in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def _scaled(self, values: FloatArray) -> FloatArray:
        return np.log10(np.maximum(values, self.low)) if self.logarithmic else values


@dataclass(frozen=True)
class _Line:
    """One model on the panels: its name, colour and dash, and what the budgets look at for each k."""

    name: str
    colour: str
    dashed: bool
    values: FloatArray
    curve: ScalingCurve


def resting_layer(answer: LiveAnswer) -> str:
    """Axes, pale curves of all models with their hover texts, and the legend; the same for all values of budgets."""
    lines = _lines(answer)
    limits = _limits(answer)
    floor = _accuracy_axis(lines)
    title = escape(_title(limits[-1], {model.keep for model in answer.catalog.models.values()}))
    panels = []
    for column, limit in enumerate(limits[:-1]):
        axis = _spent_axis(lines, column)
        drawn = "".join(_path(_points(line, column, axis, floor), line, "pale") for line in lines)
        spots = "".join(_spots(line, column, axis, floor, answer.scenario) for line in lines)
        panels.append(
            f'<figure class="panel"><div class="plot" role="img" aria-label="{title} over {escape(_title(limit))}">'
            f"{_ticks(axis, limit, along=True)}{_ticks(floor, limits[-1], along=False)}"
            f"{_svg(drawn)}{spots}</div><figcaption>{escape(_title(limit))}, logarithmic</figcaption></figure>"
        )
    return f'<p class="axis">{title}</p><div class="panels">{"".join(panels)}</div>'


def moving_layer(answer: LiveAnswer) -> str:
    """What meets all budgets in full colour, the budgets as lines, and the choice; laid over the other layer."""
    lines = _lines(answer)
    limits = _limits(answer)
    floor = _accuracy_axis(lines)
    met = [_met(line, answer.scenario) for line in lines]
    panels = []
    for column, limit in enumerate(limits[:-1]):
        axis = _spent_axis(lines, column)
        drawn = "".join(
            _path(_points(line, column, axis, floor), line, "met", rows)
            for line, own in zip(lines, met, strict=True)
            for rows in _runs(own)
        )
        budgets = _budget_line(axis, limit, upright=True) + _budget_line(floor, limits[-1], upright=False)
        chosen = _chosen(answer, lines, (column, axis, floor))
        panels.append(
            f'<figure class="panel"><div class="plot">{_svg(drawn)}{budgets}{chosen}</div>'
            "<figcaption>&nbsp;</figcaption></figure>"
        )
    return f'<p class="axis">&nbsp;</p><div class="panels">{"".join(panels)}</div>'


def legend(answer: LiveAnswer) -> str:
    """The models by colour, and what shapes and lines mean."""
    lines = _lines(answer)
    models = "".join(
        f'<span class="entry"><span class="swatch{" dashed" if line.dashed else ""}" style="color:{line.colour}">'
        f"</span>{escape(line.name)}</span>"
        for line in lines
    )
    rule = answer.route.rule.id if answer.route is not None else ""
    shape = (
        f'<span class="entry"><b class="shape">{markers([rule])[rule].symbol}</b>chosen, {rule}</span>' if rule else ""
    )
    budget = '<span class="entry"><span class="swatch budget"></span>budget</span>'
    pale = '<span class="entry">pale: breaks a budget</span>'
    return f'<p class="legend">{models}{shape}{budget}{pale}</p>'


def _limits(answer: LiveAnswer) -> tuple[Limit, ...]:
    return answer.scenario.limits(answer.catalog.resources)


def _title(limit: Limit, keeps: set[str] | None = None) -> str:
    """What an axis shows, with its unit: p95 of time (s)."""
    known = {"cost": "cost of a query (USD)", "time": "time of a query (s)", "accuracy": "accuracy"}
    words = known.get(limit.quantity, f"{unit_words(limit.quantity)} of a query")
    if keeps is not None and len(keeps) == 1:
        words += f", kept by {keeper(next(iter(keeps)))}"
    return words if limit.quantile is None else f"{percentile(limit.quantile)} of {words}"


def _lines(answer: LiveAnswer) -> list[_Line]:
    models = answer.catalog.models
    ids = [key for key in in_families(models) if key in answer.curves]
    styles = line_styles([kin_of(models[key]) for key in ids])
    found = []
    for key, (colour, dash) in zip(ids, styles, strict=True):
        curve = answer.curves[key]
        values = measured(curve, answer.scenario)
        finite = np.asarray(np.isfinite(values).all(axis=1))
        rows = np.argsort(curve.k, kind="stable")
        rows = rows[finite[rows]]
        name = short_name(models[key].name, kin_of(models[key]), 36)
        found.append(_Line(name, colour, dash != "-", values[rows], curve.take(rows)))
    return found


def _spent_axis(lines: Sequence[_Line], column: int) -> _Axis:
    amounts = np.concatenate([line.values[:, column] for line in lines])
    above = amounts[amounts > 0]
    if not above.size:
        return _Axis(0.1, 1.0, logarithmic=True)
    low, high = float(above.min()), float(above.max())
    room = max((high / low) ** _MARGIN, 1.3)
    return _Axis(low / room, high * room, logarithmic=True)


def _accuracy_axis(lines: Sequence[_Line]) -> _Axis:
    accuracies = np.concatenate([line.values[:, -1] for line in lines])
    low, high = float(accuracies.min(initial=1.0)), float(accuracies.max(initial=0.0))
    room = max(_MARGIN * (high - low), 0.005)
    return _Axis(low - room, high + room, logarithmic=False)


def _points(line: _Line, column: int, axis: _Axis, floor: _Axis) -> FloatArray:
    """(n, 2) places from the left and from the top, in percent."""
    return np.column_stack([axis.place(line.values[:, column]), 100 - floor.place(line.values[:, -1])])


def _met(line: _Line, scenario: Scenario) -> FloatArray:
    return np.asarray((constraints(line.values, scenario, line.curve.resources) <= 0).all(axis=1))


def _runs(met: FloatArray) -> list[slice]:
    """Each unbroken run of rows that meet all budgets."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], met, [False]]).astype(int)))
    return [slice(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _path(points: FloatArray, line: _Line, kind: str, rows: slice = slice(None)) -> str:
    """A curve, and a dot for each k that is not hidden by the one before."""
    part = points[rows]
    if not len(part):
        return ""
    joined = " ".join(f"{x:.2f},{y:.2f}" for x, y in part.tolist())
    dots = "".join(f"M{x:.2f} {y:.2f}h0" for x, y in part[_apart(part)].tolist())
    dash = " dashed" if line.dashed else ""
    return (
        f'<polyline class="{kind}{dash}" style="stroke:{line.colour}" points="{joined}"></polyline>'
        f'<path class="{kind} dots" style="stroke:{line.colour}" d="{dots}"></path>'
    )


def _apart(points: FloatArray, near: float = _NEAR) -> list[int]:
    """The rows that are far enough from the one kept before; the first is always among them."""
    kept: list[int] = []
    for row, (x, y) in enumerate(points.tolist()):
        if not kept or math.hypot(x - points[kept[-1], 0], y - points[kept[-1], 1]) >= near:
            kept.append(row)
    return kept


def _svg(drawn: str) -> str:
    """As a picture with styles of its own, since Streamlit lets no other SVG through."""
    box = 'viewBox="0 0 100 100" preserveAspectRatio="none"'
    whole = f'<svg xmlns="http://www.w3.org/2000/svg" {box}><style>{_SVG_STYLE}</style>{drawn}</svg>'
    return f'<img alt="" src="data:image/svg+xml,{quote(whole, safe=_SAFE)}">'


def _spots(line: _Line, column: int, axis: _Axis, floor: _Axis, scenario: Scenario) -> str:
    """What is shown where the mouse is over a point."""
    points = _points(line, column, axis, floor)
    return "".join(
        f'<span class="spot{_side(*points[row])}" style="left:{points[row, 0]:.2f}%;top:{points[row, 1]:.2f}%" '
        f'data-tip="{escape(_text(line, row, scenario))}"></span>'
        for row in _apart(points, _NEAR_MOUSE)
    )


def _side(x: float, y: float) -> str:
    """To which side of its point a text has space."""
    return f"{' leftwards' if x > 50 else ''}{' downwards' if y < 40 else ' upwards' if y > 80 else ''}"


def _text(line: _Line, row: int, scenario: Scenario) -> str:
    """Model, k, cost, time and accuracy with its interval, and the quantiles that budgets are for, a line each."""
    names = ("cost", "time", *map(unit_words, line.curve.resources))
    limits = scenario.limits(line.curve.resources)
    means = line.curve.means[row].tolist()
    rows = [f"{line.name}, k = {line.curve.k[row]}"]
    for name, limit, mean, looked_at in zip(
        (*names, "accuracy"), limits, means, line.values[row].tolist(), strict=True
    ):
        text = f"{name} {amount(limit.quantity, mean)}"
        known = interval_of(line.curve, row) if limit.quantity == "accuracy" else None
        if known is not None:
            text += f" ({interval_text(*known)})"
        if limit.quantile is not None:
            text += f", {percentile(limit.quantile)} {amount(limit.quantity, looked_at)}"
        rows.append(text)
    return "\n".join(rows)


def _ticks(axis: _Axis, limit: Limit, *, along: bool) -> str:
    side = "left" if along else "bottom"
    before = "$" if limit.quantity == "cost" else ""
    places = axis.place(np.array(axis.ticks)).tolist()
    return "".join(
        f'<span class="tick {"x" if along else "y"}" style="{side}:{place:.2f}%"><i>{before}{plain(value)}</i></span>'
        for value, place in zip(axis.ticks, places, strict=True)
    )


def _log_ticks(low: float, high: float) -> list[float]:
    """Powers of ten, with 2 and 5 or more between where there are few."""
    found: list[float] = []
    for factors in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), tuple(map(float, range(1, 10)))):
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [t for power in powers for f in factors if low <= (t := float(f"{f}e{power}")) <= high]
        if len(ticks) > _MOST_TICKS and found:
            break
        found = ticks
    return found[:: -(-len(found) // _MOST_TICKS)] if found else [float(f"{math.sqrt(low * high):.2g}")]


def _budget_line(axis: _Axis, limit: Limit, *, upright: bool) -> str:
    """A budget; one beyond the axis is at its end, with an arrow."""
    if limit.value is None:
        return ""
    place = float(axis.place(np.array([limit.value]))[0])
    words = f"{percentile(limit.quantile)} " if limit.quantile is not None else ""
    text = f"{words}{'≤' if upright else '≥'} {bound(limit.quantity, limit.value)}"
    if not axis.holds(limit.value):
        beyond = limit.value > axis.high
        text += (" →" if beyond else " ←") if upright else (" ↑" if beyond else " ↓")
    side = "left" if upright else "bottom"
    turned = (" leftwards" if place > 50 else "") if upright else (" below" if place > 85 else "")
    kind = "upright" if upright else "level"
    return f'<span class="budget {kind}{turned}" style="{side}:{place:.2f}%"><i>{escape(text)}</i></span>'


def _chosen(answer: LiveAnswer, lines: Sequence[_Line], where: tuple[int, _Axis, _Axis]) -> str:
    """The choice: shaped by its rule, coloured by its model."""
    route = answer.route
    if route is None or route.choice.row is None:
        return ""
    column, axis, floor = where
    models = answer.catalog.models
    ids = [key for key in in_families(models) if key in answer.curves]
    line = lines[ids.index(str(route.choice.model))]
    row = int(np.flatnonzero(line.curve.k == route.choice.k)[0])
    x, y = _points(line, column, axis, floor)[row].tolist()
    text = f"{line.name}, k = {route.choice.k}"
    return (
        f'<span class="chosen{_side(x, y)}" style="left:{x:.2f}%;top:{y:.2f}%;color:{line.colour}" '
        f'data-tip="{escape(_text(line, row, answer.scenario))}">{markers([route.rule.id])[route.rule.id].symbol}'
        f"<i>{escape(text)}</i></span>"
    )
