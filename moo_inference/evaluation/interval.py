"""Intervals over questions: the questions are a sample of those that a user will meet.

What other questions there are is taken from those at hand by the Bayesian bootstrap: each has a weight, drawn from a
Dirichlet distribution (D. B. Rubin, Annals of Statistics 9 (1981)). Half a question that is never right and half of one
that always is are added, since a few questions at hand may be all right and the next one wrong. Of zeros and ones this
is Jeffreys' interval, which holds for few questions and near 0 and 1 (L. D. Brown, T. T. Cai and A. DasGupta, Interval
Estimation for a Binomial Proportion, Statistical Science 16 (2001)). It needs no variance, no seed and no draw (see
`weighted_mean`), stays in [0, 1], and where a question has a lower value neither end is higher.

Of clusters each has one such weight in proportion to its questions, all together as much as Kish's effective number of
clusters, (sum of sizes)^2 / sum of sizes^2 (L. Kish, Survey Sampling, 1965).
"""

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.errors import SettingError
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.question_mean import QuestionMean
from moo_inference.evaluation.weighted_mean import upper_quantile

LEVEL = 0.95

_ADDED = 0.5
"""Questions that are added at each end."""


def mean_interval(over: QuestionMean, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Interval of the mean accuracy, over questions.

    Args:
        over: means and variances of n values of k.
        level: how often such intervals hold the truth, in (0, 1).

    Returns:
        Lower and upper ends, (n,) each, in [0, 1] and around the mean; NaN for one question or one cluster, which
        cannot show how others differ.

    Raises:
        SettingError: (a ValueError) the level is out of its range.
    """
    z = special.normal_quantile((1 + checked_level(level)) / 2)
    if (over.questions if over.clusters is None else over.clusters) == 1:
        nothing = np.full(over.mean.shape, np.nan)
        return nothing, nothing.copy()
    values, errors, counted = over.cells()
    weights = np.concatenate([counted, [_ADDED, _ADDED]])
    low, high = (_end(one, weights, z) for one in (errors, values))
    # Where all are right the next one may be right, too, as Jeffreys' interval is usually modified.
    return np.minimum(1 - low, over.mean), np.maximum(high, over.mean)


def _end(values: FloatArray, weights: FloatArray, z: float) -> FloatArray:
    added = np.broadcast_to([0.0, 1.0], (len(values), 2))
    return upper_quantile(np.concatenate([values, added], axis=1), weights, z)


def paired_difference(
    one: ArrayLike, other: ArrayLike, level: float = LEVEL, *, clusters: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How much more accurate one model is than another on the same questions, and an interval.

    Questions that are hard for one model are mostly hard for the other, so the interval of the differences is narrower
    than what two separate intervals would suggest. The added questions are half a one that the first model alone has
    right and half of one that the other alone has, as in A. Agresti and Y. Min, Simple improved confidence intervals
    for comparing matched proportions, Statistics in Medicine 24 (2005): equal outcomes do not show that all are equal.

    Args:
        one: (m, n) accuracies of the one model: m questions, n values of k.
        other: (m, n) of the other; row i is the same question.
        level: how often such intervals hold the truth, in (0, 1).
        clusters: (m,) name of the cluster of each question; None where each stands for itself.

    Returns:
        Mean of one - other, and the lower and upper ends, (n,) each, in [-1, 1]; ends are NaN for one question or
        cluster.

    Raises:
        SettingError: (a ValueError) the shapes differ, a value is not in [0, 1], the level is out of its range, or
            there is not one cluster for each question.
    """
    first, second = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    if first.ndim != 2 or first.shape != second.shape or first.size == 0:
        raise SettingError(
            "paired accuracies must be two tables of the same questions and the same k, "
            f"got shapes {first.shape} and {second.shape}"
        )
    if not all(((table >= 0) & (table <= 1)).all() for table in (first, second)):
        raise SettingError("paired accuracies must lie in [0, 1]")
    # (1 + difference) / 2 lies in [0, 1], as an accuracy does.
    difference = first - second
    low, high = mean_interval(QuestionMean.of((1 + difference) / 2, (1 - difference) / 2, clusters), level)
    return np.asarray(difference.mean(axis=0)), 2 * low - 1, 2 * high - 1


def checked_level(level: float) -> float:
    """The level, if it is one.

    Raises:
        SettingError: (a ValueError) it is not in (0, 1).
    """
    if not 0 < level < 1:
        raise SettingError(f"level must lie between 0 and 1, got {level!r}")
    return level
