"""Quantiles over all queries, where each question is met as often as any other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.tail_interval import fewest_observations, has_upper_end, lognormal_upper_end, share_ends

_ROUNDING = 1e-12

_ADDED = 2.0
"""Questions beyond a quantile that vary as much as any can, added to those that there are: so 95 % intervals of a p95
over 50 and 200 questions hold in 92 % or more."""


@dataclass(frozen=True)
class Part:
    """What the queries of q questions of each of g models can come to.

    Attributes:
        values: (g, q, w) of each question, not negative.
        weights: (w,) how often, or (g, q, w) where questions differ, with a sum of 1; None where all are alike.
        least: (g, q) least value of each question, within rounding.
        most: (g, q) largest value.
    """

    values: FloatArray
    weights: FloatArray | None
    least: FloatArray
    most: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weights: FloatArray | None = None) -> "Part":
        """With the least and the largest of the values."""
        return cls(values, weights, np.asarray(values.min(axis=2)), np.asarray(values.max(axis=2)))

    @property
    def known_weights(self) -> FloatArray:
        """(w,) or (g, q, w) how often each value is."""
        width = self.values.shape[2]
        return np.full(width, 1 / width) if self.weights is None else self.weights

    def mean(self, values: Any) -> FloatArray:
        """(g, q) means of (g, q, w) values at each question."""
        weights = self.known_weights
        return np.asarray(values @ weights if weights.ndim == 1 else (values * weights).sum(axis=2))

    def only(self, row: slice) -> "Part":
        """The same for some of the models."""
        own = self.weights is not None and self.weights.ndim > 1
        weights = self.weights[row] if own and self.weights is not None else self.weights
        return Part(self.values[row], weights, self.least[row], self.most[row])


@dataclass(frozen=True)
class Mixture:
    """The distribution of one quantity over the queries of g models with m questions each, of which parts have some."""

    parts: Sequence[Part]

    @property
    def _questions(self) -> int:
        return sum(part.values.shape[1] for part in self.parts)

    def quantiles(self, q: Sequence[float]) -> FloatArray:
        """(g, n_q) the least values that at least these shares, in (0, 1), of all queries do not exceed."""
        # A quantile lies between the same quantiles of the least and of the largest value of each question, so only
        # the values of questions that reach into that range have to be ordered.
        least = np.concatenate([part.least for part in self.parts], axis=1) * (1 - _ROUNDING)
        most = np.concatenate([part.most for part in self.parts], axis=1) * (1 + _ROUNDING)
        low, high = np.sort(least, axis=1), np.sort(most, axis=1)
        found = np.empty((len(least), len(q)))
        alike = len(self.parts) == 1 and self.parts[0].weights is None
        for column, share in enumerate(q):
            exact = share * (1 - _ROUNDING) * self._questions
            place = int(np.ceil(exact)) - 1
            below = most < low[:, place, None]
            inside = ~below & (least <= high[:, place, None])
            left = exact - np.count_nonzero(below, axis=1)
            for row, rest in enumerate(left.tolist()):
                quantile = self._of_alike if alike else self._weighted
                found[row, column] = quantile(row, inside[row], rest)
        return found

    def intervals(self, q: float, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """The 95 % interval of a quantile, the questions being the sample, and how many questions it needs; (g,) each.

        Args:
            q: the quantile, in (0, 1).
            values: (g,) the quantiles.
        """
        m, enough = self._questions, max(float(fewest_observations(q)), 2.0)
        needed = np.full(len(values), np.ceil(enough))
        if m < enough:
            return *np.full((2, len(values)), np.nan), needed
        parts = [part.mean(part.values <= values[:, None, None] * (1 + _ROUNDING)) for part in self.parts]
        below = np.concatenate(parts, axis=1)
        share = below.mean(axis=1)
        # The few questions that reach beyond the quantile show little of how questions vary there, so some are added
        # that vary as much as any can.
        most, beyond = share * (1 - share), m * (1 - q)
        variance = (beyond * below.var(axis=1, ddof=1) + _ADDED * most) / (beyond + _ADDED) / m
        worth = np.maximum(np.divide(most, variance, out=np.full(len(below), float(m)), where=most > 0), enough)
        ends = np.stack(share_ends(q, worth), axis=1)
        low, high = np.array([self._only(row).quantiles(own.tolist())[0] for row, own in enumerate(ends)]).T
        largest = lognormal_upper_end(*self._logs, q, worth)
        high = np.where(has_upper_end(q, worth), high, np.maximum(high, largest))
        return np.minimum(low, values), np.maximum(high, values), needed

    def _only(self, model: int) -> "Mixture":
        """The queries of one of the models."""
        return Mixture([part.only(slice(model, model + 1)) for part in self.parts])

    @property
    def _logs(self) -> tuple[FloatArray, FloatArray]:
        """(g,) mean and standard deviation of the logarithm of one query; NaN where some come to nothing."""
        if any((part.least <= 0).any() for part in self.parts):
            nothing = np.full(len(self.parts[0].values), np.nan)
            return nothing, nothing
        logs = Mixture([replace(part, values=np.log(part.values)) for part in self.parts])
        mean = sum(part.mean(part.values).sum(axis=1) for part in logs.parts) / self._questions
        return np.asarray(mean), np.sqrt(logs.variance * self._questions / (self._questions - 1))

    def _of_alike(self, row: int, inside: NDArray[np.bool_], left: float) -> float:
        """The value at which the values of some questions have reached a weight, one question having a weight of 1."""
        values = self.parts[0].values[row][inside]
        place = int(np.ceil(left * values.shape[1])) - 1
        return float(np.partition(values, place, axis=None)[place])

    def _weighted(self, row: int, inside: NDArray[np.bool_], left: float) -> float:
        """The same where values have weights."""
        values, weights, start = [], [], 0
        for part in self.parts:
            which = inside[start : start + part.values.shape[1]]
            rows, own = part.values[row][which], part.known_weights
            start += part.values.shape[1]
            values.append(rows.ravel())
            weights.append(np.broadcast_to(own if own.ndim == 1 else own[row][which], rows.shape).ravel())
        together = np.concatenate(values)
        order = np.argsort(together)
        place = int(np.searchsorted(np.cumsum(np.concatenate(weights)[order]), left))
        return float(together[order[min(place, len(together) - 1)]])

    @property
    def variance(self) -> FloatArray:
        """(g,) of one query."""
        mean = sum(part.mean(part.values).sum(axis=1) for part in self.parts) / self._questions
        away = (part.mean((part.values - mean[:, None, None]) ** 2) for part in self.parts)
        return np.asarray(sum(each.sum(axis=1) for each in away) / self._questions)
