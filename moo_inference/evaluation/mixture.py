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
        values: (w,) what a query can come to; in ascending order where they have weights.
        weights: (w,) how often, with a sum of 1; None where all are alike.
    """

    values: FloatArray
    weights: FloatArray | None

    @classmethod
    def of(cls, values: Sequence[FloatArray], probability: Sequence[FloatArray | None]) -> "Mixture":
        """From groups of questions.

        Args:
            values: (q, w) of each group: w values of q questions.
            probability: (w,) of each group; None where all w are alike.
        """
        if len(values) == 1 and probability[0] is None:
            return cls(values[0].ravel(), None)
        return Ordered(values).weighted(probability)

    def quantiles(self, q: Sequence[float]) -> FloatArray:
        """The least values that at least these shares, in (0, 1), of all queries do not exceed."""
        shares = np.asarray(q, dtype=float) * (1 - _ROUNDING)
        n = len(self.values)
        if self.weights is None:
            places = np.ceil(shares * n).astype(np.int64) - 1
            return np.asarray(np.partition(self.values, places)[places])
        places = np.searchsorted(np.cumsum(self.weights), shares)
        return np.asarray(self.values[np.minimum(places, n - 1)])

    @property
    def variance(self) -> float:
        """Of one query."""
        if self.weights is None:
            return float(self.values.var())
        away = self.values - self.weights @ self.values
        return float(self.weights @ (away * away))


class Ordered:
    """Values of groups of questions in ascending order, for several weights of the same."""

    def __init__(self, values: Sequence[FloatArray]) -> None:
        """Order them.

        Args:
            values: (q, w) of each group.
        """
        together = np.concatenate([table.ravel() for table in values])
        self._widths = [table.shape[1] for table in values]
        self._questions = sum(len(table) for table in values)
        starts = np.cumsum([0, *self._widths[:-1]])
        columns = [
            np.tile(np.arange(width) + start, len(table))
            for table, width, start in zip(values, self._widths, starts, strict=True)
        ]
        order = np.argsort(together, kind="stable")
        self.values = together[order]
        self._column = np.concatenate(columns)[order]

    def weighted(self, probability: Sequence[FloatArray | None]) -> Mixture:
        """The mixture in which each question counts as often, and its values as (w,) `probability` of its group says.

        Where that is None, all values of a question are alike.
        """
        weights = [
            np.full(width, 1 / width) if own is None else own
            for own, width in zip(probability, self._widths, strict=True)
        ]
        return Mixture(self.values, (np.concatenate(weights) / self._questions)[self._column])
