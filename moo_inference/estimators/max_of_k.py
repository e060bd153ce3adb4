"""The best of k clipped normals, exactly: what the paper takes for intractable (its section "Monte Carlo").

Let A = clip(mu + sigma M, 0, 1), M the maximum of k standard normals with distribution function Phi^k, and D = 1 - A.
Then E[D] and E[D^2] are integrals of Phi^k and of its first moment from (0 - mu) / sigma to (1 - mu) / sigma. Up to any
limit these are sums over fixed panels, which depend on k alone and serve all models, and part of one more panel.
Gauss-Legendre with 12 nodes on panels of half a standard deviation gives 1e-12 absolute for k = 1 ... 10^6.
"""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import ArrayLike

from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.evaluation import special

_NODES = 12
WIDTH = 0.5
BOTTOM, TOP = -9.0, 10.0
"""Beyond these, Phi^k is 0 or 1 to 16 digits for every k up to 10^6."""

SMALLEST_ERROR = 4e-18
_K_AT_ONCE = 4096


def error_moments(means: ArrayLike, stds: ArrayLike, k: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Expectation and standard deviation of D = 1 - A, the error of the best of k.

    Args:
        means: (m,) of one pass before clipping, in [0, 1].
        stds: (m,) of one pass, zero or more.
        k: (n,) numbers of passes, at least 1.

    Returns:
        Two (m, n) arrays. An expectation below 4e-18 is 0.
    """
    mu, sigma = _column(means), _column(stds)
    passes = np.atleast_1d(np.asarray(k))
    low, high = _limits(mu, sigma)
    area, moment = power_integrals(np.concatenate([low, high]), passes)
    models = len(mu)
    area, moment = area[models:] - area[:models], moment[models:] - moment[:models]
    # Where an accuracy of 1 lies beyond the panels no maximum comes there, and D has a constant rest.
    rest = np.where(high < TOP, 0.0, 1.0 - mu - sigma * high)
    error = rest + sigma * area
    # The spread is that of D without the rest, which would cost digits.
    second = 2 * sigma**2 * (high * area - moment)
    spread = np.sqrt(np.maximum(second - (sigma * area) ** 2, 0.0))
    error[error < SMALLEST_ERROR] = 0.0
    # Without a spread the limits are 0 / 0, and every pass has the mean.
    certain = sigma[:, 0] == 0
    error[certain], spread[certain] = 1.0 - mu[certain], 0.0
    return error, spread


def accuracy_quantile(means: ArrayLike, stds: ArrayLike, k: ArrayLike, q: float) -> FloatArray:
    """(m, n) q-quantiles of A, accuracies in [0, 1].

    Args:
        means: (m,) of one pass before clipping, in [0, 1].
        stds: (m,) of one pass, zero or more.
        k: (n,) numbers of passes, at least 1.
        q: in (0, 1).
    """
    # Phi(z)^k = q by logarithms, since q^(1/k) rounds to 1 for a large k.
    z = special.ndtri_exp(np.log(q) / np.atleast_1d(np.asarray(k)))
    quantile: FloatArray = np.clip(_column(means) + _column(stds) * z, 0.0, 1.0)
    return quantile


def accuracy_reached(means: ArrayLike, stds: ArrayLike, k: ArrayLike, least: float) -> FloatArray:
    """(m, n) probabilities that A is at least `least`.

    Args:
        means: (m,) of one pass before clipping, in [0, 1].
        stds: (m,) of one pass, zero or more.
        k: (n,) numbers of passes, at least 1.
        least: an accuracy; 0 and less are always reached.
    """
    mu, sigma = _column(means), _column(stds)
    passes = np.atleast_1d(np.asarray(k))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(sigma > 0, (least - mu) / sigma, np.where(mu >= least, -np.inf, np.inf))
    # 1 - Phi^k by logarithms keeps its digits where either is near 1.
    reached: FloatArray = -np.expm1(passes * special.log_ndtr(z)) if least > 0 else np.ones((len(mu), len(passes)))
    return reached


def maximum_cumulants(sizes: Sequence[int]) -> FloatArray:
    """(len(sizes), 4) first cumulants of the maximum of so many standard normals: mean, variance, third, fourth."""
    return _maximum_cumulants(tuple(sizes)).copy()


@lru_cache(maxsize=64)  # all models with waves of the same size share them
def _maximum_cumulants(sizes: tuple[int, ...]) -> FloatArray:
    counts = np.asarray(sizes)
    starts, log_cdf = _panels()
    t, w = legendre()
    below_top = (TOP - starts[:, None] - WIDTH * t).ravel()
    f = np.exp(counts[:, None] * log_cdf.ravel()) * np.tile(WIDTH * w, len(starts))
    # Moments of Y = top - M from E[Y^j] = integral of j (top - z)^(j-1) F^m, turned into cumulants of M.
    raw = np.stack([(j * below_top ** (j - 1) * f).sum(axis=1) for j in range(1, 5)], axis=1)
    return from_top(raw, TOP)


def from_top(raw: FloatArray, top: float) -> FloatArray:
    """(n, 4) cumulants of M from the raw moments E[(top - M)^j], j = 1 ... 4, of each row."""
    m1, m2, m3, m4 = raw.T
    variance = m2 - m1**2
    third = m3 - 3 * m1 * m2 + 2 * m1**3
    fourth = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
    return np.stack([top - m1, variance, -third, fourth - 3 * variance**2], axis=1)


def _column(values: ArrayLike) -> FloatArray:
    return np.atleast_1d(np.asarray(values))[:, None]


def _limits(mu: FloatArray, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Where accuracies of 0 and 1 lie in standard deviations, the latter within the panels; (m, 1) each."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (np.where(sigma > 0, (edge - mu) / sigma, 0.0) for edge in (0.0, 1.0))
    return low, np.minimum(high, TOP)


@cache
def legendre(nodes: int = _NODES) -> tuple[FloatArray, FloatArray]:
    """Nodes and weights of Gauss-Legendre quadrature on [0, 1]."""
    x, weights = np.polynomial.legendre.leggauss(nodes)
    return np.asarray((x + 1) / 2), np.asarray(weights / 2)


@cache
def _panels() -> tuple[FloatArray, FloatArray]:
    """Left ends of all panels, (panels,), and ln Phi at their nodes, (panels, nodes)."""
    starts = np.arange(BOTTOM, TOP, WIDTH)
    return starts, special.log_ndtr(starts[:, None] + WIDTH * legendre()[0])


def power_integrals(limits: FloatArray, k: FloatArray | IntArray) -> FloatArray:
    """(2, limits, n) integrals of Phi(z)^k and of z Phi(z)^k from -infinity up to each limit.

    Args:
        limits: (limits, 1) standard scores, at most TOP.
        k: (n,) numbers of passes, at least 1.
    """
    starts = range(0, len(k), _K_AT_ONCE)
    return np.concatenate([_integrals(limits, k[start : start + _K_AT_ONCE]) for start in starts], axis=2)


def _integrals(limits: FloatArray, k: FloatArray | IntArray) -> FloatArray:
    """The same for a few k."""
    starts, log_cdf = _panels()
    t, w = legendre()
    weights = np.stack([w, w * t])
    found = np.zeros((2, len(limits), len(k)))
    area, moment = found
    above = np.flatnonzero(limits[:, 0] > BOTTOM)
    if not above.size:
        return found
    # A limit on an edge belongs to the panel below it, so that no panel beyond the last limit is ever needed.
    number = np.ceil((limits[above, 0] - BOTTOM) / WIDTH).astype(int) - 1
    needed = int(number.max())

    def panel(log_values: FloatArray) -> FloatArray:
        # einsum without BLAS: the sums at one k must not depend, in any bit, on how many others are requested.
        power = np.exp(k[:, None, None] * log_values)
        return np.asarray(np.einsum("kpn,jn->jkp", power, weights))

    sums = WIDTH * panel(log_cdf[:needed])
    cumulative = np.zeros((2, len(k), needed + 1))
    np.cumsum(sums[0], axis=1, out=cumulative[0, :, 1:])
    np.cumsum(starts[:needed] * sums[0] + WIDTH * sums[1], axis=1, out=cumulative[1, :, 1:])
    start = starts[number]
    length = limits[above, 0] - start
    rest = length * panel(special.log_ndtr(start[:, None] + length[:, None] * t))
    area[above] = (cumulative[0][:, number] + rest[0]).T
    moment[above] = (cumulative[1][:, number] + start * rest[0] + length * rest[1]).T
    return found
