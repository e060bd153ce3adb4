"""How the rules score the rows of a front: pure functions on arrays, on numpy alone.

A router embeds them through `moo_inference.policy`, and the decision makers are thin classes around them. N is an
(n, m) array, all columns minimised, normalised so that 1 is a spent budget.
"""

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
    """Curvature at each row of a path N (n, 3), in unit steps of the row's number (paper, Eq. 18).

    Args:
        N: normalised rows in the order of the path.
        cost_and_time_only: leave the third component out of the cross product, though not out of the norm.

    Returns:
        (n,) array; 0 at both ends, where it is not defined, and where the path stands still.
    """
    first = (N[2:] - N[:-2]) / 2
    second = N[2:] - 2 * N[1:-1] + N[:-2]
    if cost_and_time_only:
        cross = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    else:
        cross = np.sqrt((np.cross(first, second) ** 2).sum(axis=1))
    speed = np.sqrt((first * first).sum(axis=1))
    kappa = np.zeros(len(N))
    moving = speed > _STANDSTILL
    kappa[1:-1][moving] = cross[moving] / speed[moving] ** 3
    return kappa


def chord_distance(N: FloatArray) -> FloatArray:
    """(n,) distances of the rows of a path N (n, m) from the line between its ends, after scaling to its range."""
    spread = np.ptp(N, axis=0)
    scaled = (N - N.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    along = scaled[-1] - scaled[0]
    along /= np.sqrt((along * along).sum())
    away = scaled - scaled[0]
    away -= np.outer(away @ along, along)
    distance: FloatArray = np.sqrt((away * away).sum(axis=1))
    return distance


def sharpness(N: FloatArray, variant: Variant = "equation") -> FloatArray:
    """(n,) how sharp a knee each row of N (n, m) is; all NaN for fewer than three distinct rows or a straight line.

    The rows may come in any order and more than once; the path goes through them by cost.
    """
    order = np.lexsort(N.T[::-1])
    path = N[order]
    new = np.append(True, (path[1:] != path[:-1]).any(axis=1))
    path = path[new]
    scores = np.full(len(N), np.nan)
    if len(path) < 3:
        return scores
    along = chord_distance(path) if variant == "chord" else curvature(path, cost_and_time_only=variant == "published")
    if along.max() >= _STRAIGHT:
        scores[order] = along[np.cumsum(new) - 1]
    return scores


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
