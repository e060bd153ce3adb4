"""Which rows no other dominates."""

import numpy as np
from numpy.typing import NDArray

from moo_inference.estimators.curve import FloatArray

FEW = 200
"""Up to so many rows each is compared with each, which takes less time than to load moocore; it is faster for more."""


def is_nondominated(F: FloatArray) -> NDArray[np.bool_]:
    """(n,) which rows of F (n, m), all columns minimised, no other dominates; of equal rows the first.

    Args:
        F: without NaN.
    """
    if len(F) > FEW:
        import moocore  # noqa: PLC0415 (slow to load)

        return np.asarray(moocore.is_nondominated(F))
    no_worse = np.logical_and.reduce([column[:, None] <= column for column in F.T])
    # Of rows that are no worse than each other, which are equal, the first stands.
    worse_or_later = ~no_worse.T | np.tri(len(F), k=-1, dtype=bool).T
    return np.asarray(~(no_worse & worse_or_later).any(axis=0))
