"""What the kept one of k given passes is worth: the same rules as over all draws, for draws that are at hand."""

from typing import Literal

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.voting import ABSENT

KeepRecorded = Literal["oracle", "verifier", "majority", "all"]
"""Which of k recorded passes counts: the best, the one with the highest score, the most frequent answer, or the worst
(all must be right: pass^k)."""


def kept_by_score(score: FloatArray, worth: FloatArray) -> FloatArray:
    """(...) worth of the pass that scores highest; of equal scores each is kept as often.

    Args:
        score: (..., k) of a verifier.
        worth: (..., k) of each pass.
    """
    ties = score == score.max(axis=-1, keepdims=True)
    return np.asarray((ties * worth).sum(axis=-1) / ties.sum(axis=-1))


def kept_by_vote(answer: IntArray, worth: FloatArray) -> FloatArray:
    """(...) worth of the most frequent answer; ties are split evenly, and it is 0 where no pass has an answer.

    Args:
        answer: (..., k) codes, equal for equal answers, -1 for none.
        worth: (..., k) of each pass's answer.
    """
    votes = np.zeros(answer.shape, dtype=np.int64)
    for place in range(answer.shape[-1]):
        votes += answer == answer[..., place, None]
    votes[answer == ABSENT] = 0
    leads = (votes == votes.max(axis=-1, keepdims=True)) & (answer != ABSENT)
    several = leads.sum(axis=-1)
    return np.asarray(np.divide((leads * worth).sum(axis=-1), several, out=np.zeros(several.shape), where=several > 0))
