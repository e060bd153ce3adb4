"""The scaling curves of models of recorded attempts, from what their queries come to."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.catalog import TOLERANCE, Limit, Scenario
from moo_inference.estimators.curve import (
    LOW,
    MEAN,
    SE,
    SPREAD,
    STD,
    BudgetView,
    Evidence,
    FloatArray,
    IntArray,
    ScalingCurve,
    TailEvidence,
)
from moo_inference.evaluation import special
from moo_inference.evaluation.clusters import cluster_codes, cluster_shares
from moo_inference.evaluation.interval import LEVEL, mean_interval
from moo_inference.evaluation.mixture import Mixture
from moo_inference.evaluation.queries import Queries, QueriesOfK, Share
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.skewed_mean import skewed_mean

_TIME = 1


def recorded_curves(
    queries: Queries, k: IntArray, resources: tuple[str, ...], scenarios: Sequence[Scenario]
) -> list[ScalingCurve]:
    """The curve of each model of a stack.

    Args:
        queries: of the models.
        k: (n,) numbers of passes, fastest in ascending order.
        resources: units of what adds up over passes besides cost.
        scenarios: for which the curves get a view.
    """
    limits = [scenario.limits(resources) for scenario in scenarios]
    of_k = [queries.of(each) for each in k.tolist()]
    summary, error, evidence = _means(queries, k, len(resources))
    values = np.repeat(summary[None, ..., MEAN], len(limits), axis=0)
    # Of each scenario, model, k and quantity both ends of an interval, and how many questions it needs.
    tails = np.full((3, *values.shape), np.nan)
    for column in range(summary.shape[2]):
        wanted = [own[column].quantile for own in limits]
        levels = [*SPREAD, *(q for q in wanted if q is not None)]
        found = np.empty((*summary.shape[:2], len(levels)))
        for row, each in enumerate(of_k):
            mixture, variance = _spread(each, column, summary.shape[2])
            if mixture is None:
                found[:, row] = error[:, row, None] <= np.array(levels) * (1 + TOLERANCE)
                variance = summary[:, row, column, MEAN] * error[:, row]
            else:
                found[:, row] = mixture.quantiles(levels)
                for number, q in enumerate(wanted):
                    if q is not None:
                        tails[:, number, :, row, column] = mixture.intervals(q, found[:, row, levels.index(q, 2)])
            summary[:, row, column, STD] = np.sqrt(variance)
        summary[..., column, LOW:SE] = found[..., :2]
        asked = [number for number, q in enumerate(wanted) if q is not None]
        values[asked, ..., column] = np.moveaxis(found[..., 2:], 2, 0)
    shares = [np.stack([share_within(each, own).value for each in of_k], axis=1) for own in limits]
    most = queries.most_passes(int(k.max()))
    counts = [own.passes(most) for own in of_k]
    ran = None if counts[0] is None else np.stack([own for own in counts if own is not None], axis=1)
    return [
        ScalingCurve(
            k,
            summary[model],
            error[model],
            {
                scenario: BudgetView(
                    values[number, model],
                    shares[number][model],
                    TailEvidence(*tails[:, number, model]) if scenario.has_quantiles else None,
                )
                for number, scenario in enumerate(scenarios)
            },
            evidence[model],
            resources,
            None if ran is None else ran[model],
        )
        for model in range(len(summary))
    ]


def share_within(queries: QueriesOfK, limits: Sequence[Limit]) -> Share:
    """The shares of queries that meet all budgets, which are in the order of the objectives."""
    cost, time, *others, accuracy = (limit.value for limit in limits)
    return queries.share_within(cost, time, accuracy, others)


def _spread(queries: QueriesOfK, column: int, columns: int) -> tuple[Mixture | None, FloatArray]:
    """The distribution of one quantity over queries, and its variance; None where queries are right or wrong."""
    if column == columns - 1:
        mixture = queries.worth if queries.graded else None
        return mixture, np.empty(0) if mixture is None else mixture.variance
    if column == _TIME:
        return queries.seconds, queries.seconds.variance
    which = max(column - 1, 0)
    return queries.spent(which), queries.spent_variance(which)


def _means(queries: Queries, k: IntArray, resources: int) -> tuple[FloatArray, FloatArray, list[Evidence]]:
    """(g, n, m, 5) with means and standard errors alone, the (g, n) errors, and the evidence of each model."""
    shape = len(queries.attempts), len(k)
    cost, *others = queries.expected_spent(k)
    amounts = np.stack([cost, queries.expected_seconds(k), *others])
    if queries.clusters is not None:
        amounts = _cluster_amounts(amounts, queries.clusters[queries.rows])
    over = skewed_mean(_columns(amounts))
    worth, missed = map(_columns, queries.expected_accuracy(k))
    right = QuestionMean.of(worth, missed, queries.clusters)
    low, high = (end.reshape(shape) for end in mean_interval(right))
    accuracy, error = right.mean.reshape(shape), right.error.reshape(shape)
    se = right.se.reshape(shape)
    evidence = []
    for model, attempts in enumerate(queries.attempts):
        beyond = k > attempts.fewest
        if beyond.any():
            band = attempts.difficulty_band(k[beyond])
            low[model, beyond] = np.minimum(band[0], accuracy[model, beyond])
            high[model, beyond] = np.maximum(band[1], accuracy[model, beyond])
            se[model, beyond] = (high - low)[model, beyond] / (2 * special.normal_quantile(0.5 + LEVEL / 2))
        last = (k == attempts.fewest) & (attempts.beyond == "refuse")
        evidence.append(Evidence(low[model], high[model], beyond, last))
    summary = np.empty((*shape, resources + 3, 5))
    for field, amount, of_accuracy in ((MEAN, over.mean, accuracy), (SE, over.se, se)):
        summary[..., :-1, field] = np.moveaxis(amount.reshape(-1, *shape), 0, 2)
        summary[..., -1, field] = of_accuracy
    return summary, error, evidence


def _cluster_amounts(amounts: FloatArray, clusters: NDArray[Any]) -> FloatArray:
    """(r, g, c, n) amounts of clusters of (r, g, m, n) those of questions, of which the (g, m) clusters are given."""
    models = []
    for model, names in enumerate(clusters):
        codes = cluster_codes(names, len(names))
        models.append(np.stack([cluster_shares(own, codes) for own in amounts[:, model]]))
    return np.stack(models, axis=1)


def _columns(tables: FloatArray) -> FloatArray:
    """(m, c) columns of (..., m, n) tables of m questions."""
    return np.moveaxis(tables, -2, 0).reshape(tables.shape[-2], -1)
