"""The front of a pipeline: accuracy over cost, over time and over each further resource, with the choices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from moo_inference.catalog import Limit
from moo_inference.deprecations import renamed
from moo_inference.errors import unknown_name
from moo_inference.estimators.curve import FloatArray
from moo_inference.formatting.keepers import keeper
from moo_inference.pipelines.plan import has_branches, plan_of
from moo_inference.studies.study import Study
from moo_inference.views.figures.style import (
    PAPER_MM,
    PURPLE,
    Size,
    budget_handles,
    dress,
    framed,
    heading,
    limit,
    mark_handles,
    message,
    numbers,
    place,
    quantity_label,
    quantity_unit,
)
from moo_inference.views.marks import Mark, marks

_LONG = 10_000
"""From this amount on an axis fits two numbers only."""


@dataclass(frozen=True)
class StagesView:
    """What the figure of one pipeline in one scenario shows.

    Attributes:
        title: the pipeline and the scenario by name.
        limits: (m,) the budgets for cost, time, further resources and accuracy.
        values: (n, m) cost in USD, time in seconds, further resources and accuracy of the front's rows.
        marks: the choices.
        lower_bound: whether times are lower bounds, since branches run at the same time.
        nothing: why there is no front, or None.
        keeps: what selects the best of k passes, for the models that the stages may use.
    """

    title: str
    limits: tuple[Limit, ...]
    values: FloatArray
    marks: tuple[Mark, ...]
    lower_bound: bool
    nothing: str | None
    keeps: tuple[str, ...] = ()


def prepare(study: Study, scenario: str, pipeline: str) -> StagesView:
    """What the figure of one pipeline in one scenario shows.

    Args:
        study: the study.
        scenario: id of the scenario.
        pipeline: id of the pipeline.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario or pipeline.
    """
    catalog = study.catalog
    for what, key, known in (("scenario", scenario, catalog.scenarios), ("pipeline", pipeline, catalog.pipelines)):
        if key not in known:
            raise unknown_name(what, key, list(known))
    cell = next(cell for cell in study.pipeline_cells if (cell.scenario, cell.pipeline) == (scenario, pipeline))
    entry, budgets, front = catalog.pipelines[pipeline], catalog.scenarios[scenario], cell.front
    limits = budgets.limits(catalog.resources)
    values = front.values if len(front) else np.empty((0, len(limits)))
    nothing = None if front.infeasibility is None else front.infeasibility.headline
    branches = has_branches(plan_of(entry, catalog.models))
    used = sorted({model for row in front.models for model in row})
    keeps = tuple(dict.fromkeys(catalog.models[model].keep for model in used))
    return StagesView(f"{entry.name}, {budgets.name}", limits, values, marks(study, cell), branches, nothing, keeps)


def draw(axes: Sequence[Axes], view: StagesView, size: Size) -> None:
    """Draw accuracy over each other quantity on an axes of its own, with budgets and choices.

    Args:
        axes: one for each quantity but accuracy.
        view: one pipeline in one scenario, as `prepare` returns it.
        size: letters, lines and markers for the width of the figure.
    """
    *spent, floor = view.limits
    chosen = [mark for mark in view.marks if mark.values]
    for column, (ax, budget) in enumerate(zip(axes, spent, strict=True)):
        bound = ", lower bound" if view.lower_bound and budget.quantity == "time" else ""
        ax.scatter(
            view.values[:, column], view.values[:, -1], s=0.06 * size.font**2, color=PURPLE, linewidths=0, zorder=2
        )
        limit(ax, size, budget.value, vertical=True)
        limit(ax, size, floor.value)
        points = [(mark.values[column], mark.values[-1]) for mark in chosen]
        place(ax, size, chosen, points, clip_on=False)
        width = size.width_mm if size.narrow or len(spent) < 3 else size.width_mm / 4
        name = heading(f"{quantity_label(budget)}{bound}", size, width)
        dress(ax, size, name, f"accuracy of the whole{_kept(view)}")
        span = _span(view.values[:, column], budget.value)
        numbers(ax.xaxis, quantity_unit(budget.quantity), 2 if span[1] >= _LONG else 4)
        numbers(ax.yaxis, "", 5)
        ax.set(xlim=span, ylim=_accuracies(view))
        if view.nothing is not None:
            message(ax, size, view.nothing, 24)


def _span(amounts: FloatArray, budget: float | None) -> tuple[float, float]:
    """From nothing to a little beyond the front, and to the budget where the front comes near it."""
    top = float(amounts.max(initial=0.0))
    near = budget is not None and (top > budget / 3 or top == 0)
    return 0.0, 1.08 * (max(top, budget or 0.0) if near else top or 1.0)


def _kept(view: StagesView) -> str:
    """What selects the pass at each stage, where it is the same at all stages."""
    return f",\nkept by {keeper(view.keeps[0])}" if len(view.keeps) == 1 else ""


def _accuracies(view: StagesView) -> tuple[float, float]:
    accuracy, least = view.values[:, -1], view.limits[-1].value
    seen = accuracy if least is None else np.append(accuracy, least)
    low, high = float(seen.min(initial=1.0)), float(seen.max(initial=0.0))
    margin = 0.1 * max(high - low, 1e-3)
    return low - margin, min(high + margin, 1 + margin)


def handles(view: StagesView, size: Size) -> list[Any]:
    """What the legend holds: the choices, the front and the budgets."""
    dot: dict[str, Any] = {"linestyle": "none", "marker": "o", "markersize": 0.45 * size.font}
    front = [Line2D([], [], color=PURPLE, **dot, label="Pareto front")] if len(view.values) else []
    return [
        *mark_handles(view.marks, size),
        *front,
        *budget_handles("budgets", view.limits, size),
    ]


def render(view: StagesView, width_mm: float = PAPER_MM) -> Figure:
    """See `figure`; from data that are prepared already."""
    size = Size(width_mm)
    panels = len(view.limits) - 1
    rows = panels if size.narrow else -(-panels // 3)
    columns = -(-panels // rows)
    height = (0.65 * rows + 0.2 if size.narrow else 0.38 * rows + 0.12) * width_mm
    picture, axes = framed(view.title, size, height, handles(view, size), panels=panels, columns=columns)
    draw(axes, view, size)
    return picture


def figure(study: Study, scenario: str, pipeline: str, *, width_mm: float = PAPER_MM) -> Figure:
    """The front of a pipeline in a scenario: accuracy over cost, time and further resources, with the choices.

    Args:
        study: the study.
        scenario: id of the scenario.
        pipeline: id of the pipeline.
        width_mm: width of the figure; 85 fits a paper's column, 254 a slide.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario or pipeline.
    """
    return render(prepare(study, scenario, pipeline), width_mm)


__getattr__ = renamed(__name__, {"sheet": "render"})
