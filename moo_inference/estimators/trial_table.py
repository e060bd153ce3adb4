"""Simulated queries, summarised: the rows of a scaling curve from costs, times and accuracies of trials."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import TOLERANCE, Accuracy, Limit, Model, Scenario
from moo_inference.estimators.base import attainment_known, refuse_unknown_quantiles
from moo_inference.estimators.curve import SPREAD, BudgetView, FloatArray, IntArray, ScalingCurve, TailEvidence
from moo_inference.estimators.known_accuracy import KnownAccuracy, NormalAccuracy, known_accuracy


class TrialTable:
    """The table of one model, some rows after others.

    Accuracies that come from an evaluation are known for each k, and not simulated; a query then is right or wrong
    whatever it costs and takes.
    """

    def __init__(
        self,
        model: Model,
        k: IntArray,
        scenarios: Sequence[Scenario],
        *,
        known: Sequence[bool],
        means: FloatArray | None = None,
    ) -> None:
        """Make an empty table.

        Args:
            model: whose accuracy is taken.
            k: (n,) all numbers of passes, in the order in which rows will come.
            scenarios: for which the curve gets a view.
            known: whether the spreads of cost, time and each resource are known.
            means: (q, n) exact means of the same, or None where they come from the trials. With them,
                accuracies are exact as well.

        Raises:
            SettingError: (a ValueError) a k exceeds the samples of an evaluation, or a budget is for a quantile of what
                has an unknown spread.
        """
        self.distribution = model.accuracy
        self.resources = tuple(model.resources)
        refuse_unknown_quantiles(model, scenarios, known)
        self.spreads = tuple(known)
        self.means = means
        self.known: KnownAccuracy | NormalAccuracy | None = None
        if not isinstance(self.distribution, Accuracy):
            self.known = known_accuracy(self.distribution, k)
        elif means is not None:
            self.known = NormalAccuracy(self.distribution, k)
        self.k = k
        self.scenarios = tuple(scenarios)
        self.done = 0
        self.quantities: list[FloatArray] = []
        self.errors: list[FloatArray] = []
        self.views: list[list[BudgetView]] = [[] for _ in self.scenarios]

    def next_rows(self, count: int) -> slice:
        """Where the next rows belong."""
        return slice(self.done, self.done + count)

    def add(self, spent: Sequence[FloatArray], z: FloatArray | None = None, sorted_z: FloatArray | None = None) -> None:
        """Take the next rows.

        Args:
            spent: (rows, trials) USD of each query, seconds, and amounts of the further resources; overwritten.
            z: (rows, trials) largest normal behind accuracy; None where the accuracy is known.
            sorted_z: the same with each row in order.
        """
        rows = self.next_rows(len(spent[0]))
        self.done = rows.stop
        accuracy: _Simulated | _Counted
        if self.known is not None:
            accuracy = _Counted(self.known.take(rows))
        else:
            accuracy = _Simulated(
                cast("Accuracy", self.distribution), cast("FloatArray", z), cast("FloatArray", sorted_z)
            )
        limits = [scenario.limits(self.resources) for scenario in self.scenarios]
        met = [accuracy.share(_affordable(own, spent), (own[-1].value or 0.0) - TOLERANCE) for own in limits]
        # numpy sorts floats with vector instructions, which its partition lacks on many CPUs
        for amounts in spent:
            amounts.sort(axis=1)
        exact = None if self.means is None else self.means[:, rows]
        means = (
            [*(amounts.mean(axis=1) for amounts in spent), accuracy.mean] if exact is None else [*exact, accuracy.mean]
        )
        plain = np.column_stack(means)
        for own, share, views in zip(limits, met, self.views, strict=True):
            values, attainment = plain, share if attainment_known(own, self.spreads) else np.full(len(share), np.nan)
            if any(limit.quantile is not None for limit in own):
                quantiles: list[Callable[[float], FloatArray]] = [
                    *(partial(row_quantile, amounts) for amounts in spent),
                    accuracy.quantile,
                ]
                values = np.column_stack(
                    [
                        mean if limit.quantile is None else quantile(limit.quantile)
                        for limit, mean, quantile in zip(own, means, quantiles, strict=True)
                    ]
                )
            views.append(BudgetView(values, attainment))
        summaries = [_summary(amounts, mean) for amounts, mean in zip(spent, means[:-1], strict=True)]
        for known, summary in zip(self.spreads, summaries, strict=True):
            if exact is not None:
                summary[4] = np.zeros(len(plain))
            if not known:
                summary[1:4] = np.full((3, len(plain)), np.nan)
        self.quantities.append(np.array([*summaries, accuracy.columns()]).transpose(2, 0, 1))
        self.errors.append(accuracy.error)

    def tell_tails(self, interval: Callable[[int, int, float], tuple[float, float, float]]) -> None:
        """Say how well the quantiles of the last rows are known.

        Args:
            interval: gives both ends, and how many measured passes are needed, for a row, a column and a quantile.
        """
        for scenario, views in zip(self.scenarios, self.views, strict=True):
            if not scenario.has_quantiles:
                continue
            view = views[-1]
            found = np.full((3, *view.values.shape), np.nan)
            for column, limit in enumerate(scenario.limits(self.resources)[:-1]):
                for row, value in enumerate(view.values[:, column].tolist()):
                    if limit.quantile is not None:
                        low, high, needed = interval(row, column, limit.quantile)
                        found[:, row, column] = np.minimum(low, value), np.maximum(high, value), needed
            views[-1] = replace(view, tails=TailEvidence(*found))

    def curve(self) -> ScalingCurve:
        """The curve over all k."""
        views = {scenario: BudgetView.joined(parts) for scenario, parts in zip(self.scenarios, self.views, strict=True)}
        evidence = None if self.known is None else self.known.evidence
        quantities, errors = np.concatenate(self.quantities), np.concatenate(self.errors)
        return ScalingCurve(self.k, quantities, errors, views, evidence, self.resources)


class _Simulated:
    """Normal accuracies of some rows of trials."""

    def __init__(self, distribution: Accuracy, z: FloatArray, sorted_z: FloatArray) -> None:
        self.distribution = distribution
        self.z = z
        self.sorted_z = sorted_z
        self.values = self._of(z)
        self.mean = self.values.mean(axis=1)

    def _of(self, z: FloatArray) -> FloatArray:
        accuracy = z * self.distribution.std
        accuracy += self.distribution.mean
        return np.asarray(accuracy.clip(0.0, 1.0, out=accuracy))

    def share(self, met: NDArray[np.bool_], least: float) -> FloatArray:
        return np.asarray(np.count_nonzero(met & (self.values >= least), axis=1) / met.shape[1])

    def quantile(self, q: float) -> FloatArray:
        return row_quantile(self.sorted_z, q, self._of)

    def columns(self) -> list[FloatArray]:
        low, high = (self.quantile(q) for q in SPREAD)
        std, error = _spread(self.values, self.mean)
        return [self.mean, std, low, high, error]

    @property
    def error(self) -> FloatArray:
        # Apart from the mean for its digits near 0; `values` was overwritten by its squared deviations.
        return np.asarray((1 - self._of(self.z)).mean(axis=1))


class _Counted:
    """Known accuracies of some rows."""

    def __init__(self, known: KnownAccuracy | NormalAccuracy) -> None:
        self.known = known
        self.mean = known.mean
        self.error = known.error

    def share(self, met: NDArray[np.bool_], least: float) -> FloatArray:
        return np.asarray(np.count_nonzero(met, axis=1) / met.shape[1] * self.known.reached(least))

    def quantile(self, q: float) -> FloatArray:
        return self.known.quantile(q)

    def columns(self) -> list[FloatArray]:
        return list(self.known.columns(SPREAD).T)


def row_quantile(rows: FloatArray, q: float, of: Callable[[FloatArray], FloatArray] | None = None) -> FloatArray:
    """(n,) q-quantiles of sorted rows by linear interpolation, as `numpy.quantile`.

    Args:
        rows: (n, trials), each in order.
        q: in [0, 1].
        of: what is applied to the two neighbours first, where the rows hold something that grows with the values.
    """
    place = q * (rows.shape[1] - 1)
    below = int(place)
    around = rows[:, below : below + 2]
    if of is not None:
        around = of(around)
    low, high = around[:, 0], around[:, -1]
    return np.asarray(low + (high - low) * (place - below))


def _affordable(limits: Sequence[Limit], spent: Sequence[FloatArray]) -> NDArray[np.bool_]:
    """(n, trials) which queries meet the budgets of all but accuracy."""
    met = np.ones(spent[0].shape, dtype=bool)
    for limit, amounts in zip(limits[:-1], spent, strict=True):
        if limit.value is not None:
            met &= amounts <= limit.value * (1 + TOLERANCE)
    return met


def _summary(rows: FloatArray, mean: FloatArray) -> list[FloatArray]:
    """Mean, standard deviation, two percentiles and standard error of sorted rows (n, trials), overwritten."""
    low, high = (row_quantile(rows, q) for q in SPREAD)
    std, error = _spread(rows, rows.mean(axis=1))
    return [mean, std, low, high, error]


def _spread(values: FloatArray, mean: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Standard deviation and standard error of the mean of each row; `values` (n, trials) is overwritten."""
    trials = values.shape[1]
    values -= mean[:, None]
    np.square(values, out=values)
    std = np.sqrt(values.mean(axis=1))
    return std, std / np.sqrt(trials) if trials > 1 else np.full_like(std, np.nan)
