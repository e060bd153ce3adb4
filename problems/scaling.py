"""How many passes of one model: the paper's problem (Eq. 8, 9) as pymoo asks it."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from pymoo.core.problem import ElementwiseProblem, LoopedElementwiseEvaluation

from moo_inference.budgets import constraints, measured
from moo_inference.catalog import Model, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators import Estimator, MonteCarlo
from moo_inference.estimators.base import latency_settings
from moo_inference.estimators.curve import COLUMNS, OBJECTIVES, FloatArray, ScalingCurve
from moo_inference.grid import pass_grid


class InferenceScalingProblem(ElementwiseProblem):
    """One integer variable k, three objectives, three constraints.

    F = (cost in USD, time in seconds, error = 1 - accuracy) a query, all minimised, means over queries.
    G = (cost/c_max - 1, time/t_max - 1, a_min - accuracy), dimensionless, feasible where <= 0, inclusive within
    1e-9. Any whole k in [k_min, k_max] is priced, on the grid or not; a fraction is refused. Each evaluated row
    carries the fifteen columns of a scaling curve (`cost`, `cost_std`, ..., `accuracy_se`), to be read with
    `result.opt.get("accuracy_se")`. A k is estimated once, however often it is asked for.

    Attributes:
        axes: the grid of each variable, here of k alone: what ExhaustiveSearch enumerates and what the operators
            of `nsga2` and its siblings stay on.
    """

    def __init__(
        self,
        model: Model,
        scenario: Scenario,
        *,
        estimator: Estimator | None = None,
        k_min: int | None = None,
        k_max: int = 128,
        k_step: int = 1,
        parallel: int | None = None,
        latency: str | None = None,
    ) -> None:
        """Set the problem up; nothing is estimated yet.

        Args:
            model: the model whose passes are counted.
            scenario: the budgets.
            estimator: what k passes are expected to cost, take and achieve; None means `MonteCarlo()`.
            k_min: the smallest k; None means k_step.
            k_max: the largest k.
            k_step: the distance of the grid.
            parallel: passes at the same time, in place of the model's own number.
            latency: how times add up, in place of the model's own rule.

        Raises:
            SettingError: (a ValueError) an option is out of its range, or the grid is empty.
        """
        self.axes = (pass_grid(k_min, k_max, k_step),)
        latency_settings(model, parallel, latency)
        self.model = model
        self.scenario = scenario
        self.estimator = MonteCarlo() if estimator is None else estimator
        self.k_min = self.axes[0][0]
        self.k_max = int(k_max)
        self.parallel = parallel
        self.latency = latency
        self._known: dict[int, tuple[FloatArray, FloatArray, list[float], float]] = {}
        super().__init__(n_var=1, n_obj=len(OBJECTIVES), n_ieq_constr=3, xl=self.k_min, xu=self.k_max, vtype=int)

    def curve(self, k: Iterable[int]) -> ScalingCurve:
        """The scaling curve at some k, from what was estimated already where it was.

        Raises:
            SettingError: (a ValueError) a k is not a whole number in [k_min, k_max].
        """
        asked = np.asarray(k).tolist()
        self._learn(asked)
        _, _, rows, errors = zip(*(self._known[value] for value in asked), strict=True)
        return ScalingCurve(np.array(asked, dtype=np.int64), np.array(rows), np.array(errors))

    def _evaluate_elementwise(self, X: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        # All new k of a generation go to the estimator in one call, which is what it is fast at. What is left is
        # to look rows up, which needs no loop unless somebody asked for a runner of their own.
        asked = np.asarray(X)[:, 0].tolist()
        self._learn(asked)
        if not isinstance(self.elementwise_runner, LoopedElementwiseEvaluation):
            super()._evaluate_elementwise(X, out, *args, **kwargs)
            return
        F, G, table, _ = (np.array(part) for part in zip(*(self._known[k] for k in asked), strict=True))
        out["F"], out["G"] = F, G
        out.update(zip(COLUMNS, table.T, strict=True))

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        k = x[0]
        if k not in self._known:
            self._learn([k])
        out["F"], out["G"], row, _ = self._known[k]
        out.update(zip(COLUMNS, row, strict=True))

    def _learn(self, asked: list[Any]) -> None:
        """Estimate the numbers of passes that are not known yet."""
        new = sorted({self._whole(value) for value in asked if value not in self._known})
        if not new:
            return
        curve = self.estimator.estimate(self.model, new, parallel=self.parallel, latency=self.latency)
        G = constraints(measured(curve), self.scenario)
        self._known.update(zip(new, zip(curve.F, G, curve.table.tolist(), curve.error, strict=True), strict=True))

    def _whole(self, value: Any) -> int:
        if not (self.k_min <= value <= self.k_max and value == int(value)):
            raise SettingError(
                f"k must be a whole number in [{self.k_min}, {self.k_max}], got {value:g}. Operators for real "
                "numbers leave the integers: moo_inference.solvers.nsga2() has operators that stay on the grid"
            )
        return int(value)
