"""Estimates by counting the recorded attempts of each question, in place of passes that are drawn from one pool."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.catalog import TOLERANCE, Limit, Model, Scenario
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.errors import ErrorCollector
from moo_inference.estimators.base import (
    Estimator,
    Progress,
    refuse_beyond_samples,
    settle_whole_numbers,
)
from moo_inference.estimators.closed_form import ClosedForm
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import LOW, MEAN, SE, STD, BudgetView, Evidence, FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.empirical import Empirical
from moo_inference.evaluation.checks import passes
from moo_inference.evaluation.interval import mean_interval
from moo_inference.evaluation.pass_at_k import QuestionMean
from moo_inference.evaluation.queries import Queries, QueriesOfK
from moo_inference.evaluation.skewed_mean import SkewedMean, skewed_mean

_SPREAD = (0.025, 0.975)


@dataclass(frozen=True)
class Recorded(Estimator):
    """Queries whose k passes are k of a question's own recorded attempts, without replacement, at random.

    Each question counts as often as any other. Means are exact, and their standard errors are those of the mean over
    questions, which are the sample. Percentiles and SLO attainment are counted over all ways in which attempts can make
    a query, jointly in cost, time and correctness; a question and k with more than 1,000 ways
    (`moo_inference.evaluation.ways.MOST_WAYS`; there are fewer up to eight attempts, whatever k and P) has queries
    drawn from its attempts. `attainment` returns the standard error of such draws.

    Models without attempts are estimated by `Empirical` where they have measured passes, else by `ClosedForm`.

    Attributes:
        stop: None: all k passes are run.
        trials: queries over all questions that are drawn at least, where not all are counted.
        seed: of the draws, of numpy's default generator. The same seed gives the same numbers, bit for bit.
    """

    stop: None = None
    trials: int = 10_000
    seed: int = 42

    def __post_init__(self) -> None:
        errors = ErrorCollector()
        settle_whole_numbers(self, {"trials": 2, "seed": 0}, errors)
        if self.stop is not None:
            errors.add(f"stop must be None, which runs all k passes, got {self.stop!r:.60}")
        errors.check()

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
        """The curves of several models, each from its own attempts. See `Estimator.estimate_many`."""
        values = passes(k)
        refuse_beyond_samples(models, int(values.max()), "k")
        curves = []
        for number, model in enumerate(models):
            if isinstance(model, RecordedModel):
                queries = self._queries(model, int(values.max()), parallel, latency)
                curves.append(_curve(queries, values, scenarios))
            else:
                other = ClosedForm() if model.passes is None else Empirical()
                curves += other.estimate_many([model], values, parallel=parallel, latency=latency, scenarios=scenarios)
            if progress is not None:
                progress(number + 1, len(models))
        return curves

    def attainment(
        self,
        model: RecordedModel,
        k: Iterable[int],
        scenario: Scenario,
        *,
        parallel: int | None = None,
        latency: str | None = None,
    ) -> tuple[FloatArray, FloatArray]:
        """(n,) shares of queries that meet all budgets at once, and the (n,) standard errors of the draws.

        The errors are 0 where all ways to make a query are counted; the questions are taken as they are.

        Args:
            model: the model.
            k: numbers of passes.
            scenario: the budgets.
            parallel: how many passes run at the same time, in place of the model's own number.
            latency: how times add up, in place of the model's own rule.

        Raises:
            SettingError: (a ValueError) an argument is out of its range.
        """
        values = passes(k)
        refuse_beyond_samples([model], int(values.max()), "k")
        queries = self._queries(model, int(values.max()), parallel, latency)
        limits = scenario.limits(())
        shares = [_share(queries.of(each), limits) for each in values.tolist()]
        return np.array([share for share, _ in shares]), np.array([se for _, se in shares])

    def _queries(self, model: RecordedModel, most: int, parallel: int | None, latency: str | None) -> Queries:
        at_once, rule = Conditions(parallel=parallel, latency=latency).of(model)
        return Queries(model.attempts, at_once, rule, most, self.trials, self.seed)

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "Recorded", "stop": self.stop, "trials": self.trials, "seed": self.seed}


def _curve(queries: Queries, k: IntArray, scenarios: Sequence[Scenario]) -> ScalingCurve:
    attempts = queries.attempts
    latency = "ideal" if queries.ideal else "waves"
    cost = skewed_mean(attempts.expected_cost(k))
    time = skewed_mean(attempts.expected_seconds(k, queries.parallel, latency))
    accuracy = QuestionMean.of(*attempts.expected_accuracy(k))
    of_k = [queries.of(each) for each in k.tolist()]
    quantities = np.stack([_amount(cost), _amount(time), _accuracy(accuracy)], axis=1)
    paid, taken, right = np.moveaxis(quantities, 1, 0)
    paid[:, STD] = np.sqrt(attempts.cost_variance(k))
    for row, each in enumerate(of_k):
        paid[row, LOW:SE] = each.cost.quantiles(_SPREAD)
        taken[row, STD] = np.sqrt(each.seconds.variance)
        taken[row, LOW:SE] = each.seconds.quantiles(_SPREAD)
        if attempts.graded:
            right[row, STD] = np.sqrt(each.worth.variance)
            right[row, LOW:SE] = each.worth.quantiles(_SPREAD)
    views = {scenario: _view(of_k, quantities[:, :, MEAN], scenario) for scenario in scenarios}
    low, high = mean_interval(accuracy)
    evidence = Evidence(low, high, np.zeros(len(k), dtype=bool), k == attempts.fewest)
    return ScalingCurve(k, quantities, accuracy.error, views, evidence)


def _amount(amount: SkewedMean) -> FloatArray:
    """(n, 5) columns of cost or time; the spread of single queries is filled in afterwards."""
    empty = np.zeros_like(amount.mean)
    return np.column_stack([amount.mean, empty, empty, empty, amount.se])


def _accuracy(accuracy: QuestionMean) -> FloatArray:
    """(n, 5) columns of an accuracy whose single queries are right or wrong."""
    low, high = ((accuracy.error <= q * (1 + TOLERANCE)).astype(float) for q in _SPREAD)
    se = np.sqrt(accuracy.variance / accuracy.questions)
    return np.column_stack([accuracy.mean, np.sqrt(accuracy.mean * accuracy.error), low, high, se])


def _view(of_k: Sequence[QueriesOfK], means: FloatArray, scenario: Scenario) -> BudgetView:
    """What a scenario's budgets look at."""
    limits = scenario.limits(())
    values = means.copy()
    for column, limit in enumerate(limits):
        if limit.quantile is not None:
            values[:, column] = [_quantile(each, limit, means[row, -1]) for row, each in enumerate(of_k)]
    return BudgetView(values, np.array([_share(each, limits)[0] for each in of_k]))


def _quantile(queries: QueriesOfK, limit: Limit, accuracy: float) -> float:
    q = limit.quantile or 0.0
    if limit.quantity == "accuracy" and not queries.graded:
        return float(1 - accuracy <= q * (1 + TOLERANCE))
    mixtures = {"cost": "cost", "time": "seconds", "accuracy": "worth"}
    return float(getattr(queries, mixtures[limit.quantity]).quantiles([q])[0])


def _share(queries: QueriesOfK, limits: Sequence[Limit]) -> tuple[float, float]:
    found = queries.share_within(*(limit.value for limit in limits))
    return found.value, found.se
