"""Distribution functions by masses in cells: what of them is read between the cells."""

from dataclasses import dataclass

import numpy as np

from moo_inference.estimators.curve import FloatArray, IntArray

_HALVINGS = 30


@dataclass(frozen=True)
class Block:
    """Distribution functions of some rows, by masses in cells.

    Attributes:
        rows: (r,) which of the totals they are.
        first: (r,) upper edge of the first cell.
        step: (r,) width of the cells.
        below: (r, cells + 3) probabilities of at most the upper edge of each, between two zeros and a one.
    """

    rows: IntArray
    first: FloatArray
    step: FloatArray
    below: FloatArray

    def _cell(self, place: IntArray) -> tuple[FloatArray, ...]:
        """What a cell begins with and holds, and the slopes at its ends, so that between them it never falls."""
        row = np.arange(place.shape[-1])
        before, start, end, after = (self.below[row, place + away] for away in (0, 1, 2, 3))
        own = end - start
        slopes = (np.minimum((own + side) / 2, 3 * own) for side in (start - before, after - end))
        return start, own, *slopes

    def around(self, q: float) -> tuple[FloatArray, ...]:
        """The cells in which q is reached, (r,) each: as by `_cell`, but first how much is to be reached within."""
        place = np.minimum((self.below < q).sum(axis=1) - 2, self.below.shape[1] - 4)
        start, own, first, last = self._cell(place)
        return q - start, own, first, last, self.first + (place - 1) * self.step, self.step

    def cdf(self, x: float | FloatArray) -> FloatArray:
        """(r,) probabilities of at most x; (..., r) where x has a shape that broadcasts to that."""
        away = (x - self.first) / self.step + 1
        place = np.clip(np.floor(away), 0, self.below.shape[1] - 4).astype(np.int64)
        start, own, first, last = self._cell(place)
        return np.asarray(np.clip(start + _hermite(np.clip(away - place, 0.0, 1.0), own, first, last), 0.0, 1.0))


def rising(masses: FloatArray) -> FloatArray:
    """(r, cells + 3) probabilities for a `Block`.

    Where the mass of single points makes waves, these cancel in the sum, but must not make it fall.
    """
    below = np.maximum.accumulate(np.cumsum(masses, axis=1), axis=1)
    padded = np.zeros((len(masses), masses.shape[1] + 3))
    padded[:, 2:-1] = np.minimum(np.maximum(below, 0.0) / np.maximum(below[:, -1:], 1e-300), 1.0)
    padded[:, -1] = 1.0
    return padded


def crossed(
    part: FloatArray, own: FloatArray, first: FloatArray, last: FloatArray, low: FloatArray, step: FloatArray
) -> FloatArray:
    """(n,) where in cells from `low` on a part of what they hold is reached.

    Args:
        part: (n,) what must be reached, between 0 and `own`.
        own: (n,) mass of each cell.
        first: (n,) slope of the distribution function at its lower edge, per cell.
        last: (n,) slope at its upper edge.
        low: (n,) lower edge.
        step: (n,) width.
    """
    below, above = np.zeros(len(part)), np.ones(len(part))
    for _ in range(_HALVINGS):
        t = (below + above) / 2
        reached = _hermite(t, own, first, last) >= part
        below, above = np.where(reached, below, t), np.where(reached, t, above)
    return low + above * step


def _hermite(t: FloatArray, rise: FloatArray, first: FloatArray, last: FloatArray) -> FloatArray:
    """A cubic from 0 at t = 0 to `rise` at t = 1, with these slopes at its ends."""
    return t * (first + t * (3 * rise - 2 * first - last + t * (first + last - 2 * rise)))
