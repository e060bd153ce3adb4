"""Intervals over questions: the questions are a sample of those that a user will meet.

The interval of a mean of values in [0, 1] is Wilson's score interval, with as many questions as are worth as much: m
values of variance v are worth what m mean (1 - mean) / v zeros and ones would (Kish's effective sample size), and
Student's t stands for the normal quantile. For zeros and ones it is Wilson's own interval, for many questions the
usual one. It stays in [0, 1], needs no seed, and does not shrink to a point where every question is right, as a
bootstrap does.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.pass_at_k import QuestionMean

LEVEL = 0.95


def mean_interval(over: QuestionMean, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Interval of the mean accuracy, over questions.

    Args:
        over: means and variances of n values of k.
        level: how often such intervals hold the truth, in (0, 1).

    Returns:
        Lower and upper ends, (n,) each, in [0, 1]; NaN for one question, which cannot show how questions differ. Where
        all questions have the same value strictly between 0 and 1, both ends are that value.

    Raises:
        SettingError: (a ValueError) the level is out of its range.
    """
    checked_level(level)
    m = over.questions
    if m == 1:
        nothing = np.full(over.mean.shape, np.nan)
        return nothing, nothing.copy()
    t = float(stdtrit(m - 1, (1 + level) / 2))
    most = over.mean * over.error
    # One over the effective number of questions; of zeros and ones it is m - 1, so that is the limit at 0 and 1.
    share = np.divide(over.variance, m * most, out=np.full(most.shape, 1 / (m - 1)), where=most > 0)
    share = np.minimum(share, 1 / (m - 1))
    centre = (over.mean + t**2 * share / 2) / (1 + t**2 * share)
    half = t * np.sqrt(most * share + (t * share / 2) ** 2) / (1 + t**2 * share)
    # At 0 and at 1 an end is the mean itself, which rounding could pass.
    return np.clip(centre - half, 0.0, over.mean), np.clip(centre + half, over.mean, 1.0)


def paired_difference(
    one: ArrayLike, other: ArrayLike, level: float = LEVEL
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """How much more accurate one model is than another on the same questions, and an interval.

    Questions that are hard for one model are mostly hard for the other, so the interval of the differences is narrower
    than what two separate intervals would suggest.

    Args:
        one: (m, n) accuracies of the one model: m questions, n values of k.
        other: (m, n) of the other; row i is the same question.
        level: how often such intervals hold the truth, in (0, 1).

    Returns:
        Mean of one - other, and the lower and upper ends, (n,) each, in [-1, 1]; ends are NaN for one question.

    Raises:
        SettingError: (a ValueError) the shapes differ, a value is not in [0, 1], or the level is out of its range.
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
    low, high = mean_interval(QuestionMean.of((1 + difference) / 2, (1 - difference) / 2), level)
    return np.asarray(difference.mean(axis=0)), 2 * low - 1, 2 * high - 1


def checked_level(level: float) -> float:
    """The level, if it is one.

    Raises:
        SettingError: (a ValueError) it is not in (0, 1).
    """
    if not 0 < level < 1:
        raise SettingError(f"level must lie between 0 and 1, got {level!r}")
    return level
