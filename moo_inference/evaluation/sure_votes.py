"""Queries that stop when a vote is sure: their means, by dynamic programming over how many votes each answer has.

Given how often each answer was drawn, which of its attempts they are is left to chance. So the numbers of votes are all
that a query has to remember, of which there are few also where a question has many attempts.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from math import comb

import numpy as np
from numpy.typing import NDArray

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.stack import StackedBlock
from moo_inference.evaluation.stop import votes_needed
from moo_inference.evaluation.voting import ABSENT

MOST_STEPS = 50_000
"""Steps from numbers of votes to others, for one question, up to which all are counted: a tenth of a second."""

State = tuple[int, ...]


def sure_votes(
    block: StackedBlock, confidence: float, k: IntArray, parallel: int, ideal: bool
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Means at each question of queries of at most k passes.

    Args:
        block: the attempts of g models at q questions each.
        confidence: at which a vote stops.
        k: (n_k,) numbers of passes, at most the attempts of a question.
        parallel: P, passes of a batch.
        ideal: times add up and are divided by P; else each batch takes as long as its slowest pass.

    Returns:
        (amounts + 3, g, q, n_k) of each amount that adds up over passes; seconds; worth of what is kept; and one less
        that. And (g, q, n_k) where there are too many numbers of votes, of which nothing is known.
    """
    answer, worth = np.asarray(block.answer), np.asarray(block.answer_worth)
    summed = ideal or parallel == 1
    found = np.full((len(block.spent) + 3, *answer.shape[:2], len(k)), np.nan)
    too_many = np.zeros((*answer.shape[:2], len(k)), dtype=bool)
    for place in np.ndindex(answer.shape[:2]):
        votes = SureVotes(answer[place], confidence, parallel)
        too_many[place] = [votes.steps(most) > MOST_STEPS for most in k.tolist()]
        few = ~too_many[place]
        if few.any():
            seconds = block.seconds[place]
            amounts = [own[place] for own in block.spent]
            amounts += [seconds / (parallel if ideal else 1)] if summed else []
            found[(slice(None), *place, few)] = votes.means(amounts, worth[place], None if summed else seconds, k[few])
    return found, too_many


class SureVotes:
    """The queries of one question."""

    def __init__(self, answer: IntArray, confidence: float, parallel: int) -> None:
        """Nothing is counted yet.

        Args:
            answer: (n,) codes of the attempts' answers, -1 for none.
            confidence: at which a vote stops.
            parallel: P, passes of a batch.
        """
        self.codes = np.unique(answer)
        self.members = [np.flatnonzero(answer == code) for code in self.codes.tolist()]
        self.sizes = tuple(map(len, self.members))
        self._voting = self.codes != ABSENT
        self._parallel = parallel
        self._enough = votes_needed(confidence, len(answer))

    def steps(self, k: int) -> int:
        """How many steps there may be, at most."""
        states = 1.0
        for size in self.sizes:
            states *= min(size, k) + 1
        batches = 1.0
        for size in self.sizes:
            batches *= min(size, self._parallel) + 1
        return int(min(states * batches, 2.0**62))

    def means(
        self, amounts: Sequence[FloatArray], worth: FloatArray, ordered: FloatArray | None, k: IntArray
    ) -> FloatArray:
        """(amounts + 3, n_k) expected sums of each amount, seconds, worth of the leader, and one less that.

        Args:
            amounts: (n,) each, which add up over passes.
            worth: (n,) of each attempt's answer.
            ordered: (n,) seconds in ascending order, of batches as long as their slowest pass; None where seconds add
                up, and are the last of the amounts.
            k: (n_k,) numbers of passes.
        """
        own = np.array([[amount[members].mean() for members in self.members] for amount in amounts])
        right = np.array([worth[members].mean() for members in self.members])
        waves = np.zeros(len(k))
        ended = np.zeros((len(amounts) + 2, len(k)))
        slowest = None if ordered is None else self._slowest(ordered)
        running: dict[State, float] = {(0,) * len(self.sizes): 1.0}
        for start in range(0, int(k.max()), self._parallel):
            going: dict[State, float] = {}
            for size in range(1, self._parallel + 1):
                # A last batch may be smaller; the whole one is that of all larger k.
                last = k == start + size
                whole = size == self._parallel
                if not (last.any() or (whole and (k > start + size).any())):
                    continue
                following, longest = self._batch(running, size, slowest)
                waves[k >= start + size if whole else last] += longest
                counts = np.array(list(following))
                chances = np.array(list(following.values()))
                sure = self._sure(counts)
                values = np.column_stack([counts @ own.T, self._won(counts, right)])
                ended[:, last] += (chances @ values)[:, None]
                if whole:
                    ended[:, k > start + size] += ((chances * sure) @ values)[:, None]
                    going = {state: following[state] for state, ends in zip(following, sure, strict=True) if not ends}
            running = going
            if not running:
                break
        *spent, won, lost = ended
        return np.stack([*spent, *([] if ordered is None else [waves]), won, lost])

    def _batch(
        self, running: dict[State, float], size: int, slowest: Callable[[State], float] | None
    ) -> tuple[dict[State, float], float]:
        """Where the queries that are running go with a batch, and how long it takes in all, in the mean."""
        following: dict[State, float] = {}
        longest = 0.0
        for state, chance in running.items():
            left = tuple(all_of - drawn for all_of, drawn in zip(self.sizes, state, strict=True))
            ways = comb(sum(left), size)
            for drawn, count in _draws(left, size):
                share = chance * count / ways
                reached = tuple(before + new for before, new in zip(state, drawn, strict=True))
                following[reached] = following.get(reached, 0.0) + share
                if slowest is not None:
                    longest += share * slowest(drawn)
        return following, longest

    def _slowest(self, ordered: FloatArray) -> Callable[[State], float]:
        """The expected slowest of a batch with so many attempts of each answer."""
        # (answers, n + 1) how many of an answer's attempts are among the fastest.
        among = np.zeros((len(self.sizes), len(ordered) + 1), dtype=np.int64)
        for row, members in enumerate(self.members):
            among[row, 1:] = np.cumsum(np.isin(np.arange(len(ordered)), members))

        @cache
        def expected(drawn: State) -> float:
            below = np.ones(len(ordered) + 1)
            for row, (count, size) in enumerate(zip(drawn, self.sizes, strict=True)):
                if count:
                    ways = np.array([comb(int(few), count) for few in range(size + 1)], dtype=float)
                    below *= ways[among[row]] / ways[-1]
            return float(np.diff(below) @ ordered)

        return expected

    def _sure(self, counts: IntArray) -> NDArray[np.bool_]:
        """(u,) whether votes (u, answers) are sure."""
        second, first = np.sort(np.pad(counts[:, self._voting], ((0, 0), (2, 0))), axis=1)[:, -2:].T
        return np.asarray(first >= self._enough[second])

    def _won(self, counts: IntArray, right: FloatArray) -> FloatArray:
        """(u, 2) worth of the answer in the lead, ties split evenly, and one less that; 0 and 1 without any answer."""
        votes = np.where(self._voting, counts, 0)
        leads = (votes == votes.max(axis=1, keepdims=True)) & (votes > 0)
        several = leads.sum(axis=1)
        worth = np.column_stack([right, 1.0 - right])
        shared = np.divide(leads @ worth, several[:, None], out=np.zeros((len(votes), 2)), where=several[:, None] > 0)
        return np.where(several[:, None] > 0, shared, [0.0, 1.0])


def _draws(left: State, size: int) -> Iterator[tuple[State, int]]:
    """All ways to draw so many of what is left of each answer, each with the number of sets that it stands for."""
    if len(left) == 1:
        if left[0] >= size:
            yield (size,), comb(left[0], size)
        return
    for first in range(max(0, size - sum(left[1:])), min(left[0], size) + 1):
        for others, ways in _draws(left[1:], size - first):
            yield (first, *others), comb(left[0], first) * ways
