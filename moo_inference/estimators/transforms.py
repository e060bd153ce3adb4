"""Characteristic functions of sums of lengths and of the largest of several, tabulated once and shared by all k."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.estimators.sums import Sum, cells

_CELLS_PER_STD = 24
_CELLS = 1 << 14
_LEAST = 1e-11
"""Below it a transform is rounding, and counts as nothing."""
_NOTHING = -80.0


@dataclass(frozen=True)
class Transforms:
    """ln E[exp(-i u (X - E[X]))] / u^2 of the largest X of several sizes, at even distances of u.

    The quotient is smooth, and half the variance at 0 but for its sign, so that powers of the transform, however many,
    keep their digits.

    Attributes:
        step: distance of the places.
        values: (sizes, places) complex.
        last: (sizes,) the last place at which a transform is more than rounding.
    """

    step: float
    values: NDArray[np.complex128]
    last: FloatArray

    def logarithm(self, u: FloatArray, which: IntArray) -> NDArray[np.complex128]:
        """(r, c) ln E[exp(-i u (X - E[X]))] at u (r, c), of the sizes `which` (r,)."""
        place = u / self.step
        seen = place < self.last[which, None]
        place = np.minimum(place, self.values.shape[1] - 2)
        below = place.astype(np.int64)
        start = which[:, None] * self.values.shape[1] + below
        flat = self.values.ravel()
        between = flat[start]
        between += (flat[start + 1] - between) * (place - below)
        return np.where(seen, u**2 * between, _NOTHING)


@lru_cache(maxsize=256)
def transforms_of(own: Sum, sizes: tuple[int, ...]) -> Transforms:
    """Those of the largest of so many independent X; a size of 0 stands for nothing at all."""
    width = own.std / _CELLS_PER_STD
    counts = np.maximum(np.array(sizes, dtype=float), 1.0)
    found = cells(own, width, _CELLS, counts)
    step = 2 * np.pi / (_CELLS * width)
    u = step * np.arange(_CELLS // 2 + 1)
    # Masses of cells are wider than what lies in them: by the transform of one cell, but for the variance exactly.
    transform = np.fft.rfft(found.masses) * np.exp(1j * u * (found.mean - found.low)[:, None])
    size = np.abs(transform)
    small = size < _LEAST
    last = np.where(small.any(axis=1), small.argmax(axis=1), len(u)) - 2
    phase = np.unwrap(np.angle(transform), axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = (np.log(np.maximum(size, _LEAST)) - np.log(np.sinc(u * width / (2 * np.pi))) + 1j * phase) / u**2
    quotients[:, 0] = quotients[:, 1].real
    quotients += (-found.true_variance / 2 - quotients[:, 0].real)[:, None]
    nothing = np.array(sizes) == 0
    quotients[nothing], last[nothing] = 0.0, len(u)
    return Transforms(step, quotients, np.where(nothing, np.inf, last))
