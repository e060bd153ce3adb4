"""Intervals of quantiles from a sample: a p95 of n measured passes, or of the questions of an evaluation.

That a share q of queries lies below a value is what n observations show as they would show any share, by a binomial
distribution, whatever the distribution of the values: the interval of the quantile goes from its quantile at the lower
to that at the upper end of the interval of the share (R. S. Woodruff, JASA 47 (1952) 635-646). The ends of the share
are those of Jeffreys (L. D. Brown, T. T. Cai, A. DasGupta, Statistical Science 16 (2001) 101-133). Queries of several
passes are worth as many observations as there would have to be for that share to vary as much.

Fewer than 1 / (1 - q) observations have none beyond the quantile on average: then nothing is said. Up to 3.7 times as
many have no upper end without an assumption: there it is the larger of the largest value and of the upper limit of the
quantile of a lognormal distribution, by the noncentral t (D. B. Owen, Technometrics 10 (1968) 445-478).
"""

import numpy as np

from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.interval import LEVEL


def fewest_observations(q: FloatArray | float) -> FloatArray:
    """How many observations a quantile needs to have one beyond it on average: 1 / (1 - q)."""
    return np.asarray(1 / (1 - np.asarray(q)) * (1 - 1e-9))


def share_ends(q: FloatArray | float, n: FloatArray | float, level: float = LEVEL) -> tuple[FloatArray, FloatArray]:
    """Both ends of the interval of the share of values below a quantile, in [0, 1].

    Args:
        q: the quantile, in (0, 1).
        n: observations, or what they are worth; positive.
        level: how often such intervals hold the truth.
    """
    below, above, tail = np.asarray(n * q) + 0.5, np.asarray(n * (1 - np.asarray(q))) + 0.5, (1 - level) / 2
    return np.asarray(special.betaincinv(below, above, tail)), np.asarray(special.betaincinv(below, above, 1 - tail))


def has_upper_end(q: FloatArray | float, n: FloatArray | float, level: float = LEVEL) -> FloatArray:
    """Whether the largest of n values exceeds the quantile often enough to be the upper end: q^n <= (1 - level) / 2."""
    return np.asarray(np.asarray(q, dtype=float) ** n <= (1 - level) / 2)


def lognormal_upper_end(
    mean: FloatArray | float, std: FloatArray | float, q: float, n: FloatArray | float, level: float = LEVEL
) -> FloatArray:
    """The upper confidence limit of the quantile of a lognormal distribution.

    Args:
        mean: of the logarithms of the values.
        std: their standard deviation (ddof = 1).
        q: the quantile.
        n: observations, or what the values are worth, more than 1.
        level: how often such intervals hold the truth; one end is missed half as often as both.
    """
    root = np.sqrt(n)
    return np.asarray(
        np.exp(mean + special.nctdtrit(np.asarray(n) - 1, special.ndtri(q) * root, (1 + level) / 2) / root * std)
    )


def quantile_interval(
    values: FloatArray, q: float, n: float | None = None, level: float = LEVEL
) -> tuple[float, float]:
    """Both ends of the interval of the quantile of some values; NaN where they are worth too few observations.

    Args:
        values: (s,) in ascending order, not negative.
        q: the quantile, in (0, 1).
        n: how many observations they are worth; None: each is one.
        level: how often such intervals hold the truth.
    """
    worth = float(len(values)) if n is None else n
    if worth < max(2.0, float(fewest_observations(q))):
        return float("nan"), float("nan")
    low, high = (float(np.quantile(values, share, method="weibull")) for share in share_ends(q, worth, level))
    if has_upper_end(q, worth, level):
        return low, high
    if not values[0] > 0:
        return low, float("nan")
    logs = np.log(values)
    return low, max(high, float(lognormal_upper_end(logs.mean(), logs.std(ddof=1), q, worth, level)))
