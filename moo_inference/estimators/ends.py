"""After how many passes queries end that may stop before the k-th."""

from dataclasses import dataclass

import numpy as np

from moo_inference.errors import SettingError
from moo_inference.estimators.curve import FloatArray, IntArray

_NOTHING = 1e-17
"""Looks at which no larger share of the queries is still running are left out."""

_MOST_SHARES = 1 << 24


@dataclass(frozen=True)
class Ends:
    """Shares of queries of at most k passes by the pass after which they end, for n values of k.

    Attributes:
        k: (n,) the most passes.
        looks: (J,) passes after which queries look whether to stop, ascending: P, 2 P, ...
        stopped: (n, J) share of the queries that stop there; 0 where that is not before the k-th.
        full: (n,) share that runs all k.
    """

    k: IntArray
    looks: IntArray
    stopped: FloatArray
    full: FloatArray

    @classmethod
    def of(cls, k: IntArray, batch: int, running: FloatArray) -> "Ends":
        """From the share of queries that are still running, which does not depend on k.

        Args:
            k: (n,) the most passes.
            batch: passes between two looks, P.
            running: (J + 1,) after 0, 1, ..., J looks, of which the last is before the largest k.
        """
        some = np.count_nonzero(running > _NOTHING)
        running = running[: some + 1]
        looks = batch * np.arange(1, len(running))
        stops = np.where(looks < k[:, None], running[:-1] - running[1:], 0.0)
        return cls(k, looks, stops, running[np.minimum((k - 1) // batch, len(looks))])

    def mean(self, at_looks: FloatArray, at_k: FloatArray) -> FloatArray:
        """(n,) expectation of what is (J,) or (n, J) after the looks and (n,) after k passes."""
        # Added up one by one: what holds for one k must not depend, in any bit, on how many looks larger ones have.
        before = np.cumsum(self.stopped * at_looks, axis=1)[:, -1] if self.looks.size else 0.0
        return np.asarray(before + self.full * at_k)

    @property
    def passes(self) -> FloatArray:
        """(n, most) share of the queries that run 1, 2, ... passes."""
        found = np.zeros((len(self.k), int(self.k.max())))
        found[:, self.looks - 1] = self.stopped
        found[np.arange(len(self.k)), self.k - 1] = self.full
        return found

    def take(self, rows: IntArray) -> "Ends":
        """Some values of k only."""
        return Ends(self.k[rows], self.looks, self.stopped[rows], self.full[rows])


def looks_before(k: IntArray, batch: int) -> IntArray:
    """(J,) passes after which queries look whether to stop, before the largest k.

    Args:
        k: (n,) the most passes.
        batch: passes between two looks, P.
    """
    return np.arange(batch, int(k.max()), batch)


def refuse_many_shares(k: IntArray) -> None:
    """Refuse a grid whose shares of queries by passes would not fit into memory.

    Raises:
        SettingError: (a ValueError) they would not.
    """
    if len(k) * int(k.max()) > _MOST_SHARES:
        raise SettingError(
            f"where passes stop early, the numbers of k times the largest k must be at most {_MOST_SHARES:,}, got "
            f"{len(k):,} times {int(k.max()):,}: raise k_step"
        )
