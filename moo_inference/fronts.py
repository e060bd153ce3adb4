"""The Pareto front of the feasible k, and why it is empty where it is."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import moocore
import numpy as np
from numpy.typing import NDArray

from moo_inference.budgets import constraints, measured
from moo_inference.catalog import Scenario
from moo_inference.errors import NonFiniteWarning, SettingError, of_kind
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.infeasibility import Infeasibility, explain
from moo_inference.texts.amounts import seconds, significant, unit_words, usd
from moo_inference.texts.table import Table, to_html

if TYPE_CHECKING:
    import pandas as pd

_SHOWN_ROWS = 40


@dataclass(frozen=True)
class Front:
    """The nondominated feasible points of one scenario, equal rows merged.

    Of one model they stand in ascending order of k; across models in ascending order of cost.

    Attributes:
        curve: the n rows of the scaling curve that make the front.
        scenario: the budgets.
        infeasibility: why the front is empty, or None where it is not.
        reaches_k_max: the largest k that was looked at is on the front: it may go on beyond.
        models: the model of each row where there are several, else empty.
    """

    curve: ScalingCurve
    scenario: Scenario
    infeasibility: Infeasibility | None
    reaches_k_max: bool
    models: tuple[str, ...] = ()

    @classmethod
    def from_curve(cls, curve: ScalingCurve, scenario: Scenario, models: Sequence[str] = ()) -> "Front":
        """The front of a scaling curve, or of the joined curves of several models.

        Of rows with equal objectives the one with the smallest k is kept. Rows that are not finite are left out and
        named in a NonFiniteWarning.

        Args:
            curve: n rows, in any order.
            scenario: the budgets.
            models: the model of each row where there are several.
        """
        of_kind("curve", curve, ScalingCurve)
        of_kind("scenario", scenario, Scenario)
        view = curve.views.get(scenario)
        curve = replace(curve, views={} if view is None else {scenario: view})
        values = measured(curve, scenario)
        names = tuple(models)
        order = np.lexsort((curve.k, *(curve.F.T[::-1] if names else ())))
        finite: NDArray[np.bool_] = np.isfinite(np.hstack([curve.F, values])).all(axis=1)  # type: ignore[assignment]
        if not finite.all():
            _warn(curve.k[~finite], [name for name, ok in zip(names, finite.tolist(), strict=False) if not ok])
            order = order[finite[order]]
        if len(order) < len(curve) or (order[1:] < order[:-1]).any():
            curve, values = curve.take(order), values[order]
            names = tuple(names[row] for row in order.tolist()) if names else ()
        G = constraints(values, scenario, curve.resources)
        feasible = np.flatnonzero((G <= 0).all(axis=1))
        rows = feasible[moocore.is_nondominated(curve.F[feasible])] if feasible.size else feasible
        return cls(
            curve.take(rows),
            scenario,
            None if feasible.size else explain(curve.k, names, values, G, scenario, curve.resources),
            bool(rows.size and curve.k[rows].max() == curve.k.max()),
            tuple(names[row] for row in rows) if names else (),
        )

    @classmethod
    def from_result(cls, result: Any) -> "Front":
        """The front of what a pymoo run evaluated: of its archive where it kept one, else of its population.

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
        evaluated = result.pop if result.archive is None or not len(result.archive) else result.archive
        X = np.unique(evaluated.get("X"), axis=0)
        return cls.from_curve(problem.estimates(X), problem.scenario, problem.names_of(X))

    def __len__(self) -> int:
        return len(self.curve)

    @property
    def k(self) -> IntArray:
        """(n,) numbers of passes."""
        return self.curve.k

    @property
    def F(self) -> FloatArray:  # noqa: N802
        """(n, m) cost in USD, time in seconds, further resources, error = 1 - accuracy, all minimised; read-only."""
        return self.curve.F

    @property
    def resources(self) -> tuple[str, ...]:
        """Units of the further resources among the objectives."""
        return self.curve.resources

    @property
    def errors(self) -> FloatArray:
        """(n, m) standard errors of F."""
        return self.curve.standard_errors

    @property
    def attainment(self) -> FloatArray:
        """(n,) share of queries that meet all budgets at once; NaN where the estimator did not tell."""
        view = self.curve.views.get(self.scenario)
        return np.full(len(self), np.nan) if view is None else view.attainment

    @cached_property
    def G(self) -> FloatArray:  # noqa: N802
        """(n, m) constraints, none of them positive."""
        return constraints(measured(self.curve, self.scenario), self.scenario, self.curve.resources)

    def to_frame(self) -> "pd.DataFrame":
        """The front's rows: `model` where there are several, `k`, and the fifteen columns of a scaling curve."""
        frame = self.curve.to_frame()
        if self.models:
            frame.insert(0, "model", list(self.models))
        return frame

    def _repr_html_(self) -> str:
        return to_html([self._as_table()])

    def _as_table(self) -> Table:
        title = f"Pareto front, {self.scenario.name}"
        if self.infeasibility is not None:
            return Table(f"{title}: empty", (), (), (str(self.infeasibility),))
        used = tuple(unit_words(unit) for unit in self.curve.resources)
        columns = (*(("model",) if self.models else ()), "k", "accuracy", "cost", "time", *used, "meet all budgets")
        rows = []
        for row, (cost, time, *others, accuracy) in enumerate(self.curve.means.tolist()):
            share = self.attainment[row]
            numbers = (str(self.k[row]), f"{accuracy:.4f}", usd(cost), seconds(time), *map(significant, others))
            rows.append((*self.models[row : row + 1], *numbers, "" if np.isnan(share) else f"{share:.0%}"))
        shown = rows if len(rows) <= _SHOWN_ROWS else [*rows[: _SHOWN_ROWS - 2], ("...",) * len(columns), rows[-1]]
        return Table(f"{title}: {len(rows)} rows", columns, tuple(shown))


def _warn(k: IntArray, names: list[str]) -> None:
    points = [f"{name} k = {value}" for name, value in zip(names, k, strict=True)] if names else [f"k = {v}" for v in k]
    shown = ", ".join(points[:10]) + (f" and {len(points) - 10} more" if len(points) > 10 else "")
    warnings.warn(f"left out, since the estimate is not finite: {shown}", NonFiniteWarning, stacklevel=3)
