"""What single queries of k recorded attempts come to: cost, seconds and what is kept, jointly.

All ways in which a question's attempts can make a query are counted where they are at most MOST_WAYS; elsewhere some
are drawn at random, and what is computed from them has a standard error.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.kept import kept_by_score, kept_by_vote
from moo_inference.evaluation.mixture import Mixture, Ordered
from moo_inference.evaluation.order_statistics import largest_weights
from moo_inference.evaluation.question_attempts import Block, QuestionAttempts
from moo_inference.evaluation.ways import Ways, ways_of

_VALUES_AT_ONCE = 1 << 21
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Outcomes:
    """What the queries of q questions come to: s subsets of attempts, and w ways to its slowest ones for each.

    Attributes:
        cost: (q, s) USD.
        seconds: (q, s w), subset by subset.
        keeper: makes `kept`.
        probability: (s w,) of each way, with a sum of 1; None where all are alike.
        drawn: whether the ways are a sample.
    """

    cost: FloatArray
    seconds: FloatArray
    keeper: Callable[[], Any]
    probability: FloatArray | None
    drawn: bool

    @cached_property
    def kept(self) -> Any:
        """(q, s) worth of the kept pass, or whether it is right."""
        return self.keeper()

    def within(self, most_cost: float, most_seconds: float, least: float, graded: bool) -> tuple[float, float]:
        """The sum over questions of the shares of their queries that meet all limits, and its variance by the draws.

        Args:
            most_cost: USD.
            most_seconds: seconds.
            least: worth of what is kept; 0 for no limit.
            graded: worths are scores, which reach `least` or not; else a query is right as often as its worth says.
        """
        met = self.cost <= most_cost
        kept = self.kept if least > 0 else None
        if kept is not None and (graded or kept.dtype == bool):
            met &= kept >= least - _TOLERANCE if graded else kept
            kept = None
        each = self.seconds.shape[1] // self.cost.shape[1]
        if each > 1:
            met = np.repeat(met, each, axis=1)
            kept = None if kept is None else np.repeat(kept, each, axis=1)
        met &= self.seconds <= most_seconds
        shares = met if kept is None else met * kept
        if self.drawn:
            return float(shares.mean(axis=1).sum()), float(shares.var(axis=1, ddof=1).sum()) / shares.shape[1]
        if self.probability is not None:
            return float((shares @ self.probability).sum()), 0.0
        total = np.count_nonzero(shares) if kept is None else shares.sum()
        return float(total) / shares.shape[1], 0.0


@dataclass(frozen=True)
class Share:
    """A share of all queries.

    Attributes:
        value: in [0, 1].
        se: standard error of the draws; 0 where all ways were counted.
    """

    value: float
    se: float


class QueriesOfK:
    """The queries of k passes over all questions of some attempts."""

    def __init__(self, source: "Queries", k: int) -> None:
        self._source = source
        self._k = k
        self._blocks = source.attempts.blocks
        self.parts = [source.outcomes(number, k) for number in range(len(self._blocks))]

    @property
    def graded(self) -> bool:
        """Whether attempts have scores, in place of being right or wrong."""
        return self._source.attempts.graded

    @property
    def drawn(self) -> bool:
        """Whether some questions have too many ways to be counted."""
        return any(part.drawn for part in self.parts)

    def share_within(
        self, cost: float | None = None, seconds: float | None = None, worth: float | None = None
    ) -> Share:
        """The share of queries that meet all these limits at once; None for no limit. They are inclusive within 1e-9.

        Args:
            cost: at most so many USD.
            seconds: at most so many seconds.
            worth: what is kept is worth at least that; where attempts are right or wrong, it is right.
        """
        most = [np.inf if limit is None else limit * (1 + _TOLERANCE) for limit in (cost, seconds)]
        found = [part.within(most[0], most[1], worth or 0.0, self.graded) for part in self.parts]
        m = len(self._source.attempts.n)
        value = sum(shares for shares, _ in found) / m
        return Share(min(value, 1.0), float(np.sqrt(sum(variance for _, variance in found))) / m)

    @cached_property
    def cost(self) -> Mixture:
        """The distribution of cost over queries."""
        return Mixture.of([part.cost for part in self.parts], [None for _ in self.parts])

    @cached_property
    def seconds(self) -> Mixture:
        """The distribution of time over queries: of one wave counted by order statistics, whatever the attempts."""
        if self._k <= self._source.wave:
            return self._largest(self._source.ordered_seconds)
        return Mixture.of([part.seconds for part in self.parts], [part.probability for part in self.parts])

    @cached_property
    def worth(self) -> Mixture:
        """The distribution of the score that is kept, where attempts have scores."""
        if self._source.attempts.keep == "oracle":
            return self._largest(self._source.ordered_worth)
        most = self._largest(self._source.ordered_worth)
        weights = None if most.weights is None else most.weights[::-1]
        return Mixture(-most.values[::-1], weights)

    def _largest(self, ordered: Ordered) -> Mixture:
        sizes = [block.seconds.shape[1] for block in self._blocks]
        return ordered.weighted([largest_weights(n, (self._k,))[0] for n in sizes])


class Queries:
    """The queries of recorded attempts, for one number of passes at the same time."""

    def __init__(
        self, attempts: QuestionAttempts, parallel: int, latency: str, most: int, trials: int, seed: int
    ) -> None:
        """Nothing is drawn yet.

        Args:
            attempts: of all questions.
            parallel: P, how many passes run at the same time.
            latency: `waves` or `ideal`.
            most: the largest k that will be asked for; what is drawn for a k does not depend on it.
            trials: queries over all questions that are drawn at least, where not all ways are counted.
            seed: of the draws.
        """
        self.attempts = attempts
        self.parallel = parallel
        self.ideal = latency == "ideal"
        self.wave = 0 if self.ideal else parallel
        self.draws = max(2, -(-trials // len(attempts.n)))
        self._most = most
        self._seed = seed
        self._drawn: dict[int, _Drawn] = {}

    @cached_property
    def ordered_seconds(self) -> Ordered:
        """The seconds of all attempts."""
        return Ordered([block.seconds for block in self.attempts.blocks])

    @cached_property
    def ordered_worth(self) -> Ordered:
        """The scores of all attempts, negative where the worst of k counts."""
        sign = 1.0 if self.attempts.keep == "oracle" else -1.0
        return Ordered([np.sort(sign * block.worth, axis=1) for block in self.attempts.blocks])

    def of(self, k: int) -> QueriesOfK:
        """The queries of k passes, k being at most the fewest attempts of a question."""
        return QueriesOfK(self, k)

    def outcomes(self, number: int, k: int) -> Outcomes:
        """What the queries of the questions of one block come to."""
        block = self.attempts.blocks[number]
        n = block.seconds.shape[1]
        ways = ways_of(n, k, self.wave or k)
        if ways is not None:
            return self._counted(block, ways, k)
        if number not in self._drawn:
            rng = np.random.default_rng([self._seed, n])
            self._drawn[number] = _Drawn(self, block, min(self._most, n), rng)
        return self._drawn[number].outcomes(k)

    def _counted(self, block: Block, ways: Ways, k: int) -> Outcomes:
        cost = block.cost @ ways.subsets
        seconds = block.seconds @ ways.subsets / self.parallel if self.ideal else block.seconds @ ways.slowest

        keep, graded = self.attempts.keep, self.attempts.graded

        def kept() -> Any:
            if block.answer is not None or block.score is not None or graded:
                return _kept(keep, block, lambda table: table[:, ways.chosen])
            right = block.worth @ ways.subsets
            return right > 0 if keep == "oracle" else right == k

        return Outcomes(cost, seconds, kept, ways.probability, False)


def _kept(keep: str, block: Block, pick: Callable[[Any], Any]) -> FloatArray:
    """(q, s) worth of the kept pass, from (q, s, k) values that `pick` takes from those of all attempts."""
    if block.answer is not None and block.answer_worth is not None:
        return kept_by_vote(pick(block.answer), pick(block.answer_worth))
    if block.score is not None:
        return kept_by_score(pick(block.score), pick(block.worth))
    extreme = np.max if keep == "oracle" else np.min
    return np.asarray(extreme(pick(block.worth), axis=-1))


class _Drawn:
    """Queries of one block in which the attempts stand in random orders; k passes are the first k."""

    def __init__(self, queries: Queries, block: Block, most: int, rng: np.random.Generator) -> None:
        self._keep = queries.attempts.keep
        self._block = block
        self._order = _orders(len(block.rows), queries.draws, block.seconds.shape[1], most, rng)
        self._cost = np.cumsum(self._pick(block.cost, most), axis=-1)
        seconds = self._pick(block.seconds, most)
        if queries.ideal:
            self._seconds = np.cumsum(seconds, axis=-1) / queries.parallel
            return
        before = np.zeros(seconds.shape[:2])
        for start in range(0, most, queries.wave):
            wave = seconds[..., start : start + queries.wave]
            np.maximum.accumulate(wave, axis=-1, out=wave)
            wave += before[..., None]
            before = wave[..., -1].copy()
        self._seconds = seconds

    def _pick(self, table: Any, k: int) -> Any:
        """(q, draws, k) values of the first k attempts of each draw."""
        return np.take_along_axis(table[:, None], self._order[..., :k], axis=2)

    def outcomes(self, k: int) -> Outcomes:
        """The queries of k passes."""

        def kept() -> FloatArray:
            return _kept(self._keep, self._block, lambda table: self._pick(table, k))

        return Outcomes(self._cost[..., k - 1], self._seconds[..., k - 1], kept, None, True)


def _orders(questions: int, draws: int, n: int, most: int, rng: np.random.Generator) -> IntArray:
    """(q, draws, most) first attempts of random orders of n."""
    rows = questions * draws
    orders = np.empty((rows, most), dtype=np.int64)
    at_once = max(1, _VALUES_AT_ONCE // n)
    for start in range(0, rows, at_once):
        count = min(at_once, rows - start)
        orders[start : start + count] = rng.permuted(np.tile(np.arange(n), (count, 1)), axis=1)[:, :most]
    return orders.reshape(questions, draws, most)
