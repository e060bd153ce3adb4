"""What single queries of at most k recorded attempts come to, where a policy may stop them before the k-th."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.drawn_queries import Drawing, DrawnQueries, pick
from moo_inference.evaluation.first_verified import first_verified
from moo_inference.evaluation.mixture import Mixture, Part
from moo_inference.evaluation.outcomes import Outcomes
from moo_inference.evaluation.queries import Queries, QueriesOfK
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stack import StackedBlock, kept_worth
from moo_inference.evaluation.stop import Stop, votes_needed
from moo_inference.evaluation.stopped_ways import StoppedWays, stopped_ways
from moo_inference.evaluation.sure_votes import sure_votes
from moo_inference.evaluation.voting import ABSENT


class StoppedQueriesOfK(QueriesOfK):
    """The queries of at most k passes over all questions of some models."""

    _source: "StoppedQueries"

    @property
    def _whole(self) -> bool:
        """Whether all passes run in one batch, so that nothing stops."""
        return self._source.whole(self._k)

    def spent(self, which: int) -> Mixture:
        """See `QueriesOfK.spent`."""
        if self._whole:
            return super().spent(which)
        return Mixture([Part.of(part.spent[which], part.weights) for part in self.parts])

    def spent_variance(self, which: int) -> FloatArray:
        """See `QueriesOfK.spent_variance`."""
        return super().spent_variance(which) if self._whole else self.spent(which).variance

    @cached_property
    def seconds(self) -> Mixture:
        """The distribution of time over queries."""
        return super().seconds if self._whole else Mixture([Part.of(part.seconds, part.weights) for part in self.parts])

    @cached_property
    def worth(self) -> Mixture:
        """The distribution of the score that is kept, where attempts have scores."""
        return super().worth if self._whole else Mixture([Part.of(part.kept, part.weights) for part in self.parts])

    def passes(self, most: int) -> FloatArray:
        """(g, most) share of the queries that run 1, 2, ... passes."""
        shares = np.zeros((len(self._source.attempts), most))
        for part, ran in zip(self.parts, self._source.ran(self._k), strict=True):
            for passes in range(1, most + 1):
                shares[:, passes - 1] += part.mean(ran == passes).sum(axis=1)
        return shares / self._source.questions


class StoppedQueries(Queries):
    """The queries of g models with one `stack_key`, of which all stop by one policy.

    All ways in which a question's queries stop are counted where there are at most MOST_STATES. Elsewhere the means of
    `first-verified` are counted by formulas, those of `vote-until-sure` by the numbers of votes where these are few,
    and all else is from queries that are drawn at random.
    """

    def __init__(
        self,
        attempts: Sequence[QuestionAttempts],
        how: Drawing,
        most: int,
        spent: Sequence[Sequence[FloatArray]] | None,
        stop: Stop,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            attempts: see `Queries`, as the next three.
            how: see `Queries`.
            most: see `Queries`.
            spent: see `Queries`.
            stop: when queries stop.
        """
        super().__init__(attempts, how, most, spent)
        self.stop = stop
        self._found: dict[int, tuple[list[Outcomes], list[IntArray]]] = {}
        self._draws: dict[int, StoppedDraws] = {}
        self._known: dict[tuple[int, ...], FloatArray] = {}

    def of(self, k: int) -> StoppedQueriesOfK:
        """The queries of at most k passes."""
        return StoppedQueriesOfK(self, k)

    def outcomes(self, number: int, k: int) -> Outcomes:
        """See `Queries.outcomes`."""
        return self._all(k)[0][number]

    def ran(self, k: int) -> list[IntArray]:
        """Passes that ran in each of the outcomes of each block, to be broadcast to their shape."""
        return self._all(k)[1]

    def _all(self, k: int) -> tuple[list[Outcomes], list[IntArray]]:
        if k not in self._found:
            pairs = [self._of_block(number, k) for number in range(len(self.blocks))]
            self._found[k] = [own for own, _ in pairs], [ran for _, ran in pairs]
        return self._found[k]

    def whole(self, k: int) -> bool:
        """Whether all of k passes run in one batch, so that nothing stops."""
        return k <= self.how.parallel

    def _of_block(self, number: int, k: int) -> tuple[Outcomes, IntArray]:
        if self.whole(k):
            return super().outcomes(number, k), np.array([k])
        block = self.blocks[number]
        n = block.seconds.shape[2]
        ways = stopped_ways(n, k, self.how.parallel, self.how.ideal)
        if ways is not None:
            weights = ways.ends(_stops(self.stop, block, ways))
            spent = tuple(amounts @ ways.subsets for amounts in block.spent)
            seconds = block.seconds @ (ways.subsets / self.how.parallel if self.how.ideal else ways.slowest)
            return Outcomes(spent, seconds, lambda: _kept(self.keep, block, ways), None, False, weights), ways.passes
        if number not in self._draws:
            self._draws[number] = StoppedDraws(self.how, self.stop, block, min(self._most, n))
        return self._draws[number].stopped(k)

    def expected_spent(self, k: IntArray) -> list[FloatArray]:
        """See `Queries.expected_spent`."""
        whole, early = self._split(k)
        stopped = self._means(early)[: self.amounts]
        return [self._joined(k, *pair) for pair in zip(super().expected_spent(whole), stopped, strict=True)]

    def expected_seconds(self, k: IntArray) -> FloatArray:
        """See `Queries.expected_seconds`."""
        whole, early = self._split(k)
        return self._joined(k, super().expected_seconds(whole), self._means(early)[-3])

    def expected_accuracy(self, k: IntArray) -> tuple[FloatArray, FloatArray]:
        """See `Queries.expected_accuracy`."""
        whole, early = self._split(k)
        order = np.argsort(self.rows, axis=1)[..., None]
        # The shares of the outcomes add up to 1 within rounding.
        stopped = (np.minimum(np.take_along_axis(own, order, axis=1), 1.0) for own in self._means(early)[-2:])
        right, wrong = (self._joined(k, *pair) for pair in zip(super().expected_accuracy(whole), stopped, strict=True))
        return right, wrong

    def _split(self, k: IntArray) -> tuple[IntArray, IntArray]:
        """The k of one batch, of which there is always one, and those of several."""
        early = self._early(k)
        return np.append(k[~early], 1), k[early]

    def _early(self, k: IntArray) -> NDArray[np.bool_]:
        """(n_k,) which of the k have several batches."""
        return np.array([not self.whole(passes) for passes in k.tolist()], dtype=bool)

    def _joined(self, k: IntArray, whole: FloatArray, stopped: FloatArray) -> FloatArray:
        """(g, m, n_k) what k of one batch and of several come to, as `_split` has them."""
        early = self._early(k)
        found = np.empty((*whole.shape[:2], len(k)))
        found[..., ~early], found[..., early] = whole[..., :-1], stopped
        return found

    def _means(self, k: IntArray) -> FloatArray:
        """(amounts + 3, g, m, n_k) means at each question: what is spent, seconds, worth of the kept, one less that.

        Of several batches each; the questions block by block.
        """
        key = tuple(k.tolist())
        if key not in self._known:
            self._known[key] = self._count_means(k)
        return self._known[key]

    def _count_means(self, k: IntArray) -> FloatArray:
        return np.concatenate([self._block_means(number, k) for number in range(len(self.blocks))], axis=2)

    def _block_means(self, number: int, k: IntArray) -> FloatArray:
        block = self.blocks[number]
        # Each k by itself, so that what is found at one does not depend on which others are asked for.
        how, n = self.how, block.seconds.shape[2]
        counted = np.array([stopped_ways(n, most, how.parallel, how.ideal) is not None for most in k.tolist()])
        found = np.empty((self.amounts + 3, *block.seconds.shape[:2], len(k)))
        from_outcomes = np.broadcast_to(counted, found.shape[1:]).copy()
        if not counted.all():
            others = k[~counted]
            if self.stop.policy == "first-verified":
                spent, *kept = first_verified(block, self.stop.accept, others, how.parallel, how.ideal)
                found[..., ~counted] = np.stack([*spent, *kept])
            else:
                means, too_many = sure_votes(block, self.stop.confidence, others, how.parallel, how.ideal)
                found[..., ~counted] = means
                from_outcomes[..., ~counted] = too_many
        for column in np.flatnonzero(from_outcomes.any(axis=(0, 1))).tolist():
            part, own = self.outcomes(number, int(k[column])), from_outcomes[..., column]
            values = (*part.spent, part.seconds, part.kept, 1.0 - part.kept)
            found[:, own, column] = np.stack([part.mean(each) for each in values])[:, own]
        return found


class StoppedDraws(DrawnQueries):
    """Queries of one block that are drawn at random, and stop."""

    def __init__(self, how: Drawing, stop: Stop, block: StackedBlock, most: int) -> None:
        """Draw, in the orders in which queries that run all passes are drawn.

        Args:
            how: see `DrawnQueries`.
            stop: when they stop.
            block: the attempts.
            most: see `DrawnQueries`.
        """
        super().__init__(how, block, most)
        looks = np.arange(how.parallel, most, how.parallel)
        stops = _stops_in_order(stop, block, self._order, looks)
        # (g, q, draws) passes at which a query stops, however large k is; more than all where it never does.
        self._end = np.where(stops.any(axis=-1), np.append(looks, most + 1)[stops.argmax(axis=-1)], most + 1)
        self._kept_there = np.zeros(self._end.shape)
        for passes in looks.tolist():
            self._keep_worth(self._kept_there, self._end == passes, passes)

    def stopped(self, k: int) -> tuple[Outcomes, IntArray]:
        """The queries of at most k passes, and (g, q, draws) how many each runs."""
        ran = np.minimum(self._end, k)

        def at_end(table: FloatArray) -> FloatArray:
            return np.take_along_axis(table, ran[..., None] - 1, axis=-1)[..., 0]

        def kept() -> FloatArray:
            found = np.where(self._end < k, self._kept_there, 0.0)
            self._keep_worth(found, self._end >= k, k)
            return found

        return Outcomes(tuple(map(at_end, self._spent)), at_end(self._seconds), kept, None, True), ran

    def _keep_worth(self, found: FloatArray, where: Any, passes: int) -> None:
        """Put in what is kept of so many passes, where it is wanted."""
        g, q, draw = np.nonzero(where)
        if g.size:
            order = self._order[q, draw, :passes]
            found[where] = kept_worth(self._keep, self._block, lambda table: table[g[:, None], q[:, None], order])


def _stops(stop: Stop, block: StackedBlock, ways: StoppedWays) -> Any:
    """(g, q, u) whether a query stops in each state."""
    if stop.policy == "first-verified":
        # Whole numbers up to n: exact in single precision, which takes half the time.
        return _verified(stop, block).astype(np.float32) @ ways.subsets.astype(np.float32) > 0
    return _sure(stop, block, int(ways.passes.max()), lambda same: np.rint(same.astype(float) @ ways.subsets))


def _stops_in_order(stop: Stop, block: StackedBlock, order: IntArray, looks: IntArray) -> Any:
    """(g, q, draws, looks) whether a query stops after some numbers of the passes in its order (q, draws, most)."""
    if stop.policy == "first-verified":
        return np.logical_or.accumulate(pick(_verified(stop, block), order), axis=-1)[..., looks - 1]
    return _sure(
        stop, block, order.shape[-1], lambda same: np.cumsum(pick(same, order), axis=-1, dtype=np.int32)[..., looks - 1]
    )


def _verified(stop: Stop, block: StackedBlock) -> Any:
    """(g, q, n) whether each attempt is verified."""
    return (block.worth if block.score is None else block.score) >= stop.accept


def _sure(stop: Stop, block: StackedBlock, most: int, votes: Callable[[Any], Any]) -> Any:
    """Whether votes are sure.

    Args:
        stop: the policy.
        block: the attempts.
        most: the most votes that there can be.
        votes: counts an answer in each set of passes, given (g, q, n) whether attempts have it.
    """
    codes = _ranks(np.asarray(block.answer))
    first: Any = 0
    second: Any = 0
    for code in range(int(codes.max()) + 1):
        own = votes(codes == code)
        second = np.maximum(second, np.minimum(first, own))
        first = np.maximum(first, own)
    enough = votes_needed(stop.confidence, most)
    return first >= enough[np.asarray(second, dtype=np.int64)]


def _ranks(answer: IntArray) -> IntArray:
    """(g, q, n) codes 0, 1, ... of the answers to each question, -1 for none."""
    rows = answer.reshape(-1, answer.shape[-1])
    ranks = np.empty_like(rows)
    for own, row in zip(ranks, rows, strict=True):
        own[:] = np.unique(row, return_inverse=True)[1].ravel() - (row.min() == ABSENT)
    return ranks.reshape(answer.shape)


def _kept(keep: str, block: StackedBlock, ways: StoppedWays) -> FloatArray:
    """(g, q, u) worth of what is kept in each state."""

    def kept(chosen: IntArray) -> FloatArray:
        return kept_worth(keep, block, lambda table: table[..., chosen])

    return np.concatenate([kept(batch.chosen) for batch in ways.batches], axis=2)
