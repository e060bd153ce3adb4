"""Why nothing meets all budgets, in words: each budget, what would help, and what was looked at."""

import numpy as np
import pytest

import moo_inference as mi
from moo_inference.catalog.scenario import Limit
from moo_inference.pareto.configurations import Configuration, Configurations
from moo_inference.pareto.infeasibility import Infeasibility, OutOfReach, Shortfall, beyond_reach, explain

LIMITS = mi.Scenario(name="S", c_max=2, t_max=4, a_min=0.8).limits()


def shortfall(budget="c_max", quantity="cost", limit=2.0, has=3.0, needs=3.0, **more):
    return Shortfall(budget, quantity, limit, has, needs, Configuration((5,)), True, **more)


def explained(values, G, limits=LIMITS, **more):
    k = np.arange(1, len(values) + 1)
    return explain(
        Configurations.of_one_stage(k), np.array(values, dtype=float), np.array(G, dtype=float), limits, **more
    )


def of_stages(n):
    """n rows of two stages with one model each; the second stage always has one pass."""
    passes = np.column_stack([np.arange(1, n + 1), np.ones(n, dtype=int)])
    return Configurations(passes, np.zeros_like(passes), (("a",), ("b",)), ("plan", "solve"))


@pytest.mark.parametrize(
    ("budget", "limit", "has", "broken"),
    [
        ("c_max", 2.0, 2.0 + 1e-9, False),
        ("c_max", 2.0, 2.0 + 3e-9, True),
        ("c_max", 2.0, 1.0, False),
        ("a_min", 0.8, 0.8 - 5e-10, False),
        ("a_min", 0.8, 0.8 - 2e-9, True),
        ("a_min", 0.8, 0.9, False),
    ],
)
def test_a_budget_is_broken_beyond_what_is_tolerated(budget, limit, has, broken):
    assert shortfall(budget, "accuracy" if budget == "a_min" else "cost", limit, has).broken == broken


def test_a_quantile_stands_before_what_it_is_of():
    money = shortfall(quantile=0.95, needs=None)
    assert str(money) == "0.95-quantile of cost $3, must be at most $2"
    energy = shortfall("joules_max", "joules", 20.0, 30.0, None, quantile=0.999)
    assert str(energy) == "0.999-quantile 30 joules, must be at most 20 joules"


def test_of_a_sample_a_way_out_is_the_best_of_those_looked_at():
    assert str(shortfall(of_sample=True)) == (
        "cost $3, must be at most $2 (raising c_max to $3 would allow k = 5, of those looked at)"
    )
    assert str(shortfall()) == "cost $3, must be at most $2 (raising c_max to $3 would allow k = 5)"


@pytest.mark.parametrize(
    ("budget", "needs", "text"),
    [
        ("c_max", 1 / 3, "0.333334"),
        ("c_max", 1.234561, "1.23457"),
        ("c_max", 0.3 * (1 + 5e-11), "0.3"),
        ("c_max", 0.3 * (1 + 2e-10), "0.300001"),
        ("a_min", 2 / 3, "0.666666"),
        ("a_min", 0.3 - 5e-11, "0.3"),
        ("a_min", 0.3 - 2e-10, "0.299999"),
        ("a_min", 5e-11, "0"),
        ("a_min", 9.5e-11, "0"),
        ("a_min", 0.0, "0"),
    ],
)
def test_a_change_is_rounded_to_the_side_on_which_it_is_enough(budget, needs, text):
    if budget == "a_min":
        found = str(shortfall(budget, "accuracy", 0.9, 0.1, needs))
        assert found == f"accuracy 0.1, must be at least 0.9 (lowering a_min to {text} would allow k = 5)"
    else:
        found = str(shortfall(budget, "cost", 0.1, 2.0, needs))
        assert found == f"cost $2, must be at most $0.1 (raising c_max to ${text} would allow k = 5)"


def test_what_no_choice_reaches_is_rounded_towards_the_budget():
    assert str(OutOfReach(LIMITS[0], 3.1234567)) == "cost is at least $3.12345, must be at most $2"
    assert str(OutOfReach(LIMITS[2], 0.71234567)) == "accuracy is at most 0.712346, must be at least 0.8"
    energy = OutOfReach(Limit("joules_max", "joules", 20.0, None), 30.99999999)
    assert str(energy) == "joules is at least 30.9999 joules, must be at most 20 joules"


def test_budgets_out_of_reach_are_named_one_after_the_other():
    some = beyond_reach(np.array([3.0, 1, 0.5]), np.array([0.5, -0.75, 0.3]), LIMITS)
    assert [(reach.limit.budget, reach.best) for reach in some.out_of_reach] == [("c_max", 3), ("a_min", 0.5)]
    assert str(some) == (
        "no choice meets all budgets: cost is at least $3, must be at most $2; accuracy is at most 0.5, must be at "
        "least 0.8"
    )
    assert (some.closest, some.k, some.model, some.status) == (None, None, None, "infeasible")
    none = beyond_reach(np.array([2.0, 1, 0.9]), np.array([0.0, -0.75, -0.1]), LIMITS)
    assert none.out_of_reach == ()
    assert str(none) == "no choice meets all budgets, though each of them alone can be met: relax one of them"


def test_a_question_that_is_refused_is_not_called_infeasible():
    refused = Infeasibility(None, refused=("one reason", "another"))
    assert (refused.status, refused.headline, str(refused)) == ("refused", "not solved", "one reason; another")
    assert (refused.k, refused.model) == (None, None)


def test_the_closest_configuration_tells_its_k_and_model():
    found = Infeasibility(Configuration((3,), ("a",)))
    assert (found.k, found.model, found.status) == (3, "a", "infeasible")
    assert (found.shortfalls, found.looked_at, found.grid_size, found.staged) == ((), None, None, False)
    assert (found.out_of_reach, found.refused) == (None, ())


def test_of_the_rows_that_miss_budgets_by_as_much_the_cheapest_is_closest():
    found = explained([[3, 1, 0.9], [2.5, 2, 0.9], [2.75, 0, 0.9]], [[0.5, -1, -0.1]] * 3)
    assert found.k == 2
    assert [(s.budget, s.has) for s in found.shortfalls] == [("c_max", 2.5)]
    assert explained([[3, 1, 0.9], [9, 2, 0.9]], [[0.5, 0.5, -1], [0.25, 0.5, -1]]).k == 2


def test_what_a_budget_spends_to_the_last_is_met():
    found = explained([[2, 8, 0.9]], [[0.0, 1, -0.1]])
    assert [s.budget for s in found.shortfalls] == ["t_max"]


def test_where_nothing_else_helps_the_way_out_is_the_cheapest_that_is_accurate_enough():
    values = [[1, 1, 0.5], [9, 9, 0.9], [3, 5, 0.85], [4, 6, 0.95]]
    G = [[-0.5, -0.75, 0.3], [3.5, 1.25, -0.1], [0.5, 0.25, -0.05], [1, 0.5, -0.15]]
    found = explained(values, G)
    assert found.k == 1
    assert [(s.budget, s.has, s.needs, s.way_out.k, s.alone) for s in found.shortfalls] == [
        ("c_max", 1, 3, 3, False),
        ("t_max", 1, 5, 3, False),
        ("a_min", 0.5, 0.5, 1, True),
    ]


def test_a_constraint_of_the_problem_s_own_has_no_way_out():
    limits = (*LIMITS, Limit("constraint 4", "constraint 4", 0.0, None))
    found = explained(
        [[1, 1, 0.9, 0.5], [1.5, 1, 0.9, 0.25]], [[-0.5, -0.75, -0.1, 0.5], [-0.25, -0.75, -0.1, 0.25]], limits
    )
    [own] = found.shortfalls
    assert (own.budget, own.limit, own.has, own.needs, own.way_out) == ("constraint 4", 0.0, 0.25, None, None)
    assert str(found) == (
        "no k meets all budgets and constraints; closest is k = 2: constraint 4 is 0.25, must be at most 0"
    )


def test_without_any_constraint_an_equality_is_what_is_not_met():
    found = explain(Configurations.of_one_stage(np.array([4, 7])), np.empty((2, 0)), np.empty((2, 0)), ())
    assert found.shortfalls == ()
    assert str(found) == ("no k meets all budgets and constraints; closest is k = 4: an equality constraint is not met")


def test_budgets_alone_are_not_called_constraints():
    assert explained([[3, 1, 0.9]], [[0.5, -0.75, -0.1]]).headline == "no k meets all budgets"


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (None, "no {one} has a finite estimate"),
        ((64, 64), "no {one} has a finite estimate"),
        ((1000, 2064), "none of the 1,000 of 2,064 {many} looked at has a finite estimate"),
    ],
)
@pytest.mark.parametrize("staged", [False, True])
def test_without_a_finite_estimate_only_what_was_looked_at_is_told(seen, words, staged):
    rows = of_stages(0) if staged else Configurations.of_one_stage(np.array([], dtype=int))
    found = explain(rows, np.empty((0, 3)), np.empty((0, 3)), LIMITS, seen=seen)
    assert (found.closest, found.shortfalls, found.staged) == (None, (), staged)
    assert str(found) == words.format(one="choice" if staged else "k", many="choices" if staged else "points")


@pytest.mark.parametrize("seen", [None, (2, 9)])
def test_rows_of_stages_are_choices(seen):
    found = explain(
        of_stages(2), np.array([[3.0, 1, 0.9], [4, 1, 0.9]]), np.array([[0.5, -1, -1], [1, -1, -1]]), LIMITS, seen=seen
    )
    start = "no choice" if seen is None else "none of the 2 of 9 choices looked at"
    these, looked = ("", "") if seen is None else ("of these ", ", of those looked at")
    row = "plan a with k = 1, solve b with k = 1"
    assert str(found) == (
        f"{start} meets all budgets; closest {these}is {row}: cost $3, must be at most $2 (raising c_max to $3 would "
        f"allow {row}{looked})"
    )
    assert found.staged
    assert [s.of_sample for s in found.shortfalls] == [seen is not None]
