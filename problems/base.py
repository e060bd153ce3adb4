"""What all problems of this project share: whole numbers in, estimates out, each point estimated once."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from pymoo.core.problem import ElementwiseEvaluationFunction, ElementwiseProblem, LoopedElementwiseEvaluation

from moo_inference.catalog import Model, Scenario
from moo_inference.errors import ErrorCollector, SettingError, of_kind, whole_number
from moo_inference.estimators.base import OneModelEstimator, estimate_curves
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import (
    BudgetView,
    IntArray,
    RowIndex,
    ScalingCurve,
    columns_of,
    objectives_of,
)
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.evaluated import Evaluated
from moo_inference.pareto.front import Front

Point = tuple[int, ...]

_DECLARED = {"F": "n_obj", "G": "n_ieq_constr", "H": "n_eq_constr"}
_OPTIONS = frozenset(
    [
        *_DECLARED.values(),
        "elementwise_func",
        "elementwise_runner",
        "requires_kwargs",
        "callback",
        "replace_nan_values_by",
        "exclude_from_serialization",
    ]
)
_HOOKS = ("_evaluate", "_evaluate_elementwise", "do", "evaluate")


class GridProblem(ElementwiseProblem):
    """What all problems of this project share: whole numbers in, and rows that are looked up, all at once if possible.

    A subclass may override `_evaluate(x, out)`, of one point x: call `super()._evaluate(x, out)` and change `out`, or
    fill it alone. What it makes of F and G is what every solver sees, in a loop as with a runner of threads or
    processes. One that adds objectives or constraints declares how many there are then: `n_obj=4` or `n_ieq_constr=4`
    to the constructor, or `self.n_obj = 4` after it. Ours come first, the error among them as the last.

    Attributes:
        axes: the grid of each variable: what ExhaustiveSearch enumerates and what the operators of `nsga2` and its
            siblings stay on.
        variables: what each variable is.
        unordered: whether each variable is the number of a model, whose neighbours are no more alike than others.
        scenario: the budgets.
        resources: units of what the models use beside money and time.
        staged: whether it is of stages with names, whose exact front is merged from theirs and not enumerated.
    """

    staged = False
    axes: tuple[range, ...]
    variables: tuple[str, ...]
    unordered: tuple[bool, ...]
    scenario: Scenario
    resources: tuple[str, ...]

    def _set_up(
        self,
        axes: Mapping[str, range],
        unordered: Collection[str],
        upper: Sequence[int],
        scenario: Scenario,
        resources: tuple[str, ...],
        options: Mapping[str, Any],
    ) -> None:
        """Set the problem up: as pymoo's constructor, from the grid of each variable by its name.

        Args:
            axes: the grid of each variable by its name.
            unordered: names of the variables whose values have no order.
            upper: the largest value of each variable, which need not be on its grid.
            scenario: the budgets.
            resources: units of what the models use beside money and time.
            options: those of pymoo's Problem that a user may give.

        Raises:
            SettingError: (a ValueError) the scenario has a budget for a resource that is not among them.
            TypeError: an option is not one of pymoo's that a user may give.
        """
        unknown = sorted(options.keys() - _OPTIONS)
        if unknown:
            raise TypeError(f"options must be among {', '.join(sorted(_OPTIONS))}; got {', '.join(unknown)}")
        for name in _DECLARED.values():
            if name in options:
                whole_number(name, options[name], name == "n_obj")
        self.axes = tuple(axes.values())
        self.variables = tuple(axes)
        self.unordered = tuple(name in unordered for name in axes)
        self.scenario = scenario
        self.resources = resources
        ours = {
            "n_obj": len(objectives_of(resources)),
            "n_ieq_constr": len(scenario.limits(resources)),
            "n_var": len(axes),
            "xl": np.array([axis[0] for axis in self.axes]),
            "xu": np.array(upper),
            "vtype": int,
        }
        super().__init__(**{**ours, **options})

    @property
    def is_extended(self) -> bool:
        """Whether a subclass or a function of the user's changes what is evaluated."""
        return self.elementwise_func is not ElementwiseEvaluationFunction or any(
            getattr(getattr(self, hook), "__func__", None) is not getattr(GridProblem, hook) for hook in _HOOKS
        )

    def evaluate(self, X: ArrayLike, *args: Any, **kwargs: Any) -> Any:
        """F and G of the points X (n, n_var), or of one point (n_var,); see pymoo's Problem."""
        table = np.asarray(X)
        return super().evaluate(table if table.size else table.reshape(0, self.n_var), *args, **kwargs)

    def _evaluate_elementwise(self, X: IntArray, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        # All points of a generation are looked up at once, unless a subclass changes what a point gives, or the user
        # set a runner.
        if self.is_extended or type(self.elementwise_runner) is not LoopedElementwiseEvaluation:
            self._prepare(X)
            super()._evaluate_elementwise(X, out, *args, **kwargs)
        else:
            self._look_up(X, out)
        self._refuse_undeclared(out, len(X))

    def _evaluate(self, x: ArrayLike, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        rows: dict[str, Any] = {}
        self._look_up(np.asarray(x)[None], rows)
        out.update({key: value[0] for key, value in rows.items()})

    def front_of(self, evaluated: Evaluated) -> Front:
        """The front of what a run evaluated of this problem; see `Front.from_result`."""
        distinct = evaluated.distinct
        known = distinct.take(self._known_rows(distinct))
        return Front.of(
            self._estimates_of(known.X),
            self.scenario,
            ends=self._ends(),
            evaluated=known,
            seen=distinct.seen(self),
            looked_at=len(distinct),
        )

    @abstractmethod
    def _estimates_of(self, X: IntArray) -> Estimates:
        """What is estimated at the points X (n, n_var)."""

    @abstractmethod
    def _ends(self) -> list[int | None]:
        """For each stage the k at which its grid ends; None where it is meant to end there."""

    def _known_rows(self, evaluated: Evaluated) -> RowIndex:
        """Those of the points that a front is made of, or may warn of."""
        return slice(None)

    @abstractmethod
    def _look_up(self, X: IntArray, out: dict[str, Any]) -> None:
        """Put F, G and further values of the points X (n, n_var) into `out`, in arrays that nothing else refers to."""

    def _prepare(self, X: IntArray) -> None:
        """Whatever is quicker for many points X (n, n_var) at once than for each of them."""

    def _refuse_undeclared(self, out: Mapping[str, Any], n: int) -> None:
        """Refuse rows with more or fewer values than the problem declares."""
        name = type(self).__name__
        errors = ErrorCollector()
        for key, declared in _DECLARED.items():
            if not n or key not in out:
                continue
            expected = getattr(self, declared)
            if out[key] is None:
                if expected:
                    errors.add(f"{name}._evaluate must set out[{key!r}] to {expected} values ({declared}), got none")
            elif (got := np.size(out[key]) / n) != expected:
                errors.add(
                    f"{name}._evaluate must set out[{key!r}] to {expected} values ({declared}), got {got:g}: give the "
                    f"problem {declared}={got:g} as an option, or set self.{declared} = {got:g} after super().__init__"
                )
        errors.check()


class EstimatedProblem(GridProblem):
    """A pymoo problem over whole numbers whose F and G come from scaling curves; see GridProblem for subclasses.

    F = (cost in USD, time in seconds, error = 1 - accuracy) per query, all minimised, means over queries.
    G = (cost/c_max - 1, time/t_max - 1, a_min - accuracy), dimensionless, feasible where <= 0, inclusive within 1e-9.
    Where models use further resources, each adds a column to F before the error, and one to G before the accuracy.
    Each evaluated row carries the fifteen columns of a scaling curve (`cost`, `cost_std`, ..., `accuracy_se`), to be
    read with `result.opt.get("accuracy_se")`. A point whose estimate is not finite is infeasible beyond all others.

    Attributes:
        estimator: what estimates.
        conditions: which k, and how passes run.
    """

    estimator: OneModelEstimator
    conditions: Conditions

    def __init__(
        self,
        axes: Mapping[str, range] | Sequence[range],
        upper: Sequence[int],
        scenario: Scenario,
        resources: tuple[str, ...] = (),
        *,
        unordered: Collection[str] = (),
        **options: Any,
    ) -> None:
        """Set the problem up; nothing is estimated yet.

        Args:
            axes: the grid of each variable by its name, or in their order.
            upper: the largest value of each variable, which need not be on its grid.
            scenario: the budgets.
            resources: units of what the models use beside money and time.
            unordered: names of the variables whose values have no order.
            **options: those of pymoo's Problem: n_obj, n_ieq_constr, n_eq_constr, elementwise_func,
                elementwise_runner, requires_kwargs, callback, replace_nan_values_by, exclude_from_serialization.

        Raises:
            SettingError: (a ValueError) the scenario has a budget for a resource that is not among them.
            TypeError: an option is not one of these.
        """
        of_kind("scenario", scenario, Scenario)
        self._columns = columns_of(resources)
        self._known: dict[Point, tuple[ScalingCurve, int]] = {}
        named = axes if isinstance(axes, Mapping) else {f"variable {n}": axis for n, axis in enumerate(axes, start=1)}
        self._bounds = tuple((axis[0], last) for axis, last in zip(named.values(), upper, strict=True))
        self._set_up(named, unordered, upper, scenario, resources, options)

    @abstractmethod
    def _estimate(self, points: list[Point]) -> ScalingCurve:
        """The estimates of some distinct points in ascending order, one row each."""

    def estimated(self, points: list[Point], model_of: Callable[[Point], Model]) -> ScalingCurve:
        """The estimates of some distinct points in ascending order, whose last variable is k, model by model.

        Args:
            points: the points.
            model_of: the model of a point, the same object for all of its points.
        """
        curves: list[ScalingCurve] = []
        for _, group in groupby(points, key=lambda point: point[:-1]):
            own = list(group)
            curves += estimate_curves(
                self.estimator,
                [model_of(own[0])],
                [point[-1] for point in own],
                self.conditions,
                scenarios=[self.scenario],
            )
        return curves[0] if len(curves) == 1 else ScalingCurve.joined(curves)

    def names_of(self, X: ArrayLike) -> tuple[str, ...]:
        """The model of each row of X (n, n_var), or nothing where there is only one model."""
        return ()

    def _estimates_of(self, X: IntArray) -> Estimates:
        return Estimates.of_curve(self.estimates(X), self.names_of(X))

    def _ends(self) -> list[int | None]:
        return [self.axes[-1][-1]]

    def estimates(self, X: ArrayLike) -> ScalingCurve:
        """The estimates of the rows of X (n, n_var), from what was estimated already where it was.

        Raises:
            SettingError: (a ValueError) a row has a fraction, or a value out of bounds.
        """
        points = [tuple(x) for x in np.asarray(X).tolist()]
        self._learn(points)
        if not points:
            return self._none_known()
        known = [self._known[point] for point in points]
        curves = list({id(curve): curve for curve, _ in known}.values())
        firsts = np.cumsum([0, *map(len, curves)]).tolist()
        first = {id(curve): row for curve, row in zip(curves, firsts, strict=False)}
        curve = curves[0] if len(curves) == 1 else ScalingCurve.joined(curves)
        return curve.take(np.array([first[id(curve)] + row for curve, row in known]))

    def _look_up(self, X: IntArray, out: dict[str, Any]) -> None:
        curve = self.estimates(X)
        if len(curve):
            F = curve.F.copy()
            G = constraints(curve.views[self.scenario].values, self.scenario, self.resources)
            broken = ~(np.isfinite(F).all(axis=1) & np.isfinite(G).all(axis=1))
            F[broken] = G[broken] = np.inf
            out["F"], out["G"] = F, G
            out.update(zip(self._columns, curve.table.T, strict=True))

    def _prepare(self, X: IntArray) -> None:
        # What is no point of this problem is left to `_evaluate`, which may make one of it.
        self._learn([point for point in map(tuple, np.asarray(X).tolist()) if not self._errors(point)])

    def _learn(self, points: list[tuple[Any, ...]]) -> None:
        """Estimate the points that are not known yet."""
        new = sorted({self._whole(point) for point in points if point not in self._known})
        if not new:
            return
        curve = self._estimate(new)
        if curve.resources != self.resources:
            raise SettingError(
                f"the estimate must have {', '.join(('cost', 'time', *self.resources))} and accuracy, as the models "
                f"do; got {', '.join(('cost', 'time', *curve.resources))} and accuracy"
            )
        view = curve.views.get(self.scenario)
        attainment = np.full(len(new), np.nan) if view is None else view.attainment
        k = np.array([point[-1] for point in new], dtype=np.int64)
        views = {
            self.scenario: BudgetView(measured(curve, self.scenario), attainment, None if view is None else view.tails)
        }
        curve = replace(curve, k=k, views=views)
        self._known.update((point, (curve, row)) for row, point in enumerate(new))

    def _whole(self, point: tuple[Any, ...]) -> Point:
        for value, (low, high) in zip(point, self._bounds, strict=False):
            if not (low <= value <= high and value == int(value)):
                raise SettingError(self._errors(point))
        if len(point) != len(self._bounds):
            raise SettingError(self._errors(point))
        return tuple(int(value) for value in point)

    def _errors(self, point: tuple[Any, ...]) -> list[str]:
        """Why this is no point of the problem, a sentence a variable."""
        if len(point) != len(self._bounds):
            return [f"a point must have {len(self._bounds)} values ({', '.join(self.variables)}), got {len(point)}"]
        return [
            f"{name} must be a whole number in [{low}, {high}], got {value:g}. Operators for real numbers leave the "
            "integers: moo_inference.solvers.nsga2() has operators that stay on the grid"
            for name, value, (low, high) in zip(self.variables, point, self._bounds, strict=True)
            if not (low <= value <= high and value == int(value))
        ]

    def _none_known(self) -> ScalingCurve:
        """A curve of no points."""
        m = len(objectives_of(self.resources))
        views = {self.scenario: BudgetView(np.empty((0, m)), np.empty(0))}
        return ScalingCurve(np.empty(0, dtype=np.int64), np.empty((0, m, 5)), np.empty(0), views, None, self.resources)
