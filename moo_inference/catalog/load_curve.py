"""Times of requests over the load of a server: monotone between the loads that were measured, nothing beyond them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

_GRID = 4096
"""Loads at which the first one that serves a rate is looked for, before it is found by bisection."""

_HALVINGS = 50
_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class LoadCurve:
    """Times over concurrency: the requests in flight that a request sees, itself included.

    Where measured times fall with the load, which is noise, neighbours are pooled (isotonic regression). Between loads
    they are interpolated by a monotone cubic (Fritsch and Carlson 1980) over the concurrency. Below the least load its
    times hold, which are no less than those there; beyond the largest nothing is known.

    Attributes:
        concurrency: (n,) at least two, ascending.
        times: (n, q) columns of seconds, as of a request or per token.
        weights: (q,) tokens by which the columns add up to the mean seconds of a request.
        rising: (q,) which columns cannot fall with the load.
    """

    concurrency: FloatArray
    times: FloatArray
    weights: FloatArray
    rising: NDArray[np.bool_]

    @property
    def most(self) -> float:
        """The largest concurrency that was measured."""
        return float(self.concurrency[-1])

    @cached_property
    def _interpolated(self) -> Callable[[FloatArray], FloatArray]:
        from scipy.interpolate import PchipInterpolator  # noqa: PLC0415 (slow to load)
        from scipy.optimize import isotonic_regression  # noqa: PLC0415

        columns = [
            isotonic_regression(column).x if rises and not np.isnan(column).any() else column
            for column, rises in zip(self.times.T, self.rising, strict=True)
        ]
        known = np.column_stack(columns)
        lost = np.isnan(known).any(axis=0)
        found = PchipInterpolator(self.concurrency, np.where(lost, 0.0, known))
        return lambda c: np.where(lost, np.nan, found(np.maximum(c, self.concurrency[0])))

    def at(self, concurrency: ArrayLike) -> FloatArray:
        """(..., q) times at some concurrencies (...); NaN beyond the largest that was measured."""
        c = np.asarray(concurrency, dtype=float)
        within = c <= self.most
        return np.where(within[..., None], self._interpolated(np.where(within, c, self.most)), np.nan)

    def seconds(self, concurrency: ArrayLike) -> FloatArray:
        """(...) mean seconds of a request at some concurrencies; NaN beyond what was measured."""
        return np.asarray(self.at(concurrency)[..., self._counted] @ self.weights[self._counted])

    @property
    def _counted(self) -> NDArray[np.bool_]:
        """(q,) the columns that are part of the mean; a spread, which may be unknown, is not."""
        return np.asarray(self.weights != 0)

    def in_flight(self, rate: ArrayLike, together: ArrayLike) -> FloatArray:
        """(n,) the concurrency that queries at a rate bring about, by Little's law.

        A request sees those that arrive with it, and what is in flight when they arrive; queries that arrive
        independently of each other find the mean of that (Wolff 1982, Poisson arrivals see time averages): the least c
        with c = together + rate * seconds(c).

        Args:
            rate: (n,) requests per second.
            together: (n,) requests that arrive at the same moment.

        Returns:
            NaN where the rate is beyond what was measured.
        """
        rates, first = np.broadcast_arrays(np.asarray(rate, dtype=float), np.asarray(together, dtype=float))
        blocks = [slice(start, start + _AT_ONCE) for start in range(0, len(rates), _AT_ONCE)]
        return np.concatenate([self._in_flight(rates[block], first[block]) for block in blocks])

    def _in_flight(self, rates: FloatArray, first: FloatArray) -> FloatArray:
        grid = np.geomspace(1.0, max(self.most, 1.0), _GRID)
        served = (grid - first[:, None]) / self.seconds(grid) >= rates[:, None]
        place = served.argmax(axis=1)
        found = served[np.arange(len(place)), place] & (grid[place] >= first)
        high, low = grid[place], np.maximum(first, grid[np.maximum(place - 1, 0)])
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            enough = (middle - first) / self.seconds(middle) >= rates
            high, low = np.where(enough, middle, high), np.where(enough, low, middle)
        return np.where(found, high, np.nan)

    def most_rate(self, together: float = 1.0) -> float:
        """The largest rate, in requests per second, that was measured where so many requests arrive at a time."""
        grid = np.geomspace(1.0, max(self.most, 1.0), _GRID)
        return float(max(0.0, ((grid - together) / self.seconds(grid)).max()))

    def left_out(self) -> FloatArray:
        """(n - 2,) relative errors of the mean seconds of a request at each inner load, from the other loads."""
        errors = []
        for place in range(1, len(self.concurrency) - 1):
            others = np.arange(len(self.concurrency)) != place
            rest = LoadCurve(self.concurrency[others], self.times[others], self.weights, self.rising)
            measured = float(self.times[place][self._counted] @ self.weights[self._counted])
            errors.append(float(rest.seconds(self.concurrency[place])) / measured - 1)
        return np.array(errors)
