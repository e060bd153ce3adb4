"""Sums of independent lengths, each times a weight, and their masses in cells."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from moo_inference.estimators.curve import FloatArray
from moo_inference.estimators.lengths import FAR, Length, score_nodes, weights_of_largest
from moo_inference.estimators.max_of_k import from_top, maximum_cumulants
from moo_inference.evaluation import special

_CELLS = 65536
_MUCH = 0.3
_WIDE = 2.0
_NOTHING_BEYOND = 40.0
"""Cells on which the distribution of a sum of lengths is worked out."""


@dataclass(frozen=True)
class Sum:
    """A sum of independent lengths, each times a weight: what one pass adds.

    A sum of normals and a single length are exact; the distribution function of any other sum is good to 1e-6.

    Attributes:
        terms: weights, in USD, seconds or another unit a token, and lengths.
    """

    terms: tuple[tuple[float, Length], ...]

    @cached_property
    def _varying(self) -> list[tuple[float, Length]]:
        return [(weight, length) for weight, length in self.terms if weight and length.std]

    @cached_property
    def normal(self) -> bool:
        """Whether it is normal (or certain)."""
        return all(length.plain for _, length in self._varying)

    @cached_property
    def rough(self) -> bool:
        """Whether much of the mass lies on a single point or close to one."""
        lengths = [length for _, length in self._varying]
        return any(own.clipped_mass > _MUCH or own.std > _WIDE * (own.mean - own.least) for own in lengths)

    @cached_property
    def cumulants(self) -> FloatArray:
        """(4,) mean, variance, third and fourth cumulant."""
        powers = np.arange(1, 5)
        return np.asarray(np.reshape([w**powers * length.cumulants for w, length in self.terms], (-1, 4)).sum(axis=0))

    @cached_property
    def mean(self) -> float:
        """Expectation."""
        return float(self.cumulants[0])

    @cached_property
    def std(self) -> float:
        """Standard deviation."""
        return float(np.sqrt(self.cumulants[1]))

    @cached_property
    def ends(self) -> tuple[float, float]:
        """Between which values it lies, but for a negligible part."""
        if self.normal:
            return self.mean - FAR * self.std, self.mean + FAR * self.std
        scores = np.array([-FAR, FAR])
        low, high = np.sum([weight * length.from_normal(scores) for weight, length in self.terms], axis=0)
        return float(low), float(high)

    @property
    def unscaled(self) -> "Sum":
        """The same but for a factor and an offset, which many models have alike; itself where it is of several."""
        varying = self._varying
        return Sum(((1.0, varying[0][1]),)) if len(varying) == 1 else self

    @property
    def scale(self) -> float:
        """The factor between this and `unscaled`."""
        varying = self._varying
        return varying[0][0] if len(varying) == 1 else 1.0

    def from_normal(self, z: FloatArray) -> FloatArray:
        """The value whose share of all values below it is that of the standard score z."""
        if self.normal:
            return np.asarray(self.mean + self.std * z)
        if len(self._varying) == 1:
            [(weight, length)] = self._varying
            return self._fixed + weight * length.from_normal(z)
        x, _, scores = self._table
        return np.interp(z, scores, x)

    def cdf(self, x: FloatArray) -> FloatArray:
        """P(X <= x) for many x: interpolated where that is the faster, within 1e-5."""
        if self.std == 0:
            return np.asarray((x >= self.mean * (1 - 1e-12)).astype(float))
        if self.normal:
            return np.asarray(special.ndtr((x - self.mean) / self.std))
        if len(self._varying) == 1:
            [(weight, length)] = self._varying
            return length.cdf((x - self._fixed) / weight)
        values, below, _ = self._table
        return np.interp(x, values, below, left=0.0, right=1.0)

    def cdf_at(self, x: FloatArray) -> FloatArray:
        """P(X <= x) for a few x: exactly for a single length."""
        if not self.normal and len(self._varying) == 1:
            [(weight, length)] = self._varying
            return length.cdf_at((x - self._fixed) / weight)
        return self.cdf(x)

    @cached_property
    def _fixed(self) -> float:
        return sum(weight * length.mean for weight, length in self.terms if not length.std)

    @cached_property
    def _table(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Values in ascending order, their distribution function, and their standard scores, by Fourier transform."""
        low, high = self.ends
        step = min(high - low, 400 * self.std) / (_CELLS - 4)
        parts = [cells(Sum((term,)), step, _CELLS, np.ones(1)) for term in self._varying]
        spectrum = np.prod([np.fft.rfft(part.masses[0]) for part in parts], axis=0)
        masses = np.maximum(np.fft.irfft(spectrum, _CELLS), 0.0)
        found, true = sum(part.mean[0] for part in parts), sum(part.true_mean[0] for part in parts)
        wider = np.sqrt(sum(part.variance[0] for part in parts) / sum(part.true_variance[0] for part in parts))
        places = low - self._fixed + (np.arange(_CELLS) + 0.5) * step
        edges = self._fixed + true + (places - found) / wider
        below = np.cumsum(masses) / masses.sum()
        with np.errstate(divide="ignore"):
            scores = special.ndtri(np.minimum(below, 1.0))
        # Where rounding decides, there is nothing to be read.
        some = np.abs(scores) < 7.5
        some &= np.append(True, np.diff(below) > 0)
        return edges[some], below[some], scores[some]

    def largest_cumulants(self, sizes: list[int]) -> FloatArray:
        """(len(sizes), 4) cumulants of the largest of so many independent X."""
        if self.normal:
            scaled = maximum_cumulants(sizes) * self.std ** np.arange(1, 5)
            scaled[:, 0] += self.mean
            return scaled
        return self.largest_up_to(np.asarray(sizes, dtype=float), np.inf)

    def negligible_beyond(self, x: float) -> bool:
        """Whether what lies beyond counts for nothing in mean and variance."""
        return x >= self.ends[1] or (not self.rough and x > self.mean + _NOTHING_BEYOND * self.std)

    def largest_up_to(self, sizes: FloatArray, most: float) -> FloatArray:
        """(len(sizes), 4) the same where what is beyond `most` counts as `most`."""
        varying = self._varying
        if len(varying) == 1 and not self.normal:
            [(weight, length)] = varying
            start, values = length.first_score, self._fixed + weight * length.at_nodes()
            clipped = length.clipped_mass
        else:
            start, clipped = -FAR, 0.0
            values = self.from_normal(score_nodes(start)[0])
        powers = weights_of_largest(tuple(sizes.tolist()), start)
        # Moments about the mean of one keep their digits; what is clipped is a mass on the least value.
        centre = self.mean
        below = np.minimum(values, most) - centre
        atom = clipped ** sizes[:, None]
        least = self.ends[0] - centre
        # einsum without BLAS, as in `_cells`.
        raw = np.stack(
            [np.einsum("ij,j->i", powers, below**j) for j in range(1, 5)], axis=1
        ) + atom * least ** np.arange(1, 5)
        found = from_top(raw, 0.0) * [-1, 1, -1, 1]
        found[:, 0] += centre
        if np.isinf(most):
            found[sizes == 1] = self.cumulants
        return np.asarray(found)

    def largest_quantile(self, sizes: FloatArray, q: float) -> FloatArray:
        """(n,) q-quantiles of the largest of so many independent X: F^-1(q^(1/size))."""
        return self.from_normal(np.asarray(special.ndtri_exp(np.log(q) / sizes)))


@dataclass(frozen=True)
class Cells:
    """Masses of n distributions in cells of one width; all that is beyond the last cell lies in it.

    Attributes:
        low: (n,) centres of the first cells.
        masses: (n, cells) probabilities.
        mean: (n,) mean of the masses, each put on the centre of its cell.
        variance: (n,) variance of the same.
        true_mean: (n,) mean of the distributions, cut off at the last cell.
        true_variance: (n,) variance of the same.
    """

    low: FloatArray
    masses: FloatArray
    mean: FloatArray
    variance: FloatArray
    true_mean: FloatArray
    true_variance: FloatArray


def cells(own: Sum, step: float, count: int, sizes: FloatArray) -> Cells:
    """The largest of so many independent X, for several sizes, in cells from the least that it can be.

    Args:
        own: the distribution of X.
        step: width of a cell.
        count: number of cells.
        sizes: (n,) numbers of independent X.
    """
    low, high = own.ends
    used = min(int((high - low) / step) + 2, count)
    most = low + (used - 1) * step
    edges = np.asarray(low + (np.arange(used) + 0.5) * step)
    below = np.exp(sizes[:, None] * _logarithm(own.cdf(edges)))
    true = (
        own.largest_cumulants(sizes.astype(int).tolist())
        if own.negligible_beyond(most)
        else own.largest_up_to(sizes, most)
    )
    return _cells(np.full(len(sizes), low), below, step, count, true[:, 0], true[:, 1])


def scaled_cells(own: Sum, times: FloatArray, step: float, count: int) -> Cells:
    """X times some factors, each in cells from the least that it can be.

    Args:
        own: the distribution of X.
        times: (n,) factors, positive.
        step: width of a cell.
        count: number of cells.
    """
    low = own.ends[0]
    below = own.cdf(low + (np.arange(count) + 0.5) * step / times[:, None])
    most = (count - 1) * step / times
    mean, variance = np.full(len(times), own.mean), np.full(len(times), own.cumulants[1])
    cut = np.flatnonzero([not own.negligible_beyond(x) for x in low + most])
    if cut.size:
        mean[cut], variance[cut] = np.array([own.largest_up_to(np.ones(1), low + most[row])[0, :2] for row in cut]).T
    return _cells(times * low, below, step, count, times * mean, times**2 * variance)


def _cells(
    low: FloatArray, below: FloatArray, step: float, count: int, true_mean: FloatArray, true_variance: FloatArray
) -> Cells:
    """From the distribution functions at the upper edges of the cells, (n, some of them)."""
    used = below.shape[1]
    below[:, -1] = 1.0
    masses = np.zeros((len(below), count))
    masses[:, 0] = below[:, 0]
    np.subtract(below[:, 1:], below[:, :-1], out=masses[:, 1:used])
    places = np.arange(used) * step
    # einsum without BLAS: what holds for one k must not depend, in any bit, on how many others are requested.
    first = np.einsum("ij,j->i", masses[:, :used], places)
    second = np.einsum("ij,j->i", masses[:, :used], places**2)
    return Cells(low, masses, low + first, np.maximum(second - first**2, 0.0), true_mean, true_variance)


def _logarithm(x: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        return np.log(x)
