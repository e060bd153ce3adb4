"""What rules take from many fronts at once is what each takes from one after the other."""

import moocore
import numpy as np
import pytest

import moo_inference as mi
from moo_inference.decision import PseudoWeights, UtopiaClosest, make_rule
from moo_inference.decision.many import choices_of

SCENARIO = mi.Scenario(name="s", c_max=1.0, t_max=1.0, a_min=0.0)
RULES = [
    make_rule(rule).scaled_by(SCENARIO)
    for rule in (
        "accuracy-max",
        "cheapest",
        "fastest",
        "max-cube",
        "utopia-closest",
        "knee-chord",
        "knee-point",
        "knee-published",
        PseudoWeights([0.3, 0.3, 0.4]),
    )
]


def fronts_of(kind, rng, n=30, R=150):
    """(R, n, 3) objectives: anything, values with many ties, curves of k passes, or hardly any rows."""
    if kind == "anything":
        return rng.random((R, n, 3))
    if kind == "ties":
        return rng.integers(0, 4, (R, n, 3)) / 4 + 0.05
    if kind == "few rows":
        return rng.random((R, 3, 3))
    k = np.arange(1, n + 1)
    cost, time = (k * rng.random((R, 1)) / n + 0.01 * rng.random((R, n)) for _ in range(2))
    return np.stack([cost, time, 0.9 * k ** -rng.uniform(0.3, 2, (R, 1))], axis=2)


def one_by_one(rule, F, feasible):
    """What `do` takes of the nondominated feasible rows."""
    taken = []
    for own, meets in zip(F, feasible, strict=True):
        rows = np.flatnonzero(meets)
        rows = rows[np.lexsort(own[rows].T[::-1])]
        front = rows[moocore.is_nondominated(own[rows])] if rows.size else rows
        place = rule.do(own[front]) if front.size else None
        taken.append(-1 if place is None else front[place])
    return np.array(taken)


@pytest.mark.parametrize("kind", ["anything", "ties", "curves", "few rows"])
def test_of_many_fronts_the_same_is_taken_as_of_each(kind):
    rng = np.random.default_rng(3)
    F = fronts_of(kind, rng)
    feasible = rng.random(F.shape[:2]) < rng.random((len(F), 1))
    feasible[0] = False
    found = choices_of(RULES, F, feasible)
    for rule, taken in zip(RULES, found, strict=True):
        np.testing.assert_array_equal(taken, one_by_one(rule, F, feasible), err_msg=rule.id)
    assert (found[:, 0] == -1).all()
    assert (found[0, feasible.any(axis=1)] >= 0).all()


def test_of_equal_rows_the_first_is_taken():
    F = np.repeat([[[0.2, 0.3, 0.4]]], 3, axis=1)
    feasible = np.array([[False, True, True]])
    assert choices_of(RULES[:5], F, feasible).tolist() == [[1]] * 5


def test_more_than_ten_objectives_are_decided_one_by_one():
    rng = np.random.default_rng(1)
    F = rng.random((20, 15, 12))
    feasible = np.ones(F.shape[:2], dtype=bool)
    rule = make_rule("knee-chord")
    np.testing.assert_array_equal(choices_of([rule], F, feasible)[0], one_by_one(rule, F, feasible))


def test_a_draw_that_is_better_than_the_ideal_counts_as_the_ideal():
    rule = make_rule(UtopiaClosest(ideal=[0.2, 0.2, 0.2], nadir=[1.0, 1.0, 1.0]))
    F = np.array([[[0.1, 0.3, 0.3], [0.2, 0.2, 0.3], [0.5, 0.2, 0.2]]])
    assert choices_of([rule], F, np.ones((1, 3), dtype=bool)).tolist() == [[1]]
