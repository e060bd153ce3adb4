"""The Pareto front of the feasible k, and why it is empty where it is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import moocore
import numpy as np

from moo_inference.budgets import BUDGETS, constraints, measured
from moo_inference.catalog import Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Shortfall:
    """One budget that keeps every k out.

    Attributes:
        budget: `c_max`, `t_max` or `a_min`.
        limit: the budget, in USD, seconds or as an accuracy.
        has: what the k that comes closest to meeting all budgets has.
        needs: what this budget would have to be for k = `needs_k` to meet it; None where nothing helps.
        needs_k: where the others can be held, the k that asks least of this budget; else the cheapest k that
            is accurate enough.
        alone: the change of this budget is enough, the others held.
    """

    budget: str
    limit: float
    has: float
    needs: float | None
    needs_k: int | None
    alone: bool

    @property
    def broken(self) -> bool:
        """Whether the closest k breaks this budget; otherwise it only keeps better ones out."""
        return self.has < self.limit if self.budget == "a_min" else self.has > self.limit

    def __str__(self) -> str:
        word, bound, change = _WORDS[self.budget]
        text = f"{word} {self._amount(self.has)}, must be {bound} {self._amount(self.limit)}"
        if self.needs is None:
            return text
        amount = self._amount(self._generous())
        if self.alone:
            return f"{text} ({change} {self.budget} to {amount} would allow k = {self.needs_k})"
        return f"{text} (k = {self.needs_k} would need {amount})"

    def _generous(self) -> float:
        # A way out has to work as it is printed, so it is rounded to the side that allows more.
        if not self.needs:
            return 0.0
        scale = 10.0 ** (5 - np.floor(np.log10(self.needs)))
        return float((np.floor if self.budget == "a_min" else np.ceil)(self.needs * scale) / scale)

    def _amount(self, value: float) -> str:
        return {"c_max": f"${value:.6g}", "t_max": f"{value:.6g} s", "a_min": f"{value:.6g}"}[self.budget]


_WORDS = {
    "c_max": ("cost", "at most", "raising"),
    "t_max": ("time", "at most", "raising"),
    "a_min": ("accuracy", "at least", "lowering"),
}


@dataclass(frozen=True)
class Infeasibility:
    """Why no k meets all budgets.

    Attributes:
        k: the k that comes closest: the least sum of constraint violations, the cheaper one where two tie.
        shortfalls: every binding budget: those that this k breaks, and those whose change alone would help.
    """

    k: int
    shortfalls: tuple[Shortfall, ...]

    def __str__(self) -> str:
        return f"no k meets all budgets; closest is k = {self.k}: " + "; ".join(map(str, self.shortfalls))


@dataclass(frozen=True)
class Front:
    """The nondominated feasible k of one model in one scenario, in ascending order, equal rows merged.

    Attributes:
        curve: the n rows of the scaling curve that make the front.
        scenario: the budgets.
        infeasibility: why the front is empty, or None where it is not.
        reaches_k_max: the largest k that was looked at is on the front: it may go on beyond.
    """

    curve: ScalingCurve
    scenario: Scenario
    infeasibility: Infeasibility | None
    reaches_k_max: bool

    @classmethod
    def from_curve(cls, curve: ScalingCurve, scenario: Scenario) -> "Front":
        """The front of a scaling curve. Of rows with equal objectives the one with the smallest k is kept."""
        if (np.diff(curve.k) < 0).any():
            curve = curve.take(np.argsort(curve.k, kind="stable"))
        values = measured(curve)
        G = constraints(values, scenario)
        feasible = np.flatnonzero((G <= 0).all(axis=1))
        rows = feasible[moocore.is_nondominated(curve.F[feasible])] if feasible.size else feasible
        return cls(
            curve.take(rows),
            scenario,
            None if feasible.size else _explain(curve, values, G, scenario),
            bool(rows.size and rows[-1] == len(curve) - 1),
        )

    @classmethod
    def from_result(cls, result: Any) -> "Front":
        """The front of what a pymoo run evaluated: of its archive where it kept one, else of its population.

        Args:
            result: from `minimize` on an InferenceScalingProblem.

        Raises:
            SettingError: (a ValueError) the result comes from another kind of problem.
        """
        scenario = getattr(result.problem, "scenario", None)
        if not isinstance(scenario, Scenario):
            raise SettingError(
                f"the result must come from an InferenceScalingProblem, got one from {type(result.problem).__name__}"
            )
        evaluated = result.pop if result.archive is None or not len(result.archive) else result.archive
        return cls.from_curve(result.problem.curve(np.unique(evaluated.get("X")[:, 0])), scenario)

    def __len__(self) -> int:
        return len(self.curve)

    @property
    def k(self) -> IntArray:
        """(n,) numbers of passes, ascending."""
        return self.curve.k

    @property
    def F(self) -> FloatArray:  # noqa: N802
        """(n, 3) cost in USD, time in seconds and error = 1 - accuracy, all minimised."""
        return self.curve.F

    @property
    def errors(self) -> FloatArray:
        """(n, 3) standard errors of F."""
        return self.curve.standard_errors

    def to_frame(self) -> "pd.DataFrame":
        """The front's rows of the scaling curve; see `ScalingCurve.to_frame`."""
        return self.curve.to_frame()


def _explain(curve: ScalingCurve, values: FloatArray, G: FloatArray, scenario: Scenario) -> Infeasibility:
    met = G <= 0
    closest = int(np.lexsort((values[:, 0], np.maximum(G, 0).sum(axis=1)))[0])
    accurate = np.flatnonzero(met[:, 2])
    cheapest_accurate = accurate[np.argmin(values[accurate, 0])] if accurate.size else None
    shortfalls = []
    for column, budget in enumerate(BUDGETS):
        others_met = np.flatnonzero(np.delete(met, column, axis=1).all(axis=1))
        alone = bool(others_met.size)
        way_out = others_met[np.argmin(G[others_met, column])] if alone else cheapest_accurate
        if way_out is not None and met[way_out, column]:
            way_out = None
        if met[closest, column] and way_out is None:
            continue
        needs = None if way_out is None else float(values[way_out, column])
        needs_k = None if way_out is None else int(curve.k[way_out])
        has, limit = float(values[closest, column]), float(getattr(scenario, budget))
        shortfalls.append(Shortfall(budget, limit, has, needs, needs_k, alone))
    return Infeasibility(int(curve.k[closest]), tuple(shortfalls))
