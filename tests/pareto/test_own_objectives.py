"""What a run evaluated that is not what is estimated: which columns are known, and the front that it makes."""

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import moo_inference as mi
from moo_inference.catalog.scenario import Limit
from moo_inference.estimators import ScalingCurve
from moo_inference.pareto.budgets import constraints
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.evaluated import Evaluated, Own
from moo_inference.pareto.front import Front

SCENARIO = mi.Scenario(name="S", c_max=8, t_max=8, a_min=0.3)


def curve_of(k, cost, time, accuracy):
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
    table[:, 4], table[:, 9], table[:, 14] = 0.1, 0.2, 0.3
    return ScalingCurve.from_table(np.array(k), table, 1 - np.array(accuracy, dtype=float))


def estimates():
    """Four k, the second of which is of no use: it costs more than the third and is less accurate."""
    return Estimates.of_curve(curve_of([1, 2, 3, 4], [1.0, 3, 2, 4], [1.0, 3.5, 2.5, 4], [0.5, 0.55, 0.6, 0.7]))


def evaluated(found, F=None, G=None, feasible=None):
    G = constraints(found.values, SCENARIO) if G is None else G
    feasible = (G <= 0).all(axis=1) if feasible is None else np.array(feasible)
    return Evaluated(found.configurations.passes, found.F if F is None else F, G, feasible)


def with_column(table, values):
    return np.column_stack([table, values])


def more_for(row, cost):
    """What one of the four k costs more."""
    table = np.zeros((4, 3))
    table[row, 0] = cost
    return table


def individual(x, feasible):
    return SimpleNamespace(X=[x], F=[x + 0.5, 1.0], G=[-x], FEAS=[feasible])


def test_a_run_has_its_archive_then_what_its_population_adds():
    a, b, c = individual(3, True), individual(1, False), individual(2, True)
    found = Evaluated.of(SimpleNamespace(archive=[a, b], pop=[b, c, a]))
    assert found.X.tolist() == [[3], [1], [2]]
    assert found.F.tolist() == [[3.5, 1.0], [1.5, 1.0], [2.5, 1.0]]
    assert found.G.tolist() == [[-3], [-1], [-2]]
    assert found.feasible.tolist() == [True, False, True]
    assert len(Evaluated.of(SimpleNamespace(archive=None, pop=[b, b]))) == 2


def test_points_are_taken_once_in_ascending_order_with_what_was_found_of_them():
    X = np.array([[2, 1], [1, 2], [2, 1], [1, 1]])
    found = Evaluated(X, np.array([[1.0], [2], [3], [4]]), np.array([[5.0], [6], [7], [8]]), np.array([1, 0, 0, 1]) > 0)
    distinct = found.distinct
    assert distinct.X.tolist() == [[1, 1], [1, 2], [2, 1]]
    assert distinct.F.ravel().tolist() == [4, 2, 1]
    assert distinct.G.ravel().tolist() == [8, 6, 5]
    assert distinct.feasible.tolist() == [True, False, True]


def test_points_of_the_grid_are_those_on_each_of_its_axes():
    problem = SimpleNamespace(axes=(range(2, 11, 2), range(1, 4)))
    points = [(2, 1), (10, 3), (12, 1), (3, 1), (0, 1), (2, 4), (2, 0), (6, 2)]
    X = np.array(points)
    found = Evaluated(X, X * 1.0, X * 1.0, X[:, 0] > 0)
    seen = [found.take(np.array([row])).seen(problem) for row in range(len(points))]
    assert seen == [(int(a in problem.axes[0] and b in problem.axes[1]), 15) for a, b in points]
    assert found.seen(problem) == (3, 15)


def test_nothing_is_the_run_s_own_where_all_of_it_is_estimated():
    found = estimates()
    G = constraints(found.values, SCENARIO)
    assert evaluated(found).own(found.F, G) is None
    for broken in ("F", "G"):
        tables = {"F": found.F.copy(), "G": G.copy()}
        tables[broken][2, 1] = np.nan
        assert evaluated(found).own(tables["F"], tables["G"]) is None
        other = evaluated(found, found.F + more_for(1, 1.0))
        assert other.own(tables["F"], tables["G"]).objectives == (None, 1, 2)


@pytest.mark.parametrize("excess", [-1.0, 0.0, 0.5, 2.0])
def test_what_a_point_is_feasible_by_is_judged_point_by_point(excess):
    found = estimates()
    G = np.full((4, 3), -0.5)
    G[2, 1] = excess
    assert evaluated(found, G=G, feasible=[True, True, excess <= 0, True]).own(found.F, G) is None
    assert evaluated(found, G=G, feasible=[True, True, excess > 0, True]).own(found.F, G) is not None


@pytest.mark.parametrize(
    ("change", "objectives", "budgets", "hold"),
    [
        (lambda F, G: (with_column(F, [7.0, 8, 9, 6]), G), (0, 1, 2, None), (0, 1, 2), True),
        (lambda F, G: (F, with_column(G, [-1.0, -2, -1, -2])), (0, 1, 2), (0, 1, 2, None), True),
        (lambda F, G: (F * [2, 1, 1], G), (None, 1, 2), (0, 1, 2), False),
        (lambda F, G: (F, G - [0, 0.5, 0]), (0, 1, 2), (0, None, 2), False),
        (lambda F, G: (F[:, [2, 0, 1]], G[:, [1, 0, 2]]), (2, 0, 1), (1, 0, 2), True),
        (lambda F, G: (F[:, [0, 0, 2]], G), (0, None, 2), (0, 1, 2), False),
    ],
)
def test_each_column_is_known_by_its_values_and_only_once(change, objectives, budgets, hold):
    found = estimates()
    G = constraints(found.values, SCENARIO)
    F, own_G = change(found.F, G)
    own = evaluated(found, F, own_G).own(found.F, G)
    assert (own.objectives, own.budgets, own.estimates_hold) == (objectives, budgets, hold)
    assert_array_equal(own.F, F)
    assert_array_equal(own.G, own_G)


def test_columns_that_are_equal_are_two():
    found = Estimates.of_curve(curve_of([1, 2], [1.0, 2], [1.0, 2], [0.5, 0.6]))
    own = evaluated(found, with_column(found.F, [1.0, 2])).own(found.F, constraints(found.values, SCENARIO))
    assert own.objectives == (0, 1, 2, None)


def test_points_that_an_equality_constraint_keeps_out_are_the_run_s_own():
    found = estimates()
    own = evaluated(found, feasible=[True, True, False, True]).own(found.F, constraints(found.values, SCENARIO))
    assert own.estimates_hold
    assert (own.objectives, own.budgets) == ((0, 1, 2), (0, 1, 2))


def own_of(width, objectives, budgets=()):
    F = np.arange(2.0 * width).reshape(2, width)
    return Own(F, -np.arange(2.0 * len(budgets)).reshape(2, len(budgets)), objectives, budgets, True)


def test_objectives_that_are_not_estimated_are_named_by_their_columns():
    own = own_of(4, (None, 0, 1, None))
    assert own.names == ("objective 1", "objective 4")
    assert own.columns == [0, 3]
    assert {name: values.tolist() for name, values in own.further.items()} == {
        "objective 1": [0, 4],
        "objective 4": [3, 7],
    }


@pytest.mark.parametrize(
    ("objectives", "order"),
    [
        ((0, 1, 2, None), [0, 1, 3, 2]),
        ((2, 0, 1), [1, 2, 0]),
        ((0, 1, None), [0, 1, 2]),
        ((0, None), [0, 1]),
        ((0, 1, None, None, None), [0, 1, 3, 4, 2]),
    ],
)
def test_rules_get_the_error_as_the_last_column(objectives, order):
    assert own_of(len(objectives), objectives).error_last(3) == order


def test_standard_errors_are_unknown_of_what_is_not_estimated():
    found = own_of(3, (2, None, 0)).standard_errors(np.array([[1.0, 2, 3], [4, 5, 6]]))
    assert_array_equal(found, [[3, np.nan, 1], [6, np.nan, 4]])


def test_a_constraint_that_is_no_budget_has_to_be_0_at_most():
    values = np.array([[1.0, 2, 3], [4, 5, 6]])
    looked_at, limits = own_of(3, (0, 1, 2), (None, 2, 0)).constraints(values, SCENARIO.limits())
    assert_array_equal(looked_at, [[0, 3, 1], [-3, 6, 4]])
    assert limits == (
        Limit("constraint 1", "constraint 1", 0.0, None),
        Limit("a_min", "accuracy", 0.3, None),
        Limit("c_max", "cost", 8, None),
    )
    looked_at, limits = own_of(3, (0, 1, 2)).constraints(values, SCENARIO.limits())
    assert (looked_at.shape, limits) == ((2, 0), ())


def test_a_front_is_made_of_what_the_run_found():
    found = estimates()
    assert Front.of(found, SCENARIO).k.tolist() == [1, 3, 4]
    F = with_column(found.F, [9.0, 1, 9, 5])
    front = Front.of(found, SCENARIO, evaluated=evaluated(found, F))
    assert front.k.tolist() == [1, 2, 3, 4]
    assert_array_equal(front.F, F)
    assert_array_equal(front.error_last, F[:, [0, 1, 3, 2]])
    assert_array_equal(front.standard_errors, [[0.1, 0.2, 0.3, np.nan]] * 4)
    assert_array_equal(front.values, found.values)
    assert front.to_frame()["objective 4"].tolist() == [9, 1, 9, 5]
    dear = Front.of(found, SCENARIO, evaluated=evaluated(found, found.F + more_for(2, 2.0)))
    assert dear.k.tolist() == [1, 2, 3, 4]
    assert dear.F[:, 0].tolist() == [1, 3, 4, 4]


def test_rows_of_a_front_keep_what_the_run_found_of_them():
    found = estimates()
    F = with_column(found.F, [9.0, 10, 8, 5])
    front = Front.of(found, SCENARIO, evaluated=evaluated(found, F, feasible=[True, True, True, False]))
    assert front.k.tolist() == [1, 3]
    assert_array_equal(front.F, F[[0, 2]])
    assert_array_equal(front.G, constraints(found.values, SCENARIO)[[0, 2]])
    assert (front.own.objectives, front.own.budgets, front.own.estimates_hold) == ((0, 1, 2, None), (0, 1, 2), True)


def test_rows_of_several_models_stand_in_the_order_of_the_run_s_own_objectives():
    curve = curve_of([1, 2, 3], [1.0, 2, 3], [3.0, 2, 1], [0.7, 0.6, 0.5])
    found = Estimates.of_curve(curve, ["a", "b", "c"])
    front = Front.of(found, SCENARIO, evaluated=evaluated(found, found.F * [-1, 1, 1] + [5, 0, 0]))
    assert front.models == ("c", "b", "a")
    assert front.F[:, 0].tolist() == [2, 3, 4]


def test_shares_within_budgets_are_those_estimated_only_while_the_estimates_hold():
    model = mi.load_catalog("paper").models["gpt-5"]
    free = SCENARIO.replace(t_max=100)
    curve = mi.ClosedForm().estimate(model, [1, 2, 3], scenarios=[free])
    found = Estimates.of_curve(curve)
    G, k = constraints(found.values, free), curve.k[:, None]
    more = Front.of(found, free, evaluated=Evaluated(k, with_column(curve.F, [3.0, 2, 1]), G, G[:, 0] < 0))
    assert_array_equal(more.attainment, curve.views[free].attainment)
    other = Front.of(found, free, evaluated=Evaluated(k, curve.F * [2, 1, 1], G, G[:, 0] < 0))
    assert other.attainment.shape == (3,)
    assert np.isnan(other.attainment).all()


def test_an_empty_front_is_explained_by_the_run_s_own_constraints():
    found = estimates()
    G = with_column(constraints(found.values, SCENARIO), [0.5, 2, 0.25, 3])
    front = Front.of(found, SCENARIO, evaluated=evaluated(found, G=G))
    assert str(front.infeasibility) == (
        "no k meets all budgets and constraints; closest is k = 3: constraint 4 is 0.25, must be at most 0"
    )
    nowhere = evaluated(found, feasible=[False] * 4)
    assert str(Front.of(found, SCENARIO, evaluated=nowhere).infeasibility) == (
        "no k meets all budgets and constraints; closest is k = 1: an equality constraint is not met"
    )
