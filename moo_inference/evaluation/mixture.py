"""Quantiles over all queries, where each question is met as often as any other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation.checks import FloatArray

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Part:
    """What the queries of q questions of each of g models can come to.

    Attributes:
        values: (g, q, w) of each question, not negative.
        weights: (w,) how often, with a sum of 1; None where all are alike.
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
        """(w,) how often each value is."""
        width = self.values.shape[2]
        return np.full(width, 1 / width) if self.weights is None else self.weights


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

    def _of_alike(self, row: int, inside: NDArray[np.bool_], left: float) -> float:
        """The value at which the values of some questions have reached a weight, one question having a weight of 1."""
        values = self.parts[0].values[row][inside]
        place = int(np.ceil(left * values.shape[1])) - 1
        return float(np.partition(values, place, axis=None)[place])

    def _weighted(self, row: int, inside: NDArray[np.bool_], left: float) -> float:
        """The same where values have weights."""
        values, weights, start = [], [], 0
        for part in self.parts:
            rows = part.values[row][inside[start : start + part.values.shape[1]]]
            start += part.values.shape[1]
            values.append(rows.ravel())
            weights.append(part.known_weights[np.arange(rows.size) % rows.shape[1]])
        together = np.concatenate(values)
        order = np.argsort(together)
        place = int(np.searchsorted(np.cumsum(np.concatenate(weights)[order]), left))
        return float(together[order[min(place, len(together) - 1)]])

    @property
    def variance(self) -> FloatArray:
        """(g,) of one query."""
        mean = sum((part.values @ part.known_weights).sum(axis=1) for part in self.parts) / self._questions
        away = ((part.values - mean[:, None, None]) ** 2 @ part.known_weights for part in self.parts)
        return np.asarray(sum(each.sum(axis=1) for each in away) / self._questions)
