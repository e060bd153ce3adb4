"""The Pareto front of the feasible k, and why it is empty where it is."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import moocore
import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Scenario
from moo_inference.errors import NonFiniteWarning, SettingError, of_kind
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.formatting.amounts import seconds, significant, unit_words, usd
from moo_inference.formatting.table import Table, to_html
from moo_inference.formatting.words import counted
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.pareto.evaluated import Evaluated, Own
from moo_inference.pareto.infeasibility import Infeasibility, explain
from moo_inference.policy.scores import objectives_levelled

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_ROWS = 40


def nondominated(F: FloatArray) -> NDArray[np.bool_]:
    """(n,) which rows of F (n, m) no other dominates; of equal rows the first.

    What differs by rounding alone is equal, or a row that costs more would stay for an error that is less by a last
    bit.
    """
    return np.asarray(moocore.is_nondominated(objectives_levelled(F)))


@dataclass(frozen=True)
class Front:
    """The nondominated feasible points of one scenario, equal rows merged.

    Of one model they stand in ascending order of k; across models in ascending order of cost.

    Attributes:
        curve: the n rows of the scaling curve that make the front.
        scenario: the budgets.
        infeasibility: why the front is empty, or None where it is not.
        reaches_k_max: the largest k of the grid is on the front: it may go on beyond.
        models: the model of each row where there are several, else empty.
        own: what a problem of the user's gave for these rows, where that is not what is estimated; else None.
    """

    curve: ScalingCurve
    scenario: Scenario
    infeasibility: Infeasibility | None
    reaches_k_max: bool
    models: tuple[str, ...] = ()
    own: Own | None = None

    @classmethod
    def from_curve(cls, curve: ScalingCurve, scenario: Scenario, models: Sequence[str] = ()) -> "Front":
        """The front of a scaling curve, or of the joined curves of several models.

        Of rows with equal objectives the one with the smallest k is kept, see `nondominated`. Rows that are not finite
        are left out and named in a NonFiniteWarning.

        Args:
            curve: n rows, in any order.
            scenario: the budgets.
            models: the model of each row where there are several.
        """
        of_kind("curve", curve, ScalingCurve)
        of_kind("scenario", scenario, Scenario)
        return _front(curve, scenario, tuple(models))

    @classmethod
    def from_result(cls, result: Any) -> "Front":
        """The front of what a pymoo run evaluated: all of its archive and its population, each point once.

        It is made of the run's own F and G, whatever the problem's `_evaluate` made of them; see GridProblem. A point
        is feasible where the run found it so, and an objective or a constraint that a subclass adds or changes counts.
        The estimates of its points stand beside them in `curve`.

        Args:
            result: from `minimize` on one of this project's problems.

        Raises:
            SettingError: (a ValueError) the result comes from another kind of problem.
        """
        problem = result.problem
        if not isinstance(getattr(problem, "scenario", None), Scenario) or not hasattr(problem, "estimates"):
            raise SettingError(
                "the result must come from an InferenceScalingProblem or another EstimatedProblem, got one from "
                f"{type(problem).__name__}"
            )
        return cls.from_evaluated(problem, Evaluated.of(result))

    @classmethod
    def from_evaluated(cls, problem: Any, evaluated: Evaluated) -> "Front":
        """The front of what was evaluated of a problem; see `from_result`."""
        found = evaluated.distinct
        return _front(problem.estimates(found.X), problem.scenario, problem.names_of(found.X), problem, found)

    def __len__(self) -> int:
        return len(self.curve)

    @property
    def k(self) -> IntArray:
        """(n,) numbers of passes."""
        return self.curve.k

    @property
    def F(self) -> FloatArray:  # noqa: N802
        """(n, m) cost in USD, time in seconds, further resources, error = 1 - accuracy, all minimised; read-only.

        Of a problem of the user's it is what its `_evaluate` gives, in the order in which that stands there.
        """
        return self.curve.F if self.own is None else self.own.F

    @property
    def error_last(self) -> FloatArray:
        """(n, m) F as rules take it: the error as the last column, also where a problem of the user's appends more."""
        return self.F if self.own is None else self.F[:, self.own.error_last(len(self.curve.objectives))]

    @property
    def resources(self) -> tuple[str, ...]:
        """Units of the further resources among the objectives."""
        return self.curve.resources

    @property
    def errors(self) -> FloatArray:
        """(n, m) standard errors of F; NaN in what a problem of the user's adds."""
        estimated = self.curve.standard_errors
        return estimated if self.own is None else self.own.standard_errors(estimated)

    @property
    def attainment(self) -> FloatArray:
        """(n,) share of queries that meet all budgets at once; NaN where nobody can tell."""
        view = self.curve.views.get(self.scenario)
        known = view is not None and (self.own is None or self.own.estimates_hold)
        return view.attainment if view is not None and known else np.full(len(self), np.nan)

    @cached_property
    def G(self) -> FloatArray:  # noqa: N802
        """(n, m) constraints, none of them positive."""
        if self.own is not None:
            return self.own.G
        return constraints(measured(self.curve, self.scenario), self.scenario, self.curve.resources)

    def to_frame(self) -> "pd.DataFrame":
        """The front's rows: `model` where there are several, `k`, and the fifteen columns of a scaling curve.

        Objectives that a problem of the user's adds or changes follow as `objective 4`, by their column in F.
        """
        frame = self.curve.to_frame()
        if self.own is not None:
            frame = frame.assign(**self.own.further)
        if self.models:
            frame.insert(0, "model", list(self.models))
        return frame

    def _repr_html_(self) -> str:
        return to_html([self._as_table()])

    def _as_table(self) -> Table:
        title = f"Pareto front, {self.scenario.name}"
        if self.infeasibility is not None:
            return Table(f"{title}: empty", (), (), (str(self.infeasibility),))
        further = {} if self.own is None else self.own.further
        used = (*(unit_words(unit) for unit in self.curve.resources), *further)
        columns = (*(("model",) if self.models else ()), "k", "accuracy", "cost", "time", *used, "meet all budgets")
        rows = []
        for row, (cost, time, *others, accuracy) in enumerate(self.curve.means.tolist()):
            share = self.attainment[row]
            others += [float(values[row]) for values in further.values()]
            numbers = (str(self.k[row]), f"{accuracy:.4f}", usd(cost), seconds(time), *map(significant, others))
            rows.append((*self.models[row : row + 1], *numbers, "" if np.isnan(share) else f"{share:.0%}"))
        shown = rows if len(rows) <= _SHOWN_ROWS else [*rows[: _SHOWN_ROWS - 2], ("...",) * len(columns), rows[-1]]
        return Table(f"{title}: {counted(len(rows), 'row')}", columns, tuple(shown))


def _front(
    curve: ScalingCurve,
    scenario: Scenario,
    names: tuple[str, ...],
    problem: Any = None,
    evaluated: Evaluated | None = None,
) -> Front:
    """See `Front.from_curve`; and `Front.from_result`, where `evaluated` has a row for each row of the curve."""
    view = curve.views.get(scenario)
    curve = replace(curve, views={} if view is None else {scenario: view})
    values = measured(curve, scenario)
    G = constraints(values, scenario, curve.resources)
    own = None if evaluated is None else evaluated.own(curve.F, G)
    F = curve.F if own is None else own.F
    order = np.lexsort((curve.k, *(F.T[::-1] if names else ())))
    finite: NDArray[np.bool_] = np.isfinite(np.hstack([F, values])).all(axis=1)  # type: ignore[assignment]
    if not finite.all():
        _warn(curve.k[~finite], [name for name, ok in zip(names, finite.tolist(), strict=False) if not ok])
        order = order[finite[order]]
    meets: NDArray[np.bool_] = np.all(G <= 0, axis=1) if own is None or evaluated is None else evaluated.feasible
    if len(order) < len(curve) or (order[1:] < order[:-1]).any():
        curve, values, G, F, meets = curve.take(order), values[order], G[order], F[order], meets[order]
        names = tuple(names[row] for row in order.tolist()) if names else ()
        own = None if own is None else own.take(order)
    feasible = np.flatnonzero(meets)
    rows = feasible[nondominated(F[feasible])] if feasible.size else feasible
    why = None
    if not feasible.size:
        limits = scenario.limits(curve.resources)
        if own is not None:
            G, (values, limits) = own.G, own.constraints(values, limits)
        why = explain(curve.k, names, values, G, limits, seen=None if evaluated is None else evaluated.seen(problem))
    last = curve.k.max(initial=0) if evaluated is None else problem.axes[-1][-1]
    return Front(
        curve.take(rows),
        scenario,
        why,
        bool(rows.size and curve.k[rows].max() == last),
        tuple(names[row] for row in rows.tolist()) if names else (),
        None if own is None else own.take(rows),
    )


def _warn(k: IntArray, names: list[str]) -> None:
    points = [f"{name} k = {value}" for name, value in zip(names, k, strict=True)] if names else [f"k = {v}" for v in k]
    shown = ", ".join(points[:10]) + (f" and {len(points) - 10} more" if len(points) > 10 else "")
    warnings.warn(f"left out, since the estimate is not finite: {shown}", NonFiniteWarning, stacklevel=4)
