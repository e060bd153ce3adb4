"""What the figures of one model in one scenario show, apart from how they are drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from moo_inference.catalog import Limit, Scenario
from moo_inference.deprecations import renamed
from moo_inference.errors import unknown_name
from moo_inference.estimators.curve import FloatArray, Quantity, ScalingCurve
from moo_inference.pareto.budgets import constraints, measured, nadir_of
from moo_inference.studies.cells import Cell
from moo_inference.studies.study import Study
from moo_inference.views.families import Kin, kin_of
from moo_inference.views.figures.style import PAPER_MM
from moo_inference.views.marks import Mark, marks


@dataclass(frozen=True)
class Trajectory:
    """One model in one scenario, for n values of k.

    Attributes:
        model: name of the model.
        scenario: the budgets.
        curve: the n rows of the scaling curve, in ascending order of k.
        feasible: (n,) whether k meets all budgets.
        on_front: (n,) whether k is on the Pareto front.
        volume: (n,) cube volume (paper, Eq. 11, 12): the product of what is left of each budget as a share; a budget
            that is null counts as 1. 0 where a budget is spent.
        marks: the choices.
        infeasibility: why no k meets all budgets, or None.
        values: (n, m) cost, time, further resources and accuracy as the budgets look at them: means, or quantiles
            where the scenario asks for them.
        keep: what selects the best of k passes: `oracle`, `verifier`, `majority`, or `all`, which is the worst.
        family: None, or what the model has in common with others.
        effort: None, or how hard the model was told to think.
    """

    model: str
    scenario: Scenario
    curve: ScalingCurve
    feasible: NDArray[np.bool_]
    on_front: NDArray[np.bool_]
    volume: FloatArray
    marks: tuple[Mark, ...]
    infeasibility: str | None
    values: FloatArray
    keep: str
    family: str | None = None
    effort: str | None = None

    @property
    def kin(self) -> Kin:
        """Family and effort of the model."""
        return self.family, self.effort

    @property
    def title(self) -> str:
        """The model and the scenario by name."""
        return f"{self.model}, {self.scenario.name}"

    @property
    def chosen(self) -> list[Mark]:
        """The choices that have a k."""
        return [mark for mark in self.marks if mark.k is not None]

    @property
    def feasible_runs(self) -> list[tuple[int, int]]:
        """The first and last row of each unbroken run of feasible k; with waves there can be several."""
        edges = np.flatnonzero(np.diff(np.concatenate([[False], self.feasible, [False]]).astype(int)))
        return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]

    @property
    def limits(self) -> tuple[Limit, ...]:
        """(m,) the budgets for cost, time, further resources and accuracy."""
        return self.scenario.limits(self.curve.resources)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """(m,) cost, time, further resources and accuracy, in the order of the budgets."""
        return (self.cost, self.time, *map(self.curve.resource, self.curve.resources), self.accuracy)

    @property
    def spans(self) -> list[tuple[float, float]]:
        """(m,) from where to where each quantity is worth being seen: the front's surroundings, and the budgets."""
        spans = []
        for spent, limit in zip(self.values.T, self.limits[:-1], strict=False):
            front = spent[self.on_front]
            top = front.max() if front.size else spent.min()
            budget = limit.value
            shown = spent.max() if budget is None else budget if top > budget / 3 or not front.size else top
            spans.append((0.0, 1.12 * max(float(shown), 1.1 * float(spent.min())) or 1.0))
        tops = np.array([top for _, top in spans])
        seen = self.values[(self.values[:, :-1] <= tops).all(axis=1), -1]
        accuracies = seen if self.scenario.a_min is None else np.append(seen, self.scenario.a_min)
        lowest, highest = float(accuracies.min(initial=1)), float(accuracies.max(initial=0))
        margin = 0.1 * max(highest - lowest, 1e-3)
        return [*spans, (lowest - margin, min(highest + margin, 1 + margin))]

    @property
    def cost(self) -> Quantity:
        """USD per query."""
        return self.curve.cost

    @property
    def time(self) -> Quantity:
        """Seconds per query."""
        return self.curve.time

    @property
    def accuracy(self) -> Quantity:
        """Accuracy of the selected answer."""
        return self.curve.accuracy


def trajectory(study: Study, scenario: str, model: str, labels: Mapping[str, str] | None = None) -> Trajectory:
    """The trajectory of one cell of a study.

    Args:
        study: the study.
        scenario: id of the scenario.
        model: id of the model.
        labels: what to call a rule instead of its id.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario or model.
    """
    cell = find_cell(study, scenario, model)
    budgets = study.catalog.scenarios[scenario]
    curve = study.curves_in[scenario][model]
    curve = curve.take(np.argsort(curve.k, kind="stable"))
    left = 1 - curve.F / nadir_of(budgets, curve.resources)
    values = measured(curve, budgets)
    return Trajectory(
        study.catalog.models[model].name,
        budgets,
        curve,
        np.asarray((constraints(values, budgets, curve.resources) <= 0).all(axis=1)),
        np.isin(curve.k, cell.front.k),
        np.maximum(left, 0).prod(axis=1),
        marks(study, cell, labels),
        None if cell.front.infeasibility is None else str(cell.front.infeasibility),
        values,
        study.catalog.models[model].keep,
        *kin_of(study.catalog.models[model]),
    )


def find_cell(study: Study, scenario: str, model: str) -> Cell:
    """The cell of a study.

    Args:
        study: the study.
        scenario: id of the scenario.
        model: id of the model.

    Raises:
        UnknownNameError: (a LookupError) the study has no such scenario or model.
    """
    for what, key, known in (("scenario", scenario, study.catalog.scenarios), ("model", model, study.catalog.models)):
        if key not in known:
            raise unknown_name(what, key, list(known))
    return next(cell for cell in study.cells if (cell.scenario, cell.model) == (scenario, model))


class CellFigure(Protocol):
    """Draws a figure of one model in one scenario of a study."""

    def __call__(
        self,
        study: Study,
        scenario: str,
        model: str,
        *,
        width_mm: float = PAPER_MM,
        labels: Mapping[str, str] | None = None,
    ) -> Figure:
        """Draw it.

        Args:
            study: the study.
            scenario: id of the scenario.
            model: id of the model.
            width_mm: width of the figure; 85 fits a paper's column, 254 a slide.
            labels: what to call a rule instead of its id.

        Raises:
            UnknownNameError: (a LookupError) the study has no such scenario or model.
        """


def cell_figure(render: Callable[[Trajectory, float], Figure]) -> CellFigure:
    """A figure of a study's cell, from the function that draws a trajectory at a width."""

    def figure(
        study: Study,
        scenario: str,
        model: str,
        *,
        width_mm: float = PAPER_MM,
        labels: Mapping[str, str] | None = None,
    ) -> Figure:
        return render(trajectory(study, scenario, model, labels), width_mm)

    figure.__doc__ = f"{render.__doc__} See `CellFigure`."
    return figure


__getattr__ = renamed(__name__, {"of_a_cell": "cell_figure"})
