"""The best of at most k clipped normals, where a query stops at the first batch in which one reaches a level.

Let F be the distribution function of the accuracy of one pass, a = F(level), P the passes of a batch, k = m P + r with
1 <= r <= P, and A what is kept. A query stops after batch j with probability a^((j-1) P) (1 - a^P), j = 1 ... m, and
what it keeps is then the largest of that batch alone, since none before reached the level. So

    P(A <= x) = F(x)^k                                                            below the level,
    P(A <= x) = (F(x)^P - a^P) (1 - a^(m P)) / (1 - a^P) + a^(m P) F(x)^r         from it on.

E[1 - A] is the integral of this over [0, 1], and E[(1 - A)^2] that of 2 (1 - x) times it. Below the level it is that of
`max_of_k`; above it the integrand depends on k by r and two factors alone. A level of 1 changes nothing in A.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from moo_inference.catalog import Accuracy
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.ends import Ends, looks_before
from moo_inference.estimators.max_of_k import BOTTOM, SMALLEST_ERROR, TOP, WIDTH, legendre, power_integrals
from moo_inference.evaluation import special

_HALVINGS = 70


class _Above(NamedTuple):
    """Integrals from the level to an accuracy of 1, in standard scores z: of a function, and of it times (1's z - z).

    `stopped` is of F^P - a^P, `full` (2, n) of F^r.
    """

    stopped: FloatArray
    full: FloatArray


@dataclass(frozen=True)
class VerifiedNormal:
    """Accuracy where that of one pass is normal and a query stops when one reaches a level; see `NormalAccuracy`.

    Attributes:
        distribution: of one pass.
        level: the least accuracy that is verified, in (0, 1].
        batch: passes between two looks, P.
        k: (n,) the most passes.
    """

    distribution: Accuracy
    level: float
    batch: int
    k: IntArray
    evidence = None
    questions = None

    @cached_property
    def ends(self) -> Ends:
        """After how many passes queries end."""
        return Ends.of(self.k, self.batch, _power(self._log_level, np.append(0, looks_before(self.k, self.batch))))

    def accurate(self, least: float) -> Ends:
        """The shares of queries that end there and keep at least so much."""
        if least <= 0:
            return self.ends
        ends, below = self.ends, self._log_below(least)
        reaches = -np.expm1(self.batch * max(below, self._log_level))
        stopped = np.where(ends.stopped > 0, _power(self._log_level, ends.looks - self.batch) * reaches, 0.0)
        missed = _power(min(below, self._log_level), self._looked) * _power(below, self._last)
        return Ends(self.k, ends.looks, stopped, np.maximum(_power(self._log_level, self._looked) - missed, 0.0))

    @property
    def error(self) -> FloatArray:
        """(n,) expectation of 1 - accuracy, with its own digits."""
        return self._moments[0]

    @property
    def mean(self) -> FloatArray:
        """(n,) expected accuracy."""
        return 1 - self.error

    def columns(self, spread: tuple[float, ...]) -> FloatArray:
        """(n, 5) mean, standard deviation and two percentiles of one query, and 0 as standard error."""
        low, high = (self.quantile(q) for q in spread)
        return np.column_stack([self.mean, self._moments[1], low, high, np.zeros(len(self.k))])

    def quantile(self, q: float) -> FloatArray:
        """(n,) q-quantiles of one query."""
        mu, sigma = self.distribution.mean, self.distribution.std
        if not sigma:
            return np.full(len(self.k), float(mu))
        # Stopping keeps no more than all k would, so that the quantile of these is the most that it can be.
        high = np.asarray(special.ndtri_exp(np.log(q) / self.k))
        low = np.minimum(self._score(self.level), high)
        for _ in range(_HALVINGS):
            z = (low + high) / 2
            reached = self._below_from_level(z) >= q
            low, high = np.where(reached, low, z), np.where(reached, z, high)
        return np.clip(mu + sigma * high, 0.0, 1.0)

    @property
    def _looked(self) -> IntArray:
        """(n,) passes before the last look, m P."""
        return (self.k - 1) // self.batch * self.batch

    @property
    def _last(self) -> IntArray:
        """(n,) passes after the last look, r."""
        return self.k - self._looked

    def _score(self, x: float) -> float:
        """An accuracy in standard deviations from the mean."""
        mu, sigma = self.distribution.mean, self.distribution.std
        return (x - mu) / sigma if sigma else -np.inf if mu >= x else np.inf

    def _log_below(self, x: float) -> float:
        """Ln P(the accuracy of one pass is below x), x in (0, 1]."""
        return float(special.log_ndtr(self._score(x)))

    @cached_property
    def _log_level(self) -> float:
        return self._log_below(self.level)

    @cached_property
    def _stops(self) -> FloatArray:
        """(n,) (1 - a^(m P)) / (1 - a^P): how many batches that are followed by a look are expected to begin."""
        looks = self._looked // self.batch
        if self._log_level == 0:
            return looks.astype(float)
        return np.asarray((1 - _power(self._log_level, self._looked)) / -np.expm1(self.batch * self._log_level))

    def _below_from_level(self, z: FloatArray) -> FloatArray:
        """(n,) P(A <= x) for (n,) scores z of accuracies from the level on."""
        log = special.log_ndtr(z)
        stopped = np.maximum(np.exp(self.batch * log) - np.exp(self.batch * self._log_level), 0.0)
        return np.asarray(self._stops * stopped + _power(self._log_level, self._looked) * np.exp(self._last * log))

    @cached_property
    def _moments(self) -> tuple[FloatArray, FloatArray]:
        """(n,) expectation and standard deviation of 1 - A."""
        mu, sigma = self.distribution.mean, self.distribution.std
        if not sigma:
            return np.full(len(self.k), 1.0 - mu), np.zeros(len(self.k))
        low, one = self._score(0.0), self._score(1.0)
        high = min(one, TOP)
        level = min(max(self._score(self.level), low), high)
        area, moment = np.diff(power_integrals(np.array([[low], [level]]), self.k), axis=1)[:, 0]
        above = self._above(level, high)
        running = _power(self._log_level, self._looked)
        area, lever = (
            own + self._stops * stopped + running * full
            for own, stopped, full in zip((area, high * area - moment), above.stopped, above.full, strict=True)
        )
        # As in `error_moments`: where an accuracy of 1 lies beyond the panels, the error has a constant rest.
        error = (0.0 if one < TOP else 1.0 - mu - sigma * high) + sigma * area
        spread = np.sqrt(np.maximum(2 * sigma**2 * lever - (sigma * area) ** 2, 0.0))
        return np.where(error < SMALLEST_ERROR, 0.0, error), spread

    def _above(self, level: float, high: float) -> _Above:
        start = max(level, BOTTOM)
        panels = int(np.ceil(max(high - start, 0.0) / WIDTH))
        if not panels:
            return _Above(np.zeros(2), np.zeros((2, len(self.k))))
        t, weights = legendre()
        width = (high - start) / panels
        z = (start + width * (np.arange(panels)[:, None] + t)).ravel()
        own = np.tile(width * weights, panels)
        measures = np.stack([own, own * (high - z)])
        log = special.log_ndtr(z)
        # F^P - a^P by the ratio of the two keeps its digits where they are close.
        stopped = measures @ (-np.exp(self.batch * log) * np.expm1(self.batch * (self._log_level - log)))
        passes, place = np.unique(self._last, return_inverse=True)
        # einsum without BLAS: what holds for one k must not depend, in any bit, on how many others are requested.
        full = np.einsum("iz,rz->ir", measures, np.exp(passes[:, None] * log))
        return _Above(stopped, full[:, place])


def _power(log: float, passes: IntArray) -> FloatArray:
    """P(none of so many passes reaches a level), from the logarithm of that of one."""
    return np.exp(np.where(passes > 0, passes * log, 0.0)) if np.isfinite(log) else np.where(passes > 0, 0.0, 1.0)
