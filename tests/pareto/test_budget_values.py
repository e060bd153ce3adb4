"""What budgets look at, what is known of their quantiles, and by how much they are met or missed."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moo_inference as mi
from moo_inference.catalog import TOLERANCE
from moo_inference.errors import SettingError
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.curve import BudgetView, TailEvidence
from moo_inference.pareto.budgets import Tail, constraints, measured, nadir_of, overrun, tails, values_of

SCENARIO = mi.Scenario(name="S", c_max=4, t_max=8, a_min=0.75)


def curve_with(views):
    table = np.zeros((2, 20))
    table[:, 0], table[:, 5], table[:, 10], table[:, 15] = [1, 2], [3, 4], [0.5, 0.75], [7, 9]
    return ScalingCurve.from_table(np.array([1, 2]), table, np.array([0.5, 0.25]), views=views, resources=("joules",))


def test_constraints_are_shares_of_the_budgets_and_the_accuracy_that_is_missing():
    values = np.array([[1.0, 16, 0.5], [8, 2, 1.0]])
    assert_allclose(
        constraints(values, SCENARIO),
        np.array([[-0.75, 1, 0.25], [1, -0.75, -0.25]]) - TOLERANCE,
        rtol=0,
        atol=1e-15,
    )


@pytest.mark.parametrize("column", [0, 1, 2])
def test_each_budget_is_met_up_to_the_tolerance_and_no_further(column):
    met = np.array([4.0, 8, 0.75])
    sign = -1 if column == 2 else 1
    unit = 1 if column == 2 else met[column]
    for excess, holds in ((0.9, True), (1.1, False)):
        values = met.copy()
        values[column] += sign * unit * excess * TOLERANCE
        assert (constraints(values[None], SCENARIO) <= 0).all() == holds


def test_an_endless_amount_without_a_budget_is_no_number_and_no_warning():
    assert np.isnan(overrun(np.array([np.inf]), np.inf)).all()
    assert_allclose(overrun(np.array([3.0, 6.0]), 4.0), [-0.25 - TOLERANCE, 0.5 - TOLERANCE], atol=1e-15)


def test_budgets_for_means_look_at_accuracy_in_place_of_error():
    F = np.array([[1.0, 2, 0.25], [3, 4, 0.5]])
    assert values_of(F).tolist() == [[1, 2, 0.75], [3, 4, 0.5]]
    assert F[0, -1] == 0.25


def test_a_spent_budget_counts_as_1_and_what_has_none_as_endless():
    bound = SCENARIO.replace(c_max=None, joules_max=20)
    assert nadir_of(SCENARIO).tolist() == [4, 8, 1]
    assert nadir_of(bound).tolist() == [np.inf, 8, 20, 1]
    assert nadir_of(bound, ("grams_co2", "joules")).tolist() == [np.inf, 8, np.inf, 20, 1]


def test_budgets_for_quantiles_tell_value_interval_and_how_many_observations_that_takes():
    tail = SCENARIO.replace(c_quantile=0.9, joules_max=20, joules_quantile=0.95, a_quantile=0.05)
    values = np.array([[1.5, 3, 8, 0.0], [2.5, 4, 11, 1.0]])
    ends = np.full((2, 4), np.nan)
    ends[:, 0] = [1, 2]
    needed = np.array([[29, np.nan, 59, np.nan], [30, np.nan, 60, np.nan]])
    evidence = TailEvidence(ends, ends + 1, needed)
    curve = curve_with({tail: BudgetView(values, np.array([0.5, 0.25]), evidence)})
    cost, joules, accuracy = tails(curve, tail, 1)
    assert cost == Tail("cost", 0.9, 2.5, (2.0, 3.0), 30)
    assert not cost.unknown
    assert (joules.quantity, joules.quantile, joules.value, joules.needed) == ("joules", 0.95, 11, 60)
    assert joules.unknown
    assert accuracy == Tail("accuracy", 0.05, 1.0, None, 0)
    assert not accuracy.unknown
    assert_array_equal(measured(curve, tail), values)


def test_quantiles_that_rest_on_no_sample_have_no_interval():
    tail = SCENARIO.replace(t_quantile=0.95)
    view = BudgetView(np.array([[1.0, 5, 7, 0.5], [2, 6, 9, 0.75]]), np.zeros(2))
    [found] = tails(curve_with({tail: view}), tail, 0)
    assert found == Tail("time", 0.95, 5.0, None, 0)
    assert (found.interval, found.needed, found.unknown) == (None, 0, False)
    assert Tail("time", 0.95, 5.0) == found
    assert tails(curve_with({}), SCENARIO, 0) == ()


def test_a_budget_for_what_a_curve_does_not_have_is_refused_where_it_is_looked_at():
    with pytest.raises(SettingError, match="has litres_water_max, so each model must have litres_water_per_output"):
        measured(curve_with({}), SCENARIO.replace(litres_water_max=3))
