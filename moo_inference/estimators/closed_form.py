"""Exact curves: no trials, no seed, no noise."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri, owens_t

from moo_inference.catalog import TOLERANCE, Model, Scenario
from moo_inference.estimators.base import Estimator, Progress, latency_settings, passes
from moo_inference.estimators.best_of import accuracy_quantile, accuracy_reached, accuracy_slope, error_moments
from moo_inference.estimators.curve import BudgetView, FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.pass_law import PassLaw
from moo_inference.estimators.totals import Totals

_SPREAD = (0.025, 0.975)


@dataclass(frozen=True)
class ClosedForm(Estimator):
    """Estimates from formulas, clipping at both ends included; `q_se` is 0 throughout.

    Exact to 1e-12: mean and standard deviation of cost, time (both latency rules) and accuracy, for k up to 10^6, and
    all quantiles of accuracy. Quantiles of cost and time are as in `Totals`. SLO attainment takes cost and time for
    jointly normal with their exact correlation; it is exact where at most one of the two can break its budget.
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
        asked = passes(k)
        means = [model.accuracy.mean for model in models]
        stds = [model.accuracy.std for model in models]
        error, spread = error_moments(means, stds, asked)
        low, high = (accuracy_quantile(means, stds, asked, q) for q in _SPREAD)
        tables = np.zeros((len(models), len(asked), 15))
        tables[:, :, 10], tables[:, :, 11], tables[:, :, 12], tables[:, :, 13] = 1 - error, spread, low, high
        totals = [_totals(model, asked, *latency_settings(model, parallel, latency)) for model in models]
        for which, start in ((0, 0), (1, 5)):
            _fill(tables[:, :, start : start + 4], [pair[which] for pair in totals], asked)
        curves = []
        for number, model in enumerate(models):
            views = {scenario: _view(model, scenario, tables[number], totals[number]) for scenario in scenarios}
            curves.append(ScalingCurve(asked, tables[number], error[number], views))
            if progress is not None:
                progress(number + 1, len(models))
        return curves

    def marginal_accuracy(self, model: Model, k: Iterable[int]) -> FloatArray:
        """(n,) what one more pass adds to the accuracy: the derivative of E[A(k)] in k, k taken as a real number."""
        return np.asarray(accuracy_slope([model.accuracy.mean], [model.accuracy.std], passes(k))[0])

    def settings(self) -> dict[str, Any]:
        """See `Estimator.settings`."""
        return {"estimator": "ClosedForm"}


def _fill(columns: FloatArray, totals: list[Totals], k: IntArray) -> None:
    """Write mean, std and both percentiles of every model's total into its (n, 4) part of `columns` (m, n, 4)."""
    plain = [number for number, total in enumerate(totals) if total.plain_normal]
    if plain:
        mean, variance = np.array([totals[number].law.cumulants[:2] for number in plain]).T[:, :, None] * k
        std = np.sqrt(variance)
        columns[plain] = np.stack([mean, std, *(mean + std * ndtri(q) for q in _SPREAD)], axis=2)
    for number in set(range(len(totals))) - set(plain):
        total = totals[number]
        columns[number] = np.column_stack([total.mean, total.std, *(total.quantile(q) for q in _SPREAD)])


def _totals(model: Model, k: Any, parallel: int, latency: str) -> tuple[Totals, Totals]:
    """Cost and time of k passes."""
    lengths = (model.input_tokens, model.output_tokens)
    cost = PassLaw(model.usd_per_input_token, model.usd_per_output_token, *lengths)
    share, wave = (parallel, 1) if latency == "ideal" else (1, parallel)
    time = PassLaw(model.seconds_per_input_token / share, model.seconds_per_output_token / share, *lengths)
    return Totals(cost, 1, k), Totals(time, wave, k)


def _view(model: Model, scenario: Scenario, table: FloatArray, totals: tuple[Totals, Totals]) -> BudgetView:
    cost, time = totals
    columns = [
        total.mean if q is None else total.quantile(q) for total, q in zip(totals, scenario.quantiles[:2], strict=True)
    ]
    own = ([model.accuracy.mean], [model.accuracy.std], cost.k)
    a_quantile = scenario.a_quantile
    columns.append(table[:, 10] if a_quantile is None else accuracy_quantile(*own, a_quantile)[0])
    accurate = accuracy_reached(*own, scenario.a_min - TOLERANCE)[0]
    cheap, quick = (
        np.ones(len(total.k)) if budget is None else total.cdf(budget * (1 + TOLERANCE))
        for total, budget in ((cost, scenario.c_max), (time, scenario.t_max))
    )
    return BudgetView(np.column_stack(columns), accurate * _jointly(cheap, quick, _correlation(model, cost, time)))


def _correlation(model: Model, cost: Totals, time: Totals) -> FloatArray:
    """(n,) correlations of the cost and the time of k passes, exact where passes are normal.

    Cov(sum of X_i, max of X_i) = Var(X) for independent normal X (Stein), so a wave of any size adds as much covariance
    as one pass; clipping is taken for normal here.
    """
    laws = (cost.law, time.law)
    covariance = sum(
        a * b * length.std**2
        for a, b, length in (
            (laws[0].per_input, laws[1].per_input, model.input_tokens),
            (laws[0].per_output, laws[1].per_output, model.output_tokens),
        )
    )
    spread = cost.std * time.std
    shared = (time.waves if time.wave > 1 else time.k) * covariance
    return np.asarray(np.clip(np.divide(shared, spread, out=np.zeros_like(spread), where=spread > 0), -1.0, 1.0))


def _jointly(first: FloatArray, second: FloatArray, correlation: FloatArray) -> FloatArray:
    """(n,) probabilities of two events together, from their own and a normal copula.

    By D. B. Owen, Tables for computing bivariate normal probabilities, Ann. Math. Statist. 27 (1956).
    """
    both = first * second
    open_ended = (np.minimum(first, second) > 1e-15) & (np.maximum(first, second) < 1 - 1e-15)
    tied = open_ended & (correlation > 1 - 1e-9)
    both[tied] = np.minimum(first, second)[tied]
    rows = np.flatnonzero(open_ended & ~tied & (correlation != 0))
    if rows.size:
        h, k, rho = ndtri(first[rows]), ndtri(second[rows]), correlation[rows]
        # Owen's formula is not defined at the very median; an offset far below its own accuracy is.
        h, k = (np.where(x == 0, 1e-300, x) for x in (h, k))
        root = np.sqrt(1 - rho**2)
        corner = np.where(h * k < 0, 0.5, 0.0)
        both[rows] = (
            (ndtr(h) + ndtr(k)) / 2 - owens_t(h, (k / h - rho) / root) - owens_t(k, (h / k - rho) / root) - corner
        )
    return np.asarray(np.clip(both, 0.0, 1.0))
