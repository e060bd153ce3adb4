import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymoo.core.problem import ElementwiseProblem
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.errors import SettingError
from moo_inference.estimators import ScalingCurve
from moo_inference.problems import InferenceScalingProblem
from moo_inference.solvers import ExhaustiveSearch

SCENARIO = mi.Scenario(name="S", c_max=8, t_max=8, a_min=0.3)


def curve_of(k, cost, time, accuracy):
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
    return ScalingCurve(np.array(k), table, 1 - np.array(accuracy, dtype=float))


def naive_front(k, cost, time, accuracy, scenario):
    """Eq. 8, 13, 14 in plain loops; of equal points the one with the smallest k."""
    points = sorted(zip(k, cost, time, accuracy, strict=True))
    points = [p for p in points if p[1] <= scenario.c_max and p[2] <= scenario.t_max and p[3] >= scenario.a_min]
    kept = []
    for p in points:
        beaten = any(q[1] <= p[1] and q[2] <= p[2] and q[3] >= p[3] and (q[1:] != p[1:] or q[0] < p[0]) for q in points)
        if not beaten:
            kept.append(p[0])
    return kept


small = st.integers(1, 10)


@given(st.lists(st.tuples(small, small, st.integers(0, 10)), min_size=1, max_size=25), st.randoms())
def test_equals_the_naive_front_in_any_order(rows, random):
    k = list(range(1, len(rows) + 1))
    random.shuffle(k)
    cost, time, tenths = zip(*rows, strict=True)
    accuracy = [value / 10 for value in tenths]
    front = mi.Front.from_curve(curve_of(k, cost, time, accuracy), SCENARIO)
    assert front.k.tolist() == naive_front(k, cost, time, accuracy, SCENARIO)
    assert (front.infeasibility is None) == (len(front) > 0)
    assert (np.diff(front.k) > 0).all()


def test_one_two_and_no_feasible_k(gpt5, essay):
    curve = mi.MonteCarlo().estimate(gpt5, range(1, 20))
    cost = curve.cost.mean
    for count in (1, 2):
        front = mi.Front.from_curve(curve, essay.replace(c_max=float(cost[count - 1]) * 1.0001, a_min=0.5))
        assert front.k.tolist() == list(range(1, count + 1))
        assert front.F.shape == front.errors.shape == (count, 3)
        assert front.to_frame()["k"].tolist() == list(range(1, count + 1))
    empty = mi.Front.from_curve(curve, essay.replace(c_max=float(cost[0]) * 0.99))
    assert len(empty) == 0
    assert empty.F.shape == (0, 3)


def test_a_budget_that_equals_a_cost_is_met(gpt5, essay):
    curve = mi.MonteCarlo().estimate(gpt5, range(1, 10))
    for row in range(9):
        scenario = essay.replace(c_max=float(curve.cost.mean[row]), a_min=0)
        assert mi.Front.from_curve(curve, scenario).k[-1] == row + 1


def test_ties_at_perfect_accuracy_leave_the_cheapest(essay):
    front = mi.Front.from_curve(curve_of([1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [0.9, 1, 1, 1]), SCENARIO)
    assert front.k.tolist() == [1, 2]
    assert not front.reaches_k_max


def test_a_min_of_one_can_be_met_and_missed():
    perfect = SCENARIO.replace(a_min=1)
    assert mi.Front.from_curve(curve_of([1, 2], [1, 2], [1, 2], [0.9, 1]), perfect).k.tolist() == [2]
    missed = mi.Front.from_curve(curve_of([1, 2], [1, 2], [1, 2], [0.9, 0.99]), perfect)
    assert [s.budget for s in missed.infeasibility.shortfalls] == ["a_min"]


def test_reaches_k_max_only_where_no_budget_ends_it():
    curve = curve_of([1, 2, 3], [1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7])
    assert mi.Front.from_curve(curve, SCENARIO).reaches_k_max
    assert not mi.Front.from_curve(curve, SCENARIO.replace(c_max=2.5)).reaches_k_max


def test_infeasibility_names_the_budget_what_is_there_and_a_way_out():
    curve = curve_of([1, 2, 3], [1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7])
    dear = mi.Front.from_curve(curve, SCENARIO.replace(c_max=0.5)).infeasibility
    assert dear.k == 1
    [shortfall] = dear.shortfalls
    assert (shortfall.budget, shortfall.limit, shortfall.has, shortfall.needs, shortfall.needs_k) == (
        "c_max", 0.5, 1, 1, 1,
    )  # fmt: skip
    assert str(dear) == (
        "no k meets all budgets; closest is k = 1: cost $1, must be at most $0.5 "
        "(raising c_max to $1 would allow k = 1)"
    )


def test_infeasibility_names_every_binding_budget():
    curve = curve_of([1, 2, 3], [1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7])
    found = mi.Front.from_curve(curve, mi.Scenario(name="S", c_max=2, t_max=2, a_min=0.65)).infeasibility
    assert found.k == 2
    assert [(s.budget, s.needs, s.needs_k, s.alone, s.broken) for s in found.shortfalls] == [
        ("c_max", 3, 3, False, False),
        ("t_max", 3, 3, False, False),
        ("a_min", 0.6, 2, True, True),
    ]


@given(
    st.lists(st.tuples(small, small, st.integers(0, 10)), min_size=1, max_size=8),
    st.tuples(small, small, st.integers(0, 10)),
)
def test_a_way_out_works_as_printed(rows, limits):
    k = list(range(1, len(rows) + 1))
    cost, time, tenths = zip(*rows, strict=True)
    scenario = mi.Scenario(name="S", c_max=limits[0] / 3, t_max=limits[1] / 3, a_min=limits[2] / 10)
    curve = curve_of(k, cost, time, [value / 10.3 for value in tenths])
    front = mi.Front.from_curve(curve, scenario)
    if front.infeasibility is None:
        return
    assert front.infeasibility.shortfalls
    for shortfall in front.infeasibility.shortfalls:
        if shortfall.alone:
            printed = float(str(shortfall).split(" to ")[1].split()[0].strip("$"))
            changed = mi.Front.from_curve(curve, scenario.replace(**{shortfall.budget: printed}))
            assert len(changed) > 0


def test_a_result_of_another_problem_is_refused():
    class Plain(ElementwiseProblem):
        def __init__(self):
            super().__init__(n_var=1, n_obj=2, xl=0, xu=3, vtype=int)

        def _evaluate(self, x, out, *args, **kwargs):
            out["F"] = [x[0], -x[0]]

    with pytest.raises(SettingError, match=r"must come from an InferenceScalingProblem .* got one from Plain"):
        mi.Front.from_result(minimize(Plain(), ExhaustiveSearch()))


def test_a_result_without_a_feasible_point_says_why(gpt5, essay):
    problem = InferenceScalingProblem(gpt5, essay.replace(c_max=0.01), k_step=4)
    front = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert front.infeasibility.k == 4
    assert "cost $0.08704" in str(front.infeasibility)


def test_a_budget_near_nothing_is_told_without_overflow():
    scenario = SCENARIO.replace(a_min=1.0)
    front = mi.Front.from_curve(curve_of([1, 2], [1, 2], [1, 2], [2e-311, 3e-311]), scenario)
    assert "lowering a_min to 0 would allow" in str(front.infeasibility)
