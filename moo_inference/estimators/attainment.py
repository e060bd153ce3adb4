"""The share of queries that stay within several budgets at once, from the share that stays within each."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from moo_inference.estimators.curve import FloatArray
from moo_inference.estimators.lengths import FAR, Length, score_nodes
from moo_inference.estimators.max_of_k import legendre
from moo_inference.estimators.pass_distribution import PassDistribution
from moo_inference.estimators.sum_distribution import Totals
from moo_inference.estimators.sums import Sum
from moo_inference.evaluation import special

_SURE = 1e-15
_FAR = 8.5
_NODES = 64
_SCORES = 4096


def correlation(cost: Totals, time: Totals) -> FloatArray:
    """(n,) correlations of the cost and the time of k passes.

    Both contain the query's prompt and the same answers. Exact where the two weigh what passes write alike, as without
    a reasoning price and without measured seconds, or where all is normal; else the cost of an answer is taken to be
    linear in its time.

    Cov(sum of X_i, max of X_i) = Var(X) for independent normal X (Stein), so a wave of any size adds as much covariance
    as one pass.
    """
    prompts, answers = _covariances(cost.distribution, time.distribution)
    if cost.prompts is None or time.prompts is None:
        shared = with_largest(time) * (prompts + answers)
    else:
        shared = cost.prompts * time.prompts * prompts + with_largest(time) * answers
    spread = cost.std * time.std
    return np.asarray(np.minimum(np.divide(shared, spread, out=np.zeros_like(spread), where=spread > 0), 1.0))


def both(first: FloatArray, second: FloatArray, correlation: FloatArray) -> FloatArray:
    """(n,) probabilities of two events together, from their own and a normal copula.

    By D. B. Owen, Tables for computing bivariate normal probabilities, Ann. Math. Statist. 27 (1956).

    Args:
        first: (n,) probabilities of the one event, in [0, 1].
        second: (n,) of the other.
        correlation: (n,) of the two normals behind them, in [-1, 1].
    """
    both = first * second
    open_ended = (np.minimum(first, second) > _SURE) & (np.maximum(first, second) < 1 - _SURE)
    # Events behind the same normal are nested, and Owen's root would be 0.
    tied = open_ended & (correlation > 1 - 1e-9)
    both[tied] = np.minimum(first, second)[tied]
    rows = np.flatnonzero(open_ended & ~tied & (correlation != 0))
    if rows.size:
        h, k, rho = special.ndtri(first[rows]), special.ndtri(second[rows]), correlation[rows]
        # Owen's formula is not defined at the very median; an offset far below its own accuracy is.
        h, k = (np.where(x == 0, 1e-300, x) for x in (h, k))
        root = np.sqrt(1 - rho**2)
        # Owen's correction where the two limits lie on different sides of the median.
        corner = np.where(h * k < 0, 0.5, 0.0)
        both[rows] = (
            (special.ndtr(h) + special.ndtr(k)) / 2
            - special.owens_t(h, (k / h - rho) / root)
            - special.owens_t(k, (h / k - rho) / root)
            - corner
        )
    return np.asarray(np.clip(both, 0.0, 1.0))


def all_within(totals: Sequence[Totals], within: Sequence[FloatArray]) -> FloatArray:
    """(n,) probabilities of several events together, from their own and the tokens that they share.

    Each total is taken for normal: a sum of what follows the tokens read, what follows the tokens written, and a rest
    of its own (which waves leave). Totals without a rest bound the tokens written, the
    others add a factor; both tokens are integrated over by Gauss-Legendre.

    Args:
        totals: what is bounded.
        within: (n,) the probability that each stays within its bound.
    """
    z = np.array([special.ndtri(share) for share in within])
    read, written, rest = np.moveaxis(np.array([_loadings(total) for total in totals]), 2, 0)
    t, weights = legendre(_NODES)
    result = np.minimum.reduce(list(within))
    # Where at most one of them can fail, the others add nothing.
    for row in np.flatnonzero(((np.array(within) < 1 - _SURE).sum(axis=0) > 1) & (result > _SURE)):
        binding = np.isfinite(z[:, row])
        result[row] = _integral(
            z[binding, row], read[binding, row], written[binding, row], rest[binding, row], t, weights
        )
    return np.asarray(result)


def _covariances(cost: PassDistribution, time: PassDistribution) -> tuple[float, float]:
    """Of what one prompt adds to both, and of what one pass writes."""
    prompts = cost.prompt_spread * time.prompt_spread
    pairs = [(cost.per_output, cost.output_tokens, time.per_output, time.output_tokens)]
    if cost.reasoning_tokens is not None and time.reasoning_tokens is not None:
        pairs.append((cost.per_reasoning, cost.reasoning_tokens, time.per_reasoning, time.reasoning_tokens))
    answers = [
        (a * first.std) * (b * second.std) if first == second else a * b * _together(first, second)
        for a, first, b, second in pairs
    ]
    return prompts, sum(answers)


def _together(first: Length, second: Length) -> float:
    """Covariance of two lengths that follow the same normal: a long answer takes long."""
    z, weights = score_nodes(-FAR)
    density = weights * _density(z)
    return float(density @ ((first.from_normal(z) - first.mean) * (second.from_normal(z) - second.mean)))


def with_largest(total: Totals) -> FloatArray:
    """(n,) covariances of the sum of all passes with the sum over waves of the largest, in variances of one pass."""
    if total.wave == 1:
        return total.k.astype(float)
    if total.each.normal:
        return total.waves.astype(float)
    sizes, place = np.unique(np.append(total.rest, total.wave), return_inverse=True)
    table = np.array([_with_largest(total.each.unscaled, size) if size else 0.0 for size in sizes.tolist()])
    return np.asarray(total.full * table[place[-1]] + table[place[:-1]])


@lru_cache(maxsize=1024)
def _with_largest(each: Sum, size: int) -> float:
    """Cov(sum of so many X, the largest) / Var(X), by E[sum | largest = x] = x + (size - 1) E[X | X <= x]."""
    z = np.linspace(-FAR, _FAR, _SCORES)
    x = each.from_normal(z) - each.mean
    density = _density(z)
    below = np.append(0.0, np.cumsum(_trapezoids(x * density, z)))
    # Where X is its least value, whose mass is a whole stretch of scores, these add up to the same.
    largest = size * density * np.exp((size - 1) * special.log_ndtr(z))
    given = x + (size - 1) * below / special.ndtr(z)
    return float(_trapezoids(largest * x * given, z).sum() / each.cumulants[1])


def _trapezoids(y: FloatArray, x: FloatArray) -> FloatArray:
    """(n - 1,) areas under the straight lines between n points."""
    return np.asarray(np.diff(x) * (y[1:] + y[:-1]) / 2.0)


def _loadings(total: Totals) -> FloatArray:
    """(n, 3) correlations of a total with the tokens read and written, and the share of a rest that is independent."""
    distribution, k, follows = total.distribution, total.k, with_largest(total)
    written = follows / np.sqrt(k) * distribution.written.std
    if total.prompts is None:
        own = np.column_stack([follows / np.sqrt(k) * distribution.prompt_spread, written])
    else:
        own = np.column_stack([total.prompts * distribution.prompt_spread, written])
    own = np.divide(own, total.std[:, None], out=np.zeros_like(own), where=total.std[:, None] > 0)
    length = np.sqrt((own**2).sum(axis=1))
    # Clipping makes a total vary less than its tokens would.
    own /= np.maximum(length, 1.0)[:, None]
    rest = np.sqrt(np.maximum(1 - length**2, 0.0))
    return np.column_stack([own, np.where(rest < 1e-6, 0.0, rest)])


def _integral(
    z: FloatArray, read: FloatArray, written: FloatArray, rest: FloatArray, t: FloatArray, weights: FloatArray
) -> float:
    """P(read u + written v + rest e <= z for all), u, v and all e being independent standard normals."""
    firm = rest == 0
    by_reading, by_both = firm & (written < 1e-9), firm & (written >= 1e-9)
    # What follows reading alone is all reading: read is 1.
    last = float(z[by_reading].min(initial=_FAR))
    u = -_FAR + (last + _FAR) * t
    bounds = (z[by_both, None] - read[by_both, None] * u) / written[by_both, None]
    highest = np.clip(bounds.min(axis=0, initial=_FAR), -_FAR, _FAR)
    weight_u = weights * (last + _FAR) * _density(u)
    if not (~firm).any():
        return float(weight_u @ special.ndtr(highest))
    v = -_FAR + (highest + _FAR)[:, None] * t
    inner = _density(v) * weights * (highest + _FAR)[:, None]
    # Given both tokens, rests are independent of each other.
    for level, one, other, left in zip(z[~firm], read[~firm], written[~firm], rest[~firm], strict=True):
        inner = inner * special.ndtr((level - one * u[:, None] - other * v) / left)
    return float(weight_u @ inner.sum(axis=1))


def _density(x: NDArray[np.float64]) -> FloatArray:
    return np.asarray(np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi))
