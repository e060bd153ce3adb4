"""How much of an exact front another one has, by areas and distances that are counted by hand."""

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import moo_inference as mi
from moo_inference.estimators import ScalingCurve
from moo_inference.pareto.evaluated import Own
from moo_inference.pareto.front import Front
from moo_inference.pareto.quality import front_quality, normalised_by_budgets

SCENARIO = mi.Scenario(name="S", c_max=4, t_max=8, a_min=0.0)


def front_of(cost, time, accuracy, scenario=SCENARIO):
    k = np.arange(1, len(cost) + 1)
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
    return Front.from_curve(ScalingCurve.from_table(k, table, 1 - np.array(accuracy)), scenario)


def test_two_boxes_of_which_one_is_found():
    exact = front_of([1, 2], [4, 4], [0.25, 0.5])
    part = front_of([2], [4], [0.5])
    found = front_quality(part, exact)
    whole, half = 0.5 * (0.75 * 0.25 + 0.5 * 0.25), 0.5 * 0.5 * 0.5
    assert found["found"] == 0.5
    assert found["hypervolume"] == pytest.approx(half / whole, rel=1e-12)
    # Of the row that is missing the other has half a budget of cost where that has a quarter.
    assert found["igd_plus"] == pytest.approx(0.25 / 2, rel=1e-12)
    assert front_quality(exact, exact) == {"found": 1.0, "hypervolume": pytest.approx(1.0), "igd_plus": 0.0}


def test_of_no_exact_front_nothing_is_known_and_no_front_has_nothing():
    exact, empty = front_of([1, 2], [4, 4], [0.25, 0.5]), front_of([9], [4], [0.5])
    unknown = front_quality(exact, empty)
    assert list(unknown) == ["found", "hypervolume", "igd_plus"]
    assert all(math.isnan(value) for value in unknown.values())
    assert front_quality(empty, exact) == {"found": 0.0, "hypervolume": 0.0, "igd_plus": math.inf}


def test_a_front_on_its_budgets_has_no_volume():
    exact = front_of([4], [4], [0.5])
    found = front_quality(exact, exact)
    assert (found["found"], found["igd_plus"]) == (1.0, 0.0)
    assert math.isnan(found["hypervolume"])


def test_without_a_budget_the_worst_of_the_exact_front_counts_as_1():
    exact = front_of([1, 5], [4, 2], [0.25, 0.5], SCENARIO.replace(c_max=None))
    assert_array_equal(normalised_by_budgets(exact.F, exact), [[0.2, 0.5, 0.75], [1, 0.25, 0.5]])


def test_an_objective_of_the_problem_s_own_counts_by_its_worst_value():
    exact = front_of([1, 2], [4, 2], [0.25, 0.5])
    own = Own(np.array([[0.75, 10, 1], [0.5, 40, 2]]), np.zeros((2, 0)), (2, None, 0), (), False)
    exact = Front(exact.estimates, exact.scenario, own=own)
    assert_array_equal(normalised_by_budgets(exact.F, exact), [[0.75, 0.25, 0.25], [0.5, 1, 0.5]])
