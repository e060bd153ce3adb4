"""How the rules score the rows of a front: pure functions on arrays, on numpy alone.

A router embeds them through `moo_inference.policy`, and the decision makers are thin classes around them. N is an
(n, m) array, all columns minimised, normalised so that 1 is a spent budget.
"""

import math
from collections.abc import Callable, Mapping
from functools import cache
from itertools import combinations
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

ALIKE = 1e-12
"""Values that differ by less than this share of their size differ by rounding alone, and count as equal."""

_ROUNDING = 1e-14
"""What share of a cost or a time may be rounding: they are products and sums of a few positive numbers."""

CONSTANT = 1e-9
"""An objective that varies by less than this share of its size over the front does not vary."""

STRAIGHT = 1e-9
"""A front that bends by less has no knee."""

STANDSTILL = 1e-10
"""A path that moves by less in a step stands still there, and has no curvature."""

Variant = Literal["equation", "chord", "published"]


def cube_volume(N: FloatArray) -> FloatArray:
    """(n,) products over the columns of N (n, m) of what each leaves of its budget, none of it negative.

    What is within rounding of a budget leaves nothing of it.
    """
    remaining = 1.0 - N
    remaining[remaining < ALIKE] = 0.0
    volume: FloatArray = remaining.prod(axis=1)
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
    i, j = component_pairs(2 if cost_and_time_only else len(path))
    minors = first.take(i, 0) * second.take(j, 0) - first.take(j, 0) * second.take(i, 0)
    speed = _norm(first)
    kappa = np.zeros(len(N))
    np.divide(_norm(minors), speed**3, out=kappa[1:-1], where=speed > STANDSTILL)
    return kappa


def varying(low: FloatArray, high: FloatArray) -> NDArray[np.bool_]:
    """(m,) whether objectives that go from low (m,) to high (m,) over a front vary, see `CONSTANT`."""
    return np.asarray(high - low > CONSTANT * np.maximum(high, -low))


def chord_distance(N: FloatArray) -> FloatArray:
    """(n,) how far the rows of a front N (n, m) lie from the line between its ends, towards the ideal.

    Each objective is scaled to the front's own range. All columns but the last are prices. The ends are the row whose
    prices have the least sum and the row with the least error; between them the error goes from 1 to 0. The distance is
    measured along the direction to the ideal, the same step in every objective, as far as it is perpendicular to the
    line. So it is a sum of the objectives with positive weights, and the row with the greatest lies on the lower convex
    hull.

    Returns:
        (n,) distances in the scaled space, negative on the worse side, 0 at the ends. Those that differ from the
        greatest by rounding alone equal it. All NaN where prices or the error do not vary between the ends.
    """
    last = N.shape[1] - 1
    unit, rounding = [], ALIKE
    for least, most in zip(np.minimum.reduce(N).tolist(), np.maximum.reduce(N).tolist(), strict=True):
        spread, size = most - least, max(most, -least)
        unit.append(1 / spread if spread > CONSTANT * size else 0.0)
        rounding = max(rounding, ALIKE * size * unit[-1])
    # An objective that does not vary has the unit 0: it counts neither as a price nor in a length.
    price, error = N[:, :last] @ np.array(unit[:last]), N[:, last] * unit[last]
    cheapest, best = _end(N, price, error, rounding), _end(N, error, price, rounding)
    worse, costlier = float(error[cheapest] - error[best]), float(price[best] - price[cheapest])
    if worse <= rounding or costlier <= rounding:
        return np.full(len(N), np.nan)
    unit[last] /= worse
    chord = [(end - start) * one for end, start, one in zip(N[best].tolist(), N[cheapest].tolist(), unit, strict=True)]
    tilt = sum(chord) / sum(step * step for step in chord)
    weights = [1 - tilt * step for step in chord]
    if min(weights) < 0:  # of more than ten objectives alone
        weights[:last] = [weights[last] / sum(chord[:last])] * last
    length = math.sqrt(sum(weight * weight for weight, one in zip(weights, unit, strict=True) if one))
    value = N @ np.array([weight * one / length for weight, one in zip(weights, unit, strict=True)])
    away: FloatArray = value[cheapest] - value
    farthest = float(away[away.argmax()])
    away[away >= farthest - rounding / min(worse, 1.0)] = farthest
    return away


def _end(N: FloatArray, value: FloatArray, other: FloatArray, rounding: float) -> int:
    """The row of the least value, of several that of the least other value, of these the cheapest."""
    rows: IntArray = (value <= float(value[value.argmin()]) + rounding).nonzero()[0]
    if len(rows) > 1:
        rows = rows[other[rows] <= other[rows].min() + rounding]
        rows = rows[_cheapest_first(N[rows])]
    return int(rows[0])


def sharpness(N: FloatArray, variant: Variant = "equation") -> FloatArray:
    """(n,) how sharp a knee each row of N (n, m) is; all NaN where there is none.

    There is none with fewer than three distinct rows or on a straight line, and by the chord none where no row lies
    towards the ideal from it. The rows may come in any order and more than once; the path of a curvature goes through
    them by cost.

    Args:
        N: (n, m) normalised rows, all columns minimised.
        variant: `equation` (paper, Eq. 18, 19), `published` (the code behind the paper's tables) or `chord`.

    Returns:
        (n,) array; larger is sharper.
    """
    if len(N) < 3 or N.shape[1] < 2:
        return np.full(len(N), np.nan)
    if variant == "chord":
        away = chord_distance(N)
        return away if float(away[away.argmax()]) >= STRAIGHT else np.full(len(N), np.nan)
    flat = variant == "published"
    first = N[:, 0]
    if (first[1:] - first[:-1] > ALIKE * first[1:]).all():
        # Most fronts stand by cost already, each cost once: a router would pay for the sort at every request.
        return _where_bent(curvature(N, cost_and_time_only=flat))
    order = np.lexsort(N.T[::-1])
    path = N[order]
    new = np.append(True, (np.abs(path[1:] - path[:-1]) > ALIKE * np.abs(path[1:])).any(axis=1))
    if np.count_nonzero(new) < 3:
        return np.full(len(N), np.nan)
    scores = np.empty(len(N))
    scores[order] = _where_bent(curvature(path[new], cost_and_time_only=flat))[np.cumsum(new) - 1]
    return scores


def _where_bent(kappa: FloatArray) -> FloatArray:
    """(n,) curvatures; all NaN where the path is straight."""
    return kappa if kappa.max() >= STRAIGHT else np.full(len(kappa), np.nan)


def _norm(vectors: FloatArray) -> FloatArray:
    """(n,) Euclidean lengths of the columns of vectors (m, n)."""
    length: FloatArray = np.sqrt(np.add.reduce(vectors * vectors))
    return length


@cache
def component_pairs(m: int) -> IntArray:
    """(2, pairs) every i < j of m components, the last first: the order in which three of them make a cross product."""
    return np.array(list(combinations(range(m), 2))[::-1]).T


def levelled(N: FloatArray, relative: float = ALIKE, absolute: FloatArray | float = 0.0) -> FloatArray:
    """N (n, m) where values of a column that differ by rounding alone are all the least of them.

    Args:
        N: any rows.
        relative: what share of a value counts as rounding.
        absolute: what else does, in the unit of each column.
    """
    columns = np.arange(N.shape[1])
    order = np.argsort(N, axis=0, kind="stable")
    values = N[order, columns]
    step = np.ones(N.shape, dtype=bool)
    step[1:] = values[1:] - values[:-1] > relative * np.abs(values[1:]) + absolute
    if step.all():
        return N
    first = np.maximum.accumulate(np.where(step, np.arange(len(N))[:, None], 0))
    level = np.empty_like(N)
    level[order, columns] = values[first, columns]
    return level


def objectives_levelled(F: FloatArray) -> FloatArray:
    """F (n, m), or each of (R, n, m), where objectives that differ by rounding alone are equal.

    The last column is an error, so that its rounding is that of an accuracy near 1.
    """
    absolute = np.zeros(F.shape[-1])
    absolute[-1] = ALIKE
    if F.ndim == 2:
        return levelled(F, _ROUNDING, absolute)
    R, n, m = F.shape
    together = levelled(F.transpose(1, 0, 2).reshape(n, R * m), _ROUNDING, np.tile(absolute, R))
    return together.reshape(n, R, m).transpose(1, 0, 2)


def best_rows(N: FloatArray, scores: FloatArray, *, higher_is_better: bool) -> IntArray:
    """The rows that share the best score, the cheapest first; empty where no row has a score.

    Scores that differ by rounding alone are equal: by less than `ALIKE` of the largest there is. Of rows that cost the
    same the faster comes first, then the more accurate.

    Args:
        N: (n, m) the front as the rule looks at it.
        scores: (n,) of its rows, NaN where the rule is not defined.
        higher_is_better: whether the greatest score is the best.
    """
    high, low = float(scores[scores.argmax()]), float(scores[scores.argmin()])
    if math.isnan(high):
        # argmax stops at a NaN, so that fronts without one need no slower maximum that ignores them.
        high, low = float(np.fmax.reduce(scores)), float(np.fmin.reduce(scores))
    slack = ALIKE * max(high, -low)
    near = scores >= high - slack if higher_is_better else scores <= low + slack
    rows: IntArray = near.nonzero()[0]
    return rows if len(rows) < 2 else rows[_cheapest_first(N[rows])]


def _cheapest_first(N: FloatArray) -> IntArray:
    """(n,) the rows of N (n, m) in order: by cost, of equal cost by time, then by error, then by all that is left."""
    level = levelled(N)
    last = N.shape[1] - 1
    columns = [*range(min(2, last)), last, *range(2, last)]
    return np.lexsort([*N.T[columns[::-1]], *level.T[columns[::-1]]])


class Scoring(NamedTuple):
    """How a rule looks at a front.

    Attributes:
        score: (n,) scores of the rows of N (n, m).
        higher_is_better: whether the greatest score is the best.
        divides: whether N has to be divided by the budgets first; else the answer does not depend on them.
    """

    score: Callable[[FloatArray], FloatArray]
    higher_is_better: bool
    divides: bool


SCORINGS: Mapping[str, Scoring] = MappingProxyType(
    {
        "accuracy-max": Scoring(lambda N: N[:, -1], higher_is_better=False, divides=False),
        "max-cube": Scoring(cube_volume, higher_is_better=True, divides=True),
        "utopia-closest": Scoring(utopia_distance, higher_is_better=False, divides=True),
        "knee-point": Scoring(sharpness, higher_is_better=True, divides=True),
        "knee-chord": Scoring(lambda N: sharpness(N, "chord"), higher_is_better=True, divides=False),
        "knee-published": Scoring(lambda N: sharpness(N, "published"), higher_is_better=True, divides=True),
        "cheapest": Scoring(lambda N: N[:, 0], higher_is_better=False, divides=False),
        "fastest": Scoring(lambda N: N[:, 1], higher_is_better=False, divides=False),
    }
)
"""The rules that need numpy alone, by id; both the policy and the decision makers are made of them."""
