"""Accuracy of k passes that comes from an evaluation: counted, or from a fitted Beta, never simulated here.

One query is right or wrong, so its spread is that of a coin that falls right as often as the mean says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from moo_inference.catalog import TOLERANCE
from moo_inference.catalog.accuracy import Accuracy, BetaAccuracy, MeasuredAccuracy
from moo_inference.estimators.curve import Evidence, FloatArray, IntArray
from moo_inference.estimators.max_of_k import accuracy_quantile, accuracy_reached, error_moments

_NO_WIDTH = 1e-12
"""Ends that are no farther apart differ by rounding."""


@dataclass(frozen=True)
class KnownAccuracy:
    """Accuracy for n values of k.

    Attributes:
        mean: (n,) expected accuracy.
        error: (n,) 1 - mean, with its own digits.
        se: (n,) standard error of votes that were simulated, else 0.
        evidence: the interval over questions, and what is extrapolated.
    """

    mean: FloatArray
    error: FloatArray
    se: FloatArray
    evidence: Evidence

    def columns(self, spread: Iterable[float]) -> FloatArray:
        """(n, 5) mean, standard deviation and two percentiles of one query, standard error of the mean."""
        low, high = (self.quantile(q) for q in spread)
        return np.column_stack([self.mean, np.sqrt(self.mean * self.error), low, high, self.se])

    def quantile(self, q: float) -> FloatArray:
        """(n,) q-quantiles of one query: 1 where at least 1 - q of them are right."""
        return np.asarray((self.error <= q * (1 + TOLERANCE)).astype(float))

    def reached(self, least: float) -> FloatArray:
        """(n,) probabilities that one query is at least so accurate."""
        return np.ones_like(self.mean) if least <= 0 else self.mean

    def take(self, rows: slice) -> "KnownAccuracy":
        """Some rows only."""
        return KnownAccuracy(self.mean[rows], self.error[rows], self.se[rows], self.evidence.take(rows))


@dataclass(frozen=True)
class NormalAccuracy:
    """The accuracy of the best of k where that of one pass is normal, exactly; as `KnownAccuracy`, without evidence.

    Attributes:
        distribution: of one pass.
        k: (n,) numbers of passes.
    """

    distribution: Accuracy
    k: IntArray
    evidence = None

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        error, spread = error_moments([self.distribution.mean], [self.distribution.std], self.k)
        return error[0], spread[0]

    @property
    def mean(self) -> FloatArray:
        """(n,) expected accuracy."""
        return 1 - self.error

    @property
    def error(self) -> FloatArray:
        """(n,) 1 - mean, with its own digits."""
        return self._moments[0]

    def columns(self, spread: Iterable[float]) -> FloatArray:
        """(n, 5) mean, standard deviation and two percentiles of one query, and 0 as standard error."""
        low, high = (self.quantile(q) for q in spread)
        return np.column_stack([self.mean, self._moments[1], low, high, np.zeros(len(self.k))])

    def quantile(self, q: float) -> FloatArray:
        """(n,) q-quantiles of one query."""
        return np.asarray(accuracy_quantile([self.distribution.mean], [self.distribution.std], self.k, q)[0])

    def reached(self, least: float) -> FloatArray:
        """(n,) probabilities that one query is at least so accurate."""
        return np.asarray(accuracy_reached([self.distribution.mean], [self.distribution.std], self.k, least)[0])

    def take(self, rows: slice) -> "NormalAccuracy":
        """Some rows only."""
        return NormalAccuracy(self.distribution, self.k[rows])


def known_accuracy(accuracy: MeasuredAccuracy | BetaAccuracy, k: IntArray) -> KnownAccuracy:
    """The accuracy at some k that comes from an evaluation.

    Raises:
        SettingError: (a ValueError) a k exceeds the samples of a question.
    """
    if isinstance(accuracy, BetaAccuracy):
        distribution = accuracy.fit
        mean, error = distribution.pass_at_k(k)
        low, high = interval_ends(*distribution.interval(k))
        evidence = Evidence(low, high, k > accuracy.samples, np.zeros(len(k), dtype=bool))
        return KnownAccuracy(mean, error, np.zeros(len(k)), evidence)
    found = accuracy.evaluation.curve(k, trials=accuracy.trials, seed=accuracy.seed)
    low, high = interval_ends(found.ci_low, found.ci_high)
    evidence = Evidence(low, high, found.extrapolated, k == accuracy.evaluation.fewest)
    return KnownAccuracy(found.mean, found.error, found.se, evidence)


def interval_ends(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The ends of an interval, NaN where it has no width: then its width is unknown, and not zero."""
    wide = high - low > _NO_WIDTH
    return np.where(wide, low, np.nan), np.where(wide, high, np.nan)
