"""The sample that a verifier scores highest among k, exactly, by counting which sample that is.

Of n samples in falling order of score, number i (the top is 0) is the best of k drawn without replacement if it is
drawn, with probability k / n, and the k - 1 others come from the n - 1 - i below it: C(n-1-i, k-1) / C(n, k) in all.
The expected correctness of the kept one is the sum over i of that times the correctness of sample i. Samples of the
same score are kept with equal probability, so each counts with the mean correctness of its ties.

Nothing here ensures that more passes help: a verifier that prefers wrong answers makes accuracy fall with k.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.errors import SettingError
from moo_inference.evaluation.checks import FloatArray, IntArray, passes, refuse_beyond
from moo_inference.evaluation.samples import Samples
from moo_inference.evaluation.urn import none_marked


def best_scored_at_k(samples: Samples, score: ArrayLike, k: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Expected correctness of the best-scored of k samples, for each question, and its error.

    Args:
        samples: the s samples of m questions.
        score: (s,) of the verifier, the higher the better; any scale, infinities included.
        k: (n,) numbers of passes, each at most the smallest number of samples.

    Returns:
        Accuracy and 1 - accuracy, (m, n) each, both from sums of terms of one sign.

    Raises:
        SettingError: (a ValueError) a score is missing or not a number, or k is out of its range.
    """
    scores = samples.per_sample("score", score, "biuf", "a number").astype(float)
    if np.isnan(scores).any():
        nameless = np.unique(samples.names[samples.place[np.isnan(scores)]])[:5]
        raise SettingError(
            f"score must be a number for every sample, got NaN in question {', '.join(map(repr, nameless.tolist()))}"
        )
    ks = passes(k)
    refuse_beyond(samples.n, ks, samples.names)
    order = np.lexsort((-scores, samples.place))
    ranked = _tie_means(samples.place[order], scores[order], samples.correct[order])
    starts = np.concatenate([[0], np.cumsum(samples.n)[:-1]])
    accuracy, error = np.zeros((2, len(samples.n), len(ks)))
    for n in np.unique(samples.n).tolist():
        questions = np.flatnonzero(samples.n == n)
        right = ranked[starts[questions, None] + np.arange(n)]
        accuracy[questions], error[questions] = _expected(right, ks)
    return accuracy, error


def top_weights(n: int, k: ArrayLike) -> FloatArray:
    """(n_k, n) probabilities C(n-1-i, k-1) / C(n, k) that sample i of n, by falling score, is the best of k.

    Raises:
        SettingError: (a ValueError) a k is out of its range, or exceeds n.
    """
    ks = passes(k)
    refuse_beyond(np.array([n]), ks)
    weights = np.zeros((len(ks), n))
    for i, rows, part in _weights(n, ks):
        weights[rows[:, None], i] = part
    return weights


def _expected(right: FloatArray, k: IntArray) -> tuple[FloatArray, FloatArray]:
    """Two (q, n_k) arrays from the (q, n) correctness of samples in falling order of score."""
    n = right.shape[1]
    accuracy, error = np.zeros((2, len(k), len(right)))
    for i, rows, weights in _weights(n, k):
        accuracy[rows] += np.einsum("ki,qi->kq", weights, right[:, i])
        error[rows] += np.einsum("ki,qi->kq", weights, 1.0 - right[:, i])
    return accuracy.T, error.T


def _weights(n: int, k: IntArray) -> Iterator[tuple[IntArray, IntArray, FloatArray]]:
    """Blocks of `top_weights`: numbers i of samples, rows of k that are not yet 0, and the weights there."""
    # Sample i is the best of k if none of the i above it is among the k - 1 others: i draws of n - 1 miss k - 1 balls.
    for i, rows, missed in none_marked((n - k).astype(float), np.full(len(k), max(n - 1.0, 1.0)), n - 1):
        yield i, rows, missed * (k[rows] / n)[:, None]


def _tie_means(place: IntArray, scores: FloatArray, correct: FloatArray) -> FloatArray:
    """(s,) correctness of samples sorted by question and score, where equal scores share their mean."""
    new = np.ones(len(place), dtype=bool)
    new[1:] = (place[1:] != place[:-1]) | (scores[1:] != scores[:-1])
    tie = np.cumsum(new) - 1
    return np.asarray((np.bincount(tie, weights=correct) / np.bincount(tie))[tie])
