import numpy as np
import pytest

from moo_inference.budgets import TOLERANCE, constraints


def test_bounds_are_inclusive_within_the_tolerance(essay):
    """A third of the budgets that equal a cost in decimal are missed by an ulp: 3 x 0.1 > 0.3."""
    scenario = essay.replace(c_max=0.3, t_max=0.7, a_min=0.8)
    assert 0.1 + 0.2 > 0.3
    values = np.array([[0.1 + 0.2, 7 * 0.1, 1 - 0.2]])
    assert (constraints(values, scenario) <= 0).all()
    beyond = values * [1 + 3e-9, 1 + 3e-9, 1 - 3e-9]
    assert (constraints(beyond, scenario) > 0).all()


def test_no_budget_is_met_by_any_amount(essay):
    free = essay.replace(c_max=None, t_max=None, a_min=0)
    G = constraints(np.array([[1e300, 1e300, 0.0]]), free)
    assert G[0] == pytest.approx([-1 - TOLERANCE, -1 - TOLERANCE, -TOLERANCE])
