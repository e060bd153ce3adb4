"""How sure a choice across models is, given the questions of the evaluation that it rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from moo_inference.catalog import Model, Scenario
from moo_inference.decision import Rule
from moo_inference.errors import SettingError, whole_number
from moo_inference.estimators.conditions import Conditions
from moo_inference.estimators.curve import FloatArray, IntArray, ScalingCurve
from moo_inference.evaluation.resampling import bayesian_weights, bootstrap_weights
from moo_inference.pareto.budgets import constraints, values_of
from moo_inference.pareto.front import nondominated
from moo_inference.studies.margins import good_margins
from moo_inference.studies.question_tables import QuestionTables, question_tables

SET_SHARE = 0.05
"""A candidate is in the confidence set where at least that share of the resamples chooses it."""

_AT_ONCE = 64
"""Resamples whose objectives are in memory together."""


class Candidate(NamedTuple):
    """A configuration that resamples choose.

    Attributes:
        model: id of the model.
        k: passes.
        share: of the resamples that choose it.
    """

    model: str
    k: int
    share: float


@dataclass(frozen=True)
class RouteAssessment:
    """How sure a choice is: the questions are resampled, for all candidates and quantities together.

    Every candidate is estimated anew from each resample and the rule chooses again. Prices, and costs and times that
    are not of recorded attempts, are taken as certain. What the choice would be worth on other kinds of questions, or
    tomorrow, is not covered. Everything is NaN where no question can be resampled.

    Attributes:
        pcs: probability of correct selection: the share of resamples that make the same choice.
        pgs: probability of good selection: the share whose own choice is, by the values of the whole sample, within
            `delta` of the choice.
        feasible: probability that the choice really meets all budgets, by the Bayesian bootstrap.
        accuracy: of the choice, as estimated.
        accuracy_corrected: the same without the optimism that comes of having chosen: less the mean, over resamples, of
            what each resample's own choice is worth there and less in the whole sample.
        eoc_accuracy: expected opportunity cost: how much less accurate the choices of the resamples are on average,
            by the values of the whole sample; one that is more accurate counts as 0, and so for the next two.
        eoc_usd: how much more they cost, USD per query.
        eoc_seconds: how much longer they take, seconds per query.
        confidence_set: the candidates that at least a twentieth of the resamples choose, the most frequent first.
        nothing: the share of the resamples that choose nothing.
        questions: how many questions were resampled; 0 where the choice rests on numbers taken as certain.
        resamples: how often.
        delta: what counts as good: (accuracy, USD, seconds).
    """

    pcs: float
    pgs: float
    feasible: float
    accuracy: float
    accuracy_corrected: float
    eoc_accuracy: float
    eoc_usd: float
    eoc_seconds: float
    confidence_set: tuple[Candidate, ...]
    nothing: float
    questions: int
    resamples: int
    delta: tuple[float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """The assessment as plain values, ready for JSON; None where a measure is not known."""
        values: dict[str, Any] = {
            name: None if isinstance(value, float) and np.isnan(value) else value for name, value in vars(self).items()
        }
        values["confidence_set"] = [candidate._asdict() for candidate in self.confidence_set]
        return values


@dataclass(frozen=True)
class Candidates:
    """All configurations that a rule chooses from.

    Attributes:
        models: ids of the models, in the order of the curves.
        model: (n,) place of the model of each.
        k: (n,) passes of each.
        scenario: the budgets.
        resources: units of the further resources.
        rule: scaled by the budgets.
    """

    models: tuple[str, ...]
    model: IntArray
    k: IntArray
    scenario: Scenario
    resources: tuple[str, ...]
    rule: Rule

    def feasible(self, F: FloatArray) -> Any:
        """(n,) whether the rows of F (n, m) meet all budgets."""
        return (constraints(values_of(F), self.scenario, self.resources) <= 0).all(axis=1) & np.isfinite(F).all(axis=1)

    def chosen(self, F: FloatArray) -> int:
        """The row of F (n, m) that the rule takes, or -1."""
        rows = np.flatnonzero(self.feasible(F))
        if not rows.size:
            return -1
        own = F[rows]
        order = np.lexsort((self.model[rows], self.k[rows], *own.T[::-1]))
        rows = rows[order]
        rows = rows[nondominated(F[rows])]
        place = self.rule.do(F[rows])
        return -1 if place is None else int(rows[place])


def assess_route(
    models: Mapping[str, Model],
    curves: Mapping[str, ScalingCurve],
    scenario: Scenario,
    rule: Rule,
    conditions: Conditions,
    *,
    resamples: int,
    seed: int,
) -> RouteAssessment:
    """How sure the choice of a rule across models is.

    Args:
        models: by id.
        curves: as estimated, by id, in the same order.
        scenario: the budgets, for means.
        rule: scaled by them.
        conditions: P and latency of the estimates.
        resamples: how often the questions are resampled.
        seed: of the resamples.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or a budget is for a quantile.
    """
    whole_number("assess", resamples, 1, 1_000_000)
    if scenario.has_quantiles:
        tails = ", ".join(limit.budget for limit in scenario.limits() if limit.quantile is not None)
        raise SettingError(
            f"a choice is assessed under budgets for means, and scenario {scenario.name!r} has quantiles for {tails}"
        )
    lengths = [len(curve) for curve in curves.values()]
    resources = next(iter(curves.values())).resources
    candidates = Candidates(
        tuple(curves),
        np.repeat(np.arange(len(curves)), lengths),
        np.concatenate([curve.k for curve in curves.values()]),
        scenario,
        resources,
        rule,
    )
    tables = question_tables(models, curves, conditions)
    rng = np.random.default_rng(seed)
    truth = candidates.chosen(tables.F)
    chosen, worth = _resampled(candidates, tables, bootstrap_weights(max(tables.questions, 1), resamples, rng))
    feasible = np.nan
    if tables.questions and truth >= 0:
        posterior = bayesian_weights(tables.questions, resamples, rng)
        met = [candidates.feasible(F[truth][None])[0] for F in _in_parts(tables, posterior)]
        feasible = float(np.mean(met))
    return _summary(candidates, tables, truth, chosen, worth, feasible)


def _in_parts(tables: QuestionTables, weights: FloatArray) -> Any:
    """The objectives of each resample, (n, m), a few resamples in memory at a time."""
    for start in range(0, len(weights), _AT_ONCE):
        yield from tables.weighted(weights[start : start + _AT_ONCE])


def _resampled(candidates: Candidates, tables: QuestionTables, weights: FloatArray) -> tuple[IntArray, FloatArray]:
    """(R,) what each resample chooses, -1 for nothing, and (R,) the error of that in the resample itself."""
    chosen = np.full(len(weights), -1)
    error = np.full(len(weights), np.nan)
    for number, F in enumerate(_in_parts(tables, weights)):
        chosen[number] = candidates.chosen(F)
        if chosen[number] >= 0:
            error[number] = F[chosen[number], -1]
    return chosen, error


def _summary(
    candidates: Candidates,
    tables: QuestionTables,
    truth: int,
    chosen: IntArray,
    error: FloatArray,
    feasible: float,
) -> RouteAssessment:
    F = tables.F
    best = F[truth] if truth >= 0 else np.zeros(F.shape[1])
    margins = good_margins(candidates.scenario, candidates.resources, best)
    delta = (float(margins[-1]), float(margins[0]), float(margins[1]))
    some = chosen >= 0
    rows, counts = np.unique(chosen[some], return_counts=True)
    order = np.lexsort((rows, -counts))
    found = tuple(
        Candidate(candidates.models[candidates.model[row]], int(candidates.k[row]), count / len(chosen))
        for row, count in zip(rows[order].tolist(), counts[order].tolist(), strict=True)
        if count >= SET_SHARE * len(chosen)
    )
    nan = float("nan")
    if not tables.questions or truth < 0:
        accuracy = float(1 - F[truth, -1]) if truth >= 0 else nan
        known = found if tables.questions else ()
        nothing = float((~some).mean()) if tables.questions else nan
        return RouteAssessment(
            nan, nan, nan, accuracy, nan, nan, nan, nan, known, nothing, tables.questions, len(chosen), delta
        )
    losses = F[chosen[some]] - F[truth]
    good = (np.abs(losses) <= margins).all(axis=1).sum() / len(chosen)
    lost = np.maximum(losses, 0).mean(axis=0) if len(losses) else np.full(F.shape[1], nan)
    # How much better than it is a choice looks where it was made: what chosen rows err less there than in the sample.
    optimism = float((F[chosen[some], -1] - error[some]).mean()) if some.any() else nan
    accuracy = float(1 - F[truth, -1])
    return RouteAssessment(
        pcs=float((chosen == truth).mean()),
        pgs=float(good),
        feasible=feasible,
        accuracy=accuracy,
        accuracy_corrected=min(1.0, max(0.0, accuracy - optimism)),
        eoc_accuracy=float(lost[-1]),
        eoc_usd=float(lost[0]),
        eoc_seconds=float(lost[1]),
        confidence_set=found,
        nothing=float((~some).mean()),
        questions=tables.questions,
        resamples=len(chosen),
        delta=delta,
    )
