"""Many fronts at once, of other sizes, numbers of objectives and ties: the same is taken as of each alone."""

import numpy as np
import pytest
from test_many import one_by_one

from moo_inference.decision import KneePoint, UtopiaClosest, make_rule
from moo_inference.decision.many import choices_of

KNEES = ("equation", "chord", "published")


def assert_as_one_by_one(rules, F, feasible):
    for rule, taken in zip(rules, choices_of(rules, F, feasible), strict=True):
        np.testing.assert_array_equal(taken, one_by_one(rule, F, feasible), err_msg=rule.id)


def curves_of(rng, R, n, m):
    """(R, n, m) prices that rise with k, with noise, and an error that falls."""
    k = np.arange(1, n + 1)[:, None]
    prices = k * rng.random((R, 1, m - 1)) / n + 0.02 * rng.random((R, n, m - 1))
    return np.concatenate([prices, 0.9 * (k / 1.0) ** -rng.uniform(0.3, 2, (R, 1, 1))], axis=2)


@pytest.mark.parametrize("m", [2, 4, 5])
@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_in_any_unit_and_any_number_of_objectives(m, scale):
    rng = np.random.default_rng(m)
    F = curves_of(rng, 60, 12, m) * scale
    feasible = rng.random(F.shape[:2]) < rng.random((len(F), 1))
    nadir = np.full(m, 1.5 * scale)
    rules = [*(KneePoint(variant, nadir=nadir) for variant in KNEES), KneePoint("chord")]
    rules += [make_rule("cheapest"), UtopiaClosest(nadir=nadir), make_rule(lambda F: len(F) // 2)]
    assert_as_one_by_one(rules, F, feasible)


def test_of_a_single_front_dominated_rows_in_between_are_no_part():
    rng = np.random.default_rng(5)
    rules = [KneePoint(variant) for variant in KNEES] + [make_rule(lambda F: len(F) - 1)]
    for _ in range(30):
        assert_as_one_by_one(rules, rng.random((1, 15, 3)), np.ones((1, 15), dtype=bool))


def test_the_chord_does_not_depend_on_the_units_of_objectives():
    rng = np.random.default_rng(6)
    F = curves_of(rng, 60, 12, 3)
    feasible = np.ones(F.shape[:2], dtype=bool)
    plain = choices_of([KneePoint("chord")], F, feasible)
    assert len(np.unique(plain)) > 2
    for unit in ([1e-6, 1, 1], [1, 1e7, 1], [1e-5, 1e6, 1]):
        np.testing.assert_array_equal(choices_of([KneePoint("chord")], F * unit, feasible), plain)


@pytest.mark.parametrize("origin", [1000.0, -1000.0])
def test_an_objective_that_differs_by_rounding_alone_does_not_vary(origin):
    rng = np.random.default_rng(7)
    F = curves_of(rng, 40, 10, 4)
    F[..., 1] = origin + 1e-8 * rng.random(F.shape[:2])
    feasible = np.ones(F.shape[:2], dtype=bool)
    without = choices_of([KneePoint("chord")], np.delete(F, 1, axis=2), feasible)
    with_it = choices_of([KneePoint("chord")], np.where(np.arange(4) == 1, origin, F), feasible)
    np.testing.assert_array_equal(with_it, without)
    assert_as_one_by_one([KneePoint("chord")], F, feasible)


def test_far_from_zero_what_differs_by_rounding_alone_ties():
    """Values on a fine grid around a hundred: sums that are equal differ by what is rounded."""
    rng = np.random.default_rng(8)
    F = rng.integers(0, 5, (400, 8, 3)) / 4.0
    F[..., 1] = 100 + 1e-3 * F[..., 1]
    F[..., 2] = np.where(rng.random((400, 1)) < 0.5, F[..., 2], 0.9 + 1e-5 * F[..., 2])
    feasible = np.ones(F.shape[:2], dtype=bool)
    assert_as_one_by_one([KneePoint("chord")], F, feasible)


def test_of_knees_that_are_equally_far_but_for_rounding_the_cheapest_is_taken():
    """The second costs as much less than the third as it takes longer; times differ by a hundred thousandth."""
    origin = np.random.default_rng(10).uniform(50, 200, 200)
    F = np.tile([[0.0, 0, 1], [0.25, 0.5, 0.3], [0.5, 0.25, 0.3], [1, 1, 0]], (200, 1, 1))
    F[..., 1] = origin[:, None] + 1e-3 * F[..., 1]
    assert (choices_of([KneePoint("chord")], F, np.ones((200, 4), dtype=bool)) == 1).all()


def test_with_eleven_objectives_the_weights_of_the_chord_are_others():
    """Between the ends one price rises by all of its range, nine by half of it: its weight would be negative."""
    rng = np.random.default_rng(9)
    F = rng.uniform(0, 1, (100, 30, 11))
    F[:, 0], F[:, 1] = [0] * 10 + [1], [1] + [0.5] * 9 + [0]
    F[:, 2:12] = np.column_stack([np.eye(10), np.full(10, 0.99)])
    F[:, 12:, -1] = rng.uniform(0.05, 0.6, (100, 18))
    assert_as_one_by_one([KneePoint("chord")], F, np.ones(F.shape[:2], dtype=bool))


def test_what_is_much_larger_in_one_draw_hides_no_difference_in_another():
    F = np.array([[[1.0, 3.0, 0.2], [2.0, 1.0, 0.2], [3.0, 2.0, 0.2], [0.5, 0.5, 0.1]]] * 3)
    F[1] *= 1e14
    F[2] *= 1e-13
    feasible = np.array([[True, True, True, False]] * 3)
    assert choices_of([make_rule("fastest")], F, feasible).tolist() == [[1, 1, 1]]


def test_of_scores_that_are_all_zero_the_cheapest_is_taken():
    F = np.array([[[2.0, 2.0, 0.0], [1.0, 3.0, 0.0], [1.0, 2.5, 0.0]]])
    assert choices_of([make_rule("accuracy-max")], F, np.ones((1, 3), dtype=bool)).tolist() == [[2]]


def test_ties_go_by_cost_then_time_then_error_then_the_other_objectives():
    """All rows are equally far from utopia."""
    rule = UtopiaClosest(nadir=[1] * 5)
    rows = np.array([[0.2, 0.1, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.3, 0.5, 0.4]])
    several = np.array([rows, rows[[0, 0, 1]], [rows[2], rows[1], rows[1]]])
    assert choices_of([rule], several, np.ones((3, 3), dtype=bool)).tolist() == [[2, 2, 0]]
    others = np.array([[[0.1, 0.2, 0.5, 0.3, 0.4], [0.1, 0.2, 0.3, 0.5, 0.4]]])
    assert choices_of([rule], others, np.ones((1, 2), dtype=bool)).tolist() == [[1]]
    conflict = np.array([[[0.1, 0.2, 0.3, 0.4, 0.5], [0.1, 0.2, 0.5, 0.4, 0.3]]])
    assert choices_of([rule], conflict, np.ones((1, 2), dtype=bool)).tolist() == [[1]]
    last = np.array([[[0.1, 0.2, 0.3, 0.4, 0.6], [0.1, 0.2, 0.3, 0.6, 0.4]]])
    assert choices_of([rule], last, np.ones((1, 2), dtype=bool)).tolist() == [[1]]
