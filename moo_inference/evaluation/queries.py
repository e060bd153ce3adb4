"""What single queries of k recorded attempts come to: cost, seconds and what is kept, jointly.

All ways in which a question's attempts can make a query are counted where they are at most MOST_WAYS; elsewhere some
are drawn at random, and what is computed from them has a standard error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.drawn_queries import Drawing, DrawnQueries, QueriesBeyond
from moo_inference.evaluation.mixture import Mixture, Part
from moo_inference.evaluation.order_statistics import expected_seconds, largest_weights
from moo_inference.evaluation.outcomes import Outcomes, counted
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stack import StackedBlock, stacked
from moo_inference.evaluation.ways import ways_of


@dataclass(frozen=True)
class Share:
    """Shares of all queries of g models.

    Attributes:
        value: (g,) in [0, 1].
        se: (g,) standard errors of the draws; 0 where all ways were counted.
    """

    value: FloatArray
    se: FloatArray


class QueriesOfK:
    """The queries of k passes over all questions of some models."""

    def __init__(self, source: "Queries", k: int) -> None:
        self._source = source
        self._k = k
        self.parts = [source.outcomes(number, k) for number in range(len(source.blocks))]

    @property
    def graded(self) -> bool:
        """Whether attempts have scores, in place of being right or wrong."""
        return self._source.graded

    def passes(self, most: int) -> FloatArray | None:
        """(g, most) share of the queries that run 1, 2, ... passes; None where all run k."""
        return None

    @property
    def drawn(self) -> bool:
        """Whether some questions have too many ways to be counted."""
        return any(part.drawn for part in self.parts)

    def share_within(
        self,
        cost: float | None = None,
        seconds: float | None = None,
        worth: float | None = None,
        others: Sequence[float | None] | None = None,
    ) -> Share:
        """The share of queries that meet all these limits at once; None for no limit. They are inclusive within 1e-9.

        Args:
            cost: at most so many USD.
            seconds: at most so many seconds.
            worth: what is kept is worth at least that; where attempts are right or wrong, it is right.
            others: at most so much of each further amount; None for no limits.
        """
        spent = [cost, *(others or [None] * (self._source.amounts - 1))]
        found = [part.within(spent, seconds, worth or 0.0, self._source.graded) for part in self.parts]
        m = self._source.questions
        value = np.sum([shares for shares, _ in found], axis=0) / m
        variance = np.sum([own for _, own in found], axis=0)
        return Share(np.minimum(value, 1.0), np.asarray(np.sqrt(variance)) / m)

    def shares_by_question(
        self, cost: float | None, seconds: float | None, others: Sequence[float | None]
    ) -> FloatArray:
        """(g, m) the shares of each question's queries that meet these limits at once, in the order of the attempts.

        Args:
            cost: at most so many USD; None for no limit.
            seconds: at most so many seconds.
            others: at most so much of each further amount.
        """
        found = np.empty((len(self._source.attempts), self._source.questions))
        for block, part in zip(self._source.blocks, self.parts, strict=True):
            shares = part.shares([cost, *others], seconds, 0.0, self._source.graded)
            np.put_along_axis(found, block.rows, shares, axis=1)
        return found

    def spent(self, which: int) -> Mixture:
        """The distribution over queries of one of the amounts that add up over passes; 0 is cost."""
        parts = []
        for number, part in enumerate(self.parts):
            if part.drawn:
                parts.append(Part.of(part.spent[which]))
            else:
                cheapest = self._source.cheapest[number][which]
                others = cheapest[..., -self._k - 1] if self._k < cheapest.shape[2] else 0.0
                parts.append(Part(part.spent[which], None, cheapest[..., self._k - 1], cheapest[..., -1] - others))
        return Mixture(parts)

    def spent_variance(self, which: int) -> FloatArray:
        """(g,) variance of one of these amounts, exact where no question has fewer than k attempts."""
        k, blocks = self._k, self._source.blocks
        if any(k > block.seconds.shape[2] for block in blocks):
            return self.spent(which).variance
        between, *within = self._source.variances[which]
        sizes = [block.seconds.shape[2] for block in blocks]
        drawn = sum(own * k * (n - k) / max(n - 1, 1) for own, n in zip(within, sizes, strict=True))
        return np.asarray(drawn / self._source.questions + between * k**2.0)

    @cached_property
    def seconds(self) -> Mixture:
        """The distribution of time over queries: of one wave counted by order statistics, whatever the attempts."""
        parts = []
        for block, part in zip(self._source.blocks, self.parts, strict=True):
            if self._k <= min(block.seconds.shape[2], self._source.wave):
                parts.append(self._largest(block.seconds))
            else:
                parts.append(Part.of(part.seconds, None if part.ways is None else part.ways.probability))
        return Mixture(parts)

    @cached_property
    def worth(self) -> Mixture:
        """The distribution of the score that is kept, where attempts have scores."""
        step = 1 if self._source.keep == "oracle" else -1
        ordered = (np.sort(block.worth, axis=2)[..., ::step] for block in self._source.blocks)
        return Mixture([self._largest(each) for each in ordered])

    def _largest(self, ordered: FloatArray) -> Part:
        """The last of k of the (g, q, n) values, which stand in the order in which they count."""
        possible = ordered[..., self._k - 1 :]
        weights = largest_weights(ordered.shape[2], (self._k,))[0, self._k - 1 :]
        first, last = possible[..., 0], possible[..., -1]
        return Part(possible, weights, np.minimum(first, last), np.maximum(first, last))


class Queries:
    """The queries of g models with one `stack_key`, for one number of passes at the same time."""

    def __init__(
        self,
        attempts: Sequence[QuestionAttempts],
        how: Drawing,
        most: int,
        spent: Sequence[Sequence[FloatArray]] | None = None,
    ) -> None:
        """Nothing is drawn yet. `clusters` are those of the m questions of each model; None where there are none.

        Args:
            attempts: of each model, with one `stack_key`.
            how: queries run, and are drawn where not all ways are counted.
            most: the largest k that will be asked for; what is drawn for a k does not depend on it.
            spent: (s,) amounts of each model that add up over passes; None for its cost alone.
        """
        self.attempts = tuple(attempts)
        self.how = how
        self.blocks = stacked(attempts, [[each.cost] for each in attempts] if spent is None else spent)
        self.amounts = len(self.blocks[0].spent)
        self.questions = len(attempts[0].n)
        self.keep, self.graded = attempts[0].keep, attempts[0].graded
        self.clusters = attempts[0].clusters
        self.wave = 0 if how.ideal else how.parallel
        self._most = most
        self._drawn: dict[int, DrawnQueries] = {}
        self._beyond: dict[int, QueriesBeyond] = {}

    @cached_property
    def rows(self) -> IntArray:
        """(g, m) places of the questions among those of each model, block by block."""
        return np.concatenate([block.rows for block in self.blocks], axis=1)

    def of(self, k: int) -> QueriesOfK:
        """The queries of k passes."""
        return QueriesOfK(self, k)

    def most_passes(self, k: int) -> int:
        """The most passes that a query of at most k passes runs."""
        return k

    @cached_property
    def cheapest(self) -> list[list[FloatArray]]:
        """(g, q, n) of each block and amount: what the cheapest attempts of a question come to, by their number."""
        return [[np.cumsum(np.sort(own, axis=2), axis=2) for own in block.spent] for block in self.blocks]

    @cached_property
    def variances(self) -> list[list[FloatArray]]:
        """(g,) of each amount: variance between the means of questions, and of each block the sum of those within."""
        found = []
        for which in range(self.amounts):
            own = [block.spent[which] for block in self.blocks]
            between = np.concatenate([amounts.mean(axis=2) for amounts in own], axis=1).var(axis=1)
            found.append([between, *(amounts.var(axis=2).sum(axis=1) for amounts in own)])
        return found

    def expected_spent(self, k: IntArray) -> list[FloatArray]:
        """(g, m, n_k) expectation at each question of each amount that adds up; the questions block by block."""
        means = ([block.spent[which].mean(axis=2) for block in self.blocks] for which in range(self.amounts))
        return [np.concatenate(own, axis=1)[..., None] * k for own in means]

    def expected_seconds(self, k: IntArray) -> FloatArray:
        """(g, m, n_k) expected seconds at each question; the questions block by block."""
        latency = "ideal" if self.how.ideal else "waves"
        parts = []
        for block in self.blocks:
            models, questions, n = block.seconds.shape
            each = expected_seconds(block.seconds.reshape(-1, n), k, self.how.parallel, latency)
            parts.append(each.reshape(models, questions, -1))
        return np.concatenate(parts, axis=1)

    def expected_accuracy(self, k: IntArray) -> tuple[FloatArray, FloatArray]:
        """(g, m, n_k) expected worth of what is kept at each question, and one less that."""
        tables = [each.expected_accuracy(k) for each in self.attempts]
        return np.stack([right for right, _ in tables]), np.stack([wrong for _, wrong in tables])

    def outcomes(self, number: int, k: int) -> Outcomes:
        """What the queries of the questions of one block come to."""
        block = self.blocks[number]
        n = block.seconds.shape[2]
        if k > n:
            if number not in self._beyond:
                self._beyond[number] = QueriesBeyond(self.how, block)
            return self._beyond[number].outcomes(k, lambda: self._right(block, k))
        ways = ways_of(n, k, self.wave or k)
        if ways is not None:
            return counted(block, ways, self.keep, self.graded, self.how.parallel if self.how.ideal else None)
        if number not in self._drawn:
            self._drawn[number] = DrawnQueries(self.how, block, min(self._most, n))
        return self._drawn[number].outcomes(k)

    def _right(self, block: StackedBlock, k: int) -> Any:
        """(g, q, 1) probabilities that queries of more passes than there are attempts are right."""
        return np.array(
            [each.expected_accuracy([k])[0][rows] for each, rows in zip(self.attempts, block.rows, strict=True)]
        )
