"""Quantiles over all queries, where each question is met as often as any other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moo_inference.evaluation.checks import FloatArray

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Mixture:
    """A distribution of one quantity.

    Attributes:
        values: (w,) what a query can come to.
        weights: (w,) how often, with a sum of 1; None where all are alike.
    """

    values: FloatArray
    weights: FloatArray | None

    @classmethod
    def of(cls, values: Sequence[FloatArray], probability: Sequence[FloatArray]) -> "Mixture":
        """From groups of questions.

        Args:
            values: (q, w) of each group: w values of q questions.
            probability: (w,) of each group.
        """
        questions = sum(len(table) for table in values)
        if len(values) == 1 and np.ptp(probability[0]) == 0:
            return cls(values[0].ravel(), None)
        weights = [np.tile(own / questions, len(table)) for table, own in zip(values, probability, strict=True)]
        return cls(np.concatenate([table.ravel() for table in values]), np.concatenate(weights))

    def quantiles(self, q: Sequence[float]) -> FloatArray:
        """The least values that at least these shares, in (0, 1), of all queries do not exceed."""
        shares = np.asarray(q, dtype=float)
        if self.weights is None:
            n = len(self.values)
            places = np.clip(np.ceil(shares * n * (1 - _ROUNDING)).astype(np.int64) - 1, 0, n - 1)
            return np.partition(self.values, np.unique(places))[places]
        order = np.argsort(self.values, kind="stable")
        reached = np.cumsum(self.weights[order])
        places = np.searchsorted(reached, shares * (1 - _ROUNDING))
        return np.asarray(self.values[order[np.minimum(places, len(order) - 1)]])

    @property
    def variance(self) -> float:
        """Of one query."""
        mean = np.average(self.values, weights=self.weights)
        return float(np.average((self.values - mean) ** 2, weights=self.weights))
