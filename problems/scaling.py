"""How many passes of one model: the paper's problem (Eq. 8, 9) as a pymoo problem."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.catalog import Model, Scenario
from moo_inference.errors import of_kind
from moo_inference.estimators import Estimator, default_estimator
from moo_inference.estimators.base import refuse_beyond_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.evaluation.stop import FIXED, Stop
from moo_inference.problems.base import EstimatedProblem, Point
from moo_inference.problems.stops import models_with, stop_axis


class InferenceScalingProblem(EstimatedProblem):
    """One integer variable k, three objectives, three constraints; see EstimatedProblem.

    With several policies of stopping there are two variables, the number of the policy and the most passes k.

    Any whole k in [k_min, k_max] is priced, on the grid or not; a fraction is refused. A k is estimated once, however
    often it is evaluated.
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
        stops: Sequence[str | Stop | None] | None = None,
        **options: Any,
    ) -> None:
        """Set the problem up; nothing is estimated yet.

        Args:
            model: the model whose passes are counted.
            scenario: the budgets.
            estimator: estimates the scaling curve; None means `ClosedForm()`.
            k_min: see `Conditions`.
            k_max: see `Conditions`.
            k_step: see `Conditions`.
            parallel: see `Conditions`.
            latency: see `Conditions`.
            stops: policies of stopping, see `with_stops`; None: that of the model.
            **options: those of pymoo's Problem, see EstimatedProblem; a subclass with a fourth objective or constraint
                gives `n_obj=4` or `n_ieq_constr=4`.

        Raises:
            SettingError: (a ValueError) an option is out of its range, or the grid is empty.
            TypeError: there is no such option.
        """
        self.conditions = Conditions(k_min, k_max, k_step, parallel, latency)
        of_kind("model", model, Model)
        self.model = model
        self.estimator = default_estimator([model]) if estimator is None else estimator
        refuse_beyond_samples([model], self.conditions.k_max, estimator=self.estimator)
        self.stops, axis = stop_axis(stops)
        [self._models] = models_with({"": model}, self.stops)
        axes = {**axis, "k": self.conditions.grid}
        upper = (*(own[-1] for own in axis.values()), self.conditions.k_max)
        super().__init__(axes, upper, scenario, tuple(model.resources), unordered=tuple(axis), **options)

    def names_of(self, X: ArrayLike) -> tuple[str, ...]:
        """The policy of each row of X (n, n_var), or nothing where it is no variable."""
        return tuple(str(self.stops[int(row[0])] or FIXED) for row in np.asarray(X).tolist()) if self.stops else ()

    def curve(self, k: Iterable[int]) -> ScalingCurve:
        """The scaling curve at some k, under the first policy where there are several; see `estimates`."""
        values = np.reshape(np.asarray(k), (-1, 1))
        return self.estimates(np.hstack([np.zeros_like(values), values]) if self.stops else values)

    def _estimate(self, points: list[Point]) -> ScalingCurve:
        return self.estimated(points, lambda point: self._models[point[0] if self.stops else 0])
