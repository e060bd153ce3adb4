"""What the configurations of several models may really come to, given the evaluation that they rest on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import BetaAccuracy, MeasuredAccuracy, Model, Scenario
from moo_inference.catalog.recorded_model import RecordedModel
from moo_inference.catalog.stopping import base_id
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.estimators.recorded import Recorded
from moo_inference.evaluation import special
from moo_inference.evaluation.clusters import cluster_totals
from moo_inference.evaluation.interval import LEVEL
from moo_inference.evaluation.resampling import bayesian_weights, pseudo_weights
from moo_inference.pareto.budgets import constraints, measured
from moo_inference.studies.questions import question_table
from moo_inference.studies.resampled import PassesTable, QuestionTable

BoolArray = NDArray[np.bool_]

_VALUES_AT_ONCE = 1 << 18
"""Objectives that are in memory together: a few resamples of all configurations."""


@dataclass(frozen=True)
class Posterior:
    """What is known of n configurations of several models.

    Attributes:
        F: (n, m) objectives as estimated; of rows that are equal the first is meant to be taken.
        places: (n,) id of the model, and passes, of each.
        scenario: the budgets.
        resources: units of the further resources.
        values: (n, m) what the budgets look at, as estimated: means, or quantiles.
        tail_error: (n, m) standard errors of the logarithms of quantiles that budgets are for and that rest on measured
            passes; NaN where too few say nothing of them, 0 for others.
        units: how many different questions there are, or clusters of questions.
        questions: how many different questions.
        tables: one a model that rests on an evaluation question by question.
        measured: one a model with measured passes.
        spread: (n,) standard errors of accuracies that rest on an evaluation otherwise, 0 for others.
        model: (n,) place of each configuration's model.
        noise: (S, n, m) deviations of simulations with other seeds from exact curves; S = 0 where there are none.
    """

    F: FloatArray
    places: Sequence[tuple[str, int]]
    scenario: Scenario
    resources: tuple[str, ...]
    values: FloatArray
    tail_error: FloatArray
    units: int
    questions: int
    tables: tuple[QuestionTable, ...]
    measured: tuple[PassesTable, ...]
    spread: FloatArray
    model: IntArray
    noise: FloatArray = field(default_factory=lambda: np.empty((0, 0, 0)))

    @property
    def passes(self) -> int:
        """How many passes were measured, of the model that has the fewest; 0 where none has any."""
        return min((own.passes for own in self.measured), default=0)

    @property
    def certain(self) -> bool:
        """Whether all of it rests on numbers that are taken as certain, so that nothing can be resampled."""
        return not (self.units or self.measured or self.spread.any() or len(self.noise))

    @property
    def met(self) -> BoolArray:
        """(n,) whether all budgets are met, as estimated."""
        return np.asarray((constraints(self.values, self.scenario, self.resources) <= 0).all(axis=1))

    def drawn(self, resamples: int, rng: np.random.Generator) -> Iterator[tuple[FloatArray, BoolArray]]:
        """Draws of the (r, n, m) objectives, and (r, n) whether all budgets are met, some of the resamples at a time.

        Args:
            resamples: how many there are in all.
            rng: draws.
        """
        at_once = max(1, _VALUES_AT_ONCE // max(self.F.size, self.units, *(own.passes for own in self.measured)))
        for start in range(0, resamples, at_once):
            yield self._draw(np.arange(start, min(start + at_once, resamples)), rng)

    def _draw(self, numbers: IntArray, rng: np.random.Generator) -> tuple[FloatArray, BoolArray]:
        r = len(numbers)
        F = np.repeat(self.F[None], r, axis=0)
        weights = bayesian_weights(max(self.units, 1), r, rng)
        tails = []
        pseudo: dict[str | int, tuple[FloatArray, FloatArray]] = {}
        for number, table in enumerate(self.tables):
            whose = table.base or number
            if whose not in pseudo:
                pseudo[whose] = pseudo_weights(1 + len(table.tails), r, rng)
            means, within = table.drawn(weights[:, table.units], pseudo[whose])
            place = np.ix_(np.arange(r), table.rows, table.columns)
            F[place] += means - table.estimated
            tails.append((table, within))
        for passes in self.measured:
            F[:, passes.rows, :-1] *= passes.drawn(r, rng)
        if self.spread.any():
            F[..., -1] += rng.standard_normal((r, self.model.max() + 1))[:, self.model] * self.spread
        if len(self.noise):
            F += self.noise[numbers % len(self.noise)]
        F[..., -1] = np.clip(F[..., -1], 0.0, 1.0)
        values = F.copy()
        values[..., -1] = 1 - F[..., -1]
        for column, limit in enumerate(self.scenario.limits(self.resources)):
            if limit.quantile is not None:
                error = np.nan_to_num(self.tail_error[:, column])
                score = rng.standard_normal((r, self.model.max() + 1))[:, self.model]
                values[..., column] = self.values[:, column] * np.exp(score * error)
        return F, self.feasible(F, values, tails)

    def feasible(
        self, F: FloatArray, values: FloatArray, tails: Sequence[tuple[QuestionTable, BoolArray]]
    ) -> BoolArray:
        """(R, n) whether all budgets are met, of R draws.

        Args:
            F: (R, n, m) objectives.
            values: (R, n, m) what the budgets look at.
            tails: of each table whether its budgets for quantiles are met, which its rows are judged by.
        """
        r, n, m = F.shape
        met = np.asarray(constraints(values.reshape(r * n, m), self.scenario, self.resources).reshape(r, n, m) <= 0)
        for table, within in tails:
            met[np.ix_(np.arange(r), table.rows, table.tails)] = within
        # Column by column: numpy is slow where the last axis is short.
        feasible = np.ones((r, n), dtype=bool)
        for column in range(m):
            feasible &= met[..., column] & np.isfinite(F[..., column])
        return feasible


def rests_on_measurements(model: Model) -> bool:
    """Whether something was measured of a model that can be resampled: questions, attempts or passes."""
    accuracy = model.accuracy
    fitted = isinstance(accuracy, BetaAccuracy) and bool(accuracy.band or any(accuracy.covariance))
    evaluated = fitted or isinstance(accuracy, MeasuredAccuracy)
    return isinstance(model, RecordedModel) or model.passes is not None or evaluated


def posterior(
    models: Mapping[str, Model],
    curves: Mapping[str, ScalingCurve],
    scenario: Scenario,
    conditions: Conditions,
    noise: FloatArray | None = None,
) -> Posterior:
    """What is known of all configurations of some models.

    Questions of one name are one question, whichever model answered them.

    Args:
        models: by id.
        curves: as estimated, by id, in the same order.
        scenario: the budgets.
        conditions: P and latency of the estimates.
        noise: see `Posterior`; its rows in the order of the curves.
    """
    resources = next(iter(curves.values())).resources
    lengths = [len(curve) for curve in curves.values()]
    number, k = np.repeat(np.arange(len(curves)), lengths), np.concatenate([curve.k for curve in curves.values()])
    # By k first: of configurations that come to the same the one with the smallest k is taken.
    order = np.lexsort((number, k))
    rows_of = dict(zip(curves, np.split(np.argsort(order), np.cumsum(lengths)[:-1]), strict=True))
    known = {key: own for key, model in models.items() if (own := _known(model, curves[key], scenario, conditions))}
    place = {unit: number for number, unit in enumerate(sorted({unit for own in known.values() for unit in own.units}))}
    spread = np.concatenate([_standard_errors(curve) for curve in curves.values()])[order]
    tail_error = np.concatenate([_tail_errors(curve, scenario) for curve in curves.values()])[order]
    tables = []
    for key, own in known.items():
        rows = rows_of[key][own.rows]
        spread[rows] = 0.0
        tail_error[np.ix_(rows, own.tails)] = 0.0
        tables.append(_table(own, rows, place, base_id(key, models[key].stop)))
    values = np.concatenate([measured(curve, scenario) for curve in curves.values()])
    return Posterior(
        np.concatenate([curve.F for curve in curves.values()])[order],
        [
            (list(curves)[place], passes)
            for place, passes in zip(number[order].tolist(), k[order].tolist(), strict=True)
        ],
        scenario,
        resources,
        values[order],
        tail_error,
        len(place),
        len({name for own in known.values() for name in own.names}),
        tuple(tables),
        tuple(
            PassesTable(rows_of[key], model, curves[key].k, conditions)
            for key, model in models.items()
            if model.passes is not None and not isinstance(model, RecordedModel)
        ),
        spread,
        number[order],
        np.empty((0, 0, 0)) if noise is None else noise[:, order],
    )


def _table(own: "_Known", rows: IntArray, place: Mapping[tuple[bool, str], int], base: str) -> QuestionTable:
    """What is known of one model, at its units.

    Args:
        own: question by question.
        rows: places of its configurations.
        place: of each unit among all.
        base: id of the model, whatever its policy of stopping.
    """
    units, of_question = np.unique([place[unit] for unit in own.units], return_inverse=True)
    sizes = np.bincount(of_question).astype(float)
    values, within = cluster_totals(own.values, of_question), cluster_totals(own.within, of_question)
    return QuestionTable(rows, units, sizes, own.columns, values, own.tails, own.least, within, base)


def _standard_errors(curve: ScalingCurve) -> FloatArray:
    """(n,) of the accuracies, by their intervals over questions; 0 where there are none."""
    if curve.evidence is None:
        return np.zeros(len(curve))
    return np.nan_to_num(curve.evidence.ci_high - curve.evidence.ci_low) / (
        2 * special.normal_quantile(0.5 + LEVEL / 2)
    )


def _tail_errors(curve: ScalingCurve, scenario: Scenario) -> FloatArray:
    """(n, m) of the logarithms of quantiles, by their intervals; NaN where they are unknown, 0 where there are none."""
    view = curve.views.get(scenario)
    if view is None or view.tails is None:
        return np.zeros(curve.F.shape)
    tails = view.tails
    with np.errstate(invalid="ignore", divide="ignore"):
        errors = np.log(tails.ci_high / tails.ci_low) / (2 * special.normal_quantile(0.5 + LEVEL / 2))
    return np.where(np.isnan(tails.needed), 0.0, errors)


class _Known(NamedTuple):
    """What a model's configurations come to at each question; see `QuestionTable`.

    The unit of a question is the question by its name, (False, name), or its cluster by that of it, (True, name).
    """

    names: Sequence[str]
    units: Sequence[tuple[bool, str]]
    rows: IntArray
    columns: IntArray
    values: FloatArray
    tails: IntArray
    least: FloatArray
    within: FloatArray


def _known(model: Model, curve: ScalingCurve, scenario: Scenario, conditions: Conditions) -> _Known | None:
    n, m = curve.F.shape
    if isinstance(model, RecordedModel):
        return _of_attempts(model, curve, scenario, conditions)
    if not isinstance(model.accuracy, MeasuredAccuracy):
        return None
    clusters = model.accuracy.clusters
    if model.stop is None:
        names, right = question_table(model.accuracy, curve.k.tolist())
        columns, values = np.array([m - 1]), 1 - right[..., None]
        tails = np.empty(0, dtype=np.int64), np.empty(0), np.empty((len(names), n, 0))
    else:
        # The questions decide how many passes run, and so what queries cost and how long they take.
        from moo_inference.estimators.closed_form import ClosedForm  # noqa: PLC0415 (few evaluations stop early)

        found = ClosedForm().by_question(model, curve.k, conditions)
        names, columns, values = list(found.names), np.arange(m), found.means
        tails = _tails(curve, scenario, found.shares, len(names))
    units = [(name in clusters, clusters.get(name, name)) for name in names]
    return _Known(names, units, np.arange(n), columns, values, *tails)


def _tails(
    curve: ScalingCurve, scenario: Scenario, shares: Callable[[list[float | None]], FloatArray], questions: int
) -> tuple[IntArray, FloatArray, FloatArray]:
    """The columns whose budget is for a quantile, its share of queries, and (questions, n, d) shares within it.

    Args:
        curve: of n configurations.
        scenario: the budgets.
        shares: the shares of each question's queries within limits of cost, time and further resources.
        questions: how many there are.
    """
    limits = scenario.limits(curve.resources)[:-1]
    tails = [place for place, limit in enumerate(limits) if limit.quantile is not None and limit.value is not None]
    within = [shares([limit.value if place == tail else None for place, limit in enumerate(limits)]) for tail in tails]
    return (
        np.array(tails, dtype=np.int64),
        np.array([limits[tail].quantile for tail in tails], dtype=float),
        np.stack(within, axis=2) if tails else np.empty((questions, len(curve), 0)),
    )


def _of_attempts(model: RecordedModel, curve: ScalingCurve, scenario: Scenario, conditions: Conditions) -> _Known:
    attempts = model.attempts
    rows = np.flatnonzero(curve.k <= attempts.fewest)
    k = curve.k[rows]
    spent, seconds, error = Recorded().means_by_question(model, k, conditions)
    values = np.stack([spent[0], seconds, *spent[1:], error], axis=2)
    tails = _tails(
        curve.take(rows),
        scenario,
        lambda limits: Recorded().shares_by_question(model, k, limits, conditions),
        len(values),
    )
    names = list(map(str, attempts.names))
    clusters = attempts.clusters
    units = [(False, name) for name in names] if clusters is None else [(True, str(name)) for name in clusters]
    return _Known(names, units, rows, np.arange(values.shape[2]), values, *tails)
