"""Exact curves: no trials, no seed, no noise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.catalog import TOLERANCE, Accuracy, Model, Scenario, shared_resources
from moo_inference.estimators.attainment import all_within, both, correlation
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    attainment_known,
    refuse_beyond_samples,
    refuse_stops,
    refuse_unknown_quantiles,
)
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import (
    MEAN,
    SE,
    SPREAD,
    BudgetView,
    FloatArray,
    IntArray,
    ScalingCurve,
    objectives_of,
)
from moo_inference.estimators.known_accuracy import KnownAccuracy, known_accuracy
from moo_inference.estimators.max_of_k import accuracy_quantile, accuracy_reached, error_moments
from moo_inference.estimators.pass_distribution import (
    cost_distribution,
    prompts_paid,
    prompts_read,
    prompts_used,
    resource_distributions,
    time_distribution,
)
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import passes


@dataclass(frozen=True)
class ClosedForm(Estimator):
    """Estimates from formulas, clipping at both ends included; `q_se` is 0 throughout.

    Exact: mean and standard deviation of cost, time (both latency rules) and accuracy, for k up to 10^6, and all
    quantiles of accuracy (to 1e-12; to 1e-6 in waves where a pass adds up lengths that are not normal). Quantiles of
    cost and time are as in `Totals`. SLO attainment joins cost, time and what else is used by a normal copula with
    their correlation: it is as exact as the quantiles where at most one of them can break its budget, else within 0.6
    (ideal) to 1.6 percentage points (waves) for lengths that vary by up to their means, and 3.5 where seconds were
    measured. What depends on a spread that is not known is NaN.
    """

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
        """The exact curves of several models. See `Estimator.estimate_many`."""
        ks = passes(k)
        conditions = Conditions(parallel=parallel, latency=latency)
        refuse_stops(models, "ClosedForm")
        refuse_beyond_samples(models, int(ks.max()), "k")
        resources = shared_resources(models)
        quantities = np.zeros((len(models), len(ks), len(objectives_of(resources)), 5))
        errors = np.zeros((len(models), len(ks)))
        known = [known_accuracy(model.accuracy, ks) for model in models]
        _fill_normal_accuracies(models, known, ks, quantities[:, :, -1], errors)
        for number, found in enumerate(known):
            if found is not None:
                quantities[number, :, -1], errors[number] = found.columns(SPREAD), found.error
        totals = [_totals(model, ks, *conditions.of(model)) for model in models]
        for place, own in enumerate(zip(*totals, strict=True)):
            _fill(quantities[:, :, place], own)
        curves = []
        for number, model in enumerate(models):
            found = known[number]
            means = quantities[number, :, :, MEAN]
            views = {scenario: _view(model, found, scenario, means[:, -1], totals[number]) for scenario in scenarios}
            evidence = None if found is None else found.evidence
            curves.append(ScalingCurve(ks, quantities[number], errors[number], views, evidence, resources))
            if progress is not None:
                progress(number + 1, len(models))
        return curves

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "ClosedForm"}


def _fill(quantity: FloatArray, totals: Sequence[Totals]) -> None:
    """Write mean, std and both percentiles of every model's total into `quantity` (models, n, 5), all but the SE."""
    columns = quantity[:, :, :SE]
    plain = [number for number, total in enumerate(totals) if total.plain_normal]
    if plain:
        mean, variance = np.array([totals[number].cumulants[:, :2] for number in plain]).transpose(2, 0, 1)
        std = np.sqrt(variance)
        columns[plain] = np.stack([mean, std, *(mean + std * special.ndtri(q) for q in SPREAD)], axis=2)
    for number in set(range(len(totals))) - set(plain):
        total = totals[number]
        columns[number] = np.column_stack([total.mean, total.std, total.quantiles(*SPREAD)])
    for number, total in enumerate(totals):
        if not total.distribution.known:
            columns[number, :, 1:] = np.nan


def _totals(model: Model, k: IntArray, parallel: int, latency: str) -> tuple[Totals, ...]:
    """Cost, time and amounts of the further resources of k passes."""
    # Ideal: all passes share P places evenly. In waves each of P passes waits for the longest of them.
    share, wave = (parallel, 1) if latency == "ideal" else (1, parallel)
    return (
        Totals(cost_distribution(model), 1, k, prompts_paid(model, k)),
        Totals(time_distribution(model).over(share), wave, k, prompts_read(model, k, wave)),
        *(Totals(distribution, 1, k, prompts_used(model, k)) for distribution in resource_distributions(model)),
    )


def _fill_normal_accuracies(
    models: Sequence[Model],
    known: Sequence[KnownAccuracy | None],
    k: IntArray,
    accuracies: FloatArray,
    errors: FloatArray,
) -> None:
    """Write the normal accuracies into `accuracies` (models, n, 5) and `errors` (models, n), all in one go."""
    rows = [row for row, found in enumerate(known) if found is None]
    distributions = [accuracy for model in models if isinstance(accuracy := model.accuracy, Accuracy)]
    if not rows:
        return
    means, stds = (
        [distribution.mean for distribution in distributions],
        [distribution.std for distribution in distributions],
    )
    error, spread = error_moments(means, stds, k)
    low, high = (accuracy_quantile(means, stds, k, q) for q in SPREAD)
    accuracies[rows, :, :SE] = np.stack([1 - error, spread, low, high], axis=2)
    errors[rows] = error


def _view(
    model: Model, known: KnownAccuracy | None, scenario: Scenario, accuracy: FloatArray, totals: tuple[Totals, ...]
) -> BudgetView:
    *spends, floor = limits = scenario.limits(tuple(model.resources))
    known_spreads = [total.distribution.known for total in totals]
    refuse_unknown_quantiles(model, [scenario], known_spreads)
    columns = [
        total.mean if limit.quantile is None else total.quantile(limit.quantile)
        for total, limit in zip(totals, spends, strict=True)
    ]
    least, q = (scenario.a_min or 0.0) - TOLERANCE, floor.quantile
    if known is not None:
        accurate, at_quantile = known.reached(least), accuracy if q is None else known.quantile(q)
    else:
        distribution = model.accuracy
        own = ([distribution.mean], [distribution.std], totals[0].k)  # type: ignore[union-attr]
        accurate = accuracy_reached(*own, least)[0]
        at_quantile = accuracy if q is None else accuracy_quantile(*own, q)[0]
    columns.append(at_quantile)
    within = [
        np.ones(len(total.k)) if limit.value is None else total.cdf(limit.value * (1 + TOLERANCE))
        for total, limit in zip(totals, spends, strict=True)
    ]
    if scenario.resources:
        together = all_within(totals, within)
    else:
        together = both(within[0], within[1], correlation(totals[0], totals[1]))
    # Whether the kept answer is accurate does not depend on what the passes cost and take.
    attainment = accurate * together if attainment_known(limits, known_spreads) else np.full(len(together), np.nan)
    return BudgetView(np.column_stack(columns), attainment)
