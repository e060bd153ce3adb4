"""Configurations that stop early beside those that run all passes, at each question that they were recorded on."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import Model, Scenario
from moo_inference.catalog.stopping import base_id
from moo_inference.errors import SettingError
from moo_inference.estimators import default_estimator
from moo_inference.estimators.base import curves_within_samples
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, ScalingCurve
from moo_inference.studies.posterior import Posterior, posterior

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Contenders:
    """Configurations that compete: those that run all passes, and all that the rule may take.

    Attributes:
        known: what all of them come to at each question.
        fixed: (n,) which of them the rule may take where nothing stops early.
        allowed: (n,) which of them it may take otherwise.
        stopping: (n,) which of them stop early, so that k passes are not what runs on average.
    """

    known: Posterior
    fixed: BoolArray
    allowed: BoolArray
    stopping: BoolArray

    @classmethod
    def of(
        cls,
        models: Mapping[str, Model],
        curves: Mapping[str, ScalingCurve],
        scenario: Scenario,
        conditions: Conditions,
        known: Posterior | None = None,
    ) -> "Contenders":
        """Those of some models.

        Args:
            models: by id.
            curves: as estimated with the scenario, by id, in the same order.
            scenario: the budgets.
            conditions: P and latency of the estimates.
            known: of these models, where it is known already.

        Raises:
            SettingError: (a ValueError) no model stops early.
        """
        stops = np.array([model.stop is not None for model in models.values()])
        if not stops.any():
            raise SettingError("some model must stop early, got none with a policy of stopping")
        if not stops.all():
            known = posterior(models, curves, scenario, conditions) if known is None else known
            stopped = stops[known.model]
            return cls(known, ~stopped, np.ones_like(stopped), stopped & _early(known, curves))
        whole, whole_curves = without_stopping(models, curves, scenario, conditions)
        # First, so that of equal configurations one that runs all passes is taken.
        joined = {f"{key} without stopping": model for key, model in whole.items()} | dict(models)
        joined_curves = dict(zip(joined, [*whole_curves.values(), *curves.values()], strict=True))
        known = posterior(joined, joined_curves, scenario, conditions)
        stopped = np.asarray(known.model >= len(whole))
        return cls(known, ~stopped, stopped, stopped & _early(known, joined_curves))

    def on(self, weights: FloatArray) -> tuple[FloatArray, BoolArray]:
        """(R, n, m) objectives on questions of other weights (R, units), and (R, n) whether all budgets are met.

        What is not known question by question is as estimated. Both are NaN and False for a model without a question.
        """
        known, r = self.known, len(weights)
        F = np.repeat(known.F[None], r, axis=0)
        tails = []
        for table in known.tables:
            own = weights[:, table.units]
            with np.errstate(invalid="ignore", divide="ignore"):
                F[np.ix_(np.arange(r), table.rows, table.columns)] = table.means(own)
                within = own @ table.within.reshape(len(own[0]), -1) / (own @ table.sizes)[:, None]
            tails.append((table, within.reshape(r, len(table.rows), -1) >= table.least))
        values = F.copy()
        values[..., -1] = 1 - F[..., -1]
        for column, limit in enumerate(known.scenario.limits(known.resources)):
            if limit.quantile is not None:
                values[..., column] = known.values[:, column]
        return F, known.feasible(F, values, tails)


def _early(known: Posterior, curves: Mapping[str, ScalingCurve]) -> BoolArray:
    """(n,) of which configurations not k passes run on average."""
    passes = {(key, k): mean for key, own in curves.items() for k, mean in zip(own.k, own.mean_passes, strict=True)}
    return np.array([not np.isclose(passes[place], place[1]) for place in known.places], dtype=bool)


def without_stopping(
    models: Mapping[str, Model], curves: Mapping[str, ScalingCurve], scenario: Scenario, conditions: Conditions
) -> tuple[dict[str, Model], dict[str, ScalingCurve]]:
    """The models that run all passes, with their curves; where there are none, all of them without stopping.

    Args:
        models: by id.
        curves: as estimated with the scenario, by id.
        scenario: the budgets.
        conditions: P and latency of the estimates.
    """
    fixed = {key: model for key, model in models.items() if model.stop is None}
    if fixed:
        return fixed, {key: curves[key] for key in fixed}
    whole: dict[str, Model] = {}
    for key, model in models.items():
        base, own = base_id(key, model.stop), model.replace(stop=None)
        whole[base if whole.get(base, own).keep == own.keep else f"{base}+{own.keep}"] = own
    return whole, curves_of(whole, scenario, conditions)


def curves_of(models: Mapping[str, Model], scenario: Scenario, conditions: Conditions) -> dict[str, ScalingCurve]:
    """The curves of models by id, each as far as its evaluation goes.

    Args:
        models: by id.
        scenario: the budgets.
        conditions: which k, and how passes run.
    """
    all_of = list(models.values())
    estimated = curves_within_samples(default_estimator(all_of), all_of, conditions, scenarios=[scenario])
    return dict(zip(models, estimated, strict=True))
