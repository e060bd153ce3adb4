"""How the rules score the rows of a front: pure functions on arrays, on numpy alone.

A router embeds them through `moo_inference.policy`, and the decision makers are thin classes around them. N is an
(n, m) array, all columns minimised, normalised so that 1 is a spent budget.
"""

from functools import cache
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_STRAIGHT = 1e-9
_STANDSTILL = 1e-10

Variant = Literal["equation", "chord", "published"]


def cube_volume(N: FloatArray) -> FloatArray:
    """(n,) products over the columns of N (n, m) of what each leaves of its budget, none of it negative."""
    volume: FloatArray = np.maximum(0.0, 1.0 - N).prod(axis=1)
    return volume


def utopia_distance(N: FloatArray) -> FloatArray:
    """(n,) Euclidean distances of the rows of N (n, m) from the origin."""
    distance: FloatArray = np.sqrt((N * N).sum(axis=1))
    return distance


def curvature(N: FloatArray, *, cost_and_time_only: bool = False) -> FloatArray:
    """Curvature at each row of a path N (n, m), m >= 2, in unit steps of the row's number (paper, Eq. 18).

    It is |p' ^ p''| / |p'|^3, where |p' ^ p''| is the area that the two vectors span: in three dimensions the norm of
    their cross product, in any number of them the root of the sum over i < j of (p'_i p''_j - p'_j p''_i)^2.

    Args:
        N: normalised rows in the order of the path.
        cost_and_time_only: leave all but the first two components out of the area, though not out of the norm.

    Returns:
        (n,) array; 0 at both ends, where it is not defined, and where the path stands still.
    """
    path = np.ascontiguousarray(N.T)
    before, here, after = path[:, :-2], path[:, 1:-1], path[:, 2:]
    first = (after - before) * 0.5
    second = after - 2 * here + before
    i, j = _pairs(2 if cost_and_time_only else len(path))
    minors = first.take(i, 0) * second.take(j, 0) - first.take(j, 0) * second.take(i, 0)
    speed = _norm(first)
    kappa = np.zeros(len(N))
    np.divide(_norm(minors), speed**3, out=kappa[1:-1], where=speed > _STANDSTILL)
    return kappa


def chord_distance(N: FloatArray) -> FloatArray:
    """(n,) distances of the rows of a path N (n, m) from the line between its ends, after scaling to its range."""
    path = np.ascontiguousarray(N.T)
    low = path.min(axis=1, keepdims=True)
    spread = path.max(axis=1, keepdims=True) - low
    spread[spread == 0] = 1.0
    scaled = (path - low) / spread
    along = scaled[:, -1:] - scaled[:, :1]
    along /= _norm(along)
    away = scaled - scaled[:, :1]
    away -= along * np.add.reduce(away * along)
    return _norm(away)


def sharpness(N: FloatArray, variant: Variant = "equation") -> FloatArray:
    """(n,) how sharp a knee each row of N (n, m) is; all NaN for fewer than three distinct rows or a straight line.

    The rows may come in any order and more than once; the path goes through them by cost.
    """
    if (N[1:, 0] > N[:-1, 0]).all():
        return _path_sharpness(N, variant)
    order = np.lexsort(N.T[::-1])
    path = N[order]
    new = np.append(True, (path[1:] != path[:-1]).any(axis=1))
    scores = np.empty(len(N))
    scores[order] = _path_sharpness(path[new], variant)[np.cumsum(new) - 1]
    return scores


def _path_sharpness(path: FloatArray, variant: Variant) -> FloatArray:
    """(n,) `sharpness` of distinct rows in the order of the path."""
    if len(path) >= 3:
        chord = variant == "chord"
        scores = chord_distance(path) if chord else curvature(path, cost_and_time_only=variant == "published")
        if scores.max() >= _STRAIGHT:
            return scores
    return np.full(len(path), np.nan)


def _norm(vectors: FloatArray) -> FloatArray:
    """(n,) Euclidean lengths of the columns of vectors (m, n)."""
    length: FloatArray = np.sqrt(np.add.reduce(vectors * vectors))
    return length


@cache
def _pairs(m: int) -> IntArray:
    """(2, pairs) every i < j of m components, the last first: the order in which three of them make a cross product."""
    return np.array(list(combinations(range(m), 2))[::-1]).T


def best_rows(N: FloatArray, scores: FloatArray, *, higher_is_better: bool) -> IntArray:
    """The rows that share the best score, the cheapest first; empty where no row has a score.

    Args:
        N: (n, m) the front as the rule looks at it.
        scores: (n,) of its rows, NaN where the rule is not defined.
        higher_is_better: whether the greatest score is the best.
    """
    extreme = np.fmax.reduce(scores) if higher_is_better else np.fmin.reduce(scores)
    rows: IntArray = (scores == extreme).nonzero()[0]
    return rows if len(rows) < 2 else rows[np.lexsort(N[rows].T[::-1])]
