"""Which model, and how many passes of it: one front across models."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.catalog import Model, Scenario, shared_resources
from moo_inference.catalog.stopping import variant_id
from moo_inference.errors import SettingError, of_kind
from moo_inference.estimators import Estimator, default_estimator
from moo_inference.estimators.base import refuse_beyond_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.evaluation.stop import Stop
from moo_inference.problems.base import EstimatedProblem, Point
from moo_inference.problems.stops import models_with, stop_axis


class ModelChoiceProblem(EstimatedProblem):
    """Two integer variables, the number of the model and k; three objectives, three constraints; see EstimatedProblem.

    With several policies of stopping there are three, the number of the policy between them.

    With nine models and k to 1,280 this is the smallest of this project's problems on which search is search.

    Attributes:
        models: id to Model; the first variable counts through it from 0.
    """

    def __init__(
        self,
        models: Mapping[str, Model],
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
        """Set the problem up; nothing is estimated yet. The options are those of InferenceScalingProblem.

        Raises:
            SettingError: (a ValueError) there is no model, an option is out of its range, or the grid is empty.
            TypeError: there is no such option.
        """
        of_kind("models", models, Mapping)
        if not models:
            raise SettingError("there must be at least one model, got none")
        self.conditions = Conditions(k_min, k_max, k_step, parallel, latency)
        for model in models.values():
            of_kind("model", model, Model)
        self.models = dict(models)
        self.estimator = default_estimator(models.values()) if estimator is None else estimator
        refuse_beyond_samples(models.values(), self.conditions.k_max, estimator=self.estimator)
        self.stops, axis = stop_axis(stops)
        self._models = models_with(self.models, self.stops)
        axes = {"model": range(len(models)), **axis, "k": self.conditions.grid}
        upper = (len(models) - 1, *(own[-1] for own in axis.values()), self.conditions.k_max)
        unordered = ("model", *axis)
        super().__init__(axes, upper, scenario, shared_resources(models.values()), unordered=unordered, **options)

    def names_of(self, X: ArrayLike) -> tuple[str, ...]:
        """The id of the model of each row of X (n, n_var), with its policy where that is a variable."""
        ids = list(self.models)
        return tuple(
            variant_id(ids[int(row[0])], self.stops[int(row[1])] if self.stops else None)
            for row in np.asarray(X).tolist()
        )

    def _estimate(self, points: list[Point]) -> ScalingCurve:
        return self.estimated(points, lambda point: self._models[point[0]][point[1] if self.stops else 0])
