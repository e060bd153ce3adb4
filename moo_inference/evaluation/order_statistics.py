"""Expected extremes of some of a question's attempts, drawn without replacement.

Of n values in ascending order the i-th is the largest of m drawn with probability C(i-1, m-1) / C(n, m). Passes that
run P at a time make floor(k/P) waves of P and one of the rest; each wave alone is a random subset of the attempts, so
the expected time of all of them is a sum of expected largest values, though the waves depend on each other.

A wave of more passes than there are attempts is extrapolated: for each doubling of its passes it takes as much longer
as a wave of all n attempts takes longer than one of half of them, which holds where times have an exponential tail
(Gumbel's law of extremes). Drawn with replacement it would take no longer than the slowest attempt at hand: from four
attempts of reasoning models, 8 passes then seem 12 to 14 % too fast, and by this law they are within 1 %.
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


def expected_wave(ordered: FloatArray, m: IntArray) -> FloatArray:
    """(q, n_m) expected seconds of a wave of m passes; beyond n it is extrapolated, from two attempts or more.

    Args:
        ordered: (q, n) seconds of each question's attempts, in ascending order.
        m: (n_m,) passes, from 0.
    """
    n = ordered.shape[1]
    largest = expected_largest(ordered, np.minimum(m, n))
    if not (m > n).any():
        return largest
    return largest + (largest - expected_largest(ordered, np.array([n // 2]))) * doublings(n, np.maximum(m, n))


def doublings(n: int, m: IntArray) -> FloatArray:
    """(n_m,) how often n grows to m in steps that each are as large, in logarithms, as that from n // 2 to n."""
    return np.asarray(np.log(m / n) / np.log(n / (n // 2)))


def expected_seconds(ordered: FloatArray, k: IntArray, parallel: int, latency: str) -> FloatArray:
    """(q, n_k) expected seconds of k passes, P at a time.

    Args:
        ordered: (q, n) seconds of each question's attempts, in ascending order.
        k: (n_k,) numbers of passes.
        parallel: P.
        latency: `waves`, each as long as its slowest pass, or `ideal`, the sum of all divided by P.
    """
    if latency == "ideal":
        return np.asarray(ordered.mean(axis=1)[:, None] * (k / parallel))
    sizes, place = np.unique(np.append(k % parallel, min(parallel, int(k.max()))), return_inverse=True)
    largest = expected_wave(ordered, sizes)
    return np.asarray(largest[:, place[-1:]] * (k // parallel) + largest[:, place[:-1]])
