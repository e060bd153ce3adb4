"""What a choice says of stages, loads, quantiles and resources, and which rows it looks at to say it."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from watching_rule import Watcher

import moo_inference as mi
from moo_inference.decision import KneePoint, decide
from moo_inference.decision.choice import evidence_warnings
from moo_inference.errors import SettingError
from moo_inference.estimators.curve import BudgetView, Evidence, ScalingCurve, TailEvidence
from moo_inference.pareto.configurations import Configurations
from moo_inference.pareto.estimates import Estimates
from moo_inference.pareto.evaluated import Own
from moo_inference.pareto.front import Front

ANYTHING = mi.Scenario(name="S", c_max=None, t_max=None, a_min=0.0)


def curve_of(k, cost, time, accuracy, **options):
    table = np.zeros((len(k), 15))
    table[:, 0], table[:, 5], table[:, 10] = cost, time, accuracy
    return ScalingCurve.from_table(np.array(k), table, 1 - table[:, 10], **options)


def of_stages(passes, F, *, number=None, evidence=(None, None), resources=(), ends=None, scenario=ANYTHING):
    passes = np.array(passes)
    number = np.zeros_like(passes) if number is None else np.array(number)
    configurations = Configurations(passes, number, (("small", "large"), ("small", "large")), ("plan", "solve"))
    estimates = Estimates(configurations, np.array(F, dtype=float), resources, evidence)
    return Front.of(estimates, scenario, ends=ends)


def evidence_of(low, high, *, extrapolated, last):
    return Evidence(np.array(low), np.array(high), np.array(extrapolated), np.array(last))


def test_of_stages_the_reason_holds_all_that_the_row_comes_to():
    front = of_stages(
        [[1, 2], [2, 4]], [[0.5, 3, 20, 0.4], [2, 5, 30, 0.125]], number=[[0, 1], [0, 1]], resources=("grams_co2",)
    )
    choice = decide(front, "accuracy-max")
    assert choice.reason == (
        "accuracy-max takes plan small with k = 2, solve large with k = 4: $2.00, 5.00 s, "
        "30.0 grams co2, accuracy 0.8750, of 2 rows"
    )
    assert choice.resources == ("grams_co2",)
    assert choice.stages == {"plan": ("small", 2), "solve": ("large", 4)}


def test_of_stages_each_caveat_names_its_own_and_the_end_of_both_is_named():
    plan = evidence_of([0.5, 0.6], [0.7, 0.8], extrapolated=[True, True], last=[False, False])
    solve = evidence_of([0.5, 0.6], [0.7, 0.8], extrapolated=[False, False], last=[False, True])
    front = of_stages([[1, 2], [2, 4]], [[1, 3, 0.4], [2, 5, 0.2]], evidence=(plan, solve))
    assert decide(front, "accuracy-max").warnings == (
        "plan: the accuracy at k = 2 is extrapolated beyond the samples, by a law (0.600 to 0.800)",
        "solve: nothing is known beyond k = 4, the samples that the evaluation has of some question",
        "this choice moves with k_max: no budget ends the front at plan k = 2, solve k = 4",
    )
    assert decide(front, "cheapest").warnings == (
        "plan: the accuracy at k = 1 is extrapolated beyond the samples, by a law (0.500 to 0.700)",
    )


def test_a_choice_of_stages_that_singles_none_out_says_by_what():
    front = of_stages([[1, 1], [1, 2], [1, 3]], [[1, 1, 0.4], [2, 2, 0.3], [3, 3, 0.2]])
    assert decide(front, "knee-chord").reason == (
        "no knee: on this front of 3 rows distance from the chord singles none out"
    )
    none = decide(front, lambda F: None)
    assert none.reason == "no choice: on this front of 3 rows <lambda> singles none out"
    assert (none.resources, none.stages) == ((), {})


def test_a_stage_that_is_meant_to_end_there_does_not_move_a_choice():
    """Rows with the last k of plan are no end of the grid, so the row that follows goes on from the end of solve."""
    front = of_stages([[2, 1], [2, 2], [1, 4]], [[1, 1, 0.4], [2, 2, 0.3], [3, 4, 0.2]], ends=[None, 4])
    assert front.reaches_k_max == ("solve k = 4",)
    rule = Watcher()
    assert decide(front, rule).warnings == ("this choice moves with k_max: no budget ends the front at solve k = 4",)
    further = [seen[-1] for seen in rule.seen if len(seen) == 4]
    # solve has 2 of 4 passes in the row before: that of cost 2.
    np.testing.assert_allclose(further, [[4, 6, 0.2**2 / 0.3]])


def test_the_row_beyond_goes_on_from_the_row_before_of_the_same_model_but_of_any_where_there_are_stages():
    F = [[1, 1, 0.4], [2, 2, 0.3], [3, 4, 0.2]]
    columns = np.array(F).T
    one = Front.from_curve(curve_of([1, 2, 4], columns[0], columns[1], 1 - columns[2]), ANYTHING, ["a", "b", "a"])
    several = of_stages([[1, 1], [1, 2], [1, 4]], F, number=[[0, 0], [1, 1], [0, 0]], ends=[None, 4])
    for front, before in ((one, F[0]), (several, F[1])):
        rule = Watcher()
        decide(front, rule)
        [further] = [seen[-1] for seen in rule.seen if len(seen) == 4]
        np.testing.assert_allclose(further, [6 - before[0], 8 - before[1], 0.2**2 / before[2]])


def test_of_several_ends_the_row_beyond_goes_on_from_the_most_accurate_even_if_it_is_the_slowest():
    curve = curve_of([1, 2, 1, 2], [1, 5, 2, 6], [1, 5, 2, 9], [0.5, 0.7, 0.6, 0.8])
    rule = Watcher()
    decide(Front.from_curve(curve, ANYTHING, ["a", "a", "b", "b"]), rule)
    [further] = [seen[-1] for seen in rule.seen if len(seen) == 5]
    np.testing.assert_allclose(further, [10, 16, 0.2**2 / 0.4])


def test_a_score_of_next_to_nothing_that_changes_by_rounding_alone_does_not_move():
    class Next(Watcher):
        """The score of the first row depends on the front by less than what counts."""

        def score(self, N):
            return np.where(N[:, 0] == 1, 1e-10 * len(N), 1.0)

    front = Front.from_curve(curve_of([1, 2], [1, 2], [1, 2], [0.6, 0.8]), ANYTHING)
    assert decide(front, Next()).warnings == ()


def test_with_a_load_the_largest_that_was_measured_may_end_the_front_too():
    curve = curve_of([1, 2], [1, 2], [1, 2], [0.6, 0.8])
    under_load = mi.Scenario(name="S", c_max=None, t_max=None, a_min=0.0, queries_per_second=2.0)
    for scenario, words in ((ANYTHING, ""), (under_load, " and the largest load that was measured")):
        assert decide(Front.from_curve(curve, scenario), "accuracy-max").warnings == (
            f"this choice moves with k_max{words}: no budget ends the front at k = 2",
        )


def test_a_quantile_of_the_chosen_row_that_nothing_is_known_of_is_warned_of():
    """Of each row the time alone is unknown, and needs another number of measured passes."""
    scenario = mi.Scenario(name="S", c_max=9.0, t_max=9.0, a_min=0.0, c_quantile=0.9, t_quantile=0.999)
    values = np.array([[1, 1, 0.6], [2, 2, 0.8], [4, 4, 0.9]])
    low, high, needed = np.full((3, 3, 3), np.nan)
    low[:, 0], high[:, 0], needed[:, 0] = values[:, 0], values[:, 0], 10
    needed[:, 1] = [1000, 2000, 4000]
    views = {scenario: BudgetView(values, np.ones(3), TailEvidence(low, high, needed))}
    front = Front.from_curve(curve_of([1, 2, 4], *values.T, views=views), scenario)
    words = (
        "the p99.9 of time at k = {} rests on too few measured passes or questions to be known: {} are needed".format
    )
    assert decide(front, "cheapest").warnings == (words(1, "1,000"),)
    assert decide(front, lambda F: 1).warnings == (words(2, "2,000"),)
    assert decide(front, "accuracy-max").warnings[0] == words(4, "4,000")
    assert len(decide(front, "accuracy-max").warnings) == 2


def test_what_a_curve_says_of_the_evidence_is_of_the_k_of_its_row():
    evidence = evidence_of([0.5, 0.6], [0.7, 0.8], extrapolated=[False, True], last=[True, False])
    curve = curve_of([3, 7], [1, 2], [1, 2], [0.6, 0.7], evidence=evidence)
    assert evidence_warnings(curve, 0) == (
        "nothing is known beyond k = 3, the samples that the evaluation has of some question",
    )
    assert evidence_warnings(curve, 1) == (
        "the accuracy at k = 7 is extrapolated beyond the samples, by a law (0.600 to 0.800)",
    )
    assert evidence_warnings(curve_of([3], 1, 1, 0.5), 0) == ()


def test_objectives_of_a_problem_of_the_user_s_are_named_behind_the_resources():
    """They are numbered by where they stand in the problem's F, and the error comes last in what a rule is given."""
    k = np.array([1, 2])
    table = np.zeros((2, 20))
    table[:, 0], table[:, 5], table[:, 10], table[:, 15] = [1, 2], [1, 2], [0.6, 0.8], [5, 6]
    curve = ScalingCurve.from_table(k, table, 1 - table[:, 10], resources=("joules",))
    F = np.column_stack([curve.F, [70.0, 80.0]])
    own = Own(F, np.full((2, 4), -1.0), (0, 1, 2, 3, None), (0, 1, 2, 3), True)
    choice = decide(Front(Estimates.of_curve(curve), ANYTHING, own=own), "accuracy-max")
    assert choice.resources == ("joules", "objective 5")
    np.testing.assert_allclose(choice.objectives, [2, 2, 6, 80, 0.2])


def test_a_resource_that_no_scenario_speaks_of_is_missed_by_a_rule_that_divides_by_it():
    k = np.array([1, 2])
    table = np.ones((2, 20))
    table[:, 10] = [0.6, 0.8]
    curve = ScalingCurve.from_table(k, table, 1 - table[:, 10], resources=("joules",))
    scenario = mi.Scenario(name="S", c_max=9.0, t_max=9.0, a_min=0.0)
    with pytest.raises(SettingError) as refused:
        decide(Front.from_curve(curve, scenario), "max-cube")
    assert str(refused.value) == (
        "max-cube divides cost, time and joules by their budgets, and scenario 'S' has no joules_max: set it, give "
        "the rule a nadir, or use accuracy-max or knee-chord"
    )


def test_a_choice_does_not_change():
    choice = decide(Front.from_curve(curve_of([1], 1, 1, 0.5), ANYTHING), "accuracy-max")
    with pytest.raises(FrozenInstanceError):
        choice.row = 1


def test_what_each_knee_picks_is_told_in_sentences():
    equation, chord, published = (KneePoint(variant).picks for variant in ("equation", "chord", "published"))
    assert equation.startswith("The greatest curvature of the front, in all objectives (paper, Eq. 18, 19). On exact ")
    assert "On exact curves it lies at the front's beginning" in equation
    assert "at a step where time has steps; Monte Carlo noise moves it." in equation
    assert chord.startswith("The row farthest from the straight line between the front's ends, towards the ideal (rec")
    assert published.startswith(
        "What the code behind the paper's tables computes: the curvature of cost and time alone. Wh"
    )
