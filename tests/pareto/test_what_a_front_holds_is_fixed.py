"""What a front is made of is shared by whoever asks, so nobody can change it."""

import numpy as np
import pytest
from fixed_fields import assert_no_field_can_be_set

import moo_inference as mi
from moo_inference.pareto.budgets import Tail
from moo_inference.pareto.configurations import Configuration, Configurations
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.evaluated import Evaluated, Own
from moo_inference.pareto.front import Front
from moo_inference.pareto.infeasibility import Infeasibility, OutOfReach, Shortfall

ONE = Configurations.of_one_stage(np.array([1, 2]))


def front():
    estimates = Estimates(ONE, np.array([[1, 1, 0.5], [2, 2, 0.25]]), (), (None,))
    return Front.of(estimates, mi.Scenario(name="S", c_max=9, t_max=9, a_min=0))


def short(**fields_of):
    of = {"budget": "c_max", "quantity": "cost", "limit": 1.0, "has": 2.0, "needs": 2.0, "way_out": ONE[1]}
    return Shortfall(**{**of, "alone": True, **fields_of})


@pytest.mark.parametrize(
    ("make", "used"),
    [
        (lambda: Tail("cost", 0.95, 1.0), lambda tail: tail.unknown),
        (lambda: ONE[0], str),
        (lambda: ONE, len),
        (lambda: front().estimates, lambda estimates: estimates.take([0])),
        (lambda: Evaluated(*np.ones((3, 2, 2)), np.array([True, False])), len),
        (lambda: Own(*np.ones((2, 2, 2)), (0, None), (), estimates_hold=False), lambda own: own.names),
        (front, len),
        (short, str),
        (lambda: OutOfReach(mi.Scenario(name="S", c_max=1, t_max=1, a_min=0).limits()[0], 2.0), str),
        (lambda: Infeasibility(ONE[0], (short(),)), str),
    ],
)
def test_no_field_can_be_set(make, used):
    found = make()
    used(found)
    assert_no_field_can_be_set(found)


def test_one_model_alone_has_no_ids_and_a_stage_alone_no_name():
    assert (Configuration((3,)).ids, Configuration((3,)).names, str(Configuration((3,)))) == ((), (), "k = 3")
    assert Configurations(ONE.passes, ONE.number).ids == ()
    assert ONE.models == ()


@pytest.mark.parametrize("models", [(), ("b", "a")])
def test_which_model_a_row_runs_is_a_whole_number_of_64_bits_everywhere(models):
    assert Configurations.of_one_stage(np.array([1, 2]), models).number.dtype == np.int64


def test_a_quantile_of_which_one_end_is_not_known_is_known_where_its_lower_end_is():
    assert not Tail("cost", 0.95, 1.0, (0.5, np.nan)).unknown
    assert Tail("cost", 0.95, 1.0, (np.nan, 2.0)).unknown
    assert not Tail("cost", 0.95, 1.0).unknown


def test_a_shortfall_is_of_all_that_there_is_where_nothing_else_is_said():
    assert "of those looked at" not in str(short())
    assert short().of_sample is False


def test_whether_a_point_meets_its_constraints_is_true_or_false_and_no_number():
    class Point:
        X, F, G, FEAS = np.array([1]), np.array([1.0, 1.0, 0.5]), np.array([0.0]), np.array([1])

    class Result:
        archive, pop = None, [Point]

    found = Evaluated.of(Result)
    assert found.feasible.dtype == bool
    assert found.feasible.tolist() == [True]


def test_where_nothing_was_looked_at_there_is_no_row_and_no_end():
    refused = Front.refused(mi.Scenario(name="S", c_max=1, t_max=1, a_min=0), "no mean of stages")
    assert len(refused) == 0
    assert refused.k.dtype == np.int64
