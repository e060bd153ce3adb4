"""An estimator that knows a curve already."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.errors import SettingError
from moo_inference.estimators.base import Estimator, Progress
from moo_inference.estimators.curve import ScalingCurve
from moo_inference.evaluation.checks import passes


@dataclass(frozen=True)
class Tabulated(Estimator):
    """Answers from a curve that was estimated or measured before, at the k that it holds.

    P and latency are those the curve was made with, so asking for others is refused.

    Attributes:
        curve: the known curve of the one model.
    """

    curve: ScalingCurve

    def estimate_many(
        self,
        models: Sequence[Model],
        k: Iterable[int],
        *,
        parallel: int | None = None,
        latency: str | None = None,
        scenarios: Sequence[Scenario] = (),
        progress: Progress | None = None,
    ) -> list[ScalingCurve]:
        """The known rows at k, for each model the same. See `Estimator.estimate_many`.

        Raises:
            SettingError: (a ValueError) a k is not in the curve, or another P or latency is requested.
        """
        if parallel is not None or latency is not None:
            raise SettingError("a tabulated curve has its P and latency already; parallel and latency must be None")
        ks = passes(k)
        order = np.argsort(self.curve.k, kind="stable")
        place = np.searchsorted(self.curve.k, ks, sorter=order)
        # A k beyond the last has no place: the nearest row is taken, and refused below.
        rows = order[np.minimum(place, len(order) - 1)]
        unknown = ks[self.curve.k[rows] != ks]
        if unknown.size:
            raise SettingError(f"k must be in the table, which does not hold {', '.join(map(str, unknown[:5]))}")
        views = {scenario: self.curve.views[scenario] for scenario in scenarios if scenario in self.curve.views}
        known = replace(self.curve, views=views)
        return [known.take(rows)] * len(models)

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "Tabulated", "k": self.curve.k.tolist()}
