"""What queries cost or take that may stop before the k-th pass: the mixture over their passes of what these come to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from moo_inference.estimators.curve import FloatArray
from moo_inference.estimators.ends import Ends
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.evaluation.question_stops import QuestionStops

_ROUNDING = 1e-12
_VALUES_AT_ONCE = 1 << 19
_STEPS = 100


@dataclass(frozen=True)
class StoppedTotals:
    """The distribution of a total of at most k passes, for n values of k; in place of `Totals`.

    Passes are independent of what is right, so given that N ran the total is that of N passes. Mean and variance are
    exact (law of total variance), the distribution function is the mixture of those of `Totals`, and a quantile is
    where it is reached, between the least and the largest quantile of its parts.

    Attributes:
        ends: after how many passes queries end.
        stopped: the totals of the passes at each look.
        full: the totals of k passes.
        questions: the ends question by question; None where they are not counted from an evaluation.
    """

    ends: Ends
    stopped: Totals
    full: Totals
    questions: QuestionStops | None = None

    @property
    def distribution(self) -> PassDistribution:
        """Of one pass."""
        return self.full.distribution

    @cached_property
    def mean(self) -> FloatArray:
        """(n,) expectations."""
        return self.ends.mean(self.stopped.mean, self.full.mean)

    @cached_property
    def std(self) -> FloatArray:
        """(n,) standard deviations."""
        at_looks = self.stopped.std**2 + (self.stopped.mean - self.mean[:, None]) ** 2
        return np.sqrt(self.ends.mean(at_looks, self.full.std**2 + (self.full.mean - self.mean) ** 2))

    @property
    def se(self) -> FloatArray:
        """(n,) standard errors of the mean by the queries that were drawn; 0 where ends are exact."""
        if self.questions is None:
            return np.zeros(len(self.full.k))
        return self.questions.se(self.stopped.mean, self.full.mean)

    def cdf(self, x: float) -> FloatArray:
        """(n,) probabilities that the total is at most x."""
        return self.ends.mean(self.stopped.cdf(x), self.full.cdf(x))

    def quantile(self, q: float) -> FloatArray:
        """(n,) q-quantiles."""
        return self.quantiles(q)[:, 0]

    def quantiles(self, *q: float) -> FloatArray:
        """(n, len(q)) the same of several q."""
        return np.column_stack([self._certain(one) if self.distribution.std == 0 else self._crossed(one) for one in q])

    def _certain(self, q: float) -> FloatArray:
        """(n,) quantiles where only the number of passes varies."""
        below = np.cumsum(self.ends.stopped, axis=1) >= q * (1 - _ROUNDING)
        if not below.size:
            return self.full.mean
        return np.where(below.any(axis=1), self.stopped.mean[below.argmax(axis=1)], self.full.mean)

    def _crossed(self, q: float) -> FloatArray:
        at_looks, found = self.stopped.quantile(q), self.full.quantile(q)
        size = max(1, _VALUES_AT_ONCE // max(len(self.ends.looks), 1))
        for start in range(0, len(found), size):
            some = self.ends.stopped[start : start + size] > 0
            own = found[start : start + size]
            low, high = (
                extreme(own, reach(np.where(some, at_looks, own[:, None]), axis=1, initial=end))
                for extreme, reach, end in ((np.minimum, np.min, np.inf), (np.maximum, np.max, -np.inf))
            )
            # Where all queries run as many passes, these have the quantile; elsewhere it is looked for.
            rows = np.flatnonzero(high > low)
            if rows.size:
                own[rows] = crossing(self._less(start + rows, q), low[rows], high[rows])
        return found

    def _less(self, rows: Any, q: float) -> Callable[[FloatArray], FloatArray]:
        """The distribution functions at some k, less q."""
        ends, everywhere = self.ends.take(rows), np.zeros(len(self.full.k))

        def less(x: FloatArray) -> FloatArray:
            everywhere[rows] = x
            return ends.mean(self.stopped.cdf(x[:, None]), self.full.cdf(everywhere)[rows]) - q

        return less


def crossing(f: Callable[[FloatArray], FloatArray], low: FloatArray, high: FloatArray) -> FloatArray:
    """(n,) where functions that do not fall reach 0, to 1e-12 of the larger end, with f at least 0 there.

    By T. R. Chandrupatla, A new hybrid quadratic/bisection algorithm, Advances in Engineering Software 28 (1997).

    Args:
        f: of (n,) values, each row a function of its own.
        low: (n,) below which they have not reached it.
        high: (n,) where they are taken to have reached it.
    """
    a, b = high, low
    fa, fb = np.maximum(f(a), 0.0), np.minimum(f(b), -_ROUNDING)
    t, done = np.full(len(a), 0.5), np.zeros(len(a), dtype=bool)
    tolerance = _ROUNDING / 2 * np.maximum(np.abs(low), np.abs(high))
    for _ in range(_STEPS):
        # A row that is done stays as it is, however many steps others need.
        x = np.where(done, a, a + t * (b - a))
        fx = f(x)
        same = (fx >= 0) == (fa >= 0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        width = np.abs(b - a)
        done |= width <= 2 * tolerance
        if done.all():
            break
        with np.errstate(invalid="ignore", divide="ignore"):
            xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
            quadratic = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
            t = np.where((phi**2 < xi) & ((1 - phi) ** 2 < 1 - xi), quadratic, 0.5)
            least = np.minimum(tolerance / width, 0.5)
        t = np.clip(np.where(np.isfinite(t), t, 0.5), least, 1 - least)
    return np.where(fa >= 0, a, b)
