"""Queries that are drawn at random, where there are too many ways to count them, or more passes than attempts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.order_statistics import doublings, expected_largest
from moo_inference.evaluation.outcomes import Outcomes
from moo_inference.evaluation.stack import StackedBlock, kept_worth

_VALUES_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Drawing:
    """How queries are drawn.

    Attributes:
        keep: which pass counts.
        parallel: P.
        ideal: whether the times of passes add up and are divided by P.
        draws: queries of each question.
        seed: of the draws.
    """

    keep: str
    parallel: int
    ideal: bool
    draws: int
    seed: int


class DrawnQueries:
    """Queries of one block in which the attempts stand in random orders; k passes are the first k."""

    def __init__(self, how: Drawing, block: StackedBlock, most: int) -> None:
        """Draw.

        Args:
            how: queries are drawn.
            block: the attempts, in the same orders for all models.
            most: the largest k that will be asked for; what is drawn for a k does not depend on it.
        """
        self._keep = how.keep
        self._block = block
        _, questions, n = block.seconds.shape
        self._order = _orders(questions, how.draws, n, most, np.random.default_rng([how.seed, n]))
        self._spent = [np.cumsum(pick(amounts, self._order), axis=-1) for amounts in block.spent]
        seconds = pick(block.seconds, self._order)
        if how.ideal:
            self._seconds = np.cumsum(seconds, axis=-1) / how.parallel
            return
        before = np.zeros(seconds.shape[:-1])
        for start in range(0, most, how.parallel):
            wave = seconds[..., start : start + how.parallel]
            np.maximum.accumulate(wave, axis=-1, out=wave)
            wave += before[..., None]
            before = wave[..., -1].copy()
        self._seconds = seconds

    def outcomes(self, k: int) -> Outcomes:
        """The queries of k passes."""

        def kept() -> FloatArray:
            return kept_worth(self._keep, self._block, lambda table: pick(table, self._order[..., :k]))

        spent = tuple(amounts[..., k - 1] for amounts in self._spent)
        return Outcomes(spent, self._seconds[..., k - 1], kept, None, True)


class QueriesBeyond:
    """Queries of one block with more passes than attempts.

    Each wave draws its passes without replacement, and waves draw from all attempts anew. A wave of m passes, more than
    the n attempts, has each as often as m is divided by n, and a random part of them for what is left; its time is that
    of a random half of the attempts and what it is extrapolated to take longer, see `order_statistics`.
    """

    def __init__(self, how: Drawing, block: StackedBlock) -> None:
        """Nothing is drawn yet."""
        self._how = how
        self._block = block
        self._start()

    def _start(self) -> None:
        self._waves = 0
        shape = (*self._block.seconds.shape[:2], self._how.draws)
        self._before = [np.zeros(shape) for _ in range(len(self._block.spent) + 1)]

    def outcomes(self, k: int, kept: Callable[[], Any]) -> Outcomes:
        """The queries of k passes; fastest where k is asked for in ascending order.

        Args:
            k: passes.
            kept: makes the (g, q, 1) probabilities that a query is right.
        """
        size = k if self._how.ideal else self._how.parallel
        if self._how.ideal or k // size < self._waves:
            self._start()
        while self._waves < k // size:
            self._before = self._with_wave(size)
            self._waves += 1
        *spent, seconds = self._with_wave(k % size) if k % size else self._before
        return Outcomes(tuple(spent), seconds, kept, None, True)

    def _with_wave(self, m: int) -> list[FloatArray]:
        """What queries have spent, and their seconds, after one more wave of m passes."""
        block = self._block
        _, questions, n = block.seconds.shape
        rng = np.random.default_rng([self._how.seed, n, self._waves + 1])
        order = _orders(questions, self._how.draws, n, n, rng)

        def total(amounts: FloatArray) -> FloatArray:
            some = pick(amounts, order[..., : m % n]).sum(axis=-1)
            return np.asarray(m // n * amounts.sum(axis=2, keepdims=True) + some)

        seconds = total(block.seconds) / self._how.parallel if self._how.ideal else self._slowest(order, m)
        parts = [*map(total, block.spent), seconds]
        return [before + part for before, part in zip(self._before, parts, strict=True)]

    def _slowest(self, order: IntArray, m: int) -> FloatArray:
        seconds = self._block.seconds
        n = seconds.shape[2]
        if m <= n:
            return np.asarray(pick(seconds, order[..., :m]).max(axis=-1))
        half, whole = (
            expected_largest(seconds.reshape(-1, n), np.array([size])).reshape(*seconds.shape[:2], 1)
            for size in (n // 2, n)
        )
        longer = (whole - half) * (1 + doublings(n, np.array([m])))
        return np.asarray(pick(seconds, order[..., : n // 2]).max(axis=-1) + longer)


def pick(table: Any, order: IntArray) -> Any:
    """(g, q, draws, k) values of the attempts in `order`, (q, draws, k)."""
    return np.take_along_axis(table[:, :, None], order[None], axis=3)


def _orders(questions: int, draws: int, n: int, most: int, rng: np.random.Generator) -> IntArray:
    """(q, draws, most) first attempts of random orders of n."""
    rows = questions * draws
    orders = np.empty((rows, most), dtype=np.int64)
    at_once = max(1, _VALUES_AT_ONCE // n)
    for start in range(0, rows, at_once):
        count = min(at_once, rows - start)
        orders[start : start + count] = rng.permuted(np.tile(np.arange(n), (count, 1)), axis=1)[:, :most]
    return orders.reshape(questions, draws, most)
