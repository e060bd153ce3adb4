"""Expected extremes of some of a question's attempts, drawn without replacement.

Of n values in ascending order the i-th is the largest of m drawn with probability C(i-1, m-1) / C(n, m). Passes that
run P at a time make floor(k/P) waves of P and one of the rest; each wave alone is a random subset of the attempts, so
the expected time of all of them is a sum of expected largest values, though the waves depend on each other.
"""

from functools import lru_cache

import numpy as np

from moo_inference.evaluation.checks import FloatArray, IntArray
from moo_inference.evaluation.verifier import top_weights


def expected_largest(ordered: FloatArray, m: IntArray) -> FloatArray:
    """(q, n_m) expected largest of m values of each row, drawn without replacement.

    Args:
        ordered: (q, n) values, each row in ascending order.
        m: (n_m,) how many are drawn, from 0, which gives 0, to n.

    Raises:
        SettingError: (a ValueError) an m exceeds n.
    """
    # einsum without BLAS: the sums at one m must not depend, in any bit, on how many others are requested.
    return np.asarray(np.einsum("qi,mi->qm", ordered, largest_weights(ordered.shape[1], tuple(m.tolist()))))


@lru_cache(maxsize=256)
def largest_weights(n: int, m: tuple[int, ...]) -> FloatArray:
    """(n_m, n) probabilities that value i of n, in ascending order, is the largest of m; zeros where m is 0."""
    weights = np.zeros((len(m), n))
    some = [place for place, size in enumerate(m) if size]
    if some:
        weights[some] = top_weights(n, [m[place] for place in some])[:, ::-1]
    weights.setflags(write=False)
    return weights


def expected_seconds(ordered: FloatArray, k: IntArray, parallel: int, latency: str) -> FloatArray:
    """(q, n_k) expected seconds of k passes, P at a time.

    Args:
        ordered: (q, n) seconds of each question's attempts, in ascending order.
        k: (n_k,) numbers of passes, at most n.
        parallel: P.
        latency: `waves`, each as long as its slowest pass, or `ideal`, the sum of all divided by P.
    """
    if latency == "ideal":
        return np.asarray(ordered.mean(axis=1)[:, None] * (k / parallel))
    sizes, place = np.unique(np.append(k % parallel, min(parallel, int(k.max()))), return_inverse=True)
    largest = expected_largest(ordered, sizes)
    return np.asarray(largest[:, place[-1:]] * (k // parallel) + largest[:, place[:-1]])
