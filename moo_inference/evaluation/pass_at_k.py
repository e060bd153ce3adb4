"""pass@k: the probability that at least one of k samples is correct, which a perfect verifier would find.

Of n samples of which c are correct, k drawn without replacement are all wrong with probability C(n-c, k) / C(n, k); one
less that is unbiased for the question's pass@k (M. Chen et al., Evaluating Large Language Models Trained on Code,
arXiv:2107.03374, Eq. 1). It is defined for k <= n alone: beyond, there is no such draw, and the answer is an error.
"""

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.evaluation.checks import FloatArray, IntArray, counts, passes, refuse_beyond
from moo_inference.evaluation.question_mean import Cells, QuestionMean
from moo_inference.evaluation.urn import at_least_one, columns, first_marked, none_marked


def pass_at_k(
    n: ArrayLike, c: ArrayLike, k: ArrayLike, *, names: ArrayLike | None = None
) -> tuple[FloatArray, FloatArray]:
    """pass@k of each question, and its error.

    Args:
        n: (m,) samples of each question, or one number for all.
        c: (m,) correct ones among them.
        k: (n_k,) numbers of passes, in any order, each at most the smallest n.
        names: (m,) of the questions, for messages.

    Returns:
        pass@k and 1 - pass@k, (m, n_k) each. Both are right to about 13 digits wherever they exceed 1e-290.

    Raises:
        SettingError: (a ValueError) an argument is out of its range; k > n among them.
    """
    samples, correct = counts(n, c)
    ks = passes(k)
    refuse_beyond(samples, ks, names)
    groups, place = np.unique(np.stack([samples, correct], axis=1), axis=0, return_inverse=True)
    total, marked = groups.astype(float).T
    accuracy, error = at_least_one(marked, total - marked, ks)
    return accuracy[place.ravel()], error[place.ravel()]


def mean_pass_at_k(n: ArrayLike, c: ArrayLike, k: ArrayLike, *, names: ArrayLike | None = None) -> QuestionMean:
    """The mean over questions of pass@k, which needs no (m, n_k) array; only its interval does.

    Args:
        n: (m,) samples of each question, or one number for all.
        c: (m,) correct ones among them.
        k: (n_k,) numbers of passes, each at most the smallest n.
        names: (m,) of the questions, for messages.

    Raises:
        SettingError: (a ValueError) as `pass_at_k`.
    """
    samples, correct = counts(n, c)
    ks = passes(k)
    refuse_beyond(samples, ks, names)
    groups, many = np.unique(np.stack([samples, correct], axis=1), axis=0, return_counts=True)
    wanted, column = np.unique(ks, return_inverse=True)
    (total, marked), weight = groups.astype(float).T, many.astype(float)
    m = len(samples)
    gain, error, squares = np.zeros((3, len(wanted)))
    reached, mean_error = 0.0, 1.0
    for j, rows, block in none_marked(total - marked, total, int(wanted[-1])):
        here, inside = columns(wanted, j)
        # einsum without BLAS: the sums at one k must not depend, in any bit, on how many others are requested.
        part = block if len(inside) == len(j) else block[:, inside]
        error[here] = np.einsum("g,gk->k", weight[rows], part) / m
        away = part - error[here]
        away *= away
        squares[here] = np.einsum("g,gk->k", weight[rows], away)
        squares[here] += (m - weight[rows].sum()) * error[here] ** 2
        if mean_error >= 0.5:
            first = _first_successes(weight[rows] * marked[rows], total[rows], j, block) / m
            successes = np.cumsum(np.append(reached, first))
            gain[here], reached = successes[inside], float(successes[-1])
            mean_error = float(weight[rows] @ block[:, -1]) / m
    variance = squares / (m - 1) if m > 1 else np.full(len(wanted), np.nan)
    mean = np.where(error < 0.5, 1.0 - error, gain)

    def cells() -> Cells:
        accuracy, wrong = at_least_one(marked, total - marked, ks)
        return np.ascontiguousarray(accuracy.T), np.ascontiguousarray(wrong.T), weight

    return QuestionMean(mean[column], error[column], variance[column], m, cells)


def _first_successes(marked: FloatArray, total: FloatArray, j: IntArray, block: FloatArray) -> FloatArray:
    """(b,) sums over groups of the probabilities that draw j + 1 is the first correct one."""
    if (total == total[0]).all():
        together = np.einsum("g,gk->k", marked, block)
        return np.asarray(first_marked(np.ones(1), total[:1], j, together[None])[0])
    return np.asarray(first_marked(marked, total, j, block).sum(axis=0))
