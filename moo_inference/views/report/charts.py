"""The charts of the report: all models of a scenario over cost and time, and one model over k."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.catalog import Limit
from moo_inference.formatting.amounts import amount, bound, percentile, unit_words
from moo_inference.formatting.keepers import keeper
from moo_inference.views.families import short_name
from moo_inference.views.figures.style import Dash, quantity_unit
from moo_inference.views.figures.trajectory import Trajectory
from moo_inference.views.markers import Marker
from moo_inference.views.report.axis import Axis, axis_over
from moo_inference.views.report.panel import Budget, Curve, Panel, Sign, panel

Styles = Mapping[str, tuple[str, Dash]]
"""Colour and dash of the line of each model, by id."""

_POINTS = 300
"""About so many points of a chart have a text over them."""

_FEWEST = 4
"""And so many of a line at least."""

_OF_ONE = 10
"""And so many of the line of a model alone."""

_BELOW = 1.2
"""A chart goes so far below its floor, in distances of the floor from the top."""

_NAMED = 4
"""So many models that a chart leaves out are named, and the others are counted."""

_LETTERS = 25
"""A name of a choice has so many at most."""

_LARGE, _USUAL, _LEAST = 7.0, 5.5, 2.0
"""Radius of the one choice, of one among many, and of the last of several at one place."""


@dataclass(frozen=True)
class Highlight:
    """The one choice that a chart is to show.

    Attributes:
        model: id of the model.
        k: its passes.
        marker: of the rule.
        closest: nothing fits, and this comes closest.
    """

    model: str
    k: int
    marker: Marker
    closest: bool = False


@dataclass(frozen=True)
class Charts:
    """Charts that belong together, and what they leave out, as a sentence or nothing."""

    panels: tuple[Panel, ...]
    note: str = ""


def across_models(views: Mapping[str, Trajectory], styles: Styles, only: Highlight | None = None) -> Charts:
    """Accuracy over cost, over time and over each further resource, one chart each.

    Colours are models, shapes are rules. Thick is what meets all budgets.

    Args:
        views: one trajectory per model, by id.
        styles: of the lines.
        only: the one choice that is to be seen; None shows what each rule takes of each model.
    """
    first = next(iter(views.values()))
    *spent, floor = first.limits
    accuracy = _accuracy_axis(views, only)
    most = max(_FEWEST, _POINTS // len(views))
    texts = {key: {row: _title(view, row) for row in _rows(view, most)} for key, view in views.items()}
    panels = []
    for column, limit in enumerate(spent):
        amounts = np.concatenate([view.values[:, column] for view in views.values()])
        budget = [] if limit.value is None else [limit.value]
        x = axis_over(
            _label(limit), [*amounts.tolist(), *budget], logarithmic=True, before=quantity_unit(limit.quantity)
        )
        curves = [
            Curve(view.values[:, column], view.values[:, -1], view.feasible, texts[key], *styles[key])
            for key, view in views.items()
        ]
        signs = []
        for key, view in views.items():
            if only is None:
                xs = [mark.looked_at[column] for mark in view.chosen]
                signs += _signs(view, xs, -1, styles[key][0])
            elif key == only.model:
                signs += _highlighted(view, only, column, styles[key][0])
        words = f"{_label(floor)} over {_label(limit)} of {len(views)} models, {first.scenario.name}"
        budgets = [*_budget(limit, upright=True), *_budget(floor)]
        panels.append(panel(words, (x, accuracy), curves, signs, budgets))
    low = [view.model for view in views.values() if not np.nanmax(view.values[:, -1]) >= accuracy.low]
    more = f" and {len(low) - _NAMED} more" if len(low) > _NAMED else ""
    names = f"{', '.join(map(short_name, low[:_NAMED]))}{more}"
    return Charts(tuple(panels), f"Less accurate than the charts show, at any k: {names}." if low else "")


def over_k(view: Trajectory, colour: str) -> Charts:
    """Accuracy, cost, time and each further resource of one model over its passes, with what each rule takes.

    Args:
        view: the trajectory.
        colour: of the model.
    """
    k = view.curve.k.astype(float)
    x = Axis("k, passes per query", 0.0, 1.04 * float(k.max()))
    rows = _rows(view, _OF_ONE)
    panels = []
    for column in (-1, *range(len(view.limits) - 1)):
        limit, values = view.limits[column], view.values[:, column]
        shown = values.tolist()
        if limit.value is not None:
            # Far beyond a budget nothing matters, and the budget would vanish at the foot of the chart.
            top = np.inf if column == -1 else 3 * max(limit.value, float(np.nanmin(values)))
            shown = [*(value for value in shown if value <= top), limit.value]
        y = axis_over(_label(limit), shown, before=quantity_unit(limit.quantity))
        texts = {row: f"k = {view.curve.k[row]}: {amount(limit.quantity, float(values[row]))}" for row in rows}
        curve = Curve(k, values, view.feasible, texts, colour)
        signs = _signs(view, [float(mark.k or 0) for mark in view.chosen], column, colour)
        panels.append(panel(f"{_label(limit)} over k: {view.title}", (x, y), [curve], signs, _budget(limit)))
    return Charts(tuple(panels))


def _accuracy_axis(views: Mapping[str, Trajectory], only: Highlight | None) -> Axis:
    """From the best down to a little more than as far below the floor and the choices as these are below the best."""
    limit, keeps = next(iter(views.values())).limits[-1], {view.keep for view in views.values()}
    every = np.concatenate([view.values[:, -1] for view in views.values()])
    low, high = float(np.nanmin(every)), float(np.nanmax(every))
    if only is None:
        needed = [mark.looked_at[-1] for view in views.values() for mark in view.chosen]
    else:
        view = views[only.model]
        needed = view.values[view.curve.k == only.k, -1].tolist()
    needed += [] if limit.value is None else [limit.value]
    if needed:
        high, least = max(high, *needed), min(needed)
        low = min(max(low, least - _BELOW * max(high - least, 0.02)), least)
    kept = f", kept by {keeper(next(iter(keeps)))}" if len(keeps) == 1 else ""
    return axis_over(f"{_label(limit)}{kept}", [low, high])


def _label(limit: Limit) -> str:
    """What an axis shows: cost of a query (USD), p95 of time (s)."""
    word = unit_words(limit.quantity)
    unit = {"cost": " (USD)", "time": " (s)"}.get(limit.quantity, "")
    if limit.quantile is not None:
        return f"{percentile(limit.quantile)} of {word}{unit}"
    return word if limit.quantity == "accuracy" else f"{word} of a query{unit}"


def _budget(limit: Limit, *, upright: bool = False) -> list[Budget]:
    if limit.value is None:
        return []
    floor = limit.quantity == "accuracy"
    words = f"{'at least' if floor else 'at most'} {bound(limit.quantity, limit.value)}"
    return [Budget(limit.value, words, floor=floor, upright=upright)]


def _rows(view: Trajectory, most: int) -> list[int]:
    """The rows that have a text over their points: of few passes all, of many in ratios."""
    count = len(view.curve.k)
    if count <= most:
        return list(range(count))
    return [int(place) - 1 for place in np.unique(np.geomspace(1, count, most).round())]


def _title(view: Trajectory, row: int) -> str:
    values = zip(view.limits, view.curve.means[row].tolist(), view.values[row].tolist(), strict=True)
    amounts = [
        f"{'accuracy ' if limit.quantity == 'accuracy' else ''}{amount(limit.quantity, mean)}"
        + ("" if limit.quantile is None else f" ({percentile(limit.quantile)} {amount(limit.quantity, at)})")
        for limit, mean, at in values
    ]
    met = "meets all budgets" if view.feasible[row] else "breaks a budget"
    return f"{view.model}, k = {view.curve.k[row]}: {', '.join(amounts)}; {met}"


def _signs(view: Trajectory, xs: Sequence[float], column: int, colour: str) -> list[Sign]:
    """The choices of one model; of several at one place the later ones are smaller, so that all can be seen."""
    seen: dict[float, int] = {}
    signs = []
    for mark, x in zip(view.chosen, xs, strict=True):
        earlier = seen.get(x, 0)
        seen[x] = earlier + 1
        title = f"{mark.rule}: {view.model}, k = {mark.k}, {mark.amounts}"
        radius = max(_USUAL - 1.2 * earlier, _LEAST)
        signs.append(Sign(x, mark.looked_at[column], mark.marker, colour if mark.marker.filled else "", title, radius))
    return signs


def _highlighted(view: Trajectory, only: Highlight, column: int, colour: str) -> list[Sign]:
    word = "closest: " if only.closest else ""
    name = f"{word}{short_name(view.model, view.kin, _LETTERS - len(word))}, k = {only.k}"
    return [
        Sign(
            float(view.values[row, column]),
            float(view.values[row, -1]),
            only.marker,
            "" if only.closest else colour,
            f"{word}{_title(view, row)}",
            _LARGE,
            name,
        )
        for row in np.flatnonzero(view.curve.k == only.k).tolist()
    ]
