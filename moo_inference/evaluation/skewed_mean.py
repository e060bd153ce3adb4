"""Means over questions of what is skewed, such as cost and time, with intervals over questions.

A few hard questions take many times what the others do, and where a sample of questions has few of them it has a small
mean and a small spread at once: Student's interval then lies too low too often. Hall's transformation takes the
skewness out of the studentised mean before it is compared with the normal, needs no seed and no bootstrap (P. Hall, On
the removal of skewness by transformation, J. R. Statist. Soc. B 54 (1992) 221-228).
"""

from dataclasses import dataclass

import numpy as np

from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.interval import LEVEL, checked_level


@dataclass(frozen=True)
class SkewedMean:
    """The mean over questions of an amount, for n values of k; each field is (n,) and in the unit of the amount.

    Attributes:
        mean: over questions.
        se: its standard error, the questions being the sample; NaN for one question.
        low: lower end of the interval; NaN for one question.
        high: upper end.
    """

    mean: FloatArray
    se: FloatArray
    low: FloatArray
    high: FloatArray


def skewed_mean(values: FloatArray, level: float = LEVEL) -> SkewedMean:
    """The mean over m questions, from (m, n) amounts.

    Args:
        values: one row per question.
        level: how often such intervals hold the truth, in (0, 1).

    Raises:
        SettingError: (a ValueError) the level is out of its range.
    """
    z = special.normal_quantile((1 + checked_level(level)) / 2)
    # Row by row: sums down a column take another order where it stands alone, and a k must not see its neighbours.
    rows = np.ascontiguousarray(values.T)
    m = rows.shape[1]
    mean = np.asarray(rows.mean(axis=1))
    if m == 1:
        nothing = np.full(mean.shape, np.nan)
        return SkewedMean(mean, nothing, nothing, nothing)
    std = rows.std(axis=1, ddof=1)
    third = ((rows - mean[:, None]) ** 3).mean(axis=1) * m / (m - 1)
    skewness = np.divide(third, std**3, out=np.zeros_like(mean), where=std > 0)
    low, high = (mean - std * _removed(sign * z / np.sqrt(m), skewness, m) for sign in (1, -1))
    return SkewedMean(mean, std / np.sqrt(m), low, high)


def _removed(x: FloatArray | float, skewness: FloatArray, m: int) -> FloatArray:
    """The studentised mean whose transform is x: the root of w + s w^2 / 3 + s^2 w^3 / 27 + s / (6 m) = x."""
    third = skewness / 3
    y = x - skewness / (6 * m)
    bent = np.abs(third) > 1e-7
    return np.where(bent, (np.cbrt(1 + 3 * third * y) - 1) / np.where(bent, third, 1.0), y)
