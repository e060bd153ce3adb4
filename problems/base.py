"""What all problems of this project share: whole numbers in, estimates out, each point estimated once."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from pymoo.core.problem import ElementwiseProblem, LoopedElementwiseEvaluation

from moo_inference.budgets import constraints, measured
from moo_inference.catalog import Scenario
from moo_inference.errors import SettingError, of_kind
from moo_inference.estimators.curve import (
    BudgetView,
    Evidence,
    FloatArray,
    ScalingCurve,
    columns_of,
    objectives_of,
)

Point = tuple[int, ...]
_Estimate = tuple[FloatArray, FloatArray, list[float], float, FloatArray, float, ScalingCurve, int]
"""F, G, the columns of the table, the error, what the budgets look at, the share of queries that meets them; and where
all this stands: a curve and a row."""


class EstimatedProblem(ElementwiseProblem):
    """A pymoo problem over whole numbers whose F and G come from scaling curves.

    F = (cost in USD, time in seconds, error = 1 - accuracy) a query, all minimised, means over queries.
    G = (cost/c_max - 1, time/t_max - 1, a_min - accuracy), dimensionless, feasible where <= 0, inclusive within 1e-9.
    Where models use further resources, each adds a column to F before the error, and one to G before the accuracy.
    Each evaluated row carries the fifteen columns of a scaling curve (`cost`, `cost_std`, ..., `accuracy_se`), to be
    read with `result.opt.get("accuracy_se")`. A point whose estimate is not finite is infeasible beyond all others.

    Attributes:
        axes: the grid of each variable: what ExhaustiveSearch enumerates and what the operators of `nsga2` and its
            siblings stay on.
        scenario: the budgets.
        resources: units of what the models use beside money and time.
    """

    axes: tuple[range, ...]
    scenario: Scenario
    resources: tuple[str, ...]

    def __init__(
        self, axes: tuple[range, ...], upper: tuple[int, ...], scenario: Scenario, resources: tuple[str, ...] = ()
    ) -> None:
        """Set the problem up; nothing is estimated yet.

        Args:
            axes: the grid of each variable.
            upper: the largest value of each variable, which need not be on its grid.
            scenario: the budgets.
            resources: units of what the models use beside money and time.

        Raises:
            SettingError: (a ValueError) the scenario has a budget for a resource that is not among them.
        """
        of_kind("scenario", scenario, Scenario)
        self.axes = axes
        self.scenario = scenario
        self.resources = resources
        self._columns = columns_of(resources)
        self._bounds = tuple((axis[0], last) for axis, last in zip(axes, upper, strict=True))
        self._known: dict[Point, _Estimate] = {}
        self._last_learnt: tuple[list[Point], ScalingCurve | None] = ([], None)
        low, high = zip(*self._bounds, strict=True)
        super().__init__(
            n_var=len(axes),
            n_obj=len(objectives_of(resources)),
            n_ieq_constr=len(scenario.limits(resources)),
            xl=np.array(low),
            xu=np.array(high),
            vtype=int,
        )

    @abstractmethod
    def _estimate(self, points: list[Point]) -> ScalingCurve:
        """The estimates of some distinct points in ascending order, one row each."""

    def names_of(self, X: Any) -> tuple[str, ...]:
        """The model of each row of X (n, n_var), or nothing where there is only one model."""
        return ()

    def estimates(self, X: Iterable[Iterable[Any]]) -> ScalingCurve:
        """The estimates of the rows of X (n, n_var), from what was estimated already where it was.

        Raises:
            SettingError: (a ValueError) a row has a fraction, or a value out of bounds.
        """
        points = [tuple(x) for x in np.asarray(X).tolist()]
        self._learn(points)
        learnt, curve = self._last_learnt
        if curve is not None and points == learnt:
            return curve
        _, _, rows, errors, values, attainment, curves, places = zip(
            *(self._known[point] for point in points), strict=True
        )
        k = np.array([point[-1] for point in points], dtype=np.int64)
        view = BudgetView(np.array(values), np.array(attainment))
        evidence = _evidence(curves, places)
        return ScalingCurve(k, np.array(rows), np.array(errors), {self.scenario: view}, evidence, self.resources)

    def _evaluate_elementwise(self, X: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        # All new points of a generation go to the estimator in one call, which is what it is fast at. What is left is
        # to look rows up, which needs no loop unless somebody asked for a runner of their own.
        points = [tuple(x) for x in np.asarray(X).tolist()]
        self._learn(points)
        if not isinstance(self.elementwise_runner, LoopedElementwiseEvaluation):
            super()._evaluate_elementwise(X, out, *args, **kwargs)
            return
        F, G, table, *_ = zip(*(self._known[point] for point in points), strict=True)
        out["F"], out["G"] = np.array(F), np.array(G)
        out.update(zip(self._columns, np.array(table).T, strict=True))

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        point = tuple(np.asarray(x).tolist())
        if point not in self._known:
            self._learn([point])
        out["F"], out["G"], row, *_ = self._known[point]
        out.update(zip(self._columns, row, strict=True))

    def _learn(self, asked: list[tuple[Any, ...]]) -> None:
        """Estimate the points that are not known yet."""
        new = sorted({self._whole(point) for point in asked if point not in self._known})
        if not new:
            return
        curve = self._estimate(new)
        if curve.resources != self.resources:
            raise SettingError(
                f"the estimate must tell of {', '.join(('cost', 'time', *self.resources))} and accuracy, as the models "
                f"do; got {', '.join(('cost', 'time', *curve.resources))} and accuracy"
            )
        F = curve.F.copy()
        values = measured(curve, self.scenario)
        G = constraints(values, self.scenario, self.resources)
        broken = ~(np.isfinite(F).all(axis=1) & np.isfinite(G).all(axis=1))
        F[broken] = G[broken] = np.inf
        self._last_learnt = (new, curve)
        view = curve.views.get(self.scenario)
        attainment = np.full(len(new), np.nan) if view is None else view.attainment
        places = range(len(new))
        rows = zip(F, G, curve.table.tolist(), curve.error, values, attainment, [curve] * len(new), places, strict=True)
        self._known.update(zip(new, rows, strict=True))

    def _whole(self, point: tuple[Any, ...]) -> Point:
        for value, (low, high) in zip(point, self._bounds, strict=True):
            if not (low <= value <= high and value == int(value)):
                raise SettingError(
                    f"{self._what(value)} must be a whole number in [{low}, {high}], got {value:g}. Operators for real "
                    "numbers leave the integers: moo_inference.solvers.nsga2() has operators that stay on the grid"
                )
        return tuple(int(value) for value in point)

    def _what(self, value: Any) -> str:
        return "k"


def _evidence(curves: Sequence[ScalingCurve], places: Sequence[int]) -> Evidence | None:
    """What is known of the accuracy at some rows of some curves."""
    if all(curve.evidence is None for curve in curves):
        return None
    parts = {id(curve): curve.evidence or Evidence.none(len(curve)) for curve in curves}
    rows = [(parts[id(curve)], place) for curve, place in zip(curves, places, strict=True)]
    return Evidence(
        *(np.array([getattr(part, field.name)[place] for part, place in rows]) for field in fields(Evidence))
    )
