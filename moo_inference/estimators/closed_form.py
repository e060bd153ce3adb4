"""Exact curves: no trials, no seed, no noise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.catalog import TOLERANCE, Accuracy, Model, Scenario, shared_resources
from moo_inference.errors import SettingError
from moo_inference.estimators.attainment import all_within, both, correlation
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    attainment_known,
    refuse_beyond_samples,
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
from moo_inference.estimators.ends import refuse_many_shares
from moo_inference.estimators.known_accuracy import KnownAccuracy, NormalAccuracy, known_accuracy
from moo_inference.estimators.max_of_k import accuracy_quantile, error_moments
from moo_inference.estimators.pass_distribution import (
    cost_distribution,
    prompts_paid,
    prompts_read,
    prompts_used,
    resource_distributions,
    time_distribution,
)
from moo_inference.estimators.stopped_accuracy import Stopped, StoppedKnown, refuse_unknown_stops, stopped_accuracy
from moo_inference.estimators.stopped_totals import StoppedTotals
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import passes
from moo_inference.evaluation.question_stops import QuestionStops

Found = KnownAccuracy | NormalAccuracy | Stopped
"""What there is of an accuracy."""


@dataclass(frozen=True)
class ClosedForm(Estimator):
    """Estimates from formulas, clipping at both ends included; `q_se` is 0 throughout.

    Exact: mean and standard deviation of cost, time (both latency rules) and accuracy, for k up to 10^6, and all
    quantiles of accuracy (to 1e-12; to 1e-6 in waves where a pass adds up lengths that are not normal). Quantiles of
    cost and time are as in `Totals`. SLO attainment joins cost, time and what else is used by a normal copula with
    their correlation: it is as exact as the quantiles where at most one of them can break its budget, else within 0.6
    (ideal) to 1.6 percentage points (waves) for lengths that vary by up to their means, and 3.5 where seconds were
    measured. What depends on a spread that is not known is NaN.

    Models that stop early are estimated as well: `first-verified` of any accuracy of which a right pass or the best is
    kept, `vote-until-sure` of an evaluation with answers. Given that N passes ran, cost and time are those of N passes,
    so their means and standard deviations are exact and their quantiles as good as without a stop; the distribution of
    N is exact for `first-verified`, and for votes that can be counted (see `StoppedQueries`). Votes beyond that are
    drawn: then accuracy, cost and time have standard errors. With `shared_prompt` each batch is a request of its own,
    which pays for the prompt.
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
        refuse_beyond_samples(models, int(ks.max()), "k")
        if any(model.stop is not None for model in models):
            refuse_unknown_stops(models)
            refuse_many_shares(ks)
        resources = shared_resources(models)
        quantities = np.zeros((len(models), len(ks), len(objectives_of(resources)), 5))
        errors = np.zeros((len(models), len(ks)))
        known = [_known(model, ks, conditions.parallel_of(model)) for model in models]
        _fill_normal_accuracies(models, known, ks, quantities[:, :, -1], errors)
        for number, found in enumerate(known):
            if not isinstance(found, NormalAccuracy):
                quantities[number, :, -1], errors[number] = found.columns(SPREAD), found.error
        totals = [_ended(model, found, ks, *conditions.of(model)) for model, found in zip(models, known, strict=True)]
        for place, own in enumerate(zip(*totals, strict=True)):
            _fill(quantities[:, :, place], own)
        curves = []
        for number, model in enumerate(models):
            found = known[number]
            means = quantities[number, :, :, MEAN]
            views = {scenario: _view(model, found, scenario, means[:, -1], totals[number]) for scenario in scenarios}
            ran = found.ends.passes if isinstance(found, Stopped) else None
            curves.append(ScalingCurve(ks, quantities[number], errors[number], views, found.evidence, resources, ran))
            if progress is not None:
                progress(number + 1, len(models))
        return curves

    def by_question(self, model: Model, k: Iterable[int], conditions: Conditions) -> "StoppedQuestions":
        """What queries that may stop come to at each question of an evaluation.

        Args:
            model: with a `stop`, and an accuracy that is counted from an evaluation.
            k: the most passes, each at most the fewest samples of a question.
            conditions: P and latency.

        Raises:
            SettingError: (a ValueError) the model has no evaluation or no stop, or a k exceeds the samples.
        """
        ks = passes(k)
        refuse_unknown_stops([model])
        known = _known(model, ks, conditions.parallel_of(model))
        if not isinstance(known, StoppedKnown) or known.questions is None:
            raise SettingError(f"{model.name}: must have an evaluation and a stop, got none")
        totals = _ended(model, known, ks, *conditions.of(model))
        return StoppedQuestions(known.questions, tuple(own for own in totals if isinstance(own, StoppedTotals)))

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "ClosedForm"}


@dataclass(frozen=True)
class StoppedQuestions:
    """What queries of one model come to at each of m questions, for n values of k.

    Attributes:
        stops: when they stop.
        totals: cost, time and further resources.
    """

    stops: QuestionStops
    totals: tuple[StoppedTotals, ...]

    @property
    def names(self) -> Sequence[str]:
        """(m,) the questions, ascending."""
        return self.stops.names

    @property
    def accuracy(self) -> FloatArray:
        """(m, n) expected correctness of what is kept."""
        return self.stops.accuracy

    @property
    def means(self) -> FloatArray:
        """(m, n, c) expected USD, seconds, each further resource, and error."""
        spent = [self.stops.mean(own.stopped.mean, own.full.mean) for own in self.totals]
        return np.stack([*spent, self.stops.error], axis=2)

    def shares(self, limits: Sequence[float | None]) -> FloatArray:
        """(m, n) the share of each question's queries within limits of USD, seconds and further resources at once."""
        stopped, full = (
            _within_all([getattr(own, name) for own in self.totals], limits) for name in ("stopped", "full")
        )
        return self.stops.mean(stopped, full)


def _known(model: Model, k: IntArray, batch: int) -> Found:
    """The accuracy of a model."""
    if model.stop is not None:
        return stopped_accuracy(model, k, batch)
    if isinstance(model.accuracy, Accuracy):
        return NormalAccuracy(model.accuracy, k)
    return known_accuracy(model.accuracy, k)


def _fill(quantity: FloatArray, totals: Sequence[Totals | StoppedTotals]) -> None:
    """Write mean, std and both percentiles of every model's total into `quantity` (models, n, 5)."""
    columns = quantity[:, :, :SE]
    plain = {number: total for number, total in enumerate(totals) if isinstance(total, Totals) and total.plain_normal}
    if plain:
        mean, variance = np.array([total.cumulants[:, :2] for total in plain.values()]).transpose(2, 0, 1)
        std = np.sqrt(variance)
        columns[list(plain)] = np.stack([mean, std, *(mean + std * special.ndtri(q) for q in SPREAD)], axis=2)
    for number in set(range(len(totals))) - set(plain):
        total = totals[number]
        columns[number] = np.column_stack([total.mean, total.std, total.quantiles(*SPREAD)])
    for number, total in enumerate(totals):
        if not total.distribution.known:
            columns[number, :, 1:] = np.nan
        if isinstance(total, StoppedTotals):
            quantity[number, :, SE] = total.se


def _ended(model: Model, known: Found, k: IntArray, parallel: int, latency: str) -> tuple[Totals | StoppedTotals, ...]:
    """Cost, time and amounts of the further resources of queries that end after at most k passes."""
    full = _totals(model, k, parallel, latency)
    if not isinstance(known, Stopped):
        return full
    at_looks = _totals(model, known.ends.looks, parallel, latency)
    return tuple(
        StoppedTotals(known.ends, stopped, own, known.questions) for stopped, own in zip(at_looks, full, strict=True)
    )


def _totals(model: Model, k: IntArray, parallel: int, latency: str) -> tuple[Totals, ...]:
    """Cost, time and amounts of the further resources of k passes, all of which run.

    Where passes may stop early, each batch is a request, so that a shared prompt is paid for in each.

    Args:
        model: the model.
        k: (n,) numbers of passes.
        parallel: passes at the same time.
        latency: how times add up.
    """
    request = None if model.stop is None else parallel
    # Ideal: all passes share P places evenly. In waves each of P passes waits for the longest of them.
    share, wave = (parallel, 1) if latency == "ideal" else (1, parallel)
    return (
        Totals(cost_distribution(model), 1, k, prompts_paid(model, k, parallel, request)),
        Totals(time_distribution(model).over(share), wave, k, prompts_read(model, k, wave)),
        *(Totals(distribution, 1, k, prompts_used(model, k)) for distribution in resource_distributions(model)),
    )


def _fill_normal_accuracies(
    models: Sequence[Model],
    known: Sequence[Found],
    k: IntArray,
    accuracies: FloatArray,
    errors: FloatArray,
) -> None:
    """Write the normal accuracies into `accuracies` (models, n, 5) and `errors` (models, n), all in one go."""
    rows = [row for row, found in enumerate(known) if isinstance(found, NormalAccuracy)]
    if not rows:
        return
    distributions = [accuracy for row in rows if isinstance(accuracy := models[row].accuracy, Accuracy)]
    means, stds = (
        [distribution.mean for distribution in distributions],
        [distribution.std for distribution in distributions],
    )
    error, spread = error_moments(means, stds, k)
    low, high = (accuracy_quantile(means, stds, k, q) for q in SPREAD)
    accuracies[rows, :, :SE] = np.stack([1 - error, spread, low, high], axis=2)
    errors[rows] = error


def _view(
    model: Model,
    known: Found,
    scenario: Scenario,
    accuracy: FloatArray,
    totals: tuple[Totals | StoppedTotals, ...],
) -> BudgetView:
    *spends, floor = limits = scenario.limits(tuple(model.resources))
    known_spreads = [total.distribution.known for total in totals]
    refuse_unknown_quantiles(model, [scenario], known_spreads)
    columns = [
        total.mean if limit.quantile is None else total.quantile(limit.quantile)
        for total, limit in zip(totals, spends, strict=True)
    ]
    least, q = (scenario.a_min or 0.0) - TOLERANCE, floor.quantile
    columns.append(accuracy if q is None else known.quantile(q))
    attainment = np.full(len(accuracy), np.nan)
    if attainment_known(limits, known_spreads):
        attainment = _attainment(known, least, totals, [limit.value for limit in spends])
    return BudgetView(np.column_stack(columns), attainment)


def _attainment(
    known: Found, least: float, totals: Sequence[Totals | StoppedTotals], most: Sequence[float | None]
) -> FloatArray:
    """(n,) share of queries that are accurate and within all limits.

    Whether the kept answer is accurate does not depend on what the passes that ran cost and take; but where passes may
    stop, it depends on how many ran.
    """
    if isinstance(known, Stopped):
        parts = [total for total in totals if isinstance(total, StoppedTotals)]
        stopped, full = ([getattr(part, name) for part in parts] for name in ("stopped", "full"))
        return known.accurate(least).mean(_within_all(stopped, most), _within_all(full, most))
    return known.reached(least) * _within_all([total for total in totals if isinstance(total, Totals)], most)


def _within_all(totals: Sequence[Totals], most: Sequence[float | None]) -> FloatArray:
    """(n,) share of queries within all limits at once.

    Args:
        totals: cost, time and further resources.
        most: of each; None for no limit.
    """
    within = [
        np.ones(len(total.k)) if limit is None else total.cdf(limit * (1 + TOLERANCE))
        for total, limit in zip(totals, most, strict=True)
    ]
    if any(limit is not None for limit in most[2:]):
        return all_within(totals, within)
    return both(within[0], within[1], correlation(totals[0], totals[1]))
