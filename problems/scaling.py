"""How many passes of one model: the paper's problem (Eq. 8, 9) as pymoo asks it."""

from typing import Any

import numpy as np
from pymoo.core.problem import ElementwiseProblem

from moo_inference.budgets import constraints, measured
from moo_inference.catalog import Model, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators import Estimator, MonteCarlo
from moo_inference.estimators.base import latency_settings
from moo_inference.estimators.curve import COLUMNS, OBJECTIVES, FloatArray
from moo_inference.grid import pass_grid


class InferenceScalingProblem(ElementwiseProblem):  # type: ignore[misc]
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
        self._conditions = {"parallel": parallel, "latency": latency}
        self._known: dict[int, dict[str, FloatArray]] = {}
        super().__init__(
            n_var=1, n_obj=len(OBJECTIVES), n_ieq_constr=3, xl=self.k_min, xu=self.k_max, vtype=int
        )

    def _evaluate_elementwise(self, X: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        # All new k of a generation go to the estimator in one call, which is what it is fast at.
        self._learn([self._whole(x) for x in X])
        super()._evaluate_elementwise(X, out, *args, **kwargs)

    def _evaluate(self, x: Any, out: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        k = self._whole(x)
        self._learn([k])
        out.update(self._known[k])

    def _learn(self, asked: list[int]) -> None:
        new = sorted(set(asked) - self._known.keys())
        if not new:
            return
        curve = self.estimator.estimate(self.model, new, **self._conditions)
        F, G, table = curve.F, constraints(measured(curve), self.scenario), curve.table()
        for row, k in enumerate(new):
            self._known[k] = {"F": F[row], "G": G[row], **dict(zip(COLUMNS, table[row], strict=True))}

    def _whole(self, x: Any) -> int:
        value = np.asarray(x).reshape(-1)[0]
        k = int(value) if np.isfinite(value) else 0
        if k != value or not self.k_min <= k <= self.k_max:
            raise SettingError(
                f"k must be a whole number in [{self.k_min}, {self.k_max}], got {value:g}. Operators for real "
                "numbers leave the integers: moo_inference.solvers.nsga2() has operators that stay on the grid"
            )
        return k
