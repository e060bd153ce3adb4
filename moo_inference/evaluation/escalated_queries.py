"""What single queries come to that go on to a second setting where the passes of a first one do not settle them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.drawn_queries import Drawing, DrawnQueries, pick
from moo_inference.evaluation.escalated_means import Kept, kept_by_best, kept_by_votes
from moo_inference.evaluation.outcomes import Outcomes
from moo_inference.evaluation.queries import Queries
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stack import StackedBlock, kept_worth
from moo_inference.evaluation.stop import Stop
from moo_inference.evaluation.stopped_queries import StoppedQueries
from moo_inference.evaluation.voting import ABSENT
from moo_inference.evaluation.ways import ways_of

MOST_PAIRS = 10_000
"""Ways of the first setting times those of the second, of one question, up to which all are counted."""

_MOST_VALUES = 4_000_000
"""The same over all questions of a block."""


class EscalatedQueries(StoppedQueries):
    """The queries of one model that escalates, at the questions that both of its settings have.

    Means are in closed form. What queries come to jointly is counted over all ways of the first setting, with those of
    the second where they go on, and drawn at random where there are more than MOST_PAIRS.
    """

    def __init__(
        self,
        attempts: QuestionAttempts,
        how: Drawing,
        most: int,
        spent: Sequence[FloatArray],
        stop: Stop,
        first: Queries,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            attempts: of the second setting.
            how: see `Queries`; of the second setting.
            most: see `Queries`.
            spent: amounts of each attempt that add up over passes.
            stop: what settles a query, and how many passes of the first setting run.
            first: the queries of the first setting at the same questions.
        """
        super().__init__([attempts], how, most, [spent], stop)
        self._first = first
        self._m = stop.with_first(self.keep).batch or 1
        pairs = [
            pair
            for own in first.blocks
            for other in self.blocks
            for pair in _split(own, other, _undecided(stop, self._m, own))
        ]
        first.blocks, self.blocks = [own for own, _ in pairs], [other for _, other in pairs]
        self._runs: dict[int, tuple[_DrawnRuns, _DrawnRuns]] = {}

    def most_passes(self, k: int) -> int:
        """See `Queries.most_passes`."""
        return self._m + k

    def whole(self, k: int) -> bool:
        """See `StoppedQueries.whole`."""
        return False

    def _count_means(self, k: IntArray) -> FloatArray:
        kept, m = self._kept(k), np.array([self._m])
        once = self._first
        amounts = [
            own + kept.escalates[:, None] * other
            for own, other in zip(
                (*once.expected_spent(m), once.expected_seconds(m)),
                (*Queries.expected_spent(self, k), Queries.expected_seconds(self, k)),
                strict=True,
            )
        ]
        return np.stack([*amounts, kept.worth[None], kept.missed[None]])

    def _kept(self, k: IntArray) -> Kept:
        """What is kept at each question, block by block."""
        if self.keep == "majority":
            return kept_by_votes(self._m, self._first.attempts[0], self.attempts[0], k).at(self.rows[0])
        pairs = zip(self._first.blocks, self.blocks, strict=True)
        return Kept.joined([kept_by_best(self.stop, self._m, first, then, k) for first, then in pairs])

    def _of_block(self, number: int, k: int) -> tuple[Outcomes, IntArray]:
        first, then = self._first.blocks[number], self.blocks[number]
        goes_on = bool(_undecided(self.stop, self._m, first).any())
        once = _counted(self.stop, self._first.how, first, self._m)
        again = _counted(self.stop, self.how, then, k) if goes_on else None
        if once is not None and (again is not None or not goes_on):
            q, ways = once.seconds.shape
            pairs = ways * (0 if again is None else again.seconds.shape[1])
            if pairs <= MOST_PAIRS and pairs * q <= _MOST_VALUES:
                return _all_pairs(once, again, self._m, k)
        if number not in self._runs:
            # The second setting's orders have another seed: the stages are independent of each other.
            other = replace(self._first.how, draws=self.how.draws, seed=self.how.seed + 1)
            self._runs[number] = (
                _DrawnRuns(other, first, self._m),
                _DrawnRuns(self.how, then, min(self._most, then.seconds.shape[2])),
            )
        drawn, others = self._runs[number]
        return _drawn_pairs(drawn.runs(self.stop, self._m), others.runs(self.stop, k), self._m, k)


@dataclass(frozen=True)
class _Runs:
    """What s queries of one setting come to at each of q questions.

    Attributes:
        spent: (q, s) of each amount that adds up over passes.
        seconds: (q, s).
        kept: (q, s) worth of the pass that is kept.
        rank: (q, s) by which the kept one of two settings is found: its score; where passes vote, whether some pass
            has an answer.
        settled: (q, s) whether a query is.
        votes: whether passes vote.
        weights: (s,) share of the queries that each is; None where they are drawn, and all alike.
    """

    spent: tuple[FloatArray, ...]
    seconds: FloatArray
    kept: FloatArray
    rank: FloatArray
    settled: NDArray[np.bool_]
    votes: bool
    weights: FloatArray | None

    @classmethod
    def of(
        cls,
        stop: Stop,
        keep: str,
        block: StackedBlock,
        pick: Callable[[Any], Any],
        spent: Sequence[FloatArray],
        seconds: FloatArray,
        weights: FloatArray | None,
    ) -> "_Runs":
        """Of one model.

        Args:
            stop: what settles a query.
            keep: which pass is kept.
            block: the attempts.
            pick: takes (1, q, s, k) values of the attempts that run from those of all, (1, q, n).
            spent: (1, q, s) of each amount.
            seconds: (1, q, s).
            weights: see above.
        """
        kept = np.asarray(kept_worth(keep, block, pick)[0], dtype=float)
        if block.answer is not None:
            answer = pick(block.answer)[0]
            given = answer != ABSENT
            rank = given.any(axis=-1).astype(float)
            settled = given[..., 0] & (answer == answer[..., :1]).all(axis=-1)
        else:
            rank = pick(block.worth if block.score is None else block.score)[0].max(axis=-1)
            settled = rank >= stop.accept
        return cls(tuple(own[0] for own in spent), seconds[0], kept, rank, settled, block.answer is not None, weights)


class _DrawnRuns(DrawnQueries):
    """Queries of one setting that are drawn at random."""

    def runs(self, stop: Stop, k: int) -> _Runs:
        """The queries of k passes."""
        part = self.outcomes(k)
        order = self._order[..., :k]
        return _Runs.of(stop, self._keep, self._block, lambda table: pick(table, order), part.spent, part.seconds, None)


def _undecided(stop: Stop, m: int, block: StackedBlock) -> Any:
    """(q,) whether some query of m passes is not settled."""
    if block.answer is not None:
        answer = block.answer[0]
        return ((answer == ABSENT) | (answer != answer[:, :1])).any(axis=1)
    score = (block.worth if block.score is None else block.score)[0]
    return np.count_nonzero(score < stop.accept, axis=1) >= m


def _split(first: StackedBlock, then: StackedBlock, undecided: Any) -> list[tuple[StackedBlock, StackedBlock]]:
    """The questions that two blocks share: those that always are settled by the first setting, and the others."""
    _, place, other = np.intersect1d(first.rows[0], then.rows[0], return_indices=True)
    parts = [undecided[place], ~undecided[place]]
    return [(first.at(place[part]), then.at(other[part])) for part in parts if part.any()]


def _counted(stop: Stop, how: Drawing, block: StackedBlock, k: int) -> _Runs | None:
    """All ways of k passes of one setting; None where there are too many."""
    n = block.seconds.shape[2]
    ways = ways_of(n, k, k if how.ideal else how.parallel)
    if ways is None:
        return None
    if ways.within is None:
        slow, subset = ways.last, np.arange(len(ways.chosen))
        weights = np.full(len(subset), 1 / len(subset))
    else:
        slow, subset = np.nonzero(ways.within)
        weights = ways.within[slow, subset] / len(ways.chosen)
    subsets, chosen = ways.subsets[:, subset], ways.chosen[subset]
    seconds = block.seconds @ (subsets / how.parallel if how.ideal else ways.slowest[:, slow])
    spent = [amounts @ subsets for amounts in block.spent]
    return _Runs.of(stop, how.keep, block, lambda table: table[..., chosen], spent, seconds, weights)


def _all_pairs(first: _Runs, then: _Runs | None, m: int, k: int) -> tuple[Outcomes, IntArray]:
    """All ways in which queries end in the first setting, and all pairs of ways in which they go on; passes of each."""
    weights = np.broadcast_to(np.asarray(first.weights), first.seconds.shape)
    if then is None:
        spent = tuple(own[None] for own in first.spent)
        ran = np.full(first.seconds.shape[1], m)
        return Outcomes(spent, first.seconds[None], lambda: first.kept[None], None, False, weights[None]), ran

    def joined(ends: FloatArray, pairs: FloatArray) -> FloatArray:
        return np.concatenate([ends, pairs.reshape(len(ends), -1)], axis=1)[None]

    def summed(own: FloatArray, other: FloatArray) -> FloatArray:
        return joined(own, own[:, :, None] + other[:, None, :])

    ran = np.repeat([m, m + k], [first.seconds.shape[1], first.seconds.shape[1] * then.seconds.shape[1]])
    goes_on = np.where(first.settled, 0.0, weights)
    outcomes = Outcomes(
        tuple(map(summed, first.spent, then.spent)),
        summed(first.seconds, then.seconds),
        lambda: joined(first.kept, _kept_of(first, then)),
        None,
        False,
        joined(weights - goes_on, goes_on[:, :, None] * np.asarray(then.weights)),
    )
    return outcomes, ran


def _kept_of(first: _Runs, then: _Runs) -> FloatArray:
    """(q, s, t) worth of the kept pass of each pair of s queries of one setting and t of the other."""
    own, other = first.kept[:, :, None], then.kept[:, None, :]
    rank = then.rank[:, None, :]
    return np.where(rank == 0 if first.votes else first.rank[:, :, None] >= rank, own, other)


def _drawn_pairs(first: _Runs, then: _Runs, m: int, k: int) -> tuple[Outcomes, IntArray]:
    """Each drawn query of the first setting with one of the second, which runs where it is not settled."""
    goes_on = ~first.settled

    def summed(own: FloatArray, other: FloatArray) -> FloatArray:
        return (own + np.where(goes_on, other, 0.0))[None]

    stays = first.settled | (then.rank == 0 if first.votes else first.rank >= then.rank)
    outcomes = Outcomes(
        tuple(map(summed, first.spent, then.spent)),
        summed(first.seconds, then.seconds),
        lambda: np.where(stays, first.kept, then.kept)[None],
        None,
        True,
    )
    return outcomes, (m + k * goes_on)[None]
