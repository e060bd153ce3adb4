"""What a rule takes from each of many fronts of the same configurations, as draws of what they may come to give them.

The scores are those of `moo_inference.policy.scores`, over a further axis: a loop over a thousand fronts takes longer
than all else that is done with them.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moo_inference.decision.accuracy_max import AccuracyMax
from moo_inference.decision.base import Rule, class_of
from moo_inference.decision.cheapest import Cheapest, Fastest
from moo_inference.decision.knee_point import KneePoint
from moo_inference.decision.max_cube import MaxCube
from moo_inference.decision.utopia_closest import UtopiaClosest
from moo_inference.estimators.curve import FloatArray, IntArray
from moo_inference.policy.scores import (
    ALIKE,
    CONSTANT,
    SCORINGS,
    STANDSTILL,
    STRAIGHT,
    component_pairs,
    objectives_levelled,
)

BoolArray = NDArray[np.bool_]

_OF_EACH_ROW = (AccuracyMax, Cheapest, Fastest, MaxCube, UtopiaClosest)
"""Rules whose score of a row does not depend on the other rows, and of which no dominated row has the best."""

_MOST_OBJECTIVES = 10
"""With more of them the weights of the chord may be negative, and are others."""


def at_once(rule: Rule) -> bool:
    """Whether the rule takes from many fronts at once, and is not asked for one after the other."""
    return class_of(rule) in _OF_EACH_ROW or isinstance(rule, KneePoint)


def choices_of(rules: Sequence[Rule], F: FloatArray, feasible: BoolArray) -> IntArray:
    """(rules, R) the row that each rule takes from each of R fronts, -1 for none.

    Each is what `rule.do` gives for the nondominated feasible rows. Of rows that are equal the first is taken.

    Args:
        rules: scaled by the budgets.
        F: (R, n, m) objectives of n configurations, all minimised.
        feasible: (R, n) which of them meet all budgets; their objectives must be finite.
    """
    taken = np.full((len(rules), len(F)), -1)
    others = []
    for place, rule in enumerate(rules):
        if class_of(rule) in _OF_EACH_ROW:
            N = _normalised(rule, F, feasible)
            scores = SCORINGS[rule.id].score(N.reshape(-1, N.shape[2])).reshape(feasible.shape)
            taken[place] = _best(N, scores, feasible, rule)
        else:
            others.append(place)
    if others and feasible.any():
        rows, front = _fronts(F, feasible)
        own = _rows_of(F, rows)
        for place in others:
            found = _of_fronts(rules[place], own, front)
            chosen = np.take_along_axis(rows, np.maximum(found, 0)[:, None], axis=1)[:, 0]
            taken[place] = np.where(found >= 0, chosen, -1)
    return taken


def _fronts(F: FloatArray, feasible: BoolArray) -> tuple[IntArray, BoolArray]:
    """(R, L) the rows of each front, by cost, and whether there is one: the fronts are not all as long."""
    most = int(feasible.sum(axis=1).max())
    # A row can only be dominated by one that stands before it.
    level = objectives_levelled(np.where(feasible[..., None], F, 2 * F[feasible].max() + 1))
    rows = np.lexsort(np.moveaxis(level, 2, 0)[::-1])[:, :most]
    front = np.take_along_axis(feasible, rows, axis=1)
    # Column by column: numpy is slow where the last axis is short.
    columns = [np.take_along_axis(level[..., column], rows, axis=1) for column in range(1, F.shape[2])]
    for row in range(most - 1):
        # What a dominated row dominates is dominated by what dominates that row.
        if not front[:, row].any():
            continue
        worse = np.zeros((len(F), most - row - 1), dtype=bool)
        for values in columns:
            worse |= values[:, row + 1 :] < values[:, row, None]
        front[:, row + 1 :] &= worse
    first = np.argsort(~front, axis=1, kind="stable")[:, : int(front.sum(axis=1).max())]
    return np.take_along_axis(rows, first, axis=1), np.take_along_axis(front, first, axis=1)


def _of_fronts(rule: Rule, F: FloatArray, front: BoolArray) -> IntArray:
    """(R,) the place on its front (R, L) that the rule takes, -1 for none."""
    if isinstance(rule, KneePoint) and F.shape[2] <= _MOST_OBJECTIVES:
        N = _normalised(rule, F, front)
        scores = _chords(N, front) if rule.variant == "chord" else _curvatures(N, front, rule.variant == "published")
        return _best(N, scores, front, rule)
    return np.array([_one(rule, own[on]) if on.any() else -1 for own, on in zip(F, front, strict=True)])


def _one(rule: Rule, F: FloatArray) -> int:
    place = rule.do(_above_ideal(rule, F))
    return -1 if place is None else place


def _rows_of(F: FloatArray, rows: IntArray) -> FloatArray:
    """(R, L, m) rows (R, L) of F (R, n, m)."""
    return np.take_along_axis(F, rows[..., None], axis=1)


def _normalised(rule: Rule, F: FloatArray, counts: BoolArray) -> FloatArray:
    """(R, n, m) the rows that count as the rule looks at them; the others are there for the shape alone."""
    N = rule.normalised(_above_ideal(rule, np.where(counts[..., None], F, 1.0)).reshape(-1, F.shape[2]))
    return N.reshape(F.shape)


def _above_ideal(rule: Rule, F: FloatArray) -> FloatArray:
    """F, where what is better than the ideal that the rule measures from counts as that: by chance a draw may be."""
    return np.maximum(F, rule.ideal) if rule.from_ideal and rule.ideal is not None else F


def _best(N: FloatArray, scores: FloatArray, counts: BoolArray, rule: Rule) -> IntArray:
    """(R,) the row with the best score, of equal ones the cheapest, then the fastest; -1 where none has a score."""
    left = counts & ~np.isnan(scores)
    some = left.any(axis=1)
    worth = np.where(left, -scores if rule.higher_is_better else scores, np.inf)
    size = np.where(left, np.abs(scores), 0.0).max(axis=1, keepdims=True)
    left &= worth <= worth.min(axis=1, keepdims=True) + ALIKE * size
    last = N.shape[2] - 1
    for column in (*range(min(2, last)), last, *range(2, last)):
        values = np.where(left, N[..., column], np.inf)
        least = values.min(axis=1, keepdims=True)
        with np.errstate(invalid="ignore"):  # infinities where nothing is left
            left &= values <= least + ALIKE * np.abs(least)
    return np.where(some, left.argmax(axis=1), -1)


def _chords(N: FloatArray, front: BoolArray) -> FloatArray:
    """(R, L) `chord_distance` of the rows of fronts, NaN where there is no knee."""
    last = N.shape[2] - 1
    # Where nothing is on a front its rows are all alike, and so it has no knee.
    none: BoolArray = np.asarray(~front.any(axis=1))
    N = np.where(front[..., None] | none[:, None, None], N, np.nan)
    least, most = np.fmin.reduce(N, axis=1), np.fmax.reduce(N, axis=1)
    N = np.where(np.isnan(N), most[:, None], N)
    spread, size = most - least, np.maximum(most, -least)
    vary = np.asarray(spread > CONSTANT * size)
    unit = vary / np.where(vary, spread, 1.0)
    rounding = np.maximum(ALIKE, (ALIKE * size * unit).max(axis=1))[:, None]
    price, error = (N[..., :last] * unit[:, None, :last]).sum(axis=2), N[..., last] * unit[:, None, last]
    cheapest, best = _ends(price, error, front, rounding), _ends(error, price, front, rounding)
    draw = np.arange(len(N))
    worse, costlier = error[draw, cheapest] - error[draw, best], price[draw, best] - price[draw, cheapest]
    bent = (worse > rounding[:, 0]) & (costlier > rounding[:, 0]) & (front.sum(axis=1) >= 3)
    worse = np.where(bent, worse, 1.0)
    unit[:, last] /= worse
    chord = (N[draw, best] - N[draw, cheapest]) * unit
    tilt = chord.sum(axis=1) / np.where(bent, (chord * chord).sum(axis=1), 1.0)
    weights = 1 - tilt[:, None] * chord
    length = np.sqrt((weights * weights * (unit > 0)).sum(axis=1))
    value = (N * (weights * unit / np.where(length > 0, length, 1.0)[:, None])[:, None]).sum(axis=2)
    away = np.where(front, value[draw, cheapest][:, None] - value, -np.inf)
    farthest = away.max(axis=1, keepdims=True)
    away = np.where(away >= farthest - rounding / np.minimum(worse, 1.0)[:, None], farthest, away)
    return np.where(bent[:, None] & (farthest >= STRAIGHT), away, np.nan)


def _ends(value: FloatArray, other: FloatArray, front: BoolArray, rounding: FloatArray) -> IntArray:
    """(R,) the row of the least value, of several that of the least other value, of these the cheapest."""
    left = front.copy()
    for column in (value, other):
        known = np.where(left, column, np.inf)
        left &= known <= known.min(axis=1, keepdims=True) + rounding
    return np.asarray(left.argmax(axis=1))  # rows stand by cost


def _curvatures(N: FloatArray, front: BoolArray, cost_and_time_only: bool) -> FloatArray:
    """(R, L) `curvature` at the rows of fronts, which stand by cost; NaN where there is no knee."""
    kappa = np.zeros(front.shape)
    if N.shape[1] < 3:
        return np.full(front.shape, np.nan)
    before, here, after = N[:, :-2], N[:, 1:-1], N[:, 2:]
    first, second = (after - before) * 0.5, after - 2 * here + before
    i, j = component_pairs(2 if cost_and_time_only else N.shape[2])
    minors = first[..., i] * second[..., j] - first[..., j] * second[..., i]
    speed, area = (np.sqrt((vectors * vectors).sum(axis=2)) for vectors in (first, minors))
    # Both ends of a front have none, and what stands behind its last row is no part of it.
    inner = front[:, 2:] & (speed > STANDSTILL)
    np.divide(area, speed**3, out=kappa[:, 1:-1], where=inner)
    knee = (kappa.max(axis=1) >= STRAIGHT) & (front.sum(axis=1) >= 3)
    return np.where(knee[:, None] & front, kappa, np.nan)
