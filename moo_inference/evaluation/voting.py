"""The vote of k samples, question by question: exact where counting is affordable, simulated elsewhere."""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.errors import SettingError, whole_number
from moo_inference.evaluation.checks import FloatArray, IntArray, distinct, passes, refuse_beyond
from moo_inference.evaluation.majority import LOG_DOUBLE, cost, log_ways, win_probabilities
from moo_inference.evaluation.samples import Samples
from moo_inference.evaluation.urn import at_least_one

ABSENT = -1
"""The code of a sample that gives no answer."""

EXACT_COST = 2e9
"""Multiplications for one question up to which the vote is counted exactly: about a fifth of a second."""

_SAMPLES_AT_ONCE = 1 << 21


@dataclass(frozen=True)
class Votes:
    """What plurality voting gives for m questions and n values of k.

    Attributes:
        accuracy: (m, n) expected correctness of the answer that wins.
        error: (m, n) 1 - accuracy, from its own sum.
        se: (m, n) standard error of simulation; 0 where exact.
        exact: (m,) whether the question was counted exactly at every k.
    """

    accuracy: FloatArray
    error: FloatArray
    se: FloatArray
    exact: np.ndarray[tuple[int], np.dtype[np.bool_]]


def vote_at_k(
    samples: Samples,
    answer: ArrayLike,
    k: ArrayLike,
    *,
    trials: int = 1000,
    seed: int = 42,
    exact_cost: float = EXACT_COST,
) -> Votes:
    """Accuracy of the plurality answer among k of each question's samples, drawn without replacement.

    Ties are split evenly. A sample without an answer has no vote; where none of k has one, the outcome is wrong. An
    answer counts with the mean correctness of its samples, so that several answers may be right, or half right.

    Args:
        samples: the s samples of m questions.
        answer: (s,) whole numbers, equal ones for equal answers to the same question; -1 for no answer.
        k: (n,) numbers of passes, each at most the smallest number of samples.
        trials: of a simulation, for a question and k whose exact vote costs more than `exact_cost`.
        seed: of the simulations; each question has its own stream.
        exact_cost: multiplications for one question and k; 0 simulates all, infinity only what exceeds a double.

    Raises:
        SettingError: (a ValueError) an argument is out of its range.
    """
    codes = samples.per_sample("answer", answer, "iu", "a whole number, -1 for none,")
    if (codes < ABSENT).any():
        raise SettingError(f"answer must be a code of at least 0, or -1 for none, got {int(codes.min())}")
    ks = passes(k)
    refuse_beyond(samples.n, ks, samples.names)
    whole_number("trials", trials, 2)
    whole_number("seed", seed, 0)
    if not exact_cost >= 0:
        raise SettingError(f"exact_cost must be at least 0, got {exact_cost!r}")
    accuracy, error, se = np.zeros((3, len(samples.n), len(ks)))
    exact = np.zeros(len(samples.n), dtype=bool)
    order = np.lexsort((codes, samples.place))
    ends = np.cumsum(samples.n)
    for row, (n, end) in enumerate(zip(samples.n.tolist(), ends.tolist(), strict=True)):
        mine = order[end - n : end]
        given = codes[mine] != ABSENT
        _, place, votes = np.unique(codes[mine][given], return_inverse=True, return_counts=True)
        right = np.bincount(place, weights=samples.correct[mine][given]) / votes
        absent = n - int(votes.sum())
        counted = ks <= _counted_up_to(votes, n, distinct(ks), exact_cost)
        exact[row] = counted.all()
        if counted.any():
            accuracy[row, counted], error[row, counted] = _counted(votes, right, absent, ks[counted])
        if not exact[row]:
            rng = np.random.default_rng([seed, row])
            found = _simulated(votes, right, absent, ks[~counted], trials, rng)
            accuracy[row, ~counted], error[row, ~counted], se[row, ~counted] = found
    return Votes(accuracy, error, se, exact)


def _counted_up_to(votes: IntArray, n: int, k: IntArray, exact_cost: float) -> int:
    """The largest of the k, which ascend, that is to be counted, or 0: each k is judged by its own cost."""
    sizes = votes.tolist()

    def too_expensive(most: int) -> bool:
        return log_ways(n, most) > LOG_DOUBLE or cost(sizes, most) > exact_cost

    ks = k.tolist()
    if not sizes or not too_expensive(ks[-1]):
        return int(ks[-1])
    many = bisect_left(ks, True, key=too_expensive)
    return int(ks[many - 1]) if many else 0


def _counted(votes: IntArray, right: FloatArray, absent: int, k: IntArray) -> tuple[FloatArray, FloatArray]:
    no_votes = at_least_one(np.array([float(votes.sum())]), np.array([float(absent)]), k)[1][0]
    if not votes.size:
        return np.zeros(len(k)), no_votes
    won = win_probabilities(votes, k, absent=absent)
    # einsum without BLAS: the sums at one k must not depend, in any bit, on how many others are requested.
    return np.einsum("a,ak->k", right, won), np.einsum("a,ak->k", 1.0 - right, won) + no_votes


def _simulated(
    votes: IntArray, right: FloatArray, absent: int, k: IntArray, trials: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Accuracy, error and standard error, (n,) each, from the first k samples of as many shuffles as trials."""
    pool = np.repeat(np.arange(len(votes) + 1), np.append(votes, absent))
    at_once = max(1, _SAMPLES_AT_ONCE // len(pool))
    shares = []
    for start in range(0, trials, at_once):
        shuffled = rng.permuted(np.tile(pool, (min(at_once, trials - start), 1)), axis=1)
        shares.append(_shares(shuffled, right, int(k.max()))[:, :, k - 1])
    won, lost = np.concatenate(shares, axis=1)
    return won.mean(axis=0), lost.mean(axis=0), won.std(axis=0, ddof=1) / np.sqrt(trials)


def _shares(shuffled: IntArray, right: FloatArray, most: int) -> FloatArray:
    """(2, trials, most) correctness and wrongness of the winner after 1, 2, ... votes, ties split evenly."""
    trials, answers = len(shuffled), len(right)
    seen = np.zeros((trials, answers + 1), dtype=np.int64)
    top, ties = np.zeros((2, trials), dtype=np.int64)
    credit = np.zeros(trials)
    worth = np.append(right, 0.0)
    share = np.zeros((2, trials, most))
    share[1] = 1.0
    every = np.arange(trials)
    for step in range(most):
        vote = shuffled[:, step]
        seen[every, vote] += 1
        mine = np.where(vote < answers, seen[every, vote], -1)
        leads, joins = mine > top, mine == top
        credit = np.where(leads, worth[vote], credit + np.where(joins, worth[vote], 0.0))
        ties = np.where(leads, 1, ties + joins)
        top = np.maximum(top, mine)
        some = ties > 0
        share[0, some, step] = credit[some] / ties[some]
        share[1, some, step] = (ties[some] - credit[some]) / ties[some]
    return share
