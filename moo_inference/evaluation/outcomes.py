"""What single queries come to, for all ways in which attempts make them or for some that were drawn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from moo_inference.evaluation.checks import FloatArray
from moo_inference.evaluation.stack import StackedBlock, kept_worth
from moo_inference.evaluation.ways import Ways

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Outcomes:
    """What the queries of q questions of g models come to: s subsets of attempts, all alike, and u times.

    Attributes:
        spent: (g, q, s) of each amount that adds up over passes.
        seconds: (g, q, u) that a query can take, where `ways` are counted; else (g, q, s).
        keeper: makes `kept`.
        ways: which of the times belong to each subset; None where subset and time belong to each other.
        drawn: whether the subsets are a sample.
        weights: (g, q, s) share of the queries that each is; None where all are alike.
    """

    spent: tuple[FloatArray, ...]
    seconds: FloatArray
    keeper: Callable[[], Any]
    ways: Ways | None
    drawn: bool
    weights: FloatArray | None = None

    @cached_property
    def kept(self) -> Any:
        """(g, q, s) worth of the kept pass, or whether it is right; (g, q, 1) where only the question matters."""
        return self.keeper()

    def within(
        self, spent: Sequence[float | None], seconds: float | None, least: float, graded: bool
    ) -> tuple[FloatArray, FloatArray]:
        """(g,) sums over questions of the shares of queries that meet all limits, and their variances by the draws.

        Args:
            spent: most of each amount; None for no limit.
            seconds: most seconds; None for no limit.
            least: worth of what is kept; 0 for no limit.
            graded: worths are scores, which reach `least` or not; else a query is right as often as its worth says.
        """
        met = self._met(spent, seconds, least, graded)
        models, _, subsets = met.shape
        if self.drawn:
            shares, variance = met.mean(axis=2), met.var(axis=2, ddof=1) / subsets
            return np.asarray(shares.sum(axis=1)), np.asarray(variance.sum(axis=1))
        if self.weights is not None:
            return np.asarray((met * self.weights).sum(axis=(1, 2))), np.zeros(models)
        rows = met.reshape(models, -1)
        total = np.count_nonzero(rows, axis=1) if met.dtype == bool else rows.sum(axis=1)
        return np.asarray(total / subsets), np.zeros(models)

    def shares(self, spent: Sequence[float | None], seconds: float | None, least: float, graded: bool) -> FloatArray:
        """(g, q) the shares of the queries of each question that meet all limits; see `within`."""
        return self.mean(self._met(spent, seconds, least, graded))

    def mean(self, values: Any) -> FloatArray:
        """(g, q) the means over the queries of each question of (g, q, s) values, or of what can be broadcast to it."""
        if self.weights is not None:
            return np.asarray((values * self.weights).sum(axis=2))
        return np.asarray(np.broadcast_to(values, np.broadcast_shapes(values.shape, self.spent[0].shape)).mean(axis=2))

    def _met(self, spent: Sequence[float | None], seconds: float | None, least: float, graded: bool) -> Any:
        """(g, q, s) whether all limits are met, or how often."""
        met: Any = np.ones(self.spent[0].shape, dtype=bool)
        for amounts, most in zip(self.spent, spent, strict=True):
            if most is not None:
                met &= amounts <= most * (1 + _TOLERANCE)
        if seconds is not None:
            met = met * self._on_time(seconds * (1 + _TOLERANCE))
        if least > 0:
            met = met * self._good(least, graded)
        return met

    def _good(self, least: float, graded: bool) -> Any:
        """Whether what is kept reaches the least worth; or how often it is right."""
        return self.kept >= least - _TOLERANCE if graded else self.kept

    def _on_time(self, most: float) -> Any:
        """(g, q, s) whether a query takes at most so many seconds, or how often."""
        on_time = self.seconds <= most
        ways = self.ways
        if ways is None:
            return on_time
        return np.take(on_time, ways.last, axis=2) if ways.within is None else on_time.astype(float) @ ways.within


def counted(block: StackedBlock, ways: Ways, keep: str, graded: bool, ideal: int | None) -> Outcomes:
    """The queries of one block in all ways.

    Args:
        block: the attempts.
        ways: in which they make queries.
        keep: which pass counts.
        graded: whether attempts have scores.
        ideal: P where the times of passes add up and are divided by P; None for waves.
    """
    spent = tuple(amounts @ ways.subsets for amounts in block.spent)
    seconds = block.seconds @ ways.slowest if ideal is None else block.seconds @ ways.subsets / ideal

    def kept() -> Any:
        if block.answer is not None or block.score is not None or graded:
            return kept_worth(keep, block, lambda table: table[..., ways.chosen])
        # Whole numbers up to n: exact in single precision, which takes half the time.
        right = block.worth.astype(np.float32) @ ways.subsets.astype(np.float32)
        return right > 0 if keep == "oracle" else right == ways.chosen.shape[1]

    return Outcomes(spent, seconds, kept, ways if ideal is None else None, False)
