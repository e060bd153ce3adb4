import re
from types import SimpleNamespace

import numpy as np
import pytest
from evaluated_points import evaluated_at
from hypothesis import given
from hypothesis import strategies as st
from pymoo.core.problem import ElementwiseProblem
from pymoo.optimize import minimize

import moo_inference as mi
from moo_inference.errors import NonFiniteWarning, SettingError
from moo_inference.estimators import ScalingCurve
from moo_inference.estimators.curve import COLUMNS, BudgetView
from moo_inference.pareto.budgets import constraints
from moo_inference.problems import InferenceScalingProblem, ModelChoiceProblem
from moo_inference.solvers import ExhaustiveSearch, nsga2
from moo_inference.views.study_tables import study_tables

SCENARIO = mi.Scenario(name="S", c_max=8, t_max=8, a_min=0.3)


def curve_of(k, cost, time, accuracy):
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
    return ScalingCurve.from_table(np.array(k), table, 1 - np.array(accuracy, dtype=float))


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
        assert front.F.shape == front.standard_errors.shape == (count, 3)
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
    assert (shortfall.budget, shortfall.limit, shortfall.has, shortfall.needs, shortfall.way_out.k) == (
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
    assert [(s.budget, s.needs, s.way_out and s.way_out.k, s.alone, s.broken) for s in found.shortfalls] == [
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


def with_grams(k, cost, time, accuracy, grams, **more):
    plain = curve_of(k, cost, time, accuracy)
    table = np.column_stack([plain.table, grams, np.zeros((len(k), 4))])
    return ScalingCurve.from_table(plain.k, table, plain.error, resources=("grams_co2",), **more)


def test_a_front_across_models_is_in_order_of_cost_then_of_the_next_objectives():
    curve = curve_of([2, 1, 1, 7], [1, 1, 0.5, 3], [4, 3, 6, 3], [0.9, 0.8, 0.5, 0.8])
    front = mi.Front.from_curve(curve, SCENARIO, ["a", "b", "c", "d"])
    assert front.models == ("c", "b", "a")
    assert front.k.tolist() == [1, 1, 2]
    assert (np.diff(front.F[:, 0]) >= 0).all()
    same = mi.Front.from_curve(curve_of([3, 2], [1, 1], [1, 1], [0.5, 0.5]), SCENARIO, ["a", "b"])
    assert (same.models, same.k.tolist()) == (("b",), [2])


def test_what_is_not_finite_is_named_and_left_out_with_its_model():
    cost = np.array([1.0, np.nan, 3, np.inf])
    with pytest.warns(NonFiniteWarning) as told:
        front = mi.Front.from_curve(curve_of([1, 2, 3, 4], cost, [1, 2, 3, 4], [0.5, 0.6, 0.7, 0.8]), SCENARIO, "abcd")
    assert str(told[0].message) == "left out, since the estimate is not finite: b k = 2, d k = 4"
    assert told[0].filename == __file__
    assert (front.models, front.k.tolist()) == (("a", "c"), [1, 3])
    with pytest.warns(NonFiniteWarning) as told:
        many = mi.Front.from_curve(curve_of(range(1, 13), [1] + [np.nan] * 11, [1] * 12, [0.5] * 12), SCENARIO)
    assert str(told[0].message).endswith(": " + ", ".join(f"k = {k}" for k in range(2, 12)) + " and 1 more")
    assert many.k.tolist() == [1]
    with pytest.warns(NonFiniteWarning, match="k = 11$"):
        mi.Front.from_curve(curve_of(range(1, 12), [1] + [np.nan] * 10, [1] * 11, [0.5] * 11), SCENARIO)
    # A sum that is not finite is no error of numbers that are.
    large = curve_of([1, 2], [1e308, 1.5e308], [1, 2], [0.5, 0.6])
    assert mi.Front.from_curve(large, SCENARIO.replace(c_max=None)).k.tolist() == [1, 2]


def test_a_front_keeps_the_view_of_its_own_scenario_alone(gpt5, essay):
    tail = essay.replace(t_quantile=0.9)
    curve = mi.ClosedForm().estimate(gpt5, [4, 1, 2], scenarios=[essay, tail])
    front = mi.Front.from_curve(curve, tail)
    assert list(front.curve.views) == [tail]
    np.testing.assert_array_equal(front.attainment, curve.views[tail].attainment[[1, 2, 0]])
    np.testing.assert_array_equal(front.G, constraints(curve.views[tail].values[[1, 2, 0]], tail))
    bare = mi.Front.from_curve(mi.ClosedForm().estimate(gpt5, [1, 2]), essay.replace(a_min=0.5))
    assert bare.attainment.shape == (2,)
    assert np.isnan(bare.attainment).all()


def test_a_budget_of_a_further_resource_shapes_and_empties_a_front():
    curve = with_grams([1, 2, 3], [1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7], [30, 20, 10])
    bound = SCENARIO.replace(grams_co2_max=25)
    front = mi.Front.from_curve(curve, bound)
    assert front.k.tolist() == [2, 3]
    assert front.resources == ("grams_co2",)
    np.testing.assert_allclose(front.G[:, 2], [20 / 25 - 1, 10 / 25 - 1], atol=1e-8)
    unbound = mi.Front.from_curve(curve, SCENARIO)
    assert unbound.k.tolist() == [1, 2, 3]
    np.testing.assert_allclose(unbound.G[:, 2], -1, atol=1e-8)
    none = mi.Front.from_curve(curve, bound.replace(grams_co2_max=5, a_min=0.65), ["a", "b", "c"])
    assert str(none.infeasibility) == (
        "no k meets all budgets; closest is c with k = 3: 10 grams co2, must be at most 5 grams co2 "
        "(raising grams_co2_max to 10 grams co2 would allow c with k = 3)"
    )
    assert str(mi.Front.from_curve(curve, SCENARIO.replace(c_max=0.5)).infeasibility).startswith("no k meets")


def test_a_front_s_frame_names_models_first_where_there_are_several():
    curve = curve_of([1, 2], [1, 2], [1, 2], [0.5, 0.6])
    frame = mi.Front.from_curve(curve, SCENARIO, ["a", "b"]).to_frame()
    assert list(frame.columns) == ["model", "k", *COLUMNS]
    assert frame["model"].tolist() == ["a", "b"]
    assert "model" not in mi.Front.from_curve(curve, SCENARIO).to_frame()


def test_a_result_across_models_keeps_their_names(paper, essay):
    models = {key: paper.models[key] for key in ("gpt-5", "qwen3-max")}
    result = minimize(ModelChoiceProblem(models, essay, k_max=8), ExhaustiveSearch())
    front = mi.Front.from_result(result)
    assert set(front.models) <= set(models)
    assert len(front.models) == len(front) > 0

    class Estimating:
        scenario = essay

    with pytest.raises(SettingError, match="got one from Estimating"):
        mi.Front.from_result(SimpleNamespace(problem=Estimating()))


def cells_of(html):
    """Headings, and the cells of each row."""
    rows = [re.findall("<t[dh][^>]*>([^<]*)</t[dh]>", row) for row in html.split("<tr")[1:]]
    return rows[0], rows[1:]


def test_a_notebook_shows_each_row_in_words(gpt5, essay):
    curve = with_grams([1, 2], [1, 2], [1, 2], [0.5, 0.61234], [30, 20])
    html = mi.Front.from_curve(curve, SCENARIO, ["a", "b"])._repr_html_()
    assert "Pareto front, S: 2 rows" in html
    headings, rows = cells_of(html)
    assert headings == ["model", "k", "accuracy", "cost", "time", "grams co2", "meet all budgets"]
    assert rows == [
        ["a", "1", "0.5000", "$1.00", "1.00 s", "30.0", ""],
        ["b", "2", "0.6123", "$2.00", "2.00 s", "20.0", ""],
    ]
    half = curve_of([1, 2], [1, 2], [1, 2], [0.5, 0.6])
    views = {SCENARIO: BudgetView(half.means, np.array([0.25, 0.999]))}
    seen = mi.Front.from_curve(ScalingCurve.from_table(half.k, half.table, half.error, views=views), SCENARIO)
    headings, rows = cells_of(seen._repr_html_())
    assert headings == ["k", "accuracy", "cost", "time", "meet all budgets"]
    assert [row[-1] for row in rows] == ["25%", "100%"]
    empty = mi.Front.from_curve(half, SCENARIO.replace(c_max=0.5))._repr_html_()
    assert "Pareto front, S: empty" in empty
    assert "closest is k = 1" in empty


def test_a_notebook_shows_at_most_forty_rows_and_always_the_last():
    for count, shown in ((40, 40), (41, 40), (60, 40)):
        k = range(1, count + 1)
        ramp = np.arange(1, count + 1) / 100
        html = mi.Front.from_curve(curve_of(k, ramp, ramp, ramp), SCENARIO.replace(a_min=0))._repr_html_()
        headings, rows = cells_of(html)
        assert len(rows) == shown
        assert rows[-1][0] == str(count)
        assert [row[0] for row in rows[:38]] == [str(value) for value in range(1, 39)]
        assert rows[-2] == (["39", "0.3900", "$0.390", "0.390 s", ""] if count == 40 else ["..."] * len(headings))


def test_a_shortfall_is_of_its_own_resource_where_others_have_no_budget():
    plain = curve_of([1, 2], [1, 2], [1, 2], [0.5, 0.6])
    table = np.column_stack([plain.table, [7, 8], np.zeros((2, 4)), [30, 40], np.zeros((2, 4))])
    curve = ScalingCurve.from_table(plain.k, table, plain.error, resources=("grams_co2", "joules"))
    front = mi.Front.from_curve(curve, SCENARIO.replace(joules_max=20))
    [shortfall] = front.infeasibility.shortfalls
    assert (shortfall.budget, shortfall.limit, shortfall.has, shortfall.needs) == ("joules_max", 20, 30, 30)


def test_a_front_of_one_curve_is_of_one_model():
    front = mi.Front.from_curve(curve_of([1], [1], [1], [0.5]), SCENARIO)
    assert (front.models, front.stages) == ((), ())
    assert "model" not in front.to_frame()


def test_standard_errors_have_their_former_name_with_a_warning():
    front = mi.Front.from_curve(curve_of([1, 2], [1, 2], [1, 2], [0.5, 0.6]), SCENARIO)
    with pytest.warns(DeprecationWarning, match=r"Front\.errors is Front\.standard_errors now"):
        former = front.errors
    assert former.tolist() == front.standard_errors.tolist()


def printed(text, pattern):
    return [float(number) for number in re.findall(pattern, text)]


@given(
    st.floats(1e-6, 1e6, allow_subnormal=False),
    st.sampled_from([1e-8, 3e-8, 1e-7, 4e-7, 1e-6, 1e-3]),
)
def test_amounts_are_printed_on_the_side_on_which_they_are(limit, excess):
    """However little a budget is exceeded, what is there and the budget are two numbers, in their order."""
    scenario = mi.Scenario(name="S", c_max=limit, t_max=None, a_min=0)
    curve = curve_of([1], [limit * (1 + excess)], [1], [0.5])
    text = str(mi.Front.from_curve(curve, scenario).infeasibility)
    has, bound = printed(text, r"\$([\d.e+-]+)")[:2]
    needs = printed(text, r"raising c_max to \$([\d.e+-]+)")[0]
    assert bound == pytest.approx(limit, rel=1e-11)
    assert has > bound
    assert mi.Front.from_curve(curve_of([1], [limit * (1 + excess)], [1], [0.5]), scenario.replace(c_max=needs)).k == [
        1
    ]


def test_an_accuracy_just_missed_is_not_printed_as_met():
    scenario = SCENARIO.replace(a_min=0.8000001)
    text = str(mi.Front.from_curve(curve_of([1], [1], [1], [0.8]), scenario).infeasibility)
    assert "accuracy 0.8, must be at least 0.8000001 (lowering a_min to 0.8 would allow k = 1)" in text
    text = str(mi.Front.from_curve(curve_of([1], [1], [1], [0.79999996]), SCENARIO.replace(a_min=0.8)).infeasibility)
    assert "accuracy 0.79999996, must be at least 0.8 (lowering a_min to 0.799999 would" in text


def test_a_budget_that_is_met_is_not_held_against_the_closest_k():
    curve = curve_of([1, 2, 3], [1, 2, 3], [1, 2, 3], [0.5, 0.6, 0.7])
    found = mi.Front.from_curve(curve, mi.Scenario(name="S", c_max=2.5, t_max=2.5, a_min=0.65)).infeasibility
    assert str(found) == (
        "no k meets all budgets; closest is k = 2: cost at most $2.5 keeps the accurate enough k out (k = 3 would "
        "need $3); time at most 2.5 s keeps the accurate enough k out (k = 3 would need 3 s); accuracy 0.6, must be at "
        "least 0.65 (lowering a_min to 0.6 would allow k = 2)"
    )
    alone = mi.Front.from_curve(curve, mi.Scenario(name="S", c_max=2.5, t_max=None, a_min=0.65)).infeasibility
    assert "cost at most $2.5 keeps the k that meet the others out (raising c_max to $3 would allow k" in str(alone)
    # A cost above its budget by no more than budgets tolerate is met as well.
    near = mi.Front.from_curve(curve, mi.Scenario(name="S", c_max=2 * (1 - 5e-10), t_max=None, a_min=0.65))
    assert [shortfall.broken for shortfall in near.infeasibility.shortfalls] == [False, True]


@given(
    st.lists(st.tuples(small, small, st.integers(0, 10)), min_size=1, max_size=8),
    st.tuples(small, small, st.integers(0, 10)),
)
def test_what_must_be_is_said_of_broken_budgets_alone(rows, limits):
    cost, time, tenths = zip(*rows, strict=True)
    scenario = mi.Scenario(name="S", c_max=limits[0] / 3, t_max=limits[1] / 3, a_min=limits[2] / 10)
    curve = curve_of(list(range(1, len(rows) + 1)), cost, time, [value / 10.3 for value in tenths])
    why = mi.Front.from_curve(curve, scenario).infeasibility
    for shortfall in why.shortfalls if why is not None else ():
        values = curve.means[why.k - 1]
        column = ["c_max", "t_max", "a_min"].index(shortfall.budget)
        broken = constraints(values[None], scenario)[0, column] > 0
        assert ("must be" in str(shortfall)) == broken == shortfall.broken


def lucky(gpt5, essay):
    """64 k, of which one alone meets the budgets: k = 40."""
    tight = mi.ClosedForm().estimate(gpt5, [40])
    budgets = essay.replace(
        c_max=float(tight.cost.mean[0]), t_max=float(tight.time.mean[0]), a_min=float(tight.accuracy.mean[0])
    )
    return InferenceScalingProblem(gpt5, budgets, k_max=64)


def test_what_was_not_looked_at_is_not_spoken_of(gpt5, essay):
    problem = lucky(gpt5, essay)
    whole = mi.Front.from_result(minimize(problem, ExhaustiveSearch()))
    assert whole.k.tolist() == [40]
    X = [[k] for k in (1, 2, 9, 30, 33, 50, 60, 64)]
    result = minimize(problem, nsga2(problem, sampling=X, n_gen=1))
    part = mi.Front.from_result(result)
    assert (part.infeasibility.looked_at, part.infeasibility.grid_size) == (8, 64)
    text = str(part.infeasibility)
    assert text.startswith("none of the 8 of 64 points looked at meets all budgets; closest of these is k = ")
    assert text.count("of those looked at") == text.count("would allow") + text.count("would need") == 3
    assert "no k " not in text
    assert text in part._repr_html_().replace("&#x27;", "'")
    # With the last of them looked at, it is a statement about the grid.
    hopeless = InferenceScalingProblem(gpt5, essay.replace(c_max=0.001), k_max=16)
    for n, words in ((15, "none of the 15 of 16 points"), (16, "no k meets all budgets; closest is k = 1: cost")):
        result = minimize(hopeless, nsga2(hopeless, pop_size=4), ("n_eval", n))
        assert str(mi.Front.from_result(result).infeasibility).startswith(words)


def test_points_off_the_grid_do_not_make_it_whole(gpt5, essay):
    problem = InferenceScalingProblem(gpt5, essay.replace(c_max=0.001), k_max=16, k_step=4)
    off = mi.Front.from_evaluated(problem, evaluated_at(problem, [[4], [5], [6], [7]]))
    assert str(off.infeasibility).startswith("none of the 1 of 4 points looked at")


def test_a_front_that_ends_where_a_search_ended_does_not_reach_k_max(gpt5, essay):
    free = essay.replace(c_max=None, t_max=None, a_min=0)
    problem = InferenceScalingProblem(gpt5, free, k_max=64)
    assert mi.Front.from_result(minimize(problem, ExhaustiveSearch())).reaches_k_max
    result = minimize(problem, nsga2(problem, sampling=[[1], [9], [30]], n_gen=1))
    assert not mi.Front.from_result(result).reaches_k_max


def test_a_study_by_a_search_says_what_it_looked_at(gpt5, essay):
    budgets = lucky(gpt5, essay).scenario
    catalog = mi.Catalog(models={"gpt-5": gpt5}, scenarios={"tight": budgets})

    def few(problem):
        return nsga2(problem, sampling=[[1], [2], [9], [64]], n_gen=1)

    study = mi.run_study(catalog, decisions=["accuracy-max"], k_max=64, solver=few)
    words = "none of the 4 of 64 points looked at meets all budgets"
    assert study.choices["warning"][0].startswith(words)
    assert words in str(study_tables(study)[0].notes)
    exact = mi.run_study(catalog, decisions=["accuracy-max"], k_max=64)
    assert exact.choices["k"].tolist() == [40]
