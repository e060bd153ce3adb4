"""Plurality voting, exactly: which of several answers most of k samples give.

An answer wins with t votes if it has t and no other has more; where r others have t as well, it wins one time in 1 +
r. Let terms(v) be the polynomial whose coefficient of x^j counts the ways in which an answer gets j votes: C(v, j)
for v of n samples drawn without replacement, p^j / j! for an answer of probability p. Then the ways of winning with t
votes are the coefficient of x^k in

    terms(v)[t] x^t  *  integral over y in [0, 1] of  product over others of (terms up to t-1, and y terms[t] x^t),

since the integral of y^r is 1 / (1 + r); Gauss-Legendre quadrature is exact for it. Answers that cannot reach t, and
samples without an answer, take part as one binomial. All terms are positive, so that nothing cancels.

Accuracy need not grow with k: where a wrong answer is the most frequent one, voting finds it ever more surely.
"""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.errors import SettingError, whole_number
from moo_inference.evaluation import special
from moo_inference.evaluation.checks import FloatArray, counts, passes, refuse_beyond

LOG_DOUBLE = 690.0
"""Logarithm of the largest number of ways that still is a double."""

_PRODUCT = 2e4
"""Multiplications that the mere call for a product of polynomials is worth."""

Terms = Callable[[float, int], FloatArray]
"""The coefficients 0 ... d of an answer of size v, as a (d + 1,) array."""


def win_probabilities(votes: ArrayLike, k: ArrayLike, *, absent: int = 0) -> FloatArray:
    """Probability that each answer wins the vote of k samples, drawn without replacement.

    Args:
        votes: (a,) how many of a question's samples give each answer, at least 1 each.
        k: (n,) numbers of passes, at most all samples.
        absent: samples that give no answer; they never win.

    Returns:
        (a, n) array. A column sums to one less the probability that no sample drawn has an answer.

    Raises:
        SettingError: (a ValueError) an argument is out of its range, or the ways exceed the range of a double, as they
            do for more than 1,000 samples and k of some hundreds.
    """
    given = np.atleast_1d(np.asarray(votes))
    counts(given, np.zeros(given.shape, dtype=np.int64))
    n = int(given.sum()) + whole_number("absent", absent, 0)
    ks = passes(k)
    refuse_beyond(np.array([n]), ks)
    most = int(ks.max())
    if log_ways(n, most) > LOG_DOUBLE:
        raise SettingError(f"votes of k = {most} among {n} samples have too many ways to be counted; simulate them")
    sizes, place = np.unique(given, return_inverse=True)
    won = _shared_wins(tuple(np.bincount(place).tolist()), tuple(sizes.tolist()), n, most)
    return np.asarray(won[:, ks][place])


def win_probabilities_of(p: ArrayLike, k: ArrayLike) -> FloatArray:
    """Probability that each answer wins the vote of k independent samples, whose answers have known probabilities.

    Args:
        p: (a,) probabilities of the answers, positive; what lacks to 1 is the probability of no answer.
        k: (n,) numbers of passes, at most 690.

    Returns:
        (a, n) array. A column sums to one less the probability that no sample has an answer.

    Raises:
        SettingError: (a ValueError) an argument is out of its range.
    """
    given = np.atleast_1d(np.asarray(p, dtype=float))
    if given.ndim != 1 or not given.size or not ((given > 0) & (given <= 1)).all() or given.sum() > 1 + 1e-12:
        raise SettingError(f"p must be positive probabilities with a sum of at most 1, got {given.tolist()}")
    ks = passes(k)
    most = int(ks.max())
    if most > LOG_DOUBLE:
        raise SettingError(f"k must be at most {LOG_DOUBLE:g} for a vote with known probabilities, got {most}")
    sizes, place = np.unique(given, return_inverse=True)
    rest = max(0.0, 1.0 - float(given.sum()))

    def terms(size: float, degree: int) -> FloatArray:
        # Times most^k, so that (most p)^j / j! keeps within doubles.
        factors = np.ones(degree + 1)
        factors[1:] = most * size / np.arange(1, degree + 1)
        return np.asarray(np.cumprod(factors), dtype=np.float64)

    ways = _wins(np.bincount(place).tolist(), sizes.tolist(), rest, most, terms)
    return np.asarray((ways / terms(1.0, most))[:, ks][place])


def cost(votes: Sequence[int], k: int) -> float:
    """Multiplications that `win_probabilities` of these votes takes for all numbers of passes up to k, roughly."""
    sizes, many = np.unique(np.asarray(votes), return_counts=True)
    t = np.arange(1, min(int(sizes[-1]), k) + 1)
    rivals = sizes[:, None] >= t
    nodes = np.minimum((many[:, None] * rivals).sum(axis=0), k // t) / 2 + 1
    products = ((4 * np.log2(many) + 4)[:, None] * rivals).sum(axis=0)
    return float((nodes * products * ((k + 1.0) * (t + 1) + _PRODUCT)).sum())


def log_ways(n: int, k: int) -> float:
    """Logarithm of the largest C(n, j), j = 0 ... k."""
    j = min(k, n // 2)
    return float(special.gammaln(n + 1) - special.gammaln(j + 1) - special.gammaln(n - j + 1))


@lru_cache(maxsize=4096)
def _shared_wins(many: tuple[int, ...], sizes: tuple[int, ...], n: int, most: int) -> FloatArray:
    """(sizes, most + 1) probabilities; questions whose answers split alike share them."""

    def terms(size: float, degree: int) -> FloatArray:
        j = np.arange(min(int(size), degree))
        chosen = np.zeros(degree + 1)
        chosen[0] = 1.0
        chosen[1 : len(j) + 1] = np.cumprod((size - j) / (j + 1))
        return chosen

    ways = _wins(list(many), list(sizes), n - sum(m * v for m, v in zip(many, sizes, strict=True)), most, terms)
    return np.asarray(ways / terms(n, most))


def _wins(many: list[int], sizes: list[float], absent: float, most: int, terms: Terms) -> FloatArray:
    """(sizes, most + 1) ways in which one given answer of each size wins, by k.

    Args:
        many: answers of each size.
        sizes: distinct sizes, in ascending order.
        absent: size of what never wins.
        most: the largest k.
        terms: the coefficients of a size.
    """
    ways = np.zeros((len(sizes), most + 1))
    for t in range(1, most + 1):
        coefficients = [terms(size, t) for size in sizes]
        rivals = [row for row, of_size in enumerate(coefficients) if of_size[t] > 0]
        if not rivals:
            break
        idle = sum((m * size for m, size in zip(many[: rivals[0]], sizes, strict=False)), absent)
        degree = most - t
        rest = terms(idle, degree)
        # A polynomial in the share, whose degree is the number of rivals that can also reach t: n nodes are exact to
        # degree 2 n - 1.
        y, weights = _legendre(min(sum(many[rivals[0] :]) - 1, degree // t) // 2 + 1)
        for node, weight in zip((y + 1) / 2, weights / 2, strict=True):
            factors = [_with_last(coefficients[row], node) for row in rivals]
            others = _all_but_one(rest, factors, [many[row] for row in rivals], degree)
            for row, product in zip(rivals, others, strict=True):
                ways[row, t : t + len(product)] += weight * coefficients[row][t] * product
    return ways


def _with_last(coefficients: FloatArray, share: float) -> FloatArray:
    scaled = coefficients.copy()
    scaled[-1] *= share
    return scaled


def _all_but_one(start: FloatArray, factors: list[FloatArray], powers: list[int], degree: int) -> list[FloatArray]:
    """For each factor the product of `start` and all factors to their powers, but for that one once less."""
    # Products from either side, since to divide a factor out again would lose digits.
    before = [start]
    for factor, power in zip(factors[:-1], powers[:-1], strict=True):
        before.append(_times_power(before[-1], factor, power, degree))
    after = np.ones(1)
    products = []
    for left, factor, power in zip(reversed(before), reversed(factors), reversed(powers), strict=True):
        after = _times_power(after, factor, power - 1, degree)
        products.append(np.convolve(left, after)[: degree + 1])
        after = np.convolve(after, factor)[: degree + 1]
    return products[::-1]


@cache
def _legendre(nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights on [-1, 1]."""
    y, weights = np.polynomial.legendre.leggauss(nodes)
    return np.asarray(y), np.asarray(weights)


def _times_power(product: FloatArray, factor: FloatArray, power: int, degree: int) -> FloatArray:
    """Product times factor^power, without what exceeds the degree."""
    while power:
        if power & 1:
            product = np.convolve(product, factor)[: degree + 1]
        power >>= 1
        if power:
            factor = np.convolve(factor, factor)[: degree + 1]
    return product
