"""What escalations come to at each question in the mean, in closed form, for any number of attempts.

Given the question, the passes of the two settings are independent of each other. The chance that the first setting does
not settle a question follows from how many of its attempts are verified, or have each answer; what is kept then, from
which attempt is the best of each setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.first_verified import mean_of_ties
from moo_inference.evaluation.order_statistics import largest_weights
from moo_inference.evaluation.question_attempts import QuestionAttempts
from moo_inference.evaluation.stack import StackedBlock
from moo_inference.evaluation.stop import Stop
from moo_inference.evaluation.urn import at_least_one
from moo_inference.evaluation.voting import ABSENT


@dataclass(frozen=True)
class Kept:
    """What is kept at q questions.

    Attributes:
        escalates: (q,) probability that the first setting does not settle a query.
        worth: (q, n_k) expected worth of the kept pass.
        missed: (q, n_k) one less that, from its own sum.
    """

    escalates: FloatArray
    worth: FloatArray
    missed: FloatArray

    def at(self, questions: IntArray) -> "Kept":
        """At some of the questions, in that order."""
        return Kept(self.escalates[questions], self.worth[questions], self.missed[questions])

    @classmethod
    def joined(cls, parts: Sequence["Kept"]) -> "Kept":
        """Of several groups of questions, one after the other."""
        return cls(
            np.concatenate([part.escalates for part in parts]),
            np.concatenate([part.worth for part in parts]),
            np.concatenate([part.missed for part in parts]),
        )


def kept_by_best(stop: Stop, m: int, first: StackedBlock, then: StackedBlock, k: IntArray) -> Kept:
    """Where the best pass of both settings is kept, by its score or its worth; of equal ones that of the first.

    Args:
        stop: which passes are verified.
        m: passes of the first setting.
        first: attempts of the first setting at q questions, one model.
        then: those of the second.
        k: (n_k,) passes of the second.
    """
    score, worth, missed = _ranked(first)
    others, other_worth, other_missed = _ranked(then)
    [weight] = largest_weights(score.shape[1], (m,))
    weights = largest_weights(others.shape[1], tuple(k.tolist()))
    settled = np.where(score >= stop.accept, weight, 0.0)
    open_weight = weight - settled
    better = score[:, :, None] >= others[:, None, :]

    def expected(own: FloatArray, other: FloatArray) -> FloatArray:
        kept = np.where(better, own[:, :, None], other[:, None, :])
        beyond = np.einsum("qi,qij,kj->qk", open_weight, kept, weights)
        return np.asarray((settled * own).sum(axis=1)[:, None] + beyond)

    return Kept(open_weight.sum(axis=1), expected(worth, other_worth), expected(missed, other_missed))


def kept_by_votes(m: int, first: QuestionAttempts, then: QuestionAttempts, k: IntArray) -> Kept:
    """Where the vote of the second setting is kept; that of the first where none of the second has an answer.

    Args:
        m: passes of the first setting.
        first: attempts of the first setting at q questions.
        then: those of the second.
        k: (n_k,) passes of the second.
    """
    settled, right, wrong = _unanimous(m, first)
    worth, missed = (own[:, 0] for own in _voted(first, (m,)))
    none = _without_answer(then, k)
    escalates = np.clip(1 - settled, 0.0, 1.0)

    def expected(own: FloatArray, all_of_it: FloatArray, other: FloatArray) -> FloatArray:
        """From what settles, all that the first setting comes to, and the second where some pass has an answer."""
        return np.asarray(own[:, None] + escalates[:, None] * other + none * np.maximum(all_of_it - own, 0.0)[:, None])

    others, others_missed = _voted(then, tuple(k.tolist()))
    return Kept(
        escalates, expected(right, worth, others), expected(wrong, missed, np.maximum(others_missed - none, 0.0))
    )


@lru_cache(maxsize=128)
def _voted(attempts: QuestionAttempts, k: tuple[int, ...]) -> tuple[FloatArray, FloatArray]:
    """See `QuestionAttempts.expected_accuracy`; once for all pairs that a setting is in."""
    return attempts.expected_accuracy(k)


def _ranked(block: StackedBlock) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(q, n) scores in ascending order, the mean worth of the attempts with each, and one less that."""
    score = (block.worth if block.score is None else block.score)[0]
    order = np.argsort(score, axis=1)
    score, worth = np.take_along_axis(score, order, axis=1), np.take_along_axis(block.worth[0], order, axis=1)
    return score, mean_of_ties(score, worth), mean_of_ties(score, 1.0 - worth)


def _unanimous(m: int, attempts: QuestionAttempts) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(q,) probabilities that m passes have the same answer; that, and it is right; that, and it is wrong."""
    answer, worth = np.asarray(attempts.answer), np.asarray(attempts.answer_worth)
    pairs = np.column_stack([attempts.place, answer])
    own, number = np.unique(pairs, axis=0, return_inverse=True)
    number = number.ravel()
    votes, right = np.bincount(number), np.zeros(len(own))
    right[number] = worth
    place, given = own[:, 0], own[:, 1] != ABSENT
    chance = np.where(given, _none_of(attempts.n[place] - votes, votes, np.array([m]))[:, 0], 0.0)
    q = len(attempts.n)

    def over(part: FloatArray) -> FloatArray:
        return np.bincount(place, weights=part, minlength=q).astype(float)

    return over(chance), over(chance * right), over(chance * (1.0 - right))


def _without_answer(attempts: QuestionAttempts, k: IntArray) -> FloatArray:
    """(q, n_k) probabilities that no pass has an answer."""
    absent = np.bincount(attempts.place, weights=np.asarray(attempts.answer) == ABSENT).astype(np.int64)
    return _none_of(attempts.n - absent, absent, k)


def _none_of(some: IntArray, others: IntArray, k: IntArray) -> FloatArray:
    """(r, n_k) probabilities that k attempts are all of the others."""
    return at_least_one(some.astype(float), others.astype(float), k)[1]
