"""How many passes of one model: the paper's problem (Eq. 8, 9) as a pymoo problem."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.errors import of_kind
from moo_inference.estimators import Estimator, default_estimator
from moo_inference.estimators.base import estimate_curves, refuse_beyond_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.problems.base import EstimatedProblem, Point


class InferenceScalingProblem(EstimatedProblem):
    """One integer variable k, three objectives, three constraints; see EstimatedProblem.

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
        axes, upper = {"k": self.conditions.grid}, (self.conditions.k_max,)
        super().__init__(axes, upper, scenario, tuple(model.resources), **options)

    def curve(self, k: Iterable[int]) -> ScalingCurve:
        """The scaling curve at some k; see `estimates`."""
        return self.estimates(np.reshape(np.asarray(k), (-1, 1)))

    def _estimate(self, points: list[Point]) -> ScalingCurve:
        [curve] = estimate_curves(
            self.estimator,
            [self.model],
            [k for (k,) in points],
            self.conditions,
            scenarios=[self.scenario],
        )
        return curve
