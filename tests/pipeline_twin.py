"""Pipelines in plain loops and exact fractions, and an estimator that knows its numbers: the oracle of the merge.

`whole` and `exact_front` import nothing of moo_inference.
"""

from fractions import Fraction
from itertools import product

import numpy as np

from moo_inference.estimators import ScalingCurve


class Known:
    """Answers from numbers by the model's name: lists of cost, time and accuracy at k = 1, 2, ..."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.asked = []

    def estimate(self, model, k, *, parallel=None, latency=None):
        self.asked.append(model.name)
        k = np.asarray(k)
        cost, time, accuracy = (np.array([float(v) for v in values])[k - 1] for values in self.numbers[model.name])
        table = np.zeros((len(k), 15))
        table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
        return ScalingCurve.from_table(k, table, 1 - accuracy)


def whole(tree, rows):
    """Cost, time and accuracy of a tree: a name, ("series", ...) or ("parallel", ...), from rows by name."""
    if isinstance(tree, str):
        return rows[tree]
    kind, *inner = tree
    costs, times, accuracies = zip(*(whole(each, rows) for each in inner), strict=True)
    accuracy = Fraction(1)
    for each in accuracies:
        accuracy *= each
    return sum(costs), max(times) if kind == "parallel" else sum(times), accuracy


def exact_front(tree, options, c_max, t_max, a_min):
    """The set of nondominated feasible (cost, time, accuracy) over all choices; `options` lists rows by stage."""
    points = set()
    for rows in product(*options.values()):
        cost, time, accuracy = whole(tree, dict(zip(options, rows, strict=True)))
        if (c_max is None or cost <= c_max) and (t_max is None or time <= t_max) and accuracy >= a_min:
            points.add((cost, time, accuracy))
    kept = set()
    for p in points:
        if not any(q != p and q[0] <= p[0] and q[1] <= p[1] and q[2] >= p[2] for q in points):
            kept.add(p)
    return kept
