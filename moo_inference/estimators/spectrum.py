"""Fourier transforms of sums: products of those of their parts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from moo_inference.estimators.curve import FloatArray
from moo_inference.estimators.sums import Cells


@dataclass(frozen=True)
class Spectrum:
    """Fourier transforms of masses in cells, of which products are those of sums.

    Attributes:
        values: (r, frequencies) transforms, places being counted from the centre of the first cell.
        low: (r,) the centre of the first cell.
        noise: (r,) what rounding to cells adds to the variance.
        found: (r,) mean of the masses on the centres of their cells.
        mean: (r,) mean of what they stand for.
    """

    NUMBERS: ClassVar = ("low", "noise", "found", "mean")

    values: NDArray[np.complex128]
    low: FloatArray
    noise: FloatArray
    found: FloatArray
    mean: FloatArray

    @classmethod
    def of(cls, own: Cells, step: float, values: NDArray[np.complex128]) -> "Spectrum":
        """From cells of which these are the transforms. What exceeds all that rounding can do is interpolation's.

        Args:
            own: masses in cells.
            step: width of a cell.
            values: their Fourier transforms, (r, frequencies).
        """
        noise = np.clip(own.variance - own.true_variance, -(step**2) / 4, step**2 / 4)
        return cls(values, own.low, noise, own.mean, own.true_mean)


def joined(
    which: NDArray[np.bool_],
    one: Callable[[NDArray[np.bool_]], Spectrum],
    other: Callable[[NDArray[np.bool_]], Spectrum],
) -> Spectrum:
    """Rows by one way, and the rest by another.

    Args:
        which: (n,) the rows of the first way.
        one: the first way, called with a mask of rows.
        other: the way of the rest.
    """
    if which.all():
        return one(which)
    if not which.any():
        return other(~which)
    first, second = one(which), other(~which)
    values = np.empty((len(which), first.values.shape[1]), dtype=complex)
    values[which], values[~which] = first.values, second.values
    numbers = np.empty((len(Spectrum.NUMBERS), len(which)))
    for name, row in zip(Spectrum.NUMBERS, numbers, strict=True):
        row[which], row[~which] = getattr(first, name), getattr(second, name)
    return Spectrum(values, *numbers)
